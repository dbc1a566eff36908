"""Handlers of the embedding: latents written photo by photo, then as a table and a picture; the file of an encoder."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from ignite.engine import Engine, Events
from numpy.typing import NDArray

from prognos.config import keys
from prognos.data.latent_store import STORE_KEY, LatentStore
from prognos.data.latents import COORDINATE, RECORD
from prognos.files import written_whole
from prognos.handlers.samples import evaluated_samples
from prognos.handlers.tables import write_table
from prognos.networks import Origin, latents_to_ws, save_latent_encoder, write_provenance
from prognos.networks.nets import LatentEncoder
from prognos.visualize import draw_reconstructions

__all__ = ["LatentEncoderWriter", "LatentsWriter"]

_logger = logging.getLogger(__name__)

NOTICES: dict[str, str] = {
    "synthetic": "SYNTHETIC PORTRAITS: drawn faces, no real person.",
    "patients": "IDENTIFYING: portraits of patients. Confidential; not for publication.",
}
"""Strip on the picture of reconstructions, by where the photos come from."""


class LatentsWriter:
    """Keep each photo's latent as soon as it is found, and write ``latents.csv`` when all are there.

    Attach it to the evaluator that searches; call :meth:`finish` after its run, also when there was nothing to search.

    Args:
        path: the table, ``latents.csv``; ``reconstructions.csv`` (the record of each photo) and ``reconstructions.png``
            are written beside it.
        store: where found latents are kept between runs.
        dataset: all photos of the cohort, :class:`prognos.data.PortraitDataset`.
        header: JSON values for the first line of the table: ``generator``, ``space``, ``method``, ``shape``.
        generator: draws the picture from the latents, with its constant noise.
        origin: ``"synthetic"`` or ``"patients"``; see :func:`prognos.data.read_origin`.
        show_portraits: whether the picture is drawn when the portraits are those of patients. It identifies them.
        pictures: photos in the picture, at most.
    """

    def __init__(
        self,
        path: str | Path,
        store: LatentStore,
        dataset: Any,
        *,
        header: Mapping[str, Any],
        generator: Any,
        origin: Literal["synthetic", "patients"] = "patients",
        show_portraits: bool = False,
        pictures: int = 16,
    ) -> None:
        self.path = Path(path)
        self.store = store
        self.dataset = dataset
        self.header = dict(header)
        self.generator = generator
        self.notice = NOTICES[origin]
        self.pictures = pictures if origin == "synthetic" or show_portraits else 0

    def attach(self, engine: Engine) -> None:
        """Register on a MONAI evaluator."""
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._keep)

    def finish(self) -> bool:
        """Write table, record and picture if every photo of the cohort has its latent.

        Returns:
            Whether they were written. They are not while other processes of the run still search; the last of them
            writes.
        """
        rows, latents = [], []
        for index in range(len(self.dataset)):
            sample = self.dataset[index]
            found = self.store.load(self.store.key(sample[keys.IMAGE]))
            if found is None:
                _logger.info("%d of %d photos were checked and one has no latent yet", index, len(self.dataset))
                return False
            rows.append({keys.PATIENT: sample[keys.PATIENT], keys.IMAGE: sample["photo"]})
            rows[-1] |= {name: found[name].item() for name in RECORD}
            latents.append(found[keys.LATENT])
        self._write_tables(rows, np.stack(latents))
        if self.pictures:
            self._write_picture(rows, np.stack(latents[: self.pictures]))
        else:
            _logger.info("no picture of the reconstructions: set show_portraits to draw portraits of patients")
        return True

    def _keep(self, engine: Engine) -> None:
        for sample, found in evaluated_samples(engine):
            arrays = {name: torch.as_tensor(found[name]).cpu().numpy() for name in (keys.LATENT, *RECORD)}
            self.store.save(sample[STORE_KEY], arrays)

    def _write_tables(self, rows: list[dict[str, Any]], latents: NDArray[np.float32]) -> None:
        flat = latents.reshape(len(latents), -1)
        names = [COORDINATE.format(index) for index in range(flat.shape[1])]
        wide = [row | dict(zip(names, values.tolist(), strict=True)) for row, values in zip(rows, flat, strict=True)]
        header = json.dumps({**self.header, "shape": list(latents.shape[1:])}, sort_keys=True)
        columns = [keys.PATIENT, keys.IMAGE]
        write_table(self.path, [*columns, *names, *RECORD], wide, [header])
        meaning = (
            "rmse: relative to the spread of the photo's pixels, 0 = exact, 1 = a flat picture; steps: evaluations of "
            "the generator with gradient; seconds: wall time a photo, the batch's divided by its photos."
        )
        write_table(self.path.with_name("reconstructions.csv"), [*columns, *RECORD], rows, [meaning])

    def _write_picture(self, rows: list[dict[str, Any]], latents: NDArray[np.float32]) -> None:
        with torch.no_grad():
            drawn = np.concatenate([self._draw(part) for part in torch.split(torch.from_numpy(latents), 4)])
        photos = np.stack([torch.as_tensor(self.dataset[index][keys.IMAGE]).numpy() for index in range(len(latents))])
        figure = draw_reconstructions(photos, drawn, [row["rmse"] for row in rows[: len(latents)]], notice=self.notice)
        with written_whole(self.path.with_name("reconstructions.png")) as path:
            figure.savefig(path)

    def _draw(self, latents: torch.Tensor) -> NDArray[np.float32]:
        """Images [B, C, R, R] of latents [B, *latent]."""
        latents = latents.to(next(self.generator.parameters()).device)
        ws = latents_to_ws(latents, self.generator, self.header["space"])
        images: NDArray[np.float32] = self.generator.synthesis(ws, noise_mode="const").float().cpu().numpy()
        return images


class LatentEncoderWriter:
    """Write the encoder and where it comes from at the end of its training.

    Args:
        encoder: what is trained; the module itself, not its distributed wrapper.
        path: ``.safetensors`` file.
        generator: fingerprint of the generator that drew its examples.
        trained_on: on what the generator was trained.
        description: one sentence for a reader of a result.
    """

    def __init__(
        self, encoder: LatentEncoder, path: str | Path, *, generator: str, trained_on: Origin, description: str
    ) -> None:
        self.encoder = encoder
        self.path = Path(path)
        self.generator = generator
        self.trained_on = trained_on
        self.description = description

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.COMPLETED, self._write)

    def _write(self, engine: Engine) -> None:
        if getattr(engine.state, "rank", 0) != 0:
            return
        save_latent_encoder(self.path, self.encoder, self.generator)
        write_provenance(self.path, self.trained_on, self.description)
