"""Regions of an aligned photo."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.transforms import face_region_template


@pytest.mark.parametrize("resolution", [16, 64, 100])
def test_every_pixel_is_in_exactly_one_region(resolution: int) -> None:
    regions = face_region_template(resolution)
    assert (np.sum(list(regions.values()), axis=0) == 1).all()
    assert all(mask.any() for mask in regions.values())


def test_eyes_and_mouth_are_face_corners_background_and_the_lower_edge_clothes_beside_the_neck() -> None:
    regions = face_region_template(100)
    for x, y in ((37, 47), (62, 47), (50, 72)):
        assert regions["face"][y, x]
    assert regions["background"][[0, 0], [0, 99]].all()
    assert regions["clothes"][99, [*range(33), *range(67, 100)]].all()
    assert regions["around"][99, 33:67].all()
