"""Parts that several networks share."""

from prognos.networks.blocks.image_pyramid import block_widths
from prognos.networks.blocks.size_scaler import SizeScaler
from prognos.networks.blocks.style_mapping import StyleMapping

__all__ = ["SizeScaler", "StyleMapping", "block_widths"]
