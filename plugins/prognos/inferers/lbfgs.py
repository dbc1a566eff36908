"""L-BFGS on many small problems at once: each has its own history, step and line search.

``torch.optim.LBFGS`` sees one vector: photos in one batch would share a step length, and the worst would set it. Here
B problems of n unknowns are advanced together, each evaluation being one batched call; what differs between them is
held in tensors [B], so no Python loop runs over the problems.

Source:
    Nocedal and Wright 2006, "Numerical optimization", algorithms 7.4 (two-loop recursion) and 3.1 (backtracking). A
    problem whose trial step does not decrease its value enough shortens that step by the minimum of the parabola, while
    its neighbours go on; updates without positive curvature are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

__all__ = ["Minimum", "minimise_each"]

SUFFICIENT = 1e-4
"""Share of the decrease promised by the slope that a step must bring (Armijo)."""

LONGEST_FIRST_STEP = 1.0
"""Bound of the first trial step, in units of the unknowns. Below it, the step is the gradient: right where the unknowns
are scaled to a curvature of 1. Later steps have the length that the curvature gives."""


class Minimum(NamedTuple):
    """What was found.

    Attributes:
        point: best point of each problem, [B, n].
        value: value there, [B].
        evaluations: calls that each problem used until it stopped or the budget ended, int64 [B].
    """

    point: torch.Tensor
    value: torch.Tensor
    evaluations: torch.Tensor


def minimise_each(
    function: Callable[[torch.Tensor], torch.Tensor],
    start: torch.Tensor,
    *,
    evaluations: int = 30,
    history: int = 10,
    tolerance: float = 1e-7,
) -> Minimum:
    """Minimise B functions of n unknowns.

    Args:
        function: takes points [B, n] and returns their values [B]; row b of the result depends on row b alone.
        start: where to begin, [B, n].
        evaluations: calls of ``function`` with gradient.
        history: pairs of step and gradient change that each problem remembers.
        tolerance: a problem stops when the slope along its step promises less than this share of its value.

    Returns:
        The best point of each problem. A problem whose value or gradient is not finite at a trial point shortens the
        step; one that is not finite at its start keeps it.
    """
    point, (value, gradient) = start.detach().clone(), _evaluate(function, start)
    memory = _Memory(history, point)
    direction, slope = _descent(memory, gradient)
    step = (LONGEST_FIRST_STEP / direction.norm(dim=1).clamp_min(1e-12)).clamp_max(1.0)
    is_active = torch.isfinite(value) & (slope < 0)
    used = torch.ones_like(value, dtype=torch.int64)
    for _ in range(evaluations - 1):
        if not bool(is_active.any()):
            break
        trial = point + torch.where(is_active, step, 0.0)[:, None] * direction
        trial_value, trial_gradient = _evaluate(function, trial)
        used += is_active
        is_finite = torch.isfinite(trial_value) & torch.isfinite(trial_gradient).all(dim=1)
        is_accepted = is_active & is_finite & (trial_value <= value + SUFFICIENT * step * slope)
        memory.remember(trial - point, trial_gradient - gradient, is_accepted)
        shorter = _shortened(step, value, slope, torch.where(is_finite, trial_value, torch.inf))
        point = torch.where(is_accepted[:, None], trial, point)
        value = torch.where(is_accepted, trial_value, value)
        gradient = torch.where(is_accepted[:, None], trial_gradient, gradient)
        new_direction, new_slope = _descent(memory, gradient)
        direction = torch.where(is_accepted[:, None], new_direction, direction)
        slope = torch.where(is_accepted, new_slope, slope)
        step = torch.where(is_accepted, 1.0, shorter)
        is_active &= -slope * step > tolerance * value.abs()
    return Minimum(point, value, used)


def _evaluate(
    function: Callable[[torch.Tensor], torch.Tensor], point: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Values [B] and gradients [B, n]."""
    with torch.enable_grad():
        leaf = point.detach().requires_grad_()
        value = function(leaf)
        (gradient,) = torch.autograd.grad(value.sum(), leaf)
    return value.detach(), gradient


def _shortened(step: torch.Tensor, value: torch.Tensor, slope: torch.Tensor, found: torch.Tensor) -> torch.Tensor:
    """Minimum of the parabola through value and slope here and the value found, within 0.1 to 0.5 of the step."""
    bend = 2.0 * (found - value - slope * step)
    return step * (-slope * step / bend).nan_to_num(0.1).clamp(0.1, 0.5)


def _descent(memory: _Memory, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Direction [B, n] and slope along it [B]; steepest descent where the memory does not point down."""
    direction = -memory.apply_inverse(gradient)
    slope = (direction * gradient).sum(dim=1)
    is_down = slope < 0
    direction = torch.where(is_down[:, None], direction, -gradient)
    return direction, torch.where(is_down, slope, -gradient.square().sum(dim=1))


class _Memory:
    """Last steps s and gradient changes y of each problem, newest last; an empty place has weight 0."""

    def __init__(self, length: int, point: torch.Tensor) -> None:
        self.steps = point.new_zeros(length, *point.shape)  # [m, B, n]
        self.changes = torch.zeros_like(self.steps)
        self.weights = point.new_zeros(length, len(point))  # 1 / (s . y), [m, B]
        self.scale = point.new_ones(len(point))

    def remember(self, step: torch.Tensor, change: torch.Tensor, is_accepted: torch.Tensor) -> None:
        """Append the pair of each problem that moved, if the function curves up along the step."""
        curvature = (step * change).sum(dim=1)
        length = change.square().sum(dim=1)
        is_kept = is_accepted & (curvature > 1e-10 * length) & (length > 0)
        self.steps = _appended(self.steps, step, is_kept[:, None])
        self.changes = _appended(self.changes, change, is_kept[:, None])
        self.weights = _appended(self.weights, 1.0 / torch.where(is_kept, curvature, 1.0), is_kept)
        self.scale = torch.where(is_kept, curvature / torch.where(is_kept, length, 1.0), self.scale)

    def apply_inverse(self, gradient: torch.Tensor) -> torch.Tensor:
        """Product of the approximate inverse Hessian and the gradient, [B, n]: the two-loop recursion."""
        rest, shares = gradient, []
        for step, change, weight in zip(self.steps.flip(0), self.changes.flip(0), self.weights.flip(0), strict=True):
            share = weight * (step * rest).sum(dim=1)
            rest = rest - share[:, None] * change
            shares.append(share)
        result = self.scale[:, None] * rest
        for step, change, weight, share in zip(self.steps, self.changes, self.weights, reversed(shares), strict=True):
            correction = share - weight * (change * result).sum(dim=1)
            result = result + correction[:, None] * step
        return result


def _appended(rows: torch.Tensor, newest: torch.Tensor, is_kept: torch.Tensor) -> torch.Tensor:
    """Rows [m, B, ...] with the newest pushed in at the end for the problems that are kept."""
    return torch.where(is_kept, torch.cat([rows[1:], newest[None]]), rows)
