"""What is minimised: losses that take ``(prediction, label)``."""

from prognos.losses.cox import CoxLoss
from prognos.losses.latent_regression import LatentRegressionLoss
from prognos.losses.perceptual import PerceptualLoss
from prognos.losses.stylegan2 import NonSaturatingLoss, PathLengthPenalty, R1Penalty

__all__ = [
    "CoxLoss",
    "LatentRegressionLoss",
    "NonSaturatingLoss",
    "PathLengthPenalty",
    "PerceptualLoss",
    "R1Penalty",
]
