"""Operations that networks are made of: equalised and modulated convolutions, resampling, batch statistics."""

from prognos.networks.layers.activation import LEAKY_GAIN, leaky_relu
from prognos.networks.layers.equalized import EqualizedConv2d, EqualizedLinear
from prognos.networks.layers.minibatch_deviation import MinibatchDeviation
from prognos.networks.layers.modulated import ModulatedConv2d, ModulatedToImage
from prognos.networks.layers.resampling import blur, downsample, upsample

__all__ = [
    "LEAKY_GAIN",
    "EqualizedConv2d",
    "EqualizedLinear",
    "MinibatchDeviation",
    "ModulatedConv2d",
    "ModulatedToImage",
    "blur",
    "downsample",
    "leaky_relu",
    "upsample",
]
