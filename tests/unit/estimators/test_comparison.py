"""The comparison scores every patient by models that have not seen it, and writes what it says."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from prognos.apps.run import known_overrides
from prognos.data import CohortError, read_cohort, read_latents
from prognos.estimators import (
    ClinicalModel,
    ClinicalPreprocessor,
    CoxPH,
    LateFusion,
    LatentModel,
    ModelComparison,
    join_latents,
)
from prognos.metrics import brier_score, concordance_difference, concordance_index
from survival_simulation import draw_outcome

CONFIG = Path(__file__).parents[3] / "bundles/face_prognosis/configs/compare.json"
WIDTH = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 patients, two cancer types, three folds; clinical and latent columns share the hazard; some two photos."""
    folder = tmp_path_factory.mktemp("comparison")
    generator = np.random.default_rng(2)
    clinical, latents = generator.standard_normal((120, 2)), generator.standard_normal((120, WIDTH))
    label = draw_outcome(generator, clinical.sum(axis=1) + 0.5 * latents[:, :4].sum(axis=1))
    with (folder / "cohort.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["patient_id", "time", "event", "fold", "cancer_type", "age", "crp"])
        for row in range(120):
            age = "" if row % 20 == 0 else round(clinical[row, 0], 4)
            kind = ["lung", "skin"][row % 2]
            outcome = [label[row, 0], int(label[row, 1]), row % 3]
            writer.writerow([f"p{row}", *outcome, kind, age, round(clinical[row, 1], 4)])
    with (folder / "latents.csv").open("w", newline="") as file:
        file.write('# {"generator": "abc", "space": "w", "method": "test", "shape": [12]}\n')
        writer = csv.writer(file)
        writer.writerow(["patient_id", "image", *(f"latent_{index:04d}" for index in range(WIDTH))])
        for row in range(119):  # the last patient has no photo
            shift = 0.1 * (row % 4 == 0)
            writer.writerow([f"p{row}", "a.png", *(latents[row] + shift)])
            if shift:
                writer.writerow([f"p{row}", "b.png", *(latents[row] - shift)])
    return folder


def models() -> dict[str, Any]:
    clinical = ClinicalModel(ClinicalPreprocessor(["age", "crp"]), CoxPH(0.01))
    photo = LatentModel(CoxPH(0.1))
    return {"coxph": photo, "clinical": clinical, "fusion": LateFusion({"a": clinical, "b": photo}, folds=3)}


@pytest.fixture(scope="module")
def result(folder: Path) -> tuple[pd.DataFrame, dict[str, Any], Path]:
    """Predictions and summary of two seeds."""
    output = folder / "out"
    cohort = read_cohort(folder / "cohort.csv")
    arguments: dict[str, Any] = {"latents": folder / "latents.csv", "horizons": [200, 400, 100000], "seeds": [0, 1]}
    ModelComparison(cohort, models(), output, transductive="no", **arguments).run()
    predictions = pd.read_csv(output / "predictions.csv", comment="#", dtype={"patient_id": str})
    return predictions, json.loads((output / "summary.json").read_text()), output


def test_there_is_one_row_a_patient_model_and_seed(result: tuple[pd.DataFrame, dict[str, Any], Path]) -> None:
    predictions = result[0]
    assert predictions.columns.tolist() == [
        *("patient_id", "time_days", "event", "log_hazard", "survival_200_days", "survival_400_days"),
        *("survival_100000_days", "photos", "cancer_type", "fold", "seed", "model", "flags"),
    ]
    assert len(predictions) == 119 * 3 * 2 == len(predictions.drop_duplicates(["patient_id", "model", "seed"]))
    assert set(predictions.loc[predictions["patient_id"] == "p4", "photos"]) == {2}
    assert predictions["survival_100000_days"].isna().all(), "nobody was followed so long"


def test_the_patients_a_model_was_fitted_to_are_those_of_the_other_folds(
    result: tuple[pd.DataFrame, dict[str, Any], Path],
) -> None:
    predictions, _, output = result
    training = pd.read_csv(output / "training.csv", comment="#", dtype={"patient_id": str})
    assert len(training) == 2 * len(predictions)
    runs = ["model", "seed", "fold"]
    for run, part in predictions.groupby(runs):
        fitted = training[(training[runs] == list(run)).all(axis=1)]
        assert not set(fitted["patient_id"]) & set(part["patient_id"])
        assert len(fitted) + len(part) == 119
    baseline = predictions["log_hazard"].std()
    assert 0.2 * baseline < training["log_hazard"].std() < 5 * baseline


def test_no_prediction_depends_on_the_outcome_of_the_patient_or_its_fold(folder: Path, tmp_path: Path) -> None:
    cohort = read_cohort(folder / "cohort.csv")
    tables = []
    for change in (1.0, 3.0):
        changed = [
            sample | {"label": sample["label"] * torch.tensor([change if sample["fold"] == 1 else 1.0, 1.0])}
            for sample in cohort
        ]
        comparison = ModelComparison(changed, models(), tmp_path, latents=folder / "latents.csv", horizons=[200])
        comparison.run()
        table = pd.read_csv(tmp_path / "predictions.csv", comment="#")
        tables.append(table[table["fold"] == 1])
    np.testing.assert_array_equal(tables[0]["log_hazard"], tables[1]["log_hazard"])
    np.testing.assert_array_equal(tables[0]["survival_200_days"], tables[1]["survival_200_days"])


def test_the_summary_says_what_the_metrics_say_of_the_table(
    result: tuple[pd.DataFrame, dict[str, Any], Path],
) -> None:
    predictions, summary, _ = result
    parts = dict(list(predictions[predictions["seed"] == 0].groupby("model")))
    # Penalties are given and fusion alone has inner parts: for the others, both seeds are the same numbers.
    part = parts["coxph"]
    columns = part["time_days"], part["event"]
    index, error = concordance_index(part["log_hazard"], *columns, strata=part["fold"])
    found = summary["models"]["coxph"]
    assert found["c_index"]["value"] == pytest.approx(index, abs=1e-9)
    assert found["c_index"]["standard_error"] == pytest.approx(error, rel=1e-6)
    within = concordance_index(part["log_hazard"], *columns, strata=part["fold"].astype(str) + part["cancer_type"])[0]
    assert found["c_index_stratified"]["value"] == pytest.approx(within, abs=1e-9)
    horizons = ["survival_200_days", "survival_400_days"]
    expected = brier_score(part[horizons].to_numpy(), *columns, horizons=[200, 400])
    np.testing.assert_allclose(found["brier"][:2], expected, rtol=1e-6)
    assert found["brier"][2] is None
    assert found["integrated_over_days"] == [200, 400]
    assert [(group["name"], group["patients"]) for group in found["subgroups"]] == [("lung", 60), ("skin", 59)]
    pair = next(pair for pair in summary["differences"] if (pair["a"], pair["b"]) == ("coxph", "clinical"))
    other = parts["clinical"]["log_hazard"].to_numpy()
    difference, error = concordance_difference(part["log_hazard"], other, *columns, strata=part["fold"])
    assert pair["difference"] == pytest.approx(difference, abs=1e-9)
    assert pair["standard_error"] == pytest.approx(error, rel=1e-6)


def test_fusion_beats_each_and_every_file_declares_the_generator(
    result: tuple[pd.DataFrame, dict[str, Any], Path],
) -> None:
    _, summary, output = result
    index = {name: figures["c_index"]["value"] for name, figures in summary["models"].items()}
    assert index["fusion"] > max(index["clinical"], index["coxph"])
    assert summary["transductive"] == "no"
    assert summary["latents"]["generator"] == "abc"
    assert summary["reads_latents"] == {"coxph": True, "clinical": False, "fusion": True}
    assert summary["patients_without_latents"] == 1
    for name in ("predictions.csv", "summary.json", "summary.md"):
        assert "transductive: no. The generator" in (output / name).read_text()


def test_a_fold_alone_is_scored_as_among_the_others(folder: Path, tmp_path: Path) -> None:
    cohort, only = read_cohort(folder / "cohort.csv"), {"coxph": models()["coxph"]}
    given = {"latents": folder / "latents.csv", "horizons": [200]}
    for name, folds in (("all", None), ("one", [2])):
        ModelComparison(cohort, only, tmp_path / name, folds=folds, **given).run()
    every, one = (pd.read_csv(tmp_path / name / "predictions.csv", comment="#") for name in ("all", "one"))
    assert set(one["fold"]) == {2}
    pd.testing.assert_frame_equal(one, every[every["fold"] == 2].reset_index(drop=True))
    with pytest.raises(CohortError, match=r"has the folds \[0, 1, 2\]; folds asks for \[7\]"):
        ModelComparison(cohort, only, tmp_path, folds=[2, 7], **given)


def test_permuted_outcomes_teach_nothing(folder: Path, tmp_path: Path) -> None:
    cohort = read_cohort(folder / "cohort.csv")
    only = {"coxph": LatentModel(CoxPH(0.1))}
    arguments: dict[str, Any] = {"latents": folder / "latents.csv", "horizons": [200.0], "permute_labels": 3}
    summary = ModelComparison(cohort, only, tmp_path, **arguments).run()
    low, high = summary["models"]["coxph"]["c_index"]["interval_95"]
    assert low < 0.5 < high
    assert "PERMUTED" in (tmp_path / "summary.md").read_text()


def test_strata_have_baseline_hazards_of_their_own(folder: Path, tmp_path: Path) -> None:
    cohort = read_cohort(folder / "cohort.csv")
    only = {"coxph": LatentModel(CoxPH(0.1))}
    arguments: dict[str, Any] = {"latents": folder / "latents.csv", "horizons": [200.0, 300.0]}
    together, apart = (
        ModelComparison(cohort, only, tmp_path, strata=strata, **arguments).run()["models"]["coxph"]["brier"]
        for strata in ("", "cancer_type")
    )
    assert together != apart


def test_a_cohort_that_cannot_be_compared_is_refused(folder: Path, tmp_path: Path) -> None:
    cohort = read_cohort(folder / "cohort.csv")
    latents = read_latents(folder / "latents.csv")
    with pytest.raises(CohortError, match="prognos split"):
        join_latents([{key: cell for key, cell in sample.items() if key != "fold"} for sample in cohort], latents)
    with pytest.raises(CohortError, match="late entry"):
        join_latents([sample | {"entry": 3.0} for sample in cohort], latents)
    with pytest.raises(CohortError, match="identifiers the same"):
        join_latents([sample | {"patient_id": f"x{sample['patient_id']}"} for sample in cohort], latents)
    with pytest.raises(CohortError, match="no column 'stage'"):
        ModelComparison(cohort, models(), tmp_path, latents=latents, subgroups="stage")
    with pytest.raises(ValueError, match="transductive"):
        ModelComparison(cohort, models(), tmp_path, latents=latents, transductive="maybe")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="ascend"):
        ModelComparison(cohort, models(), tmp_path, latents=latents, horizons=[300, 200])


def test_the_config_runs_as_monai_runs_it(folder: Path, tmp_path: Path) -> None:
    from monai.bundle import ConfigWorkflow

    overrides: dict[str, Any] = {
        "dataset_dir": str(folder),
        "latents_file": str(folder / "latents.csv"),
        "output_dir": str(tmp_path / "out"),
        "numeric_columns": ["age", "crp"],
        "categorical_columns": ["cancer_type"],
        "inner_folds": 2,
        "models::deepsurv::model::epochs": 3,
    }
    assert set(overrides) - {"models::deepsurv::model::epochs"} <= known_overrides([CONFIG])
    workflow = ConfigWorkflow(str(CONFIG), workflow_type="train", logging_file=False, **overrides)
    workflow.initialize()
    workflow.run()
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert list(summary["models"]) == ["coxph", "deepsurv", "clinical", "fusion", "fusion_deepsurv"]
    assert summary["transductive"] == "unknown"
    assert len(summary["differences"]) == 10
