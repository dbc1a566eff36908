"""Files that TensorBoard's embedding projector reads: points, what is known of each, and a small picture of each.

N points of P coordinates, pictures of S x S pixels.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from prognos.files import written_whole

__all__ = ["write_projector"]

CONFIG = "projector_config.pbtxt"
"""File by which TensorBoard finds the others; it looks for it in the folder of each run."""

SHEET, LARGEST = 8192, 64
"""Side of the sheet of pictures, at most (TensorBoard's limit), and of one picture on it (ours); pixels."""


def write_projector(
    log_dir: str | Path,
    points: NDArray[np.float64],
    known: pd.DataFrame,
    *,
    title: str,
    name: str = "latents",
    pictures: NDArray[np.uint8] | None = None,
) -> None:
    """Write points for the embedding projector into the folder of a TensorBoard run, whole or not at all.

    What the projector showed of that folder before is replaced, so a run that is called again shows its points once.

    Args:
        log_dir: folder of the run, where its events are.
        points: coordinates [N, P], any unit.
        known: one row a point, in the order of ``points``; a column of numbers is a scale of colours there, any other a
            list of them. Empty cells are unknown.
        title: what the projector calls the points; say here what they are not to be used for.
        name: of the folder inside ``log_dir`` that receives the points.
        pictures: of the points, RGB, [N, S, S, 3]; drawn at the points, not larger than 64 pixels.

    Raises:
        ValueError: when there is no point, fewer than two columns, or the numbers of rows differ.

    Source:
        ``tensorboard/plugins/projector/projector_config.proto``; a table of one column would have no line of names.
    """
    rows = {len(points), len(known)} | (set() if pictures is None else {len(pictures)})
    if len(rows) != 1 or not len(points) or known.shape[1] < 2:
        raise ValueError(
            f"{len(points)} points, a table of {len(known)} rows and {known.shape[1]} columns, and "
            f"{'no' if pictures is None else len(pictures)} pictures; expected at least one point, as many rows, "
            f"pictures or none, and two columns or more."
        )
    folder = Path(log_dir) / name
    with written_whole(folder / "points.tsv") as path:
        np.savetxt(path, points, fmt="%.7g", delimiter="\t")
    with written_whole(folder / "known.tsv") as path:
        path.write_text(_table(known), encoding="utf-8")
    fields = [f'tensor_name: "{_quoted(title)}"', f'tensor_path: "{name}/points.tsv"']
    fields += [f'metadata_path: "{name}/known.tsv"']
    if pictures is None:
        (folder / "pictures.png").unlink(missing_ok=True)
    else:
        sheet, side = _sheet(pictures)
        with written_whole(folder / "pictures.png") as path:
            sheet.save(path)
        fields += [f'sprite {{ image_path: "{name}/pictures.png" single_image_dim: {side} single_image_dim: {side} }}']
    with written_whole(Path(log_dir) / CONFIG) as path:  # last: what it names is there
        path.write_text("embeddings {\n" + "".join(f"  {field}\n" for field in fields) + "}\n", encoding="utf-8")


def _table(known: pd.DataFrame) -> str:
    """Names and cells, separated by tabs; numbers with as many digits as a colour can use."""
    lines = [[str(column) for column in known.columns]]
    lines += [["" if pd.isna(cell) else _cell(cell) for cell in row] for row in known.itertuples(index=False)]
    return "".join("\t".join(re.sub(r"\s", " ", cell) for cell in line) + "\n" for line in lines)


def _cell(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _quoted(text: str) -> str:
    """Text inside the quotes of a protocol buffer."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _sheet(pictures: NDArray[np.uint8]) -> tuple[Image.Image, int]:
    """All pictures in one, row by row, and the side of each of them in pixels."""
    columns = math.ceil(math.sqrt(len(pictures)))
    side = max(1, min(LARGEST, pictures.shape[1], SHEET // columns))
    sheet = Image.new("RGB", (columns * side, columns * side), "white")
    for number, picture in enumerate(pictures):
        small = Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(small, (number % columns * side, number // columns * side))
    return sheet, side
