"""Report at the end of an evaluation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from ignite.engine import Engine, Events

from prognos.data import SkippedScan
from prognos.estimators import BaselineHazard, TrainingRisks
from prognos.handlers import PredictionsWriter, ReportWriter
from prognos.networks import Provenance
from prognos.visualize import Section
from report_cohort import write_drawn_report

SYNTHETIC = Provenance("synthetic", "drawn from seed 1", "ab" * 32)
TEXTS = {"title": "T", "predicts": "log hazard", "cohort": "4 drawn patients", "not_for": "decisions"}


def evaluate(folder: Path, metrics: dict[str, float], label: torch.Tensor, **arguments: Any) -> str:
    predictions = PredictionsWriter(folder / "predictions.csv")
    report = ReportWriter(folder / "report.html", predictions, **TEXTS, provenance=SYNTHETIC, **arguments)
    engine = Engine(lambda engine, _: {"label": label, "pred": torch.tensor([[1.0], [0.5], [0.0], [-1.0]])})
    engine.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: engine.state.metrics.update(metrics))
    predictions.attach(engine)
    report.attach(engine)
    engine.run([{"patient_id": list("abcd"), "patient_index": torch.arange(4)}])
    return (folder / "report.html").read_text()


def test_report_prints_the_metrics_and_the_oracle_beside_them(tmp_path: Path) -> None:
    label = torch.tensor([[10.0, 1], [20, 1], [30, 0], [40, 1]])
    metrics = {"c_index": 0.7, "c_index_se": 0.05, "c_index_events": 3, "c_index_patients": 4}
    page = evaluate(tmp_path, metrics, label, oracle=0.76)
    assert '<div class="number">0.700</div>' in page
    assert "95 % interval 0.602 to 0.798" in page
    assert "true risks 0.760" in page
    assert "4 patients, 3 with the event" in page
    assert SYNTHETIC.notice in page
    assert "No survival curves" not in page
    assert "risk groups are left out, because their cut-offs come from it alone" in page
    assert "sha256 abab" in page


def test_report_without_outcomes_says_that_nothing_was_measured(tmp_path: Path) -> None:
    page = evaluate(tmp_path, {}, torch.full((4, 2), torch.nan))
    assert "no outcome was given, so nothing was measured" in page
    assert "Order of the patients" not in page


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a report on drawn patients."""
    return write_drawn_report(tmp_path_factory.mktemp("drawn"), patients=50, lesions=300, readers=2).parent


def test_report_of_lesions_holds_patients_lesions_statistics_and_their_numbers(drawn: Path) -> None:
    page = (drawn / "report_test.html").read_text(encoding="utf-8")
    for title in ("Patient by patient", "Order of the patients", "Calibration and net benefit", "Subgroups", "Lesions"):
        assert title in page
    numbers = {path.stem for path in (drawn / "report_test_data").iterdir()}
    wanted = {"patients", "patient_curves", "lesions", "calibration", "decision_curve", "subgroups", "table_one"}
    assert wanted | {"risk_group_curves", "tripod_ai", "lesion_organs"} <= numbers
    lesions = pd.read_csv(drawn / "report_test_data/lesions.csv", comment="#")
    assert len(lesions) == 600
    sums = lesions.groupby(["patient_id", "reader"])["scaled_risk"].sum().groupby("patient_id").mean()
    patients = pd.read_csv(drawn / "report_test_data/patients.csv", comment="#").set_index("patient_id")
    np.testing.assert_allclose(sums, patients["log_hazard"].loc[sums.index], atol=1e-3)


def test_every_file_of_numbers_is_documented(drawn: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/reference/outputs.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`([a-z_]+)\.csv`", page.partition("\n## Report\n")[2]))
    documented |= {f"{name}_effects" for name in documented if name.startswith("lesion_")}
    written = {path.stem for path in (drawn / "report_test_data").iterdir()}
    assert written <= documented
    absent = {"missingness", "skipped_patients", "lesion_slices", "rows", "risk_by_region", "models", "true_risks"}
    assert {name for name in documented if not name.endswith("_effects")} - written <= absent | {"lesion_margin"}


def test_curves_are_those_of_the_baseline_hazard_of_the_training_part(drawn: Path) -> None:
    curves = pd.read_csv(drawn / "report_test_data/patient_curves.csv", comment="#", index_col="time_days")
    train = pd.read_csv(drawn / "predictions_train.csv", comment="#")
    baseline = BaselineHazard().fit(train["log_hazard"], train[["time_days", "event"]].to_numpy())
    patients = pd.read_csv(drawn / "report_test_data/patients.csv", comment="#").set_index("patient_id")
    expected = baseline.survival(patients["log_hazard"].loc[curves.columns].to_numpy(), curves.index.to_numpy())
    np.testing.assert_allclose(curves.to_numpy().T, expected, atol=1e-7)
    assert curves.index[-1] == pytest.approx(train["time_days"].max())


def test_patients_who_were_learned_from_get_no_curve_and_no_groups(tmp_path: Path) -> None:
    predictions = PredictionsWriter(tmp_path / "predictions.csv")
    training = TrainingRisks(np.zeros(1), np.ones((1, 2)), frozenset("b"), BaselineHazard().fit([0.0], [[1, 1]]))
    report = ReportWriter(tmp_path / "report.html", predictions, **TEXTS, training=training)
    predictions.rows = [
        {"patient_id": name, "log_hazard": risk, "time_days": 10.0 * risk, "event": 1, "flags": ""}
        for name, risk in (("a", 1.0), ("b", 2.0), ("c", 3.0))
    ]
    page = report.write({}).read_text(encoding="utf-8")
    assert '<section id="patients">' not in page
    assert "risk groups are left out" in page
    assert "patient_curves" not in {path.stem for path in (tmp_path / "report_data").iterdir()}


def test_patients_who_were_left_out_are_listed_with_the_reason(tmp_path: Path) -> None:
    skipped = [SkippedScan("e", "extraction", "annotations.csv, line 6, column mask: is truncated.")]
    page = evaluate(tmp_path, {}, torch.tensor([[10.0, 1], [20, 1], [30, 0], [40, 1]]), skipped=skipped)
    assert "Patients left out" in page
    assert "annotations.csv, line 6, column mask: is truncated." in page
    table = pd.read_csv(tmp_path / "report_data/skipped_patients.csv", comment="#")
    assert table["patient_id"].tolist() == ["e"]
    assert "Patients left out" not in evaluate(tmp_path / "none", {}, torch.tensor([[10.0, 1]] * 4))


def test_an_item_of_the_checklist_that_does_not_exist_is_refused_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no item '99'"):
        ReportWriter(tmp_path / "r.html", PredictionsWriter(tmp_path / "p.csv"), **TEXTS, reporting={"99": "?"})


@pytest.mark.parametrize("label", [[[10.0, 0], [20, 0], [30, 0], [40, 0]], [[10.0, 1], [10, 1], [10, 1], [10, 1]]])
def test_outcomes_that_allow_no_statistics_still_give_a_report(tmp_path: Path, label: list[list[float]]) -> None:
    assert "Order of the patients" in evaluate(tmp_path, {}, torch.tensor(label))


def test_a_second_report_of_an_epoch_takes_other_words_and_further_sections(tmp_path: Path) -> None:
    predictions = PredictionsWriter(tmp_path / "predictions.csv")
    report = ReportWriter(tmp_path / "report.html", predictions, **TEXTS)
    report.write({})
    second = report.write({}, path=tmp_path / "other.html", more=[Section("Further")], title="Other").read_text()
    assert "<title>Other</title>" in second
    assert "Further" in second
    assert "Further" not in (tmp_path / "report.html").read_text()
