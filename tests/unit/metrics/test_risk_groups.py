"""Risk groups are cut where the training patients say, never where the test patients would."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import assign_risk_groups, describe_risk_groups, risk_cuts
from prognos.metrics.risk_groups import risk_groups_by_fold


def test_cuts_are_quantiles_of_the_training_patients() -> None:
    np.testing.assert_allclose(risk_cuts([0, 1, 2, 3], 2), [1.5])
    np.testing.assert_allclose(risk_cuts(np.arange(10.0), 3), [3.0, 6.0])


def test_a_whole_fold_can_be_in_one_group() -> None:
    member, cuts = risk_groups_by_fold([5.0, 6.0, -5.0, -6.0], [0, 0, 1, 1], {"0": [0, 1], "1": [0, 1]})
    assert member.tolist() == ["group 2 (higher risk)"] * 2 + ["group 1 (lower risk)"] * 2
    assert [(row.fold, row.log_hazard) for row in cuts] == [("0", 0.5), ("1", 0.5)]


def test_each_fold_has_cuts_of_its_own() -> None:
    member, _ = risk_groups_by_fold([1.0, 1.0], [0, 1], {"0": [0, 1], "1": [10, 11]})
    assert member.tolist() == ["group 2 (higher risk)", "group 1 (lower risk)"]


def test_a_fold_without_training_patients_is_refused() -> None:
    with pytest.raises(ValueError, match=r"folds are missing \(first: '1'"):
        risk_groups_by_fold([1.0, 1.0], [0, 1], {"0": [0, 1]})


def test_more_patients_than_groups_are_needed() -> None:
    with pytest.raises(ValueError, match="1 training patients into 2 groups"):
        risk_cuts([1.0])


def test_groups_are_described_with_their_expected_events() -> None:
    group = assign_risk_groups([0.0, 0.1, 0.9, 1.0], [0.5])
    low, high = describe_risk_groups([10, 20, 1, 2], [0, 1, 1, 1], group)
    assert (low.patients, low.events, low.median) == (2, 1, 20)
    assert (high.patients, high.events, high.median) == (2, 2, 1.5)
    assert high.expected_events == pytest.approx(2 / 4 + 1 / 3)


def test_a_log_hazard_at_the_cut_is_in_the_group_below() -> None:
    assert assign_risk_groups([0.2, 0.21], [0.2]).tolist() == ["group 1 (lower risk)", "group 2 (higher risk)"]
