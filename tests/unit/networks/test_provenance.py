"""Weights never lose their origin, and lost origins are said to be unknown."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from ignite.engine import Engine
from torch import nn

from prognos.handlers import WeightsCheckpointLoader
from prognos.networks import (
    load_latent_encoder,
    load_stylegan2,
    read_provenance,
    require_intact,
    write_provenance,
)
from prognos.networks.nets import VGG16Features, load_portrait_features


def test_what_was_written_is_read(tmp_path: Path) -> None:
    weights = tmp_path / "model.pt"
    weights.write_bytes(b"weights")
    written = write_provenance(weights, "synthetic", "300 drawn patients")
    assert read_provenance(weights) == written
    assert "SYNTHETIC" in written.notice


@pytest.mark.parametrize("look", [read_provenance, require_intact])
def test_other_weights_under_the_same_name_are_refused(look: Callable[[Path], object], tmp_path: Path) -> None:
    weights = tmp_path / "model.pt"
    weights.write_bytes(b"weights")
    write_provenance(weights, "patients", "300 patients")
    look(weights)
    weights.write_bytes(b"exchanged")
    with pytest.raises(ValueError, match=r"model\.pt: has the SHA-256 .* Copy both files again; .* delete model\.pt\."):
        look(weights)


def test_published_weights_must_have_the_digest_of_their_name(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"weights").hexdigest()
    for content in (b"weights", b"damaged"):
        weights = tmp_path / f"resnet50-{digest[:8]}.pth"
        weights.write_bytes(content)
        if content == b"weights":
            assert require_intact(weights) == digest
            continue
        with pytest.raises(ValueError, match=rf"its name says {digest[:8]}: it is damaged"):
            require_intact(weights)


LOADERS: dict[str, Callable[[Path], object]] = {
    "generator.safetensors": load_stylegan2,
    "encoder.safetensors": load_latent_encoder,
    "features.safetensors": load_portrait_features,
    "vgg16.safetensors": VGG16Features,
    "model.pt": lambda path: WeightsCheckpointLoader(str(path), {"model": nn.Linear(2, 1)})(Engine(lambda *_: None)),
}


@pytest.mark.parametrize("name", LOADERS)
def test_every_loader_looks_at_the_digest_before_anything_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"weights")
    write_provenance(path, "synthetic", "")
    path.write_bytes(b"damaged")
    with pytest.raises(ValueError, match="or others took their place"):
        LOADERS[name](path)


def test_weights_without_a_provenance_are_of_unknown_origin(tmp_path: Path) -> None:
    weights = tmp_path / "model.pt"
    weights.write_bytes(b"weights")
    assert read_provenance(weights).trained_on == "unknown"


@pytest.mark.parametrize("text", ["[]", "{", '{"trained_on": "mars", "description": "", "sha256": ""}'])
def test_a_damaged_provenance_is_refused(tmp_path: Path, text: str) -> None:
    weights = tmp_path / "model.pt"
    weights.write_bytes(b"weights")
    (tmp_path / "model.pt.provenance.json").write_text(text)
    with pytest.raises(ValueError, match="provenance"):
        read_provenance(weights)


def test_absent_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no weights at"):
        read_provenance(tmp_path / "model.pt")
