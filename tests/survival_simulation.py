"""Drawn patients with a known log hazard, for tests of estimators."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

__all__ = ["draw_outcome", "draw_patients"]


def draw_outcome(generator: np.random.Generator, log_hazard: Floats) -> Floats:
    """Label [N, 2]: exponential survival with median 500 days at log hazard 0, about 60 % events."""
    time = generator.exponential(np.exp(-log_hazard))
    censoring = generator.exponential(1.5, len(log_hazard))
    observed = (time <= censoring).astype(np.float64)
    return np.stack([np.maximum(np.ceil(720 * np.minimum(time, censoring)), 1.0), observed], axis=1)


def draw_patients(size: int, width: int, *, strength: float = 1.0, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """Standard normal features [N, P], label [N, 2] and true log hazard [N] of standard deviation ``strength``."""
    generator = np.random.default_rng(seed)
    features = generator.standard_normal((size, width))
    effect = generator.standard_normal(width)
    log_hazard = strength * features @ effect / np.linalg.norm(effect)
    return features, draw_outcome(generator, log_hazard), log_hazard
