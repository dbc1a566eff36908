r"""One training step of a StyleGAN2: two players, two lazy regularisers, a running average, adaptive augmentation.

Order of an iteration, with B images of this process, all draws from torch's generators::

    photos [B, C, R, R] -> mirrored ---------------------> augmented \
    z -> mapping, styles mixed -> ws [B, L, W] -> images -> augmented -> discriminator: logistic step, then p adapts
    (every 16 iterations) photos augmented -> discriminator: R1 step
    the same images, augmented anew -> discriminator -> generator: logistic step
    (every 4 iterations) B / 2 fresh images -> generator: path length step
    running average of the generator

Losses are in ``prognos.losses``, the augmentation in ``prognos.transforms``; writing and showing is left to handlers.

Source:
    Karras et al. 2019, arXiv:1812.04948 (style mixing); Karras et al. 2020, arXiv:1912.04958 (lazy regularisation, path
    lengths); Karras et al. 2020, arXiv:2006.06676 (adaptive augmentation); Mo et al. 2020, arXiv:2002.10964 (FreezeD).
    Written from the papers. Ours: one batch of generated images serves both players, which saves a ninth of the work;
    R1 is taken at the augmented photos, where the discriminator is used. With float16 the regularisers run in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from ignite.engine import Engine
from monai.engines import Trainer, Workflow
from torch import nn
from torch.utils.data import DataLoader

from prognos.config import keys
from prognos.engines.adaptive_probability import AdaptiveProbability
from prognos.engines.processes import average_gradients, average_over_processes, number_of_processes, share_weights
from prognos.losses import NonSaturatingLoss, PathLengthPenalty, R1Penalty
from prognos.networks import HalfLifeAverage
from prognos.networks.nets import StyleGAN2Discriminator, StyleGAN2Generator

__all__ = ["StyleGAN2Trainer", "freeze_finest_blocks"]

Precision = Literal["float32", "bfloat16", "float16"]


class StyleGAN2Trainer(Trainer):
    """MONAI trainer of a generator and a discriminator.

    An epoch is one pass of the data loader: with :class:`prognos.data.ContinuousBatchSampler`, a number of images.
    ``engine.state.output`` holds scalars: ``discriminator_loss``, ``generator_loss`` (nats per image),
    ``real_sign`` (mean sign of the real logits, the overfitting statistic), ``augmentation`` (p), and in the iterations
    that compute them ``r1`` and ``path_length_penalty`` (both weighted) and ``path_length`` (running mean).

    Args:
        device: where to compute.
        max_epochs: when to stop.
        train_data_loader: batches with ``image`` [B, C, R, R], uint8 or float in [-1, 1].
        generator: to train.
        discriminator: to train against.
        average: running average of the generator, on the device.
        generator_optimizer: of the generator's parameters; see :func:`prognos.engines.build_lazy_adam`.
        discriminator_optimizer: of the discriminator's parameters.
        r1: regulariser of the discriminator.
        path_length: regulariser of the generator, on the device.
        augment: maps images and p to augmented images; None for no augmentation.
        probability: p of the augmentation.
        scaler: of the loss, for float16; None or a disabled one otherwise.
        r1_interval: iterations between two steps of ``r1``; 0 for none.
        path_length_interval: iterations between two steps of ``path_length``; 0 for none.
        path_length_part: part of the batch on which ``path_length`` is computed.
        style_mixing: probability that the later layers of an image follow another latent.
        mirror: show each photo as its mirror image half of the time.
        frozen_blocks: how many of the discriminator's finest blocks keep their weights (FreezeD).
        precision: of the players' passes; ``"bfloat16"`` suits processors with AMX or AVX512-BF16 and GPUs.
        train_handlers: as for every MONAI trainer.

    Raises:
        ValueError: when the networks do not fit each other, a number is out of range, or float16 lacks its scaler.
    """

    def __init__(
        self,
        device: torch.device | str,
        max_epochs: int,
        train_data_loader: DataLoader[Any],
        *,
        generator: StyleGAN2Generator,
        discriminator: StyleGAN2Discriminator,
        average: HalfLifeAverage,
        generator_optimizer: torch.optim.Optimizer,
        discriminator_optimizer: torch.optim.Optimizer,
        r1: R1Penalty,
        path_length: PathLengthPenalty,
        augment: Callable[[torch.Tensor, float], torch.Tensor] | None = None,
        probability: AdaptiveProbability | None = None,
        scaler: torch.amp.GradScaler | None = None,
        r1_interval: int = 16,
        path_length_interval: int = 4,
        path_length_part: float = 0.5,
        style_mixing: float = 0.9,
        mirror: bool = True,
        frozen_blocks: int = 0,
        precision: Precision = "float32",
        train_handlers: Sequence[Any] | None = None,
    ) -> None:
        super().__init__(device, max_epochs, train_data_loader, handlers=train_handlers, decollate=False)
        _check(generator, discriminator, precision, scaler)
        if min(r1_interval, path_length_interval) < 0 or not (0 < path_length_part <= 1 and 0 <= style_mixing <= 1):
            raise ValueError(
                f"got {r1_interval=}, {path_length_interval=}, {path_length_part=}, {style_mixing=}; expected "
                f"intervals of 0 or more, a part in (0, 1] and a probability in [0, 1]."
            )
        freeze_finest_blocks(discriminator, frozen_blocks)
        self.generator, self.discriminator, self.average = generator, discriminator, average
        self.generator_optimizer, self.discriminator_optimizer = generator_optimizer, discriminator_optimizer
        self.r1, self.path_length, self.loss = r1, path_length, NonSaturatingLoss()
        self.r1_interval, self.path_length_interval = r1_interval, path_length_interval
        self.path_length_part, self.style_mixing, self.mirror = path_length_part, style_mixing, mirror
        self.augment = augment
        self.probability = probability or AdaptiveProbability()
        self.scaling = scaler or torch.amp.GradScaler(torch.device(device).type, enabled=False)
        self.precision = precision
        self.weights: dict[nn.Module, list[nn.Parameter]] = {
            network: [parameter for parameter in network.parameters() if parameter.requires_grad]
            for network in (generator, discriminator)
        }

    def run(self) -> None:
        """Train; a second call goes on."""
        share_weights([self.generator, self.discriminator, self.average])
        Workflow.run(self)

    def _iteration(self, engine: Engine, batchdata: dict[str, Any]) -> dict[str, torch.Tensor | float]:
        turn = engine.state.iteration - 1
        photos = self._photos(batchdata)
        with self._autocast():
            images = self._generate(len(photos))
        output = self._discriminate(photos, images.detach())
        if self.r1_interval and turn % self.r1_interval == 0:
            output |= self._smooth_discriminator(photos)
        output |= self._fool(images)
        if self.path_length_interval and turn % self.path_length_interval == 0:
            output |= self._even_out_generator(len(photos))
        batch_size = len(photos) * number_of_processes()
        self.average.update(self.generator, engine.state.iteration * batch_size, batch_size)
        return output

    def _discriminate(self, photos: torch.Tensor, images: torch.Tensor) -> dict[str, Any]:
        """Step of the discriminator; the augmentation then adapts to its judgement of the photos."""
        real, generated = self._augmented(photos), self._augmented(images)
        with self._autocast():
            judged = self.discriminator(real)
            loss = self.loss(judged, 1.0) + self.loss(self.discriminator(generated), 0.0)
        self._step(loss, self.discriminator, self.discriminator_optimizer)
        if self.augment is not None:
            self.probability.observe(judged)
        sign = judged.detach().sign().float().mean()
        return {"discriminator_loss": loss.detach(), "real_sign": sign, "augmentation": self.probability.value}

    def _smooth_discriminator(self, photos: torch.Tensor) -> dict[str, Any]:
        """Step of R1, which stands for as many iterations as lie between two of them."""
        photos = self._augmented(photos).detach().requires_grad_()
        with self._autocast(regulariser=True):
            penalty = self.r1(self.discriminator(photos), photos)
        self._step(penalty * self.r1_interval, self.discriminator, self.discriminator_optimizer)
        return {"r1": penalty.detach()}

    def _fool(self, images: torch.Tensor) -> dict[str, Any]:
        """Step of the generator."""
        frozen = self.weights[self.discriminator]
        for weight in frozen:
            weight.requires_grad_(False)
        augmented = self._augmented(images)
        with self._autocast():
            loss = self.loss(self.discriminator(augmented), 1.0)
        self._step(loss, self.generator, self.generator_optimizer)
        for weight in frozen:
            weight.requires_grad_(True)
        return {"generator_loss": loss.detach()}

    def _even_out_generator(self, count: int) -> dict[str, Any]:
        """Step of the path lengths, which stands for as many iterations as lie between two of them."""
        ws = self._styles(max(1, int(count * self.path_length_part)))
        with self._autocast(regulariser=True):
            penalty = self.path_length(self.generator.synthesis(ws, noise_mode="random"), ws)
        self._step(penalty * self.path_length_interval, self.generator, self.generator_optimizer)
        return {"path_length_penalty": penalty.detach(), "path_length": self.path_length.mean.clone()}

    def _step(self, loss: torch.Tensor, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad(set_to_none=True)
        self.scaling.scale(loss).backward()  # type: ignore[no-untyped-call]
        average_gradients(self.weights[network])
        self.scaling.step(optimizer)
        self.scaling.update()  # an optimiser may step twice in an iteration, once for its regulariser

    def _photos(self, batchdata: dict[str, Any]) -> torch.Tensor:
        """Real images on the device, in [-1, 1], half of them mirrored. Shape [B, C, R, R]."""
        image: torch.Tensor = batchdata[keys.IMAGE].to(self.state.device, non_blocking=self.non_blocking)
        image = image / 127.5 - 1.0 if image.dtype == torch.uint8 else image.as_subclass(torch.Tensor).float()
        wanted = (self.generator.channels, self.generator.resolution, self.generator.resolution)
        if image.shape[1:] != wanted:
            raise ValueError(
                f"the photos have shape {list(image.shape[1:])}, the networks draw {list(wanted)} (channels, height, "
                f"width). Align the photos at that resolution, or start from networks of the photos' resolution."
            )
        if self.mirror:
            turned = torch.rand(len(image)).to(image.device) < 0.5
            image = torch.where(turned[:, None, None, None], image.flip(3), image)
        return image

    def _styles(self, count: int) -> torch.Tensor:
        """Style inputs of new latents, mixed. Shape [B, L, W]."""
        z = torch.randn(2, count, self.generator.z_dim, device=self.state.device)
        ws: torch.Tensor = self.generator.mapping(z[0])
        layers = ws.shape[1]
        if self.style_mixing and layers > 1:
            layer = torch.arange(layers, device=ws.device)
            first_other = torch.randint(1, layers, (count, 1), device=ws.device)
            mixed = torch.rand(count, 1, device=ws.device) < self.style_mixing
            ws = torch.where((mixed & (layer >= first_other))[:, :, None], self.generator.mapping(z[1]), ws)
        return ws

    def _generate(self, count: int) -> torch.Tensor:
        """Images of new latents; the generator's mean style follows them. Shape [B, C, R, R]."""
        with torch.autocast(self.state.device.type, enabled=False):  # the mapping is cheap, and deep
            ws = self._styles(count)
        # The first style input is never a mixed one.
        self.generator.mapping.track_average(ws.detach())
        average_over_processes(self.generator.mapping.w_avg)
        images: torch.Tensor = self.generator.synthesis(ws, noise_mode="random")
        return images.float()

    def _augmented(self, images: torch.Tensor) -> torch.Tensor:
        return images if self.augment is None else self.augment(images, self.probability.value)

    def _autocast(self, *, regulariser: bool = False) -> torch.autocast:
        """Precision of the players; what is differentiated twice is kept out of float16, which would overflow."""
        dtype = getattr(torch, self.precision)
        reduced = self.precision != "float32" and not (regulariser and self.precision == "float16")
        return torch.autocast(self.state.device.type, dtype=dtype if reduced else None, enabled=reduced)


def freeze_finest_blocks(discriminator: StyleGAN2Discriminator, blocks: int) -> None:
    """Stop the training of the discriminator's blocks of the highest resolutions (FreezeD).

    Args:
        discriminator: is changed.
        blocks: how many; 0 for none.

    Raises:
        ValueError: when there are not as many blocks.
    """
    if not 0 <= blocks <= len(discriminator.resolutions):
        raise ValueError(f"frozen_blocks is {blocks}, expected 0 to {len(discriminator.resolutions)}.")
    for resolution in discriminator.resolutions[:blocks]:
        discriminator.get_submodule(f"b{resolution}").requires_grad_(False)


def _check(
    generator: StyleGAN2Generator,
    discriminator: StyleGAN2Discriminator,
    precision: str,
    scaler: torch.amp.GradScaler | None,
) -> None:
    """Refuse networks that cannot play against each other.

    Raises:
        ValueError: see :class:`StyleGAN2Trainer`.
    """
    ours, theirs = (generator.resolution, generator.channels), (discriminator.resolution, discriminator.channels)
    if ours != theirs:
        raise ValueError(f"the generator draws (resolution, channels) {ours}, the discriminator judges {theirs}.")
    if generator.c_dim or discriminator.c_dim:
        raise ValueError("a network with conditions cannot be trained here; choose one trained without labels.")
    if precision not in ("float32", "bfloat16", "float16"):
        raise ValueError(f"precision is {precision!r}, expected 'float32', 'bfloat16' or 'float16'.")
    if precision == "float16" and (scaler is None or not scaler.is_enabled()):
        raise ValueError("float16 needs an enabled torch.amp.GradScaler, or small gradients vanish.")
