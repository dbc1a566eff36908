"""Group norm reaches every layer, and the whole-scan network works with a batch of one."""

from __future__ import annotations

import pytest
import torch
from monai.networks.nets import resnet18
from torch import nn

from prognos.networks import with_norm


def network(norm: object = "batch") -> nn.Module:
    torch.manual_seed(0)
    return resnet18(
        spatial_dims=3,
        n_input_channels=1,
        num_classes=1,
        conv1_t_stride=2,
        bias_downsample=False,
        norm=norm,
        widen_factor=0.25,
    )


def kinds(module: nn.Module) -> set[str]:
    return {type(part).__name__ for part in module.modules() if "Norm" in type(part).__name__}


def test_no_batch_norm_is_left_and_every_group_norm_starts_as_the_identity() -> None:
    found = with_norm(network(), "group", groups=4)
    norms = [part for part in found.modules() if isinstance(part, nn.GroupNorm)]
    assert kinds(found) == {"GroupNorm"}
    assert [norm.num_groups for norm in norms] == [4] * 20
    assert all((norm.weight == 1).all() and not norm.bias.any() for norm in norms)


def test_monai_alone_leaves_batch_norms_behind() -> None:
    """When this fails, MONAI hands its norm on, and the norm can be its argument again."""
    assert kinds(network(("group", {"num_groups": 4}))) == {"GroupNorm", "BatchNorm3d"}


def test_a_scan_is_scored_alike_alone_and_in_a_batch_in_training_and_outside() -> None:
    found = with_norm(network(), "group", groups=4)
    scans = torch.rand(3, 1, 24, 24, 16)
    together = found.train()(scans)
    torch.testing.assert_close(found.eval()(scans), together)
    torch.testing.assert_close(torch.cat([found(scan) for scan in scans.split(1)]), together, rtol=1e-4, atol=1e-5)


def test_torchscript_equals_eager() -> None:
    found = with_norm(network(), "group", groups=4).eval()
    scripted = torch.jit.script(found)
    for size in ((16, 16, 8), (24, 20, 12)):
        scans = torch.rand(2, 1, *size)
        torch.testing.assert_close(scripted(scans), found(scans))


def test_channels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="16 channels cannot be divided into 5 groups"):
        with_norm(network(), "group", groups=5)


def test_batch_leaves_the_network_as_it_is_and_another_word_is_refused() -> None:
    assert kinds(with_norm(network(), "batch")) == {"BatchNorm3d"}
    with pytest.raises(ValueError, match="expected 'batch' or 'group'"):
        with_norm(network(), "instance")  # type: ignore[arg-type]
