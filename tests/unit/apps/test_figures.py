"""Pictures from tables of predictions and of lesions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lesion_tables import draw_lesions
from prognos.apps.figures import figures
from prognos.config.organs import ORGANS
from prognos.data import LesionDataset, join_annotations, read_annotations, read_cohort
from prognos.metrics import concordance_by_group
from prognos.transforms import ExtractLesionsd


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    size = 90
    risk = random.standard_normal(size)
    rows = pd.DataFrame(
        {
            "patient_id": [f"{i:03d}" for i in range(size)],
            "time_days": random.exponential(np.exp(-risk)) * 700 + 1,
            "event": (random.random(size) < 0.7).astype(int),
            "cancer_type": np.array(["lung", "breast", "skin"])[random.integers(0, 3, size)],
            "fold": np.arange(size) % 3,
            "seed": 0,
        }
    )
    parts = []
    for name, noise in (("photo", 1.0), ("clinical", 2.0)):
        score = risk + noise * random.standard_normal(size)
        survival = {f"survival_{day}_days": np.exp(-day / 900 * np.exp(score / 2)) for day in (200, 400)}
        parts.append(rows.assign(model=name, log_hazard=score, **survival))
    path = tmp_path / "predictions.csv"
    path.write_text("# log_hazard: higher = earlier event\n" + pd.concat(parts).to_csv(index=False))
    return path


def test_every_figure_is_drawn_and_the_table_holds_the_metrics_numbers(predictions: Path) -> None:
    figures(str(predictions))
    assert {path.name for path in predictions.parent.iterdir()} == {
        *("predictions.csv", "subgroups_cancer_type.svg", "subgroups_cancer_type.csv", "models.svg", "brier.svg"),
    }
    table = pd.read_csv(predictions, comment="#")
    part = table[table["model"] == "photo"]
    columns = (part[name] for name in ("log_hazard", "time_days", "event", "cancer_type"))
    rows, pooled = concordance_by_group(*columns, strata=part["fold"])
    written = pd.read_csv(predictions.with_name("subgroups_cancer_type.csv"))
    np.testing.assert_allclose(written["concordance"], [row.concordance for row in (*rows, pooled)])
    np.testing.assert_allclose(written["events"], [row.events for row in (*rows, pooled)])


def test_groups_may_come_from_the_cohort_table_in_bands(predictions: Path) -> None:
    table = pd.read_csv(predictions, comment="#", dtype={"patient_id": str}).drop_duplicates("patient_id")
    cohort = table[["patient_id", "event"]].assign(time=table["time_days"], age=np.arange(len(table)))
    path = predictions.with_name("cohort.csv")
    path.write_text(cohort.to_csv(index=False))
    figures(str(predictions), cohort_file=str(path), by="age", edges="30,60", model="clinical")
    written = pd.read_csv(predictions.with_name("subgroups_age.csv"))
    assert list(written["name"][:3]) == ["30 to < 60", "< 30", ">= 60"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": "skin_tone"}, "no column 'skin_tone'; give the cohort table"),
        ({"model": "oracle"}, "no model 'oracle'"),
        ({"reference": "oracle"}, "'oracle' is not among the models"),
    ],
)
def test_what_is_not_there_is_named(predictions: Path, arguments: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        figures(str(predictions), **arguments)


def test_edges_must_be_numbers(predictions: Path) -> None:
    with pytest.raises(ValueError, match="expected numbers between commas"):
        figures(str(predictions), by="age", edges="young", cohort_file="x.csv")


def test_a_table_of_lesions_gives_the_figures_of_the_lesion_paper(tmp_path: Path) -> None:
    path = tmp_path / "lesions_test.csv"
    path.write_text("# risk: higher is worse\n" + draw_lesions().to_csv(index=False))
    figures(str(path))
    names = {"lesion_organs", "lesion_growth", "lesion_margin", "lesion_readers"}
    expected = {f"{name}{end}" for name in names for end in (".svg", ".csv", "_effects.csv")}
    assert {file.name for file in tmp_path.iterdir()} == expected | {path.name}
    effects = pd.read_csv(tmp_path / "lesion_growth_effects.csv")
    assert effects["what"][0] == "growing minus shrinking"


def test_tables_of_several_folds_are_joined_and_told_apart(tmp_path: Path) -> None:
    paths = [tmp_path / f"fold_{fold}/lesions_test.csv" for fold in range(2)]
    for fold, path in enumerate(paths):
        path.parent.mkdir()
        path.write_text(draw_lesions(fold, patients=15).to_csv(index=False))
    figures(*map(str, paths), output_dir=str(tmp_path / "both"))
    effects = pd.read_csv(tmp_path / "both/lesion_growth_effects.csv")
    assert effects["run"].tolist() == ["all", "all", "fold_0", "fold_0", "fold_1", "fold_1"]
    assert effects["patients"][0] == effects["patients"][2] + effects["patients"][4]


def test_the_masks_give_margins_and_slices_where_the_table_has_none(lesion_cohort: Path, tmp_path: Path) -> None:
    dataset = LesionDataset(
        join_annotations(
            read_cohort(lesion_cohort / "cohort.csv")[:2], read_annotations(lesion_cohort / "annotations.csv")
        ),
        ExtractLesionsd(),
        tmp_path / "lesions",
    )
    rows = [
        {
            **{"patient_id": sample["patient_id"], "reader": sample["reader"], "growth_ratio": float("nan")},
            **{"lesion_id": lesion, "organ": ORGANS[organ], "diameter_mm": 9.0, "slice_from_feet_first_is_0": number},
            **{"risk": 0.1 * lesion, "scaled_risk": 0.1},
        }
        for sample in (dataset[index] for index in range(len(dataset)))
        for lesion, organ, number in zip(
            sample["instance"].tolist(), sample["organ"].tolist(), sample["slice"].tolist(), strict=True
        )
    ]
    path = tmp_path / "lesions.csv"
    path.write_text(pd.DataFrame(rows).to_csv(index=False))
    figures(str(path), annotations_file=str(lesion_cohort / "annotations.csv"), cache_dir=str(tmp_path / "cache"))
    readers = pd.read_csv(tmp_path / "lesion_readers.csv")
    assert "lesion risk" in set(readers["what"])
    assert len(pd.read_csv(tmp_path / "lesion_slices.csv")) == 4
    assert (tmp_path / "lesion_slices.png").stat().st_size > 10_000
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_tables_that_cannot_be_drawn_together_are_refused(predictions: Path, tmp_path: Path) -> None:
    path = tmp_path / "lesions_test.csv"
    path.write_text(draw_lesions(patients=3).to_csv(index=False))
    with pytest.raises(ValueError, match="2 tables, not all of lesions"):
        figures(str(path), str(predictions))
    with pytest.raises(ValueError, match="no table; name one"):
        figures()
    with pytest.raises(ValueError, match="expected one of labels, components, files"):
        figures(str(path), instances="voxels")
