"""Pictures from a table of predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prognos.apps.figures import figures
from prognos.metrics import concordance_by_group


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
