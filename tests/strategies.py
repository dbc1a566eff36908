"""Hypothesis strategies shared by the property tests."""

from __future__ import annotations

import torch
from hypothesis import strategies as st

Cohort = tuple[torch.Tensor, torch.Tensor]
"""Log hazard [B, 1] and label [B, 2], float64."""


@st.composite
def cohorts(draw: st.DrawFn, min_events: int = 0, extreme: float = 500.0) -> Cohort:
    """Draw log hazards up to ``extreme`` either way, and few distinct times, so that ties are common."""
    size = draw(st.integers(max(2, min_events), 40))
    scores = draw(st.lists(st.floats(-extreme, extreme, width=32), min_size=size, max_size=size))
    days = draw(st.lists(st.integers(1, 12), min_size=size, max_size=size))
    events = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    events[:min_events] = [True] * min_events
    label = torch.stack([torch.tensor(days).double(), torch.tensor(events).double()], dim=1)
    return torch.tensor(scores, dtype=torch.float64)[:, None], label


@st.composite
def columns(draw: st.DrawFn, size: int) -> dict[str, torch.Tensor]:
    """Draw weights, strata and entries (before day 1) for a cohort of ``size`` samples."""
    weight = draw(st.lists(st.integers(1, 8), min_size=size, max_size=size))
    strata = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    return {"weight": torch.tensor(weight).double() / 4, "strata": torch.tensor(strata)}
