"""Handler that shows the lesions of the highest and the lowest risk in TensorBoard."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import ignite.distributed as idist
import numpy as np
import torch
from ignite.engine import Engine, Events
from matplotlib.figure import Figure
from numpy.typing import NDArray

from prognos.config import keys
from prognos.config.organs import ORGANS
from prognos.handlers.samples import evaluated_samples, gathered
from prognos.networks import Provenance
from prognos.visualize import draw_patch_gallery, figure_pixels

__all__ = ["LesionImageHandler"]


class ScoredPatch(NamedTuple):
    """A lesion as the network saw it."""

    risk: float
    patch: NDArray[np.float16]
    caption: str


class LesionImageHandler:
    """Write a picture of the lesions at both ends of the ranking when an evaluation epoch ends.

    Of a patient with several annotations the first is shown, or the same lesion would fill the picture. Only
    ``2 * count`` patches are kept in memory, however many lesions the epoch holds.

    Args:
        log_dir: folder of the TensorBoard events; used when no ``summary_writer`` is given.
        summary_writer: where to write, shared with other handlers.
        count: lesions at each end.
        tag: name of the picture in TensorBoard.
        provenance: origin of the weights, whose notice is drawn on the picture.

    Attributes:
        figure: the picture of the last epoch, on the first process.
        shown: the lesions in it, the highest risk first.
    """

    def __init__(
        self,
        log_dir: str | Path = "./runs",
        *,
        summary_writer: Any = None,
        count: int = 8,
        tag: str = "lesions_by_risk",
        provenance: Provenance | None = None,
    ) -> None:
        if count < 1:
            raise ValueError(f"count must be >= 1, got {count}.")
        self.log_dir = Path(log_dir)
        self.summary_writer = summary_writer
        self.count = count
        self.tag = tag
        self.notice = "" if provenance is None else provenance.notice
        self.patches: list[ScoredPatch] = []
        self.patients: set[str] = set()
        self.figure: Figure | None = None
        self.shown: list[ScoredPatch] = []

    def attach(self, engine: Engine) -> None:
        """Register on a MONAI evaluator whose prediction holds ``risk``."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._write)

    def _forget(self, engine: Engine) -> None:
        self.patches = []
        self.patients = set()

    def _collect(self, engine: Engine) -> None:
        for sample, prediction in evaluated_samples(engine):
            if sample[keys.PATIENT] in self.patients:
                continue
            self.patients.add(sample[keys.PATIENT])
            self.patches += _patches(sample, prediction[keys.RISK])
        self.patches = _ends(self.patches, self.count)

    def _write(self, engine: Engine) -> None:
        patches = _ends(gathered(self.patches), self.count)
        if idist.get_rank() != 0 or not patches:
            return
        self.shown = patches
        self.figure = draw_patch_gallery(
            np.stack([scored.patch for scored in patches]).astype(np.float32),
            [scored.risk for scored in patches],
            captions=[scored.caption for scored in patches],
            count=self.count,
            notice=self.notice,
        )
        writer = self._writer()
        writer.add_image(self.tag, figure_pixels(self.figure), engine.state.epoch, dataformats="HWC")
        writer.flush()

    def _writer(self) -> Any:
        """The given writer, or one made at the first picture: no import loads TensorBoard, only a run that draws."""
        if self.summary_writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self.summary_writer = SummaryWriter(str(self.log_dir))
        return self.summary_writer


def _patches(sample: dict[str, Any], risk: torch.Tensor) -> list[ScoredPatch]:
    """The lesions of one annotation without padding."""
    volume, diameter = torch.as_tensor(sample[keys.VOLUME]), torch.as_tensor(sample[keys.DIAMETER])
    organ = torch.as_tensor(sample[keys.ORGAN])
    return [
        ScoredPatch(
            float(risk[index]),
            sample[keys.IMAGE][index].detach().to("cpu", torch.float16).numpy(),
            f"{ORGANS[int(organ[index])]} · {float(diameter[index]):.0f} mm",
        )
        for index in torch.nonzero(volume > 0).flatten().tolist()
    ]


def _ends(patches: list[ScoredPatch], count: int) -> list[ScoredPatch]:
    """The patches of the ``count`` highest and the ``count`` lowest risks, highest first."""
    ordered = sorted(patches, key=lambda scored: -scored.risk)
    return ordered if len(ordered) <= 2 * count else ordered[:count] + ordered[-count:]
