"""Handlers of the concordance index and the Cox loss: the value of an epoch is that of the whole cohort."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedEvaluator
from monai.handlers import from_engine

from prognos.handlers import ConcordanceIndexHandler, CoxLossHandler
from prognos.losses import CoxLoss
from prognos.metrics import concordance_index

SIZE = 30


def cohort() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log hazard [30, 1], label [30, 2], and the patient of each of the 30 annotations: two for each of 15 patients."""
    generator = torch.Generator().manual_seed(0)
    log_hazard = torch.randn(SIZE, 1, generator=generator, dtype=torch.float64)
    patient = torch.randperm(SIZE, generator=generator) % 15
    time = torch.randint(1, 9, (15,), generator=generator).double()
    event = (torch.rand(15, generator=generator) < 0.6).double()
    return log_hazard, torch.stack([time, event], dim=1)[patient], patient


class AsDictionary(torch.nn.Module):
    """A network whose prediction is a dictionary."""

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        """Pass the log hazard through."""
        return {"log_hazard": image, "risk": image.expand(-1, 3)}


def metrics_of_an_epoch(
    batch_size: int,
    decollate: bool,
    group_key: str | None = None,
    network: torch.nn.Module | None = None,
    **options: Any,
) -> dict[str, float]:
    """Run a MONAI evaluator over the cohort."""
    log_hazard, label, patient = cohort()
    rows = [{"image": log_hazard[i], "label": label[i], "patient_index": patient[i]} for i in range(SIZE)]
    evaluator = SupervisedEvaluator(
        torch.device("cpu"),
        DataLoader(Dataset(rows), batch_size=batch_size),
        torch.nn.Identity() if network is None else network,
        decollate=decollate,
        key_val_metric={"c_index": ConcordanceIndexHandler(group_key=group_key, **options)},
        additional_metrics={"cox_loss": CoxLossHandler(group_key=group_key, **options)},
    )
    evaluator.run()
    return dict(evaluator.state.metrics)


@pytest.mark.parametrize("decollate", [True, False])
@pytest.mark.parametrize("batch_size", [1, 7, SIZE])
def test_epoch_value_is_that_of_the_cohort_at_any_batch_size(batch_size: int, decollate: bool) -> None:
    log_hazard, label, _ = cohort()
    index, error = concordance_index(log_hazard, label[:, 0], label[:, 1])
    metrics = metrics_of_an_epoch(batch_size, decollate)
    assert metrics == {
        "c_index": pytest.approx(index, abs=1e-14),
        "c_index_se": pytest.approx(error, abs=1e-14),
        "c_index_events": int(label[:, 1].sum()),
        "c_index_patients": SIZE,
        "cox_loss": pytest.approx(CoxLoss()(log_hazard, label).item(), rel=1e-14),
    }


@pytest.mark.parametrize("decollate", [True, False])
@pytest.mark.parametrize("batch_size", [1, 7])
def test_group_key_averages_the_annotations_of_a_patient(batch_size: int, decollate: bool) -> None:
    log_hazard, label, patient = cohort()
    mean = torch.stack([log_hazard[patient == p].mean(dim=0) for p in range(15)])
    outcome = torch.stack([label[patient == p][0] for p in range(15)])
    metrics = metrics_of_an_epoch(batch_size, decollate, group_key="patient_index")
    assert metrics["c_index"] == pytest.approx(concordance_index(mean, *outcome.T)[0], abs=1e-14)
    assert metrics["c_index_patients"] == 15
    assert metrics["cox_loss"] == pytest.approx(CoxLoss()(mean, outcome).item(), rel=1e-12)


@pytest.mark.parametrize("decollate", [True, False])
def test_log_hazard_of_a_prediction_dictionary_is_read(decollate: bool) -> None:
    assert metrics_of_an_epoch(7, decollate, network=AsDictionary()) == metrics_of_an_epoch(7, decollate)


def test_output_transform_of_a_bundle_does_what_the_default_does() -> None:
    given = metrics_of_an_epoch(7, True, output_transform=from_engine(["pred", "label"]))
    assert given == metrics_of_an_epoch(7, True)


def test_two_processes_with_uneven_shards_give_the_value_of_the_cohort(tmp_path: Path) -> None:
    worker = Path(__file__).parents[2] / "processes" / "handlers.py"
    command = [sys.executable, "-W", "ignore", str(worker), str(tmp_path / "meeting")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    first, second = (subprocess.Popen([*command, rank], env=environment, stderr=subprocess.PIPE) for rank in "01")
    for process in (first, second):
        _, message = process.communicate(timeout=300)
        assert process.returncode == 0, message.decode()
