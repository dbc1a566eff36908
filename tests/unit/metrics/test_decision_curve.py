"""Net benefit, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import net_benefit

TIME, EVENT = [5, 6, 20, 20], [1, 1, 0, 0]
SURVIVAL = [[0.1], [0.6], [0.4], [0.9]]


def test_net_benefit_without_censoring_counts_true_and_false_positives() -> None:
    (row,) = net_benefit(SURVIVAL, TIME, EVENT, horizons=[10], thresholds=[0.5])
    assert row.model == pytest.approx(1 / 4 - 1 / 4)
    assert row.treat_all == pytest.approx(2 / 4 - 2 / 4)
    assert (row.treat_none, row.share_treated) == (0.0, 0.5)
    (row,) = net_benefit(SURVIVAL, TIME, EVENT, horizons=[10], thresholds=[0.2])
    assert row.model == pytest.approx(2 / 4 - 1 / 4 * 0.25)


def test_a_risk_equal_to_the_threshold_is_treated() -> None:
    (row,) = net_benefit([[0.5]] * 4, TIME, EVENT, horizons=[10], thresholds=[0.5])
    assert row.share_treated == 1
    assert row.model == row.treat_all


def test_positives_who_all_had_the_event_are_all_true() -> None:
    (row,) = net_benefit(SURVIVAL, TIME, EVENT, horizons=[10], thresholds=[0.85])
    assert row.model == pytest.approx(1 / 4)


def test_positives_whose_follow_up_ends_earlier_have_no_net_benefit() -> None:
    (row,) = net_benefit(SURVIVAL, [5, 6, 20, 20], [0, 1, 0, 0], horizons=[10], thresholds=[0.85])
    assert np.isnan(row.model)


def test_interval_holds_the_value_and_the_usual_thresholds_end_with_the_predictions() -> None:
    random = np.random.default_rng(0)
    score = random.standard_normal(200)
    survival = np.exp(-0.2 * np.exp(score))[:, None]
    time = random.exponential(50 * np.exp(-score))
    rows = net_benefit(survival, time, np.ones(200), horizons=[10], replicates=100)
    assert all(row.low <= row.model <= row.high for row in rows)
    assert rows[0].threshold == 0.01
    assert rows[-1].share_treated * 200 >= 10


def test_a_threshold_of_1_is_refused() -> None:
    with pytest.raises(ValueError, match=r"outside \(0, 1\)"):
        net_benefit(SURVIVAL, TIME, EVENT, horizons=[10], thresholds=[1.0])
