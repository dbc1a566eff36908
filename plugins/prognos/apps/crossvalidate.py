"""``prognos crossvalidate``: train and score every fold of a bundle, then pool the out-of-fold risks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from fire.decorators import SetParseFn

from prognos.apps.run import open_stage
from prognos.config import keys
from prognos.data import read_cohort
from prognos.files import written_whole
from prognos.metrics import concordance_index, concordance_interval

__all__ = ["crossvalidate", "pool"]

SUBSETS = ("train", "validation", "test")
"""Parts of the cohort that each fold is scored on, as in table 2 of the lesion paper."""


@SetParseFn(str, "bundle", "output_dir", "overlay")  # fire reads the folder 2024 as a number
def crossvalidate(bundle: str, *, output_dir: str, overlay: str = "", **overrides: Any) -> None:
    """Train and test every fold of the cohort and pool the out-of-fold risks.

    The folds are the values of the column ``fold`` of the cohort table (``prognos split`` writes it). Each fold trains
    into ``<output_dir>/fold_<k>`` and is scored on its training, validation and test patients. A finished fold is kept:
    calling again does only what is missing, and an unfinished one goes on after its last epoch.

    Args:
        bundle: name of a bundle, or its folder.
        output_dir: folder of the results.
        overlay: config file, or name of one, to put on top; several are separated by commas.
        overrides: any value of the config by its id, for example ``--dataset_dir ./cohort --epochs 2``.
    """
    folder = Path(output_dir)
    for fold in range(_folds(bundle, overlay, overrides)):
        fold_dir = folder / f"fold_{fold}"
        given = overrides | {"output_dir": str(fold_dir), "fold": fold}
        if not (fold_dir / "model.pt.provenance.json").is_file():
            print(f"fold {fold}: training", flush=True)
            _run(bundle, "train", overlay, given)
        for subset in SUBSETS:
            if not (fold_dir / f"metrics_{subset}.json").is_file():
                scored = given | {"subset": subset, "weights": str(fold_dir / "model.pt")}
                _run(bundle, "evaluate", overlay, scored)
    print(pool(folder))


def pool(folder: Path) -> str:
    """Pool the folds of a cross-validation.

    Args:
        folder: folder that holds ``fold_<k>/predictions_<subset>.csv``.

    Returns:
        The summary, which is also written to ``summary.md`` and ``summary.json``. The out-of-fold predictions go to
        ``predictions.csv``.
    """
    tables = {
        subset: [_read(path) for path in sorted(folder.glob(f"fold_*/predictions_{subset}.csv"))] for subset in SUBSETS
    }
    indices = {subset: [_index(table)[0] for table in found] for subset, found in tables.items()}
    pooled = pd.concat(tables["test"], ignore_index=True)
    index, error = _index(pooled, strata=pooled[keys.FOLD].to_numpy())
    low, high = concordance_interval(index, error)
    spread = {subset: {"folds": values, **_mean_sd(values)} for subset, values in indices.items()}
    summary = {
        "c_index": spread,
        "pooled": {
            "c_index": index,
            "standard_error": error,
            "interval_95": [low, high],
            "patients": len(pooled),
            "events": int(pooled["event"].sum()),
            "pairs": "within folds",
        },
    }
    lines = ["| part | C-index, mean ± SD over folds |", "| --- | --- |"]
    lines += [f"| {name} | {row['mean']:.3f} ± {row['sd']:.3f} |" for name, row in spread.items()]
    lines += [
        "",
        f"Out of fold, pairs within folds: C-index {index:.3f}, 95 % interval {low:.3f} to "
        f"{high:.3f}, {len(pooled)} patients, {int(pooled['event'].sum())} events.",
    ]
    text = "\n".join(lines)
    for name, content in (
        ("predictions.csv", pooled.to_csv(index=False)),
        ("summary.json", json.dumps(summary, indent=4) + "\n"),
        ("summary.md", text + "\n"),
    ):
        with written_whole(folder / name) as path:
            path.write_text(content, encoding="utf-8")
    return text


def _folds(bundle: str, overlay: str, overrides: dict[str, Any]) -> int:
    """Number of folds in the cohort table that the config names."""
    parser = open_stage(bundle, "train", overlay=overlay, **overrides).parser
    path, unit = parser.get_parsed_content("cohort_file"), parser.get_parsed_content("time_unit")
    samples = read_cohort(path, time_unit=unit)
    if keys.FOLD not in samples[0]:
        raise ValueError(f"{path}: no column {keys.FOLD!r}; write it with: prognos split {path}")
    return int(max(sample[keys.FOLD] for sample in samples)) + 1


def _run(bundle: str, stage: str, overlay: str, overrides: dict[str, Any]) -> None:
    workflow = open_stage(bundle, stage, overlay=overlay, **overrides)
    workflow.initialize()
    workflow.run()
    workflow.finalize()


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, comment="#", dtype={keys.PATIENT: str})


def _index(table: pd.DataFrame, strata: np.ndarray[Any, Any] | None = None) -> tuple[float, float]:
    columns = (table[name].to_numpy() for name in (keys.LOG_HAZARD, "time_days", "event"))
    return concordance_index(*columns, strata=strata)


def _mean_sd(values: list[float]) -> dict[str, Any]:
    """Mean and standard deviation over the folds."""
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")}
