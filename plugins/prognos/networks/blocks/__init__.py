"""Parts that several networks share."""

from prognos.networks.blocks.grey_to_colour import GreyToColour
from prognos.networks.blocks.image_pyramid import block_widths
from prognos.networks.blocks.size_factors import ConstantSizeFactor, LargestLesionsShare, LinearSizeFactor
from prognos.networks.blocks.size_scaler import SizeScaler
from prognos.networks.blocks.style_mapping import StyleMapping

__all__ = [
    "ConstantSizeFactor",
    "GreyToColour",
    "LargestLesionsShare",
    "LinearSizeFactor",
    "SizeScaler",
    "StyleMapping",
    "block_widths",
]
