"""The pair of networks with which a training of a generator begins."""

from __future__ import annotations

import copy
import logging
from pathlib import Path
from typing import Any

from prognos.networks.checkpoints import CheckpointError, Which, load_stylegan2
from prognos.networks.nets import StyleGAN2Discriminator, StyleGAN2Generator
from prognos.networks.provenance import Origin, join_origins, read_provenance

__all__ = ["StartingNetworks"]

logger = logging.getLogger(__name__)


class StartingNetworks:
    """Networks from a file, or new ones of random weights.

    Args:
        file: StyleGAN2 networks in any form that :func:`prognos.networks.load_stylegan2` reads; None for new networks.
            A file without a discriminator starts with a new one, and one without the raw generator with the averaged
            one; both are logged.
        resolution: R of new networks, and what the networks of a file must have; pixels.
        channels: C, as ``resolution``.
        z_dim: latent size of a new generator.
        w_dim: style size of a new generator.
        mapping_layers: depth of a new generator's mapping.
        channel_base: features times resolution of new networks.
        channel_max: upper bound of the features of new networks.

    Attributes:
        generator: the one to train.
        averaged: the running average of that generator, where training begins.
        discriminator: the one to train against.

    Raises:
        ValueError: when the networks of the file have another resolution or number of channels.
    """

    def __init__(
        self,
        file: str | Path | None,
        *,
        resolution: int,
        channels: int = 3,
        z_dim: int = 512,
        w_dim: int = 512,
        mapping_layers: int = 8,
        channel_base: int = 32768,
        channel_max: int = 512,
    ) -> None:
        self.file = Path(file) if file else None
        if self.file is None:
            self.generator = StyleGAN2Generator(
                resolution,
                channels,
                z_dim,
                w_dim,
                mapping_layers=mapping_layers,
                channel_base=channel_base,
                channel_max=channel_max,
            )
            self.averaged = copy.deepcopy(self.generator)
            self.discriminator = StyleGAN2Discriminator(
                resolution, channels, channel_base=channel_base, channel_max=channel_max
            )
            return
        self.averaged = _require(self.file, "G_ema", resolution, channels)
        generator = _load(self.file, "G", "the averaged generator is trained on")
        discriminator = _load(self.file, "D", "a new discriminator begins, which takes longer")
        if discriminator is None:
            discriminator = StyleGAN2Discriminator(resolution, channels, widths=self.averaged.widths)
        self.generator = copy.deepcopy(self.averaged) if generator is None else generator
        self.discriminator = discriminator

    def origin(self, trained_on: Origin) -> Origin:
        """Origin of what comes of these networks: patients stay patients, and doubt stays doubt.

        Args:
            trained_on: origin of the photos they are trained on from here.
        """
        if self.file is None:
            return trained_on
        return join_origins(trained_on, read_provenance(self.file).trained_on)

    def describe(self, description: str) -> str:
        """Sentence on what comes of these networks: what they are trained on from here, and what they began with.

        Args:
            description: of the photos they are trained on from here.
        """
        if self.file is None:
            return f"{description}; begun with random weights"
        return f"{description}; begun with {self.file.name}: {read_provenance(self.file).description}"


def _require(file: Path, which: Which, resolution: int, channels: int) -> Any:
    """The averaged generator of a file.

    Raises:
        ValueError: see :class:`StartingNetworks`.
    """
    network = load_stylegan2(file, which=which)
    found = (network.resolution, network.channels)
    if found != (resolution, channels):
        raise ValueError(
            f"{file}: its networks draw {found[0]} x {found[0]} pixels of {found[1]} channels, but the photos have "
            f"{resolution} x {resolution} of {channels}. Set resolution to {found[0]} and align the photos so."
        )
    return network


def _load(file: Path, which: Which, instead: str) -> Any:
    """A network of a file; None, with a warning that says why and what is done instead, when it cannot be had."""
    try:
        return load_stylegan2(file, which=which)
    except CheckpointError as error:
        logger.warning("%s; %s", error, instead)
        return None
