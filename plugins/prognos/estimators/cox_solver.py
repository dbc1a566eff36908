"""Minimum of a penalised Cox objective: Newton for ridge, Newton with coordinate descent where an L1 penalty joins.

P coefficients, W of them in the working set.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from prognos.estimators.cox_objective import CoxObjective
from prognos.estimators.protocol import Floats

__all__ = ["NotConvergedError", "minimise"]

STEPS = 100
"""Newton steps after which the search is given up; six are usual."""

HALVINGS = 40
"""Times a step that does not lower the objective is halved."""

ROUNDS = 200
"""Sweeps after which the quadratic model is left as it is; the next Newton step goes on from there."""

GROWTH = 100
"""Coefficients that join the working set at a time."""


class NotConvergedError(ValueError):
    """The likelihood has no finite, unique maximum; the message says how to mend it."""


def minimise(objective: CoxObjective, lasso: float, start: Floats, tolerance: float) -> Floats:
    """Coefficients [P] with the least value of ``objective`` plus ``lasso`` times the sum of their absolute values.

    Args:
        objective: value, gradient and second derivative.
        lasso: weight of the absolute values, >= 0.
        start: where to begin, [P].
        tolerance: largest violation of the optimality conditions, in the unit of the gradient.

    Raises:
        NotConvergedError: when the features are collinear, or separate the events from the others, without a ridge.
    """
    return _newton(objective, start, tolerance) if lasso == 0 else _proximal(objective, lasso, start, tolerance)


def _newton(objective: CoxObjective, start: Floats, tolerance: float) -> Floats:
    """Newton's method with halved steps."""
    current = start
    value, gradient = objective.value_and_gradient(current)
    for _ in range(STEPS):
        if np.abs(gradient).max(initial=0.0) <= tolerance:
            return current
        step = -_solve(objective.hessian(current), gradient)
        candidate = _descend(objective, 0.0, current, step, value, float(gradient @ step))
        if candidate is None:
            # Rounding leaves nothing to gain: the step itself is the last improvement.
            if -float(gradient @ step) <= 1e-10 * (1 + abs(value)):
                return current
            break
        current = candidate
        value, gradient = objective.value_and_gradient(current)
    raise _not_converged()


def _proximal(objective: CoxObjective, lasso: float, start: Floats, tolerance: float) -> Floats:
    """Newton's method on the coefficients that are not zero or want to leave zero."""
    current = start.copy()
    value, gradient = objective.value_and_gradient(current)
    for _ in range(STEPS):
        violation = _violation(current, gradient, lasso)
        if violation.max(initial=0.0) <= tolerance:
            return current
        waiting = np.flatnonzero((current == 0) & (violation > tolerance))
        joining = waiting[np.argsort(-violation[waiting], kind="stable")[:GROWTH]]
        columns = np.union1d(np.flatnonzero(current), joining)
        step = np.zeros_like(current)
        hessian = objective.hessian(current, columns)
        step[columns] = _quadratic_step(hessian, gradient[columns], current[columns], lasso, tolerance)
        slope = float(gradient @ step) + lasso * float(np.abs(current + step).sum() - np.abs(current).sum())
        candidate = _descend(objective, lasso, current, step, value + lasso * float(np.abs(current).sum()), slope)
        if candidate is None:
            if -slope <= 1e-10 * (1 + abs(value)):
                return current
            break
        current = candidate
        value, gradient = objective.value_and_gradient(current)
    raise _not_converged()


def _violation(current: Floats, gradient: Floats, lasso: float) -> Floats:
    """How far each coefficient is from optimal, in the unit of the gradient, [P]."""
    resting = np.maximum(np.abs(gradient) - lasso, 0.0)
    return np.where(current == 0, resting, np.abs(gradient + lasso * np.sign(current)))


def _descend(
    objective: CoxObjective, lasso: float, current: Floats, step: Floats, value: float, slope: float
) -> Floats | None:
    """First of the step, its half, its quarter ... that lowers the penalised value enough; None when none does."""
    length = 1.0
    for _ in range(HALVINGS):
        candidate = current + length * step
        reached = objective.value(candidate) + lasso * float(np.abs(candidate).sum())
        if math.isfinite(reached) and reached <= value + 1e-4 * length * slope + 1e-15 * abs(value):
            return candidate
        length /= 2
    return None


def _solve(hessian: Floats, gradient: Floats) -> Floats:
    """Newton direction; collinear features have none."""
    try:
        if not np.isfinite(hessian).all():  # hazards ran away until whole risk sets vanish beside them
            raise LinAlgError
        factor = cho_factor(hessian, lower=True, check_finite=False)
        scale = np.abs(np.diagonal(factor[0]))
        if scale.min(initial=np.inf) <= 1e-7 * scale.max(initial=0.0):
            raise LinAlgError
        return np.asarray(cho_solve(factor, gradient, check_finite=False), dtype=np.float64)
    except LinAlgError as error:
        raise _not_converged() from error


def _quadratic_step(hessian: Floats, gradient: Floats, current: Floats, lasso: float, tolerance: float) -> Floats:
    """Step [W] that minimises the quadratic model plus the L1 penalty of ``current + step``.

    Sweeps of coordinate descent find out which coefficients are zero and the signs of the others; with these known, the
    minimum is a linear system. Where its solution changes a sign, the way there ends at the first zero.
    """
    target, slope = current.copy(), gradient.copy()
    for _ in range(ROUNDS):
        largest = _sweep(hessian, target, slope, lasso)
        if largest <= tolerance / 10:
            break
        while _solve_signed(hessian, gradient, current, target, lasso):
            pass
        slope = gradient + hessian @ (target - current)
    return target - current


def _sweep(hessian: Floats, target: Floats, slope: Floats, lasso: float) -> float:
    """One sweep of coordinate descent, in place; returns the largest change in the unit of the gradient."""
    diagonal = np.diagonal(hessian)
    largest = 0.0
    for column in np.flatnonzero((target != 0) | (np.abs(slope) > lasso)).tolist():
        old, curvature = target[column], diagonal[column]
        if curvature <= 0:
            continue
        raw = old * curvature - slope[column]
        new = math.copysign(max(abs(raw) - lasso, 0.0), raw) / curvature
        if new != old:
            slope += hessian[column] * (new - old)
            target[column] = new
            largest = max(largest, abs(new - old) * curvature)
    return largest


def _solve_signed(hessian: Floats, gradient: Floats, current: Floats, target: Floats, lasso: float) -> bool:
    """Move ``target``, in place, to the minimum for its signs, or to the first zero on the way; True at a zero."""
    chosen = np.flatnonzero(target)
    if not len(chosen):
        return False
    sign = np.sign(target[chosen])
    pull = hessian[chosen] @ current - gradient[chosen] - lasso * sign
    try:
        factor = cho_factor(hessian[np.ix_(chosen, chosen)], lower=True, check_finite=False)
    except LinAlgError:  # more coefficients than patients without ridge: the sweeps go on alone
        return False
    solution = cho_solve(factor, pull, check_finite=False)
    flips = np.flatnonzero(solution * sign <= 0)
    if not len(flips):
        target[chosen] = solution
        return False
    old = target[chosen]
    lengths = old[flips] / (old[flips] - solution[flips])
    first = int(np.argmin(lengths))
    target[chosen] = old + lengths[first] * (solution - old)
    target[chosen[flips[first]]] = 0.0
    return True


def _not_converged() -> NotConvergedError:
    return NotConvergedError(
        "CoxPH: the partial likelihood has no finite, unique maximum: features are collinear, or one of them separates "
        "the patients with an event from the others. Leave features out, or give a penalty above 0."
    )
