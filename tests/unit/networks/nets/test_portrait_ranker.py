"""The ranker is its head on its encoder; an encoder that does not fit is refused with the settings that would."""

from __future__ import annotations

import pytest
import torch

from prognos.networks.nets import DeepSurv, LatentEncoder, PortraitRanker


def make_encoder(resolution: int = 16, width: int = 4) -> LatentEncoder:
    return LatentEncoder(resolution, (3, 2), space="w+", channels=width, channels_max=8, features=8)


def make_ranker() -> PortraitRanker:
    torch.manual_seed(0)
    return PortraitRanker(make_encoder(), DeepSurv(6, depth=1, width=5)).eval()


def test_the_log_hazard_is_that_of_the_head_on_the_flat_latent() -> None:
    ranker, image = make_ranker(), torch.randn(4, 3, 16, 16)
    log_hazard = ranker(image)
    assert log_hazard.shape == (4, 1)
    torch.testing.assert_close(log_hazard, ranker.head(ranker.encoder(image).reshape(4, 6)))


def test_script_and_network_agree() -> None:
    ranker, image = make_ranker(), torch.randn(2, 3, 16, 16)
    torch.testing.assert_close(torch.jit.script(ranker)(image), ranker(image))


def test_the_weights_of_an_encoder_are_taken_over() -> None:
    ranker, trained, image = make_ranker(), make_encoder().eval(), torch.randn(2, 3, 16, 16)
    assert not torch.equal(ranker.encoder(image), trained(image))
    ranker.take_encoder(trained)
    assert torch.equal(ranker.encoder(image), trained(image))


def test_an_encoder_of_another_architecture_is_refused_with_what_differs() -> None:
    with pytest.raises(ValueError, match=r"resolution 32 \(here 16\), channels 2 \(here 4\)"):
        make_ranker().take_encoder(make_encoder(32, width=2))
