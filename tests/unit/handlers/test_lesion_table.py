"""One row a lesion of an annotation, padding left out."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import torch
from ignite.engine import Engine

from prognos.data.lesion_measurements import MeasuredLesion
from prognos.handlers import LesionTableWriter
from prognos.handlers.tables import read_notice
from prognos.networks import Provenance

BATCH = {
    "patient_id": ["a", "b"],
    "reader": ["r1", "r2"],
    "instance": torch.tensor([[7, 3], [5, 0]]),
    "organ": torch.tensor([[1, 4], [3, 0]]),
    "volume": torch.tensor([[20.0, 10.0], [30.0, 0.0]]),
    "diameter": torch.tensor([[4.0, 3.0], [5.0, 0.0]]),
    "growth": torch.tensor([[1.5, torch.nan], [0.5, torch.nan]]),
    "slice": torch.tensor([[4, 2], [9, 0]]),
}
PREDICTION = {
    "log_hazard": torch.tensor([[3.0], [0.5]]),
    "risk": torch.tensor([[1.0, 2.0], [0.25, 0.0]]),
    "scaled_risk": torch.tensor([[2.0, 1.0], [0.5, 0.0]]),
}


def evaluate(writer: LesionTableWriter, batch: dict[str, object] = BATCH) -> None:
    """One epoch with one batch."""

    def step(engine: Engine, batch: dict[str, object]) -> dict[str, object]:
        return {"pred": PREDICTION}

    engine = Engine(step)
    writer.attach(engine)
    engine.run([batch], max_epochs=1)


def test_lesions_are_listed_without_padding(tmp_path: Path) -> None:
    evaluate(LesionTableWriter(tmp_path / "lesions.csv", Provenance("synthetic", "drawn", "0")))
    table = pd.read_csv(tmp_path / "lesions.csv", comment="#")
    assert table["lesion_id"].tolist() == [7, 3, 5]
    assert table["organ"].tolist() == ["lung", "bone", "liver"]
    assert table["scaled_risk"].tolist() == [2.0, 1.0, 0.5]
    assert table["growth_ratio"].isna().tolist() == [False, True, False]
    assert table["reader"].tolist() == ["r1", "r1", "r2"]
    assert table["slice_from_feet_first_is_0"].tolist() == [4, 2, 9]
    assert table[["matched_lesion", "margin_mm", "depth_mm"]].isna().all(axis=None)
    assert "SYNTHETIC" in (tmp_path / "lesions.csv").read_text()
    assert read_notice(tmp_path / "lesions.csv") == Provenance("synthetic", "", "").notice


class Measured:
    """Stands in for the measurements of a cohort."""

    filled = 0

    def measure(self) -> None:
        self.filled += 1

    def of_annotation(self, patient: str, reader: str) -> dict[int, MeasuredLesion]:
        return {id_: MeasuredLesion(10 * id_, len(patient + reader) / 2, math.nan) for id_ in (3, 5, 7)}


def test_an_annotation_without_lesions_is_remembered_though_it_has_no_row(tmp_path: Path) -> None:
    writer = LesionTableWriter(tmp_path / "lesions.csv")
    writer.without_lesions = {("of an earlier epoch", "r1")}
    evaluate(writer, BATCH | {"volume": torch.tensor([[20.0, 10.0], [0.0, 0.0]])})
    assert writer.without_lesions == {("b", "r2")}
    assert set(writer.table()["patient_id"]) == {"a"}


def test_measures_are_added_to_each_lesion(tmp_path: Path) -> None:
    measurements = Measured()
    writer = LesionTableWriter(tmp_path / "lesions.csv", measurements=measurements)
    evaluate(writer)
    assert measurements.filled == 1
    table = writer.table()
    assert table["matched_lesion"].tolist() == [70, 30, 50]
    assert table["margin_mm"].tolist() == [1.5, 1.5, 1.5]
    written = pd.read_csv(tmp_path / "lesions.csv", comment="#")
    pd.testing.assert_frame_equal(written, table, check_dtype=False)
