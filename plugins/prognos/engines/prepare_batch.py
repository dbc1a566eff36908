"""From a batch of the data loader to the arguments of the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from monai.engines import PrepareBatch
from monai.utils import convert_to_tensor

from prognos.config import keys

__all__ = ["PrepareLesionBatch", "PreparePortraitBatch", "PrepareScanBatch"]


class PrepareLesionBatch(PrepareBatch):
    """Move a batch of lesions to the device and cut or augment all its patches there at once.

    Args:
        patches: maps stored patches [B, L, S, S] and volumes [B, L] to the network's patches [B, L, H, W];
            :class:`prognos.transforms.AugmentPatches` in training, :class:`prognos.transforms.CenterPatches` elsewhere.
    """

    def __init__(self, patches: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> None:
        self.patches = patches

    def __call__(
        self,
        batchdata: dict[str, Any],
        device: str | torch.device | None = None,
        non_blocking: bool = False,
        **kwargs: Any,
    ) -> tuple[torch.Tensor, torch.Tensor, tuple[()], dict[str, torch.Tensor]]:
        """Return (image [B, L, H, W], label [B, 2], no positional arguments, {"volume": [B, L]})."""

        def moved(key: str) -> torch.Tensor:
            tensor: torch.Tensor = batchdata[key]
            return tensor.to(device=device, non_blocking=non_blocking, **kwargs)

        volume = moved(keys.VOLUME)
        return self.patches(moved(keys.IMAGE), volume), moved(keys.LABEL), (), {keys.VOLUME: volume}


class PreparePortraitBatch(PrepareBatch):
    """Augment each photo of a batch and move the batch to the device.

    The draws of a batch follow from torch's global generator, not from a state of the transform's own, so that a run
    resumed at an epoch draws what the uninterrupted one drew.

    Args:
        augment: a random transform of MONAI, or a ``Compose`` of some: photo in [-1, 1], [3, R, R] -> the same shape.
    """

    def __init__(self, augment: Any) -> None:
        self.augment = augment

    def __call__(
        self,
        batchdata: dict[str, Any],
        device: str | torch.device | None = None,
        non_blocking: bool = False,
        **kwargs: Any,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (image [B, 3, R, R], label [B, 2])."""
        self.augment.set_random_state(seed=int(torch.randint(2**31, ())))
        photos = [convert_to_tensor(self.augment(photo), track_meta=False) for photo in batchdata[keys.IMAGE]]
        label: torch.Tensor = batchdata[keys.LABEL]
        options = {"device": device, "non_blocking": non_blocking, **kwargs}
        return torch.stack(photos).to(**options), label.to(**options)


class PrepareScanBatch(PrepareBatch):
    """Move a batch of whole scans to the device and scale or augment it there at once.

    Args:
        scans: maps stored scans uint8 [B, 1, W, H, D] to the network's input; :class:`prognos.transforms.AugmentScans`
            in training, :class:`prognos.transforms.ScaleScans` elsewhere.
    """

    def __init__(self, scans: Callable[[torch.Tensor], torch.Tensor]) -> None:
        self.scans = scans

    def __call__(
        self,
        batchdata: dict[str, Any],
        device: str | torch.device | None = None,
        non_blocking: bool = False,
        **kwargs: Any,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (image [B, 1, W, H, D], label [B, 2])."""
        image: torch.Tensor = batchdata[keys.IMAGE]
        label: torch.Tensor = batchdata[keys.LABEL]
        options = {"device": device, "non_blocking": non_blocking, **kwargs}
        return self.scans(image.to(**options)), label.to(**options)
