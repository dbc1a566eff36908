"""The feature network: any size, any colours, and the weights that the bundle ships."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from prognos.networks import read_provenance
from prognos.networks.nets import PortraitFeatures, load_portrait_features

SHIPPED = Path(__file__).parents[3] / "bundles" / "face_prognosis" / "models" / "features.safetensors"


def test_a_file_gives_back_the_network(tmp_path: Path) -> None:
    network = PortraitFeatures(7)
    save_file(network.state_dict(), tmp_path / "features.safetensors")
    image = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(load_portrait_features(tmp_path / "features.safetensors")(image), network(image))


@pytest.mark.parametrize(("channels", "size"), [(1, 64), (3, 16), (3, 128)])
def test_every_size_and_grey_images_have_the_same_features(channels: int, size: int) -> None:
    network = PortraitFeatures(7)
    assert network.features(torch.zeros(2, channels, size, size)).shape == (2, network.size)


def test_the_shipped_network_tells_blurred_portraits_from_sharp_ones() -> None:
    network = load_portrait_features(SHIPPED)
    assert read_provenance(SHIPPED).trained_on == "synthetic"
    assert SHIPPED.stat().st_size < 2_000_000
    stripes = torch.sign(torch.sin(torch.arange(64.0)))[None, None, None, :].expand(1, 3, 64, 64)
    blurred = torch.nn.functional.avg_pool2d(stripes, 9, 1, 4)
    assert float((network.features(stripes) - network.features(blurred)).norm()) > 0.5


def test_other_weights_are_refused(tmp_path: Path) -> None:
    save_file({"weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="other weights"):
        load_portrait_features(tmp_path / "other.safetensors")
    with pytest.raises(FileNotFoundError, match="no such file"):
        load_portrait_features(tmp_path / "absent.safetensors")
