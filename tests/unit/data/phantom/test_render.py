"""Lesions in the pixels."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from prognos.data.phantom.anatomy import HOSTS, Anatomy
from prognos.data.phantom.lesions import Lesion, draw_lesions
from prognos.data.phantom.render import lesion_shape, paint_lesion, scan


@pytest.fixture(scope="module")
def ball(chest: Anatomy) -> Lesion:
    """A smooth lesion of 40 mm, centred on a voxel deep in a lung."""
    centre = np.argwhere(chest.hosts["lung"])
    deep = centre[np.abs(centre - centre.mean(axis=0) - [12, 0, 0]).sum(axis=1).argmin()] * np.array(chest.spacing)
    lesion = draw_lesions(np.random.default_rng(0), chest)[0]
    x, y, z = (float(value) for value in deep)
    return replace(lesion, site="lung", centre=(x, y, z), diameter=40.0, irregularity=0.0, growth=0.0)


def test_a_smooth_lesion_has_the_volume_of_a_ball(chest: Anatomy, ball: Lesion) -> None:
    inside = lesion_shape(ball, chest.hu.shape, chest.spacing).depth() < 1.0
    # 262 voxels of 128 mm3: a few per cent of them straddle the surface
    assert inside.sum() * np.prod(chest.spacing) == pytest.approx(np.pi / 6 * 40.0**3, rel=0.08)


def test_an_outline_moves_by_its_shift_and_grows_by_its_scale(chest: Anatomy, ball: Lesion) -> None:
    shape = lesion_shape(ball, chest.hu.shape, chest.spacing)
    inside, moved = shape.depth() < 1.0, shape.depth(1.0, (4.0, 0.0, 0.0)) < 1.0
    assert np.argwhere(moved).mean(axis=0) - np.argwhere(inside).mean(axis=0) == pytest.approx(
        [1.0, 0.0, 0.0], abs=0.02
    )
    assert (shape.depth(1.2) < 1.0).sum() / inside.sum() == pytest.approx(1.2**3, rel=0.1)


def test_a_lung_lesion_replaces_air_by_soft_tissue_and_belongs_to_the_lung(chest: Anatomy, ball: Lesion) -> None:
    painted = deepcopy(chest)
    shape = lesion_shape(ball, chest.hu.shape, chest.spacing)
    paint_lesion(ball, shape, painted)
    core = shape.depth() < 0.8
    assert painted.hu[shape.box][core].mean() == pytest.approx(20.0, abs=70.0)
    assert np.isin(painted.organs[shape.box][shape.depth() < 1.0], HOSTS["lung"]).all()
    changed = painted.hu != chest.hu
    changed[shape.box] = False
    assert not changed.any()


def test_nothing_is_drawn_outside_the_skin(chest: Anatomy, ball: Lesion) -> None:
    painted = deepcopy(chest)
    skin = np.argwhere(chest.body)[0] * np.array(chest.spacing)
    lesion = replace(ball, site="bone", centre=tuple(float(value) for value in skin))
    paint_lesion(lesion, lesion_shape(lesion, chest.hu.shape, chest.spacing), painted)
    assert (painted.hu[chest.body] != chest.hu[chest.body]).any()
    np.testing.assert_array_equal(painted.hu[~chest.body], chest.hu[~chest.body])
    np.testing.assert_array_equal(painted.organs[~chest.body], chest.organs[~chest.body])


def test_a_scan_keeps_the_mean_of_a_tissue_and_adds_its_grain(chest: Anatomy) -> None:
    image = scan(np.random.default_rng(0), chest)
    liver = chest.hosts["liver"]
    assert image.dtype == np.int16
    assert image[liver].mean() == pytest.approx(chest.hu[liver].mean(), abs=12.0)
    assert 8.0 < image[liver].std() < 60.0
