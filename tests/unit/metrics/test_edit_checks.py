"""All checks of an edit together, on sweeps made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import SweepValues, change_ratio, check_edit

BETAS = (-2.0, -1.0, 0.0, 1.0, 2.0)


def values(slopes: dict[str, float], distance: float, background: float = 1.0) -> SweepValues:
    """Two patients whose attributes change linearly and whose features turn by ``distance`` at the ends."""
    attributes = {name: slope * np.array([BETAS, BETAS]) for name, slope in slopes.items()}
    turn = np.abs(BETAS) / 2 * np.arccos(1 - distance)
    one = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1)
    size = np.abs([BETAS, BETAS])
    change = {"face": size, "background": background * size, "clothes": np.array([BETAS, [np.nan] * 5]) ** 2 / 8}
    return SweepValues(attributes, np.stack([one, one[:, [2, 1, 0]]]), change)


def test_all_checks_of_an_edit_come_together() -> None:
    checks = check_edit(
        "health",
        BETAS,
        values({"health": 0.5, "age": 1.0}, distance=0.3),
        sd={"age": 10.0, "health": 1.0},
        predicted_change_per_beta=0.6,
        cleaned=values({"health": 0.4, "age": 0.0}, distance=0.2),
        random=[np.array([[0.0, 0.1], [0.0, -0.3]])] * 3,
        held=values({"health": 0.3, "age": 0.0}, distance=0.2, background=0.1),
        held_regions=["background", "clothes"],
        predicted_held_change_per_beta=0.4,
    )
    assert checks.rising_share == 1.0
    assert checks.change_per_beta == pytest.approx(0.5)
    assert checks.distance == pytest.approx(
        (0.3, 1 - np.cos(np.arccos(0.7) / 2), 0, 1 - np.cos(np.arccos(0.7) / 2), 0.3)
    )
    assert checks.other_person == pytest.approx(1.0)
    assert checks.effects["age"].sd_per_unit == pytest.approx(0.2)
    assert checks.cleaned_effects["age"].sd_per_unit == 0
    assert checks.random is not None
    assert checks.random.change == pytest.approx(2.0)
    assert checks.random.random_changes == pytest.approx((-0.1,) * 3)
    assert change_ratio(checks.region_change, "background") == pytest.approx(1.0)
    assert checks.held is not None
    assert change_ratio(checks.held.region_change, "background") == pytest.approx(0.1)
    assert change_ratio(checks.held.region_change, "clothes") == pytest.approx(0.25)
    assert (checks.held.change_per_beta, checks.held.predicted_change_per_beta) == pytest.approx((0.3, 0.4))
    assert checks.verdicts == {
        "rises": True,
        "keeps the person": True,
        "beats random": True,
        "cleaning helps": True,
        "rises, surroundings held": True,
        "surroundings stay": True,
    }


def test_an_edit_that_does_the_opposite_fails() -> None:
    checks = check_edit(
        "health",
        BETAS,
        values({"health": -0.5, "age": 1.0}, distance=1.5),
        sd={"age": 10.0},
        predicted_change_per_beta=0.6,
        random=[np.array([[0.0, 0.1]])],
        held=values({"health": -0.1, "age": 0.0}, distance=0.2, background=0.5),
        held_regions=["background"],
    )
    assert checks.verdicts == {
        "rises": False,
        "keeps the person": False,
        "beats random": False,
        "cleaning helps": None,
        "rises, surroundings held": False,
        "surroundings stay": False,
    }


def test_what_was_not_measured_is_not_judged() -> None:
    bare = SweepValues(values({"health": 0.5}, distance=0.1).attributes, values({"health": 0.5}, 0.1).identity)
    alone = check_edit("health", BETAS, bare, sd={}, predicted_change_per_beta=0.5)
    assert alone.verdicts["surroundings stay"] is None
    assert alone.verdicts["rises, surroundings held"] is None
    unseen = check_edit(
        "health", BETAS, bare, sd={}, predicted_change_per_beta=0.5, held=bare, held_regions=["clothes"]
    )
    assert unseen.verdicts["surroundings stay"] is None
