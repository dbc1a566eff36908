"""Directions of attributes on latents whose truth is planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from prognos.data.latents import Latents
from prognos.estimators import (
    CoxPH,
    LatentOrigin,
    fit_attributes,
    health_direction,
    plan_sweeps,
    project_out,
    random_displacements,
    regressed_direction,
)

ORIGIN = LatentOrigin("w", (12,), "f" * 64, "encoder")
SIZE, WIDTH = 300, 12


def unit(*values: float) -> np.ndarray:
    vector = np.zeros(WIDTH)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


HARM, YEARS = unit(1, 0, 1), unit(0.6, 1)
"""Planted directions of the hazard and of age; they are not orthogonal."""


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> tuple[Latents, list[dict[str, object]]]:
    random = np.random.default_rng(5)
    values = random.standard_normal((SIZE, WIDTH))
    age = 60 + 8 * values @ YEARS + random.standard_normal(SIZE)
    death = random.exponential(np.exp(-1.5 * values @ HARM)) * 1000
    follow_up = random.uniform(200, 4000, SIZE)
    label = np.stack([np.minimum(death, follow_up) + 1, death <= follow_up], axis=1)
    samples = [
        {"patient_id": f"p{i}", "label": torch.tensor(label[i]), "age": age[i], "ward": "north"} for i in range(SIZE)
    ]
    names = tuple(f"p{i}" for i in range(SIZE))
    path = tmp_path_factory.mktemp("latents") / "latents.csv"
    return Latents(path, names, names, values, (WIDTH,), ORIGIN.generator, "w", "encoder"), samples


@pytest.fixture(scope="module")
def attributes(cohort):
    return fit_attributes(*cohort, CoxPH(penalty=0.01), columns=["age"])


def test_planted_directions_are_found(attributes) -> None:
    assert attributes.directions["health"].vector @ HARM > 0.95
    assert attributes.directions["age"].vector @ YEARS > 0.98
    assert attributes.directions["age"].explained > 0.9


def test_positive_beta_means_a_higher_hazard_and_a_larger_age(attributes, cohort) -> None:
    latents, samples = cohort
    read = attributes.read(latents.values)
    assert np.corrcoef(read["age"], [sample["age"] for sample in samples])[0, 1] > 0.95
    assert np.corrcoef(read["health"], latents.values @ HARM)[0, 1] > 0.95
    assert "worse" in attributes.directions["health"].sense


def test_vectors_have_length_one_and_one_beta_is_one_standard_deviation(attributes, cohort) -> None:
    for direction in attributes.all_directions().values():
        assert np.linalg.norm(direction.vector) == pytest.approx(1)
        assert direction.step == pytest.approx(np.std(cohort[0].values @ direction.vector, ddof=1))
        np.testing.assert_allclose(direction.displacement, direction.step * direction.vector)


def test_reading_gives_the_regressions_own_prediction(attributes, cohort) -> None:
    latents, samples = cohort
    model = CoxPH(penalty=0.01).fit(latents.values, np.stack([np.asarray(s["label"]) for s in samples]))
    direction = attributes.directions["health"]
    np.testing.assert_allclose(direction.read(latents.values), model.log_hazard(latents.values), atol=1e-9)
    layer = direction.layer()(torch.tensor(latents.values, dtype=torch.float32))
    np.testing.assert_allclose(layer.detach()[:, 0], direction.read(latents.values), atol=1e-4)
    moved = latents.values + direction.displacement
    np.testing.assert_allclose(direction.read(moved) - direction.read(latents.values), direction.change_per_beta)


def test_moving_along_a_cleaned_direction_leaves_the_others_unchanged(attributes, cohort) -> None:
    values = cohort[0].values
    age, cleaned = attributes.directions["age"], attributes.cleaned["health"]
    change = age.read(values + cleaned.displacement) - age.read(values)
    np.testing.assert_allclose(change, 0, atol=1e-10)
    before = age.read(values + attributes.directions["health"].displacement) - age.read(values)
    assert (before > 1).all()
    assert cleaned.removed == ("age",)
    assert attributes.directions["health"].read(values + cleaned.displacement).mean() > 0.5


def test_a_cleaned_direction_does_not_pretend_to_predict(attributes, cohort) -> None:
    with pytest.raises(ValueError, match="had age projected out"):
        attributes.cleaned["health"].read(cohort[0].values)


def test_the_order_of_the_others_does_not_matter(cohort) -> None:
    values = cohort[0].values
    random = np.random.default_rng(1)
    first, second, third = (
        regressed_direction(name, random.standard_normal(SIZE), values, ORIGIN) for name in ("a", "b", "c")
    )
    one, other = project_out(first, [second, third], values), project_out(first, [third, second], values)
    np.testing.assert_allclose(one.vector, other.vector, atol=1e-12)
    np.testing.assert_allclose([one.vector @ second.vector, one.vector @ third.vector], 0, atol=1e-12)


def test_a_direction_cannot_be_cleaned_of_itself(attributes, cohort) -> None:
    health = attributes.directions["health"]
    with pytest.raises(ValueError, match="nothing of 'health' is left without twin"):
        project_out(health, [replace(health, name="twin")], cohort[0].values)


def test_directions_of_two_generators_are_not_mixed(attributes, cohort) -> None:
    stranger = replace(attributes.directions["age"], origin=ORIGIN._replace(generator="0" * 64))
    with pytest.raises(ValueError, match="different latent spaces or generators"):
        project_out(attributes.directions["health"], [stranger], cohort[0].values)


def test_random_directions_are_as_long_as_the_step() -> None:
    draws = random_displacements(5, 1.7, WIDTH, seed=2)
    np.testing.assert_allclose(np.linalg.norm(draws, axis=1), 1.7)
    np.testing.assert_array_equal(draws, random_displacements(5, 1.7, WIDTH, seed=2))
    assert np.abs(np.corrcoef(draws) - np.eye(5)).max() < 0.99


def test_a_plan_has_every_sweep_and_zero_in_the_middle(attributes) -> None:
    sweeps = plan_sweeps(attributes, random_directions=3)
    assert list(sweeps) == [
        *("health", "age", "health, others kept", "age, others kept"),
        *("random 1", "random 2", "random 3"),
    ]
    assert sweeps["health"].betas[2] == 0
    assert len(sweeps["health"].betas) == 5
    assert sweeps["random 1"].betas == (-2, 2)


@pytest.mark.parametrize("betas", [(1, 2, 3), (2, 0, -2), (0,)])
def test_betas_without_the_unedited_portrait_are_refused(attributes, betas) -> None:
    with pytest.raises(ValueError, match="with 0"):
        plan_sweeps(attributes, betas=betas)


def test_embeddings_without_a_generator_cannot_be_edited(cohort) -> None:
    latents, samples = cohort
    with pytest.raises(ValueError, match="name no generator"):
        fit_attributes(replace(latents, generator=None), samples, CoxPH(penalty=1.0))


@pytest.mark.parametrize(("column", "message"), [("ward", "holds text"), ("height", "no column 'height'")])
def test_a_column_that_is_no_attribute_is_refused(cohort, column: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_attributes(*cohort, CoxPH(penalty=1.0), columns=[column])


def test_a_cohort_of_other_patients_is_refused_without_naming_one(cohort) -> None:
    latents, samples = cohort
    others = [{**sample, "patient_id": f"secret{i}"} for i, sample in enumerate(samples)]
    with pytest.raises(ValueError, match="none of the 300 patients") as caught:
        fit_attributes(latents, others, CoxPH(penalty=1.0))
    assert "secret" not in str(caught.value)


def test_a_regression_without_coefficients_has_no_direction() -> None:
    with pytest.raises(ValueError, match="no health direction"):
        health_direction(np.zeros(3), np.eye(3), ORIGIN)


def test_unknown_values_are_left_out_and_too_few_refused(cohort) -> None:
    latents, samples = cohort
    age = np.array([sample["age"] for sample in samples])
    age[50:] = np.nan
    assert regressed_direction("age", age, latents.values, ORIGIN).patients == 50
    age[5:] = np.nan
    with pytest.raises(ValueError, match="5 known values of 300 patients"):
        regressed_direction("age", age, latents.values, ORIGIN)
