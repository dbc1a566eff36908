"""Clinical columns of a cohort as features: imputed, one-hot, standardised.

N patients, P features.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd

from prognos.estimators.protocol import Floats, SurvivalModel

__all__ = ["ClinicalModel", "ClinicalPreprocessor"]

_logger = logging.getLogger(__name__)


class ClinicalPreprocessor:
    """Turn clinical columns into float64 features; everything it needs is learned from the patients it is fitted to.

    Numbers: missing ones become the median, then mean 0 and standard deviation 1. Categories: missing ones become the
    most frequent; each level but the most frequent becomes a column of 0 and 1, so the most frequent is the reference.
    A level that the fit has not seen is read as the reference, and counted in the log: a new hospital's table shall not
    stop a fold, and a coefficient for it does not exist.

    Args:
        numeric: columns that hold numbers.
        categorical: columns that hold categories, text or numbers.
        indicate_missing: whether a column with missing values also gives ``<column> missing``, 0 or 1.

    Attributes:
        names: of the features: ``age``, ``sex=male``, ``stage missing``.

    Raises:
        ValueError: when no column is named, or one is named twice.
    """

    def __init__(
        self, numeric: Sequence[str] = (), categorical: Sequence[str] = (), *, indicate_missing: bool = False
    ) -> None:
        self.numeric, self.categorical = list(numeric), list(categorical)
        self.indicate_missing = indicate_missing
        columns = [*self.numeric, *self.categorical]
        if not columns or len(set(columns)) != len(columns):
            raise ValueError(f"ClinicalPreprocessor: columns are {columns}, expected at least one, each named once.")
        self.median: dict[str, float] = {}
        self.mean: dict[str, float] = {}
        self.scale: dict[str, float] = {}
        self.levels: dict[str, list[str]] = {}
        self.indicated: list[str] = []
        self.names: list[str] = []

    def fit(self, table: pd.DataFrame) -> Self:
        """Learn medians, scales and levels.

        Args:
            table: one row a patient.

        Raises:
            ValueError: when a column is missing, holds no value, or a numeric one holds text.
        """
        self._require_columns(table)
        columns = [*self.numeric, *self.categorical]
        if empty := [name for name in columns if table[name].isna().all()]:
            raise ValueError(f"clinical column(s) {empty} hold no value at all; leave them out.")
        for name in self.numeric:
            values = _numbers(table, name)
            self.median[name] = float(np.nanmedian(values))
            filled = np.where(np.isnan(values), self.median[name], values)
            self.mean[name] = float(filled.mean())
            self.scale[name] = float(filled.std()) or 1.0
        for name in self.categorical:
            count = _categories(table, name).value_counts()
            self.levels[name] = sorted(count.index, key=lambda level: (-int(count[level]), level))
        self.indicated = [name for name in columns if self.indicate_missing and table[name].isna().any()]
        self.names = [
            *self.numeric,
            *(f"{name}={level}" for name in self.categorical for level in self.levels[name][1:]),
            *(f"{name} missing" for name in self.indicated),
        ]
        return self

    def transform(self, table: pd.DataFrame) -> pd.DataFrame:
        """Features of other patients.

        Args:
            table: one row a patient, with the columns of the fit.

        Returns:
            float64, a column for each of ``names``, the index of ``table``, [N, P].

        Raises:
            ValueError: when nothing is fitted, a column is missing, or a numeric one holds text.
        """
        if not self.names and not self.levels:
            raise ValueError("ClinicalPreprocessor: not fitted; call fit on the training patients first.")
        self._require_columns(table)
        features: dict[str, Any] = {}
        for name in self.numeric:
            values = _numbers(table, name)
            filled = np.where(np.isnan(values), self.median[name], values)
            features[name] = (filled - self.mean[name]) / self.scale[name]
        for name in self.categorical:
            found = _categories(table, name)
            unknown = int((found.notna() & ~found.isin(self.levels[name])).sum())
            if unknown:
                reference = self.levels[name][0]
                _logger.warning(
                    "column %r: %d of %d patients have a level that the training patients do not have; it is read as "
                    "the most frequent one, %r.",
                    name,
                    unknown,
                    len(table),
                    reference,
                )
            for level in self.levels[name][1:]:
                features[f"{name}={level}"] = (found == level).to_numpy(dtype=np.float64)
        for name in self.indicated:
            features[f"{name} missing"] = table[name].isna().to_numpy(dtype=np.float64)
        return pd.DataFrame(features, index=table.index, columns=self.names, dtype=np.float64)

    def fresh(self) -> Self:
        """Copy of the settings, not fitted."""
        return type(self)(self.numeric, self.categorical, indicate_missing=self.indicate_missing)

    def _require_columns(self, table: pd.DataFrame) -> None:
        missing = [name for name in [*self.numeric, *self.categorical] if name not in table.columns]
        if missing:
            raise ValueError(f"no clinical column(s) {missing}; the table has {list(table.columns)[:30]}.")


class ClinicalModel:
    """Survival model on clinical columns, whose preprocessing is part of every fit.

    Args:
        preprocessor: turns the columns into features.
        model: fitted to the features.
    """

    def __init__(self, preprocessor: ClinicalPreprocessor, model: SurvivalModel) -> None:
        self.preprocessor, self.model = preprocessor, model

    def fit(self, features: pd.DataFrame, label: Any, strata: Any | None = None) -> Self:
        """Fit both parts to a table of patients, [N] rows; see :class:`prognos.estimators.SurvivalModel`."""
        table = self.preprocessor.fit(features).transform(features)
        self.model.fit(table.to_numpy(), label, strata)
        return self

    def log_hazard(self, features: pd.DataFrame) -> Floats:
        """Log hazard of each row, no unit, higher = earlier event, [N]."""
        return self.model.log_hazard(self.preprocessor.transform(features).to_numpy())

    def fresh(self, seed: int) -> Self:
        """Copy of the settings, not fitted."""
        return type(self)(self.preprocessor.fresh(), self.model.fresh(seed))


def _numbers(table: pd.DataFrame, name: str) -> Floats:
    """A numeric column, NaN where it is missing."""
    try:
        values = pd.to_numeric(table[name]).to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"clinical column {name!r} holds text, expected numbers. Mend the cells, or name it as categorical."
        ) from error
    if np.isinf(values).any():
        raise ValueError(f"clinical column {name!r} holds infinite values, expected numbers.")
    return values


def _categories(table: pd.DataFrame, name: str) -> pd.Series:
    """A categorical column as text, missing where it is missing; 2 and 2.0 are one level."""
    column = table[name]
    return column.map(_text, na_action="ignore").astype(object)


def _text(value: Any) -> str:
    is_whole = isinstance(value, float | np.floating) and float(value).is_integer()
    return str(int(value)) if is_whole else str(value)
