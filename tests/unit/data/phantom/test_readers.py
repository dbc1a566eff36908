"""Readers of a synthetic scan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from prognos.data.phantom.anatomy import Anatomy
from prognos.data.phantom.lesions import draw_lesions
from prognos.data.phantom.readers import draw_readings


def test_there_are_2_92_readers_and_89_6_percent_of_them_read_twice(chest: Anatomy) -> None:
    readings = [draw_readings(np.random.default_rng(seed), []) for seed in range(3000)]
    counts = [len(each) for each in readings]
    assert {1, 2, 3, 4} == set(counts)
    # four standard errors of 3000 draws
    assert np.mean(counts) == pytest.approx(2.92, abs=0.075)
    assert np.mean([one.has_followup for each in readings for one in each]) == pytest.approx(0.896, abs=0.014)


def test_small_lesions_are_missed_more_often_than_large_ones(chest: Anatomy) -> None:
    lesion = draw_lesions(np.random.default_rng(0), chest)[0]
    generator = np.random.default_rng(1)
    seen = {}
    for diameter in (6.0, 30.0):
        many = [replace(lesion, instance=number, diameter=diameter) for number in range(1, 300)]
        readings = draw_readings(generator, many)
        seen[diameter] = np.mean([len(reading.outlines) for reading in readings]) / len(many)
    assert 0.5 < seen[6.0] < seen[30.0] - 0.1


def test_a_growing_lesion_is_outlined_larger_at_follow_up(chest: Anatomy) -> None:
    lesion = replace(draw_lesions(np.random.default_rng(0), chest)[0], diameter=40.0, growth=float(np.log(2.0)))
    ratios = [
        outline.followup_scale / outline.scale
        for seed in range(50)
        for reading in draw_readings(np.random.default_rng(seed), [lesion])
        for outline in reading.outlines
    ]
    assert np.mean(ratios) ** 3 == pytest.approx(2.0, rel=0.05)
