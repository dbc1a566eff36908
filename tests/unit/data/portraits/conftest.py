"""One small cohort of portraits for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from prognos.data.portraits import PortraitSettings, draw_factors, write_portrait_cohort

SMALL = PortraitSettings(size=32, photos_per_patient=2)


@pytest.fixture(scope="session")
def portrait_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve patients with two photos each; tests only read it."""
    folder = tmp_path_factory.mktemp("portraits")
    write_portrait_cohort(folder, patients=12, seed=7, settings=SMALL)
    return folder


@pytest.fixture(scope="session")
def plain_faces() -> pd.DataFrame:
    """Six healthy frontal faces of fifty years, hair short and no glasses, in even white light."""
    table = draw_factors("clinic", 1, range(1, 7))
    table[["pallor", "jaundice", "hollow_cheeks", "hair_loss", "tired_eyes"]] = 0.0
    table[["yaw", "pitch", "light_azimuth", "light_warmth", "light_tint", "glasses", "fringe", "stubble"]] = 0.0
    table["age"], table["hair_length"], table["light_intensity"] = 50.0, 0.1, 0.9
    return table
