"""Late fusion works on out-of-fold scores, and in-sample scores show why it must."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from prognos.estimators import BaselineHazard, ClinicalModel, ClinicalPreprocessor, CoxPH, LateFusion, LatentModel
from prognos.metrics import concordance_index
from survival_simulation import draw_outcome

TRAINING = 150


@pytest.fixture(scope="module")
def patients() -> tuple[pd.DataFrame, np.ndarray]:
    """Two clinical columns and 200 latents, each of which explains half of the hazard; 150 train, 1350 test."""
    generator = np.random.default_rng(5)
    clinical, latents = generator.standard_normal((1500, 2)), generator.standard_normal((1500, 200))
    latents[:, :30] *= 4.0
    log_hazard = 0.6 * clinical.sum(axis=1) + 0.25 * latents[:, :30] @ generator.standard_normal(30) / np.sqrt(20)
    table = pd.DataFrame(latents, columns=[f"latent_{index:04d}" for index in range(200)])
    return table.assign(age=clinical[:, 0], crp=clinical[:, 1]), draw_outcome(generator, log_hazard)


def base_models() -> dict[str, ClinicalModel | LatentModel]:
    return {
        "clinical": ClinicalModel(ClinicalPreprocessor(["age", "crp"]), CoxPH(0.001)),
        "photo": LatentModel(CoxPH(0.2)),
    }


def test_fusion_is_better_than_each_and_in_sample_fusion_is_not(patients: tuple[pd.DataFrame, np.ndarray]) -> None:
    table, label = patients
    training, tested = table[:TRAINING], table[TRAINING:]

    def index(log_hazard: np.ndarray) -> float:
        return concordance_index(log_hazard, label[TRAINING:, 0], label[TRAINING:, 1])[0]

    fusion = LateFusion(base_models()).fit(training, label[:TRAINING])
    single = {name: index(model.log_hazard(tested)) for name, model in fusion.models.items()}
    seen = np.stack([model.log_hazard(training) for model in fusion.models.values()], axis=1)
    naive = CoxPH(0.05).fit(seen, label[:TRAINING])  # without a penalty there is no maximum at all
    unseen = np.stack([model.log_hazard(tested) for model in fusion.models.values()], axis=1)
    fused = index(fusion.log_hazard(tested))
    assert fused > max(single.values()) + 0.02
    assert index(naive.log_hazard(unseen)) < fused - 0.02


def test_no_out_of_fold_score_depends_on_the_outcome_of_its_patient(
    patients: tuple[pd.DataFrame, np.ndarray],
) -> None:
    table, label = patients[0][:60], patients[1][:60].copy()
    before = LateFusion(base_models(), folds=3).fit(table, label).scores
    # The same rank and flag keep the parts; only the one follow-up moves, so its own part trains on nothing new.
    row = int(np.argmax(label[:, 0]))
    label[row, 0] += 1000.0
    after = LateFusion(base_models(), folds=3).fit(table, label).scores
    np.testing.assert_allclose(before[row], after[row], rtol=1e-9)


def test_its_baseline_hazard_is_that_of_the_out_of_fold_scores(patients: tuple[pd.DataFrame, np.ndarray]) -> None:
    table, label = patients[0][:TRAINING], patients[1][:TRAINING]
    fusion = LateFusion(base_models()).fit(table, label)
    days = np.array([200.0, 400.0])
    predicted = fusion.baseline.survival(fusion.fusion.log_hazard(fusion.scores), days).mean(axis=0)
    overall = BaselineHazard().fit(np.zeros(TRAINING), label).survival(np.zeros(1), days)[0]
    np.testing.assert_allclose(predicted, overall, atol=0.06)


def test_a_fusion_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no model"):
        LateFusion({})
