"""How a network is applied: inputs and network in, predictions out."""

from prognos.inferers.chunks import ChunkedInferer
from prognos.inferers.lesion_ranking import AutocastInferer, LesionRankingInferer

__all__ = ["AutocastInferer", "ChunkedInferer", "LesionRankingInferer"]
