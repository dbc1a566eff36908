"""Squared size of kernels."""

from __future__ import annotations

import torch

from prognos.networks.layers.kernel_power import kernel_power


def test_the_power_and_its_first_two_derivatives_are_those_of_the_sum_of_squares() -> None:
    weight = torch.randn(3, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(kernel_power(weight), weight.square().sum((2, 3)))
    assert torch.autograd.gradcheck(kernel_power, (weight,))
    assert torch.autograd.gradgradcheck(kernel_power, (weight,))
