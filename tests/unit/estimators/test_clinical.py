"""Clinical columns become features without a look at other patients."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

from prognos.estimators import ClinicalModel, ClinicalPreprocessor, CoxPH
from survival_simulation import draw_patients

TABLE = pd.DataFrame(
    {"age": [50.0, None, 70.0, 60.0], "sex": ["f", "m", "f", None], "ecog": [0.0, 1.0, 1.0, 2.0]}, index=[7, 8, 9, 10]
)


def test_numbers_are_imputed_and_scaled_and_categories_become_columns() -> None:
    features = ClinicalPreprocessor(["age"], ["sex", "ecog"]).fit(TABLE).transform(TABLE)
    assert features.columns.tolist() == ["age", "sex=m", "ecog=0", "ecog=2"]
    assert features.index.tolist() == [7, 8, 9, 10]
    assert (features.dtypes == np.float64).all()
    np.testing.assert_allclose(features["age"] * np.sqrt(50), [-10, 0, 10, 0])  # mean 60, variance 50
    assert features["sex=m"].tolist() == [0.0, 1.0, 0.0, 0.0]  # nobody knows the last one: the most frequent


def test_missing_values_are_indicated_only_when_asked_for() -> None:
    features = ClinicalPreprocessor(["age", "ecog"], indicate_missing=True).fit(TABLE).transform(TABLE)
    assert features.columns.tolist() == ["age", "ecog", "age missing"]
    assert features["age missing"].tolist() == [0.0, 1.0, 0.0, 0.0]


def test_other_patients_do_not_change_what_was_learned() -> None:
    preprocessor = ClinicalPreprocessor(["age"], ["sex"]).fit(TABLE)
    alone = preprocessor.transform(TABLE.iloc[:1])
    np.testing.assert_allclose(alone, preprocessor.transform(TABLE).iloc[:1])


def test_an_unknown_category_is_read_as_the_reference_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    preprocessor = ClinicalPreprocessor(categorical=["sex"]).fit(TABLE)
    with caplog.at_level(logging.WARNING):
        features = preprocessor.transform(TABLE.assign(sex=["x", "m", "y", "f"]))
    assert features["sex=m"].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert "2 of 4 patients" in caplog.text


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (TABLE.drop(columns="age"), "no clinical column"),
        (TABLE.assign(age="old"), "holds text"),
        (TABLE.assign(age=None), "no value at all"),
    ],
)
def test_a_wrong_table_is_refused(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ClinicalPreprocessor(["age"], ["sex"]).fit(table)


def test_the_model_fits_its_preprocessing_with_it() -> None:
    features, label, truth = draw_patients(120, 2)
    table = pd.DataFrame(features, columns=["a", "b"]).mask(np.arange(240).reshape(120, 2) % 17 == 0)
    model = ClinicalModel(ClinicalPreprocessor(["a", "b"]), CoxPH(0.01)).fit(table, label)
    assert np.corrcoef(model.log_hazard(table), truth)[0, 1] > 0.85
    assert not model.fresh(1).preprocessor.names
