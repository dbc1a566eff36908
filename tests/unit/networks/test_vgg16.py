"""Feature maps of a VGG16 whose file is the user's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from prognos.networks.nets import VGG16Features

NAMES = {
    f"features.{i}.{part}" for i in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28) for part in ("weight", "bias")
}


def test_names_are_those_of_the_published_files() -> None:
    assert set(VGG16Features().state_dict()) == NAMES


def test_the_five_maps_have_their_shapes() -> None:
    maps = VGG16Features()(torch.zeros(1, 3, 32, 32))
    assert [tuple(layer.shape[1:]) for layer in maps] == [
        (64, 32, 32),
        (128, 16, 16),
        (256, 8, 8),
        (512, 4, 4),
        (512, 2, 2),
    ]
    assert len(VGG16Features()(torch.zeros(1, 1, 8, 8))) == 4


def test_the_file_of_a_user_is_read_and_its_classifier_is_not(tmp_path: Path) -> None:
    network = VGG16Features()
    state = {**network.state_dict(), "classifier.0.weight": torch.zeros(2, 2)}
    torch.save(state, tmp_path / "vgg16.pth")
    save_file(state, tmp_path / "vgg16.safetensors")
    photos = torch.rand(1, 3, 16, 16)
    for name in ("vgg16.pth", "vgg16.safetensors"):
        again = VGG16Features(tmp_path / name)
        assert all(torch.equal(a, b) for a, b in zip(again(photos), network(photos), strict=True))


def test_another_file_is_refused(tmp_path: Path) -> None:
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match="not the weights of a VGG16"):
        VGG16Features(tmp_path / "other.pth")
    (tmp_path / "text.pth").write_text("hello")
    with pytest.raises(ValueError, match="not the weights of a VGG16"):
        VGG16Features(tmp_path / "text.pth")
    with pytest.raises(FileNotFoundError, match="no VGG16 weights"):
        VGG16Features(tmp_path / "absent.pth")
