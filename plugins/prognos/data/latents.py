"""The table of latents: one row a photo, and from which generator, space and search its numbers come.

A table of the user's own embeddings is the same without the first line. N is the number of photos, P of coordinates.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prognos.config import keys
from prognos.data.table import Faults, read_text, split_cells

__all__ = ["COORDINATE", "LatentTableError", "Latents", "read_latents"]

COORDINATE = "latent_{:04d}"
"""Name of the column of a coordinate."""

RECORD = ("rmse", "steps", "seconds")
"""Columns that say how a latent was found."""


class LatentTableError(ValueError):
    """The table of latents breaks its contract, or belongs to another generator; the message names no patient."""


@dataclass(frozen=True)
class Latents:
    """Latents of a cohort.

    Attributes:
        path: where they were read.
        patient_ids: patient of each row, N of them.
        images: photo of each row, by its line in the photo table; empty texts where the table has no such column.
        values: float64 [N, P]; w+ is flattened layer by layer.
        shape: shape of one latent, with product P.
        generator: fingerprint of the generator; None for embeddings of the user's own.
        space: ``"z"``, ``"w"`` or ``"w+"``; None as above.
        method: how they were found; None as above.
        record: what the table says of each search: ``rmse`` (relative, no unit), ``steps``, ``seconds``; float64 [N].
        header: the whole first line.
    """

    path: Path
    patient_ids: tuple[str, ...]
    images: tuple[str, ...]
    values: NDArray[np.float64]
    shape: tuple[int, ...]
    generator: str | None = None
    space: str | None = None
    method: str | None = None
    record: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)

    def by_patient(self) -> tuple[list[str], NDArray[np.float64]]:
        """Patients in the order they appear, and the mean of each one's rows, [patients, P]; in z, on its sphere."""
        rows: dict[str, list[int]] = {}
        for row, patient in enumerate(self.patient_ids):
            rows.setdefault(patient, []).append(row)
        means = np.stack([self.values[which].mean(axis=0) for which in rows.values()])
        if self.space == "z":
            means *= math.sqrt(means.shape[1]) / np.linalg.norm(means, axis=1, keepdims=True).clip(1e-12)
        return list(rows), means

    def require_generator(self, fingerprint: str) -> Latents:
        """Return the latents if they belong to a generator.

        Args:
            fingerprint: see :func:`prognos.networks.fingerprint`.

        Raises:
            LatentTableError: when they belong to another one, or to none.
        """
        if self.generator is None:
            raise LatentTableError(
                f"{self.path}: these embeddings name no generator, so no face can be drawn from them. Use latents that "
                f"the embed stage wrote with this generator."
            )
        if self.generator != fingerprint:
            raise LatentTableError(
                f"{self.path}: these latents were made with the generator {self.generator[:12]}..., the one given is "
                f"{fingerprint[:12]}...: the same numbers mean other faces there. Give the generator of the latents, "
                f"or embed the photos again with this one."
            )
        return self


def read_latents(path: str | Path) -> Latents:
    """Read a table of latents, or of embeddings of the user's own.

    Args:
        path: CSV file, UTF-8: optionally a first line ``# {json}`` with ``generator``, ``space``, ``method`` and
            ``shape``; a header ``patient_id, image, latent_0000, latent_0001, ...``; one row a photo. ``image`` may be
            left out; further columns are kept when they are ``rmse``, ``steps`` or ``seconds``, and ignored otherwise.

    Raises:
        LatentTableError: when a column is missing, a coordinate is not a finite number, a photo appears twice, there is
            no row, or the first line does not fit. All faults are reported together.
        FileNotFoundError: when ``path`` does not exist.
    """
    path = Path(path)
    faults = Faults(path, LatentTableError)
    header, columns, rows, lines = _cells(path, faults)
    coordinates = _coordinates(columns, faults)
    faults.raise_any()
    values = np.array(
        [_numbers(row, coordinates, line, faults) for row, line in zip(rows, lines, strict=True)]
    ).reshape(len(rows), len(coordinates))
    patients = [row[columns.index(keys.PATIENT)] for row in rows]
    images = [row[columns.index(keys.IMAGE)] for row in rows] if keys.IMAGE in columns else [""] * len(rows)
    _check_rows(patients, images, lines, faults, has_images=keys.IMAGE in columns)
    shape = _shape(header, len(coordinates), faults)
    faults.raise_any()
    found = [name for name in RECORD if name in columns]
    record = {name: np.array([_number(row[columns.index(name)]) for row in rows]) for name in found}
    named = {name: header.get(name) for name in ("generator", "space", "method")}
    return Latents(path, tuple(patients), tuple(images), values, shape, record=record, header=header, **named)


def _cells(path: Path, faults: Faults) -> tuple[dict[str, Any], list[str], list[list[str]], list[int]]:
    """First line, names of the columns, cells and lines of the file."""
    text = read_text(path, faults)
    header: dict[str, Any] = {}
    comments = 0
    while text.startswith("#"):
        comment, _, text = text.partition("\n")
        if comments == 0 and "{" in comment:
            header = _header(comment, faults)
        comments += 1
    lines, rows = split_cells(text, faults, first_line=comments + 1)
    columns = rows.pop(0) if rows else []
    lines = lines[1:]
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(columns):
            faults.add(f"has {len(row)} cells, expected {len(columns)}; the file may be cut off.", line=line)
    faults.raise_any()
    return header, columns, rows, lines


def _header(comment: str, faults: Faults) -> dict[str, Any]:
    """What the first line says, judged by the type of each value."""
    try:
        header: Any = json.loads(comment.lstrip("# "))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        faults.add("is not a table of latents: expected '# {...}' or the names of the columns.", line=1)
        faults.raise_any()
        return {}
    for name in ("generator", "space", "method"):
        if not isinstance(header.get(name), str | None):
            faults.add(f"{name} of the first line is no text. Write the table again with the embed stage.", line=1)
    shape = header.get("shape", [])
    if not isinstance(shape, list) or not all(type(size) is int and 0 < size < 10**6 for size in shape):
        faults.add("shape of the first line is no list of sizes. Write the table again with the embed stage.", line=1)
    faults.raise_any()
    return header


def _coordinates(columns: Sequence[str], faults: Faults) -> list[int]:
    """Places of the coordinates, in their order."""
    for name, times in Counter(columns).items():
        if times > 1 and (name.startswith("latent_") or name in (keys.PATIENT, keys.IMAGE, *RECORD)):
            faults.add("appears more than once. Delete one of them.", line=1, column=name)
    if keys.PATIENT not in columns:
        faults.add("is missing; it says whose photo a row is.", line=1, column=keys.PATIENT)
    count = sum(name.startswith("latent_") for name in columns)
    expected = [COORDINATE.format(index) for index in range(count)]
    if count == 0 or any(name not in columns for name in expected):
        faults.add(
            f"the {count} columns latent_... are not {COORDINATE.format(0)}, {COORDINATE.format(1)}, ... without a "
            f"gap. Name the coordinates so.",
            line=1,
        )
        return []
    return [columns.index(name) for name in expected]


def _numbers(row: Sequence[str], places: Sequence[int], line: int, faults: Faults) -> list[float]:
    """Coordinates of one row."""
    numbers = [_number(row[place]) for place in places]
    if not all(math.isfinite(value) for value in numbers):
        faults.add("a coordinate is not a finite number. Embed the photo again, or drop the row.", line=line)
    return numbers


def _number(cell: str) -> float:
    """Value of a cell; NaN where it is no number."""
    try:
        return float(cell) if cell.isascii() and "_" not in cell else math.nan
    except ValueError:
        return math.nan


def _check_rows(
    patients: Sequence[str], images: Sequence[str], lines: Sequence[int], faults: Faults, *, has_images: bool
) -> None:
    """There are rows, each names a patient, and no photo is there twice."""
    if not patients:
        faults.add("there is no row; expected one a photo.", line=1)
    seen: set[tuple[str, str]] = set()
    for patient, image, line in zip(patients, images, lines, strict=True):
        if not patient:
            faults.add("is empty; a row belongs to a patient.", line=line, column=keys.PATIENT)
        if has_images and (patient, image) in seen:
            faults.add("the photo is there before. Keep one of the rows.", line=line)
        seen.add((patient, image))


def _shape(header: dict[str, Any], count: int, faults: Faults) -> tuple[int, ...]:
    """Shape of one latent."""
    shape = tuple(int(size) for size in header.get("shape", [count]))
    if math.prod(shape) != count:
        faults.add(f"the first line says shape {list(shape)}, the table has {count} coordinates.", line=1)
    return shape
