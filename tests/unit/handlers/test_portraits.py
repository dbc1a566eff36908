"""The table and the pictures of an inference on photos."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedEvaluator
from torch import nn

from prognos.estimators import BaselineHazard
from prognos.handlers import PortraitWriter
from prognos.networks import Provenance
from prognos.visualize import draw_portrait_card

LABELS = np.column_stack([np.arange(1.0, 31) * 20, np.arange(30) % 2])
BASELINE = BaselineHazard().fit(np.zeros(30), LABELS)
DRAWN = Provenance("synthetic", "drawn", "0" * 64)
OF_PATIENTS = Provenance("patients", "a clinic", "0" * 64)


class Half(nn.Module):
    """Inferer and network in one: the log hazard is the mean grey, the drawing half of the photo."""

    def __call__(self, inputs: torch.Tensor, network: Any, *args: Any, **kwargs: Any) -> dict[str, torch.Tensor]:
        return {"log_hazard": inputs.mean(dim=(1, 2, 3))[:, None], "reconstruction": inputs / 2}


class WithoutGenerator(Half):
    """The same without a drawing."""

    def __call__(self, inputs: torch.Tensor, network: Any, *args: Any, **kwargs: Any) -> dict[str, torch.Tensor]:
        return {"log_hazard": super().__call__(inputs, network)["log_hazard"]}


def infer(folder: Path, *, inferer: Any = None, **settings: Any) -> pd.DataFrame:
    """Write the results of three photos of two patients."""
    random = torch.Generator().manual_seed(0)
    rows = [
        {
            "image": torch.rand(3, 8, 8, generator=random) - row / 4,
            "label": torch.full((2,), torch.nan, dtype=torch.float64),
            "patient_id": f"0{row // 2}",
            "photo": f"{row}.png",
            "photo_index": torch.tensor(row),
        }
        for row in range(3)
    ]
    writer = PortraitWriter(folder, **({"provenance": DRAWN, "baseline": BASELINE, "horizons": [400, 100]} | settings))
    SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=DataLoader(Dataset(rows), batch_size=2),
        network=nn.Identity(),
        inferer=inferer or Half(),
        val_handlers=[writer],
        decollate=False,
    ).run()
    return pd.read_csv(folder / "portraits.csv", comment="#", dtype={"patient_id": str})


def test_the_table_has_a_row_a_photo_with_survival_at_the_horizons_in_order(tmp_path: Path) -> None:
    table = infer(tmp_path)
    columns = ["patient_id", "photo", "log_hazard", "survival_100_days", "survival_400_days", "reconstruction_error"]
    assert list(table) == columns
    assert list(table["patient_id"]) == ["00", "00", "01"]
    expected = BASELINE.survival(table["log_hazard"], [100, 400])
    np.testing.assert_allclose(table[columns[3:5]], expected, rtol=1e-6)
    assert (table["survival_400_days"] < table["survival_100_days"]).all()
    assert (np.diff(table["log_hazard"]) < 0).all(), "darker photos"
    assert (np.diff(table["survival_400_days"]) > 0).all(), "higher log hazard, earlier event"
    assert (table["reconstruction_error"] > 0).all()


def test_the_head_says_what_the_numbers_mean_and_whose_weights_made_them(tmp_path: Path) -> None:
    infer(tmp_path)
    head = [line for line in (tmp_path / "portraits.csv").read_text().splitlines() if line.startswith("#")]
    assert "higher = earlier event" in head[0]
    assert "empty beyond the follow-up" in head[1]
    assert "feed-forward" in head[2]
    assert "SYNTHETIC WEIGHTS" in head[3]


def test_no_survival_is_stated_beyond_the_follow_up(tmp_path: Path) -> None:
    table = infer(tmp_path, horizons=[600, 601])
    assert table["survival_600_days"].notna().all()
    assert table["survival_601_days"].isna().all()


def test_without_a_generator_the_error_of_the_reconstruction_is_empty(tmp_path: Path) -> None:
    table = infer(tmp_path, inferer=WithoutGenerator(), show_portraits=True)
    assert table["reconstruction_error"].isna().all()
    assert (tmp_path / "portrait_0002.png").is_file()


def test_no_picture_is_written_unless_the_config_says_so(tmp_path: Path) -> None:
    infer(tmp_path, origin="synthetic")
    assert [path.name for path in tmp_path.iterdir()] == ["portraits.csv"]


@pytest.mark.parametrize(
    ("origin", "provenance", "notice"),
    [
        ("synthetic", DRAWN, "SYNTHETIC WEIGHTS"),
        ("patients", DRAWN, "SYNTHETIC WEIGHTS.*IDENTIFYING"),
        ("patients", OF_PATIENTS, "^IDENTIFYING"),
        ("synthetic", OF_PATIENTS, "^$"),
    ],
)
def test_a_picture_of_a_patient_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: str, provenance: Provenance, notice: str
) -> None:
    notices: list[str] = []

    def note(*arguments: Any, **named: Any) -> Any:
        notices.append(named["notice"])
        return draw_portrait_card(*arguments, **named)

    monkeypatch.setattr("prognos.handlers.portraits.draw_portrait_card", note)
    infer(tmp_path, show_portraits=True, origin=origin, provenance=provenance)
    assert len(list(tmp_path.glob("portrait_*.png"))) == len(notices) == 3
    assert all(re.search(notice, found) for found in notices)


@pytest.mark.parametrize("horizons", [[], [0], [-5, 100]])
def test_horizons_that_are_no_days_are_refused(tmp_path: Path, horizons: list[float]) -> None:
    with pytest.raises(ValueError, match="expected days above 0"):
        infer(tmp_path, horizons=horizons)
