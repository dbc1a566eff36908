"""The inferer shows, beside the log hazard, the latent it rests on and the face that stands there."""

from __future__ import annotations

import pytest
import torch

from drawn_faces import drawn_photos, tiny_generator
from prognos.inferers import PortraitRankingInferer
from prognos.networks import latents_to_ws
from prognos.networks.nets import DeepSurv, LatentEncoder, PortraitRanker


@pytest.mark.parametrize(("space", "shape"), [("z", (8,)), ("w", (8,)), ("w+", (6, 8))])
def test_the_reconstruction_is_what_the_generator_draws_from_the_latent(space: str, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    generator = tiny_generator()
    encoder = LatentEncoder(16, shape, space=space, channels=4, features=8)
    ranker = PortraitRanker(encoder, DeepSurv(torch.Size(shape).numel(), depth=0)).eval()
    photos, _ = drawn_photos(generator, 3)
    with torch.no_grad():
        found = PortraitRankingInferer(generator)(photos, ranker)
        torch.testing.assert_close(found["log_hazard"], ranker(photos))
        torch.testing.assert_close(found["latent"], encoder(photos))
        drawn = generator.synthesis(latents_to_ws(found["latent"], generator, space), noise_mode="const")
    torch.testing.assert_close(found["reconstruction"], drawn)


def test_without_a_generator_there_is_no_reconstruction() -> None:
    ranker = PortraitRanker(LatentEncoder(16, (8,), channels=4, features=8), DeepSurv(8, depth=0)).eval()
    assert PortraitRankingInferer()(torch.zeros(1, 3, 16, 16), ranker).keys() == {"log_hazard", "latent"}
