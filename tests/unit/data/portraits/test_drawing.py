"""Pictures of drawn faces."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_erosion

from prognos.data.portraits import (
    PORTRAIT_REGIONS,
    draw_aligned,
    draw_factors,
    draw_photos,
    draw_regions,
    locate_points,
)
from prognos.transforms.alignment import AlignFace, covered_fraction

GOLDEN_MEAN = {"clinic": (146.801, 138.757, 128.783), "population": (124.574, 116.013, 101.230)}
"""Mean of red, green and blue of the first 32 aligned faces of seed 1, 64 pixels."""

GOLDEN_SPREAD = {"clinic": (42.147, 41.720, 51.098), "population": (52.685, 51.318, 56.764)}
"""Their standard deviation."""

GOLDEN_FACTORS = {
    "clinic": (0.3347641995998466, 9.568929390454768, 60.31191080558381),
    "population": (0.3572311957901467, -27.609406417191796, 71.4670056746701),
}
"""Pallor, yaw in degrees and age in years of the first patient of seed 1."""


def regions_of(table: pd.DataFrame, *names: str) -> NDArray[np.bool_]:
    """Pixels of some regions, [N, 64, 64]."""
    return np.isin(draw_regions(table), [PORTRAIT_REGIONS.index(name) for name in names])


def mean_colour(table: pd.DataFrame, *names: str) -> NDArray[np.float64]:
    """Mean colour of some regions, [N, 3]."""
    where = regions_of(table, *names)[:, None]
    return (draw_aligned(table) * where).sum((2, 3)) / where.sum((2, 3))


def changed(table: pd.DataFrame, **factors: float) -> NDArray[np.float64]:
    """How much each pixel changes with some factors, [N, 64, 64]."""
    after = draw_aligned(table.assign(**factors)).astype(float)
    return np.abs(after - draw_aligned(table)).max(axis=1)


def away_from_the_person(table: pd.DataFrame, factors: dict[str, float]) -> NDArray[np.bool_]:
    """Background and clothes, before and after some factors change, one pixel off their edges, [N, 64, 64]."""
    both = [regions_of(faces, "background", "clothes") for faces in (table, table.assign(**factors))]
    return binary_erosion(both[0] & both[1], np.ones((1, 3, 3)))


@pytest.mark.parametrize("domain", ["clinic", "population"])
def test_the_drawing_is_frozen(domain: str) -> None:
    """Networks were trained on these faces: a change here means that weights and figures have to be made anew."""
    table = draw_factors(domain, 1, range(1, 33))  # type: ignore[arg-type]
    pictures = draw_aligned(table)
    np.testing.assert_allclose(pictures.mean((0, 2, 3)), GOLDEN_MEAN[domain], atol=0.02)
    np.testing.assert_allclose(pictures.std((0, 2, 3)), GOLDEN_SPREAD[domain], atol=0.02)
    first = table.loc[0, ["pallor", "yaw", "age"]].to_numpy(float)
    np.testing.assert_allclose(first, GOLDEN_FACTORS[domain], rtol=1e-5)


def test_a_face_does_not_depend_on_its_batch() -> None:
    table = draw_factors("population", 5, range(1, 20))
    together = draw_aligned(table)
    np.testing.assert_array_equal(together[[13]], draw_aligned(table.iloc[[13]]))
    np.testing.assert_array_equal(together[::-1], draw_aligned(table.iloc[::-1]))


@pytest.mark.parametrize("domain", ["clinic", "population"])
def test_the_alignment_of_a_photo_gives_the_aligned_face(domain: str) -> None:
    table = draw_factors(domain, 4, range(1, 9))  # type: ignore[arg-type]
    expected, photos, points = draw_aligned(table).astype(float), draw_photos(table, 128), locate_points(table, 128)
    align = AlignFace(64)
    pairs = zip(photos, points, strict=True)
    found = np.stack([align(np.ascontiguousarray(p.transpose(1, 2, 0)), m).transpose(2, 0, 1) for p, m in pairs])
    # What is left is the blur of sampling twice; a shift by one pixel would cost four times as much.
    assert np.sqrt(((found - expected) ** 2).mean()) < 0.1 * expected.std()
    down, right = (np.gradient(expected, axis=axis).ravel() for axis in (2, 3))
    shift = np.linalg.lstsq(np.stack([down, right], axis=1), (found - expected).ravel(), rcond=None)[0]
    assert np.abs(shift).max() < 0.03


def test_the_aligned_square_lies_inside_every_photo() -> None:
    table = draw_factors("population", 8, range(1, 200))
    assert min(covered_fraction(points, 128, 128) for points in locate_points(table, 128)) == 1.0


def test_a_larger_picture_shows_the_same_face() -> None:
    table = draw_factors("clinic", 5, range(1, 4))
    small, large = draw_aligned(table, 64), draw_aligned(table, 128)
    shrunk = [
        np.asarray(Image.fromarray(np.ascontiguousarray(p.transpose(1, 2, 0))).resize((64, 64), Image.Resampling.BOX))
        for p in large
    ]
    difference = np.stack(shrunk).transpose(0, 3, 1, 2).astype(float) - small
    assert np.sqrt((difference**2).mean()) < 0.1 * small.std()


def test_the_parts_of_a_face_lie_where_a_face_has_them(plain_faces: pd.DataFrame) -> None:
    regions = draw_regions(plain_faces)
    height = {
        name: np.nonzero(regions == number)[1].mean()
        for number, name in enumerate(PORTRAIT_REGIONS)
        if (regions == number).any()
    }
    order = ["hair", "brows", "eyes", "nose", "mouth", "neck", "clothes"]
    assert sorted(order, key=height.__getitem__) == order
    share = {name: float((regions == number).mean()) for number, name in enumerate(PORTRAIT_REGIONS)}
    assert 0.25 < share["background"] < 0.55
    assert 0.2 < share["skin"] < 0.45
    assert share["clothes"] > 0.05
    assert share["glasses"] == 0.0


def test_pallor_takes_the_red_from_skin_and_lips(plain_faces: pd.DataFrame) -> None:
    for part in ("skin", "mouth"):
        before, after = mean_colour(plain_faces, part), mean_colour(plain_faces.assign(pallor=0.9), part)
        assert (after[:, 0] / after[:, 2] < 0.93 * before[:, 0] / before[:, 2]).all()


def test_jaundice_takes_the_blue_from_skin_and_the_white_of_the_eyes(plain_faces: pd.DataFrame) -> None:
    for part in ("skin", "eyes"):
        before, after = mean_colour(plain_faces, part), mean_colour(plain_faces.assign(jaundice=0.9), part)
        assert (after[:, 2] / after[:, 1] < 0.85 * before[:, 2] / before[:, 1]).all()


def test_hollow_cheeks_change_the_lower_face(plain_faces: pd.DataFrame) -> None:
    difference = changed(plain_faces, hollow_cheeks=0.9).mean(axis=0)
    assert difference[40:52].mean() > 3 * difference[8:18].mean()


def test_hair_vanishes_with_its_loss(plain_faces: pd.DataFrame) -> None:
    shares = [regions_of(plain_faces.assign(hair_loss=loss), "hair").mean() for loss in (0.0, 0.4, 0.7, 0.97)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.1
    assert shares[-1] < 0.01


def test_tired_eyes_open_less_over_dark_rings(plain_faces: pd.DataFrame) -> None:
    tired = plain_faces.assign(tired_eyes=0.9)
    assert regions_of(tired, "eyes").sum() < 0.7 * regions_of(plain_faces, "eyes").sum()
    below = (slice(None), slice(None), slice(32, 36), slice(22, 27))
    assert draw_aligned(tired)[below].mean() < 0.85 * draw_aligned(plain_faces)[below].mean()


def test_age_turns_hair_grey(plain_faces: pd.DataFrame) -> None:
    old = mean_colour(plain_faces.assign(age=85.0), "hair")
    assert (np.ptp(old, axis=1) < 0.08 * old.mean(axis=1)).all()


def test_health_and_age_leave_background_and_clothes_alone(plain_faces: pd.DataFrame) -> None:
    ill = {"pallor": 0.9, "jaundice": 0.9, "tired_eyes": 0.9, "age": 85.0}
    assert changed(plain_faces, **ill)[away_from_the_person(plain_faces, ill)].max() == 0.0
    assert changed(plain_faces, **ill).mean() > 10.0
    thin = {"hollow_cheeks": 0.9}  # the collar follows the thinner neck
    assert changed(plain_faces, **thin)[away_from_the_person(plain_faces, thin)].mean() < 0.5


def test_background_and_clothes_leave_the_face_alone(plain_faces: pd.DataFrame) -> None:
    face = regions_of(plain_faces, "skin", "eyes", "brows", "nose", "mouth")
    other = {"background_hue": 0.9, "background_lightness": 0.2, "clothes_hue": 0.1, "clothes_lightness": 0.1}
    assert changed(plain_faces, **other)[binary_erosion(face, np.ones((1, 3, 3)))].max() <= 1.0
    assert changed(plain_faces, **other)[~face].mean() > 20.0


def test_light_changes_every_part(plain_faces: pd.DataFrame) -> None:
    difference = changed(plain_faces, light_warmth=2.0, light_intensity=0.7)
    assert all(difference[regions_of(plain_faces, part)].mean() > 5.0 for part in ("background", "clothes", "skin"))
