"""Numbers of an evaluation against R's survival, riskRegression, pec and rms, and Python's dcurves, on public data.

The golden values are made by ``tests/data/evaluation_golden.R`` and ``tests/data/decision_curve_golden.py``. All are
double precision on both sides.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prognos.metrics import (
    accuracy_over_time,
    calibrate,
    calibration_curve,
    check_proportional_hazards,
    describe_follow_up,
    describe_risk_groups,
    fit_cox,
    kaplan_meier,
    log_rank_test,
    net_benefit,
    null_brier_score,
    scaled_brier_score,
    schoenfeld_residuals,
)

DATA = Path(__file__).parents[1] / "data"
GOLDEN = json.loads((DATA / "evaluation_golden.json").read_text(encoding="utf-8"))
CURVES = json.loads((DATA / "decision_curve_golden.json").read_text(encoding="utf-8"))["cohorts"]
COHORTS: dict[str, dict[str, Any]] = GOLDEN["cohorts"]
HAZARDS: dict[str, dict[str, Any]] = GOLDEN["hazards"]
EXACT = {"rtol": 1e-9, "atol": 1e-9}


def floats(values: Any) -> np.ndarray:
    """R's NA is written as text."""
    return np.array([np.nan if value == "NA" else value for value in np.ravel(values)], dtype=np.float64)


def outcome(name: str) -> tuple[list[float], list[int]]:
    found = COHORTS[name]["columns"]
    return found["time"], found["event"]


@pytest.mark.parametrize("name", COHORTS)
def test_brier_scores_and_auc_equal_those_of_riskregression_and_pec(name: str) -> None:
    columns, golden = COHORTS[name]["columns"], COHORTS[name]["accuracy"]
    survival, horizons = columns["survival"], columns["horizons"]
    rows, _ = accuracy_over_time(survival, *outcome(name), horizons=horizons, replicates=0)
    np.testing.assert_allclose([row.brier for row in rows], golden["brier"], **EXACT)
    np.testing.assert_allclose([row.brier for row in rows], golden["pec"], **EXACT)
    np.testing.assert_allclose([row.null_brier for row in rows], golden["null"], **EXACT)
    np.testing.assert_allclose([row.null_brier for row in rows], golden["pec_reference"], **EXACT)
    np.testing.assert_allclose([row.scaled_brier for row in rows], golden["scaled"], **EXACT)
    np.testing.assert_allclose([row.auc for row in rows], golden["auc"], **EXACT)
    np.testing.assert_allclose(null_brier_score(*outcome(name), horizons=horizons), golden["null"], **EXACT)
    scaled = scaled_brier_score(survival, *outcome(name), horizons=horizons)
    np.testing.assert_allclose(scaled, golden["scaled"], **EXACT)


@pytest.mark.parametrize("name", COHORTS)
def test_integrated_brier_score_is_the_trapezoidal_mean_of_riskregressions_scores(name: str) -> None:
    columns, golden = COHORTS[name]["columns"], COHORTS[name]["accuracy"]
    horizons = np.array(columns["horizons"], np.float64)
    _, integral = accuracy_over_time(columns["survival"], *outcome(name), horizons=horizons, replicates=0)
    assert integral is not None
    span = horizons[-1] - horizons[0]
    for ours, theirs in ((integral.brier, golden["brier"]), (integral.null_brier, golden["null"])):
        assert ours == pytest.approx(np.trapezoid(theirs, horizons) / span, rel=1e-9)
    assert integral.scaled_brier == pytest.approx(1 - integral.brier / integral.null_brier, rel=1e-12)


@pytest.mark.parametrize("name", COHORTS)
def test_kaplan_meier_curve_and_its_quantiles_equal_those_of_survfit(name: str) -> None:
    golden, curve = COHORTS[name]["curves"], kaplan_meier(*outcome(name))
    place = np.searchsorted(curve.days, golden["time"])
    np.testing.assert_array_equal(curve.days[place], golden["time"])
    np.testing.assert_array_equal(curve.at_risk[place], golden["at_risk"])
    np.testing.assert_allclose(curve.survival[place], golden["survival"], **EXACT)
    alive = curve.survival[place] > 0
    np.testing.assert_allclose(
        (curve.standard_error / curve.survival)[place][alive], floats(golden["error"])[alive], **EXACT
    )
    low, high = floats(golden["low"]), floats(golden["high"])
    given = ~np.isnan(low)  # before the first event R leaves the interval open, ours is [1, 1]
    np.testing.assert_allclose(curve.low[place][given], low[given], **EXACT)
    np.testing.assert_allclose(curve.high[place][given], high[given], **EXACT)
    ours = [curve.quantile(share) for share in (0.25, 0.5, 0.75)]
    np.testing.assert_array_equal(np.ravel(ours), floats(golden["quantiles"]))


@pytest.mark.parametrize("name", COHORTS)
def test_follow_up_equals_survfit_with_the_events_exchanged(name: str) -> None:
    golden, ours = COHORTS[name]["curves"], describe_follow_up(*outcome(name))
    lower, middle, upper = floats(golden["follow_up"]).reshape(3, 3)
    np.testing.assert_array_equal([ours.median, ours.low, ours.high], middle)
    assert (ours.lower_quartile, ours.upper_quartile) == (lower[0], upper[0])
    assert ours.median == golden["follow_up_events_first"], "no tie decides the median of these cohorts"


@pytest.mark.parametrize("name", COHORTS)
def test_log_rank_test_equals_survdiff(name: str) -> None:
    golden, stratum = COHORTS[name]["log_rank"], COHORTS[name]["columns"]["stratum"]
    group = golden["group"]
    assert log_rank_test(*outcome(name), group).chi2 == pytest.approx(golden["plain"], rel=1e-9)
    assert log_rank_test(*outcome(name), group, strata=stratum).chi2 == pytest.approx(golden["within"], rel=1e-9)
    rows = describe_risk_groups(*outcome(name), group)
    np.testing.assert_allclose([row.expected_events for row in rows], golden["expected"], **EXACT)
    rows = describe_risk_groups(*outcome(name), group, strata=stratum)
    np.testing.assert_allclose([row.expected_events for row in rows], golden["within_expected"], **EXACT)


@pytest.mark.parametrize("name", COHORTS)
def test_calibration_equals_coxph_and_survfit(name: str) -> None:
    columns = COHORTS[name]["columns"]
    rows = calibrate(columns["survival"], *outcome(name), horizons=columns["horizons"])
    for row, golden in zip(rows, COHORTS[name]["calibration"], strict=True):
        for what in ("slope", "expected", "observed", "observed_low", "observed_high", "ici", "e50", "e90"):
            assert getattr(row, what) == pytest.approx(golden[what], rel=1e-9, abs=1e-9), what
        error = (row.slope_high - row.slope) / 1.959963984540054
        assert error == pytest.approx(golden["slope_error"], rel=1e-9)
        assert row.ratio == pytest.approx(golden["observed"] / golden["expected"], rel=1e-9)
        reach = 1.959963984540054 * golden["observed_error"] / golden["observed"]
        assert np.log(row.ratio_high / row.ratio) == pytest.approx(reach, rel=1e-9)


@pytest.mark.parametrize("name", COHORTS)
def test_smooth_calibration_curve_equals_that_of_rms_splines(name: str) -> None:
    columns = COHORTS[name]["columns"]
    survival, horizons = np.array(columns["survival"]), columns["horizons"]
    points = calibration_curve(survival, *outcome(name), horizons=horizons, points=4001)
    for golden in COHORTS[name]["calibration"]:
        curve = np.array([point[1:] for point in points if point.days == golden["days"]])
        # Our grid is fine enough for a straight line between its points to be exact to 1e-6.
        for column, what in ((1, "curve"), (2, "curve_low"), (3, "curve_high")):
            np.testing.assert_allclose(
                np.interp(golden["grid"], curve[:, 0], curve[:, column]), golden[what], atol=1e-6
            )


@pytest.mark.parametrize("name", COHORTS)
def test_net_benefit_equals_dcurves_and_survfit_among_the_positives(name: str) -> None:
    columns = COHORTS[name]["columns"]
    survival = np.array(columns["survival"])
    for place, (of_r, of_python) in enumerate(zip(COHORTS[name]["net_benefit"], CURVES[name], strict=True)):
        for golden in (of_r, of_python):
            rows = net_benefit(
                survival[:, [place]], *outcome(name), horizons=[golden["days"]], thresholds=golden["thresholds"]
            )
            model, everyone = floats(golden["model"]), floats(golden["all"])
            ours = np.array([row.model for row in rows])
            known = ~np.isnan(model)  # dcurves stops where the last positive had the event before the horizon
            assert known.any()
            np.testing.assert_allclose(ours[known], model[known], **EXACT)
            np.testing.assert_allclose([row.treat_all for row in rows], everyone, **EXACT)


@pytest.mark.parametrize("name", HAZARDS)
def test_cox_regression_equals_coxph(name: str) -> None:
    golden = HAZARDS[name]
    fit = fit_cox(np.array(list(golden["columns"].values())).T, golden["time"], golden["event"], strata=strata(golden))
    np.testing.assert_allclose(fit.coefficients, np.ravel(golden["coefficients"]), rtol=1e-8)
    np.testing.assert_allclose(fit.standard_errors, np.ravel(golden["error"]), rtol=1e-8)
    assert fit.log_likelihood == pytest.approx(golden["loglik"], rel=1e-10)


@pytest.mark.parametrize("scale", ["km", "identity", "log", "rank"])
@pytest.mark.parametrize("name", HAZARDS)
def test_test_of_proportional_hazards_equals_cox_zph(name: str, scale: Any) -> None:
    golden = HAZARDS[name]
    rows = check_proportional_hazards(
        golden["columns"], golden["time"], golden["event"], strata=strata(golden), scale=scale
    )
    expected = np.array(golden["tests"][scale])[: len(rows)]  # R repeats a single covariate as GLOBAL
    ours = np.array([(row.chi2, row.degrees_of_freedom, row.p_value) for row in rows])
    np.testing.assert_allclose(ours, expected, **EXACT)


@pytest.mark.parametrize("name", [name for name, golden in HAZARDS.items() if not golden["strata"]])
def test_scaled_schoenfeld_residuals_equal_those_of_cox_zph(name: str) -> None:
    golden = HAZARDS[name]
    points = schoenfeld_residuals(golden["columns"], golden["time"], golden["event"])
    ours = np.array([point.residual for point in points]).reshape(len(golden["columns"]), -1)
    theirs = np.array(golden["residuals"]).reshape(ours.shape[1], ours.shape[0]).T
    days = np.array([point.days for point in points])[: ours.shape[1]]
    np.testing.assert_array_equal(days, golden["residual_time"])
    for own, other in zip(ours, theirs, strict=True):
        # Events of one time stand in another order.
        np.testing.assert_allclose(own[np.lexsort((own, days))], other[np.lexsort((other, days))], rtol=1e-6, atol=1e-7)


def strata(golden: dict[str, Any]) -> list[int] | None:
    return golden["strata"] or None
