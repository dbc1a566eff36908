"""When, in a run, something happens."""

from prognos.handlers.reproducibility import ResumeHandler, SeedHandler
from prognos.handlers.weights import LearningRateHandler, WeightsWriter

__all__ = ["LearningRateHandler", "ResumeHandler", "SeedHandler", "WeightsWriter"]
