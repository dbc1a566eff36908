"""Handler that keeps the lesions of every patient, small, for the part of the report that shows single patients."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import ignite.distributed as idist
import numpy as np
import torch
from ignite.engine import Engine, Events
from numpy.typing import NDArray
from PIL import Image

from prognos.config import keys
from prognos.config.organs import ORGANS
from prognos.handlers.samples import evaluated_samples, gathered
from prognos.visualize import ShownAnnotation, ShownLesion

__all__ = ["PatientLesions"]

SIDE = 48
"""Pixels along a thumbnail."""

QUALITY = 70
"""Of the JPEG that holds the thumbnails of an annotation, in 1..95."""


class Entry(NamedTuple):
    """An annotation and whose it is."""

    patient_id: str
    annotation: ShownAnnotation


class PatientLesions:
    """Collect each annotation's lesions with their risks and a thumbnail of what the network saw.

    About 1 kB a lesion stays in memory. An annotation that a distributed sampler served twice counts once.

    Attributes:
        annotations: of the last epoch by patient, on the first process.
    """

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], Entry] = {}
        self.annotations: dict[str, list[ShownAnnotation]] = {}

    def attach(self, engine: Engine) -> None:
        """Register on a MONAI evaluator whose prediction holds ``risk`` and ``scaled_risk``."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._gather)

    def _forget(self, engine: Engine) -> None:
        self.entries, self.annotations = {}, {}

    def _collect(self, engine: Engine) -> None:
        for sample, prediction in evaluated_samples(engine):
            entry = Entry(str(sample[keys.PATIENT]), _annotation(sample, prediction))
            # What tells a patient's annotations apart; the masks, where nobody named the reader.
            source = f"{entry.annotation.reader}|{sample.get('mask_files', '')}"
            self.entries[entry.patient_id, source] = entry

    def _gather(self, engine: Engine) -> None:
        entries = dict(gathered(list(self.entries.items())))
        if idist.get_rank() != 0:
            return
        for entry in entries.values():
            self.annotations.setdefault(entry.patient_id, []).append(entry.annotation)


def _annotation(sample: dict[str, Any], prediction: dict[str, torch.Tensor]) -> ShownAnnotation:
    """Lesions of one annotation, without padding."""
    present = torch.as_tensor(sample[keys.VOLUME]) > 0
    columns = [sample[key] for key in (keys.INSTANCE, keys.ORGAN, keys.VOLUME, keys.DIAMETER)]
    columns += [prediction[key].cpu() for key in (keys.RISK, keys.SCALED_RISK)]
    values = zip(*(column[present].tolist() for column in columns), strict=True)
    lesions = [ShownLesion(lesion, ORGANS[organ], *numbers) for lesion, organ, *numbers in values]
    patches = sample[keys.IMAGE].detach().cpu()[present].float().numpy()
    return ShownAnnotation(str(sample.get(keys.READER) or ""), lesions, _thumbnails(patches) if lesions else None)


def _thumbnails(patches: NDArray[np.float32]) -> bytes:
    """Patches in [0, 1], [L, H, W], as squares side by side in one JPEG."""
    strip = (np.hstack(list(patches)).clip(0, 1) * 255).round().astype(np.uint8)
    small = Image.fromarray(strip).resize((SIDE * len(patches), SIDE), Image.Resampling.BOX)
    buffer = io.BytesIO()
    small.save(buffer, "jpeg", quality=QUALITY)
    return buffer.getvalue()
