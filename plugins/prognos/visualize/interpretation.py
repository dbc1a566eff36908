"""What the risks of a cohort's lesions go with: every figure that its table of lesions allows, with its numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from prognos.config import keys
from prognos.metrics import LesionEffect, ReaderAgreement, growth_effects, margin_effects, organ_effects
from prognos.metrics import reader_agreement as agreement_of_readers
from prognos.metrics.lesion_effects import RUN, in_organ_with_margin, one_row_a_lesion, with_known_growth
from prognos.visualize.distribution import draw_risk_by_organ
from prognos.visualize.growth import draw_risk_by_growth
from prognos.visualize.margin import draw_risk_by_margin
from prognos.visualize.readers import ReaderPanel, draw_reader_agreement

__all__ = ["Interpretation", "interpret_lesions", "lesion_effect_tables"]

EFFECT_COLUMNS = ("what", "estimate", "low", "high", "p_value", "lesions", "patients")
"""Columns of a table of effects; ``low`` and ``high`` are the ends of a 95 % interval."""

MODEL = "linear mixed model, patient as random intercept, each lesion once"
"""How effects were found, where the outlines of a lesion could be matched."""

MODEL_OF_OUTLINES = "linear mixed model, patient as random intercept, each outline once"
"""How effects were found, where nobody knows which outlines are the same lesion."""


@dataclass(frozen=True)
class Interpretation:
    """One finding: a figure, what it says in words, and the numbers behind both.

    Args:
        name: stem of its files.
        title: heading.
        text: one or two sentences for below the figure.
        figure: the picture; its label is the alternative text.
        plotted: the plotted numbers.
        effects: statistics, one row each.
    """

    name: str
    title: str
    text: str
    figure: Figure
    plotted: pd.DataFrame
    effects: pd.DataFrame


def interpret_lesions(
    table: pd.DataFrame, *, notice: str = "", without_lesions: Collection[tuple[str, str]] | None = None
) -> list[Interpretation]:
    """Draw what a table of lesions allows; what it does not hold is left out.

    Args:
        table: one row a lesion of an annotation, as :class:`prognos.handlers.LesionTableWriter` writes it; with a
            column ``run`` where tables of several models, such as folds, were joined.
        notice: provenance of the weights, drawn as a strip.
        without_lesions: patient and reader of every annotation without lesions, whose log hazard is 0; None where
            nobody knows them, which the text then says.

    Returns:
        Risk by organ, growing against shrinking lesions, risk against the margin to the lung's border, agreement of
        readers, in this order. Empty for a table without rows.

    Raises:
        ValueError: when a column is missing.
    """
    needed = (keys.PATIENT, keys.READER, "lesion_id", "organ", "growth_ratio", "risk", "scaled_risk")
    missing = [name for name in needed if name not in table]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}; expected a table of lesions as LesionTableWriter writes it.")
    if table.empty:
        return []
    found = (
        _organs(table, notice),
        _growth(table, notice),
        _margin(table, notice),
        _readers(table, notice, without_lesions),
    )
    return [each for each in found if each is not None]


def lesion_effect_tables(
    table: pd.DataFrame, *, without_lesions: Collection[tuple[str, str]] | None = None
) -> dict[str, pd.DataFrame]:
    """Statistics of every figure of :func:`interpret_lesions` by its name, without drawing; empty ones are left out."""
    agreement = agreement_of_readers(table, without_lesions=without_lesions or ())
    tables = {
        "lesion_organs": _effect_table(organ_effects(table)),
        "lesion_growth": _effect_table(growth_effects(table)),
        "lesion_margin": _effect_table(margin_effects(table)),
        "lesion_readers": pd.DataFrame([_agreement_row(each) for each in agreement]),
    }
    return {name: effects for name, effects in tables.items() if not effects.empty}


def _organs(table: pd.DataFrame, notice: str) -> Interpretation:
    """Figure 3 of the paper."""
    lesions = one_row_a_lesion(table)
    effects = organ_effects(table)
    figure = draw_risk_by_organ(lesions["risk"].to_numpy(), lesions["organ"].tolist(), notice=notice)
    said = "; ".join(_said(effect) for effect in effects)
    return Interpretation(
        "lesion_organs",
        "Lesion risk by organ",
        f"{said} ({_model(table)})." if said else "",
        figure,
        _columns(lesions, "organ", "risk"),
        _effect_table(effects),
    )


def _growth(table: pd.DataFrame, notice: str) -> Interpretation | None:
    """Figure 4 of the paper."""
    effects = growth_effects(table)
    if not effects:
        return None
    effect = effects[0]
    lesions = with_known_growth(table)
    growing = (lesions["growth_ratio"] > 1).to_numpy()
    risks = lesions["risk"].to_numpy()
    return Interpretation(
        "lesion_growth",
        "Growing and shrinking lesions",
        f"{'; '.join(_said(each) for each in effects)} ({_model(table)}; {effect.lesions} lesions of {effect.patients} "
        f"patients with a follow-up).",
        draw_risk_by_growth(risks, growing, note=_said(effect), notice=notice),
        _columns(lesions, "growth_ratio", "risk").assign(growing=growing),
        _effect_table(effects),
    )


def _margin(table: pd.DataFrame, notice: str) -> Interpretation | None:
    """The paper's finding that lesions well contained in the lung have low risks."""
    effects = margin_effects(table)
    if not effects:
        return None
    lesions = in_organ_with_margin(table)
    figure = draw_risk_by_margin(
        lesions["margin_mm"].to_numpy(),
        lesions["risk"].to_numpy(),
        note=_said(effects[0]),
        notice=notice,
    )
    return Interpretation(
        "lesion_margin",
        "Lung lesions by their margin",
        f"{'; '.join(_said(effect) for effect in effects)} ({_model(table)}; {effects[0].lesions} lesions of "
        f"{effects[0].patients} patients).",
        figure,
        _columns(lesions, "margin_mm", "diameter_mm", "risk"),
        _effect_table(effects),
    )


def _readers(
    table: pd.DataFrame, notice: str, without_lesions: Collection[tuple[str, str]] | None
) -> Interpretation | None:
    """How far the risks depend on who drew the outlines."""
    found = agreement_of_readers(table, without_lesions=without_lesions or ())
    if not found:
        return None
    panels = [
        ReaderPanel(
            each.what,
            each.readings["value"].to_numpy(),
            each.readings["mean"].to_numpy(),
            float(np.sqrt(each.agreement.within_variance)),
            _said_of_readers(each),
        )
        for each in found
    ]
    return Interpretation(
        "lesion_readers",
        "Agreement of readers",
        "; ".join(f"{each.what}: {_said_of_readers(each)}" for each in found)
        + ". ICC(1): share of the variance of one reader's value that lies between lesions, or between patients. Band: "
        f"standard deviation of readers. {_said_of_empty(without_lesions)}",
        draw_reader_agreement(panels, notice=notice),
        pd.concat([each.readings.assign(what=each.what) for each in found], ignore_index=True),
        pd.DataFrame([_agreement_row(each) for each in found]),
    )


def _said(effect: LesionEffect) -> str:
    """An effect in words."""
    p_value = f"p = {effect.p_value:.2g}" if effect.p_value >= 1e-4 else "p < 0.0001"
    text = f"{effect.what}: {effect.estimate:+.3f} [{effect.low:+.3f}, {effect.high:+.3f}], {p_value}"
    return text.replace("-", "\N{MINUS SIGN}")


def _said_of_readers(found: ReaderAgreement) -> str:
    """An agreement in words."""
    icc = found.agreement
    interval = "" if np.isnan(icc.low) else f" [{icc.low:.2f}, {icc.high:.2f}]"
    return f"ICC {icc.icc:.2f}{interval}, reader SD {np.sqrt(icc.within_variance):.3f}".replace("-", "\N{MINUS SIGN}")


def _said_of_empty(without_lesions: Collection[tuple[str, str]] | None) -> str:
    """What became of readers who marked nothing, in words."""
    if without_lesions is None:
        return "A reader who marked nothing of a patient is not in the table and does not count."
    count = len(without_lesions)
    return f"A reader who marked nothing of a patient counts with the log hazard 0: {count or 'no'} such annotation(s)."


def _model(table: pd.DataFrame) -> str:
    """How the effects of a table were found."""
    return MODEL if "matched_lesion" in table and table["matched_lesion"].notna().all() else MODEL_OF_OUTLINES


def _columns(lesions: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Columns of the plotted numbers, with what names the lesion."""
    who = [name for name in (RUN, keys.PATIENT, keys.READER, "lesion_id", "matched_lesion") if name in lesions]
    return lesions[[*who, *(name for name in names if name in lesions)]].reset_index(drop=True)


def _effect_table(effects: Sequence[LesionEffect]) -> pd.DataFrame:
    return pd.DataFrame(list(effects), columns=list(EFFECT_COLUMNS))


def _agreement_row(found: ReaderAgreement) -> dict[str, object]:
    """A row of statistics."""
    icc = found.agreement
    return {
        "what": found.what,
        "icc": icc.icc,
        "low": icc.low,
        "high": icc.high,
        "icc_of_mean": icc.of_mean,
        "reader_sd": float(np.sqrt(icc.within_variance)),
        "things": icc.groups,
        "readings": icc.values,
    }
