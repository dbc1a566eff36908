"""A feed-forward network from photo to log hazard, for questions that need its gradient.

N patients; photos of C colours, resolution R.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from prognos.config import keys
from prognos.data import latent_samples
from prognos.data.latents import Latents
from prognos.estimators.attribute_model import labels_of
from prognos.estimators.attributes import LatentOrigin, health_direction
from prognos.networks import latents_to_ws

__all__ = ["fit_risk_network"]


@torch.no_grad()
def fit_risk_network(
    latents: Latents,
    samples: Sequence[Mapping[str, Any]],
    survival: Any,
    *,
    generator: Any,
    encoder: nn.Module,
    batch_size: int = 32,
) -> nn.Module:
    """Fit a Cox head on the encoder's own latents of the reconstructed portraits.

    Latents of the encoder and latents of a search differ systematically; a head that was fitted on one must not read
    the other. So this network has a head of its own, whatever search made the table.

    Args:
        latents: of the photos; the first photo of each patient is drawn.
        samples: patients as :func:`prognos.data.read_cohort` gives them; those without a latent are left out.
        survival: a :class:`prognos.estimators.CoxPH`, fitted here.
        generator: draws the portraits with its constant noise.
        encoder: photo -> latent; its weights and its mode are left as they are.
        batch_size: portraits at once.

    Returns:
        Photos [B, C, R, R] in [-1, 1] -> log hazard [B, 1], no unit, higher = earlier event; in inference mode.

    Raises:
        ValueError: when no patient has a latent, or nothing can be fitted.
    """
    known = latent_samples(latents, samples)
    parts = torch.split(torch.stack([sample[keys.IMAGE] for sample in known]), batch_size)
    device = next(generator.parameters()).device
    encoder = encoder.to(device).eval()
    seen = []
    for part in parts:
        ws = latents_to_ws(part.to(device), generator, str(latents.space))
        seen.append(encoder(generator.synthesis(ws, noise_mode="const")).flatten(1).double().cpu().numpy())
    table = np.concatenate(seen)
    wanted = [str(sample[keys.PATIENT]) for sample in known]
    survival.fit(table, labels_of(samples, wanted))
    origin = LatentOrigin(str(latents.space), tuple(latents.shape), str(latents.generator), "encoder")
    head = health_direction(survival.coefficients, table, origin).layer()
    return nn.Sequential(encoder, head).to(device).eval()
