"""The attributes of a cohort in one piece: fitted, cleaned of each other, and the sweeps that show and test them.

N patients, P coordinates of a flattened latent, K values of beta.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prognos.config import keys
from prognos.data.latents import Latents
from prognos.estimators.attributes import (
    HEALTH,
    AttributeDirection,
    LatentOrigin,
    health_direction,
    project_out,
    random_displacements,
    regressed_direction,
)
from prognos.inferers import LatentSweep

__all__ = ["HELD", "KEPT", "RANDOM", "AttributeModel", "fit_attributes", "labels_of", "plan_sweeps"]

Floats = NDArray[np.float64]

KEPT = ", others kept"
"""Added to the name of an attribute for the sweep along its direction without the other attributes."""

HELD = ", surroundings held"
"""Added to the name of an attribute for the sweep along its direction that leaves regions of the portrait."""

RANDOM = "random "
"""Beginning of the name of a sweep along a random direction."""


class AttributeModel:
    """Directions of a cohort: as fitted, with the other attributes projected out, with the surroundings held.

    Args:
        directions: name -> direction as fitted; ``health`` first.
        latents: of the cohort, one row a patient, flattened, [N, P].
        patients: whom the rows belong to, N identifiers.

    Attributes:
        directions: as given; they read their attribute from latents.
        cleaned: name -> direction without the other attributes; empty when there is only one attribute.
        held: name -> direction that leaves regions of the portrait as they are; empty until :meth:`with_held`.
        origin: latent space and generator of the directions as fitted.
        patients: identifiers of the patients of the fit.
    """

    def __init__(
        self, directions: Mapping[str, AttributeDirection], latents: Floats, patients: Sequence[str] = ()
    ) -> None:
        if not directions:
            raise ValueError("no direction; expected at least that of health.")
        self.directions = dict(directions)
        self.patients = tuple(patients)
        self.origin = next(iter(self.directions.values())).origin
        self.held: dict[str, AttributeDirection] = {}
        self.cleaned: dict[str, AttributeDirection] = {}
        for name, direction in self.directions.items():
            others = [other for other in self.directions.values() if other.name != name]
            if others:
                self.cleaned[name] = project_out(direction, others, latents)

    def with_held(self, held: Mapping[str, AttributeDirection]) -> AttributeModel:
        """The same attributes with directions of :func:`prognos.estimators.hold_regions`."""
        model = copy.copy(self)
        model.held = dict(held)
        return model

    def read(self, latents: Floats) -> dict[str, Floats]:
        """Attributes read from latents [N, P]: name -> [N]; ``health`` is the log hazard, 0 = mean of the fit."""
        return {name: direction.read(latents) for name, direction in self.directions.items()}

    def all_directions(self) -> dict[str, AttributeDirection]:
        """As fitted, cleaned and held, under the names of their sweeps."""
        cleaned = {f"{name}{KEPT}": direction for name, direction in self.cleaned.items()}
        return self.directions | cleaned | {f"{name}{HELD}": direction for name, direction in self.held.items()}


def fit_attributes(
    latents: Latents,
    samples: Sequence[Mapping[str, Any]],
    survival: Any,
    *,
    columns: Sequence[str] = ("age",),
    units: Mapping[str, str] | None = None,
    strata: str | None = None,
) -> AttributeModel:
    """Fit health from the patients' survival and the other attributes from columns of the cohort table.

    Args:
        latents: of the photos; those of one patient are averaged.
        samples: patients as :func:`prognos.data.read_cohort` gives them; those without a latent are left out.
        survival: a :class:`prognos.estimators.CoxPH`, fitted here.
        columns: columns of numbers that become attributes.
        units: column -> unit, for the figures.
        strata: column whose groups have baseline hazards of their own, such as ``cancer_type``; then health is what
            tells patients of one group apart, not the groups. None for none, as in the paper.

    Returns:
        The attributes.

    Raises:
        ValueError: when the latents name no generator, no patient has one, a column is absent or holds text, or nothing
            can be fitted.
    """
    if latents.generator is None or latents.space is None:
        raise ValueError(
            f"{latents.path}: these embeddings name no generator, so no face can be drawn along their directions. Use "
            f"latents that the embed stage wrote."
        )
    origin = LatentOrigin(latents.space, tuple(latents.shape), latents.generator, latents.method or "")
    known, table = _joined(latents, samples)
    patients = [str(sample[keys.PATIENT]) for sample in known]
    groups = None if strata is None else np.array([str(value) for value in _column(known, strata)])
    survival.fit(table, labels_of(known, patients), strata=groups)
    directions = {HEALTH: health_direction(survival.coefficients, table, origin)}
    for name in columns:
        unit = (units or {}).get(name, "")
        directions[name] = regressed_direction(name, _numbers(known, name), table, origin, unit=unit)
    return AttributeModel(directions, table, patients)


def labels_of(samples: Sequence[Mapping[str, Any]], patients: Sequence[str]) -> Floats:
    """Label of each of some patients, time in days and event, [N, 2]."""
    label = {str(sample[keys.PATIENT]): np.asarray(sample[keys.LABEL], np.float64) for sample in samples}
    return np.stack([label[patient] for patient in patients])


def plan_sweeps(
    attributes: AttributeModel,
    *,
    betas: Sequence[float] = (-2, -1, 0, 1, 2),
    random_directions: int = 20,
    seed: int = 0,
) -> dict[str, LatentSweep]:
    """Sweeps along every attribute, as fitted, cleaned and held, and along random ones as long as that of health.

    Args:
        attributes: of the cohort.
        betas: ascending, with 0 among them, in standard deviations of the cohort, [K].
        random_directions: how many; each is drawn at the lowest and the highest beta only.
        seed: of the random directions.

    Returns:
        Name -> sweep: ``health``, ``age``, ...; ``health, others kept``, ...; ``health, surroundings held``,
        ...; ``random 1``, ...

    Raises:
        ValueError: when betas do not ascend, 0 is not among them, or there is no random direction.
    """
    steps = tuple(float(beta) for beta in betas)
    if 0.0 not in steps or len(steps) < 3 or list(steps) != sorted(set(steps)):
        raise ValueError(f"betas are {list(betas)}; expected ascending numbers with 0, such as -2, -1, 0, 1, 2.")
    if random_directions < 1:
        raise ValueError(f"random_directions is {random_directions}, expected at least 1: a sweep needs its yardstick.")
    sweeps = {
        name: LatentSweep(found.displacement, steps, found.origin.space)
        for name, found in attributes.all_directions().items()
    }
    first = next(iter(attributes.directions.values()))
    draws = random_displacements(random_directions, first.step, len(first.vector), seed=seed)
    ends = (steps[0], steps[-1])
    return sweeps | {f"{RANDOM}{number}": LatentSweep(draw, ends) for number, draw in enumerate(draws, start=1)}


def _joined(latents: Latents, samples: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], Floats]:
    """Patients that have a latent, and their latents [N, P]."""
    patients, means = latents.by_patient()
    row = {patient: index for index, patient in enumerate(patients)}
    known = [sample for sample in samples if str(sample[keys.PATIENT]) in row]
    if not known:
        raise ValueError(
            f"{latents.path}: none of the {len(samples)} patients of the cohort has a latent here; the tables are of "
            f"different cohorts, or their identifiers are written differently."
        )
    return known, means[[row[str(sample[keys.PATIENT])] for sample in known]]


def _numbers(samples: Sequence[Mapping[str, Any]], name: str) -> Floats:
    """A column of numbers, NaN where unknown, [N]."""
    values = _column(samples, name)
    if any(isinstance(value, str) for value in values):
        raise ValueError(
            f"column {name!r} of the cohort table holds text; an attribute is a number. Write 0 and 1 for two groups."
        )
    return np.array([float(value) for value in values])


def _column(samples: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    """A column of the cohort table."""
    if not samples or name not in samples[0]:
        known = ", ".join(sorted(samples[0])) if samples else "none, because there is no patient"
        raise ValueError(f"the cohort table has no column {name!r}; its columns are {known}.")
    return [sample[name] for sample in samples]
