"""TensorBoard's embedding projector is given what it reads, and each point its own row and picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from prognos.visualize import write_projector

POINTS = np.arange(15, dtype=np.float64).reshape(5, 3) / 7
KNOWN = pd.DataFrame({"kind": ["a\tb", "c", None, "d", "e"], "risk": [1.0, 2.5, np.nan, 4.0, 5.0]})


def read(folder: Path) -> tuple[ProjectorConfig.embeddings, list[list[str]]]:
    """The one group of points as TensorBoard understands it, and its table."""
    config = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (points,) = config.embeddings
    return points, [line.split("\t") for line in (folder / points.metadata_path).read_text().splitlines()]


def test_points_and_what_is_known_of_them_are_rows_of_tables(tmp_path: Path) -> None:
    write_projector(tmp_path, POINTS, KNOWN, title='latents of "patients"')
    points, table = read(tmp_path)
    assert points.tensor_name == 'latents of "patients"'
    np.testing.assert_allclose(np.loadtxt(tmp_path / points.tensor_path), POINTS, rtol=1e-6)
    assert table[:4] == [["kind", "risk"], ["a b", "1"], ["c", "2.5"], ["", ""]]
    assert not points.sprite.image_path


def test_each_point_has_its_own_picture(tmp_path: Path) -> None:
    colours = np.array([[250, 0, 0], [0, 250, 0], [0, 0, 250], [120, 120, 0], [0, 120, 120]], np.uint8)
    pictures = np.broadcast_to(colours[:, None, None], (5, 100, 100, 3))
    write_projector(tmp_path, POINTS, KNOWN, title="latents", pictures=pictures)
    sprite = read(tmp_path)[0].sprite
    assert list(sprite.single_image_dim) == [64, 64]
    sheet = np.asarray(Image.open(tmp_path / sprite.image_path))
    assert sheet.shape == (192, 192, 3)
    centres = sheet[32::64, 32::64].reshape(9, 3)
    assert centres[:5].tolist() == colours.tolist()
    assert (centres[5:] == 255).all()


def test_pictures_shrink_until_their_sheet_is_one_that_tensorboard_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prognos.visualize.projector.SHEET", 128)
    write_projector(tmp_path, POINTS, KNOWN, title="latents", pictures=np.zeros((5, 64, 64, 3), np.uint8))
    assert list(read(tmp_path)[0].sprite.single_image_dim) == [42, 42]
    assert max(Image.open(tmp_path / "latents/pictures.png").size) <= 128


def test_writing_again_replaces_what_was_there(tmp_path: Path) -> None:
    write_projector(tmp_path, POINTS, KNOWN, title="first", pictures=np.zeros((5, 8, 8, 3), np.uint8))
    write_projector(tmp_path, POINTS[:2], KNOWN[:2], title="second")
    points, table = read(tmp_path)
    assert (points.tensor_name, len(table)) == ("second", 3)
    assert not (tmp_path / "latents/pictures.png").exists(), "portraits that were taken back are gone"


@pytest.mark.parametrize(
    ("points", "known", "pictures"),
    [
        (POINTS[:0], KNOWN[:0], None),
        (POINTS, KNOWN[:4], None),
        (POINTS, KNOWN[["kind"]], None),
        (POINTS, KNOWN, np.zeros((4, 8, 8, 3), np.uint8)),
    ],
)
def test_rows_that_do_not_belong_together_are_refused(
    points: np.ndarray, known: pd.DataFrame, pictures: np.ndarray | None, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="expected at least one point, as many rows"):
        write_projector(tmp_path, points, known, title="latents", pictures=pictures)
    assert not list(tmp_path.iterdir())
