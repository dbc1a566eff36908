"""Attribute directions on disk: plain tensors with their meaning, tied to the generator they belong to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from prognos.estimators.attributes import AttributeDirection, LatentOrigin
from prognos.files import written_whole

__all__ = ["describe_direction", "load_directions", "save_directions"]

FORMAT = "prognos.directions"
"""Entry of the file's metadata that holds the JSON."""


def save_directions(path: str | Path, directions: Mapping[str, AttributeDirection]) -> Path:
    """Write directions: each vector as a float64 tensor of its name, all else as JSON in the header of the file.

    Args:
        path: safetensors file.
        directions: name -> direction.

    Returns:
        The path.
    """
    path = Path(path)
    vectors = {name: np.ascontiguousarray(direction.vector, np.float64) for name, direction in directions.items()}
    about = {name: describe_direction(direction) for name, direction in directions.items()}
    with written_whole(path) as temporary:
        temporary.write_bytes(save(vectors, {FORMAT: json.dumps(about)}))
    return path


def load_directions(path: str | Path, *, generator: str) -> dict[str, AttributeDirection]:
    """Read directions, if they belong to the generator.

    Args:
        path: safetensors file of :func:`save_directions`.
        generator: fingerprint of the generator that shall draw, :func:`prognos.networks.fingerprint`.

    Returns:
        Name -> direction.

    Raises:
        FileNotFoundError: when the file is absent.
        ValueError: when it is no such file, or was made with another generator.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no directions at {path}; the stage manipulate writes them.")
    try:
        with safe_open(path, "numpy") as file:
            about = json.loads((file.metadata() or {})[FORMAT])
            found = {name: _direction(file.get_tensor(name), values) for name, values in about.items()}
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: not a file of attribute directions ({error}); the stage manipulate writes them."
        ) from error
    for direction in found.values():
        if direction.origin.generator != generator:
            raise ValueError(
                f"{path}: {direction.name!r} was made with generator {direction.origin.generator[:12]}, but the one "
                f"given is {generator[:12]}. A direction means nothing in the latent space of another generator: give "
                f"the generator it was made with, or fit it again on latents of this one."
            )
    return found


def describe_direction(direction: AttributeDirection) -> dict[str, Any]:
    """All of a direction but its vector, as JSON can hold it."""
    about = {field.name: getattr(direction, field.name) for field in fields(direction) if field.name != "vector"}
    return {**about, "origin": direction.origin._asdict(), "change_per_beta": direction.change_per_beta}


def _direction(vector: Any, about: Mapping[str, Any]) -> AttributeDirection:
    """A direction from its vector and what was said about it."""
    values = {name: value for name, value in about.items() if name not in ("change_per_beta", "origin")}
    origin = LatentOrigin(**{**about["origin"], "shape": tuple(about["origin"]["shape"])})
    values |= {name: tuple(values.get(name, ())) for name in ("removed", "held")}
    return AttributeDirection(vector=vector, origin=origin, **values)
