"""Predictions table and metrics file of an evaluation."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from ignite.engine import Engine
from monai.data import decollate_batch

from prognos.handlers import MetricsWriter, PredictionsWriter
from prognos.networks import Provenance

SYNTHETIC = Provenance("synthetic", "drawn from seed 1", "ab" * 32)


def batch(rows: list[tuple[str, int, str, float, float, float, int]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Collated samples and output; rows of patient, index, reader, log hazard, time, event, lesions."""
    patients, indices, readers, log_hazard, time, event, lesions = zip(*rows, strict=True)
    label = torch.tensor([time, event], dtype=torch.float64).T
    volume = torch.zeros(len(rows), 3)
    for row, count in zip(volume, lesions, strict=True):
        row[:count] = 100.0
    sample = {
        "patient_id": list(patients),
        "patient_index": torch.tensor(indices),
        "reader": list(readers),
        "image_file": [f"{patient}.nii.gz" for patient in patients],
        "mask_files": [f"{patient}_{reader}.nii.gz" for patient, reader in zip(patients, readers, strict=True)],
        "volume": volume,
        "label": label,
    }
    output = {"label": label, "pred": {"log_hazard": torch.tensor(log_hazard)[:, None], "risk": volume}}
    return sample, output


BATCHES = [
    batch([("p#2", 5, "a", 1.0, 200.0, 0.0, 2), ("p1", 0, "a", -0.5, 100.0, 1.0, 1)]),
    batch([("p#2", 5, "b", 2.0, 200.0, 0.0, 3), ("p3", 7, "a", 0.0, 30.0, 1.0, 0)]),
]


def evaluate(writer: Any, batches: list[Any], *, decollate: bool = False, epochs: int = 1) -> Engine:
    def step(engine: Engine, pair: Any) -> Any:
        engine.state.batch = decollate_batch(pair[0]) if decollate else pair[0]
        return decollate_batch(pair[1]) if decollate else pair[1]

    engine = Engine(step)
    writer.attach(engine)
    engine.run(batches, max_epochs=epochs)
    return engine


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, comment="#", dtype={"patient_id": str})


@pytest.mark.parametrize("decollate", [False, True])
def test_one_row_a_patient_in_cohort_order_with_the_mean_over_readers(decollate: bool, tmp_path: Path) -> None:
    writer = PredictionsWriter(tmp_path / "predictions.csv", SYNTHETIC, fold=2, seed=7, model="lesions")
    evaluate(writer, BATCHES, decollate=decollate)
    table = read(tmp_path / "predictions.csv")
    assert table["patient_id"].tolist() == ["p1", "p#2", "p3"]
    assert table["log_hazard"].tolist() == [-0.5, 1.5, 0.0]
    assert table["time_days"].tolist() == [100, 200, 30]
    assert table["event"].tolist() == [1, 0, 1]
    assert table["readers"].tolist() == [1, 2, 1]
    assert table[["fold", "seed", "model"]].drop_duplicates().values.tolist() == [[2, 7, "lesions"]]
    assert table["flags"].fillna("").tolist() == ["", "", "no lesions"]


def test_head_of_the_table_says_the_direction_and_the_origin_of_the_weights(tmp_path: Path) -> None:
    evaluate(PredictionsWriter(tmp_path / "predictions.csv", SYNTHETIC), BATCHES)
    head = (tmp_path / "predictions.csv").read_text().split("patient_id")[0]
    assert "no horizon, higher = earlier event" in head
    assert SYNTHETIC.notice in head


def test_annotation_served_twice_counts_once(tmp_path: Path) -> None:
    writer = PredictionsWriter(tmp_path / "predictions.csv")
    evaluate(writer, [*BATCHES, BATCHES[1]])
    assert [row["readers"] for row in writer.rows] == [1, 2, 1]
    assert writer.rows[1]["log_hazard"] == 1.5


def test_table_holds_the_last_epoch_only(tmp_path: Path) -> None:
    writer = PredictionsWriter(tmp_path / "predictions.csv")
    evaluate(writer, BATCHES, epochs=3)
    assert len(writer.rows) == 3


def test_photos_without_names_are_all_averaged(tmp_path: Path) -> None:
    sample = {"patient_id": ["x", "x"], "patient_index": torch.tensor([0, 0]), "label": torch.ones(2, 2)}
    writer = PredictionsWriter(tmp_path / "predictions.csv")
    evaluate(writer, [(sample, {"label": sample["label"], "pred": torch.tensor([[1.0], [4.0]])})])
    assert [(row["log_hazard"], row["readers"]) for row in writer.rows] == [(2.5, 2)]


def test_unknown_outcome_leaves_empty_cells(tmp_path: Path) -> None:
    evaluate(PredictionsWriter(tmp_path / "p.csv"), [batch([("x", 0, "a", 1.0, math.nan, math.nan, 1)])])
    table = read(tmp_path / "p.csv")
    assert table[["time_days", "event"]].isna().all(axis=None)


def test_masks_as_a_list_are_refused_because_decollation_mixes_patients(tmp_path: Path) -> None:
    sample, output = batch([("x", 0, "a", 1.0, 1.0, 1.0, 1)])
    sample["mask_files"] = [["a.nii.gz"]]
    with pytest.raises(ValueError, match="would give a patient the masks of another"):
        evaluate(PredictionsWriter(tmp_path / "p.csv"), [(sample, output)])


def test_two_processes_write_one_table_with_each_annotation_once(tmp_path: Path) -> None:
    worker = Path(__file__).parents[2] / "processes" / "predictions.py"
    commands = [[sys.executable, worker, tmp_path / "meeting", str(rank), tmp_path / "p.csv"] for rank in range(2)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    processes = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) for command in commands]
    errors = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    table = read(tmp_path / "p.csv")
    assert table[["patient_id", "log_hazard", "readers"]].values.tolist() == [["p1", -0.5, 1], ["p2", 1.5, 2]]


def test_metrics_are_written_as_json_and_undefined_ones_as_null(tmp_path: Path) -> None:
    engine = Engine(lambda engine, _: None)
    MetricsWriter(tmp_path / "metrics.json", SYNTHETIC).attach(engine)

    def measure(engine: Engine) -> None:
        engine.state.metrics |= {"c_index": math.nan, "loss": torch.tensor(0.5), "patients": 3}

    engine.add_event_handler("EPOCH_COMPLETED", measure)
    engine.run([0], max_epochs=2)
    content = json.loads((tmp_path / "metrics.json").read_text())
    assert content["metrics"] == {"c_index": None, "loss": 0.5, "patients": 3}
    assert content["epoch"] == 2
    assert content["provenance"]["trained_on"] == "synthetic"
