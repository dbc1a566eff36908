"""What stands for the size scaler in the ablations, against closed forms."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from prognos.networks.blocks import ConstantSizeFactor, LargestLesionsShare, LinearSizeFactor
from prognos.networks.nets import LesionRanker

FACTORS = {"linear": LinearSizeFactor, "constant": ConstantSizeFactor, "share": LargestLesionsShare}


class Moments(nn.Module):
    """Encoder of two features: mean and mean square of the pixels."""

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        return torch.stack([patches.mean(dim=(1, 2, 3)), patches.square().mean(dim=(1, 2, 3))], dim=1)


def ranker(factor: nn.Module) -> LesionRanker:
    torch.manual_seed(0)
    network = LesionRanker(Moments(), features=2, size_scaler=factor)
    nn.init.normal_(network.head.weight)
    nn.init.constant_(network.head.bias, 0.3)
    return network.double()


def lesions(patients: int = 3, count: int = 7, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    volume = 9000.0 * torch.rand(patients, count, generator=generator, dtype=torch.float64) + 10.0
    volume[0, 4:] = 0.0
    volume[1] = 0.0
    return torch.rand(patients, count, 6, 6, generator=generator, dtype=torch.float64), volume


def test_without_a_size_scaler_the_log_hazard_is_the_sum_of_the_lesion_risks() -> None:
    image, volume = lesions()
    network = ranker(ConstantSizeFactor())
    risk = network.head(Moments()(image.flatten(0, 1)[:, None])).reshape(3, 7) * (volume > 0)
    torch.testing.assert_close(network(image, volume), risk.sum(dim=1, keepdim=True))


def test_without_the_network_the_factor_is_a_learned_constant_times_the_volume() -> None:
    image, volume = lesions()
    factor = LinearSizeFactor()
    nn.init.constant_(factor.log_constant, 0.7)
    network = ranker(factor)
    risk = network.head(Moments()(image.flatten(0, 1)[:, None])).reshape(3, 7)
    expected = torch.exp(torch.tensor(0.7, dtype=torch.float64)) / 3000.0 * (risk * volume).sum(dim=1, keepdim=True)
    torch.testing.assert_close(network(image, volume), expected)
    network(image, volume).sum().backward()
    assert factor.log_constant.grad is not None
    assert factor.log_constant.grad.abs() > 0


@pytest.mark.parametrize("exponent", [1 / 3, 1.0])
def test_shares_predict_from_the_size_weighted_mean_embedding_of_the_largest_five(exponent: float) -> None:
    image, volume = lesions()
    network = ranker(LargestLesionsShare(5, exponent))
    expected = torch.zeros(3, 1, dtype=torch.float64)
    for patient in (0, 2):
        largest = volume[patient].argsort(descending=True)[:5]
        weight = volume[patient, largest] ** exponent
        embedding = Moments()(image[patient, largest][:, None])
        expected[patient] = network.head((weight[:, None] * embedding).sum(dim=0) / weight.sum())
    torch.testing.assert_close(network(image, volume), expected)


def test_shares_add_up_to_one_over_as_many_lesions_as_asked_for() -> None:
    share = LargestLesionsShare(2)(torch.tensor([[8.0, 1.0, 8.0, 8.0], [0.0, 27.0, 0.0, 8.0], [0.0, 0.0, 0.0, 0.0]]))
    expected = torch.tensor([[0.5, 0.0, 0.5, 0.0], [0.0, 0.6, 0.0, 0.4], [0.0, 0.0, 0.0, 0.0]])
    torch.testing.assert_close(share, expected)


@pytest.mark.parametrize("name", FACTORS)
def test_padding_changes_nothing(name: str) -> None:
    image, volume = lesions()
    padded = torch.cat([image, torch.full((3, 4, 6, 6), 5.0, dtype=torch.float64)], dim=1)
    longer = torch.cat([volume, torch.zeros(3, 4, dtype=torch.float64)], dim=1)
    network = ranker(FACTORS[name]())
    torch.testing.assert_close(network(padded, longer), network(image, volume))
    assert network(image, volume)[1].item() == 0.0


@pytest.mark.parametrize("name", FACTORS)
def test_torchscript_equals_eager_at_another_shape(name: str) -> None:
    network = ranker(FACTORS[name]()).eval()
    scripted = torch.jit.script(network)
    for count in (2, 9):
        image, volume = lesions(count=count, seed=count)
        torch.testing.assert_close(scripted(image, volume), network(image, volume))


@pytest.mark.filterwarnings("ignore")
def test_onnx_equals_eager_at_another_shape(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    network = ranker(LargestLesionsShare()).float().eval()
    axes = {0: torch.export.Dim("B"), 1: torch.export.Dim("L")}
    file = str(tmp_path / "ranker.onnx")
    example = tuple(tensor.float() for tensor in lesions(patients=4, count=6))
    torch.onnx.export(
        network, example, file, input_names=["image", "volume"], dynamic_shapes=(axes, axes), dynamo=True, verbose=False
    )
    image, volume = (tensor.float() for tensor in lesions(patients=2, count=9, seed=3))
    (found,) = runtime.InferenceSession(file).run(None, {"image": image.numpy(), "volume": volume.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), network(image, volume), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("wrong", [{"count": 0}, {"exponent": -1.0}])
def test_an_impossible_share_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected a count >= 1"):
        LargestLesionsShare(**wrong)
