"""CoxPH keeps its promises on scale, penalty, wide tables and bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from prognos.estimators import CoxPH
from prognos.estimators.cox_objective import CoxObjective, CoxSample
from prognos.metrics import concordance_index
from survival_simulation import draw_patients


def test_coefficients_are_on_the_scale_of_the_input() -> None:
    features, label, _ = draw_patients(80, 4)
    stretched = features * [1.0, 10.0, 0.01, 3.0] + [0.0, 5.0, -1.0, 100.0]
    a, b = (CoxPH(0.2).fit(table, label) for table in (features, stretched))
    np.testing.assert_allclose(b.coefficients * [1.0, 10.0, 0.01, 3.0], a.coefficients, rtol=1e-7)
    np.testing.assert_allclose(a.log_hazard(features), b.log_hazard(stretched), atol=1e-8)


def test_the_mean_patient_has_log_hazard_zero() -> None:
    features, label, _ = draw_patients(50, 3)
    model = CoxPH(0.1).fit(features + 7.0, label)
    np.testing.assert_allclose(model.log_hazard((features + 7.0).mean(axis=0)[None]), 0.0, atol=1e-12)


def test_a_larger_true_log_hazard_gets_a_larger_one() -> None:
    features, label, truth = draw_patients(200, 3)
    assert np.corrcoef(CoxPH(0.01).fit(features, label).log_hazard(features), truth)[0, 1] > 0.95


@pytest.mark.parametrize("l1_ratio", [0.0, 0.4, 1.0])
def test_a_wide_fit_is_at_the_minimum_of_the_penalised_likelihood(l1_ratio: float) -> None:
    features, label, _ = draw_patients(60, 90)
    model = CoxPH(0.15, l1_ratio=l1_ratio).fit(features, label)
    standard = (features - features.mean(axis=0)) / features.std(axis=0)
    coefficients = model.coefficients * features.std(axis=0)
    objective = CoxObjective(CoxSample(label, "efron"), standard, 0.15 * (1 - l1_ratio))
    gradient = objective.value_and_gradient(coefficients)[1]
    chosen = coefficients != 0
    np.testing.assert_allclose(gradient[chosen], -0.15 * l1_ratio * np.sign(coefficients[chosen]), atol=1e-8)
    assert (np.abs(gradient[~chosen]) <= 0.15 * l1_ratio + 1e-8).all()


def test_the_information_is_the_derivative_of_the_gradient() -> None:
    features, label, _ = draw_patients(40, 3)
    label[:, 0] = np.ceil(label[:, 0] / 200)  # ties
    generator = np.random.default_rng(0)
    columns: dict[str, Any] = {
        "weight": generator.uniform(0.5, 2.0, 40),
        "stratum": generator.integers(0, 2, 40),
        "entry": label[:, 0] * generator.uniform(0.0, 0.9, 40),
    }
    objective = CoxObjective(CoxSample(label, "efron", **columns), features, 0.1)
    point, step = np.array([0.3, -0.2, 0.5]), 1e-5
    numeric = [
        objective.value_and_gradient(point + step * unit)[1] - objective.value_and_gradient(point - step * unit)[1]
        for unit in np.eye(3)
    ]
    np.testing.assert_allclose(objective.hessian(point), np.array(numeric) / (2 * step), rtol=1e-7, atol=1e-9)


def test_the_penalty_is_chosen_near_the_best_for_new_patients() -> None:
    features, label, _ = draw_patients(600, 40, seed=3)
    model = CoxPH(penalties=12).fit(features[:100], label[:100])
    assert len(model.tried) - 1 - model.tried[:, 1].argmin() <= 4, "the rest was not worth a fit"
    assert model.chosen == model.tried[model.tried[:, 1].argmin(), 0]

    def index(penalty: float) -> float:
        fitted = CoxPH(penalty).fit(features[:100], label[:100])
        return concordance_index(fitted.log_hazard(features[100:]), label[100:, 0], label[100:, 1])[0]

    assert index(model.chosen) > max(index(float(penalty)) for penalty in model.tried[:, 0]) - 0.03


def test_a_constant_feature_gets_no_coefficient() -> None:
    features, label, _ = draw_patients(50, 2)
    wider = np.column_stack([features, np.full(50, 3.0)])
    for penalty in (0.0, 0.1):
        np.testing.assert_allclose(
            CoxPH(penalty).fit(wider, label).coefficients[:2],
            CoxPH(penalty).fit(features, label).coefficients,
            rtol=1e-9,
        )
        assert CoxPH(penalty).fit(wider, label).coefficients[2] == 0.0


def test_a_weight_of_two_is_a_patient_twice() -> None:
    features, label, _ = draw_patients(30, 2)
    weight = np.arange(30) % 3.0
    twice = np.repeat(np.arange(30), weight.astype(int))
    a = CoxPH(0.1, ties="breslow").fit(features, label, weight=weight)
    b = CoxPH(0.1, ties="breslow").fit(features[twice], label[twice])
    np.testing.assert_allclose(a.coefficients, b.coefficients, rtol=1e-8)


def test_strata_may_be_text() -> None:
    features, label, _ = draw_patients(40, 2)
    codes = np.arange(40) % 3
    names = np.array(["lung", "liver", "skin"], dtype=object)[codes]
    a, b = CoxPH(0.1).fit(features, label, codes), CoxPH(0.1).fit(features, label, names)
    np.testing.assert_allclose(a.coefficients, b.coefficients, rtol=1e-10)


def test_what_has_no_maximum_is_refused() -> None:
    features, label, _ = draw_patients(40, 2)
    with pytest.raises(ValueError, match="collinear"):
        CoxPH(0.0).fit(np.column_stack([features, features.sum(axis=1)]), label)
    with pytest.raises(ValueError, match="separates"):
        CoxPH(0.0).fit(-label[:, :1], np.column_stack([label[:, 0], np.ones(40)]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x[:, 0], y), "shape"),
        (lambda x, y: (x * np.where(np.arange(20) == 3, np.nan, 1.0)[:, None], y), "1 of 20 rows"),
        (lambda x, y: (x, y[:10]), r"expected \[20, 2\]"),
        (lambda x, y: (x, y * [1.0, 0.0]), "no event"),
        (lambda x, y: (x, y * [1.0, 2.0]), "other than 0 and 1"),
        (lambda x, y: (x, y * [0.0, 1.0]), "positive"),
    ],
)
def test_bad_input_is_refused(change: Any, message: str) -> None:
    features, label, _ = draw_patients(20, 2)
    with pytest.raises(ValueError, match=message):
        CoxPH(0.1).fit(*change(features, label))


def test_too_few_events_to_choose_a_penalty_are_refused() -> None:
    features, label, _ = draw_patients(20, 2)
    label[:, 1] = np.arange(20) < 3
    with pytest.raises(ValueError, match="3 events cannot fill 5 parts"):
        CoxPH().fit(features, label)


@pytest.mark.parametrize("arguments", [{"penalty": -1.0}, {"l1_ratio": 2.0}, {"ties": "exact"}, {"folds": 1}])
def test_bad_arguments_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="CoxPH"):
        CoxPH(**arguments)


def test_other_features_than_those_of_the_fit_are_refused() -> None:
    features, label, _ = draw_patients(20, 2)
    with pytest.raises(ValueError, match="not fitted"):
        CoxPH().log_hazard(features)
    with pytest.raises(ValueError, match="features it was fitted to"):
        CoxPH(0.1).fit(features, label).log_hazard(features[:, :1])
