"""Directions on disk come back the same, and only to the generator they belong to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from prognos.estimators import LatentOrigin, load_directions, project_out, regressed_direction, save_directions

GENERATOR = "ab" * 32


@pytest.fixture
def directions() -> dict[str, object]:
    random = np.random.default_rng(0)
    latents = random.standard_normal((30, 2, 4)).reshape(30, 8)
    origin = LatentOrigin("w+", (2, 4), GENERATOR, "encoder")
    age = regressed_direction("age", latents[:, 1] + 50, latents, origin, unit="years")
    weight = regressed_direction("weight", latents[:, 2] + 0.3 * latents[:, 1], latents, origin)
    held = replace(age, held=("background",), price=2.5)
    return {"age": age, "age, others kept": project_out(age, [weight], latents), "age, surroundings held": held}


def test_directions_come_back_to_the_bit(tmp_path: Path, directions) -> None:
    found = load_directions(save_directions(tmp_path / "d.safetensors", directions), generator=GENERATOR)
    assert list(found) == list(directions)
    for name, direction in directions.items():
        assert found[name].vector.tobytes() == direction.vector.tobytes()
        assert found[name].origin == direction.origin
        for what in ("step", "removed", "held", "price", "unit"):
            assert getattr(found[name], what) == getattr(direction, what)


def test_another_generator_is_refused(tmp_path: Path, directions) -> None:
    path = save_directions(tmp_path / "d.safetensors", directions)
    with pytest.raises(ValueError, match="was made with generator abababababab, but the one given is cdcdcdcdcdcd"):
        load_directions(path, generator="cd" * 32)


def test_a_broken_or_strange_file_is_refused(tmp_path: Path, directions) -> None:
    path = save_directions(tmp_path / "d.safetensors", directions)
    (tmp_path / "cut.safetensors").write_bytes(path.read_bytes()[:40])
    save_file({"a": np.zeros(2)}, tmp_path / "strange.safetensors")
    for name in ("cut", "strange"):
        with pytest.raises(ValueError, match="not a file of attribute directions"):
            load_directions(tmp_path / f"{name}.safetensors", generator=GENERATOR)
    with pytest.raises(FileNotFoundError, match="no directions at"):
        load_directions(tmp_path / "absent.safetensors", generator=GENERATOR)
