"""A StyleGAN2 training so small that it takes no time, for the tests of its parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.bundle import ConfigWorkflow
from torch.utils.data import DataLoader

from prognos.data import AlignedPhotos, ContinuousBatchSampler
from prognos.engines import AdaptiveProbability, StyleGAN2Trainer, build_lazy_adam
from prognos.losses import PathLengthPenalty, R1Penalty
from prognos.networks import HalfLifeAverage
from prognos.networks.nets import StyleGAN2Discriminator, StyleGAN2Generator
from prognos.transforms import AugmentPortraits

CONFIGS = Path(__file__).parents[1] / "bundles" / "face_prognosis" / "configs"

TINY = {
    "resolution": 16,
    "z_dim": 8,
    "w_dim": 8,
    "mapping_layers": 2,
    "channel_base": 64,
    "channel_max": 8,
    "batch_size": 8,
    "tick_kimg": 0.024,
    "r1_interval": 2,
    "path_length_interval": 2,
    "augmentation_kimg": 0.05,
    "augmentation_target": -0.9,
    "frechet_interval": 0,
    "device": "$torch.device('cpu')",
}
"""Overrides of train_generator.json; the target is so low that the augmentation is soon at work."""


def write_photos(folder: Path, count: int = 40, size: int = 16) -> Path:
    """Write smooth random squares as aligned photos that say that they are drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    coarse = torch.rand(count, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    photos = torch.nn.functional.interpolate(coarse, size=(size, size), mode="bilinear")
    np.save(folder / "aligned.npy", (photos * 255).to(torch.uint8).numpy())
    (folder / "dataset.json").write_text(json.dumps({"description": "synthetic squares", "seed": 0}))
    return folder / "aligned.npy"


def open_training(dataset_dir: Path, output_dir: Path, *more: str, **overrides: Any) -> ConfigWorkflow:
    """The workflow of train_generator.json, tiny."""
    files = [str(CONFIGS / name) for name in ("train_generator.json", *more)]
    settings = {"dataset_dir": str(dataset_dir), "output_dir": str(output_dir), **TINY, **overrides}
    return ConfigWorkflow(files, workflow_type="train", logging_file=False, **settings)


def train(dataset_dir: Path, output_dir: Path, *more: str, **overrides: Any) -> ConfigWorkflow:
    """Run it to its end."""
    workflow = open_training(dataset_dir, output_dir, *more, **overrides)
    workflow.initialize()
    workflow.run()
    workflow.finalize()
    return workflow


def make_trainer(photos: Path, **arguments: Any) -> StyleGAN2Trainer:
    """A trainer of 16 x 16 pixels without config or handlers: one epoch of four batches of eight."""
    torch.manual_seed(0)
    widths = {"resolution": 16, "channel_base": 64, "channel_max": 8}
    generator = StyleGAN2Generator(z_dim=8, w_dim=8, mapping_layers=2, **widths)
    discriminator = StyleGAN2Discriminator(**widths)
    dataset = AlignedPhotos(photos)
    sampler = ContinuousBatchSampler(len(dataset), 8, 32, seed=0)
    parts = {
        "generator": generator,
        "discriminator": discriminator,
        "average": HalfLifeAverage(generator, 1000.0),
        "generator_optimizer": build_lazy_adam(generator.parameters(), interval=4),
        "discriminator_optimizer": build_lazy_adam(discriminator.parameters(), interval=16),
        "r1": R1Penalty(0.1),
        "path_length": PathLengthPenalty(),
        "augment": AugmentPortraits(),
        "probability": AdaptiveProbability(start=0.5),
    }
    return StyleGAN2Trainer("cpu", 1, DataLoader(dataset, batch_sampler=sampler), **(parts | arguments))
