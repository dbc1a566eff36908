"""The baseline hazard of the training patients is written and read, whichever way they came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ignite.engine import Engine

from prognos.estimators import BaselineHazard, load_model
from prognos.handlers import BaselineHazardWriter
from prognos.networks.nets import DeepSurv

RANDOM = np.random.default_rng(0)
FEATURES = torch.from_numpy(RANDOM.standard_normal((20, 3))).float()
LABELS = torch.from_numpy(np.column_stack([RANDOM.exponential(300, 20) + 1, RANDOM.integers(0, 2, 20)]))


def samples(photos: int = 1) -> list[dict[str, Any]]:
    """Patients with some photos each, whose features differ by something that averages out for a linear network."""
    shifts = torch.linspace(-1, 1, photos)[:, None] if photos > 1 else torch.zeros(1, 1)
    return [
        {"image": row + shift, "label": label, "patient_index": torch.tensor(number)}
        for number, (row, label) in enumerate(zip(FEATURES, LABELS, strict=True))
        for shift in shifts
    ]


def write(folder: Path, network: DeepSurv, dataset: list[dict[str, Any]], **settings: Any) -> Path:
    """Run a training of nothing to its end."""
    engine = Engine(lambda engine, batch: None)
    BaselineHazardWriter(network, dataset, folder / "baseline.safetensors", **settings).attach(engine)
    engine.run([0])
    return folder / "baseline.safetensors"


def linear() -> DeepSurv:
    torch.manual_seed(0)
    return DeepSurv(3, depth=0)


@pytest.mark.parametrize("photos", [1, 3])
def test_the_curves_are_those_of_a_baseline_fitted_by_hand(tmp_path: Path, photos: int) -> None:
    network = linear().train()
    written = load_model(write(tmp_path, network, samples(photos), batch_size=7))
    score = network(FEATURES).detach().double().numpy().reshape(-1)
    expected = BaselineHazard().fit(score, LABELS.numpy())
    np.testing.assert_allclose(written.survival([0.3], [50, 300]), expected.survival([0.3], [50, 300]), rtol=1e-5)


def test_dropout_is_off_when_it_is_fitted(tmp_path: Path) -> None:
    network = DeepSurv(3, depth=1, dropout=0.9).train()
    first, second = (load_model(write(tmp_path / name, network, samples())) for name in "ab")
    np.testing.assert_array_equal(first.cumulative, second.cumulative)


def test_a_baseline_of_another_generator_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, linear(), samples(), generator="one")
    assert load_model(path, generator="one").last[0] == LABELS[:, 0].max()
    with pytest.raises(ValueError, match="Embed the photos with the generator of the model"):
        load_model(path, generator="two")
