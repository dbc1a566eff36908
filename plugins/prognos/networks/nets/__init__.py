"""Networks that a bundle can name."""

from prognos.networks.nets.lesion_ranker import LesionRanker

__all__ = ["LesionRanker"]
