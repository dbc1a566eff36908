"""Figures take the colours of the page they stand on."""

from __future__ import annotations

import re

import numpy as np

from prognos.visualize import draw_log_hazards, draw_patch_gallery
from prognos.visualize.report.drawing import drawing, image_source
from prognos.visualize.style import BLUE, GRID, INK, MUTED, VERMILLION


def test_lines_bear_names_of_colours_instead_of_colours() -> None:
    text = drawing(draw_log_hazards(np.arange(9.0), np.ones(9)), prefix="f1-")
    assert not re.findall("|".join((INK, MUTED, GRID, BLUE, VERMILLION, "#ffffff")), text)
    assert {"var(--ink)", "var(--card)", "var(--vermillion)"} <= set(re.findall(r"var\(--\w+\)", text))


def test_names_inside_two_drawings_never_meet() -> None:
    figure = draw_log_hazards(np.arange(9.0), np.ones(9))
    first, second = (drawing(figure, prefix=prefix) for prefix in ("f1-", "f2-"))
    names = [set(re.findall(r' id="([^"]+)"', text)) for text in (first, second)]
    assert names[0]
    assert not names[0] & names[1]
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', first))
    assert used
    assert used <= names[0]


def test_text_stays_text_so_that_it_is_found_and_read() -> None:
    assert ">patients</text>" in drawing(draw_log_hazards(np.arange(9.0), np.ones(9)), prefix="")


def test_images_stay_pixels_on_white() -> None:
    text = drawing(draw_patch_gallery(np.zeros((1, 8, 8), np.float32), [0.1]), prefix="")
    assert text.startswith("<img ")
    assert "data:image/png;base64," in text
    assert image_source(np.zeros((4, 4), np.uint8)).startswith("data:image/png;base64,")
