"""DeepSurv learns through MONAI's trainer and is a function of its seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.engines import SupervisedTrainer

from prognos.engines import DeepSurvEstimator
from prognos.engines.deep_surv import inverse_time_decay
from prognos.estimators import CoxPH, cox_network
from prognos.handlers import ConcordanceIndexHandler
from prognos.metrics import concordance_index
from survival_simulation import draw_outcome, draw_patients


def test_it_learns_what_no_linear_model_can() -> None:
    generator = np.random.default_rng(0)
    features = generator.uniform(-1.5, 1.5, (900, 3))
    label = draw_outcome(generator, 2.0 * features[:, 0] ** 2 - 1.5)
    model = DeepSurvEstimator(depth=2, width=24, activation="relu", dropout=0.0, l2=0.001, learning_rate=0.05)
    index = {}
    for name, fitted in (("cox", CoxPH(0.01)), ("deep", model)):
        fitted.fit(features[:400], label[:400])
        index[name] = concordance_index(fitted.log_hazard(features[400:]), label[400:, 0], label[400:, 1])[0]
    assert index["cox"] < 0.56
    assert index["deep"] > 0.68


def test_the_same_seed_gives_the_same_bits_and_leaves_the_global_state() -> None:
    features, label, _ = draw_patients(40, 5)
    before = torch.get_rng_state()
    a, b, other = (DeepSurvEstimator(epochs=5, seed=seed).fit(features, label) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(a.log_hazard(features), b.log_hazard(features))
    assert not np.array_equal(a.log_hazard(features), other.log_hazard(features))


def test_depth_zero_with_l2_is_a_ridge_regression() -> None:
    features, label, _ = draw_patients(80, 3)
    events = label[:, 1].sum()
    # The loss is a mean over events, the penalty of CoxPH stands beside a mean over patients.
    cox = CoxPH(penalty=2 * 0.05 * events / 80).fit(features, label)
    deep = DeepSurvEstimator(depth=0, l2=0.05, learning_rate=0.1, decay=0.0, epochs=300).fit(features, label)
    difference = deep.log_hazard(features) - cox.log_hazard(features)
    np.testing.assert_allclose(difference, 0.0, atol=1e-4)


def test_strata_are_never_compared() -> None:
    features, label, _ = draw_patients(60, 2)
    strata = np.array(["a", "b"])[np.arange(60) % 2]
    arguments = {"depth": 0, "l2": 0.05, "learning_rate": 0.1, "decay": 0.0, "epochs": 300}
    deep = DeepSurvEstimator(**arguments).fit(features, label, strata)
    cox = CoxPH(penalty=2 * 0.05 * label[:, 1].sum() / 60).fit(features, label, strata)
    np.testing.assert_allclose(deep.log_hazard(features), cox.log_hazard(features), atol=1e-4)


def test_more_features_than_patients_are_held_by_the_penalty() -> None:
    features, label, _ = draw_patients(60, 150)
    wild, held = (DeepSurvEstimator(epochs=60, l2=l2).fit(features, label) for l2 in (0.0, 1.0))
    assert held.log_hazard(features).std() < wild.log_hazard(features).std()


def test_the_learning_rate_falls_with_the_inverse_of_time() -> None:
    assert [inverse_time_decay(epoch, 0.5) for epoch in (0, 1, 2)] == [1.0, 1 / 1.5, 0.5]


def test_handlers_and_metrics_of_the_house_hang_on_its_trainer() -> None:
    features, label, _ = draw_patients(40, 2)
    seen: list[SupervisedTrainer] = []

    class Watch:
        def attach(self, engine: SupervisedTrainer) -> None:
            seen.append(engine)

    DeepSurvEstimator(
        epochs=3, handlers=lambda: [Watch()], key_metric=lambda: {"c_index": ConcordanceIndexHandler()}
    ).fit(features, label)
    assert isinstance(seen[0], SupervisedTrainer)
    assert 0.0 <= seen[0].state.metrics["c_index"] <= 1.0


def test_a_cox_regression_is_a_network_of_depth_zero() -> None:
    features, label, _ = draw_patients(50, 6)
    model = CoxPH(0.1).fit(features, label)
    log_hazard = cox_network(model)(torch.from_numpy(features).float())
    np.testing.assert_allclose(log_hazard[:, 0].detach(), model.log_hazard(features), atol=1e-5)


def test_settings_that_diverge_are_refused() -> None:
    with pytest.raises(ValueError, match="overshoots"):
        DeepSurvEstimator(l2=5.0, learning_rate=0.1)
    with pytest.raises(ValueError, match="at least one epoch"):
        DeepSurvEstimator(epochs=0)
    with pytest.raises(ValueError, match="activation"):
        DeepSurvEstimator(activation="tanh")  # type: ignore[arg-type]
