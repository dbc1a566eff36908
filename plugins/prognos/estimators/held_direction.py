"""Directions along which an attribute changes while background and clothes stay.

N portraits of C colours, resolution R; L style inputs of W numbers each, P = L W; K coordinates of a latent.

In the one latent that feeds all layers, face and surroundings are entangled: a generator rarely has a direction that
moves the face alone. It has many more directions when each layer takes a step of its own (w+). Of those that raise an
attribute by the same amount, the one that moves the surroundings least is known in closed form::

    g   mean gradient of the attribute, read from the drawn portrait, with respect to the style inputs        [P]
    M   mean over portraits, held regions and their pixels of J'J, J the derivative of the pixels by them     [P, P]
    d = (M + r I)^-1 g

M is never built: a product M v is the gradient of the squared change of the held pixels after a small step along v, so
a system of 9216 unknowns costs as many portraits as one of 640. Ours; the paper edits along the coefficients alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.linalg import LinearOperator, cg

from prognos.config import keys
from prognos.data import latent_samples
from prognos.data.latents import Latents
from prognos.estimators.attribute_model import AttributeModel
from prognos.estimators.attributes import AttributeDirection, LatentOrigin
from prognos.estimators.photo_readers import PhotoReader
from prognos.networks import latents_to_ws

__all__ = ["hold_regions"]

Floats = NDArray[np.float64]

SMALL = 5e-4
"""Length of a trial step, as a share of the mean length of the style inputs."""

TOLERANCE = 1e-4
"""Relative residual at which the solution is exact enough; usually the iterations end before."""


def hold_regions(
    attributes: AttributeModel,
    readers: Mapping[str, PhotoReader],
    *,
    latents: Latents,
    samples: Sequence[Mapping[str, Any]],
    generator: Any,
    regions: Mapping[str, ArrayLike],
    held: Sequence[str] = ("background", "clothes"),
    portraits: int = 16,
    iterations: int = 40,
    ridge: float = 5e-4,
    batch_size: int = 8,
) -> AttributeModel:
    """Give each attribute a further direction, in w+, along which regions of the portrait hold still.

    Args:
        attributes: as fitted.
        readers: attribute -> what reads it from a photo.
        latents: of the photos.
        samples: patients whose portraits stand for all; those of the fit.
        generator: draws the portraits with its constant noise.
        regions: name -> boolean mask of the aligned photo, [R, R].
        held: regions that shall stay; none switches the further directions off.
        portraits: N, taken evenly over the patients.
        iterations: of conjugate gradients. Few of them act like a larger ``ridge``.
        ridge: penalty on the length of the step, as a share of the squared change of the held pixels along g.
        batch_size: portraits drawn at once.

    Returns:
        The attributes, with :attr:`AttributeModel.held`. One beta raises the reading by one standard deviation of the
        cohort's readings.

    Raises:
        ValueError: when a region is unknown or empty, an attribute has no reader, or a reading or the held pixels do
            not answer to the style inputs.
    """
    if not held:
        return attributes
    strangers = [name for name in attributes.directions if name not in readers]
    if strangers:
        raise ValueError(
            f"no reader for {', '.join(strangers)}; fit the readers with the same columns as the attributes."
        )
    start = torch.stack([sample[keys.IMAGE] for sample in latent_samples(latents, samples, limit=portraits)])
    weight = next(generator.parameters())
    with torch.no_grad():
        ws = latents_to_ws(start.to(weight), generator, attributes.origin.space)
    surroundings = _Surroundings(generator, ws, _weights(regions, held).to(weight), batch_size)
    origin = LatentOrigin("w+", tuple(ws.shape[1:]), attributes.origin.generator, attributes.origin.method)
    found = {}
    for name, direction in attributes.directions.items():
        gradient = surroundings.mean_gradient(readers[name].network)
        step = _least_change(gradient, surroundings, iterations=iterations, ridge=ridge)
        found[name] = _held_direction(direction, step, gradient, readers[name].spread, origin, held)
    return attributes.with_held(found)


class _Surroundings:
    """Drawn portraits whose held pixels are watched while their style inputs take a small step."""

    def __init__(self, generator: Any, ws: torch.Tensor, weights: torch.Tensor, batch_size: int) -> None:
        self.generator = generator
        self.ws = torch.split(ws.detach(), batch_size)
        self.weights = weights
        self.count = len(ws)
        self.trial = SMALL * max(1.0, float(ws.flatten(1).norm(dim=1).mean()))
        with torch.no_grad():
            self.unedited = [self._draw(part) for part in self.ws]

    def mean_gradient(self, reader: Any) -> Floats:
        """g, in the unit of the attribute per unit of the style inputs, [P]."""
        return self._gradient(lambda images, unedited: reader(images).sum() / self.count, None)

    def product(self, vector: Floats) -> Floats:
        """M times a vector, by one portrait forth and back, [P]."""
        length = float(np.linalg.norm(vector))
        if length == 0:
            return np.zeros_like(vector)

        def change(images: torch.Tensor, unedited: torch.Tensor) -> torch.Tensor:
            return ((images - unedited).square().mean(dim=1) * self.weights).sum() / (2 * self.count)

        return self._gradient(change, vector * (self.trial / length)) * (length / self.trial)

    def _gradient(self, value: Any, step: Floats | None) -> Floats:
        """Gradient of a sum over the portraits by a step that all of them take."""
        shape = self.ws[0].shape[1:]
        where = torch.zeros(shape) if step is None else torch.from_numpy(step).reshape(shape)
        moved = where.to(self.ws[0])
        total = torch.zeros_like(moved)
        for ws, unedited in zip(self.ws, self.unedited, strict=True):
            with torch.enable_grad():
                free = moved.clone().requires_grad_()
                (gradient,) = torch.autograd.grad(value(self._draw(ws + free), unedited), free)
            total += gradient
        flat: Floats = total.flatten().double().cpu().numpy()
        return flat

    def _draw(self, ws: torch.Tensor) -> torch.Tensor:
        images: torch.Tensor = self.generator.synthesis(ws, noise_mode="const")
        return images


def _least_change(gradient: Floats, surroundings: _Surroundings, *, iterations: int, ridge: float) -> Floats:
    """(M + r I)^-1 g, up to its length."""
    squared = float(gradient @ gradient)
    if not np.isfinite(squared) or squared == 0:
        raise ValueError("a reading does not answer to the style inputs of the generator; its reader is constant.")
    unit = gradient / np.sqrt(squared)
    along = float(unit @ surroundings.product(unit))  # squared change of the held pixels along g
    if not along > 0:
        raise ValueError("the held pixels do not answer to the style inputs; hold regions that the generator draws.")
    size = len(gradient)
    matrix = LinearOperator((size, size), lambda v: surroundings.product(v) + ridge * along * v, dtype=np.float64)
    solution, _ = cg(matrix, unit, rtol=TOLERANCE, atol=0.0, maxiter=iterations)
    step: Floats = solution
    return step


def _held_direction(
    fitted: AttributeDirection, step: Floats, gradient: Floats, spread: float, origin: LatentOrigin, held: Sequence[str]
) -> AttributeDirection:
    """The direction of a step, with one beta as long as one standard deviation of the readings needs."""
    vector = step / np.linalg.norm(step)
    slope = float(gradient @ vector)
    return replace(
        fitted,
        vector=vector,
        step=spread / slope,
        slope=slope,
        origin=origin,
        spread=spread,
        explained=None,
        held=tuple(held),
        price=float(np.linalg.norm(gradient)) / slope,
    )


def _weights(regions: Mapping[str, ArrayLike], held: Sequence[str]) -> torch.Tensor:
    """Weight of each pixel: every held region counts alike, whatever its size; the sum is 1, [R, R]."""
    unknown = [name for name in held if name not in regions]
    if unknown:
        raise ValueError(f"held_regions names {', '.join(unknown)}; the regions are {', '.join(regions)}.")
    masks = [np.asarray(regions[name], np.float64) for name in held]
    empty = [name for name, mask in zip(held, masks, strict=True) if not mask.any()]
    if empty:
        raise ValueError(f"held_regions: {', '.join(empty)} covers no pixel; hold regions that the photo has.")
    return torch.from_numpy(np.mean([mask / mask.sum() for mask in masks], axis=0))
