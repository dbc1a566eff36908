"""Figure 1 of the face paper: photos, and what the generator draws of them without and with fine-tuning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from prognos.apps.experiment.cells import Cell, Study, stages
from prognos.apps.experiment.claims import merged_config
from prognos.apps.experiment.gathering import outcomes
from prognos.config import keys
from prognos.data import Latents, read_latents, read_origin
from prognos.data.cohort import TimeUnit
from prognos.files import written_whole
from prognos.handlers.latents import NOTICES
from prognos.networks import fingerprint, latents_to_ws
from prognos.visualize import draw_fine_tuning

__all__ = ["draw_figure_one"]

FILE = "figure_1.png"
"""The picture, beside the latents of the fold."""

SHOWN = 9
"""Photos in the picture, at most."""


def draw_figure_one(study: Study, cell: Cell, time_unit: TimeUnit) -> Path | None:
    """Draw photos of the test patients of a fold, which its fine-tuning has not seen; once.

    Args:
        study: what the cells share.
        cell: the fold's embedding in the fine-tuned generator.
        time_unit: of the cohort table.

    Returns:
        The picture, beside the latents of the fold; None without latents in the generator as it was, or where
        portraits of this cohort may not be drawn.
    """
    shared = _shared(study, cell)
    if shared is None:
        return None
    path = study.folder(cell) / FILE
    if path.is_file():
        return path
    before, after = (merged_config(study, each, stages(study, each)[0]) for each in (shared, cell))
    origin = read_origin(after.get_parsed_content("dataset_dir"))
    if origin != "synthetic" and after.get_parsed_content("show_portraits") is not True:
        return None
    table = outcomes(cell, time_unit)
    tested = set(table.loc[table[keys.FOLD] == cell.fold, keys.PATIENT])
    latents = [read_latents(study.folder(each) / "latents.csv") for each in (shared, cell)]
    rows = [row for row, patient in enumerate(latents[1].patient_ids) if patient in tested][:SHOWN]
    photos = after.get_parsed_content("photos")
    figure = draw_fine_tuning(
        np.stack([torch.as_tensor(photos[row][keys.IMAGE]).numpy() for row in rows]),
        _drawn(before, latents[0], rows),
        _drawn(after, latents[1], rows),
        [(float(latents[0].record["rmse"][row]), float(latents[1].record["rmse"][row])) for row in rows],
        notice=NOTICES[origin],
    )
    with written_whole(path) as temporary:
        figure.savefig(temporary, format="png")
    return path


def _shared(study: Study, cell: Cell) -> Cell | None:
    """The embedding in the generator that no fold has fine-tuned, where it was made."""
    for run in study.table.runs:
        if run.stage == "embed" and not run.per_fold:
            shared = Cell(run, cell.cohort, None, cell.seed)
            return shared if (study.folder(shared) / "latents.csv").is_file() else None
    return None


def _drawn(config: Any, latents: Latents, rows: Sequence[int]) -> NDArray[np.float32]:
    """What the generator of a config draws from some rows of its latents, [N, C, R, R]."""
    generator = config.get_parsed_content("network_def")
    latents.require_generator(fingerprint(generator))
    codes = torch.from_numpy(latents.values[rows].astype(np.float32)).view(len(rows), *latents.shape)
    with torch.no_grad():
        ws = latents_to_ws(codes, generator, str(latents.space))
        images: NDArray[np.float32] = generator.synthesis(ws, noise_mode="const").float().cpu().numpy()
    return images
