"""Fixtures that several folders share."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch

from prognos.data import PhantomSettings, PortraitSettings, write_lesion_cohort, write_portrait_cohort
from prognos.networks import build_latent_encoder, fingerprint, save_latent_encoder, save_stylegan2, write_provenance
from prognos.networks.nets import StyleGAN2Generator

REPOSITORY = Path(__file__).parents[1]
"""Top of the repository."""


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Small networks on small machines: more threads only wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def lesion_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of 16 synthetic patients on a coarse grid, dealt into four parts."""
    folder = tmp_path_factory.mktemp("lesion_cohort")
    table = write_lesion_cohort(folder, patients=16, seed=7, processes=1, settings=PhantomSettings((4.0, 4.0, 8.0)))
    deal_into_folds(table)
    return folder


@pytest.fixture(scope="session")
def lesion_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cache that the runs on :func:`lesion_cohort` share."""
    return tmp_path_factory.mktemp("lesion_cache")


@pytest.fixture(scope="session")
def portrait_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of 24 drawn patients with two photos each, dealt into four parts."""
    folder = tmp_path_factory.mktemp("portrait_cohort")
    deal_into_folds(write_portrait_cohort(folder, patients=24, seed=7, settings=PortraitSettings(photos_per_patient=2)))
    return folder


@pytest.fixture(scope="session")
def portrait_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of ``generator.safetensors`` and ``encoder.safetensors``, 64 pixels, random weights, w of 8 numbers."""
    folder = tmp_path_factory.mktemp("portrait_models")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = StyleGAN2Generator(64, z_dim=8, w_dim=8, mapping_layers=2, channel_base=64, channel_max=8)
    encoder = build_latent_encoder(generator, draws=200)
    save_stylegan2(folder / "generator.safetensors", G_ema=generator)
    save_latent_encoder(folder / "encoder.safetensors", encoder, fingerprint(generator))
    for name in ("generator", "encoder"):
        write_provenance(folder / f"{name}.safetensors", "synthetic", "random weights")
    return folder


@pytest.fixture(scope="session")
def portrait_settings(portrait_cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Overrides of the portrait bundle's configs for the tiny networks; values that a command line can carry."""
    cache = str(tmp_path_factory.mktemp("portrait_cache"))
    return {"dataset_dir": str(portrait_cohort), "cache_dir": cache, "device": "cpu", "latent_shape": [8]}


def deal_into_folds(table: Path) -> None:
    """Write four parts of alike outcomes into the column ``fold`` of a cohort table."""
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    for number, row in enumerate(sorted(rows, key=lambda row: (row["event"], float(row["time"])))):
        row["fold"] = str(number % 4)
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
