"""Distributions of the factors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prognos.data.portraits import HEALTH_FACTORS, PORTRAIT_FACTORS, draw_factors, read_factors
from prognos.data.portraits.factors import NUISANCES, PERSON, SHAPE


@pytest.fixture(scope="module")
def clinic() -> pd.DataFrame:
    return draw_factors("clinic", 2, range(1, 1501))


@pytest.fixture(scope="module")
def population() -> pd.DataFrame:
    return draw_factors("population", 2, range(1, 1501))


def test_a_patient_depends_on_its_number_alone(clinic: pd.DataFrame) -> None:
    again = draw_factors("clinic", 2, [700, 3])
    pd.testing.assert_frame_equal(again, clinic.iloc[[699, 2]].reset_index(drop=True), check_exact=True)


def test_photos_of_a_patient_share_the_person_and_differ_in_the_circumstances() -> None:
    table = draw_factors("clinic", 2, [1, 2], photos=3)
    assert list(table["photo"]) == [1, 2, 3, 1, 2, 3]
    same = table.groupby("patient_id")[[*HEALTH_FACTORS, *PERSON, *SHAPE]].nunique()
    assert (same == 1).all(axis=None)
    assert (table.groupby("patient_id")[["yaw", "light_warmth", "background_hue"]].nunique() == 3).all(axis=None)


def test_the_first_photo_does_not_depend_on_how_many_follow() -> None:
    several = draw_factors("clinic", 2, [1, 2], photos=3)
    pd.testing.assert_frame_equal(
        several[several["photo"] == 1].reset_index(drop=True), draw_factors("clinic", 2, [1, 2]), check_exact=True
    )


def test_the_clinic_is_older_sicker_and_photographed_more_plainly(
    clinic: pd.DataFrame, population: pd.DataFrame
) -> None:
    assert clinic["age"].mean() > population["age"].mean() + 5.0
    assert population["age"].std() > clinic["age"].std() + 5.0
    assert (clinic[list(HEALTH_FACTORS)].mean() > population[list(HEALTH_FACTORS)].mean() + 0.15).all()
    assert clinic["background_outdoor"].max() == 0.0
    assert population["background_outdoor"].mean() > 0.3
    assert population["yaw"].std() > 1.5 * clinic["yaw"].std()
    assert population["clothes_hue"].std() > 3 * clinic["clothes_hue"].std()


def test_what_has_no_effect_is_independent_of_health_and_age(clinic: pd.DataFrame) -> None:
    worst = clinic[list(HEALTH_FACTORS)].mean(axis=1)
    idle = [name for name in (*NUISANCES, *SHAPE, "skin_tone") if clinic[name].std() > 0]
    # 5 standard errors of a correlation of 1500 patients; hair, brows and stubble depend on sex, which is independent.
    assert np.abs(clinic[idle].corrwith(worst)).max() < 5 / np.sqrt(1500)
    assert np.abs(clinic[idle].corrwith(clinic["age"])).max() < 5 / np.sqrt(1500)


def test_signs_of_illness_go_together_and_stay_in_their_range(clinic: pd.DataFrame) -> None:
    correlation = clinic[list(HEALTH_FACTORS)].corr().to_numpy()[np.triu_indices(5, 1)]
    assert 0.12 < correlation.min() < correlation.max() < 0.35
    assert clinic[list(HEALTH_FACTORS)].min().min() >= 0.0
    assert clinic[list(HEALTH_FACTORS)].max().max() <= 1.0


def test_only_nuisances_vary_when_only_they_may() -> None:
    free, plain = draw_factors("clinic", 2, range(1, 9)), draw_factors("clinic", 2, range(1, 9), nuisances_only=True)
    assert plain[[*HEALTH_FACTORS, "age"]].nunique().max() == 1
    rest = [name for name in PORTRAIT_FACTORS if name not in (*HEALTH_FACTORS, "age")]
    pd.testing.assert_frame_equal(plain[rest], free[rest], check_exact=True)


def test_a_written_table_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    table = draw_factors("population", 2, range(1, 20))
    table.to_csv(tmp_path / "factors.csv", index=False)
    pd.testing.assert_frame_equal(read_factors(tmp_path / "factors.csv"), table, check_exact=True)


def test_a_table_without_a_factor_is_refused(tmp_path: Path) -> None:
    draw_factors("clinic", 2, [1]).drop(columns="pallor").to_csv(tmp_path / "factors.csv", index=False)
    with pytest.raises(ValueError, match=r"lacks the factor\(s\) pallor"):
        read_factors(tmp_path / "factors.csv")
