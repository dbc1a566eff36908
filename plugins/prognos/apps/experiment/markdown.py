"""Numbers and tables of an experiment as Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["grid", "interval", "number", "p_value", "quoted", "spread"]


def quoted(notes: Sequence[str]) -> list[str]:
    """Notes as a quotation, a paragraph each."""
    return [line for note in notes for line in (f"> {note}", ">")][:-1]


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table."""
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]


def spread(mean: float, sd: float) -> str:
    """Mean and standard deviation as text; the mean alone of one training, nothing of none."""
    return "" if math.isnan(mean) else f"{mean:.3f}" if math.isnan(sd) else f"{mean:.3f} ± {sd:.3f}"


def interval(value: float, low: float, high: float, sign: str = "") -> str:
    """A number with the ends of its interval; nothing where it is unknown."""
    return "" if math.isnan(value) else f"{value:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def number(value: float) -> str:
    """Three decimals; nothing where it is unknown."""
    return "" if math.isnan(value) else f"{value:.3f}"


def p_value(value: float) -> str:
    """A p value; nothing where it is unknown."""
    return "" if math.isnan(value) else "< 0.001" if value < 0.001 else f"{value:.3f}"
