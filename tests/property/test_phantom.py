"""What must hold for every synthetic lesion and every follow-up."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from prognos.data.phantom.anatomy import SITES
from prognos.data.phantom.lesions import lesion_risk, lesion_scale
from prognos.data.phantom.survival import draw_outcome

irregularities = st.floats(0.0, 0.5)
margins = st.floats(0.0, 80.0)
diameters = st.floats(0.1, 200.0)
seeds = st.integers(0, 2**31)


@given(irregularities, margins)
def test_sites_keep_their_order_at_any_shape_and_depth(irregularity: float, margin: float) -> None:
    risks = {site: lesion_risk(site, irregularity, margin) for site in SITES}
    assert risks["bone"] > risks["liver"] > risks["adrenal"] > risks["mediastinum"] > risks["lung"]


@given(st.sampled_from(SITES), irregularities, margins, margins)
def test_a_deeper_lesion_is_never_worse(site: str, irregularity: float, margin: float, other: float) -> None:
    deep, shallow = max(margin, other), min(margin, other)
    assert lesion_risk(site, irregularity, deep) <= lesion_risk(site, irregularity, shallow)


@given(st.sampled_from(SITES), irregularities, irregularities, margins)
def test_a_more_ragged_lesion_is_never_better(site: str, one: float, other: float, margin: float) -> None:
    assert lesion_risk(site, max(one, other), margin) >= lesion_risk(site, min(one, other), margin)


@given(diameters, diameters)
def test_a_larger_lesion_never_counts_less_and_always_counts(diameter: float, other: float) -> None:
    assert lesion_scale(max(diameter, other)) >= lesion_scale(min(diameter, other)) > 0.0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-20.0, 20.0), min_size=1, max_size=60), seeds)
def test_every_follow_up_is_positive_and_depends_on_its_seed_alone(log_hazards: list[float], seed: int) -> None:
    log_hazard = np.array(log_hazards)
    treatment = np.arange(len(log_hazard)) % 2
    first, second = (draw_outcome(np.random.default_rng(seed), log_hazard, treatment) for _ in range(2))
    assert (first.time >= 1).all()
    assert np.isin(first.event, (0, 1)).all()
    np.testing.assert_array_equal(first.time, second.time)
    np.testing.assert_array_equal(first.event, second.event)
