"""R1 and path lengths of networks read from an official-format file, against the reference's numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from prognos.losses import PathLengthPenalty, R1Penalty
from prognos.networks import load_stylegan2

FOLDER = Path(__file__).parents[3] / "shared" / "stylegan2"

pytestmark = pytest.mark.skipif(
    not (FOLDER / "ada64.npz").is_file(), reason="the reference file is not beside the repository"
)


def test_r1_equals_the_reference() -> None:
    with np.load(FOLDER / "ada64.npz") as reference:
        image = torch.from_numpy(reference["x"]).float().requires_grad_()
        expected = torch.from_numpy(np.atleast_1d(reference["r1"]))
    discriminator = load_stylegan2(FOLDER / "ada64.pkl", which="D")
    found = R1Penalty(1.0).squared_slopes(discriminator(image), image)
    torch.testing.assert_close(found.detach(), expected, rtol=1e-3, atol=0)


def test_path_lengths_equal_the_reference() -> None:
    with np.load(FOLDER / "ada64.npz") as reference:
        z, noise = (torch.from_numpy(reference[name]).float() for name in ("z", "pl_noise"))
        expected = torch.from_numpy(reference["pl_lengths"])
    generator = load_stylegan2(FOLDER / "ada64.pkl", which="G_ema")
    ws = generator.mapping(z[: len(noise)])
    image = generator.synthesis(ws, noise_mode="const")
    # The file holds the noise as it multiplies the image, already divided by the resolution.
    found = PathLengthPenalty().lengths(image, ws, noise * image.shape[-1])
    torch.testing.assert_close(found.detach(), expected, rtol=1e-3, atol=0)
