"""Subgroups read from a cohort table, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.data import CohortError, read_groups

TABLE = "patient_id,time,event,cancer_type,age\nsecret1,10,1,lung,50\nsecret2,20,0,breast,49.9\nsecret3,30,1,lung,70\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "cohort.csv"
    path.write_text(text)
    return path


def test_names_are_taken_as_they_are(tmp_path: Path) -> None:
    groups = read_groups(write(tmp_path, TABLE), "cancer_type")
    assert groups == {"secret1": "lung", "secret2": "breast", "secret3": "lung"}


def test_a_band_holds_its_lower_end(tmp_path: Path) -> None:
    groups = read_groups(write(tmp_path, TABLE), "age", edges=(50, 65))
    assert list(groups.values()) == ["50 to < 65", "< 50", ">= 65"]


@pytest.mark.parametrize("missing", ["", "NA", "nan"])
def test_an_unknown_type_is_named_by_line_and_column_and_not_by_patient(tmp_path: Path, missing: str) -> None:
    path = write(tmp_path, TABLE.replace("breast", missing).replace("30,1,lung", "30,1,"))
    with pytest.raises(CohortError, match=r"cohort.csv, lines 3, 4, column cancer_type: is empty") as caught:
        read_groups(path, "cancer_type")
    assert "secret" not in str(caught.value)


def test_a_misspelt_type_is_refused_when_the_types_are_known(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"line 3, column cancer_type: is not one of colon, lung"):
        read_groups(write(tmp_path, TABLE), "cancer_type", known={"lung", "colon"})


def test_words_cannot_be_cut_into_bands_and_columns_must_exist(tmp_path: Path) -> None:
    path = write(tmp_path, TABLE)
    with pytest.raises(CohortError, match="lines 2, 3, 4, column cancer_type: is not a number"):
        read_groups(path, "cancer_type", edges=(1,))
    with pytest.raises(CohortError, match="column skin: is missing; the columns are patient_id"):
        read_groups(path, "skin")
    with pytest.raises(ValueError, match="expected ascending"):
        read_groups(path, "age", edges=(65, 50))
