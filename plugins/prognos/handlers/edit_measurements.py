"""Handler that measures edited portraits while an evaluator draws them.

N portraits, K values of beta, F features.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine, Events
from numpy.typing import NDArray

from prognos.config import keys
from prognos.estimators import RANDOM, PhotoMeasure
from prognos.handlers.samples import PREDICTION
from prognos.metrics import SweepValues, region_change

__all__ = ["EditMeasurements"]

Floats = NDArray[np.float64]


class EditMeasurements:
    """Embed every edited portrait again, and keep what it then says and the first few portraits themselves.

    Attach it to an evaluator whose inferer is :class:`prognos.inferers.LatentEditInferer`, before the writers.

    Args:
        measure: embeds and reads photos.
        betas: of the sweeps along attributes, with 0 among them, [K].
        portraits: how many patients' portraits are kept for the grid.
        saliency: inferer that maps photos to the saliency of their pixels; None when it is not assessed.
        risk_network: photo -> log hazard [B, 1], for the saliency and for the exchange of regions between patients.
        regions: name -> boolean mask [R, R] of the aligned photo, for the change of pixels, the saliency and the
            exchange; empty when none is assessed.
        shown: sweep whose unedited portraits are those that the others are compared with.

    Attributes:
        patients: identifiers of the N portraits, in order.
        saliency_maps: [N, R, R]; empty when not assessed.
        exchanged: region -> log hazard of the unedited portraits, [N, 2]: as they are, and with the region of the
            patient before; empty when not assessed.
    """

    def __init__(
        self,
        measure: PhotoMeasure,
        betas: Sequence[float],
        *,
        portraits: int = 6,
        saliency: Any = None,
        risk_network: Any = None,
        regions: Mapping[str, NDArray[np.bool_]] | None = None,
        shown: str = "health",
    ) -> None:
        if (saliency is None) != (risk_network is None):
            raise ValueError("saliency and risk_network belong together: give both, or neither.")
        self.measure = measure
        self.betas = tuple(float(beta) for beta in betas)
        self.portraits = portraits
        self.saliency = saliency
        self.risk_network = risk_network
        self.regions = dict(regions or {})
        self.shown = shown
        self._forget(None)

    def attach(self, engine: Engine) -> None:
        """Register on a MONAI evaluator."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)

    def values(self, sweep: str) -> SweepValues:
        """What was measured along a sweep with all betas."""
        attributes = {name: np.concatenate(found) for (of, name), found in self._attributes.items() if of == sweep}
        change = {region: np.concatenate(found) for (of, region), found in self._change.items() if of == sweep}
        return SweepValues(attributes, np.concatenate(self._identity[sweep]), change)

    def random_values(self, attribute: str) -> list[Floats]:
        """For each random direction, the attribute at the lowest and the highest beta, [N, 2]."""
        return [
            np.concatenate(found)
            for (sweep, name), found in self._attributes.items()
            if sweep.startswith(RANDOM) and name == attribute
        ]

    def images(self, sweep: str) -> NDArray[np.float32]:
        """Portraits of the first patients, in [-1, 1], [n, K, C, R, R]."""
        return np.concatenate(self._images[sweep])[: self.portraits]

    @property
    def saliency_maps(self) -> Floats:
        """Saliency of the unedited portraits, [N, R, R]."""
        return np.concatenate(self._saliency) if self._saliency else np.empty((0, 0, 0))

    @property
    def exchanged(self) -> dict[str, Floats]:
        """Log hazard without and with another patient's region, [N, 2] each."""
        return {region: np.concatenate(found) for region, found in self._exchanged.items()}

    def _forget(self, engine: Engine | None) -> None:
        self.patients: list[str] = []
        self._attributes: dict[tuple[str, str], list[Floats]] = defaultdict(list)
        self._identity: dict[str, list[Floats]] = defaultdict(list)
        self._change: dict[tuple[str, str], list[Floats]] = defaultdict(list)
        self._images: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
        self._saliency: list[Floats] = []
        self._exchanged: dict[str, list[Floats]] = defaultdict(list)
        self._before: torch.Tensor | None = None

    def _collect(self, engine: Engine) -> None:
        batch: Any = engine.state.batch
        pred: dict[str, torch.Tensor] = engine.state.output[PREDICTION]
        has_room = len(self.patients) < self.portraits
        self.patients += [str(patient) for patient in batch[keys.PATIENT]]
        unedited = pred[self.shown][:, self.betas.index(0.0)]
        still = unedited.cpu().numpy()
        for name, images in pred.items():
            measured = self.measure(images.flatten(0, 1))
            shape = images.shape[:2]
            for attribute, values in measured.attributes.items():
                self._attributes[name, attribute].append(values.reshape(shape))
            if not name.startswith(RANDOM):
                self._identity[name].append(measured.identity.reshape(*shape, -1))
                for region, change in region_change(images.cpu().numpy(), still, self.regions).items():
                    self._change[name, region].append(change)
                if has_room:
                    self._images[name].append(images[: self.portraits].cpu().numpy().astype(np.float32))
        if self.saliency is not None:
            self._saliency.append(self.saliency(unedited, self.risk_network).double().cpu().numpy())
            self._exchange(unedited)

    @torch.no_grad()
    def _exchange(self, unedited: torch.Tensor) -> None:
        """Read the risk of portraits that have a region of the patient before; the first one takes the batch's last."""
        before = unedited[-1:] if self._before is None else self._before
        others, self._before = torch.cat([before, unedited[:-1]]), unedited[-1:]
        own = self.risk_network(unedited)
        for region, mask in self.regions.items():
            mixed = torch.where(torch.from_numpy(mask).to(unedited.device), others, unedited)
            both = torch.cat([own, self.risk_network(mixed)], dim=1)
            self._exchanged[region].append(both.double().cpu().numpy())
