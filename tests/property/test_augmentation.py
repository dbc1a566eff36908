"""What holds for every draw and every range that is allowed."""

from __future__ import annotations

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from prognos.transforms import AugmentPatches


@st.composite
def augmentations(draw: st.DrawFn) -> AugmentPatches:
    """Any ranges whose square fits into a stored patch of 128 pixels, up to the very edge."""
    augment = AugmentPatches(
        draw(st.sampled_from([8, 71, 72, 80])),
        rotation_degrees=draw(st.floats(0, 180)),
        shift=draw(st.floats(0, 0.3)),
        scale=draw(st.floats(0, 0.3)),
        flip=draw(st.sampled_from([0.0, 0.5, 1.0])),
    )
    assume(augment.reach <= 63.5)
    return augment


@settings(max_examples=60, deadline=None)
@given(augmentations(), st.integers(0, 2**32 - 1))
def test_the_sampled_square_never_leaves_the_stored_patch(augment: AugmentPatches, seed: int) -> None:
    torch.manual_seed(seed)
    # Outside there is 0, so any pixel from beyond the edge lowers the 1; weights add up to 1 within rounding.
    patches = augment(torch.ones(4, 8, 128, 128))
    torch.testing.assert_close(patches, torch.ones_like(patches), rtol=0, atol=2e-5)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_default_ranges_stay_inside_at_every_draw(seed: int) -> None:
    torch.manual_seed(seed)
    patches = AugmentPatches()(torch.ones(1, 500, 128, 128))
    torch.testing.assert_close(patches, torch.ones_like(patches), rtol=0, atol=2e-5)


@settings(max_examples=30, deadline=None)
@given(augmentations(), st.integers(0, 2**32 - 1))
def test_values_stay_between_those_of_the_stored_patch(augment: AugmentPatches, seed: int) -> None:
    torch.manual_seed(seed)
    image = torch.rand(2, 3, 128, 128) * 0.5 + 0.25
    patches = augment(image)
    assert image.min() - 2e-5 <= patches.min()
    assert patches.max() <= image.max() + 2e-5


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_half_precision_in_gives_single_precision_out(seed: int) -> None:
    image = torch.rand(1, 2, 128, 128).half()
    torch.manual_seed(seed)
    half = AugmentPatches()(image)
    torch.manual_seed(seed)
    assert half.dtype == torch.float32
    assert torch.equal(half, AugmentPatches()(image.float()))
