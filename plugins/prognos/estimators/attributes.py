"""Attributes as directions of a latent space: health from a Cox regression, age and others from ridge regressions.

N patients, P coordinates of a flattened latent. Sense of every direction: **positive beta raises the attribute**. For
health the attribute is the hazard, so positive beta is worse: the face of an earlier event.

One beta is one standard deviation of the cohort's projections onto the direction, so that beta means the same for every
attribute. A direction tells an association in one cohort, not a cause: a face edited by it is nobody's future.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from prognos.estimators.ridge import fit_ridge

__all__ = [
    "AttributeDirection",
    "LatentOrigin",
    "health_direction",
    "project_out",
    "random_displacements",
    "regressed_direction",
]

Floats = NDArray[np.float64]

HEALTH = "health"
"""Name of the direction of the hazard, after the paper; positive beta is worse."""

FEWEST_VALUES = 10
"""Patients with a value that an attribute needs."""


class LatentOrigin(NamedTuple):
    """What makes latents comparable."""

    space: str
    """``"z"``, ``"w"`` or ``"w+"``."""

    shape: tuple[int, ...]
    """Shape of one latent."""

    generator: str
    """Fingerprint of the generator whose latents they are."""

    method: str = ""
    """How photos became latents; latents of different methods are not to be mixed."""


@dataclass(frozen=True)
class AttributeDirection:
    """A unit vector of a latent space along which an attribute grows.

    Attributes:
        name: of the attribute.
        vector: direction of length 1, positive sense raises the attribute, [P].
        step: length of one beta in latent units: the standard deviation of the cohort's projections onto the vector.
        slope: change of the attribute per latent unit along ``vector``: the norm of the regression's coefficients.
        offset: value of the attribute where the latent is 0.
        unit: of the attribute.
        sense: what positive beta means, in words.
        origin: the latent space and its generator.
        patients: how many the regression rests on.
        spread: standard deviation of the attribute over the cohort; of the fitted log hazard for health.
        explained: leave-one-out R2 of the regression; None for health, whose test is the concordance index.
        removed: attributes that were projected out.
        held: regions of the portrait that stay along the direction; then ``slope`` is of the attribute as a network
            reads it from the drawn portrait, and the latent space is w+.
        price: of holding them: length of a step over that of the shortest one with the same effect, >= 1.
    """

    name: str
    vector: Floats
    step: float
    slope: float
    offset: float
    unit: str
    sense: str
    origin: LatentOrigin
    patients: int
    spread: float
    explained: float | None = None
    removed: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    price: float | None = None

    @property
    def displacement(self) -> Floats:
        """What beta = 1 adds to a latent, [P]."""
        return self.step * self.vector

    @property
    def change_per_beta(self) -> float:
        """Change of the attribute that the regression predicts for beta = 1, in its unit."""
        return self.step * self.slope

    def read(self, latents: Floats) -> Floats:
        """Value of the attribute that the regression reads from latents.

        Args:
            latents: flattened, [N, P].

        Returns:
            In the unit of the attribute, [N].

        Raises:
            ValueError: when other attributes were projected out, or regions held, after which the vector predicts
                nothing.
        """
        self._need_reader()
        values: Floats = self.offset + self.slope * (np.asarray(latents, np.float64) @ self.vector)
        return values

    def layer(self) -> nn.Module:
        """:meth:`read` as a differentiable layer: latents [B, *latent_shape] -> [B, 1].

        Raises:
            ValueError: as :meth:`read`.
        """
        self._need_reader()
        linear = nn.Linear(len(self.vector), 1)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(self.slope * self.vector)[None])
            linear.bias.fill_(self.offset)
        return nn.Sequential(nn.Flatten(), linear)

    def _need_reader(self) -> None:
        done = [f"had {', '.join(self.removed)} projected out"] if self.removed else []
        done += [f"holds {', '.join(self.held)}"] if self.held else []
        if done:
            raise ValueError(
                f"{self.name!r} {' and '.join(done)}, so it edits but does not predict; read with the direction as it "
                f"was fitted."
            )


def health_direction(coefficients: Floats, latents: Floats, origin: LatentOrigin) -> AttributeDirection:
    """Direction in which the log hazard of a Cox regression on latents rises fastest.

    Args:
        coefficients: of the Cox regression, change of the log hazard per latent unit, [P].
        latents: those it was fitted on, one row a patient, flattened, [N, P].
        origin: where the latents come from.

    Returns:
        Positive beta = higher hazard = earlier event = worse.

    Raises:
        ValueError: when shapes do not fit, or all coefficients are 0.

    Source:
        Hagag et al., "Deep Learning for Cancer Prognosis Prediction Using Portrait Photos by StyleGAN Embedding": the
        health attribute is the vector of regression coefficients.
    """
    beta, table = np.asarray(coefficients, np.float64).reshape(-1), _table(latents)
    if beta.shape != table.shape[1:]:
        raise ValueError(f"{len(beta)} coefficients do not fit latents of {table.shape[1]} coordinates.")
    norm = float(np.linalg.norm(beta))
    if not np.isfinite(norm) or norm == 0:
        raise ValueError(
            "the Cox regression has no finite coefficient other than 0, so there is no health direction. Its penalty "
            "removed everything: the latents of this cohort tell nothing about survival, or there are too few events."
        )
    vector = beta / norm
    return AttributeDirection(
        name=HEALTH,
        vector=vector,
        step=_step(vector, table),
        slope=norm,
        offset=-float(table.mean(axis=0) @ beta),
        unit="log hazard, no unit, 0 = mean of the cohort",
        sense="positive beta = higher hazard, earlier event (worse)",
        origin=origin,
        patients=len(table),
        spread=float(np.std(table @ beta, ddof=1)),
    )


def regressed_direction(
    name: str, values: Floats, latents: Floats, origin: LatentOrigin, *, unit: str = ""
) -> AttributeDirection:
    """Direction along which a number grows, by ridge regression on the latents.

    Args:
        name: of the attribute.
        values: one a patient; NaN where unknown, [N].
        latents: one row a patient, flattened, [N, P].
        origin: where the latents come from.
        unit: of the values.

    Returns:
        Positive beta = a larger value.

    Raises:
        ValueError: when fewer than 10 patients have a value, all values are the same, or nothing can be fitted.

    Source:
        As :func:`prognos.estimators.fit_ridge`.
    """
    target, table = np.asarray(values, np.float64), _table(latents)
    known = np.isfinite(target)
    if target.shape != (len(table),) or known.sum() < FEWEST_VALUES or np.ptp(target[known]) == 0:
        raise ValueError(
            f"attribute {name!r} has {int(known.sum())} known values of {len(table)} patients; expected one value a "
            f"patient, at least {FEWEST_VALUES} known and not all the same. Leave it out, or fill the column."
        )
    fit = fit_ridge(table[known], target[known])
    norm = float(np.linalg.norm(fit.coefficients))
    vector = fit.coefficients / norm
    return AttributeDirection(
        name=name,
        vector=vector,
        step=_step(vector, table),
        slope=norm,
        offset=fit.intercept,
        unit=unit,
        sense=f"positive beta = larger {name}",
        origin=origin,
        patients=int(known.sum()),
        spread=float(np.std(target[known], ddof=1)),
        explained=fit.explained,
    )


def project_out(
    direction: AttributeDirection, others: Sequence[AttributeDirection], latents: Floats
) -> AttributeDirection:
    """Take out of a direction all that lies along others, so that moving along it leaves what they read unchanged.

    Args:
        direction: to be cleaned.
        others: as they were fitted; their span is removed, so their order does not matter.
        latents: of the cohort, one row a patient, flattened, for the new length of a step, [N, P].

    Returns:
        A unit vector orthogonal to all others. One beta is again one standard deviation of the projections.

    Raises:
        ValueError: when the latent spaces differ, or nothing is left of the direction.
    """
    strangers = [other.name for other in others if other.origin != direction.origin]
    if strangers:
        raise ValueError(
            f"{', '.join(strangers)} and {direction.name} belong to different latent spaces or generators."
        )
    basis = np.stack([other.vector for other in others], axis=1) if others else np.zeros((len(direction.vector), 0))
    left, values, _ = np.linalg.svd(basis, full_matrices=False)
    span = left[:, values > 1e-10]
    vector = direction.vector
    for _ in range(2):  # the second pass removes what rounding left
        vector = vector - span @ (span.T @ vector)
    norm = float(np.linalg.norm(vector))
    if norm < 1e-6:
        raise ValueError(
            f"nothing of {direction.name!r} is left without {', '.join(other.name for other in others)}; project out "
            f"fewer attributes."
        )
    vector = vector / norm
    return replace(
        direction,
        vector=vector,
        step=_step(vector, _table(latents)),
        slope=direction.slope * norm,
        removed=(*direction.removed, *(other.name for other in others)),
    )


def random_displacements(count: int, length: float, size: int, *, seed: int) -> Floats:
    """Random directions, each as long as one step of the direction they are compared with.

    Args:
        count: D.
        length: in latent units; ``direction.step``.
        size: P.
        seed: of the draw.

    Returns:
        What beta = 1 adds to a latent, uniform on the sphere of that radius, [D, P].
    """
    draws = np.random.default_rng(seed).standard_normal((count, size))
    displacements: Floats = length * draws / np.linalg.norm(draws, axis=1, keepdims=True)
    return displacements


def _table(latents: Floats) -> Floats:
    """Latents [N, P] in float64."""
    table = np.asarray(latents, np.float64)
    if table.ndim != 2 or len(table) < 2 or not np.isfinite(table).all():
        raise ValueError(f"latents have shape {list(table.shape)}, expected [N, P], finite, one row a patient, N >= 2.")
    return table


def _step(vector: Floats, latents: Floats) -> float:
    """Standard deviation of the projections."""
    step = float(np.std(latents @ vector, ddof=1))
    if step == 0:
        raise ValueError("all latents are the same along the direction, so a step has no length.")
    return step
