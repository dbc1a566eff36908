"""Lesion ranker: the risk of every lesion, and their sum as the risk of the patient.

Data flow, with B annotations, L lesions (padding included), N lesions that are not padding, patches of H x W pixels, F
features::

    image [B, L, H, W] -- volume > 0 --> [N, 1, H, W] -> encoder -> [N, F] -> head -> risk [N, 1] -> [B, L] --+
    volume [B, L] -> size scaler -> factor [B, L] -----------------------------------------------------------x
    scaled risk [B, L] -- sum over L --> log hazard [B, 1] <---------------------------------------------------+

Patches are in [0, 1]. Augmentation is in ``prognos.transforms``, the Cox loss in ``prognos.losses``.

Source:
    Yang, Jemaa, Bengtsson and El Ghaoui, "Metastatic lung cancer prognosis via deep image-based lesion prioritization",
    section 4: r_p = sum_i r_i s_i.
"""

from __future__ import annotations

import torch
from torch import nn

from prognos.networks.exporting import is_exporting
from prognos.networks.small_maps import with_small_maps

__all__ = ["LesionRanker"]


class LesionRanker(nn.Module):
    """Score lesions by their patches, weigh them by their volume, add them up.

    Padded lesions (volume 0) never enter the encoder, so they change neither a result nor a batch statistic, and the
    order of the lesions is irrelevant.

    The head starts at zero, so every patient starts with log hazard 0: sums over up to 40 lesions of random risks
    would start at a Cox loss far above that of no knowledge.

    Args:
        encoder: maps patches [N, 1, H, W] to features [N, F]. In the paper a ResNet18 trained from scratch;
            ``monai.networks.nets.resnet18(spatial_dims=2, n_input_channels=1, feed_forward=False, conv1_t_stride=2)``
            is that network with torchvision's stem.
        features: F, 512 for a ResNet18.
        size_scaler: maps volumes [B, L], mm3, to positive factors [B, L].
    """

    def __init__(self, encoder: nn.Module, features: int, size_scaler: nn.Module) -> None:
        super().__init__()
        self.encoder = with_small_maps(encoder)
        self.head = nn.Linear(features, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.size_scaler = size_scaler

    def forward(self, image: torch.Tensor, volume: torch.Tensor | None = None) -> torch.Tensor:
        """Score patients.

        Args:
            image: lesion patches in [0, 1], [B, L, H, W].
            volume: lesion volumes in mm3, 0 for padding, [B, L]. ``None`` reads every patch as a lesion of 1 mL, which
                serves checks of shapes and makes no prognosis.

        Returns:
            Log hazard, no unit, higher means earlier event, 0 for a patient without lesions, [B, 1].
        """
        if volume is None:
            volume = torch.full(image.shape[:2], 1000.0, dtype=image.dtype, device=image.device)
        _, scaled_risk = self.rank(image, volume)
        return scaled_risk.sum(dim=1, keepdim=True)

    @torch.jit.export
    def rank(self, image: torch.Tensor, volume: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Score lesions.

        Args:
            image: lesion patches in [0, 1], [B, L, H, W].
            volume: lesion volumes in mm3, 0 for padding, [B, L].

        Returns:
            Risk and scaled risk (risk times size factor, what the lesion adds to the log hazard), both without unit,
            higher is worse, 0 for padding, [B, L].
        """
        present = volume > 0
        if is_exporting():
            # An exporter cannot follow a data-dependent count; outside training, all patches give the same risks.
            dense = self._score(image.flatten(0, 1)).view_as(volume).to(volume.dtype)
            risk = torch.where(present, dense, torch.zeros_like(volume))
        elif bool(present.any()):
            risk = torch.zeros_like(volume).masked_scatter(present, self._score(image[present]).to(volume.dtype))
        else:
            risk = self._attached_zeros(volume)
        return risk, risk * self.size_scaler(volume)

    def _score(self, patches: torch.Tensor) -> torch.Tensor:
        """Risks [N, 1] of patches [N, H, W]."""
        risk: torch.Tensor = self.head(self.encoder(patches.unsqueeze(1)))
        return risk

    def _attached_zeros(self, volume: torch.Tensor) -> torch.Tensor:
        """Zeros [B, L] attached to every weight that scores: without them distributed training waits for ever."""
        zeros = torch.zeros_like(volume)
        if not torch.jit.is_scripting():  # type: ignore[attr-defined]
            for parameter in [*self.encoder.parameters(), *self.head.parameters()]:
                zeros = zeros + 0.0 * parameter.sum()
        return zeros
