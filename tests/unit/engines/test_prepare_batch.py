"""Patches are cut on the device, the volume goes to the network by name."""

from __future__ import annotations

import torch

from prognos.engines import PrepareLesionBatch


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
