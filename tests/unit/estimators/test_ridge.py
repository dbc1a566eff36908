"""Ridge regression against refits with one patient left out, and against scikit-learn where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.estimators import fit_ridge


def draw(size: int, width: int, noise: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    features = random.standard_normal((size, width)) + 2.0
    return features, features @ random.standard_normal(width) + noise * random.standard_normal(size) + 40


def solve(features: np.ndarray, target: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    """Normal equations of the centred problem."""
    centre, mean = features.mean(axis=0), target.mean()
    x = features - centre
    coefficients = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ (target - mean))
    return coefficients, mean - centre @ coefficients


@pytest.mark.parametrize("width", [4, 60], ids=["fewer_features", "more_features"])
def test_coefficients_solve_the_normal_equations(width: int) -> None:
    features, target = draw(30, width)
    fit = fit_ridge(features, target, penalties=np.array([2.5]))
    coefficients, intercept = solve(features, target, 2.5)
    np.testing.assert_allclose(fit.coefficients, coefficients, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(fit.intercept, intercept, rtol=1e-9)


def test_the_penalty_is_the_one_that_refits_without_each_patient_choose() -> None:
    features, target = draw(25, 40, noise=3.0)
    penalties = np.array([0.1, 1.0, 10.0, 100.0, 1000.0])
    errors = []
    for penalty in penalties:
        left = []
        for out in range(25):
            kept = np.arange(25) != out
            coefficients, intercept = solve(features[kept], target[kept], penalty)
            left.append((target[out] - intercept - features[out] @ coefficients) ** 2)
        errors.append(np.mean(left))
    fit = fit_ridge(features, target, penalties=penalties)
    assert fit.penalty == penalties[int(np.argmin(errors))]
    baseline = np.mean([(target[out] - np.delete(target, out).mean()) ** 2 for out in range(25)])
    np.testing.assert_allclose(fit.explained, 1 - min(errors) / baseline, rtol=1e-9)


def test_equals_scikit_learn() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    features, target = draw(40, 15, noise=4.0)
    penalties = np.logspace(-2, 4, 13)
    theirs = linear_model.RidgeCV(alphas=penalties).fit(features, target)
    ours = fit_ridge(features, target, penalties=penalties)
    assert ours.penalty == pytest.approx(theirs.alpha_)
    np.testing.assert_allclose(ours.coefficients, theirs.coef_, rtol=1e-8)


def test_noise_is_not_explained() -> None:
    random = np.random.default_rng(0)
    assert fit_ridge(random.standard_normal((80, 100)), random.standard_normal(80)).explained < 0.1


@pytest.mark.parametrize(
    ("features", "target"),
    [(np.ones((5, 2)), np.arange(5.0)), (np.eye(5), np.ones(5)), (np.eye(2), np.arange(2.0))],
    ids=["constant_features", "constant_target", "too_few"],
)
def test_what_teaches_nothing_is_refused(features: np.ndarray, target: np.ndarray) -> None:
    with pytest.raises(ValueError, match="nothing to learn"):
        fit_ridge(features, target)
