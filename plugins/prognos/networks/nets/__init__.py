"""Networks that a bundle can name."""

from prognos.networks.nets.deep_surv import DeepSurv
from prognos.networks.nets.latent_encoder import LatentEncoder
from prognos.networks.nets.lesion_ranker import LesionRanker
from prognos.networks.nets.portrait_features import PortraitFeatures, load_portrait_features
from prognos.networks.nets.portrait_ranker import PortraitRanker
from prognos.networks.nets.stylegan2_discriminator import StyleGAN2Discriminator
from prognos.networks.nets.stylegan2_generator import StyleGAN2Generator
from prognos.networks.nets.vgg16 import VGG16Features

__all__ = [
    "DeepSurv",
    "LatentEncoder",
    "LesionRanker",
    "PortraitFeatures",
    "PortraitRanker",
    "StyleGAN2Discriminator",
    "StyleGAN2Generator",
    "VGG16Features",
    "load_portrait_features",
]
