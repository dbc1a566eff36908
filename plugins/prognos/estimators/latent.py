"""Survival model on the latent columns of a table of patients.

N patients, P latent coordinates.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from prognos.estimators.protocol import Floats, SurvivalModel

__all__ = ["LatentModel"]


class LatentModel:
    """Fit a model to the columns of a table that begin with a prefix.

    Args:
        model: fitted to these columns, in the order of the table.
        prefix: of their names.
    """

    def __init__(self, model: SurvivalModel, prefix: str = "latent_") -> None:
        self.model, self.prefix = model, prefix

    def fit(self, features: pd.DataFrame, label: Any, strata: Any | None = None) -> Self:
        """Fit to a table of patients, [N] rows; see :class:`prognos.estimators.SurvivalModel`."""
        self.model.fit(self._chosen(features), label, strata)
        return self

    def log_hazard(self, features: pd.DataFrame) -> Floats:
        """Log hazard of each row, no unit, higher = earlier event, [N]."""
        return self.model.log_hazard(self._chosen(features))

    def fresh(self, seed: int) -> Self:
        """Copy of the settings, not fitted."""
        return type(self)(self.model.fresh(seed), self.prefix)

    def _chosen(self, features: pd.DataFrame) -> Floats:
        """Latents [N, P]."""
        columns = [name for name in features.columns if str(name).startswith(self.prefix)]
        if not columns:
            raise ValueError(f"no column begins with {self.prefix!r}; join the table of latents to the patients first.")
        return features[columns].to_numpy(dtype=np.float64)
