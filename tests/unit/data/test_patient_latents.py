"""Latents as samples, one a patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from prognos.data import latent_samples
from prognos.data.latents import Latents, LatentTableError


def latents(patients: tuple[str, ...]) -> Latents:
    values = np.arange(len(patients) * 6, dtype=float).reshape(-1, 6)
    return Latents(Path("latents.csv"), patients, tuple(map(str, range(len(patients)))), values, (2, 3), "f" * 64, "w+")


def test_each_patient_gets_the_first_photo_in_the_shape_of_the_space() -> None:
    found = latent_samples(latents(("b", "a", "b")), [{"patient_id": "a"}, {"patient_id": "b"}, {"patient_id": "c"}])
    assert [sample["patient_id"] for sample in found] == ["a", "b"]
    assert torch.equal(found[1]["image"], torch.arange(6.0).view(2, 3))


def test_a_limit_takes_patients_evenly_over_the_table() -> None:
    names = tuple(f"p{i}" for i in range(11))
    found = latent_samples(latents(names), [{"patient_id": name} for name in names], limit=3)
    assert [sample["patient_id"] for sample in found] == ["p0", "p5", "p10"]


def test_tables_of_different_cohorts_are_refused() -> None:
    with pytest.raises(LatentTableError, match="none of the 1 patients of the cohort has a latent here"):
        latent_samples(latents(("a",)), [{"patient_id": "secret"}])
