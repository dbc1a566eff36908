"""The tutorials on drawn cohorts: every command of the pages runs, and ends with what the pages promise."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from documents import ROOT, run_tutorial

TUTORIALS = ROOT / "docs" / "tutorials"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_tutorial_of_the_lesions_ends_with_ranked_lesions_and_a_report() -> None:
    page = TUTORIALS / "lesion-prioritization.md"
    bundle = ROOT / "bundles" / "lesion_prioritization"
    ran = [words[1] for words in run_tutorial(page, PATIENTS=8, EPOCHS=1, BUNDLE=bundle)]
    assert ran == ["synthesize", "check", "split", *["run"] * 4, "-m"]

    provenance = json.loads(Path("runs/model/model.pt.provenance.json").read_text())
    assert provenance["trained_on"] == "synthetic"
    assert len(list(Path("runs/model").glob("checkpoints/*.pt"))) == 1

    test = Path("runs/test")
    predictions = pd.read_csv(test / "predictions_test.csv", comment="#").set_index("patient_id")
    lesions = pd.read_csv(test / "lesions_test.csv", comment="#")
    whole = lesions.groupby(["patient_id", "reader"])["scaled_risk"].sum().groupby("patient_id").mean()
    pd.testing.assert_series_equal(
        whole, predictions.loc[whole.index, "log_hazard"], check_names=False, rtol=1e-4, atol=1e-5
    )
    assert {path.name for path in test.iterdir()} >= {"metrics_test.json", "report_test.html", "report_test_data"}
    assert "SYNTHETIC" in (test / "report_test.html").read_text()
    assert "SYNTHETIC" in (test / "predictions_test.csv").read_text()

    one = pd.read_csv("runs/one/lesions.csv", comment="#")
    assert one["rank_1_is_worst"].tolist() == [*range(1, len(one) + 1)]
    assert Path("runs/one/lesions.png").stat().st_size > 5000
    stock = pd.read_csv("runs/stock/predictions_test.csv", comment="#").set_index("patient_id")
    pd.testing.assert_series_equal(stock["log_hazard"], predictions["log_hazard"])


def test_the_tutorial_of_the_portraits_ends_with_compared_models_and_edited_faces() -> None:
    small = {"PATIENTS": 24, "SEARCH": "@searches::encoder", "EPOCHS": 5, "PARTS": 2}
    small |= {"CHECKED": 4, "DIRECTIONS": 3, "HELD": 4}
    ran = [words[1] for words in run_tutorial(TUTORIALS / "face-prognosis.md", **small)]
    assert ran == ["synthesize", "split", "align", "run", "run", "figures", "run", "run"]

    assert Path("cohort/contact_sheet.html").is_file()
    assert Path("runs/latents/reconstructions.png").stat().st_size > 5000
    predictions = pd.read_csv("runs/models/predictions.csv", comment="#", dtype={"patient_id": str})
    models = ["coxph", "deepsurv", "clinical", "fusion", "fusion_deepsurv"]
    assert predictions.groupby("model")["patient_id"].nunique().to_dict() == dict.fromkeys(models, 24)
    assert Path("runs/models/models.svg").is_file()
    known = pd.read_csv("runs/models/tensorboard/latents/known.tsv", sep="\t")
    assert known.columns.isin(["risk_coxph_percentile", "cancer_type"]).sum() == 2
    assert len(known) == 24
    assert Path("runs/models/tensorboard/latents/pictures.png").stat().st_size > 10_000

    checks = json.loads(Path("runs/edits/checks.json").read_text())
    assert (checks["patients"], set(checks["attributes"])) == (4, {"health", "age"})
    assert Path("runs/edits/grid_health_surroundings_held.png").stat().st_size > 10_000
    assert Path("runs/one/portrait_0000.png").stat().st_size > 5000
    for table in ("runs/models/predictions.csv", "runs/one/portraits.csv"):
        assert "SYNTHETIC" in Path(table).read_text()
