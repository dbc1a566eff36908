"""Photos become latents once, and a patient with several photos becomes one example."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from monai.data import Dataset
from torch import nn

from prognos.engines import EncodedPortraits


class Channels(nn.Module):
    """Mean of each channel, in the shape of a w+ latent; counts the photos it sees."""

    seen = 0

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        assert not self.training
        self.seen += len(image)
        return image.mean(dim=(2, 3))[:, None]


def photos(rows: list[tuple[int, float]]) -> Dataset:
    """One photo for each (patient, grey)."""
    return Dataset([_photo(row, patient, grey) for row, (patient, grey) in enumerate(rows)])


def _photo(row: int, patient: int, grey: float) -> dict[str, Any]:
    return {
        "image": torch.full((3, 4, 4), grey),
        "label": torch.tensor([10.0 + patient, patient % 2], dtype=torch.float64),
        "patient_id": f"p{patient}",
        "patient_index": torch.tensor(patient),
        "photo": f"{row}.png",
        "photo_index": torch.tensor(row),
        "date": "",
        "cancer_type": "lung",
    }


def test_several_photos_of_a_patient_are_one_example_with_their_mean_latent() -> None:
    encoded = EncodedPortraits(photos([(4, 0.0), (7, 0.5), (4, 1.0), (4, 0.2)]), Channels(), batch_size=3)
    assert len(encoded) == 2
    assert [int(item["patient_index"]) for item in encoded] == [4, 7]
    torch.testing.assert_close(encoded[0]["image"], torch.full((3,), 0.4))
    torch.testing.assert_close(encoded.latents, torch.tensor([[0.4] * 3, [0.5] * 3]))
    assert encoded[1]["label"].tolist() == [17.0, 1.0]
    assert encoded.events == [0.0, 1.0]


def test_what_belongs_to_one_photo_is_left_out_and_the_rest_stays() -> None:
    (item,) = EncodedPortraits(photos([(1, 0.0), (1, 1.0)]), Channels())
    assert item.keys() == {"image", "label", "patient_id", "patient_index", "cancer_type"}


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_each_photo_is_encoded_once_whatever_the_batch(batch_size: int) -> None:
    encoder = Channels()
    encoded = EncodedPortraits(photos([(row, float(row)) for row in range(5)]), encoder, batch_size=batch_size)
    [encoded[0] for _ in range(3)]
    assert encoder.seen == 5
    assert encoded.latents[:, 0].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert not encoded[0]["image"].requires_grad


def test_a_coordinate_without_spread_does_not_divide_by_zero() -> None:
    rows = photos([(0, 1.0), (1, 3.0)])
    for item in rows.data:
        item["image"][2] = 9.0
    torch.testing.assert_close(EncodedPortraits(rows, Channels()).spread, torch.tensor([1.0, 1.0, 1.0]))
    rows.data[0]["image"][0] = -1.0
    torch.testing.assert_close(EncodedPortraits(rows, Channels()).spread, torch.tensor([2.0, 1.0, 1.0]))
