"""Sums of exponentials over index ranges, in log space and with positive terms only.

N items, K cells. ``add_to_ranges`` adds each item to a range of cells; ``sum_over_ranges`` is its transpose, one sum
of cells per item. Ranges that begin at cell 0 cost one cumulative sum. Other ranges are cut into O(log K) nodes of a
binary tree over the cells: O((N + K) log K) time, O(N + K) memory, and no subtraction that could cancel.

The tree is stored as in a heap: node 1 is the root, nodes 2 i and 2 i + 1 are the halves of node i, and cell k is node
``width + k`` where ``width`` is the power of two at or above K.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

__all__ = ["add_to_ranges", "logsumexp_by_index", "sum_over_ranges"]


def logsumexp_by_index(value: torch.Tensor, index: torch.Tensor, size: int) -> torch.Tensor:
    """Log of the sum of ``exp(value)`` [N] over equal ``index`` [N], for each index below ``size``; -inf if empty."""
    peak = value.new_full((size,), -torch.inf).scatter_reduce_(0, index, value, "amax")
    total = value.new_zeros(size).index_add_(0, index, (value - peak[index]).exp())
    return peak + total.log()


def add_to_ranges(value: torch.Tensor, start: torch.Tensor | None, stop: torch.Tensor, size: int) -> torch.Tensor:
    """Log of the sum of ``exp(value)`` of the items whose range covers a cell.

    Args:
        value: finite. Shape [N].
        start: first cell of each item, [N]; None = cell 0 for all.
        stop: cell after the last of each item, [N]. A range with ``stop <= start`` is empty.
        size: K, number of cells.

    Returns:
        One value per cell, [K]; -inf where no range covers the cell.
    """
    if start is None:
        last = logsumexp_by_index(value, stop, size + 1)[1:]  # cell 0 of size + 1 collects the empty ranges
        return last.flip(0).logcumsumexp(0).flip(0)
    width = _width(size)
    peak = value.new_full((2 * width,), -torch.inf)
    for item, node in _cover(start, stop, width):
        peak.scatter_reduce_(0, node, value[item], "amax")
    total = torch.zeros_like(peak)
    for item, node in _cover(start, stop, width):
        total.index_add_(0, node, (value[item] - peak[node]).exp())
    node = torch.arange(width, width + size, device=value.device)
    tree = torch.where(total > 0, peak + total.log(), peak)
    result = tree[node]
    while width > 1:
        node, width = node // 2, width // 2
        result = torch.logaddexp(result, tree[node])
    return result


def sum_over_ranges(value: torch.Tensor, start: torch.Tensor | None, stop: torch.Tensor) -> torch.Tensor:
    """Log of the sum of ``exp(value)`` [K] over the range of each item; -inf where the range is empty.

    ``start`` [N] and ``stop`` [N] are those of :func:`add_to_ranges`.
    """
    if start is None:
        return torch.cat([value.new_full((1,), -torch.inf), value.logcumsumexp(0)])[stop]
    width = _width(len(value))
    tree = value.new_full((2 * width,), -torch.inf)
    tree[width : width + len(value)] = value
    level = width
    while level > 1:
        tree[level // 2 : level] = torch.logaddexp(tree[level : 2 * level : 2], tree[level + 1 : 2 * level : 2])
        level //= 2
    result = value.new_full(stop.shape, -torch.inf)
    for item, node in _cover(start, stop, width):
        result[item] = torch.logaddexp(result[item], tree[node])
    return result


def _width(size: int) -> int:
    """Power of two at or above ``size``."""
    return 1 << max(size - 1, 0).bit_length()


def _cover(start: torch.Tensor, stop: torch.Tensor, width: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Cut each range into nodes; yields (item, node) with each item at most once per yield."""
    left, right = start + width, stop + width
    while bool((left < right).any()):
        item = torch.nonzero((left < right) & (left % 2 == 1)).squeeze(1)
        yield item, left[item]
        left = left + left % 2
        item = torch.nonzero((left < right) & (right % 2 == 1)).squeeze(1)
        yield item, right[item] - 1
        right = right - right % 2
        left, right = left // 2, right // 2
