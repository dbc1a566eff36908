"""Random-intercept models and intraclass correlations against R's lme4, nlme and psych, and against statsmodels."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prognos.metrics import fit_random_intercept, intraclass_correlation

GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data/mixed_model_golden.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", GOLDEN["models"], ids=lambda case: case["name"])
def test_a_model_equals_those_of_r(case: dict[str, Any]) -> None:
    model = fit_random_intercept(case["response"], case["covariates"], case["group"])
    estimate = [effect.estimate for effect in model.effects]
    error = [effect.standard_error for effect in model.effects]
    np.testing.assert_allclose(estimate, case["estimate"], rtol=1e-7)
    np.testing.assert_allclose(error, case["standard_error"], rtol=1e-6)
    np.testing.assert_allclose(model.group_variance, case["group_variance"], rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(model.residual_variance, case["residual_variance"], rtol=1e-6)
    np.testing.assert_allclose(estimate, case["nlme_estimate"], rtol=1e-6)


@pytest.mark.parametrize("case", GOLDEN["agreements"], ids=lambda case: case["name"])
def test_an_agreement_equals_the_analysis_of_variance_of_r(case: dict[str, Any]) -> None:
    found = intraclass_correlation(case["value"], case["group"])
    assert found.icc == pytest.approx(case["icc"], abs=1e-12)
    assert found.within_variance == pytest.approx(case["within_variance"], rel=1e-10)


def test_groups_of_one_size_have_the_interval_and_the_mean_icc_of_psych() -> None:
    cases = [case for case in GOLDEN["agreements"] if "psych" in case]
    assert len(cases) == 2
    for case in cases:
        found = intraclass_correlation(case["value"], case["group"])
        for name in ("icc", "low", "high", "of_mean"):
            assert getattr(found, name) == pytest.approx(case["psych"][name], abs=1e-10), name


@pytest.mark.parametrize("name", ["sleepstudy", "unbalanced"])
def test_a_model_equals_that_of_statsmodels(name: str) -> None:
    mixed = pytest.importorskip("statsmodels.regression.mixed_linear_model")
    case = next(case for case in GOLDEN["models"] if case["name"] == name)
    design = np.column_stack([np.ones(len(case["response"])), *case["covariates"].values()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = mixed.MixedLM(np.asarray(case["response"], float), design, groups=case["group"]).fit(reml=True)
    model = fit_random_intercept(case["response"], case["covariates"], case["group"])
    np.testing.assert_allclose([effect.estimate for effect in model.effects], other.fe_params, rtol=1e-5)
    np.testing.assert_allclose(model.residual_variance, other.scale, rtol=1e-4)
