"""Late fusion: a Cox regression on the scores of other models, fitted to scores of patients they have not seen.

N patients, M models.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from prognos.estimators.baseline_hazard import BaselineHazard
from prognos.estimators.cox_ph import CoxPH
from prognos.estimators.inner_folds import inner_folds
from prognos.estimators.protocol import Features, Floats, SurvivalModel, check_label, rows_of

__all__ = ["LateFusion", "out_of_fold_scores"]


class LateFusion:
    """Combine models by a Cox regression on their out-of-fold log hazards.

    A model with more features than patients orders the patients it was fitted to almost perfectly, so a fusion that
    looks at those scores trusts it blindly. The training patients are therefore dealt into inner parts; each part is
    scored by models fitted to the others, preprocessing and penalties included; the fusion and its baseline hazard are
    fitted to these scores. The models are then fitted to all training patients, for scoring others.

    Args:
        models: by name; each takes the same table of patients.
        fusion: fitted to the M scores; an ordinary Cox regression by default.
        folds: inner parts.
        seed: of the inner parts.

    Attributes:
        scores: out-of-fold log hazards of the training patients, [N, M].
        baseline: baseline hazard of the fusion, from the out-of-fold scores.

    Raises:
        ValueError: when no model is given.
    """

    def __init__(
        self,
        models: Mapping[str, SurvivalModel],
        fusion: CoxPH | None = None,
        *,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        if not models:
            raise ValueError("LateFusion: no model given; name at least one, two to fuse something.")
        self.models = dict(models)
        self.fusion = CoxPH(penalty=0.0) if fusion is None else fusion
        self.folds, self.seed = folds, seed
        self.scores: Floats = np.empty((0, len(self.models)))
        self.baseline = BaselineHazard(self.fusion.ties)

    def fit(self, features: Features, label: Any, strata: Any | None = None) -> Self:
        """Fit the fusion to out-of-fold scores, then the models to all patients.

        Args:
            features: what every model takes, N rows.
            label: time and event, [N, 2].
            strata: groups with baseline hazards of their own, [N].

        Raises:
            ValueError: as the models and :func:`inner_folds`.
        """
        outcome = check_label(label, len(features), "LateFusion")
        groups = None if strata is None else np.asarray(strata)
        folds = inner_folds(outcome, self.folds, self.seed)
        self.scores = np.stack(
            [out_of_fold_scores(model, features, outcome, folds, groups, self.seed) for model in self.models.values()],
            axis=1,
        )
        self.fusion.fit(self.scores, outcome, groups)
        self.baseline.fit(self.fusion.log_hazard(self.scores), outcome, groups)
        for model in self.models.values():
            model.fit(features, outcome, groups)
        return self

    def log_hazard(self, features: Features) -> Floats:
        """Log hazard of each row, no unit, higher = earlier event, [N]."""
        scores = [model.log_hazard(features) for model in self.models.values()]
        return self.fusion.log_hazard(np.stack(scores, axis=1))

    def fresh(self, seed: int) -> Self:
        """Copy of the settings, not fitted."""
        models = {name: model.fresh(seed) for name, model in self.models.items()}
        return type(self)(models, self.fusion.fresh(seed), folds=self.folds, seed=seed)


def out_of_fold_scores(
    model: SurvivalModel,
    features: Features,
    label: Floats,
    folds: NDArray[np.int64],
    strata: NDArray[Any] | None,
    seed: int,
) -> Floats:
    """Log hazard of each patient from a fresh model fitted to the other parts.

    Args:
        model: its settings; it is not fitted itself.
        features: N rows.
        label: time and event, [N, 2].
        folds: part of each patient, [N].
        strata: groups with baseline hazards of their own, [N].
        seed: of the fresh models.

    Returns:
        Log hazards, [N].
    """
    scores = np.empty(len(label))
    for part in range(int(folds.max()) + 1):
        held, rest = folds == part, folds != part
        groups = None if strata is None else strata[rest]
        fitted = model.fresh(seed).fit(rows_of(features, rest), label[rest], groups)
        with _quiet():
            scores[held] = fitted.log_hazard(rows_of(features, held))
    return scores


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what the clinical columns say about levels missing in small inner parts; the outer parts say it."""
    clinical = logging.getLogger("prognos.estimators.clinical")
    level = clinical.level
    clinical.setLevel(logging.ERROR)
    try:
        yield
    finally:
        clinical.setLevel(level)
