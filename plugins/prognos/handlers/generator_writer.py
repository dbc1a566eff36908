"""Handler that keeps the generator a training has reached."""

from __future__ import annotations

from pathlib import Path

from ignite.engine import Engine, Events

from prognos.files import written_whole
from prognos.networks import Origin, save_stylegan2, write_provenance
from prognos.networks.nets import StyleGAN2Discriminator, StyleGAN2Generator

__all__ = ["GeneratorWriter"]


class GeneratorWriter:
    """Write ``generator.safetensors`` with the averaged generator and the discriminator, and its provenance.

    Args:
        averaged: running average of the generator.
        discriminator: its opponent, whose features later serve the embedding.
        folder: folder that receives the files.
        trained_on: ``"synthetic"``, ``"patients"`` or ``"unknown"``.
        description: one sentence on the photos and on the networks that training began with, for readers of a result.
        batch_size: images of an iteration over all processes; their number so far is put before the description.
        interval: epochs between two writings; the last epoch is always written.
    """

    def __init__(
        self,
        averaged: StyleGAN2Generator,
        discriminator: StyleGAN2Discriminator,
        folder: str | Path,
        *,
        trained_on: Origin,
        description: str,
        batch_size: int,
        interval: int = 1,
    ) -> None:
        self.averaged = averaged
        self.discriminator = discriminator
        self.folder = Path(folder)
        self.trained_on = trained_on
        self.description = description
        self.batch_size = batch_size
        self.interval = interval

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.EPOCH_COMPLETED(every=self.interval), self._write)
        engine.add_event_handler(Events.COMPLETED, self._write)

    def _write(self, engine: Engine) -> None:
        if getattr(engine.state, "rank", 0) != 0:
            return
        target = self.folder / "generator.safetensors"
        with written_whole(target) as path:
            save_stylegan2(path, G_ema=self.averaged, D=self.discriminator)
        images = engine.state.iteration * self.batch_size
        write_provenance(target, self.trained_on, f"{images} images of {self.description}")
