"""The contact sheet shows every photo once, by line and outcome, and says that it identifies patients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from faces import draw_face
from prognos.config.outcomes import PhotoOutcome
from prognos.visualize import FaceTile, draw_contact_sheet, write_contact_sheet
from prognos.visualize.contact_sheet import NOTICE, ORANGE
from prognos.visualize.style import GREEN, VERMILLION


def rgb(colour: str) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def test_pages_hold_as_many_faces_as_asked() -> None:
    tiles = [FaceTile(line, PhotoOutcome.ALIGNED, draw_face(), is_used=True) for line in range(2, 9)]
    pages = draw_contact_sheet(tiles, columns=3, rows=2)
    assert [page.shape[1] for page in pages] == [pages[0].shape[1]] * 2
    assert pages[1].shape[0] < pages[0].shape[0]
    assert all(page.dtype == np.uint8 for page in pages)


def test_the_frame_says_what_became_of_the_photo() -> None:
    used = FaceTile(2, PhotoOutcome.ALIGNED, draw_face(), is_used=True)
    warned = FaceTile(3, PhotoOutcome.GREY, draw_face(), is_used=True, is_flagged=True)
    dropped = FaceTile(4, PhotoOutcome.GREY, draw_face())
    missing = FaceTile(5, PhotoOutcome.NO_FACE)
    assert [tile.colour for tile in (used, warned, dropped, missing)] == [GREEN, ORANGE, VERMILLION, VERMILLION]
    assert [tile.caption for tile in (used, warned, dropped, missing)] == ["2", "3 grey flag", "4 grey", "5"]
    (page,) = draw_contact_sheet([used, warned, dropped, missing])
    for colour, wanted in ((GREEN, 1), (ORANGE, 1), (VERMILLION, 2)):
        assert (page == rgb(colour)).all(axis=2).sum() >= wanted * 4 * 100 * 4


def test_the_face_itself_is_on_the_page() -> None:
    (page,) = draw_contact_sheet(
        [FaceTile(2, PhotoOutcome.ALIGNED, np.full((112, 112, 3), 77, np.uint8), is_used=True)]
    )
    assert (page == 77).all(axis=2).sum() == 112 * 112


def test_the_document_opens_alone_counts_the_outcomes_and_warns(tmp_path: Path) -> None:
    tiles = [FaceTile(2, PhotoOutcome.ALIGNED, draw_face(), is_used=True), FaceTile(3, PhotoOutcome.NO_FACE)]
    text = write_contact_sheet(tmp_path / "sheet.html", tiles).read_text()
    assert NOTICE in text
    assert PhotoOutcome.NO_FACE.remedy in text
    assert "<td>no_face</td><td>1</td><td>0</td>" in text
    assert text.count("data:image/jpeg;base64,") == 1
    assert "http" not in text
    assert "<script" not in text


def test_no_photo_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot draw 0 photos"):
        draw_contact_sheet([])
