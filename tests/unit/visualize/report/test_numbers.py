"""The numbers behind the pictures lie beside the report."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prognos.visualize import Illustration, Numbers, Section, Table, draw_log_hazards
from prognos.visualize.report.numbers import data_folder, named_tables, write_numbers


def section(*names: str, **columns: object) -> Section:
    figure = draw_log_hazards(np.arange(9.0), np.ones(9))
    return Section("S", illustrations=[Illustration(figure, "", [Numbers(name, columns) for name in names])])


def test_a_report_and_its_numbers_share_their_name() -> None:
    assert data_folder(Path("runs/report_test.html")) == Path("runs/report_test_data")


def test_plotted_numbers_and_named_tables_come_back_from_their_files(tmp_path: Path) -> None:
    table = Table(["organ", "risk"], [["bone", 0.123456789012], [None, math.nan]], "What it means.", name="organs")
    sections = [section("curve", days=np.array([1, 2]), share=[0.5, 0.25]), Section("T", tables=[table])]
    write_numbers(tmp_path, named_tables(sections), "SYNTHETIC")
    curve = pd.read_csv(tmp_path / "curve.csv", comment="#")
    assert curve.to_dict("list") == {"days": [1, 2], "share": [0.5, 0.25]}
    assert (tmp_path / "organs.csv").read_text() == "# What it means.\n# SYNTHETIC\norgan,risk\nbone,0.123456789\n,\n"


def test_two_parts_cannot_want_one_file() -> None:
    with pytest.raises(ValueError, match=r"two parts of the report want the file twice\.csv"):
        named_tables([section("twice", x=[1]), section("twice", x=[1])])


@pytest.mark.parametrize("name", ["../up", "With Blank", "", "a.csv"])
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected lower case letters"):
        named_tables([section(name, x=[1])])


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"differ in length: \[1, 2\]"):
        named_tables([section("curve", x=[1], y=[1, 2])])
