"""A stored model predicts what it predicted, and no file can pass for another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from prognos.engines import DeepSurvEstimator
from prognos.estimators import (
    BaselineHazard,
    ClinicalModel,
    ClinicalPreprocessor,
    CoxPH,
    LateFusion,
    LatentModel,
    load_model,
    save_model,
    stored_generator,
)
from survival_simulation import draw_patients

FEATURES, LABEL, _ = draw_patients(60, 4)
TABLE = pd.DataFrame(FEATURES, columns=["latent_0000", "latent_0001", "latent_0002", "age"]).assign(
    sex=np.where(np.arange(60) % 3 == 0, "f", "m")
)
CLINICAL = ClinicalModel(ClinicalPreprocessor(["age"], ["sex"]), CoxPH(0.1))
MODELS: dict[str, tuple[Any, Any]] = {
    "coxph": (CoxPH(penalties=3, folds=3), FEATURES),
    "deepsurv": (DeepSurvEstimator(epochs=3, depth=2, width=5, activation="relu"), FEATURES),
    "clinical": (CLINICAL, TABLE),
    "fusion": (
        LateFusion({"photo": LatentModel(DeepSurvEstimator(epochs=3)), "clinical": CLINICAL}, CoxPH(0.1), folds=3),
        TABLE,
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_stored_model_predicts_to_the_bit_what_it_predicted(name: str, tmp_path: Path) -> None:
    model, features = MODELS[name]
    model = model.fresh(0).fit(features, LABEL)
    save_model(tmp_path / "a.safetensors", model, generator="abc")
    again = load_model(tmp_path / "a.safetensors", generator="abc")
    np.testing.assert_array_equal(again.log_hazard(features), model.log_hazard(features))
    save_model(tmp_path / "b.safetensors", again, generator="abc")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_a_baseline_hazard_and_a_fusion_keep_their_curves(tmp_path: Path) -> None:
    strata = np.array(["lung", "skin"])[np.arange(60) % 2]
    baseline = BaselineHazard("breslow").fit(np.zeros(60), LABEL, strata)
    fusion = LateFusion({"clinical": CLINICAL}, CoxPH(0.1), folds=3).fit(TABLE, LABEL)
    save_model(tmp_path / "baseline.safetensors", baseline)
    save_model(tmp_path / "fusion.safetensors", fusion)
    again = load_model(tmp_path / "baseline.safetensors").survival(np.zeros(60), [100.0, 5000.0], strata)
    np.testing.assert_array_equal(again, baseline.survival(np.zeros(60), [100.0, 5000.0], strata))
    kept = load_model(tmp_path / "fusion.safetensors")
    np.testing.assert_array_equal(kept.baseline.cumulative, fusion.baseline.cumulative)
    assert not len(kept.scores), "training patients stay out of the file"


@pytest.mark.parametrize(("fitted", "given"), [("a" * 64, "b" * 64), (None, "b" * 64), ("a" * 64, None)])
def test_coefficients_of_another_generator_are_refused(fitted: str | None, given: str | None, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_model(path, CoxPH(0.1).fit(FEATURES, LABEL), generator=fitted)
    assert stored_generator(path) == fitted
    with pytest.raises(ValueError, match="mean other faces"):
        load_model(path, generator=given)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"not a model")
    with pytest.raises(ValueError, match="not a fitted model"):
        load_model(path)
    save_file({"x": np.zeros(2)}, path)
    with pytest.raises(ValueError, match="not a fitted model"):
        load_model(path)
    header = {"version": 1, "generator": None, "model": {"kind": "os.system", "settings": {}, "parts": {}, "order": []}}
    save_file({"x": np.zeros(2)}, path, metadata={"prognos.estimators": json.dumps(header)})
    with pytest.raises(ValueError, match=r"kind 'os\.system'"):
        load_model(path)
    save_model(path, CoxPH(0.1).fit(FEATURES, LABEL))
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ValueError, match="cut off"):
        load_model(path)
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "absent.safetensors")


def test_what_cannot_be_stored_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot save dict"):
        save_model(tmp_path / "x.safetensors", {})
    with pytest.raises(ValueError, match="not fitted"):
        save_model(tmp_path / "x.safetensors", DeepSurvEstimator())
