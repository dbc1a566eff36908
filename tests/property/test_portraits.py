"""What must hold for every drawn portrait."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from prognos.data.portraits import HEALTH_FACTORS, draw_aligned, draw_factors, draw_regions, locate_points
from prognos.data.portraits.clinical import draw_clinical
from prognos.data.portraits.geometry import EYES_Y, MOUTH_Y
from prognos.data.portraits.survival import draw_outcome, true_log_hazard
from prognos.transforms.alignment import alignment_matrix

domains = st.sampled_from(["clinic", "population"])
seeds, numbers = st.integers(0, 9999), st.integers(1, 999_999)


@settings(max_examples=25, deadline=None)
@given(domains, seeds, numbers)
def test_the_alignment_puts_eyes_and_mouth_on_their_places(domain: str, seed: int, number: int) -> None:
    table = draw_factors(domain, seed, [number])  # type: ignore[arg-type]
    points = locate_points(table, 128)[0]
    aligned = np.column_stack([points, np.ones(5)]) @ alignment_matrix(points, 64).T
    place = (aligned + 0.5) / 32 - 1
    np.testing.assert_allclose(place[:2, 1], EYES_Y, atol=1e-6)
    np.testing.assert_allclose(place[3:, 1], MOUTH_Y, atol=1e-6)
    np.testing.assert_allclose(place[[0, 3], 0], -place[[1, 4], 0], atol=1e-6)
    assert (points >= 0).all()
    assert (points <= 127).all()


@settings(max_examples=15, deadline=None)
@given(domains, seeds, numbers)
def test_a_face_is_drawn_the_same_twice_and_has_skin_eyes_and_mouth(domain: str, seed: int, number: int) -> None:
    table = draw_factors(domain, seed, [number])  # type: ignore[arg-type]
    picture = draw_aligned(table, 48)
    np.testing.assert_array_equal(picture, draw_aligned(table, 48))
    assert picture.std() > 5.0
    assert {0, 1, 4, 5, 8} <= set(np.unique(draw_regions(table)).tolist())


@settings(max_examples=25, deadline=None)
@given(seeds, numbers, st.sampled_from(HEALTH_FACTORS), st.floats(0, 1), st.floats(0, 1))
def test_more_of_a_sign_never_delays_the_event(seed: int, number: int, sign: str, one: float, other: float) -> None:
    patient = draw_factors("clinic", seed, [number])
    clinical = draw_clinical(patient, "clinic", seed, [number])
    times = []
    for amount in sorted((one, other)):
        hazard = true_log_hazard(patient.assign(**{sign: amount}), clinical)["log_hazard"].to_numpy()
        times.append(int(draw_outcome(hazard, "clinic", seed, [number]).time[0]))
    assert times[1] <= times[0]
