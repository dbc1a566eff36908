"""Truth of a lesion: risk, size factor, place."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.data.phantom.anatomy import Anatomy
from prognos.data.phantom.lesions import Lesion, draw_lesions, lesion_risk, lesion_scale, patient_burden


def lesion(**changes: object) -> Lesion:
    """A lesion of scale 1 and risk 1."""
    values: dict[str, object] = {
        "instance": 1,
        "site": "lung",
        "centre": (0.0, 0.0, 0.0),
        "diameter": 14.0,
        "irregularity": 0.18,
        "margin": 5.0,
        "growth": 0.0,
        "shape_seed": 0,
        "risk": 1.0,
        "scale": 1.0,
    }
    return Lesion(**{**values, **changes})  # type: ignore[arg-type]


def test_the_risk_of_a_smooth_lung_lesion_can_be_computed_by_hand() -> None:
    # lung -0.1; one SD smoother than the mean -0.3; on the border 0.8 (1 - 0.5) = 0.4; shift -0.15
    assert lesion_risk("lung", 0.10, 0.0) == pytest.approx(-0.15)


def test_bone_is_worse_than_liver_and_liver_is_worse_than_lung() -> None:
    bone, liver, lung = (lesion_risk(site, 0.2, 5.0) for site in ("bone", "liver", "lung"))
    assert bone > liver > lung


def test_a_ragged_lesion_is_worse_and_a_contained_lesion_is_better() -> None:
    assert lesion_risk("liver", 0.3, 5.0) > lesion_risk("liver", 0.2, 5.0)
    assert lesion_risk("lung", 0.2, 25.0) < lesion_risk("lung", 0.2, 2.0)


def test_a_contained_lung_lesion_lowers_the_hazard_and_a_bone_lesion_raises_it() -> None:
    assert lesion_risk("lung", 0.18, 30.0) < 0.0 < lesion_risk("bone", 0.18, 4.0)


def test_the_size_factor_is_volume_up_to_its_bounds() -> None:
    assert lesion_scale(14.0) == 1.0
    assert lesion_scale(28.0) == pytest.approx(8.0)
    assert lesion_scale(80.0) == lesion_scale(40.0)
    assert lesion_scale(1.0) == lesion_scale(5.0) > 0.0


def test_the_burden_is_the_sum_of_scaled_risks_over_the_40_largest_lesions() -> None:
    large = [lesion(diameter=20.0, risk=0.5, scale=2.0)] * 40
    assert patient_burden([lesion(diameter=8.0, risk=100.0), *large]) == pytest.approx(40.0)


def test_a_lesion_starts_inside_its_organ(chest: Anatomy) -> None:
    lesions = draw_lesions(np.random.default_rng(1), chest)
    for each in lesions:
        voxel = tuple(np.rint(np.array(each.centre) / chest.spacing).astype(int))
        assert chest.hosts[each.site][voxel]
    assert [each.instance for each in lesions] == list(range(1, len(lesions) + 1))


def test_the_margin_is_the_distance_to_the_border_of_the_organ(chest: Anatomy) -> None:
    outside = np.argwhere(~chest.hosts["lung"]) * np.array(chest.spacing)
    for each in draw_lesions(np.random.default_rng(2), chest):
        if each.site == "lung":
            nearest = np.linalg.norm(outside - each.centre, axis=1).min()
            # The border runs between the last voxel inside and the first one outside: at most one voxel diagonal.
            assert abs(nearest - each.margin) <= np.linalg.norm(chest.spacing)


def test_risky_lesions_grow(chest: Anatomy) -> None:
    lesions = [each for seed in range(30) for each in draw_lesions(np.random.default_rng(seed), chest)]
    risk, growth = np.array([each.risk for each in lesions]), np.array([each.growth for each in lesions])
    assert growth[risk > 0].mean() > growth[risk < 0].mean()
