"""What is computed from tensors with learned weights."""

from prognos.networks.averaging import WeightAverage
from prognos.networks.checkpoints import (
    CheckpointError,
    LoadReport,
    fingerprint,
    load_stylegan2,
    read_stylegan2,
    save_stylegan2,
)
from prognos.networks.half_life import HalfLifeAverage
from prognos.networks.latent_encoder_file import build_latent_encoder, load_latent_encoder, save_latent_encoder
from prognos.networks.latent_space import LatentSpace, draw_latents, latent_shape, latents_to_ws, to_sphere
from prognos.networks.memory_layout import with_channels_last
from prognos.networks.norm import with_norm
from prognos.networks.pretrained import PretrainedStart, name_by_start, read_resnet, start_from_pretrained
from prognos.networks.provenance import (
    Origin,
    Provenance,
    join_origins,
    read_provenance,
    require_intact,
    write_provenance,
)
from prognos.networks.sampling import generate_images
from prognos.networks.small_maps import with_small_maps
from prognos.networks.start import StartingNetworks
from prognos.networks.trained_encoder import TrainedEncoder

__all__ = [
    "CheckpointError",
    "HalfLifeAverage",
    "LatentSpace",
    "LoadReport",
    "Origin",
    "PretrainedStart",
    "Provenance",
    "StartingNetworks",
    "TrainedEncoder",
    "WeightAverage",
    "build_latent_encoder",
    "draw_latents",
    "fingerprint",
    "generate_images",
    "join_origins",
    "latent_shape",
    "latents_to_ws",
    "load_latent_encoder",
    "load_stylegan2",
    "name_by_start",
    "read_provenance",
    "read_resnet",
    "read_stylegan2",
    "require_intact",
    "save_latent_encoder",
    "save_stylegan2",
    "start_from_pretrained",
    "to_sphere",
    "with_channels_last",
    "with_norm",
    "with_small_maps",
    "write_provenance",
]
