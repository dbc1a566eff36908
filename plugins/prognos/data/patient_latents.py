"""Latents as samples of a MONAI data set, one a patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from prognos.config import keys
from prognos.data.latents import Latents, LatentTableError

__all__ = ["latent_samples"]


def latent_samples(
    latents: Latents, samples: Sequence[Mapping[str, Any]], *, limit: int | None = None
) -> list[dict[str, Any]]:
    """Give each patient the latent of the first photo.

    Args:
        latents: of the photos.
        samples: patients as :func:`prognos.data.read_cohort` gives them.
        limit: most patients wanted; they are taken evenly over the table, so that its order does not choose them.

    Returns:
        Dictionaries with ``patient_id`` and ``image``: the latent, which is what enters the generator, float32
        [*latent_shape]. Patients without a photo are left out.

    Raises:
        LatentTableError: when no patient of the cohort has a latent.
    """
    first: dict[str, int] = {}
    for row, patient in enumerate(latents.patient_ids):
        first.setdefault(patient, row)
    known = [str(sample[keys.PATIENT]) for sample in samples if str(sample[keys.PATIENT]) in first]
    if not known:
        raise LatentTableError(
            f"{latents.path}: none of the {len(samples)} patients of the cohort has a latent here; the tables are of "
            f"different cohorts, or their identifiers are written differently."
        )
    if limit is not None and limit < len(known):
        known = [known[index] for index in np.linspace(0, len(known) - 1, limit).round().astype(int)]
    return [
        {
            keys.PATIENT: patient,
            keys.IMAGE: torch.tensor(latents.values[first[patient]], dtype=torch.float32).reshape(latents.shape),
        }
        for patient in known
    ]
