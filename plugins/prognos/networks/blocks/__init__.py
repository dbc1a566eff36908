"""Parts that several networks share."""

from prognos.networks.blocks.size_scaler import SizeScaler

__all__ = ["SizeScaler"]
