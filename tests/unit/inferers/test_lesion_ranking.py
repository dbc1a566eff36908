"""The inferer returns lesions and patient of one forward pass."""

from __future__ import annotations

import torch

from prognos.inferers import LesionRankingInferer


class Ranker:
    """Ranks lesions by their mean pixel."""

    def rank(self, image: torch.Tensor, volume: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        risk = image.mean(dim=(2, 3))
        return risk, risk * volume


def test_the_log_hazard_is_the_sum_of_the_scaled_risks() -> None:
    image = torch.tensor([[1.0, 2.0]])[:, :, None, None].expand(1, 2, 3, 3)
    found = LesionRankingInferer()(image, Ranker(), volume=torch.tensor([[10.0, 100.0]]))
    torch.testing.assert_close(found["risk"], torch.tensor([[1.0, 2.0]]))
    torch.testing.assert_close(found["scaled_risk"], torch.tensor([[10.0, 200.0]]))
    torch.testing.assert_close(found["log_hazard"], torch.tensor([[210.0]]))
