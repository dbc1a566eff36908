"""Finds the lesions in label maps and measures each on its bounding box.

W, H and D are the number of voxels along the patient's left, posterior and superior axes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from prognos.config.organs import ORGANS, UNLABELLED
from prognos.transforms.images import ImageError, Volume

try:
    from cc3d import connected_components
except ImportError:  # optional, because LGPL
    connected_components = None

__all__ = [
    "Instances",
    "Lesion",
    "MarkedLesion",
    "OrganMap",
    "find_boxes",
    "find_lesions",
    "label_lesions",
    "lesion_volumes",
    "marked_lesions",
]

Instances = Literal["labels", "components", "files"]
"""What makes two voxels the same lesion: their label, contact by face, edge or corner, or the file they are in."""

MOST_LABELS = 65535
"""Largest label for which a bounding box is listed for each number from 1; larger ids are renumbered first."""

Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Lesion:
    """A lesion, measured in one annotation of a scan.

    Args:
        instance: id of the lesion in its mask, from 1.
        voxels: number of its voxels.
        volume: mm3.
        diameter: longest in-plane (axial) side of its bounding box, mm.
        centroid: centre of mass, LPS mm.
        centre: middle of its bounding box along the left and posterior axes, in voxel indices.
        slice: index of the axial slice in which its area is largest; of several, the one nearest to its centre of mass,
            then the lowest.
        organ: position in :data:`prognos.config.organs.ORGANS`.
    """

    instance: int
    voxels: int
    volume: float
    diameter: float
    centroid: tuple[float, float, float]
    centre: tuple[float, float]
    slice: int
    organ: int


class MarkedLesion(NamedTuple):
    """The voxels of a lesion."""

    instance: int
    """Id of the lesion in its annotation, from 1."""

    box: Box
    """Bounding box in the mask."""

    inside: NDArray[np.bool_]
    """Which voxels of the box are marked."""


class OrganMap:
    """Tells the organ of a lesion from an organ label map.

    Args:
        array: organ labels on the grid of the lesions. Shape [W, H, D].
        labels: organ group of each label, by its name in ``ORGANS``; a label that is not listed is unlabelled.
    """

    def __init__(self, array: NDArray[Any], labels: Mapping[int, str]) -> None:
        self.array = array
        self.group_of = np.full(max(int(array.max(initial=0)), *labels, 0) + 1, UNLABELLED, dtype=np.int64)
        for label, group in labels.items():
            self.group_of[label] = ORGANS.index(group)

    def organ(self, box: Box, inside: NDArray[np.bool_]) -> int:
        """Group that most voxels of the lesion have, background included; of several, the first in ``ORGANS``."""
        groups = self.group_of[self.array[box][inside]]
        return int(np.bincount(groups).argmax())


def find_lesions(masks: Iterable[Volume], instances: Instances, organs: OrganMap | None, *, name: str) -> list[Lesion]:
    """Find and measure the lesions of one annotation.

    Args:
        masks: the label maps, one unless ``instances`` is ``"files"`` or they are the segments of a DICOM file; they
            are taken one at a time and not kept.
        instances: ``"labels"`` (each label is a lesion), ``"components"`` (binary masks; voxels of one that touch by
            face, edge or corner are one lesion, numbered from 1, largest first, those of the next mask go on) or
            ``"files"`` (each file is a lesion, numbered from 1 in the order given; a file without voxels is none).
        organs: where the organs are; None when nobody knows.
        name: what to call the annotation in a message.

    Returns:
        The lesions, largest volume first, then by id. Empty when no voxel is marked.

    Raises:
        ImageError: when ``"components"`` meets a mask with several labels.

    Note:
        Each mask is searched a fixed number of times, however many lesions it holds.
    """
    found = [_measure(marked, mask, organs) for marked, mask in _numbered(masks, instances, name)]
    return sorted(found, key=lambda lesion: (-lesion.volume, lesion.instance))


def marked_lesions(masks: Iterable[Volume], instances: Instances, *, name: str) -> Iterator[MarkedLesion]:
    """The voxels of each lesion, also of lesions that overlap, with the ids that :func:`find_lesions` gives them.

    Args:
        masks: as for :func:`find_lesions`; taken one at a time.
        instances: as for :func:`find_lesions`.
        name: what to call the annotation in a message.

    Raises:
        ImageError: as :func:`find_lesions`.
    """
    return (marked for marked, _ in _numbered(masks, instances, name))


def label_lesions(masks: Iterable[Volume], instances: Instances, *, name: str) -> Volume:
    """One label map of all lesions of an annotation, with the ids that :func:`find_lesions` gives them.

    Args:
        masks: as for :func:`find_lesions`, at least one.
        instances: as for :func:`find_lesions`.
        name: what to call the annotation in a message.

    Returns:
        Ids, int32, 0 = background, on the grid of the masks. A voxel that several files or
        segments claim belongs to the last.

    Raises:
        ImageError: when ``"components"`` meets a mask with several labels, or when there is no mask.
    """
    return label_and_list_lesions(masks, instances, name=name)[0]


def label_and_list_lesions(masks: Iterable[Volume], instances: Instances, *, name: str) -> tuple[Volume, list[int]]:
    """The map of :func:`label_lesions`, and the ids of all lesions, also of those that later ones cover whole."""
    rest = iter(masks)
    first = next(rest, None)
    if first is None:
        raise ImageError(f"{name}: names no mask, expected at least one file.")
    result = Volume(np.zeros_like(first.array, dtype=np.int32), first.grid, first.stored)
    ids = []
    for marked in marked_lesions(chain([first], rest), instances, name=name):
        result.array[marked.box][marked.inside] = marked.instance
        ids.append(marked.instance)
    return result, ids


def lesion_volumes(mask: Volume) -> dict[int, float]:
    """Volume of each label of a label map, mm3."""
    labels, counts = np.unique(mask.array[mask.array > 0], return_counts=True)
    return {int(label): float(count) * mask.grid.voxel_volume for label, count in zip(labels, counts, strict=True)}


def find_boxes(array: NDArray[Any]) -> list[tuple[int, Box]]:
    """Bounding box of each label, in one pass in the order of memory."""
    order = np.argsort([-abs(stride) for stride in array.strides], kind="stable")
    back = np.argsort(order)
    boxes = ndimage.find_objects(array.transpose(order))
    return [(label, tuple(box[axis] for axis in back)) for label, box in enumerate(boxes, start=1) if box is not None]


def _numbered(masks: Iterable[Volume], instances: Instances, name: str) -> Iterator[tuple[MarkedLesion, Volume]]:
    """Each lesion of an annotation with its id, and the mask it is in."""
    last = 0
    for number, mask in enumerate(masks, start=1):
        first = last if instances == "components" else 0
        for instance, box, inside in _regions(mask.array, instances, number, name):
            yield MarkedLesion(first + instance, box, inside), mask
            last = max(last, first + instance)


def _regions(
    array: NDArray[Any], instances: Instances, file_number: int, name: str
) -> Iterator[tuple[int, Box, NDArray[np.bool_]]]:
    """Id, bounding box and voxels of each lesion of one label map."""
    if instances == "labels" and int(array.max(initial=0)) <= MOST_LABELS:
        boxes = find_boxes(array)
        if len(boxes) == 1:
            _hint_at_components(array[boxes[0][1]] > 0, name)
        yield from ((label, box, array[box] == label) for label, box in boxes)
        return
    around = find_boxes((array > 0).view(np.uint8))
    if not around:
        return
    _, offset = around[0]
    marked = array[offset]  # all later work is on the box around every lesion
    if instances == "files":
        yield file_number, offset, marked > 0
        return
    if instances == "components":
        numbered = _components(marked, name)
        ids = _ranks(numbered)
    else:
        labels = np.unique(marked[marked > 0])
        numbered = np.where(marked > 0, np.searchsorted(labels, marked) + 1, 0)
        ids = np.concatenate([[0], labels])
    for number, box in find_boxes(numbered):
        yield int(ids[number]), _shift(box, offset), numbered[box] == number


def _measure(marked: MarkedLesion, mask: Volume, organs: OrganMap | None) -> Lesion:
    """Measure one lesion on its bounding box."""
    instance, box, inside = marked
    start = np.array([side.start for side in box])
    profiles = [inside.sum(axis=axes) for axes in ((1, 2), (0, 2), (0, 1))]  # voxels along each axis
    voxels = int(profiles[0].sum())
    mean = start + [profile @ np.arange(len(profile)) / voxels for profile in profiles]
    widest = start[2] + np.flatnonzero(profiles[2] == profiles[2].max())
    sides = np.array(inside.shape) * mask.grid.spacing
    middle = start + (np.array(inside.shape) - 1) / 2
    return Lesion(
        instance=instance,
        voxels=voxels,
        volume=voxels * mask.grid.voxel_volume,
        diameter=float(sides[:2].max()),
        centroid=tuple(mask.grid.position(mean).tolist()),
        centre=(float(middle[0]), float(middle[1])),
        slice=int(widest[np.abs(widest - mean[2]).argmin()]),
        organ=(UNLABELLED if organs is None else organs.organ(box, inside)) or mask.organ,
    )


def _components(mask: NDArray[Any], name: str) -> NDArray[Any]:
    """Number the 26-connected components of a binary mask from 1."""
    inside = mask > 0
    lowest, highest = mask.min(where=inside, initial=mask.max()), mask.max()
    if lowest != highest:
        raise ImageError(
            f"{name}: the mask holds labels from {lowest} to {highest}, expected a binary mask because instances is "
            f"'components'. If each label is a lesion, set instances to 'labels'."
        )
    return _connect(inside)


def _connect(inside: NDArray[np.bool_]) -> NDArray[Any]:
    """Number the 26-connected components from 1."""
    numbered: NDArray[Any]
    if connected_components is not None:
        numbered = connected_components(np.asfortranarray(inside), connectivity=26)
        return numbered
    structure = np.ones((3, 3, 3))
    numbered = np.empty(inside.shape, dtype=np.uint16)  # half the memory of scipy's own choice
    try:
        ndimage.label(inside, structure, output=numbered)
    except RuntimeError:  # more than 65535 components
        numbered, _ = ndimage.label(inside, structure)
    return numbered


def _ranks(numbered: NDArray[Any]) -> NDArray[np.int64]:
    """Rank of each component from 1, largest first, then by the corner of its box: the same whoever numbered them."""
    counts = np.bincount(numbered[numbered > 0])  # of the marked voxels only: bincount makes 8 bytes of each
    corners = {number: tuple(side.start for side in box) for number, box in find_boxes(numbered)}
    ranks = np.zeros(len(counts), dtype=np.int64)
    for rank, number in enumerate(sorted(corners, key=lambda each: (-counts[each], corners[each])), start=1):
        ranks[number] = rank
    return ranks


def _hint_at_components(mask: NDArray[np.bool_], name: str) -> None:
    """Warn when the only label of a label map lies in several places: it may be a binary mask."""
    count = int(_connect(mask).max())
    if count > 1:
        warnings.warn(
            f"{name}: the label map holds a single label in {count} separate places, read as one lesion. If it is a "
            f"binary mask of several lesions, set instances to 'components'.",
            stacklevel=2,
        )


def _shift(box: Box, offset: Box) -> Box:
    """Bounding box in the whole volume of a box within another."""
    moved = [slice(side.start + by.start, side.stop + by.start) for side, by in zip(box, offset, strict=True)]
    return moved[0], moved[1], moved[2]
