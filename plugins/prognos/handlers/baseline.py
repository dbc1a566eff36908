"""Handler that turns log hazards into survival curves: the baseline hazard of the patients a network learned from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import numpy as np
import torch
from ignite.engine import Engine, Events
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from prognos.config import keys
from prognos.estimators import BaselineHazard, save_model

__all__ = ["BaselineHazardWriter"]


class BaselineHazardWriter:
    """Fit the baseline hazard when training ends, and write it.

    A patient with several examples counts once, with the mean of the log hazards.

    Args:
        network: the trained network, ``image`` -> log hazard [B, 1]; put into inference mode.
        dataset: patients it was trained on; examples with ``image`` (what enters the network), ``label`` and
            ``patient_index``.
        path: file to write, ``*.safetensors``.
        generator: fingerprint of the generator of the latents, where there is one; a reader then has to give the same.
        batch_size: examples at a time.
    """

    def __init__(
        self,
        network: nn.Module,
        dataset: Any,
        path: str | Path,
        *,
        generator: str | None = None,
        batch_size: int = 64,
    ) -> None:
        # Only one process predicts; the wrapper would wait for the others.
        self.network = network.module if isinstance(network, DistributedDataParallel) else network
        self.dataset = dataset
        self.path = Path(path)
        self.generator = generator
        self.batch_size = batch_size

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.COMPLETED, self._write)

    def _write(self, engine: Engine) -> None:
        if idist.get_rank() != 0:
            return
        labels: dict[int, torch.Tensor] = {}
        log_hazards: dict[int, list[float]] = {}
        for sample, log_hazard in self._predictions():
            number = int(sample[keys.PATIENT_INDEX])
            labels[number] = sample[keys.LABEL]
            log_hazards.setdefault(number, []).append(log_hazard)
        means = [float(np.mean(values)) for values in log_hazards.values()]
        baseline = BaselineHazard().fit(means, torch.stack(list(labels.values())).double().numpy())
        save_model(self.path, baseline, generator=self.generator)

    @torch.no_grad()
    def _predictions(self) -> Iterator[tuple[dict[str, Any], float]]:
        """Yield each example with its log hazard."""
        network = self.network.eval()
        device = next(network.parameters()).device
        for start in range(0, len(self.dataset), self.batch_size):
            rows = range(start, min(start + self.batch_size, len(self.dataset)))
            samples = [self.dataset[row] for row in rows]
            images = torch.stack([sample[keys.IMAGE] for sample in samples]).to(device)
            yield from zip(samples, network(images).reshape(-1).double().cpu().tolist(), strict=True)
