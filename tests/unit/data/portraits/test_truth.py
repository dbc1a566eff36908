"""What can be reached on drawn portraits by whom: the calibration of the cohort."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from numpy.typing import NDArray

from prognos.data.portraits import draw_aligned, draw_factors, true_portrait_scores
from prognos.data.portraits.clinical import draw_clinical
from prognos.data.portraits.cohort import redraw_portrait_survival
from prognos.data.portraits.survival import true_log_hazard
from prognos.metrics import concordance_index

PATIENTS = 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Truth of a cohort, without its photos, and five follow-ups."""
    folder, numbers = tmp_path_factory.mktemp("truth"), range(1, PATIENTS + 1)
    table = draw_factors("clinic", 3, numbers)
    clinical = draw_clinical(table, "clinic", 3, numbers)
    (folder / "truth").mkdir()
    (folder / "dataset.json").write_text('{"domain": "clinic", "seed": 3}')
    table.to_csv(folder / "truth/factors.csv", index=False)
    parts = [table[["patient_id"]], true_log_hazard(table, clinical), clinical]
    pd.concat(parts, axis=1).to_csv(folder / "truth/patients.csv", index=False)
    for seed in range(5):
        redraw_portrait_survival(folder, seed)
    return folder


def concordance(folder: Path, score: NDArray[np.float64], rows: slice = slice(None)) -> float:
    """C-index within cancer types, mean over the follow-ups."""
    found = []
    for seed in range(5):
        cohort = pd.read_csv(folder / f"cohort_seed{seed}.csv")[rows]
        strata = pd.factorize(cohort["cancer_type"])[0]
        time, event = cohort["time"].to_numpy(float), cohort["event"].to_numpy(float)
        found.append(concordance_index(score[rows], time, event, strata=strata)[0])
    return float(np.mean(found))


def test_photo_and_table_share_and_add_to_the_signal(folder: Path) -> None:
    scores = true_portrait_scores(folder)
    index = {name: concordance(folder, scores[name].to_numpy(float)) for name in scores.columns if name != "patient_id"}
    assert 0.72 < index["visible"] < 0.78
    assert 0.68 < index["clinical"] < 0.74
    assert 0.78 < index["oracle"] < 0.83
    assert index["type"] == pytest.approx(0.5)
    assert abs(index["nuisances"] - 0.5) < 0.04
    assert index["age"] < index["health"] < index["visible"]


def test_mean_colours_stay_far_below_what_the_face_shows(folder: Path) -> None:
    """Skin tone, light and its colour hide pallor and jaundice from whoever only averages."""
    pictures = draw_aligned(draw_factors("clinic", 3, range(1, PATIENTS + 1)), 32) / 255.0
    visible = true_portrait_scores(folder)["visible"].to_numpy(float)
    train, test = slice(0, PATIENTS // 2), slice(PATIENTS // 2, None)
    cohort = pd.read_csv(folder / "cohort_seed0.csv")
    best = concordance(folder, visible, test)
    for colours in (pictures.mean((2, 3)), pictures[:, :, 10:26, 9:23].mean((2, 3))):  # whole picture, face alone
        standard = pd.DataFrame((colours - colours[train].mean(0)) / colours[train].std(0))
        table = standard.assign(time=cohort["time"], event=cohort["event"])[train]
        fit = CoxPHFitter(penalizer=0.01).fit(table, "time", "event")
        assert concordance(folder, standard.to_numpy() @ fit.params_.to_numpy(), test) < best - 0.08


def test_a_folder_without_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="prognos synthesize portraits"):
        true_portrait_scores(tmp_path)
