"""A model that scores everybody at once is cut into the parts that the trainings had."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from prognos.apps.experiment.gathering import part_of_fold
from prognos.data import read_cohort


@pytest.mark.parametrize("parts", [3, 4, 5])
def test_the_parts_of_a_fold_are_those_that_the_trainings_read(parts: int, tmp_path: Path) -> None:
    rows = [f"p{row},{row + 1},1,{row % parts}\n" for row in range(2 * parts)]
    (tmp_path / "cohort.csv").write_text("patient_id,time,event,fold\n" + "".join(rows), encoding="utf-8")
    table = pd.DataFrame(read_cohort(tmp_path / "cohort.csv"))
    for fold in range(parts):
        found = part_of_fold(table["fold"], fold)
        for subset in ("train", "validation", "test"):
            read = read_cohort(tmp_path / "cohort.csv", fold=fold, subset=subset)  # type: ignore[arg-type]
            assert table.loc[found == subset, "patient_id"].tolist() == [sample["patient_id"] for sample in read]
