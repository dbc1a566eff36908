"""Convolutions over tiny maps are the same convolutions, computed in another way."""

from __future__ import annotations

import pytest
import torch
from monai.networks.nets import resnet18
from torch import nn

from prognos.networks import with_small_maps
from prognos.networks.small_maps import _SmallMapConv2d

LAYERS = {
    "kept size": {"kernel_size": 3, "padding": 1},
    "halved": {"kernel_size": 3, "stride": 2, "padding": 1, "bias": False},
    "uneven": {"kernel_size": (3, 2), "stride": (1, 2), "padding": (0, 1)},
}


@pytest.mark.parametrize("options", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("size", [(3, 3), (5, 4), (4, 6)])
def test_the_product_equals_the_convolution_with_its_gradients(
    options: dict[str, object], size: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    image = torch.randn(4, 5, *size, dtype=torch.float64, requires_grad=True)
    plain = nn.Conv2d(5, 6, **options).double()  # type: ignore[arg-type]
    expected = plain(image)
    weights = torch.randn_like(expected)
    wanted = torch.autograd.grad((expected * weights).sum(), [image, *plain.parameters()])
    with_small_maps(plain)
    assert isinstance(plain, _SmallMapConv2d)
    found = plain._multiply(image)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    for gradient, reference in zip(
        torch.autograd.grad((found * weights).sum(), [image, *plain.parameters()]), wanted, strict=True
    ):
        torch.testing.assert_close(gradient, reference, rtol=1e-12, atol=1e-12)


def test_a_network_is_the_same_to_the_rounding_of_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = resnet18(spatial_dims=2, n_input_channels=1, num_classes=1, conv1_t_stride=2).eval()
    images = torch.rand(4, 1, 72, 72)
    exact = network(images)
    with torch.autocast("cpu", torch.bfloat16):
        plain = network(images)
    names = list(network.state_dict())
    calls = []
    multiply = _SmallMapConv2d._multiply
    monkeypatch.setattr(_SmallMapConv2d, "_multiply", lambda self, image: calls.append(1) or multiply(self, image))
    assert list(with_small_maps(network).state_dict()) == names
    torch.testing.assert_close(network(images), exact, rtol=0, atol=0)
    assert not calls
    with torch.autocast("cpu", torch.bfloat16):
        found = network(images)
    assert len(calls) == 4  # both blocks of the last stage, all of whose maps are 3 pixels wide
    torch.testing.assert_close(found, plain, rtol=0.02, atol=0.02)


def test_exporters_see_plain_convolutions() -> None:
    network = with_small_maps(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1))).eval()
    image = torch.rand(1, 1, 3, 3)
    expected = network(image)
    torch.testing.assert_close(torch.jit.script(network)(image), expected)
    names = {str(node.target) for node in torch.export.export(network.bfloat16(), (image.bfloat16(),)).graph.nodes}
    assert "aten.conv2d.default" in names
    assert "aten.cat.default" not in names


@pytest.mark.parametrize(
    "options", [{"groups": 2}, {"dilation": 2}, {"padding_mode": "reflect", "padding": 1}, {"padding": "same"}]
)
def test_other_convolutions_stay(options: dict[str, object]) -> None:
    assert type(with_small_maps(nn.Conv2d(2, 2, 3, **options))) is nn.Conv2d  # type: ignore[arg-type]
    assert type(with_small_maps(nn.Conv2d(2, 2, 1))) is nn.Conv2d
