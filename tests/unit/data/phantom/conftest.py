"""One small cohort and one chest for all tests of the phantom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prognos.data.phantom.anatomy import Anatomy, build_anatomy
from prognos.data.phantom.cohort import PhantomSettings, write_lesion_cohort

COARSE = PhantomSettings(spacing=(4.0, 4.0, 8.0))


@pytest.fixture(scope="session")
def cohort_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two coarse patients; tests only read it."""
    folder = tmp_path_factory.mktemp("phantom")
    write_lesion_cohort(folder, patients=2, seed=7, processes=1, settings=COARSE)
    return folder


@pytest.fixture(scope="session")
def chest() -> Anatomy:
    """A chest without lesions; tests only read it."""
    return build_anatomy(np.random.default_rng(3), (4.0, 4.0, 8.0))
