"""From stored patches to the network's patches, on patterns whose outcome is known."""

from __future__ import annotations

import pytest
import torch

from prognos.transforms import AugmentPatches, CenterPatches


def test_the_centre_is_the_middle_of_the_stored_patch_unchanged() -> None:
    image = torch.rand(2, 3, 128, 128).half()
    assert torch.equal(CenterPatches()(image), image[..., 28:100, 28:100].float())


def test_a_margin_that_cannot_be_even_is_refused() -> None:
    with pytest.raises(ValueError, match="no exact middle"):
        CenterPatches()(torch.zeros(1, 1, 127, 127))


def test_without_ranges_the_augmented_patch_is_the_centre() -> None:
    image = torch.rand(2, 3, 128, 128)
    still = AugmentPatches(rotation_degrees=0, shift=0, scale=0, flip=0)
    # Bilinear weights at grid points differ from 0 and 1 by rounding of coordinates near 64.
    torch.testing.assert_close(still(image), CenterPatches()(image), rtol=0, atol=2e-5)


def test_a_flip_mirrors_the_columns() -> None:
    image = torch.rand(1, 4, 128, 128)
    mirrored = AugmentPatches(rotation_degrees=0, shift=0, scale=0, flip=1)(image)
    torch.testing.assert_close(mirrored, CenterPatches()(image).flip(-1), rtol=0, atol=2e-5)


def test_scale_and_shift_stay_within_their_ranges() -> None:
    column = torch.arange(128.0).expand(1, 2000, 128, 128)
    torch.manual_seed(0)
    found = AugmentPatches(rotation_degrees=0, shift=0.1, scale=0.1, flip=0)(column)[0]
    width = (found[:, 0, -1] - found[:, 0, 0]) / 71
    middle = found.mean(dim=(1, 2)) - 63.5
    assert 0.9 <= width.min() < 0.91
    assert 1.09 < width.max() <= 1.1
    assert -7.2 <= middle.min() < -7
    assert 7 < middle.max() <= 7.2


def test_a_rotation_turns_by_every_angle_and_keeps_distances() -> None:
    row, column = torch.meshgrid(torch.arange(128.0), torch.arange(128.0), indexing="ij")
    torch.manual_seed(0)
    turned = AugmentPatches(rotation_degrees=180, shift=0, scale=0, flip=0)
    state = torch.get_rng_state()
    rows = turned(row.expand(1, 1000, 128, 128))[0]
    torch.set_rng_state(state)
    columns = turned(column.expand(1, 1000, 128, 128))[0]
    across = torch.stack([columns[:, 0, -1] - columns[:, 0, 0], rows[:, 0, -1] - rows[:, 0, 0]]) / 71
    torch.testing.assert_close(across.norm(dim=0), torch.ones(1000), rtol=0, atol=1e-4)
    angles = torch.atan2(across[1], across[0])
    assert torch.histc(angles, bins=8, min=-torch.pi, max=torch.pi).min() > 80  # 125 expected, SD 10


def test_each_lesion_gets_another_draw() -> None:
    patches = AugmentPatches()(torch.rand(1, 1, 128, 128).expand(1, 5, 128, 128))[0]
    assert all(not torch.equal(patches[0], other) for other in patches[1:])


def test_the_seed_decides() -> None:
    image = torch.rand(2, 3, 128, 128)
    torch.manual_seed(3)
    first = AugmentPatches()(image)
    torch.manual_seed(3)
    assert torch.equal(AugmentPatches()(image), first)


def test_padding_stays_zero_and_changes_no_other_lesion() -> None:
    image, volume = torch.rand(2, 3, 128, 128), torch.tensor([[5.0, 0.0, 0.0], [3.0, 2.0, 0.0]])
    torch.manual_seed(3)
    every = AugmentPatches()(image)
    torch.manual_seed(3)
    real = AugmentPatches()(image, volume)
    assert not real[volume == 0].any()
    assert torch.equal(real[volume > 0], every[volume > 0])


def test_a_batch_of_padding_alone_is_zero() -> None:
    assert not AugmentPatches()(torch.rand(2, 1, 128, 128), torch.zeros(2, 1)).any()


@pytest.mark.parametrize("ranges", [{"shift": 0.2}, {"scale": 0.4}], ids=str)
def test_ranges_beyond_the_stored_patch_are_refused(ranges: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="pixels from the middle"):
        AugmentPatches(**ranges)(torch.zeros(1, 1, 128, 128))


@pytest.mark.parametrize("ranges", [{"shift": -0.1}, {"scale": 1.0}, {"rotation_degrees": 270}, {"flip": 2}], ids=str)
def test_impossible_ranges_are_refused(ranges: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="impossible range"):
        AugmentPatches(**ranges)
