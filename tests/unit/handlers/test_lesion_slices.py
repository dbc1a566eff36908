"""The lesions at both ends of a cohort's ranking, on their slices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from ignite.engine import Engine

from prognos.handlers import AnnotationFiles, LesionSlicesHandler, LesionTableWriter, draw_extreme_lesions
from prognos.visualize import figure_pixels, risk_colour, risk_limits
from scans import make_image, make_labels, write_volume


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], AnnotationFiles]:
    """Three patients with the same scan; the second reader of the first gave the lesions other ids."""
    folder = tmp_path_factory.mktemp("scans")
    image, mask = write_volume(folder / "ct.nii.gz", make_image()), write_volume(folder / "m.nii.gz", make_labels())
    other = write_volume(folder / "o.nii.gz", np.where(make_labels() == 1, 9, make_labels()).astype(np.uint8))
    found = {(patient, "x"): AnnotationFiles(image, (mask,)) for patient in "abc"}
    return found | {("a", "y"): AnnotationFiles(image, (other,))}


def lesions() -> pd.DataFrame:
    """Two lesions of each patient; the mean risks rank a1 > b7 > c1 > c7 > b1 > a7."""
    rows = [
        ("a", "x", 1, 1, 0.9, 5), ("a", "y", 9, 1, 0.5, 5), ("a", "x", 7, 2, -0.8, 1), ("a", "y", 7, 2, -0.6, 1),
        ("b", "x", 1, 1, -0.3, 5), ("b", "x", 7, 2, 0.6, 1), ("c", "x", 1, 1, 0.2, 5), ("c", "x", 7, 2, 0.1, 1),
    ]  # fmt: skip
    names = ["patient_id", "reader", "lesion_id", "matched_lesion", "risk", "slice_from_feet_first_is_0"]
    return pd.DataFrame(rows, columns=names).assign(
        organ="lung", diameter_mm=12.0, volume_mm3=100.0, scaled_risk=0.0, growth_ratio=np.nan
    )


def test_two_highest_and_two_lowest_means_are_drawn(files: dict[tuple[str, str], AnnotationFiles]) -> None:
    drawn = draw_extreme_lesions(lesions(), files, notice="SYNTHETIC WEIGHTS")
    assert drawn is not None
    assert drawn.plotted["rank_1_is_worst"].tolist() == [1, 2, 5, 6]
    assert drawn.plotted[["patient_id", "lesion_id"]].apply(tuple, axis=1).tolist() == [
        *(("a", 1), ("b", 7), ("b", 1), ("a", 7)),
    ]
    np.testing.assert_allclose(drawn.plotted["risk"], [0.7, 0.6, -0.3, -0.7])
    titles = [axes.get_title(loc="left") for axes in drawn.figure.axes[:4]]
    assert titles[0] == "rank 1 of 6 · lung · risk +0.70"
    assert not any("patient" in text or " a" in text.split("·")[0] for text in titles)


def test_lesions_of_one_id_in_two_patients_keep_their_own_colours(
    files: dict[tuple[str, str], AnnotationFiles],
) -> None:
    drawn = draw_extreme_lesions(lesions(), files)
    assert drawn is not None
    limits = risk_limits([0.7, -0.7])
    for axes, risk in zip(drawn.figure.axes[:4], (0.7, 0.6, -0.3, -0.7), strict=True):
        tint = next(np.asarray(image.get_array()) for image in axes.images if np.ndim(image.get_array()) == 3)
        shown = tint[tint[..., 3] > 0.29][0]  # the lesion in focus is tinted more
        np.testing.assert_allclose(shown[:3], risk_colour(risk, limits)[:3], atol=1e-6)


def test_without_matches_the_first_reader_is_shown(files: dict[tuple[str, str], AnnotationFiles]) -> None:
    drawn = draw_extreme_lesions(lesions().drop(columns="matched_lesion"), files)
    assert drawn is not None
    assert drawn.plotted["risk"].tolist() == [0.9, 0.6, -0.3, -0.8]


def test_few_lesions_are_shown_once_and_none_not_at_all(files: dict[tuple[str, str], AnnotationFiles]) -> None:
    drawn = draw_extreme_lesions(lesions().iloc[4:6], files)
    assert drawn is not None
    assert len(drawn.plotted) == 2
    assert draw_extreme_lesions(lesions().iloc[:0], files) is None


def test_the_handler_draws_what_the_epoch_scored(files: dict[tuple[str, str], AnnotationFiles], tmp_path: Path) -> None:
    batch = {
        "patient_id": ["b", "c"],
        "reader": ["x", "x"],
        "instance": torch.tensor([[1, 7], [1, 7]]),
        "organ": torch.tensor([[1, 4], [3, 1]]),
        "volume": torch.tensor([[28.0, 12.0], [28.0, 12.0]]),
        "diameter": torch.tensor([[8.0, 6.0], [8.0, 6.0]]),
        "growth": torch.full((2, 2), torch.nan),
        "slice": torch.tensor([[5, 1], [5, 1]]),
        "image_file": [files["b", "x"].image] * 2,
        "mask_files": [files["b", "x"].masks[0]] * 2,
    }
    risk = torch.tensor([[0.3, -0.2], [0.8, 0.0]])
    engine = Engine(lambda engine, batch: {"pred": {"risk": risk, "scaled_risk": risk, "log_hazard": risk.sum(1)}})
    table = LesionTableWriter(tmp_path / "lesions.csv")
    handler = LesionSlicesHandler(table)
    for each in (table, handler):
        each.attach(engine)
    engine.run([batch], max_epochs=1)
    assert handler.plotted is not None
    assert handler.figure is not None
    np.testing.assert_allclose(handler.plotted["risk"], [0.8, 0.3, 0.0, -0.2], atol=1e-6)
    assert handler.plotted["organ"].tolist() == ["liver", "lung", "lung", "bone"]
    assert figure_pixels(handler.figure).std() > 10
