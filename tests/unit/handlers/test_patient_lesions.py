"""Every patient's lesions are kept, small, and never twice."""

from __future__ import annotations

import io

import numpy as np
import torch
from ignite.engine import Engine
from PIL import Image

from prognos.handlers import PatientLesions


def evaluate(*batches: dict[str, object]) -> PatientLesions:
    kept = PatientLesions()
    engine = Engine(lambda _, batch: batch["output"])
    kept.attach(engine)
    engine.run(list(batches))
    return kept


def batch(patient: str = "a", reader: str = "r", volume: tuple[float, ...] = (27.0, 8.0, 0.0)) -> dict[str, object]:
    lesions = len(volume)
    image = torch.linspace(0, 1, lesions)[None, :, None, None].expand(1, lesions, 72, 72)
    risk = torch.arange(lesions).float()[None]
    return {
        "patient_id": [patient],
        "reader": [reader],
        "volume": torch.tensor([volume]),
        "diameter": torch.full((1, lesions), 5.0),
        "organ": torch.full((1, lesions), 3),
        "instance": torch.arange(1, lesions + 1)[None],
        "output": {
            "image": image,
            "label": None,
            "pred": {"log_hazard": risk.sum(1, True), "risk": risk, "scaled_risk": risk},
        },
    }


def test_lesions_keep_their_numbers_and_padding_is_left_out() -> None:
    [annotation] = evaluate(batch()).annotations["a"]
    assert [(each.lesion_id, each.organ, each.volume_mm3, each.risk) for each in annotation.lesions] == [
        (1, "liver", 27.0, 0.0),
        (2, "liver", 8.0, 1.0),
    ]


def test_thumbnails_stand_side_by_side_in_the_order_of_the_lesions() -> None:
    [annotation] = evaluate(batch()).annotations["a"]
    assert annotation.thumbnails is not None
    strip = np.asarray(Image.open(io.BytesIO(annotation.thumbnails)))
    assert strip.shape == (48, 96)
    np.testing.assert_allclose(strip[:, :48], 0, atol=3)
    np.testing.assert_allclose(strip[:, 48:], 127, atol=3)


def test_an_annotation_served_twice_counts_once_and_another_reader_counts() -> None:
    kept = evaluate(batch(), batch(), batch(reader="s"), batch(patient="b"))
    assert {name: [part.reader for part in parts] for name, parts in kept.annotations.items()} == {
        "a": ["r", "s"],
        "b": ["r"],
    }


def test_a_patient_without_lesions_has_an_empty_annotation() -> None:
    [annotation] = evaluate(batch(volume=(0.0, 0.0))).annotations["a"]
    assert annotation.lesions == []
    assert annotation.thumbnails is None
