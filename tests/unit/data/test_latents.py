"""The table of latents: what it says of itself, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from prognos.data import LatentTableError, read_latents

HEADER = {"generator": "a" * 64, "space": "w", "method": "quasi-newton", "shape": [2]}
COLUMNS = "patient_id,image,latent_0000,latent_0001,rmse,steps,seconds\n"
ROWS = "7,a.png,1.5,2,0.1,30,0.5\n8,b.png,-1,0,0.2,30,0.5\n7,c.png,0.5,4,0.3,30,0.5\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "latents.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_of_the_embedding_is_read_with_its_origin(tmp_path: Path) -> None:
    found = read_latents(written(tmp_path, f"# {json.dumps(HEADER)}\n{COLUMNS}{ROWS}"))
    assert found.values.tolist() == [[1.5, 2.0], [-1.0, 0.0], [0.5, 4.0]]
    assert found.patient_ids == ("7", "8", "7")
    assert found.images == ("a.png", "b.png", "c.png")
    assert (found.generator, found.space, found.method, found.shape) == ("a" * 64, "w", "quasi-newton", (2,))
    assert found.record["rmse"].tolist() == [0.1, 0.2, 0.3]


def test_embeddings_of_the_users_own_need_neither_first_line_nor_photo(tmp_path: Path) -> None:
    found = read_latents(written(tmp_path, "latent_0001,patient_id,site,latent_0000\n2,7,x,1\n4,7,y,3\n"))
    assert found.values.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert found.generator is found.space is found.method is None
    assert found.shape == (2,)


def test_photos_of_a_patient_are_averaged(tmp_path: Path) -> None:
    found = read_latents(written(tmp_path, f"# {json.dumps(HEADER)}\n{COLUMNS}{ROWS}"))
    patients, means = found.by_patient()
    assert patients == ["7", "8"]
    assert means.tolist() == [[1.0, 3.0], [-1.0, 0.0]]


def test_a_mean_of_z_is_back_on_its_sphere(tmp_path: Path) -> None:
    found = read_latents(written(tmp_path, f"# {json.dumps(HEADER | {'space': 'z'})}\n{COLUMNS}{ROWS}"))
    np.testing.assert_allclose(np.square(found.by_patient()[1]).mean(axis=1), 1.0)


def test_latents_of_another_generator_are_refused(tmp_path: Path) -> None:
    found = read_latents(written(tmp_path, f"# {json.dumps(HEADER)}\n{COLUMNS}{ROWS}"))
    assert found.require_generator("a" * 64) is found
    with pytest.raises(
        LatentTableError, match=r"made with the generator aaaaaaaaaaaa\.\.\., the one given is bbbbbbbbbbbb"
    ):
        found.require_generator("b" * 64)
    own = read_latents(written(tmp_path, "patient_id,latent_0000\n7,1\n"))
    with pytest.raises(LatentTableError, match="name no generator"):
        own.require_generator("a" * 64)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not latent_0000"),
        ("patient_id,image\n7,a.png\n", "the 0 columns latent_"),
        ("patient_id,latent_0000,latent_0002\n7,1,2\n", "without a gap"),
        ("image,latent_0000\na.png,1\n", "column patient_id: is missing"),
        ("patient_id,latent_0000\n", "there is no row"),
        ("patient_id,latent_0000\n7,x\n8,nan\n9,\n", "lines 2, 3, 4: a coordinate is not a finite number"),
        ("patient_id,image,latent_0000\n7,a,1\n7,a,2\n", "line 3: the photo is there before"),
        (
            "patient_id,latent_0000,latent_0001\n7,1,2\n8,1\n",
            "line 3: has 2 cells, expected 3; the file may be cut off",
        ),
        ("patient_id,latent_0000\n,1\n", "line 2, column patient_id: is empty"),
        (f"# {json.dumps(HEADER)}\npatient_id,latent_0000\n7,1\n", r"says shape \[2\], the table has 1"),
        ("# {broken\npatient_id,latent_0000\n7,1\n", "not a table of latents"),
    ],
)
def test_a_broken_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LatentTableError, match=message):
        read_latents(written(tmp_path, text))
