"""Everything a reviewer asks of a prognosis study, from one table of out-of-fold predictions.

n patients, T horizons. Every number comes from another file of this room; here they are put side by side, and what
could not be had is said in a sentence.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from prognos.metrics.accuracy import AccuracyRow, IntegratedBrier, accuracy_over_time
from prognos.metrics.arguments import Column, Floats, events, numbers
from prognos.metrics.calibration import (
    CalibrationGroup,
    CalibrationPoint,
    CalibrationRow,
    calibrate,
    calibration_curve,
    calibration_groups,
    calibration_slope,
)
from prognos.metrics.cohort_summary import MissingRow, TableOneRow, missingness, table_one
from prognos.metrics.concordance import concordance_index, concordance_interval, uno_concordance_index
from prognos.metrics.decision_curve import NetBenefitRow, net_benefit
from prognos.metrics.follow_up import USUAL_DAYS, FollowUp, HorizonRow, choose_horizons, describe_follow_up
from prognos.metrics.interval_coverage import IntervalCoverage, check_interval_coverage
from prognos.metrics.log_rank import LogRank, log_rank_test
from prognos.metrics.proportional_hazards import (
    ProportionalHazardsRow,
    SchoenfeldPoint,
    check_proportional_hazards,
    schoenfeld_residuals,
)
from prognos.metrics.risk_groups import CutRow, RiskGroupRow, describe_risk_groups, risk_groups_by_fold
from prognos.metrics.step_curve import event_curve
from prognos.metrics.subgroup_summary import SubgroupRow, subgroup_table
from prognos.metrics.survival_curve import NORMAL_975, SurvivalPoint, survival_by_group

__all__ = ["Evaluation", "IndexRow", "TrainingPart", "evaluate_predictions"]

MOST_STATED = 3
"""Horizons at which calibration and decision curves are given by default."""

MOST_REPLICATES = 200
"""Resamples of a decision curve; each is computed at up to a hundred thresholds."""


class TrainingPart(NamedTuple):
    """Patients that the model of one fold was fitted to; [m] each."""

    log_hazard: Column
    """Of the fitted model, or better of its inner out-of-fold predictions; higher means earlier event."""

    time: Column
    """Follow-up time in days."""

    event: Column
    """1 = event observed, 0 = censored."""


class IndexRow(NamedTuple):
    """One number for the whole cohort, with its interval."""

    name: str
    """What it is."""

    value: float
    """The number."""

    standard_error: float
    """Its standard error."""

    low: float
    """Lower end of the 95 % interval."""

    high: float
    """Upper end."""


@dataclass(frozen=True)
class Evaluation:
    """All tables of an evaluation. A table is a list of flat rows, empty where it could not be had; ``notes`` says why.

    Attributes:
        patients: their number.
        events: observed events among them.
        notes: sentences on what was trimmed or left out, and why.
        concordance: concordance indices, pairs within folds.
        slope: calibration slope of the log hazard over the whole follow-up.
        follow_up: follow-up by the reverse Kaplan-Meier curve, one row.
        horizons: horizons that were considered, and why one was not kept.
        accuracy: AUC, Brier score, its null and scaled form at each horizon.
        integrated_brier: their integral, one row.
        calibration: observed over expected, slope and indices at the stated horizons.
        calibration_curve: smooth curves with pointwise intervals.
        calibration_groups: observed risk in groups of predicted risk.
        risk_groups: groups cut where the training patients say.
        risk_group_curves: their Kaplan-Meier curves.
        log_rank: their comparison, within folds, one row.
        cuts: where each fold was cut.
        decision_curve: net benefit at the stated horizons.
        proportional_hazards: test of the log hazard's coefficient, within folds.
        schoenfeld: scaled residuals behind it.
        subgroups: concordance in subgroups.
        table_one: who the patients are.
        missingness: what is missing.
        coverage: self-check of the intervals on permuted outcomes, one row.
    """

    patients: int
    events: int
    notes: list[str] = field(default_factory=list)
    concordance: list[IndexRow] = field(default_factory=list)
    slope: list[IndexRow] = field(default_factory=list)
    follow_up: list[FollowUp] = field(default_factory=list)
    horizons: list[HorizonRow] = field(default_factory=list)
    accuracy: list[AccuracyRow] = field(default_factory=list)
    integrated_brier: list[IntegratedBrier] = field(default_factory=list)
    calibration: list[CalibrationRow] = field(default_factory=list)
    calibration_curve: list[CalibrationPoint] = field(default_factory=list)
    calibration_groups: list[CalibrationGroup] = field(default_factory=list)
    risk_groups: list[RiskGroupRow] = field(default_factory=list)
    risk_group_curves: list[SurvivalPoint] = field(default_factory=list)
    log_rank: list[LogRank] = field(default_factory=list)
    cuts: list[CutRow] = field(default_factory=list)
    decision_curve: list[NetBenefitRow] = field(default_factory=list)
    proportional_hazards: list[ProportionalHazardsRow] = field(default_factory=list)
    schoenfeld: list[SchoenfeldPoint] = field(default_factory=list)
    subgroups: list[SubgroupRow] = field(default_factory=list)
    table_one: list[TableOneRow] = field(default_factory=list)
    missingness: list[MissingRow] = field(default_factory=list)
    coverage: list[IntervalCoverage] = field(default_factory=list)

    def tables(self) -> dict[str, Sequence[NamedTuple]]:
        """Tables that have rows, by name; the header of each is ``rows[0]._fields``."""
        found: dict[str, Sequence[NamedTuple]] = {}
        for part in fields(self):
            rows = getattr(self, part.name)
            if isinstance(rows, list) and rows and part.name != "notes":
                found[part.name] = rows
        return found


def evaluate_predictions(
    log_hazard: Column,
    time: Column,
    event: Column,
    *,
    fold: Column | None = None,
    survival: Column | None = None,
    horizons: Column | None = None,
    stated: Sequence[float] | None = None,
    training: Mapping[str, TrainingPart] | None = None,
    covariates: Mapping[str, Column] | None = None,
    subgroups: Mapping[str, Column] | None = None,
    by: Column | None = None,
    groups: int = 2,
    replicates: int = 500,
    seed: int = 0,
) -> Evaluation:
    """Evaluate the predictions of one model, one row a patient, every one made without that patient.

    Args:
        log_hazard: out of fold, no unit, higher means earlier event. Shape [n].
        time: follow-up time in days. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        fold: of each patient, number or text; models of different folds share no scale, so pairs are counted within
            folds. Shape [n].
        survival: predicted probability of no event up to each horizon, from the baseline hazard of the training part;
            NaN where the model predicts nothing. Shape [n, T].
        horizons: days, ascending; a dense grid gives smooth curves over time. Shape [T].
        stated: days among them for calibration and decision curves; by default, of those the follow-up carries, the
            first three of one, two, three, five and ten years, or else three evenly spread ones.
        training: fold as text -> the patients its model was fitted to; without folds, one entry of any name. Cut-offs
            of the risk groups and the null model come from it.
        covariates: name -> values [n], for table one and the missingness.
        subgroups: name -> level of each patient [n]; ages through :func:`prognos.metrics.age_bands`.
        by: group of each patient, such as the centre, for the columns of table one; by default the outcome. Shape [n].
        groups: number of risk groups.
        replicates: resamples for the intervals that have no jackknife.
        seed: of the resamples and permutations.

    Returns:
        All tables.

    Raises:
        ValueError: when a column does not fit the others, or a fold has no training part.
    """
    days = numbers("time", time)
    observed = events(event, len(days))
    cohort = _Cohort(numbers("log_hazard", log_hazard, len(days)), days, observed, fold)
    notes: list[str] = []
    parts: dict[str, Any] = {"follow_up": [describe_follow_up(days, observed)]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # what does not exist is NaN, and noted
        parts |= _predicted(cohort, survival, horizons, stated, training, (replicates, seed), notes)
        last = [row.days for row in parts.get("horizons", []) if row.kept]
        parts |= _ranking(cohort, max(last, default=None), seed, notes)
        parts |= _grouped(cohort, training, groups, notes)
        if subgroups:
            parts["subgroups"] = subgroup_table(cohort.log_hazard, days, observed, subgroups, strata=fold)
    if covariates:
        group = np.where(observed, "event observed", "censored") if by is None else by
        parts["table_one"] = table_one(covariates, group)
        parts["missingness"] = missingness(covariates, observed)
    return Evaluation(len(days), int(observed.sum()), notes, **parts)


class _Cohort(NamedTuple):
    """Checked columns, [n] each."""

    log_hazard: Floats
    days: Floats
    observed: NDArray[np.bool_]
    fold: Column | None


def _ranking(cohort: _Cohort, tau: float | None, seed: int, notes: list[str]) -> dict[str, Any]:
    """Indices of the order of the patients, the slope, the check of proportional hazards, the self-check."""
    score, days, observed, fold = cohort
    harrell = concordance_index(score, days, observed, strata=fold)
    uno = uno_concordance_index(score, days, observed, strata=fold, tau=tau)
    slope, error = calibration_slope(score, days, observed, strata=fold)
    up_to = "" if tau is None else f", up to {tau:g} days"
    parts: dict[str, Any] = {
        "concordance": [
            IndexRow("Harrell's C-index", *harrell, *concordance_interval(*harrell)),
            IndexRow(f"Uno's C-index{up_to}", *uno, *concordance_interval(*uno)),
        ]
    }
    if math.isnan(slope):
        notes.append("No calibration slope: a Cox regression on the log hazard has no finite coefficient.")
        return parts
    reach = NORMAL_975 * error
    parts["slope"] = [IndexRow("calibration slope of the log hazard", slope, error, slope - reach, slope + reach)]
    checked = {"log hazard": score}
    parts["proportional_hazards"] = check_proportional_hazards(checked, days, observed, strata=fold)
    parts["schoenfeld"] = schoenfeld_residuals(checked, days, observed, strata=fold)
    try:
        parts["coverage"] = [check_interval_coverage(score, days, observed, strata=fold, seed=seed)]
    except ValueError:
        notes.append("No self-check of the intervals: permuted outcomes leave no comparable pair.")
    return parts


def _predicted(
    cohort: _Cohort,
    survival: Column | None,
    horizons: Column | None,
    stated: Sequence[float] | None,
    training: Mapping[str, TrainingPart] | None,
    resampling: tuple[int, int],
    notes: list[str],
) -> dict[str, Any]:
    """What needs predicted probabilities: accuracy over time, calibration, decision curves."""
    days, observed = cohort.days, cohort.observed
    if survival is None or horizons is None:
        notes.append("No survival was predicted: AUC, Brier score, calibration and decision curves are left out.")
        return {"horizons": choose_horizons(days, observed)}
    horizon, probability, trimmed = _usable(cohort, survival, horizons)
    kept = [row.days for row in trimmed if row.kept]
    notes += _trimmed(trimmed)
    parts: dict[str, Any] = {"horizons": trimmed}
    if not kept:
        notes.append("No horizon is left, so AUC, Brier score, calibration and decision curves are left out.")
        return parts
    chosen = np.isin(horizon, kept)
    replicates, seed = resampling
    null = _null(cohort, horizon[chosen], training)
    if null is None:
        notes.append("The Brier score without a model is that of these patients' own Kaplan-Meier curve.")
    rows, integral = accuracy_over_time(
        probability[:, chosen],
        days,
        observed,
        horizons=horizon[chosen],
        null=null,
        replicates=replicates,
        seed=seed,
    )
    parts |= {"accuracy": rows, "integrated_brier": [] if integral is None else [integral]}
    wanted = _stated(kept) if stated is None else [day for day in stated if day in kept]
    picked = np.isin(horizon, wanted)
    columns = probability[:, picked], days, observed
    at = horizon[picked]
    parts |= {
        "calibration": calibrate(*columns, horizons=at),
        "calibration_curve": calibration_curve(*columns, horizons=at),
        "calibration_groups": calibration_groups(*columns, horizons=at),
        "decision_curve": net_benefit(*columns, horizons=at, replicates=min(replicates, MOST_REPLICATES), seed=seed),
    }
    fitted = {row.days for row in parts["calibration_curve"]}
    notes += [f"No calibration curve at {day:g} days: it cannot be fitted." for day in wanted if day not in fitted]
    return parts


def _stated(kept: list[float]) -> list[float]:
    """The first three usual horizons among those kept, or three evenly spread ones."""
    usual = [day for day in kept if day in USUAL_DAYS][:MOST_STATED]
    places = np.unique(np.linspace(0, len(kept) - 1, MOST_STATED).round().astype(int))
    return usual or [kept[place] for place in places]


def _trimmed(rows: list[HorizonRow]) -> list[str]:
    """Sentences on the horizons that are not kept; one for all of them when they are many."""
    left_out = [row for row in rows if not row.kept]
    if len(left_out) <= MOST_STATED:
        return [f"Not evaluated at {row.days:g} days: {row.reason}." for row in left_out]
    return [
        f"Not evaluated at {len(left_out)} of {len(rows)} horizons, such as {left_out[-1].days:g} days: "
        f"{left_out[-1].reason}. The table of horizons says why for each."
    ]


def _usable(cohort: _Cohort, survival: Column, horizons: Column) -> tuple[Floats, Floats, list[HorizonRow]]:
    """Horizons [T], probabilities [n, T], and the judgement of each horizon."""
    horizon = numbers("horizons", horizons)
    probability = np.asarray(survival, dtype=np.float64)
    if probability.shape != (len(cohort.days), len(horizon)):
        raise ValueError(
            f"survival has shape {list(probability.shape)}, expected {[len(cohort.days), len(horizon)]}: patients, "
            f"then horizons."
        )
    if (np.diff(horizon) <= 0).any():
        raise ValueError("horizons must ascend.")
    unpredicted = (~np.isfinite(probability)).sum(axis=0)
    same: NDArray[np.bool_] = np.all(probability >= 1, axis=0)
    rows = choose_horizons(cohort.days, cohort.observed, candidates=horizon)
    for place, row in enumerate(rows):
        faults = [row.reason]
        if unpredicted[place]:
            faults.append(f"{unpredicted[place]} of {len(cohort.days)} patients have no prediction there")
        elif same[place]:
            faults.append("no event is predicted by then")
        faults = [fault for fault in faults if fault]
        rows[place] = row._replace(kept=not faults, reason="; ".join(faults))
    return horizon, probability, rows


def _null(cohort: _Cohort, horizon: Floats, training: Mapping[str, TrainingPart] | None) -> Floats | None:
    """Kaplan-Meier estimate of each patient's training part, [n, T]; None without training parts."""
    if not training:
        return None
    names = _folds(cohort, training)
    result = np.empty((len(names), len(horizon)))
    for name in set(names.tolist()):
        days = numbers("training time", training[name].time)
        curve = event_curve(days, events(training[name].event, len(days)), np.ones_like(days))
        result[names == name] = curve.after(horizon)
    return result


def _folds(cohort: _Cohort, training: Mapping[str, TrainingPart]) -> NDArray[np.str_]:
    """Fold of each patient as text, [n]."""
    if cohort.fold is None:
        return np.full(len(cohort.days), next(iter(training)))
    names: NDArray[np.str_] = np.asarray(cohort.fold).astype(str).reshape(-1)
    absent = sorted(set(names.tolist()) - set(training))
    if absent:
        raise ValueError(
            f"{len(absent)} folds have no training part (first: {absent[0]!r}); there are "
            f"{', '.join(map(repr, training))}."
        )
    return names


def _grouped(
    cohort: _Cohort, training: Mapping[str, TrainingPart] | None, groups: int, notes: list[str]
) -> dict[str, Any]:
    """Risk groups by cut-offs of the training patients."""
    if not training:
        notes.append("No training part was given: risk groups are left out, because their cut-offs come from it alone.")
        return {}
    scores = {name: part.log_hazard for name, part in training.items()}
    score, days, observed, fold = cohort
    member, cuts = risk_groups_by_fold(score, fold, scores, groups)
    return {
        "cuts": cuts,
        "risk_groups": describe_risk_groups(days, observed, member, strata=fold),
        "risk_group_curves": survival_by_group(days, observed, member),
        "log_rank": [log_rank_test(days, observed, member, strata=fold)],
    }
