"""What is minimised: losses that take ``(prediction, label)``."""

from prognos.losses.cox import CoxLoss

__all__ = ["CoxLoss"]
