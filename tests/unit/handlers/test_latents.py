"""Writers of latents and of encoders, without a bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from monai.data import DataLoader
from monai.engines import SupervisedEvaluator

from drawn_faces import drawn_photos, tiny_generator
from prognos.data import LatentStore, UnfinishedPhotos, read_latents
from prognos.handlers import LatentsWriter
from prognos.inferers import QuasiNewtonSearch, RecordedInversionInferer


def cohort() -> list[dict[str, Any]]:
    photos, _ = drawn_photos(tiny_generator(), 3)
    return [{"image": photo, "patient_id": f"p{row}", "photo": f"{row}.png"} for row, photo in enumerate(photos)]


def embed(folder: Path, space: str = "w", **settings: Any) -> LatentsWriter:
    """Search the latents of a cohort; the table is not written yet."""
    generator, photos = tiny_generator(), cohort()
    inferer = RecordedInversionInferer(QuasiNewtonSearch(3), space=space)
    header = inferer.describe(generator)
    store = LatentStore(folder / "photos", header)
    writer = LatentsWriter(folder / "latents.csv", store, photos, header=header, generator=generator, **settings)
    SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=DataLoader(UnfinishedPhotos(photos, store), batch_size=2),
        network=generator,
        inferer=inferer,
        val_handlers=[writer],
        decollate=False,
    ).run()
    return writer


@pytest.mark.parametrize("space", ["w", "w+"])
def test_the_table_says_whose_latents_it_holds(tmp_path: Path, space: str) -> None:
    writer = embed(tmp_path, space)
    assert writer.finish()
    latents = read_latents(tmp_path / "latents.csv")
    assert latents.patient_ids == ("p0", "p1", "p2")
    assert latents.shape == ((8,) if space == "w" else (6, 8))
    assert latents.header == {**writer.header, "shape": list(latents.shape)}


def test_nothing_is_written_while_a_photo_is_missing(tmp_path: Path) -> None:
    writer = embed(tmp_path)
    next((tmp_path / "photos").iterdir()).unlink()
    assert not writer.finish()
    assert not (tmp_path / "latents.csv").exists()


def test_drawn_portraits_are_shown_and_those_of_patients_only_on_request(tmp_path: Path) -> None:
    for origin, show, expected in (("synthetic", False, True), ("patients", False, False), ("patients", True, True)):
        folder = tmp_path / f"{origin}{show}"
        writer = embed(folder, origin=origin, show_portraits=show)
        writer.finish()
        assert (folder / "reconstructions.png").is_file() is expected
        assert origin == "synthetic" or "IDENTIFYING" in writer.notice


def test_no_message_names_a_patient(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="prognos")
    writer = embed(tmp_path)
    writer.finish()
    assert caplog.text
    assert "p0" not in caplog.text
    assert json.loads((tmp_path / "latents.csv").read_text().splitlines()[0][2:])["method"] == "quasi-newton"
