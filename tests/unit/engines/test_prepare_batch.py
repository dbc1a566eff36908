"""Patches are cut on the device, the volume goes to the network by name; photos are augmented by the seed."""

from __future__ import annotations

import torch
from monai.transforms import Compose, RandFlip, RandShiftIntensity

from prognos.engines import PrepareLesionBatch, PreparePortraitBatch


def test_a_batch_becomes_patches_label_and_volume() -> None:
    batch = {
        "image": torch.ones(2, 3, 8, 8, dtype=torch.float16),
        "label": torch.tensor([[5.0, 1.0], [9.0, 0.0]], dtype=torch.float64),
        "volume": torch.tensor([[1.0, 2.0, 0.0], [3.0, 0.0, 0.0]]),
    }

    def cut(image: torch.Tensor, volume: torch.Tensor) -> torch.Tensor:
        return image[..., 2:6, 2:6].float() * (volume > 0)[..., None, None]

    image, label, positional, named = PrepareLesionBatch(cut)(batch, "cpu")
    assert image.shape == (2, 3, 4, 4)
    assert image.sum() == 3 * 16
    assert label.dtype == torch.float64
    assert positional == ()
    assert torch.equal(named["volume"], batch["volume"])


def test_photos_are_augmented_alike_for_the_same_seed_whatever_was_drawn_before() -> None:
    batch = {"image": torch.randn(6, 3, 8, 8), "label": torch.ones(6, 2, dtype=torch.float64)}
    prepare = PreparePortraitBatch(Compose([RandFlip(0.5, spatial_axis=1), RandShiftIntensity(0.5, prob=0.5)]))
    torch.manual_seed(3)
    first, label = prepare(batch, "cpu")
    between, _ = prepare(batch, "cpu")
    torch.manual_seed(3)
    again, _ = prepare(batch, "cpu")
    assert torch.equal(first, again)
    assert not torch.equal(first, between)
    assert type(first) is torch.Tensor
    assert first.shape == batch["image"].shape
    assert label.dtype == torch.float64


def test_photos_of_a_batch_are_augmented_differently() -> None:
    batch = {"image": torch.arange(8.0).expand(32, 3, 8, 8), "label": torch.ones(32, 2)}
    torch.manual_seed(0)
    image, _ = PreparePortraitBatch(Compose([RandFlip(0.5, spatial_axis=1)]))(batch, "cpu")
    assert 4 < int((image[:, 0, 0, 0] == 7).sum()) < 28
