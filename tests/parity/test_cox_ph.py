"""CoxPH and BaselineHazard against R's survival and glmnet (tests/data/cox_ph_golden.R)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prognos.estimators import BaselineHazard, CoxPH
from prognos.estimators.cox_objective import CoxSample
from prognos.estimators.penalty import cross_validated_deviance

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "cox_ph_golden.json").read_text(encoding="utf-8"))
WIDE = {name: np.asarray(column, dtype=float) for name, column in GOLDEN["tables"]["wide"].items()}
NARROW = WIDE | {"features": WIDE["features"][:, :8]}
TABLES = {"wide": WIDE, "narrow": NARROW}


def columns(name: str) -> dict[str, np.ndarray]:
    found = GOLDEN["survival"][name]["columns"]
    return {key: np.asarray(value, dtype=float) for key, value in found.items()}


def label(data: dict[str, np.ndarray]) -> np.ndarray:
    return np.stack([data["time"], data["event"]], axis=1)


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(name, case, id="-".join([name, *(str(value) for value in list(case.values())[:3])]))
        for name, table in GOLDEN["survival"].items()
        for case in table[kind]
    ]


@pytest.mark.parametrize(("name", "case"), cases("plain"))
def test_coefficients_and_survival_equal_those_of_r(name: str, case: dict[str, Any]) -> None:
    data = columns(name)
    given = {
        "strata": data["stratum"].astype(int) if case["stratified"] else None,
        "weight": data["weight"] if case["weighted"] else None,
        "entry": data.get("entry"),
    }
    model = CoxPH(0.0, ties=case["ties"]).fit(data["features"], label(data), **given)
    np.testing.assert_allclose(model.coefficients, case["coefficients"], rtol=1e-7, atol=1e-9)
    log_hazard = model.log_hazard(data["features"])
    baseline = BaselineHazard(case["ties"]).fit(log_hazard, label(data), **given)
    curve = {key: np.asarray(value) for key, value in case["curve"].items()}
    for stratum in np.unique(curve["stratum"]):
        rows = curve["stratum"] == stratum
        group = str(int(stratum)) if case["stratified"] else ""
        ours = baseline.cumulative_hazard(curve["time"][rows], group)
        np.testing.assert_allclose(ours, curve["cumulative"][rows], rtol=1e-8, atol=1e-10)
        survival = baseline.survival([0.0], curve["time"][rows], [group])[0]
        np.testing.assert_allclose(survival, curve["survival"][rows], rtol=1e-8)


@pytest.mark.parametrize(("name", "case"), cases("ridge"))
def test_ridge_equals_that_of_r(name: str, case: dict[str, Any]) -> None:
    data = columns(name)
    strata = data["stratum"] if case["stratified"] else None
    model = CoxPH(case["penalty"], ties=case["ties"]).fit(data["features"], label(data), strata)
    np.testing.assert_allclose(model.coefficients, case["coefficients"], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("case", GOLDEN["elastic_net"], ids=lambda case: "-".join(map(str, list(case.values())[:5])))
def test_ridge_elastic_net_and_lasso_equal_those_of_glmnet(case: dict[str, Any]) -> None:
    data = TABLES[case["table"]]
    model = CoxPH(case["penalty"], l1_ratio=case["l1_ratio"], ties="breslow").fit(
        data["features"],
        label(data),
        data["stratum"] if case["stratified"] else None,
        weight=data["weight"] if case["weighted"] else None,
    )
    np.testing.assert_allclose(model.coefficients, case["coefficients"], rtol=1e-5, atol=1e-6)
    if case["l1_ratio"] > 0:
        assert (model.coefficients != 0).sum() == (np.abs(case["coefficients"]) > 1e-7).sum()


@pytest.mark.parametrize("case", GOLDEN["deviance"], ids=lambda case: f"{case['table']}-{case['l1_ratio']}")
def test_cross_validated_deviance_equals_that_of_cv_glmnet(case: dict[str, Any]) -> None:
    data = TABLES[case["table"]]
    ours = cross_validated_deviance(
        CoxSample(label(data), "breslow"),
        data["features"],
        data["fold"].astype(int),
        np.asarray(case["penalties"]),
        case["l1_ratio"],
        tolerance=1e-10,
    )
    # glmnet counts from the saturated model, which no penalty changes.
    theirs = np.asarray(case["deviance"])
    np.testing.assert_allclose(ours - ours[0], theirs - theirs[0], rtol=1e-5, atol=1e-7)
