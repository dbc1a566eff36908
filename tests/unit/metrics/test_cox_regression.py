"""A small Cox regression: invariances, and likelihoods without a maximum."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import fit_cox
from prognos.metrics.cox_regression import CoxFit

RANDOM = np.random.default_rng(0)
COVARIATES = RANDOM.standard_normal((60, 2))
TIME, EVENT = RANDOM.exponential(np.exp(-COVARIATES[:, 0])), RANDOM.random(60) < 0.7


def test_units_of_a_covariate_scale_its_coefficient() -> None:
    plain = fit_cox(COVARIATES, TIME, EVENT)
    moved = fit_cox(COVARIATES * [1000.0, 1.0] + [7.0, -3.0], TIME, EVENT)
    np.testing.assert_allclose(moved.coefficients * [1000.0, 1.0], plain.coefficients, rtol=1e-9)
    np.testing.assert_allclose(moved.standard_errors * [1000.0, 1.0], plain.standard_errors, rtol=1e-9)


def test_predicted_survival_does_not_depend_on_the_units() -> None:
    def predict(scale: float, shift: float) -> tuple[np.ndarray, np.ndarray]:
        fit: CoxFit = fit_cox(COVARIATES * scale + shift, TIME, EVENT)
        return fit.survival(COVARIATES[:5] * scale + shift, 1.0)

    np.testing.assert_allclose(predict(1.0, 0.0), predict(50.0, -4.0), rtol=1e-9)


@pytest.mark.parametrize(
    ("covariates", "reason"),
    [
        (np.ones((60, 1)), "same for everyone of a stratum"),
        (np.column_stack([COVARIATES[:, 0], 2 * COVARIATES[:, 0]]), "no finite, unique maximum"),
        ((-TIME)[:, None], "no finite, unique maximum"),
    ],
    ids=["constant", "collinear", "separating"],
)
def test_a_likelihood_without_a_maximum_is_refused(covariates: np.ndarray, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        fit_cox(covariates, TIME, np.ones(60))


def test_fewer_events_than_covariates_are_refused() -> None:
    with pytest.raises(ValueError, match="1 events for 2 covariates"):
        fit_cox(COVARIATES, TIME, np.eye(60)[0])


def test_levels_of_the_strata_do_not_matter_however_far_apart() -> None:
    stratum = np.arange(60) % 3
    near = fit_cox(COVARIATES, TIME, EVENT, strata=stratum)
    far = fit_cox(COVARIATES + 1000.0 * stratum[:, None], TIME, EVENT, strata=stratum)
    np.testing.assert_allclose(far.coefficients, near.coefficients, rtol=1e-9)
    np.testing.assert_allclose(far.standard_errors, near.standard_errors, rtol=1e-9)
