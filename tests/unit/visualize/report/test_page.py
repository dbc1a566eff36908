"""The report is one file that needs nothing, escapes everything and appears whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prognos.visualize import (
    Concordance,
    Illustration,
    Picture,
    Section,
    Table,
    draw_log_hazards,
    draw_patch_gallery,
    write_report,
)

TEXTS: dict[str, Any] = {"title": "Report", "predicts": "a log hazard", "cohort": "nobody", "not_for": "any decision"}


def write(path: Path, **arguments: Any) -> str:
    return write_report(path / "report.html", **(TEXTS | arguments)).read_text(encoding="utf-8")


def test_every_value_is_escaped(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    section = Section(evil, evil, tables=[Table([evil], [[evil]], evil)])
    page = write(
        tmp_path,
        title=evil,
        predicts=evil,
        cohort=evil,
        not_for=evil,
        notice=evil,
        sections=[section],
        settings={evil: evil},
    )
    assert evil not in page
    assert page.count("&lt;script&gt;") == 15  # the title of a section is in the contents, the caption names the table


def test_nothing_is_loaded_from_anywhere(tmp_path: Path) -> None:
    figure = draw_log_hazards(np.arange(9.0), np.ones(9))
    page = write(tmp_path, sections=[Section("Patients", illustrations=[Illustration(figure)])])
    assert "default-src 'none'" in page
    assert re.findall(r'src="(?!data:)|<link(?![^>]*href="data:)|@import', page) == []
    assert re.findall(r"url\((?!#|data:)", page) == []
    assert re.findall(r"<script(?![^>]*application/json)[^>]*>", page) == ["<script>"]


def test_only_the_script_of_the_page_may_run(tmp_path: Path) -> None:
    page = write(tmp_path)
    [allowed] = re.findall(r"script-src 'sha256-([^']+)'", page)
    [script] = re.findall(r"<script>(.*)</script>", page, re.DOTALL)
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() == allowed


def test_figures_carry_their_alternative_text_and_the_right_format(tmp_path: Path) -> None:
    lines = draw_log_hazards(np.arange(9.0), np.ones(9))
    pixels = draw_patch_gallery(np.zeros((1, 8, 8), np.float32), [0.1])
    page = write(tmp_path, sections=[Section("", illustrations=[Illustration(lines), Illustration(pixels, "below")])])
    assert 'aria-label="Histogram of the log hazards of 9 patients, 9 with an event."' in page
    assert 'alt="CT patches of lesions ordered by predicted risk.' in page
    assert page.count("<svg ") == 1
    [picture] = re.findall(r"data:image/png;base64,([^\"]+)", page)
    assert base64.b64decode(picture).startswith(b"\x89PNG")


def test_first_screen_tells_index_interval_counts_and_oracle(tmp_path: Path) -> None:
    page = write(tmp_path, concordance=Concordance(0.664, 0.611, 0.717, 258, 186, oracle=0.752))
    for text in (">0.664<", "0.611 to 0.717", "258 patients, 186 with the event", "true risks 0.752", "any decision"):
        assert text in page
    assert 'class="dot" style="left:44.00%"' in page  # (0.664 - 0.4) / 0.6


def test_undefined_index_is_said_in_words(tmp_path: Path) -> None:
    page = write(tmp_path, concordance=Concordance(math.nan, math.nan, math.nan, 4, 0))
    assert "no two can be compared" in page
    assert "nan" not in page.lower().replace("nano", "")


def test_notice_is_a_banner_only_when_there_is_one(tmp_path: Path) -> None:
    assert '<div class="notice" role="alert">SYNTHETIC</div>' in write(tmp_path, notice="SYNTHETIC")
    assert 'role="alert"' not in write(tmp_path)


def test_numbers_of_a_table_have_two_decimals_and_gaps_a_dash(tmp_path: Path) -> None:
    table = Table(["organ", "risk", "growth"], [["bone", -0.256, None], ["lung", 1.0, math.nan]])
    page = write(tmp_path, sections=[Section("Lesions", tables=[table])])
    assert '<td class="s">bone</td><td class="n">\N{MINUS SIGN}0.26</td><td>\N{EN DASH}</td>' in page


def test_row_that_does_not_fit_its_header_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a row does not have 2 values"):
        write(tmp_path, sections=[Section("", tables=[Table(["a", "b"], [[1]])])])
    assert list(tmp_path.iterdir()) == []


def test_report_too_large_for_an_email_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected at most 6"):
        write(tmp_path, settings={"x": "x" * 6_100_000})
    assert list(tmp_path.iterdir()) == []


def test_equal_figures_give_equal_reports(tmp_path: Path) -> None:
    pages = [
        write(
            tmp_path, sections=[Section("", illustrations=[Illustration(draw_log_hazards(np.arange(9.0), np.ones(9)))])]
        )
        for _ in range(2)
    ]
    assert pages[0] == pages[1]


def test_a_picture_file_is_put_into_the_report_as_it_is(tmp_path: Path) -> None:
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    (tmp_path / "drawing.svg").write_bytes(drawing)
    section = Section("Files", illustrations=[Picture(tmp_path / "drawing.svg", "A caption.", alt="An empty drawing.")])
    page = write_report(
        tmp_path / "report.html", title="t", predicts="p", cohort="c", not_for="n", sections=[section]
    ).read_text(encoding="utf-8")
    assert "data:image/svg+xml;base64," + base64.b64encode(drawing).decode() in page
    assert 'alt="An empty drawing."' in page
    assert "A caption." in page
