"""Feed-forward networks from a photo to its log hazard and its other attributes, for what needs their gradient.

N patients; photos of C colours, resolution R.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from prognos.config import keys
from prognos.data import latent_samples
from prognos.data.latents import Latents
from prognos.estimators.attribute_model import fit_attributes
from prognos.inferers import EncoderGuess
from prognos.networks import latents_to_ws

__all__ = ["PhotoReader", "fit_photo_readers"]


ENCODER = EncoderGuess.method
"""Method of latents that are the encoder's guess as it is."""


class PhotoReader(NamedTuple):
    """Reads one attribute from photos."""

    network: nn.Module
    """Photos [B, C, R, R] in [-1, 1] -> attribute [B, 1]; for health the log hazard, no unit, higher = earlier event.
    In inference mode."""

    spread: float
    """Standard deviation of what it reads over the cohort, in the unit of the attribute."""


@torch.no_grad()
def fit_photo_readers(
    latents: Latents,
    samples: Sequence[Mapping[str, Any]],
    survival: Any,
    *,
    generator: Any,
    encoder: nn.Module,
    columns: Sequence[str] = ("age",),
    strata: str | None = None,
    batch_size: int = 32,
) -> dict[str, PhotoReader]:
    """Fit a head for each attribute on the encoder's own latents of the reconstructed portraits.

    Latents of the encoder and latents of a search differ systematically; a head that was fitted on one must not read
    the other. So these networks have heads of their own, unless the encoder itself made the table.

    Args:
        latents: of the photos; the first photo of each patient is drawn. Those of the encoder are taken as they are.
        samples: patients as :func:`prognos.data.read_cohort` gives them; those without a latent are left out.
        survival: a :class:`prognos.estimators.CoxPH`, fitted here.
        generator: draws the portraits with its constant noise.
        encoder: photo -> latent; its weights and its mode are left as they are.
        columns: columns of numbers that become attributes, as in :func:`prognos.estimators.fit_attributes`.
        strata: column whose groups have baseline hazards of their own; None for none.
        batch_size: portraits at once.

    Returns:
        Attribute -> its reader; ``health`` first.

    Raises:
        ValueError: when no patient has a latent, or nothing can be fitted.
    """
    device = next(generator.parameters()).device
    encoder = encoder.to(device).eval()
    if latents.method != ENCODER:
        latents = _seen_by_the_encoder(latents, samples, generator, encoder, batch_size)
    fitted = fit_attributes(latents, samples, survival, columns=columns, strata=strata)
    return {
        name: PhotoReader(nn.Sequential(encoder, direction.layer()).to(device).eval(), direction.change_per_beta)
        for name, direction in fitted.directions.items()
    }


def _seen_by_the_encoder(
    latents: Latents, samples: Sequence[Mapping[str, Any]], generator: Any, encoder: nn.Module, batch_size: int
) -> Latents:
    """What the encoder makes of the reconstructed portraits, one row a patient."""
    known = latent_samples(latents, samples)
    parts = torch.split(torch.stack([sample[keys.IMAGE] for sample in known]), batch_size)
    device = next(generator.parameters()).device
    seen = []
    for part in parts:
        ws = latents_to_ws(part.to(device), generator, str(latents.space))
        seen.append(encoder(generator.synthesis(ws, noise_mode="const")).flatten(1).double().cpu().numpy())
    values = np.concatenate(seen)
    patients = tuple(str(sample[keys.PATIENT]) for sample in known)
    return replace(
        latents, patient_ids=patients, images=patients, values=values, shape=values.shape[1:], method=ENCODER
    )
