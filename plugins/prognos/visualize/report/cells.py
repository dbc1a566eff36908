"""Numbers as a reader of a table wants them: with their interval, in months, as a p-value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from prognos.visualize.report.parts import Numbers

__all__ = ["decimals", "interval", "months", "months_interval", "p_value", "percent", "plotted"]

DAYS_PER_MONTH = 30.4375
"""A year of 365.25 days over 12."""

UNKNOWN = "\N{EN DASH}"


def interval(value: float, low: float, high: float, digits: int = 2) -> str:
    """A number with the ends of its interval.

    Example:
        >>> interval(0.6912, 0.6012, 0.7777)
        '0.69 [0.60, 0.78]'
    """
    if math.isnan(value):
        return UNKNOWN
    return f"{_fixed(value, digits)} [{_fixed(low, digits)}, {_fixed(high, digits)}]"


def decimals(value: float, digits: int) -> str:
    """A number with so many decimals; a dash where it is unknown.

    Example:
        >>> decimals(0.2466, 3)
        '0.247'
    """
    return _fixed(value, digits)


def months(days: float) -> str:
    """Days as months with one decimal, without it where it is nought.

    Example:
        >>> months(365.25), months(500)
        ('12', '16.4')
    """
    return _fixed(days / DAYS_PER_MONTH, 1).removesuffix(".0")


def months_interval(value: float, low: float, high: float) -> str:
    """A time in days with its interval, in months; an end that was not reached is a dash."""
    return f"{months(value)} [{months(low)}, {months(high)}]"


def p_value(value: float) -> str:
    """A p-value as journals print it.

    Example:
        >>> p_value(0.2345), p_value(0.0123), p_value(1e-9)
        ('0.23', '0.012', '< 0.001')
    """
    if math.isnan(value):
        return UNKNOWN
    return "< 0.001" if value < 0.001 else f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


def percent(share: float) -> str:
    """A share in per cent.

    Example:
        >>> percent(0.125)
        '12 %'
    """
    return UNKNOWN if math.isnan(share) else f"{share * 100:.0f} %"


def plotted(name: str, rows: Sequence[Any], meaning: str = "") -> Numbers:
    """Named tuples of plain values as the columns of a file.

    Args:
        name: of the file.
        rows: at least one.
        meaning: one line for its head.
    """
    return Numbers(name, dict(zip(rows[0]._fields, zip(*rows, strict=True), strict=True)), meaning)


def _fixed(value: float, digits: int) -> str:
    return UNKNOWN if math.isnan(value) else f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")
