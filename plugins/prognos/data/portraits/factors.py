"""Factors of a drawn portrait: what they are called, and how they are distributed in the two domains.

A table of factors has one row a photo and one numeric column a factor. Those of the patient (health, age, sex, skin
tone, shape of the face) are the same in all photos of a patient; the others are drawn for each photo. N is the number
of photos.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from prognos.config import keys
from prognos.data.portraits.chance import PATIENT, PHOTO, Domain, uniform_numbers

__all__ = ["HEALTH_FACTORS", "NUISANCES", "PORTRAIT_FACTORS", "draw_factors", "patient_name", "read_factors"]

HEALTH_FACTORS = ("pallor", "jaundice", "hollow_cheeks", "hair_loss", "tired_eyes")
"""Signs of illness, each in [0, 1]; more is worse."""

PERSON = ("age", "male", "skin_tone")
"""Age in years; 1 for a man, 0 for a woman; skin tone in [0, 1], higher is darker."""

SHAPE = (
    *("face_width", "jaw", "chin", "eye_distance", "eye_size", "eye_hue", "nose_width", "nose_length", "mouth_width"),
    *("lip_fullness", "brow_thickness", "hair_shade", "hair_length", "hair_volume", "fringe", "stubble", "blush"),
)
"""Shape and colours of a face, each in [0, 1]; without effect on survival."""

NUISANCES = (
    *("yaw", "pitch", "smile", "light_intensity", "light_azimuth", "light_height", "light_warmth", "light_tint"),
    *("ambient", "background_outdoor", "background_hue", "background_saturation", "background_lightness"),
    *("background_texture", "background_phase", "clothes_hue", "clothes_saturation", "clothes_lightness"),
    *("clothes_pattern", "clothes_neckline", "glasses"),
)
"""Circumstances of a photo, without effect on survival. Angles in degrees; glasses 0 or 1; the others without unit."""

PLACEMENT = ("roll", "scale", "shift_x", "shift_y")
"""Where the aligned square lies in a photo: turn in degrees, half side and centre relative to half a photo."""

PORTRAIT_FACTORS = (*HEALTH_FACTORS, *PERSON, *SHAPE, *NUISANCES, *PLACEMENT)
"""All factors, in the order of the columns of a table."""

FRAILTY_LOADING = 0.5
"""Correlation of each sign of illness, before it is squeezed into [0, 1], with the patient's frailty."""

HEALTH_SHIFT: dict[Domain, float] = {"clinic": 0.15, "population": 1.0}
"""How much healthier than a uniform distribution of each sign, in standard deviations."""

PLAIN_HEALTH, PLAIN_AGE_YEARS = 0.35, 63.0
"""Every sign of illness, and the age, of patients who differ in nothing that matters."""


def patient_name(domain: Domain, seed: int, number: int) -> str:
    """Identifier of a drawn patient."""
    return f"{domain}-{seed:04d}-{number:06d}"


def draw_factors(
    domain: Domain, seed: int, numbers: Sequence[int], *, photos: int = 1, nuisances_only: bool = False
) -> pd.DataFrame:
    """Draw patients and the circumstances of their photos.

    A patient depends on the domain, the seed and its own number alone, a photo on its number in addition.

    Args:
        domain: ``"clinic"`` or ``"population"``.
        seed: of the cohort.
        numbers: of the patients, from 1.
        photos: of each patient.
        nuisances_only: give every patient the same health and age; everything else varies as usual.

    Returns:
        One row a photo: ``patient_id``, ``photo`` (from 1), and the columns of :data:`PORTRAIT_FACTORS`.
    """
    table = _patients(domain, uniform_numbers(domain, seed, numbers, PATIENT))
    if nuisances_only:
        table.loc[:, list(HEALTH_FACTORS)] = PLAIN_HEALTH
        table["age"] = PLAIN_AGE_YEARS
    table.insert(0, keys.PATIENT, [patient_name(domain, seed, n) for n in numbers])
    table = table.loc[table.index.repeat(photos)].reset_index(drop=True)
    table.insert(1, "photo", np.tile(np.arange(1, photos + 1), len(numbers)))
    circumstances = _photos(domain, uniform_numbers(domain, seed, numbers, PHOTO, repeats=range(photos)))
    return pd.concat([table, circumstances], axis=1)[[keys.PATIENT, "photo", *PORTRAIT_FACTORS]]


def read_factors(path: Path | str) -> pd.DataFrame:
    """Read ``truth/factors.csv`` to the last bit.

    Raises:
        FileNotFoundError: when ``path`` does not exist.
        ValueError: when the table lacks a factor.
    """
    table = pd.read_csv(path, float_precision="round_trip")
    missing = [name for name in PORTRAIT_FACTORS if name not in table.columns]
    if missing:
        raise ValueError(
            f"{path}: lacks the factor(s) {', '.join(missing)}; expected the truth of drawn portraits. "
            f"Write one with 'prognos synthesize portraits'."
        )
    return table


def _patients(domain: Domain, u: NDArray[np.float64]) -> pd.DataFrame:
    """Health, person and shape from uniform numbers [N, 32]."""
    z = ndtri(u)
    latent = FRAILTY_LOADING * z[:, :1] + np.sqrt(1.0 - FRAILTY_LOADING**2) * z[:, 1:6]
    table = pd.DataFrame(ndtr(latent - HEALTH_SHIFT[domain]), columns=list(HEALTH_FACTORS))
    if domain == "clinic":
        table["age"] = (64.0 + 11.5 * z[:, 6]).clip(25.0, 92.0)
    else:
        table["age"] = 18.0 + 70.0 * u[:, 6] ** 1.15
    male = (u[:, 7] < 0.5).astype(float)
    table["male"], table["skin_tone"] = male, u[:, 8] ** 1.4
    shape = pd.DataFrame(u[:, 9 : 9 + len(SHAPE)], columns=list(SHAPE))
    bent = ndtr(z[:, 9 : 9 + len(SHAPE)] * 0.8)  # nearer to the middle than uniform
    shape.loc[:, ["face_width", "chin", "eye_distance", "nose_width", "mouth_width"]] = bent[:, [0, 2, 3, 6, 8]]
    shape["jaw"] = 0.6 * shape["jaw"] + 0.4 * male
    shape["brow_thickness"] = 0.55 * shape["brow_thickness"] + 0.45 * male
    shape["lip_fullness"] = 0.75 * shape["lip_fullness"] + 0.25 * (1.0 - male)
    shape["hair_length"] = np.where(male > 0, 0.28 * shape["hair_length"], 0.25 + 0.75 * shape["hair_length"])
    shape["fringe"] = shape["fringe"] ** 2 * np.where(male > 0, 0.5, 1.0)
    shape["hair_shade"] = shape["hair_shade"] * (1.0 - 0.8 * table["skin_tone"])
    shape["stubble"] = male * (shape["stubble"] - 0.55).clip(0.0) / 0.45
    return pd.concat([table, shape], axis=1)


def _photos(domain: Domain, u: NDArray[np.float64]) -> pd.DataFrame:
    """Circumstances and placement from uniform numbers [N, 32]."""
    z, clinic = ndtri(u), domain == "clinic"
    photo = {
        "yaw": ((7.0 if clinic else 13.0) * z[:, 0]).clip(-32.0, 32.0),
        "pitch": ((4.0 if clinic else 6.0) * z[:, 1]).clip(-14.0, 14.0),
        "smile": u[:, 2] ** 1.5 * (0.6 if clinic else 1.0),
        "light_intensity": np.exp((0.14 if clinic else 0.17) * z[:, 3] - 0.04).clip(0.62, 1.3),
        "light_azimuth": ((20.0 if clinic else 38.0) * z[:, 4]).clip(-75.0, 75.0),
        "light_height": (22.0 if clinic else 28.0) + 10.0 * z[:, 5].clip(-2.0, 2.0),
        "light_warmth": (0.85 if clinic else 1.0) * z[:, 6].clip(-2.2, 2.2),
        "light_tint": 0.4 * z[:, 7].clip(-2.2, 2.2),
        "ambient": (0.62 if clinic else 0.45) + 0.2 * u[:, 8],
        "background_outdoor": 0.0 * u[:, 9] if clinic else (2.2 * u[:, 9] - 0.4).clip(0.0, 1.0),
        "background_hue": u[:, 10],
        "background_saturation": (0.16 if clinic else 0.6) * u[:, 11],
        "background_lightness": (0.55 if clinic else 0.25) + (0.4 if clinic else 0.65) * u[:, 12],
        "background_texture": (0.2 if clinic else 1.0) * u[:, 13],
        "background_phase": u[:, 14],
        "clothes_hue": (0.48 + 0.16 * u[:, 15]) if clinic else u[:, 15],
        "clothes_saturation": (0.45 if clinic else 0.85) * u[:, 16],
        "clothes_lightness": (0.45 if clinic else 0.12) + (0.5 if clinic else 0.8) * u[:, 17],
        "clothes_pattern": u[:, 18] * (u[:, 19] < (0.35 if clinic else 0.5)),
        "clothes_neckline": u[:, 20],
        "glasses": (u[:, 21] < 0.2).astype(float),
        "roll": (4.0 * z[:, 22]).clip(-10.0, 10.0),
        "scale": 0.68 + 0.1 * u[:, 23],
        "shift_x": 0.09 * (2.0 * u[:, 24] - 1.0),
        "shift_y": 0.09 * (2.0 * u[:, 25] - 1.0),
    }
    return pd.DataFrame(photo)
