"""The pieces of the command that gathers the evidence on drawn portraits."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from prognos.data import PORTRAIT_REGIONS, draw_aligned, draw_factors, draw_regions

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def edits() -> ModuleType:
    return load("evidence_faces_edits")


@pytest.fixture(scope="module")
def page() -> ModuleType:
    return load("evidence_faces_page")


def load(name: str) -> ModuleType:
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(FOLDER))


def test_a_change_of_the_background_is_found_there_and_nowhere_else(edits: ModuleType) -> None:
    table = draw_factors("clinic", 3, range(1, 5))
    unedited = draw_aligned(table).astype(np.float32) / 127.5 - 1.0
    background = draw_regions(table) == PORTRAIT_REGIONS.index("background")
    brighter = np.where(background[:, None], 0.9 * unedited + 0.02, unedited)
    change = edits.change_by_region(np.stack([unedited, brighter], axis=1), unedited, table)
    assert change["background"][0] == 0.0
    assert change["background"][1] > 1.0
    assert change["face"] == change["clothes"] == [0.0, 0.0]


def test_moving_the_drawn_signs_of_illness_leaves_clothes_and_background(edits: ModuleType) -> None:
    table = draw_factors("clinic", 3, range(1, 9))
    change = edits.redrawn_change(table, [-1.0, 0.0, 1.0], {"pallor": 0.2, "hollow_cheeks": 0.2})
    assert change["face"][1] == 0.0
    assert min(change["face"][0], change["face"][2]) > 2.0
    assert max(change["background"]) < 0.01
    assert max(change["clothes"]) < 0.5


def test_the_reader_follows_the_factors_of_drawn_portraits(
    edits: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edits, "TESTED", 40)
    monkeypatch.setattr(edits, "READ", ("jaundice", "background_lightness"))
    table = draw_factors("clinic", 4, range(1, 241))
    np.save(tmp_path / "aligned.npy", draw_aligned(table))
    table.to_csv(tmp_path / "factors.csv", index=False)
    reader = edits.FactorReader(tmp_path / "aligned.npy", tmp_path / "factors.csv")
    assert min(reader.correlation.values()) > 0.6
    healthy, ill = (draw_aligned(table[-8:].assign(jaundice=value)) / 127.5 - 1.0 for value in (0.1, 0.9))
    read = reader("jaundice", np.stack([healthy, ill], axis=1))
    assert read.shape == (8, 2)
    assert (read[:, 1] - read[:, 0]).min() > 0.2


def test_a_page_without_any_part_says_that_nothing_was_measured(page: ModuleType) -> None:
    text = page.describe({})
    assert text.startswith("# What the face bundle reaches on synthetic portraits")
    assert text.count("Not measured yet.") == text.count("\n## ") == 9
    assert "Synthetic throughout" in text


@pytest.mark.parametrize(("index", "met"), [(0.66, "yes"), (0.62, "**no**")])
def test_the_photo_is_judged_against_the_visible_truth(page: ModuleType, index: float, met: str) -> None:
    row = next(line for line in page.describe({"photo": photo(index)}).splitlines() if "0.10 below" in line)
    assert row.startswith("| photo alone at most 0.10 below the visible truth, all pairs | ")
    assert row.endswith(f" {met} |")


@pytest.mark.parametrize(
    ("difference", "p_value", "met"), [(0.05, 0.01, "yes"), (0.05, 0.2, "**no**"), (-0.05, 0.01, "**no**")]
)
def test_the_fusion_must_be_better_and_significantly_so(
    page: ModuleType, difference: float, p_value: float, met: str
) -> None:
    found = photo(0.7)
    found["tables"]["cohort.csv"]["fusion_minus_clinical"] |= {"difference": difference, "p_value": p_value}
    row = next(line for line in page.describe({"photo": found}).splitlines() if "alone, all pairs" in line)
    assert row.endswith(f" {met} |")


def photo(index: float) -> dict[str, Any]:
    """What the part ``photo`` writes, with one follow-up."""
    figure = {"value": index, "standard_error": 0.02, "interval_95": [index - 0.04, index + 0.04]}
    model = {"c_index": figure, "within_types": figure}
    model |= {"integrated_brier": 0.2, "integrated_over_days": [182.5, 1095.0]}
    truth = {"c_index": 0.74, "within_types": 0.75}
    difference = {"difference": 0.03, "standard_error": 0.01, "p_value": 0.003}
    difference |= {"within_types": 0.03, "within_types_standard_error": 0.01, "within_types_p_value": 0.003}
    table = {"patients": 400, "events": 260, "models": {"coxph": model}, "truth": {"visible": truth}}
    table["fusion_minus_clinical"] = difference
    return {
        "search": "fast",
        "median_relative_error": 0.1,
        "median_seconds_a_photo": 0.5,
        "tables": {"cohort.csv": table},
    }


def test_a_risk_that_reads_the_background_alone_is_seen(tmp_path: Path) -> None:
    surroundings = load("evidence_faces_surroundings")
    table = draw_factors("clinic", 5, range(1, 41))
    (tmp_path / "truth").mkdir()
    table.to_csv(tmp_path / "truth/factors.csv", index=False)

    class Corner(torch.nn.Module):
        def forward(self, photos: torch.Tensor) -> torch.Tensor:
            return photos[:, :, :6, :6].mean(dim=(1, 2, 3))[:, None]

    found = surroundings.measure_surroundings(Corner(), tmp_path)
    assert found["patients"] == 40
    assert found["regions"]["background"] == pytest.approx(1, abs=0.3)
    assert max(found["regions"][name] for name in ("face", "around", "clothes")) == 0
    assert found["factors"]["background and clothes"] > 0.5 > 0.1 > found["factors"]["signs of illness"]
