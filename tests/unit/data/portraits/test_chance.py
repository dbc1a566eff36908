"""Chance of drawn patients."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.data.portraits.chance import CLINICAL, PHOTO, uniform_numbers


def test_a_patient_depends_on_nobody_else() -> None:
    many = uniform_numbers("clinic", 3, range(1, 9), CLINICAL)
    np.testing.assert_array_equal(uniform_numbers("clinic", 3, [5], CLINICAL)[0], many[4])


def test_domain_seed_patient_source_and_repeat_all_change_the_numbers() -> None:
    drawn = [
        uniform_numbers("clinic", 3, [5], CLINICAL),
        uniform_numbers("population", 3, [5], CLINICAL),
        uniform_numbers("clinic", 4, [5], CLINICAL),
        uniform_numbers("clinic", 3, [6], CLINICAL),
        uniform_numbers("clinic", 3, [5], PHOTO),
        uniform_numbers("clinic", 3, [5], CLINICAL, repeats=(1,)),
    ]
    assert len({float(numbers[0, 0]) for numbers in drawn}) == len(drawn)


def test_repeats_of_a_patient_follow_each_other() -> None:
    both = uniform_numbers("clinic", 3, [5, 6], PHOTO, repeats=(0, 1))
    np.testing.assert_array_equal(both[1], uniform_numbers("clinic", 3, [5], PHOTO, repeats=(1,))[0])
    np.testing.assert_array_equal(both[2], uniform_numbers("clinic", 3, [6], PHOTO)[0])


def test_an_unknown_domain_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of clinic, population"):
        uniform_numbers("ward", 3, [1], PHOTO)  # type: ignore[arg-type]
