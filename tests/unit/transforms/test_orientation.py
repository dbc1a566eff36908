"""Left and right: whatever is exchanged in a header is refused or told, and a header that does not say is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

from prognos.transforms import GeometryError, ImageError, read_masks, read_volume
from prognos.transforms.geometry import FLIP_XY
from scans import AFFINE, SHAPE, make_image, make_labels, write_volume

ABOUT_THE_MIDDLE = np.diag([-1.0, 1.0, 1.0, 1.0])
ABOUT_THE_MIDDLE[0, 3] = SHAPE[0] - 1
CENTRED = AFFINE.copy()
CENTRED[:2, 3] = -29.0, -11.5  # its middle is at x = y = 0, so RAS and LPS cover the same place


def read(path: str | Path, image: str | Path) -> NDArray[np.bool_]:
    """What the mask marks on the image."""
    (mask,) = read_masks(path, read_volume(image), name="the mask")
    return mask.array > 0


@pytest.mark.parametrize("suffix", ["nii.gz", "nrrd", "mha"])
def test_a_mask_whose_header_alone_was_flipped_is_told(suffix: str, tmp_path: Path) -> None:
    image = write_volume(tmp_path / f"ct.{suffix}", make_image())
    mask = write_volume(tmp_path / f"mask.{suffix}", make_labels(), affine=AFFINE @ ABOUT_THE_MIDDLE)
    with pytest.warns(UserWarning, match=r"the mask: left and right are stored in the opposite sense of the image"):
        marked = read(mask, image)
    np.testing.assert_array_equal(marked, make_labels()[::-1] > 0)  # what the header says; nobody else knows better


def test_a_header_flipped_about_the_first_voxel_is_refused(tmp_path: Path) -> None:
    image = write_volume(tmp_path / "ct.nii.gz", make_image())
    mask = write_volume(tmp_path / "mask.nii.gz", make_labels(), affine=AFFINE @ np.diag([-1.0, 1, 1, 1]))
    with pytest.raises(GeometryError, match=r"58\.00 mm away"):
        read(mask, image)


@pytest.mark.parametrize("flipped", ["sform", "qform"])
@pytest.mark.parametrize("role", ["image", "mask"])
def test_a_nifti_of_two_places_is_refused(flipped: str, role: str, tmp_path: Path) -> None:
    files = {"image": make_image(), "mask": make_labels()}
    for name, array in files.items():
        volume = nibabel.Nifti1Image(array, FLIP_XY @ AFFINE)
        volume.set_sform(FLIP_XY @ AFFINE, 1)
        volume.set_qform(FLIP_XY @ AFFINE, 1)
        if name == role:
            getattr(volume, f"set_{flipped}")(FLIP_XY @ AFFINE @ ABOUT_THE_MIDDLE, 2)
        nibabel.save(volume, tmp_path / f"{name}.nii.gz")
    with pytest.raises(ImageError, match=r"gives two places \(sform and qform\) that lie up to 60 mm apart"):
        read(tmp_path / "mask.nii.gz", tmp_path / "image.nii.gz")


def rename(path: Path, space: bytes) -> None:
    """Give an NRRD another name of its space, or none."""
    path.write_bytes(path.read_bytes().replace(b"space: left-posterior-superior", space))


def test_positions_of_lps_that_are_called_ras_are_refused_or_told(tmp_path: Path) -> None:
    for name, affine in (("off", AFFINE), ("centred", CENTRED)):
        image = write_volume(tmp_path / f"{name}_ct.nrrd", make_image(), affine=affine)
        mask = write_volume(tmp_path / f"{name}_mask.nrrd", make_labels(), affine=affine)
        read(mask, image)
        rename(Path(mask), b"space: right-anterior-superior")
        if name == "off":
            with pytest.raises(GeometryError, match="mm away"):
                read(mask, image)
        else:
            with pytest.warns(UserWarning, match="stored in the opposite sense"):
                read(mask, image)


def without(pattern: bytes) -> Callable[[bytes], bytes]:
    return lambda content: re.sub(pattern, b"", content, flags=re.MULTILINE)


UNSAID = {
    "space": ("nrrd", without(rb"^space: .*\n"), "does not name its space"),
    "dimension": ("nrrd", lambda c: c.replace(b"space: left-posterior-superior", b"space dimension: 3"), "its space"),
    "scanner": ("nrrd", lambda c: c.replace(b"left-posterior-superior", b"scanner-xyz"), "does not name its space"),
    "directions": ("nrrd", without(rb"^space directions: .*\n"), "has no space directions"),
    "matrix": ("mha", without(rb"^TransformMatrix = .*\n"), "has no TransformMatrix"),
}


@pytest.mark.parametrize("case", UNSAID)
def test_a_header_that_does_not_say_where_left_is_is_refused(case: str, tmp_path: Path) -> None:
    suffix, change, words = UNSAID[case]
    path = Path(write_volume(tmp_path / f"ct.{suffix}", make_image()))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ImageError, match=rf"the scan: .*{words}.*left and right are unknown"):
        read_volume(path, name="the scan")


def test_what_is_stored_alike_is_read_without_a_word(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    for axes in ("LPS", "RAS", "PIR"):
        image = write_volume(tmp_path / f"{axes}.nii.gz", make_image(), axes=axes)
        mask = write_volume(tmp_path / f"{axes}_mask.nii.gz", make_labels(), axes=axes)
        np.testing.assert_array_equal(read(mask, image), make_labels() > 0)
    assert [str(warning.message) for warning in recwarn if warning.category is UserWarning] == []
