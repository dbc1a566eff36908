"""The check of proportional hazards finds a coefficient that fades, and lets a constant one pass."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import check_proportional_hazards, schoenfeld_residuals

RANDOM = np.random.default_rng(2)
SCORE, NOISE = RANDOM.standard_normal(600), RANDOM.standard_normal(600)
CONSTANT = RANDOM.exponential(np.exp(-SCORE)) * 100
EARLY = np.where(CONSTANT < 50, CONSTANT, 50 + RANDOM.exponential(100, 600))
"""After day 50 the score has no effect."""


def test_a_constant_coefficient_passes_and_a_fading_one_does_not() -> None:
    (passed,) = check_proportional_hazards({"score": SCORE}, CONSTANT, np.ones(600))
    (failed,) = check_proportional_hazards({"score": SCORE}, EARLY, np.ones(600))
    assert passed.p_value > 0.05
    assert failed.p_value < 1e-4


def test_several_covariates_have_a_global_row() -> None:
    rows = check_proportional_hazards({"score": SCORE, "noise": NOISE}, CONSTANT, np.ones(600))
    assert [(row.name, row.degrees_of_freedom) for row in rows] == [("score", 1), ("noise", 1), ("GLOBAL", 2)]


def test_residuals_of_an_event_average_to_the_coefficient() -> None:
    points = schoenfeld_residuals({"score": SCORE}, CONSTANT, np.ones(600))
    assert len(points) == 600
    assert np.mean([point.residual for point in points]) == pytest.approx(points[0].coefficient)
    assert np.mean([point.trend for point in points]) == pytest.approx(points[0].coefficient)


def test_an_unknown_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="scale is 'sqrt'"):
        check_proportional_hazards({"score": SCORE}, CONSTANT, np.ones(600), scale="sqrt")  # type: ignore[arg-type]
