"""The chest without lesions."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.config.organs import ORGAN_LABELS
from prognos.data.phantom.anatomy import HOSTS, SITES, Anatomy


def mean_position(mask: np.ndarray) -> np.ndarray:
    """Mean index of a mask along x (left), y (back), z (head)."""
    return np.argwhere(mask).mean(axis=0)


def test_the_liver_lies_on_the_right_and_the_stomach_and_the_spleen_on_the_left(chest: Anatomy) -> None:
    middle = (chest.organs.shape[0] - 1) / 2
    assert mean_position(chest.organs == 5)[0] < middle
    assert mean_position(chest.organs == 6)[0] > middle
    assert mean_position(chest.organs == 1)[0] > middle


def test_paired_organs_lie_on_the_side_of_their_name(chest: Anatomy) -> None:
    middle = (chest.organs.shape[0] - 1) / 2
    for right, left in ((2, 3), (8, 9), (12, 10), (14, 11), (107, 95)):
        assert mean_position(chest.organs == right)[0] < middle < mean_position(chest.organs == left)[0]


def test_the_spine_lies_behind_the_heart_and_the_lungs_above_the_liver(chest: Anatomy) -> None:
    spine, heart = chest.organs == 38, chest.organs == 51
    assert mean_position(spine)[1] > mean_position(heart)[1]
    assert mean_position(chest.hosts["lung"])[2] > mean_position(chest.hosts["liver"])[2]


@pytest.mark.parametrize(
    ("site", "low", "high"), [("lung", -900, -600), ("mediastinum", -110, -80), ("liver", 95, 150), ("bone", 100, 800)]
)
def test_ct_numbers_are_those_of_the_tissue(chest: Anatomy, site: str, low: float, high: float) -> None:
    assert low < chest.hu[chest.hosts[site]].mean() < high


def test_air_surrounds_the_body_but_for_the_tips_of_the_upper_spinous_processes(chest: Anatomy) -> None:
    outside = ~chest.body
    tips = outside & (chest.organs > 0)
    assert (chest.hu[outside & ~tips] == -1000).all()
    assert set(np.unique(chest.organs[tips])) <= set(range(40, 44))
    assert tips.sum() < 1e-4 * tips.size


@pytest.mark.parametrize("site", SITES)
def test_every_label_of_a_site_is_that_organ_in_the_table_of_totalsegmentator(site: str) -> None:
    table = ORGAN_LABELS["totalsegmentator"]
    assert {table[label] for label in HOSTS[site]} == {site}


@pytest.mark.parametrize("site", SITES)
def test_every_site_has_room_for_a_lesion(chest: Anatomy, site: str) -> None:
    assert chest.hosts[site].any()
    assert np.isin(chest.organs[chest.hosts[site]], HOSTS[site]).all()
