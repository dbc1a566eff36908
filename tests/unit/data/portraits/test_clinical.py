"""Clinical columns of drawn patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from prognos.data.portraits import CANCER_TYPES, draw_factors
from prognos.data.portraits.clinical import MISSING_SHARES, draw_clinical, hide_cells

NUMBERS = range(1, 1501)


@pytest.fixture(scope="module")
def faces() -> pd.DataFrame:
    return draw_factors("clinic", 2, NUMBERS)


@pytest.fixture(scope="module")
def clinical(faces: pd.DataFrame) -> pd.DataFrame:
    return draw_clinical(faces, "clinic", 2, NUMBERS)


def test_there_are_sixteen_types_and_each_occurs(clinical: pd.DataFrame) -> None:
    assert len(CANCER_TYPES) == 16
    assert set(clinical["cancer_type"]) == set(CANCER_TYPES)


def test_types_of_one_sex_stay_there(clinical: pd.DataFrame) -> None:
    sexes = clinical.groupby("cancer_type")["sex"].unique().map(set)
    assert sexes["prostate"] == {"M"}
    assert sexes["cervical"] == sexes["endometrial"] == {"F"}


@pytest.mark.parametrize(
    ("column", "sign", "direction"),
    [
        ("albumin_g_l", "hollow_cheeks", -1),
        ("haemoglobin_g_dl", "pallor", -1),
        ("bilirubin_umol_l", "jaundice", 1),
        ("ecog", "tired_eyes", 1),
    ],
)
def test_laboratory_values_are_noisy_views_of_the_face(
    faces: pd.DataFrame, clinical: pd.DataFrame, column: str, sign: str, direction: int
) -> None:
    correlation = direction * clinical[column].rank().corr(faces[sign].rank())
    assert 0.2 < correlation < 0.7


@pytest.mark.parametrize("column", ["crp_mg_l", "comorbidity"])
def test_what_the_table_adds_is_independent_of_the_face(
    faces: pd.DataFrame, clinical: pd.DataFrame, column: str
) -> None:
    worst = faces[["pallor", "jaundice", "hollow_cheeks", "hair_loss", "tired_eyes"]].mean(axis=1)
    assert abs(clinical[column].rank().corr(worst.rank())) < 5 / np.sqrt(len(NUMBERS))


def test_some_cells_are_empty_and_the_others_unchanged(clinical: pd.DataFrame) -> None:
    hidden = hide_cells(clinical, "clinic", 2, NUMBERS)
    for name, share in MISSING_SHARES.items():
        assert abs(hidden[name].isna().mean() - share) < 0.03
    known = hidden.notna()
    assert (hidden.where(known, clinical) == clinical).all(axis=None)
    assert known[["age", "sex", "cancer_type"]].all(axis=None)


def test_gaps_are_independent_of_the_value(clinical: pd.DataFrame) -> None:
    hidden = hide_cells(clinical, "clinic", 2, NUMBERS)
    gap = hidden["albumin_g_l"].isna()
    difference = clinical.loc[gap, "albumin_g_l"].mean() - clinical.loc[~gap, "albumin_g_l"].mean()
    assert abs(difference) < 4 * clinical["albumin_g_l"].std() / np.sqrt(gap.sum())
