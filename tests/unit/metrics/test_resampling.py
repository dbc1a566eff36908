"""Bootstrap over patients."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import percentile_interval, resample_patients


def test_each_resample_has_as_many_patients_and_the_seed_decides_which() -> None:
    counts = resample_patients(50, replicates=20, seed=3)
    assert counts.shape == (20, 50)
    np.testing.assert_array_equal(counts.sum(axis=1), 50)
    np.testing.assert_array_equal(counts, resample_patients(50, replicates=20, seed=3))
    assert (counts != resample_patients(50, replicates=20, seed=4)).any()


def test_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(0).normal(size=400)
    means = resample_patients(400, replicates=4000) @ values / 400
    low, high = percentile_interval(means)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.05)


def test_a_number_that_often_does_not_exist_has_no_interval() -> None:
    values = np.ones((100, 2))
    values[:20, 1] = np.nan
    low, _ = percentile_interval(values)
    np.testing.assert_array_equal(np.isnan(low), [False, True])
    assert np.isnan(percentile_interval(np.empty((0, 3)))[0]).all()


def test_no_patient_is_refused() -> None:
    with pytest.raises(ValueError, match="of 0 patients"):
        resample_patients(0)
