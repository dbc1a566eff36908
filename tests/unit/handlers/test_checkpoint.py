"""Weights are loaded whole, or one sentence says what is wrong with the file."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from ignite.engine import Engine
from torch import nn

from prognos.handlers import WeightsCheckpointLoader


def load(path: Path, network: nn.Module) -> None:
    engine = Engine(lambda engine, batch: None)
    WeightsCheckpointLoader(str(path), {"model": network}).attach(engine)
    engine.run([0])


def weights(path: Path, network: nn.Module) -> None:
    torch.save(network.state_dict(), path)


class Bomb:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (self.path, "w")


def test_a_plain_state_dictionary_is_loaded(tmp_path: Path) -> None:
    theirs, ours = nn.Linear(3, 2), nn.Linear(3, 2)
    weights(tmp_path / "model.pt", theirs)
    load(tmp_path / "model.pt", ours)
    assert torch.equal(theirs.weight, ours.weight)


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, kept: float) -> None:
    weights(tmp_path / "model.pt", nn.Linear(300, 2))
    whole = (tmp_path / "model.pt").read_bytes()
    (tmp_path / "model.pt").write_bytes(whole[: int(kept * len(whole) if 0 < kept < 1 else kept)])
    with pytest.raises(ValueError, match=r"model.pt: (damaged or cut off|not a plain file)"):
        load(tmp_path / "model.pt", nn.Linear(300, 2))


@pytest.mark.parametrize("writer", [torch.save, lambda what, path: path.write_bytes(pickle.dumps(what))])
def test_a_file_that_would_run_something_is_refused_and_runs_nothing(
    tmp_path: Path, writer: Callable[[object, Path], None]
) -> None:
    writer({"weight": Bomb(str(tmp_path / "fired"))}, tmp_path / "model.pt")
    with pytest.raises(ValueError, match="before anything in it could run"):
        load(tmp_path / "model.pt", nn.Linear(3, 2))
    assert not (tmp_path / "fired").exists()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (nn.Linear(4, 2), r"weight has shape \[2, 4\], expected \[2, 3\]"),
        (nn.Linear(3, 2, bias=False), "bias is missing"),
        (nn.Bilinear(3, 3, 2), r"weight has shape"),
        (nn.BatchNorm1d(2), "running_mean is too much; running_var is too much.*; and 1 more"),
    ],
)
def test_weights_of_another_network_are_refused_with_what_differs(tmp_path: Path, other: nn.Module, words: str) -> None:
    weights(tmp_path / "model.pt", other)
    with pytest.raises(ValueError, match=words):
        load(tmp_path / "model.pt", nn.Linear(3, 2))


def test_something_else_than_weights_is_refused(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "model.pt")
    with pytest.raises(ValueError, match="not a dictionary of tensors"):
        load(tmp_path / "model.pt", nn.Linear(3, 2))


def test_absent_weights_are_named_with_their_option(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="--weights"):
        load(tmp_path / "model.pt", nn.Linear(3, 2))
