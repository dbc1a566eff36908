"""Sums over the points that precede a point in two orders at once, in O(n log n) time and O(n) memory.

n points, M the power of two at or above n. It is a merge sort read from the top, one numpy pass per level: where blocks
have the size 2 s, each is kept in the second order, and a point of the right half sees the points of the left half that
are ahead of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["sum_earlier_ahead"]

HALF_BITS = 31
"""Bits of each of two whole weights that share an int64."""


def sum_earlier_ahead(
    order: NDArray[np.int64], first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each place, sum two weights of the earlier places that are ahead of it in ``order``.

    Args:
        order: a permutation of the places 0 to n - 1; reading it, who comes first is ahead. Shape [n].
        first: weight of each place, >= 0, no unit. Shape [n].
        second: another weight of each place, >= 0, no unit. Shape [n].

    Returns:
        The sums of ``first`` [n] and of ``second`` [n]; exact when the weights are integers.
    """
    size = len(order)
    width = 1 << max(size - 1, 0).bit_length()
    pair = _packed(first, second)
    weight = np.zeros(width, dtype=pair.dtype)
    weight[:size] = pair
    result = np.zeros_like(weight)
    total = np.zeros(width // 2 + 1, dtype=pair.dtype)
    place = np.concatenate([order, np.arange(size, width)])  # [M]
    spare = np.empty_like(place)
    number = np.arange(width // 2)  # of a point among those of its side
    half = width // 2
    while half:
        is_right = (place & half).astype(bool)
        at_left, at_right = np.flatnonzero(~is_right), np.flatnonzero(is_right)
        left, right = place.take(at_left), place.take(at_right)
        np.cumsum(weight.take(left), out=total[1:])
        # Ahead of a right point are the left points read so far, without those of the earlier blocks.
        result[right] += total.take(at_right - number) - total.take(number & -half)
        blocks = spare.reshape(-1, 2, half)
        blocks[:, 0], blocks[:, 1] = left.reshape(-1, half), right.reshape(-1, half)
        place, spare = spare, place
        half //= 2
    return _unpacked(result[:size])


def _packed(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.generic]:
    """Two weights in one number, so that one pass sums both: halves of an int64 if whole and small, else complex."""
    if all(weight.sum() < 2**HALF_BITS and (np.floor(weight) == weight).all() for weight in (first, second)):
        return first.astype(np.int64) + (second.astype(np.int64) << HALF_BITS)
    return first + 1j * second


def _unpacked(pair: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Inverse of :func:`_packed`."""
    if pair.dtype == np.complex128:
        return pair.real.copy(), pair.imag.copy()
    return (pair & (2**HALF_BITS - 1)).astype(np.float64), (pair >> HALF_BITS).astype(np.float64)
