"""Outlines of several readers become lesions of the patient."""

from __future__ import annotations

import numpy as np

from prognos.transforms import MarkedVoxels, match_lesions


def reader(*boxes: tuple[int, int, int]) -> MarkedVoxels:
    """What a reader marked on a line of 100 voxels: id, first and last voxel of each lesion."""
    labels = np.zeros((100, 1, 1), np.uint8)
    for instance, first, last in boxes:
        labels[first : last + 1] = instance
    return MarkedVoxels.of(labels)


def test_outlines_that_overlap_are_one_lesion_whatever_their_ids() -> None:
    found = match_lesions([reader((1, 10, 19), (2, 50, 59)), reader((9, 51, 60), (4, 11, 18))])
    assert found == [{1: 1, 2: 2}, {4: 1, 9: 2}]


def test_equal_ids_in_different_places_are_different_lesions() -> None:
    assert match_lesions([reader((1, 10, 19)), reader((1, 50, 59))]) == [{1: 1}, {1: 2}]


def test_a_reader_keeps_lesions_apart_that_another_drew_as_one() -> None:
    found = match_lesions([reader((1, 10, 29)), reader((1, 10, 17), (2, 18, 29))])
    assert found == [{1: 1}, {1: 2, 2: 1}]  # the better fitting of the two is matched


def test_three_readers_are_joined_through_the_one_between() -> None:
    found = match_lesions([reader((1, 10, 19)), reader((1, 16, 25)), reader((1, 22, 31))], smallest_overlap=0.2)
    assert found == [{1: 1}, {1: 1}, {1: 1}]


def test_touching_by_a_little_is_not_enough() -> None:
    assert match_lesions([reader((1, 10, 19)), reader((1, 19, 28))]) == [{1: 1}, {1: 2}]


def test_readers_without_lesions_and_no_readers() -> None:
    assert match_lesions([reader(), reader((3, 1, 2))]) == [{}, {3: 1}]
    assert match_lesions([]) == []
