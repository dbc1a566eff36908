"""The lesion ranker adds scaled lesion risks and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
import torch
from monai.networks.nets import resnet18
from torch import nn

from prognos.networks import with_norm
from prognos.networks.blocks import SizeScaler
from prognos.networks.nets import LesionRanker


class MeanPixel(nn.Module):
    """Encoder whose risk is the mean pixel."""

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        return patches.mean(dim=(2, 3))


class Millilitres(nn.Module):
    """Size factor that is the volume in mL."""

    def forward(self, volume: torch.Tensor) -> torch.Tensor:
        return volume / 1000.0


def small_ranker(norm: Literal["batch", "group"] = "batch") -> LesionRanker:
    torch.manual_seed(0)
    encoder = resnet18(spatial_dims=2, n_input_channels=1, feed_forward=False, conv1_t_stride=2, widen_factor=0.25)
    ranker = LesionRanker(with_norm(encoder, norm, groups=8), features=128, size_scaler=SizeScaler(hidden=4))
    torch.nn.init.normal_(ranker.head.weight)
    return ranker


def lesions(patients: int, count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    volume = 5000.0 * torch.rand(patients, count, generator=generator) + 10.0
    volume[0, count // 2 :] = 0.0
    return torch.rand(patients, count, 72, 72, generator=generator), volume


def test_log_hazard_is_the_sum_of_risk_times_size_factor() -> None:
    image = torch.tensor([[0.5, 0.25, 0.9], [1.0, 0.0, 0.0]])[:, :, None, None].expand(2, 3, 4, 4)
    volume = torch.tensor([[2000.0, 4000.0, 0.0], [500.0, 0.0, 0.0]])
    ranker = LesionRanker(MeanPixel(), features=1, size_scaler=Millilitres())
    torch.nn.init.ones_(ranker.head.weight)
    torch.testing.assert_close(ranker(image, volume), torch.tensor([[2.0], [0.5]]))
    risk, scaled_risk = ranker.rank(image, volume)
    torch.testing.assert_close(risk, torch.tensor([[0.5, 0.25, 0.0], [1.0, 0.0, 0.0]]))
    torch.testing.assert_close(scaled_risk, torch.tensor([[1.0, 1.0, 0.0], [0.5, 0.0, 0.0]]))


def test_padding_changes_neither_result_nor_batch_statistic() -> None:
    image, volume = lesions(2, 4, seed=1)
    padded = torch.cat([image, torch.full((2, 3, 72, 72), 7.0)], dim=1)
    longer = torch.cat([volume, torch.zeros(2, 3)], dim=1)
    short, long = small_ranker().train(), small_ranker().train()
    torch.testing.assert_close(long(padded, longer), short(image, volume))
    for mine, theirs in zip(long.buffers(), short.buffers(), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_order_of_the_lesions_does_not_matter() -> None:
    image, volume = lesions(2, 5, seed=2)
    order = torch.tensor([3, 0, 4, 1, 2])
    ranker = small_ranker().eval()
    torch.testing.assert_close(ranker(image[:, order], volume[:, order]), ranker(image, volume), rtol=1e-5, atol=1e-6)


def test_every_patient_starts_with_log_hazard_zero() -> None:
    ranker = LesionRanker(MeanPixel(), features=1, size_scaler=SizeScaler())
    assert not ranker(*lesions(3, 4, seed=6)).any()


def test_a_patient_without_lesions_has_log_hazard_zero() -> None:
    image, volume = lesions(3, 4, seed=3)
    volume[1] = 0.0
    assert small_ranker().eval()(image, volume)[1].item() == 0.0


def test_a_batch_without_lesions_leaves_every_weight_a_zero_gradient() -> None:
    image, volume = lesions(2, 3, seed=4)
    ranker = small_ranker().train()
    ranker(image, torch.zeros_like(volume)).sum().backward()
    assert all(parameter.grad is not None and not parameter.grad.any() for parameter in ranker.parameters())


@pytest.mark.parametrize("norm", ["batch", "group"])
def test_torchscript_equals_eager_at_another_shape(norm: Literal["batch", "group"]) -> None:
    ranker = small_ranker(norm).eval()
    scripted = torch.jit.script(ranker)
    for patients, count in ((1, 3), (4, 7)):
        image, volume = lesions(patients, count, seed=count)
        torch.testing.assert_close(scripted(image, volume), ranker(image, volume))
        torch.testing.assert_close(scripted.rank(image, volume), ranker.rank(image, volume))


@pytest.mark.filterwarnings("ignore")
def test_onnx_equals_eager_at_another_shape(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    ranker = small_ranker().eval()
    axes = {0: torch.export.Dim("B"), 1: torch.export.Dim("L")}
    file = str(tmp_path / "ranker.onnx")
    torch.onnx.export(
        ranker,
        lesions(2, 3, seed=5),
        file,
        input_names=["image", "volume"],
        output_names=["pred"],
        dynamic_shapes=(axes, axes),
        dynamo=True,
        verbose=False,
    )
    session = runtime.InferenceSession(file)
    for patients, count in ((2, 4), (5, 9)):
        image, volume = lesions(patients, count, seed=count)
        (found,) = session.run(None, {"image": image.numpy(), "volume": volume.numpy()})
        # Two float32 implementations of the same convolutions.
        torch.testing.assert_close(torch.from_numpy(found), ranker(image, volume), rtol=1e-4, atol=1e-4)


def test_the_size_factor_is_positive_and_starts_as_the_power_law() -> None:
    volume = torch.logspace(-2, 7, 50)
    scaler = SizeScaler(initial_exponent=0.5)
    assert (scaler(volume) > 0).all()
    factors = scaler(torch.tensor([3_000.0, 12_000.0]))
    torch.testing.assert_close(factors, torch.tensor([1.0, 2.0]), rtol=0.01, atol=0.0)


def test_a_scaler_without_width_is_refused() -> None:
    with pytest.raises(ValueError, match="hidden must be >= 1"):
        SizeScaler(hidden=0)
