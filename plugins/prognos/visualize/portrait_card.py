"""One photo, the face that a generator draws from its latent, and the survival curve that was predicted."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from prognos.visualize.style import BLUE, add_notice, new_figure, tidy, title

__all__ = ["draw_portrait_card"]

DAYS_IN_A_MONTH = 365.25 / 12


def draw_portrait_card(
    photo: NDArray[np.float32],
    reconstruction: NDArray[np.float32] | None,
    days: ArrayLike,
    survival: ArrayLike,
    *,
    log_hazard: float,
    notice: str = "",
) -> Figure:
    """Photo, reconstruction and survival curve side by side.

    Args:
        photo: aligned face in [-1, 1], [3, R, R].
        reconstruction: drawn from the latent of the photo, [3, R, R]; None where there is no generator.
        days: times of the curve, days; the first is 0.
        survival: probability of no event up to each time; NaN beyond follow-up, where the curve ends.
        log_hazard: no unit, higher = earlier event.
        notice: drawn as a strip.
    """
    pictures = [("photo", photo), *([("drawn from its latent", reconstruction)] if reconstruction is not None else [])]
    alt = f"A portrait with its predicted survival curve; log hazard {log_hazard:.2f}."
    figure = new_figure(2.3 * len(pictures) + 4.2, 2.7, alt=alt)
    axes = figure.subplots(1, len(pictures) + 1, width_ratios=[1] * len(pictures) + [1.7])
    for place, (name, picture) in zip(axes, pictures, strict=False):
        place.imshow(np.clip((np.moveaxis(picture, 0, -1) + 1.0) / 2.0, 0.0, 1.0))
        place.set_axis_off()
        title(place, name)
    curve = tidy(axes[-1], grid="y")
    months = np.asarray(days, dtype=np.float64) / DAYS_IN_A_MONTH
    curve.step(months, survival, where="post", color=BLUE, linewidth=1.8)
    curve.set(xlabel="months from the photo", ylabel="predicted survival", ylim=(0, 1.02), xlim=(0, months.max()))
    title(curve, f"log hazard {log_hazard:+.2f}", second="no unit; higher is worse; the curve ends with the follow-up")
    return add_notice(figure, notice)
