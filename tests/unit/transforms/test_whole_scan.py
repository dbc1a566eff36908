"""A whole scan is resampled around its middle and augmented in space."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from prognos.transforms import AugmentScans, ImageError, ResampleScand, ScaleScans
from scans import SHAPE, SPACING, make_image, write_volume

WINDOW = (-1000.0, 400.0)


def in_levels(hu: np.ndarray) -> np.ndarray:
    return np.rint((hu.clip(*WINDOW) + 1000.0) / 1400.0 * 255)


@pytest.mark.parametrize("axes", ["LPS", "RAS", "SAR"])
def test_its_own_grid_leaves_a_scan_as_it_is_however_it_is_stored(tmp_path: Path, axes: str) -> None:
    path = write_volume(tmp_path / "ct.nii.gz", make_image(), axes=axes)
    found = ResampleScand(SPACING, SHAPE)({"image": path})
    assert found.dtype == torch.uint8
    assert found.shape == (1, *SHAPE)
    np.testing.assert_array_equal(found[0], in_levels(make_image()))


def test_a_crop_is_taken_from_the_middle_and_what_is_missing_is_air(tmp_path: Path) -> None:
    path = write_volume(tmp_path / "ct.nii.gz", make_image())
    found = ResampleScand(SPACING, (20, 34, 10))({"image": path})[0]
    np.testing.assert_array_equal(found[:, 5:29], in_levels(make_image())[5:25])
    assert not found[:, :5].any()
    assert not found[:, 29:].any()


def test_twice_the_spacing_keeps_a_ramp_and_averages_noise(tmp_path: Path) -> None:
    size = tuple(count // 2 for count in SHAPE)
    spacing = tuple(2 * side for side in SPACING)
    ramp = ResampleScand(spacing, size)({"image": write_volume(tmp_path / "ramp.nii.gz", make_image())})[0]
    expected = make_image().astype(float).reshape(15, 2, 12, 2, 5, 2).mean(axis=(1, 3, 5))
    inside = (slice(1, -1),) * 3  # the outer voxels also average the air around
    np.testing.assert_allclose(ramp[inside], in_levels(expected)[inside], atol=1)
    noise = np.random.default_rng(0).integers(-900, 300, SHAPE).astype(np.int16)
    found = ResampleScand(spacing, size)({"image": write_volume(tmp_path / "noise.nii.gz", noise)})[0]
    # A triangle two new voxels wide weighs four old ones 1, 3, 3, 1 (eighths): the variance falls to 20/64 an axis.
    ratio = found[inside].double().var() / in_levels(noise).var()
    assert ratio == pytest.approx((20 / 64) ** 3, rel=0.35)


def test_metal_and_the_filling_outside_the_field_of_view_are_clipped_before_they_are_mixed(tmp_path: Path) -> None:
    image = np.full(SHAPE, -3024, dtype=np.int16)
    image[::2] = 3000
    path = write_volume(tmp_path / "ct.nii.gz", image)
    found = ResampleScand((4.0, 1.0, 5.0), (15, 24, 10))({"image": path})[0]
    assert found[1:-1].unique().tolist() == [128]


def test_a_scan_that_cannot_be_read_is_named_by_its_place_in_the_table(tmp_path: Path) -> None:
    (tmp_path / "bad.nii.gz").write_bytes(b"no image")
    with pytest.raises(ImageError, match=r"annotations.csv, line 2, column image: "):
        ResampleScand()({"image": str(tmp_path / "bad.nii.gz"), "where": "annotations.csv, line 2"})


def test_augmentation_of_no_range_is_the_scaling() -> None:
    scans = torch.randint(0, 256, (2, 1, 6, 6, 4), dtype=torch.uint8)
    still = AugmentScans(rotation_degrees=0, shift=0, scale=0, flip=0)
    torch.testing.assert_close(still(scans), ScaleScans()(scans))
    mirror = AugmentScans(rotation_degrees=0, shift=0, scale=0, flip=1)
    torch.testing.assert_close(mirror(scans), ScaleScans()(scans).flip(2))


def test_a_rotation_turns_around_the_long_axis(monkeypatch: pytest.MonkeyPatch) -> None:
    scans = torch.randint(0, 256, (1, 1, 6, 6, 4), dtype=torch.uint8)
    quarter = AugmentScans(rotation_degrees=90, shift=0, scale=0, flip=0)
    monkeypatch.setattr(torch, "rand", lambda *shape: torch.ones(*shape))
    torch.testing.assert_close(quarter(scans), torch.rot90(ScaleScans()(scans), -1, dims=(2, 3)), atol=1e-5, rtol=0)


def test_every_scan_moves_in_its_own_way_and_a_seed_repeats_it() -> None:
    scan = torch.randint(0, 256, (1, 1, 8, 8, 8), dtype=torch.uint8).expand(3, -1, -1, -1, -1)
    torch.manual_seed(1)
    first = AugmentScans()(scan)
    torch.manual_seed(1)
    assert torch.equal(AugmentScans()(scan), first)
    assert not torch.equal(first[0], first[1])
    assert 0 <= first.min() <= first.max() <= 1


@pytest.mark.parametrize("wrong", [{"spacing_mm": (1, 1)}, {"size": (0, 4, 4)}, {"window": (400, -1000)}])
def test_impossible_grids_are_refused(wrong: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="expected"):
        ResampleScand(**wrong)


def test_impossible_ranges_are_refused() -> None:
    with pytest.raises(ValueError, match="impossible range"):
        AugmentScans(scale=1.0)
