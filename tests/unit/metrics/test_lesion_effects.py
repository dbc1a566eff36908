"""Effects on the risk of lesions, on a drawn table whose effects are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lesion_tables import GROWTH, MARGIN, RISK, draw_lesions
from prognos.metrics import growth_effects, margin_effects, one_row_a_lesion, organ_effects, reader_agreement


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return draw_lesions()


def test_each_lesion_counts_once(table: pd.DataFrame) -> None:
    lesions = one_row_a_lesion(table)
    assert len(lesions) * 2 == len(table)
    assert set(lesions["readers"]) == {2}
    first = table[(table["patient_id"] == "000") & (table["matched_lesion"] == 1)]
    row = lesions[(lesions["patient_id"] == "000") & (lesions["matched_lesion"] == 1)].iloc[0]
    assert row["risk"] == pytest.approx(first["risk"].mean())
    assert row["growth_ratio"] == pytest.approx(np.sqrt(first["growth_ratio"].prod()))


def test_the_organ_is_that_of_most_readers(table: pd.DataFrame) -> None:
    one = table[(table["patient_id"] == "000") & (table["matched_lesion"] == 1)].iloc[[0, 0, 0]]
    one = one.assign(organ=["bone", "liver", "liver"], reader=["a", "b", "c"])
    assert one_row_a_lesion(one)["organ"].tolist() == ["liver"]


def test_without_matches_every_outline_is_a_row(table: pd.DataFrame) -> None:
    assert len(one_row_a_lesion(table.drop(columns="matched_lesion"))) == len(table)


def test_organs_are_ordered_and_their_differences_are_true() -> None:
    table = draw_lesions(1, patients=120)
    effects = organ_effects(table[(table["growth_ratio"] < 1) & (table["margin_mm"] == 0)])
    assert [effect.what for effect in effects] == ["bone minus lung", "liver minus lung"]
    for effect, organ in zip(effects, ("bone", "liver"), strict=True):
        assert effect.low < RISK[organ] - RISK["lung"] < effect.high
        assert effect.p_value < 1e-6


def test_growing_lesions_are_worse_by_the_true_difference_in_the_same_organ(table: pd.DataFrame) -> None:
    plain, adjusted = growth_effects(table[table["margin_mm"] == 0])
    assert plain.what == "growing minus shrinking"
    assert adjusted.low < GROWTH < adjusted.high
    assert adjusted.low > 0
    assert adjusted.high - adjusted.low < plain.high - plain.low


def test_lesions_deep_in_the_lung_are_better_by_the_true_slope(table: pd.DataFrame) -> None:
    slope, clear, *adjusted = margin_effects(table)
    assert slope.low < MARGIN < slope.high < 0
    assert clear.estimate < 0
    assert len(adjusted) == 2
    assert adjusted[0].estimate == pytest.approx(slope.estimate, abs=0.01)  # the diameter was drawn apart
    assert slope.lesions == (one_row_a_lesion(table)["organ"] == "lung").sum()


def test_readers_agree_as_drawn(table: pd.DataFrame) -> None:
    lesions, patients = reader_agreement(table)
    assert lesions.agreement.within_variance == pytest.approx(0.02**2, rel=0.2)
    assert lesions.agreement.icc > 0.98
    assert patients.agreement.groups == 40
    assert [each.what for each in reader_agreement(table.drop(columns="matched_lesion"))] == ["patient log hazard"]


def test_a_reader_who_marked_nothing_counts_with_the_log_hazard_of_no_lesions(table: pd.DataFrame) -> None:
    seen = table[~((table["patient_id"] == "000") & (table["reader"] == "r2"))]
    (patients,) = reader_agreement(seen.drop(columns="matched_lesion"), without_lesions=[("000", "r2")])
    assert (patients.agreement.groups, patients.agreement.values) == (40, 80)
    alone = table[(table["patient_id"] == "000") & (table["reader"] == "r1")]["scaled_risk"].sum()
    assert {0.0, alone} <= set(patients.readings["value"])
    assert reader_agreement(seen)[-1].agreement.groups == 39, "nobody says that the other reader looked"
    joined = pd.concat([seen.assign(run="a"), seen.assign(run="b")])
    assert reader_agreement(joined, without_lesions=[("000", "r2")])[-1].agreement.values == 160


def test_runs_have_intercepts_of_their_own(table: pd.DataFrame) -> None:
    both = pd.concat([table.assign(run="a"), table.assign(run="b", risk=table["risk"] + 5)])
    alone, joined = growth_effects(table)[0], growth_effects(both)[0]
    assert joined.estimate == pytest.approx(alone.estimate, abs=1e-6)
    assert joined.patients == 2 * alone.patients


def test_what_is_not_known_gives_no_effect(table: pd.DataFrame) -> None:
    unknown = table.assign(growth_ratio=np.nan, margin_mm=np.nan)
    assert growth_effects(unknown) == margin_effects(unknown) == []
    assert margin_effects(table.drop(columns="margin_mm")) == []
    assert organ_effects(table[table["organ"] == "lung"]) == []
    assert organ_effects(table, reference="brain") == []
    assert reader_agreement(table[table["reader"] == "r1"]) == []
    one = table[table["patient_id"] == "000"]
    assert organ_effects(one) == growth_effects(one) == reader_agreement(one) == []
