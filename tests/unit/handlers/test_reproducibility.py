"""A killed run continues to the same bits; a damaged checkpoint is passed over; another run's is refused."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import torch
from ignite.engine import Engine, Events
from torch import nn

from prognos.handlers import ResumeHandler, SeedHandler


class Run:
    """Three-batch epochs of a network that learns from random inputs drawn inside the step."""

    def __init__(self, folder: Path, *, seed: int = 0, settings: dict[str, int] | None = None) -> None:
        torch.manual_seed(123)
        self.network = nn.Linear(4, 1)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=0.1)
        self.engine = Engine(self._step)
        SeedHandler(seed).attach(self.engine)
        objects = {"network": self.network, "optimizer": self.optimizer}
        ResumeHandler(folder, objects, settings=settings or {"seed": seed}).attach(self.engine)

    def _step(self, engine: Engine, batch: int) -> None:
        self.optimizer.zero_grad()
        self.network(torch.randn(8, 4)).square().mean().backward()
        self.optimizer.step()

    def run(self, epochs: int, stop_after: int | None = None) -> torch.Tensor:
        if stop_after is not None:
            self.engine.add_event_handler(Events.EPOCH_STARTED(once=stop_after + 1), self._kill)
        with contextlib.suppress(KeyboardInterrupt):
            self.engine.run(range(3), max_epochs=epochs)
        return self.network.weight.detach().clone()

    def _kill(self) -> None:
        raise KeyboardInterrupt


def test_a_killed_run_ends_with_the_weights_of_the_uninterrupted_one(tmp_path: Path) -> None:
    whole = Run(tmp_path / "whole").run(5)
    Run(tmp_path / "killed").run(5, stop_after=2)
    torch.manual_seed(999)
    assert torch.equal(Run(tmp_path / "killed").run(5), whole)


def test_another_seed_ends_with_other_weights(tmp_path: Path) -> None:
    assert not torch.equal(Run(tmp_path / "a").run(2), Run(tmp_path / "b", seed=1).run(2))


def test_a_damaged_newest_checkpoint_is_passed_over(tmp_path: Path) -> None:
    whole = Run(tmp_path / "whole").run(4)
    Run(tmp_path / "killed").run(4, stop_after=3)
    newest = max((tmp_path / "killed").glob("checkpoint_*.pt"))
    newest.write_bytes(newest.read_bytes()[:200])
    assert torch.equal(Run(tmp_path / "killed").run(4), whole)


def test_a_flipped_bit_in_a_checkpoint_is_noticed(tmp_path: Path) -> None:
    whole = Run(tmp_path / "whole").run(4)
    Run(tmp_path / "killed").run(4, stop_after=3)
    newest = max((tmp_path / "killed").glob("checkpoint_*.pt"))
    weight = torch.load(newest, weights_only=True)["network"]["weight"].numpy().tobytes()
    content = newest.read_bytes()
    assert content.count(weight) == 1
    newest.write_bytes(content.replace(weight, bytes([weight[0] ^ 1]) + weight[1:]))
    assert torch.equal(Run(tmp_path / "killed").run(4), whole)


def test_only_the_newest_checkpoints_stay(tmp_path: Path) -> None:
    Run(tmp_path).run(5)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["checkpoint_00004.pt", "checkpoint_00005.pt"]


def test_a_run_with_other_settings_is_refused(tmp_path: Path) -> None:
    Run(tmp_path, settings={"fold": 0}).run(1)
    with pytest.raises(ValueError, match=r"fold was 0, is now 1.*Choose another output_dir"):
        Run(tmp_path, settings={"fold": 1}).run(2)


def test_keeping_no_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="keep must be >= 1"):
        ResumeHandler(tmp_path, {}, settings={}, keep=0)
