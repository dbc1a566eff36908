"""Latents of photos in the place of the photos, for a head that learns on an encoder that does not.

R is the side of a photo in pixels, P the number of coordinates of a latent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from monai.data import Dataset
from torch import nn

from prognos.config import keys

__all__ = ["EncodedPortraits"]

OF_A_PHOTO = ("photo", "photo_index", "date", "flag")
"""Entries of an example that mean nothing for a patient with several photos."""


class EncodedPortraits(Dataset):
    """One example a patient: the mean latent of the photos, each encoded once.

    The encoder stays as it is, so its work is done here and not in every epoch.

    Args:
        dataset: photos of the patients, :class:`prognos.data.PortraitDataset`.
        encoder: image [B, 3, R, R] -> latent; put into inference mode.
        device: where the photos are encoded.
        batch_size: photos at a time.

    Note:
        An item is that of the data set, with ``image`` (what enters the network that is trained): the latent, float32
        [P].
    """

    def __init__(
        self,
        dataset: Dataset,
        encoder: nn.Module,
        *,
        device: torch.device | str = "cpu",
        batch_size: int = 64,
    ) -> None:
        patients: dict[int, dict[str, Any]] = {}
        latents: dict[int, list[torch.Tensor]] = {}
        for item, latent in _encode(dataset, encoder.to(device).eval(), torch.device(device), batch_size):
            number = int(item[keys.PATIENT_INDEX])
            latents.setdefault(number, []).append(latent)
            patients.setdefault(number, {key: value for key, value in item.items() if key not in OF_A_PHOTO})
        super().__init__(
            data=[item | {keys.IMAGE: torch.stack(latents[number]).mean(dim=0)} for number, item in patients.items()]
        )

    @property
    def events(self) -> list[float]:
        """Event flag of each patient: 1 = observed, 0 = censored."""
        return [float(sample[keys.LABEL][keys.EVENT]) for sample in self.data]

    @property
    def latents(self) -> torch.Tensor:
        """Latent of each patient, float32 [N, P]."""
        return torch.stack([sample[keys.IMAGE] for sample in self.data])

    @property
    def spread(self) -> torch.Tensor:
        """Standard deviation of each coordinate over the patients, 1 where there is none, float32 [P]."""
        deviation = self.latents.std(dim=0, correction=0)
        return torch.where(deviation > 0, deviation, torch.ones_like(deviation))


def _encode(
    dataset: Dataset, encoder: nn.Module, device: torch.device, batch_size: int
) -> Iterator[tuple[dict[str, Any], torch.Tensor]]:
    """Yield each item of the data set, without its photo, and the latent of the photo, on the processor [P]."""
    for start in range(0, len(dataset), batch_size):
        items = [dataset[row] for row in range(start, min(start + batch_size, len(dataset)))]
        with torch.no_grad():
            latents = encoder(torch.stack([item[keys.IMAGE] for item in items]).to(device)).flatten(1).float().cpu()
        for item, latent in zip(items, latents, strict=True):
            yield {key: value for key, value in item.items() if key != keys.IMAGE}, latent.clone()
