"""Survival prognosis from images, for MONAI."""

__version__ = "0.1.0"
