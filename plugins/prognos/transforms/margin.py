"""How deep a lesion lies in its organ: the distance to the organ's border.

W, H and D are the number of voxels along the patient's left, posterior and superior axes.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from prognos.config.organs import UNLABELLED
from prognos.transforms.lesions import MOST_LABELS, Box, OrganMap, find_boxes

__all__ = ["Containment", "measure_containment"]

FIRST_REACH_MM = 12.0
"""How far around a lesion its organ's border is looked for at first; doubled until the border is found, mm."""

Mask = NDArray[np.bool_]
"""Voxels of a box. Shape [w, h, d]."""


class Containment(NamedTuple):
    """Where a lesion lies in its organ; NaN where no organ is known or the organ has no border in the scan."""

    organ: int
    """Position in :data:`prognos.config.organs.ORGANS`."""

    margin: float
    """Shortest distance from the lesion to the border of its organ, mm; 0 where it touches or crosses the border."""

    depth: float
    """Shortest distance from the lesion's centre of mass to that border, mm."""


def measure_containment(labels: NDArray[Any], organs: OrganMap, spacing: NDArray[np.float64]) -> dict[int, Containment]:
    """Measure how deep each lesion of an annotation lies in the organ that most of its voxels belong to.

    The organ is its group of labels (both lungs, for instance) together with the lesions that lie in it, so a lesion
    that the organ map leaves out as a hole, or that bulges, is part of it. Its border are the voxels that touch the
    outside with a face; where the scan ends the organ does not. Distances run between centres of voxels, which for a
    flat border is the gap between the two surfaces.

    Args:
        labels: lesion ids, 0 = none. Shape [W, H, D].
        organs: organ labels on the same grid.
        spacing: sides of a voxel, mm. Shape [3].

    Returns:
        Containment of each lesion by its id.

    Note:
        Holes that an organ map leaves for vessels and airways are borders too: fill them before, if that is not wanted.
    """
    if int(labels.max(initial=0)) > MOST_LABELS:  # boxes are listed for each number up to the largest
        ids = np.unique(labels[labels > 0])
        numbered = np.where(labels > 0, np.searchsorted(ids, labels) + 1, 0)
        measured = measure_containment(numbered, organs, spacing)
        return {int(ids[number - 1]): found for number, found in measured.items()}
    boxes = dict(find_boxes(labels))
    member = np.zeros(max(boxes, default=0) + 1, dtype=np.int64)  # organ of each lesion id
    for instance, box in boxes.items():
        member[instance] = organs.organ(box, labels[box] == instance)
    return {
        instance: Containment(int(member[instance]), *_distances(labels, member, organs, instance, box, spacing))
        for instance, box in boxes.items()
    }


def _distances(
    labels: NDArray[Any],
    member: NDArray[np.int64],
    organs: OrganMap,
    instance: int,
    box: Box,
    spacing: NDArray[np.float64],
) -> tuple[float, float]:
    """Distances of a lesion's surface and of its centre to the border, looked for in a growing window."""
    organ = member[instance]
    if organ == UNLABELLED:
        return math.nan, math.nan
    inside = np.pad(labels[box] == instance, 1)
    start = np.array([side.start - 1 for side in box])
    surface = (np.argwhere(_border(inside)) + start) * spacing
    centre = (np.argwhere(inside).mean(axis=0) + start) * spacing
    reach = FIRST_REACH_MM
    while True:
        window = _widen(box, reach / spacing, labels.shape)
        near = labels[window]
        host = (organs.group_of[organs.array[window]] == organ) | ((near > 0) & (member[near] == organ))
        border = np.argwhere(_border(host)) + [side.start for side in window]
        margin, depth = math.inf, math.inf
        if len(border):
            tree = cKDTree(border * spacing, balanced_tree=False, compact_nodes=False)
            margin, depth = float(tree.query(surface)[0].min()), float(tree.query(centre)[0])
        # Whatever border the window does not hold is farther away than its reach.
        if max(margin, depth) <= reach:
            return margin, depth
        if near.shape == labels.shape:
            return (margin, depth) if len(border) else (math.nan, math.nan)
        reach *= 2


def _border(inside: Mask) -> Mask:
    """Voxels that touch the outside with a face; beyond the end of the array there is no outside."""
    inner = inside.copy()
    for axis in range(3):
        towards, away = np.moveaxis(inner, axis, 0), np.moveaxis(inside, axis, 0)
        towards[1:] &= away[:-1]
        towards[:-1] &= away[1:]
    return inside & ~inner


def _widen(box: Box, reach: NDArray[np.float64], shape: tuple[int, ...]) -> Box:
    """The box, a reach in voxels around it, and one voxel that tells the border from the inside; within the volume."""
    widened = [
        slice(max(0, side.start - math.ceil(far) - 1), min(size, side.stop + math.ceil(far) + 1))
        for side, far, size in zip(box, reach, shape, strict=True)
    ]
    return widened[0], widened[1], widened[2]
