"""Models without a network: what they count, that they learn from the training part alone, and their sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from prognos.data import LesionDataset
from prognos.estimators import REFERENCE_MODELS, CoxPH, fit_reference, reference_table
from prognos.metrics import concordance_index
from prognos.transforms import ExtractLesionsd
from scans import SHAPE, make_image, make_labels, write_volume


def make_table(patients: int, seed: int) -> pd.DataFrame:
    """Patients whose hazard grows with count, volume and age, the treated ones doing better."""
    random = np.random.default_rng(seed)
    count, volume = random.poisson(8, patients), random.lognormal(3, 1, patients)
    age, treatment = random.uniform(40, 80, patients), random.integers(0, 2, patients)
    hazard = 0.15 * count + 0.5 * np.log(volume) + 0.06 * age - 1.0 * treatment
    return pd.DataFrame(
        {
            "lesion_count": count.astype(float),
            "total_volume_ml": volume,
            "age": age,
            "treatment": treatment,
            "sex": random.choice(["F", "M"], patients),
            "time_days": random.exponential(np.exp(8 - hazard)) + 1.0,
            "event": (random.random(patients) < 0.8).astype(int),
        }
    )


@pytest.mark.parametrize("name", REFERENCE_MODELS)
def test_a_model_learns_what_is_worse_and_tells_other_patients_apart(name: str) -> None:
    train, test = make_table(200, seed=1), make_table(200, seed=2)
    log_hazard = fit_reference(name, train, test)
    index, _ = concordance_index(log_hazard, test["time_days"].to_numpy(), test["event"].to_numpy())
    assert log_hazard.dtype == np.float64
    assert index > 0.58


@pytest.mark.parametrize(("name", "column"), [("lesion_count", "lesion_count"), ("total_volume", "total_volume_ml")])
def test_a_burden_enters_as_the_logarithm_of_one_more(name: str, column: str) -> None:
    train, test = make_table(60, seed=3), make_table(20, seed=4)
    label = train[["time_days", "event"]].to_numpy(dtype=float)
    expected = (
        CoxPH(1e-3).fit(np.log1p(train[[column]].to_numpy()), label).log_hazard(np.log1p(test[[column]].to_numpy()))
    )
    np.testing.assert_allclose(fit_reference(name, train, test), expected)


@pytest.mark.parametrize("name", REFERENCE_MODELS)
def test_a_log_hazard_depends_on_no_other_test_patient(name: str) -> None:
    train, test = make_table(60, seed=5), make_table(20, seed=6)
    other = test.assign(lesion_count=99.0, total_volume_ml=9.0, age=1.0, time_days=1.0, event=1)
    changed = pd.concat([test.iloc[:5], other.iloc[5:]])
    np.testing.assert_allclose(fit_reference(name, train, changed)[:5], fit_reference(name, train, test)[:5])


def test_a_feature_that_separates_the_events_has_a_finite_fit() -> None:
    table = pd.DataFrame(
        {"lesion_count": [4.0, 3.0, 2.0, 1.0], "time_days": [1.0, 2.0, 3.0, 4.0], "event": [1, 1, 1, 1]}
    )
    assert np.isfinite(fit_reference("lesion_count", table, table)).all()


def test_a_table_without_clinical_columns_is_told_what_is_missing() -> None:
    table = make_table(20, seed=7).drop(columns=["age", "treatment", "sex"]).assign(stage=None)
    with pytest.raises(ValueError, match="none of the columns age, treatment, sex, stage"):
        fit_reference("clinical", table, table)
    with pytest.raises(ValueError, match="no reference model 'volume'; there are lesion_count"):
        fit_reference("volume", table, table)


def test_the_table_counts_every_lesion_of_every_reader(tmp_path: Path) -> None:
    both = write_volume(tmp_path / "both.nii.gz", make_labels())
    one = write_volume(tmp_path / "one.nii.gz", make_labels() * (make_labels() == 7).astype(np.uint8))
    none = write_volume(tmp_path / "none.nii.gz", np.zeros(SHAPE, dtype=np.uint8))
    image = write_volume(tmp_path / "ct.nii.gz", make_image())

    def scan(number: int, masks: list[str]) -> dict[str, Any]:
        label = torch.tensor([100.0 + number, 1.0], dtype=torch.float64)
        readers = [{"reader": str(place), "mask": [mask]} for place, mask in enumerate(masks)]
        whose = {"patient_id": "abc"[number], "patient_index": number, "label": label, "fold": 0, "age": 60.0 + number}
        return whose | {"image": image, "where": "line", "annotations": readers}

    scans = [scan(0, [both, one]), scan(1, [one, none]), scan(2, [none])]
    table = reference_table(LesionDataset(scans, ExtractLesionsd(), tmp_path / "cache", max_lesions=1))
    assert table["patient_id"].tolist() == ["a", "b", "c"]
    assert table["lesion_count"].tolist() == [1.5, 0.5, 0.0]
    np.testing.assert_allclose(table["total_volume_ml"], [0.26, 0.06, 0.0], rtol=1e-6)
    assert table["readers"].tolist() == [2, 2, 1]
    assert table["flags"].tolist() == ["", "a reader marked no lesions", "no lesions"]
    assert table["time_days"].tolist() == [100.0, 101.0, 102.0]
    assert set(table.columns) == {
        *("patient_id", "patient_index", "time_days", "event", "readers", "flags", "lesion_count", "total_volume_ml"),
        "age",
    }
