"""Decision curves of the Python package dcurves on the cohorts of ``evaluation_golden.json``.

pip install dcurves
python tests/data/decision_curve_golden.py      writes tests/data/decision_curve_golden.json
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import dcurves
import pandas as pd

HERE = Path(__file__).parent
THRESHOLDS = [round(0.05 * step, 2) for step in range(1, 13)]

cohorts = json.loads((HERE / "evaluation_golden.json").read_text(encoding="utf-8"))["cohorts"]
golden = {}
for name, cohort in cohorts.items():
    columns = cohort["columns"]
    table = pd.DataFrame({"time": columns["time"], "event": columns["event"]}, dtype=float)
    table["event"] = table["event"] == 1
    golden[name] = []
    for place, day in enumerate(columns["horizons"]):
        table["risk"] = [1 - row[place] for row in columns["survival"]]
        result = dcurves.dca(table, "event", ["risk"], thresholds=THRESHOLDS, time=day, time_to_outcome_col="time")
        curves = {model: part["net_benefit"].tolist() for model, part in result.groupby("model")}
        golden[name].append({"days": day, "thresholds": THRESHOLDS, "model": curves["risk"], "all": curves["all"]})
result = {"made_with": {"dcurves": version("dcurves")}, "cohorts": golden}
(HERE / "decision_curve_golden.json").write_text(json.dumps(result), encoding="utf-8")
