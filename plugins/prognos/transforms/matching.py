"""Which lesions of different readers are the same one.

V is the number of marked voxels of an annotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["SMALLEST_OVERLAP", "MarkedVoxels", "match_lesions"]

SMALLEST_OVERLAP = 0.1
"""Intersection over union from which two outlines are taken for the same lesion (ours)."""

Outline = tuple[int, int]
"""A lesion of a reader: position of the reader, id of the lesion."""


class MarkedVoxels(NamedTuple):
    """What one reader marked, a thousandth of the label map."""

    places: NDArray[np.int64]
    """Positions in the flattened volume, rising. Shape [V]."""

    ids: NDArray[np.int64]
    """Lesion of each. Shape [V]."""

    @classmethod
    def of(cls, labels: NDArray[Any]) -> MarkedVoxels:
        """Marked voxels of a label map."""
        flat = labels.reshape(-1)
        places = np.flatnonzero(flat)
        return cls(places, flat[places].astype(np.int64))


def match_lesions(
    annotations: Sequence[MarkedVoxels], *, smallest_overlap: float = SMALLEST_OVERLAP
) -> list[dict[int, int]]:
    """Give the same number to outlines of different readers that overlap; ids of the masks play no part.

    The pair that overlaps best is matched first. A lesion has at most one outline of each reader: where one reader
    draws two lesions and another a single one, the better fitting pair is matched and the third stays alone.

    Args:
        annotations: what each reader marked, all on the same grid.
        smallest_overlap: intersection over union that a pair needs, above 0.

    Returns:
        For each reader the number of each of its lesions, from 1, in the order in which readers and ids name them.
    """
    sizes = [_sizes(marked) for marked in annotations]
    joined = {(reader, lesion): {(reader, lesion)} for reader, lesions in enumerate(sizes) for lesion in lesions}
    for _, first, second in sorted(_overlaps(annotations, sizes, smallest_overlap), key=lambda pair: (-pair[0], pair)):
        together = joined[first] | joined[second]
        if len({reader for reader, _ in together}) == len(together):
            joined.update(dict.fromkeys(together, together))
    numbers: dict[Outline, int] = {}
    next_number = 1
    for outline, together in joined.items():
        if outline not in numbers:
            numbers.update(dict.fromkeys(together, next_number))
            next_number += 1
    return [{lesion: numbers[reader, lesion] for lesion in lesions} for reader, lesions in enumerate(sizes)]


def _sizes(marked: MarkedVoxels) -> dict[int, int]:
    """Voxels of each lesion, in the order of the ids."""
    ids, counts = np.unique(marked.ids, return_counts=True)
    return dict(zip(ids.tolist(), counts.tolist(), strict=True))


def _overlaps(
    annotations: Sequence[MarkedVoxels], sizes: Sequence[dict[int, int]], smallest: float
) -> list[tuple[float, Outline, Outline]]:
    """Intersection over union of every two outlines of different readers that reach the smallest."""
    found = []
    for one, other in combinations(range(len(annotations)), 2):
        first, second = annotations[one], annotations[other]
        _, here, there = np.intersect1d(first.places, second.places, assume_unique=True, return_indices=True)
        pairs, common = np.unique(np.stack([first.ids[here], second.ids[there]]), axis=1, return_counts=True)
        for (a, b), shared in zip(pairs.T.tolist(), common.tolist(), strict=True):
            overlap = shared / (sizes[one][a] + sizes[other][b] - shared)
            if overlap >= smallest:
                found.append((overlap, (one, a), (other, b)))
    return found
