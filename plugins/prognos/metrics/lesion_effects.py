"""What a lesion's predicted risk goes with: its organ, whether it grows, how deep it lies; and how far readers agree.

The functions take the table of lesions, one row a lesion of an annotation: ``patient_id``, ``reader``, ``lesion_id``,
``organ``, ``growth_ratio``, ``risk``, ``scaled_risk``, and where they were measured ``diameter_mm``,
``matched_lesion`` and ``margin_mm``. A column ``run`` tells models apart whose tables were joined, such as folds: each
then has an intercept of its own.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import pandas as pd

from prognos.config import keys
from prognos.metrics.arguments import Floats
from prognos.metrics.icc import IntraclassCorrelation, intraclass_correlation
from prognos.metrics.mixed_model import fit_random_intercept

__all__ = [
    "LesionEffect",
    "ReaderAgreement",
    "growth_effects",
    "margin_effects",
    "one_row_a_lesion",
    "organ_effects",
    "reader_agreement",
]

FEWEST_LESIONS = 5
"""Lesions that each side of a comparison needs."""

MARGIN_STEP_MM = 10.0
"""Depth for which the effect of the margin is stated, mm."""

RUN = "run"
"""Column that tells joined tables apart."""

MATCHED = "matched_lesion"
"""Column with the number of the lesion in the patient, the same for every reader."""


class LesionEffect(NamedTuple):
    """A difference in predicted lesion risk, from a mixed model with the patient as random intercept."""

    what: str
    """The difference in words."""

    estimate: float
    """In units of the risk (none); positive is worse."""

    low: float
    """Lower end of the 95 % interval."""

    high: float
    """Upper end."""

    p_value: float
    """Of no difference, two-sided."""

    lesions: int
    """Lesions in the model."""

    patients: int
    """Patients in the model."""


class ReaderAgreement(NamedTuple):
    """How much of the variance of predicted risks remains when another reader draws the outlines."""

    what: str
    """``lesion risk`` or ``patient log hazard``."""

    agreement: IntraclassCorrelation
    """ICC(1), one-way."""

    readings: pd.DataFrame
    """``value`` of each reader and its ``mean`` over readers, one row a reading of a thing that two or more read."""


def one_row_a_lesion(table: pd.DataFrame) -> pd.DataFrame:
    """Average a lesion over the readers who drew it, so that it counts once.

    Risk, margin and diameter are means, the growth ratio is a geometric mean, the organ is that of most readers.
    Without ``matched_lesion`` nobody knows which outlines are the same lesion, and every outline stays a row.

    Returns:
        One row a lesion: the columns of the table that are known, and ``readers``, the number of its outlines.
    """
    if not _is_matched(table):
        return table.assign(readers=1)
    by = [*_run_columns(table), keys.PATIENT, MATCHED]
    logs = table.assign(growth_ratio=np.log(table["growth_ratio"].where(table["growth_ratio"] > 0)))
    means = [name for name in ("risk", "scaled_risk", "growth_ratio", "diameter_mm", "margin_mm") if name in table]
    groups = logs.groupby(by, sort=True)
    lesions = groups[means].mean()
    votes = table.assign(votes=1).groupby([*by, "organ"], sort=True)["votes"].sum().reset_index()
    winners = votes.sort_values("votes", ascending=False, kind="stable").drop_duplicates(by).set_index(by)
    lesions["growth_ratio"] = np.exp(lesions["growth_ratio"])
    lesions["organ"], lesions["readers"] = winners["organ"], groups.size()
    return lesions.reset_index()


def organ_effects(table: pd.DataFrame, *, reference: str = "lung") -> list[LesionEffect]:
    """Mean risk of the lesions of each organ, minus that of the reference, within patients as far as they have both.

    Args:
        table: lesions, one row an outline.
        reference: organ that the others are compared with.

    Returns:
        One effect for each other organ with enough lesions, the highest first; none when the reference has too few.
    """
    lesions = one_row_a_lesion(table)
    counts = lesions["organ"].value_counts()
    organs = sorted(name for name in counts.index if counts[name] >= FEWEST_LESIONS)
    if reference not in organs or len(organs) < 2:
        return []
    lesions = lesions[lesions["organ"].isin(organs)]
    others = {f"{name} minus {reference}": lesions["organ"] == name for name in organs if name != reference}
    effects = _effects(lesions, {name: flags.to_numpy(np.float64) for name, flags in others.items()})
    return sorted(effects, key=lambda effect: -effect.estimate)


def growth_effects(table: pd.DataFrame) -> list[LesionEffect]:
    """Mean risk of growing lesions minus that of the others.

    A lesion grows when its volume at follow-up is larger than at baseline, as in the paper.

    Returns:
        The difference, as in the paper, and the difference among lesions of the same organ (organs as covariates),
        which says whether risk tells growth beyond where a lesion lies; none where too few have a follow-up.
    """
    lesions = with_known_growth(table)
    growing: Floats = np.asarray(lesions["growth_ratio"] > 1, dtype=np.float64)
    if min(growing.sum(), len(growing) - growing.sum()) < FEWEST_LESIONS:
        return []
    name = "growing minus shrinking"
    found = _effects(lesions, {name: growing})
    _, *others = sorted(set(lesions["organ"]))
    if others:
        organs: dict[str, Floats] = {organ: np.asarray(lesions["organ"] == organ, dtype=np.float64) for organ in others}
        found += _effects(lesions, {f"{name}, in the same organ": growing} | organs)[:1]
    return found


def with_known_growth(table: pd.DataFrame) -> pd.DataFrame:
    """One row a lesion of those whose growth is known."""
    return one_row_a_lesion(table).dropna(subset=["growth_ratio"])


def margin_effects(table: pd.DataFrame, *, organ: str = "lung") -> list[LesionEffect]:
    """How the risk changes with the distance between a lesion and the border of its organ.

    Args:
        table: lesions, one row an outline.
        organ: whose lesions are looked at.

    Returns:
        The change for 10 mm more, and the difference of lesions clear of the border to those that touch or cross it;
        then both among lesions of the same size (logarithm of the diameter as a further covariate, because large
        lesions reach the border more often). None where too few margins are known or all are the same.
    """
    lesions = in_organ_with_margin(table, organ=organ)
    if len(lesions) < 2 * FEWEST_LESIONS or np.ptp(lesions["margin_mm"]) == 0:
        return []
    margin = lesions["margin_mm"].to_numpy(np.float64)
    clear = (margin > 0).astype(np.float64)
    forms = {f"{MARGIN_STEP_MM:g} mm farther from the border of the {organ}": margin / MARGIN_STEP_MM}
    if min(clear.sum(), len(clear) - clear.sum()) >= FEWEST_LESIONS:
        forms[f"clear of the border of the {organ} minus touching it"] = clear
    found = [effect for name, values in forms.items() for effect in _effects(lesions, {name: values})]
    if "diameter_mm" in lesions and np.ptp(lesions["diameter_mm"]) > 0:
        size = {"log diameter": np.log(lesions["diameter_mm"].to_numpy(np.float64))}
        for name, values in forms.items():
            found += _effects(lesions, {f"{name}, at equal diameter": values} | size)[:1]
    return found


def in_organ_with_margin(table: pd.DataFrame, *, organ: str = "lung") -> pd.DataFrame:
    """One row a lesion of those of an organ whose margin is known; empty where margins were not measured."""
    lesions = one_row_a_lesion(table)
    if "margin_mm" not in lesions:
        return lesions.iloc[:0]
    return lesions[(lesions["organ"] == organ) & lesions["margin_mm"].notna()]


def reader_agreement(
    table: pd.DataFrame, *, without_lesions: Collection[tuple[str, str]] = ()
) -> list[ReaderAgreement]:
    """Agreement of readers on the risk of a lesion, and on the log hazard of a patient.

    Args:
        table: lesions, one row an outline.
        without_lesions: patient and reader of every annotation without lesions. The table has no row of it; the model
            gives it the log hazard 0, and so it counts. Where tables of several models are joined, it counts for each
            that has the patient.

    Returns:
        Both, as far as two lesions or patients have several readers; lesions only where they were matched.
    """
    patient = _patients(table)
    readings = table.assign(patient=patient)
    found = []
    if _is_matched(table):
        lesion = patient + "|" + table[MATCHED].astype(int).astype(str)
        found += _agreement("lesion risk", readings["risk"], lesion, patient)
    sums = readings.groupby(["patient", keys.READER], sort=True)["scaled_risk"].sum().reset_index()
    read = pd.concat([sums[["patient", "scaled_risk"]], _empty_readings(table, without_lesions)], ignore_index=True)
    return found + _agreement("patient log hazard", read["scaled_risk"], read["patient"], None)


def _empty_readings(table: pd.DataFrame, without_lesions: Collection[tuple[str, str]]) -> pd.DataFrame:
    """Log hazard 0 of each annotation without lesions, in every run that its patient is in."""
    patients = pd.DataFrame({keys.PATIENT: [str(patient) for patient, _ in without_lesions]})
    if RUN in table:
        known = table[[RUN, keys.PATIENT]].astype({keys.PATIENT: str}).drop_duplicates()
        patients = patients.merge(known, on=keys.PATIENT)
    return pd.DataFrame({"patient": _patients(patients), "scaled_risk": 0.0})


def _agreement(
    what: str, value: pd.Series[float], thing: pd.Series[str], cluster: pd.Series[str] | None
) -> list[ReaderAgreement]:
    """Agreement on one kind of value; nothing where it cannot be told."""
    sizes = thing.map(thing.value_counts())
    kept = sizes >= 2
    things = thing[kept] if cluster is None else cluster[kept]
    if things.nunique() < 2 or np.ptp(value[kept]) == 0:
        return []
    readings = pd.DataFrame({"value": value[kept], "mean": value[kept].groupby(thing[kept]).transform("mean")})
    block = None if cluster is None else cluster[kept].to_numpy(dtype=str)
    agreement = intraclass_correlation(value[kept].to_numpy(np.float64), thing[kept].to_numpy(dtype=str), cluster=block)
    return [ReaderAgreement(what, agreement, readings)]


def _effects(lesions: pd.DataFrame, covariates: dict[str, Floats]) -> list[LesionEffect]:
    """Effects of the covariates on the risk; none where there are too few patients or lesions."""
    patients = _patients(lesions)
    if patients.nunique() < 2 or patients.nunique() >= len(lesions) or np.ptp(lesions["risk"]) == 0:
        return []
    runs = {}
    if RUN in lesions:
        _, *others = sorted(set(lesions[RUN].astype(str)))
        runs = {f"run {name}": (lesions[RUN].astype(str) == name).to_numpy(np.float64) for name in others}
    model = fit_random_intercept(lesions["risk"].to_numpy(), covariates | runs, patients.to_numpy(dtype=str))
    effects = (model.effect(name) for name in covariates)
    return [
        LesionEffect(effect.name, effect.estimate, effect.low, effect.high, effect.p_value, len(lesions), model.groups)
        for effect in effects
    ]


def _patients(table: pd.DataFrame) -> pd.Series[str]:
    """Patient of each row, of each run a different one."""
    patient = table[keys.PATIENT].astype(str)
    return table[RUN].astype(str) + "|" + patient if RUN in table else patient


def _run_columns(table: pd.DataFrame) -> list[str]:
    return [RUN] if RUN in table else []


def _is_matched(table: pd.DataFrame) -> bool:
    """Whether every outline has the number of its lesion."""
    return MATCHED in table and bool(table[MATCHED].notna().all()) and len(table) > 0
