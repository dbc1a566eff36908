"""All tables of an evaluation, from out-of-fold predictions of a drawn cohort whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from prognos.metrics import (
    Evaluation,
    TrainingPart,
    age_bands,
    concordance_index,
    evaluate_predictions,
    null_brier_score,
)

SIZE = 160
RANDOM = np.random.default_rng(7)
SCORE = RANDOM.standard_normal(SIZE)
EVENT_TIME, CENSORED = RANDOM.exponential(700 * np.exp(-SCORE)), RANDOM.uniform(100, 1600, SIZE)
TIME, EVENT = np.minimum(EVENT_TIME, CENSORED), EVENT_TIME <= CENSORED
FOLD = np.arange(SIZE) % 4
HORIZONS = np.array([180.0, 365.0, 730.0, 1500.0])
SURVIVAL = np.exp(-np.outer(np.exp(SCORE), HORIZONS) / 700)
TRAINING = {str(fold): TrainingPart(SCORE[fold != FOLD], TIME[fold != FOLD], EVENT[fold != FOLD]) for fold in range(4)}
AGE = RANDOM.uniform(30, 90, SIZE)


def evaluate(**changed: Any) -> Evaluation:
    given: dict[str, Any] = {
        "fold": FOLD,
        "survival": SURVIVAL,
        "horizons": HORIZONS,
        "training": TRAINING,
        "covariates": {"age": AGE, "sex": ["f", "m"] * (SIZE // 2)},
        "subgroups": {"age": age_bands(AGE)},
        "replicates": 50,
    }
    return evaluate_predictions(SCORE, TIME, EVENT, **given | changed)


def test_every_table_is_there_and_flat() -> None:
    result = evaluate()
    tables = result.tables()
    assert set(tables) == {
        "concordance", "slope", "follow_up", "horizons", "accuracy", "integrated_brier", "calibration",
        "calibration_curve", "calibration_groups", "risk_groups", "risk_group_curves", "log_rank", "cuts",
        "decision_curve", "proportional_hazards", "schoenfeld", "subgroups", "table_one", "missingness", "coverage",
    }  # fmt: skip
    for rows in tables.values():
        for cell in rows[0]:
            assert isinstance(cell, bool | int | float | str)


def test_a_horizon_beyond_the_follow_up_is_trimmed_and_said() -> None:
    result = evaluate()
    assert [row.days for row in result.accuracy] == [180, 365, 730]
    assert [row.days for row in result.calibration] == [365, 730], "usual horizons come first"
    assert any(note.startswith("Not evaluated at 1500 days: ") for note in result.notes)


def test_pairs_are_counted_within_folds() -> None:
    shifted = evaluate_predictions(SCORE + 100 * FOLD, TIME, EVENT, fold=FOLD)
    index, error = concordance_index(SCORE, TIME, EVENT, strata=FOLD)
    assert shifted.concordance[0].value == pytest.approx(index)
    assert shifted.concordance[0].standard_error == pytest.approx(error)
    plain = evaluate()
    assert shifted.slope[0].value == pytest.approx(plain.slope[0].value)
    assert shifted.proportional_hazards[0].chi2 == pytest.approx(plain.proportional_hazards[0].chi2)
    assert shifted.coverage[0].covered == plain.coverage[0].covered


def test_cut_offs_come_from_the_training_part_alone() -> None:
    training = {name: part._replace(log_hazard=np.asarray(part.log_hazard) + 9) for name, part in TRAINING.items()}
    result = evaluate(training=training)
    assert [row.group for row in result.risk_groups] == ["group 1 (lower risk)"]
    assert len(result.cuts) == 4


def test_the_null_model_is_the_training_parts_own_curve() -> None:
    late = {name: part._replace(event=np.zeros(len(part.time))) for name, part in TRAINING.items()}
    result = evaluate(training=late)
    everyone_lives = null_brier_score(TIME, EVENT, horizons=HORIZONS[:3], null=np.ones((SIZE, 3)))
    np.testing.assert_allclose([row.null_brier for row in result.accuracy], everyone_lives)


def test_without_probabilities_and_training_what_is_left_out_is_said() -> None:
    result = evaluate_predictions(SCORE, TIME, EVENT)
    assert not result.accuracy
    assert not result.risk_groups
    assert result.concordance
    assert result.horizons
    assert any("No survival was predicted" in note for note in result.notes)
    assert any("cut-offs come from it alone" in note for note in result.notes)


def test_a_patient_without_a_prediction_trims_the_horizon() -> None:
    survival = SURVIVAL.copy()
    survival[3, 2] = np.nan
    result = evaluate(survival=survival)
    assert any("1 of 160 patients have no prediction there" in note for note in result.notes)
    assert [row.days for row in result.accuracy] == [180, 365]


def test_a_score_that_knows_nothing_is_evaluated_all_the_same() -> None:
    result = evaluate_predictions(np.zeros(SIZE), TIME, EVENT, survival=np.full((SIZE, 1), 0.5), horizons=[365])
    assert result.concordance[0].value == 0.5
    assert not result.slope
    assert np.isnan(result.calibration[0].slope)
    assert any("No calibration curve at 365 days" in note for note in result.notes)


def test_the_same_seed_gives_the_same_evaluation() -> None:
    assert repr(evaluate(seed=1)) == repr(evaluate(seed=1))


def test_a_fold_without_training_part_is_refused() -> None:
    with pytest.raises(ValueError, match="no training part"):
        evaluate(training={"0": TRAINING["0"]})


def test_survival_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"survival has shape \[160, 4\], expected \[160, 2\]"):
        evaluate(horizons=[1, 2])
