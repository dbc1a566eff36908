"""Radiologists of a synthetic patient: which lesions each one sees, and how each one outlines them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prognos.data.phantom.lesions import Lesion

__all__ = ["Outline", "Reading", "draw_readings"]

READER_SHARE = (0.12, 0.20, 0.32, 0.36)
"""Share of patients with one, two, three and four readers; the mean is 2.92."""

SEEN_AT_8_MM, SEEN_SLOPE = 1.4, 1.9
"""Log odds that a reader outlines a lesion of 8 mm, and their slope with the logarithm of the diameter."""

OUTLINE_LOG_SD, OUTLINE_SHIFT_MM = 0.10, 0.7
"""Spread of the logarithm of a reader's outline relative to the true one, and of its position in mm."""

FOLLOWUP_LOG_SD = 0.02
"""Further spread of the outline when the same reader outlines the lesion again."""

FOLLOWUP_SHARE = 0.896
"""Share of annotations with a second timepoint."""


@dataclass(frozen=True)
class Outline:
    """One lesion as one reader draws it.

    Attributes:
        instance: number of the lesion, the same for every reader and timepoint.
        scale: drawn size relative to the true one at baseline.
        followup_scale: drawn size at follow-up relative to the true one at baseline.
        shift: displacement, mm.
    """

    instance: int
    scale: float
    followup_scale: float
    shift: tuple[float, float, float]


@dataclass(frozen=True)
class Reading:
    """All outlines of one reader.

    Attributes:
        reader: name of the reader.
        has_followup: whether the reader also outlined the follow-up.
        outlines: of the lesions that the reader saw, by number.
    """

    reader: str
    has_followup: bool
    outlines: tuple[Outline, ...]


def draw_readings(generator: np.random.Generator, lesions: list[Lesion]) -> list[Reading]:
    """Draw one to four readings; small lesions are missed more often, growth is seen by whoever reads again."""
    count = 1 + int(generator.choice(len(READER_SHARE), p=READER_SHARE))
    return [
        Reading(f"reader-{number}", bool(generator.random() < FOLLOWUP_SHARE), _outlines(generator, lesions))
        for number in range(1, count + 1)
    ]


def _outlines(generator: np.random.Generator, lesions: list[Lesion]) -> tuple[Outline, ...]:
    """Outlines of the lesions that one reader sees."""
    outlines = []
    for lesion in lesions:
        seen = 1.0 / (1.0 + np.exp(-SEEN_AT_8_MM - SEEN_SLOPE * np.log(lesion.diameter / 8.0)))
        if generator.random() >= seen:
            continue
        scale = float(np.exp(generator.normal(0.0, OUTLINE_LOG_SD)))
        again = scale * float(np.exp(lesion.growth / 3 + generator.normal(0.0, FOLLOWUP_LOG_SD)))
        x, y, z = generator.normal(0.0, OUTLINE_SHIFT_MM, 3)
        outlines.append(Outline(lesion.instance, scale, again, (float(x), float(y), float(z))))
    return tuple(outlines)
