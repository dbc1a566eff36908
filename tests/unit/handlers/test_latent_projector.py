"""The projector shows each photo with the out-of-fold risk of its patient, and portraits only when it is given them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import pandas as pd
import pytest
import torch
from monai.data import Dataset
from PIL import Image
from tensorboard import program
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from prognos.data import read_latents
from prognos.handlers import LatentProjectorWriter

COHORT: list[dict[str, Any]] = [
    {"patient_id": patient, "label": torch.tensor([100.0 * day, event]), "cancer_type": kind, "age": age}
    for patient, day, event, kind, age in (
        ("a", 1, 1.0, "lung", 50.0),
        ("b", 2, 0.0, "skin", 60.0),
        ("c", 3, 1.0, "NA", float("nan")),
        ("d", 4, 1.0, "lung", 70.0),
        ("e", 5, 1.0, "skin", 40.0),
    )
]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Latents of six photos, two of them of patient a, one of a stranger; predictions of two models and two seeds."""
    photos = zip("aabcdz", ["line 2", "line 3", "line 4", "line 5", "line 6", "line 7"], range(6), strict=True)
    rows = [f"{patient},{line},{number}.5,0" for patient, line, number in photos]
    (tmp_path / "latents.csv").write_text("\n".join(["patient_id,image,latent_0000,latent_0001", *rows]) + "\n")
    scores = {"a": (0.9, 0.5), "b": (0.1, 0.1), "c": (7.0, 8.0), "d": (5.0, 5.0), "e": (9.0, 9.0)}
    predictions = [
        {"patient_id": patient, "fold": int(patient in "cde"), "seed": seed, "model": model, "log_hazard": sign * score}
        for model, sign in (("coxph", 1.0), ("clinical", -1.0))
        for patient, both in scores.items()
        for seed, score in enumerate(both)
    ]
    pd.DataFrame(predictions).to_csv(tmp_path / "predictions.csv", index=False)
    models = {"coxph": {"c_index": {"value": 0.75}}, "clinical": {"c_index": {"value": None}}}
    (tmp_path / "summary.json").write_text(json.dumps({"models": models}))
    return tmp_path


def write(results: Path, **more: Any) -> pd.DataFrame:
    """Write with the settings of this test; returns the table of the points."""
    log_dir = results / "tensorboard"
    LatentProjectorWriter(
        log_dir, results / "latents.csv", COHORT, results, columns=["cancer_type", "age", "stage"], **more
    ).finish()
    return pd.read_csv(log_dir / "latents/known.tsv", sep="\t")


def test_a_point_is_a_photo_of_a_compared_patient(results: Path) -> None:
    known = write(results)
    assert known["patient_id"].tolist() == ["a", "a", "b", "c", "d"]
    points = np.loadtxt(results / "tensorboard/latents/points.tsv")
    assert points[:, 0].tolist() == [0.5, 1.5, 2.5, 3.5, 4.5]
    assert known["age"].tolist()[:3] == [50, 50, 60]
    assert known["cancer_type"].isna().tolist() == [False, False, False, True, False]
    assert known["outcome"].tolist()[1:3] == ["event", "censored"]
    assert "stage" not in known, "the cohort has none"


def test_a_risk_is_the_percentile_among_the_patients_of_the_fold(results: Path) -> None:
    known = write(results).drop_duplicates("patient_id").set_index("patient_id")
    assert known["risk_coxph_percentile"].to_dict() == pytest.approx({"a": 75, "b": 25, "c": 50, "d": 16.6667})
    assert known["risk_clinical_percentile"].to_dict() == pytest.approx({"a": 25, "b": 75, "c": 50, "d": 83.3333})


def test_the_index_of_each_model_is_a_scalar_of_the_run(results: Path) -> None:
    write(results)
    events = EventAccumulator(str(results / "tensorboard")).Reload()
    assert events.Tags()["scalars"] == ["c_index/coxph"], "an index that does not exist is left out"
    assert events.Scalars("c_index/coxph")[0].value == pytest.approx(0.75)


class Photos(Dataset):
    """Aligned faces whose grey is the number of the photo, in another order than the latents."""

    def __init__(self, patients: str) -> None:
        rows = [{"photo": f"line {line}", "patient_id": patient} for line, patient in enumerate(patients, start=2)]
        super().__init__(rows[::-1])

    def _transform(self, index: int) -> dict[str, Any]:
        line = int(self.data[index]["photo"].split()[1])
        return {"image": torch.full((3, 8, 8), line / 10 - 1.0)}


def test_portraits_stand_at_their_points_when_they_are_given(results: Path) -> None:
    write(results)
    assert not list(results.rglob("*.png")), "no portrait unless the config says so"
    write(results, portraits=Photos("aabcdz"), origin="synthetic")
    config = (results / "tensorboard/projector_config.pbtxt").read_text()
    assert "SYNTHETIC" in config
    sheet = np.asarray(Image.open(results / "tensorboard/latents/pictures.png"))
    greys = sheet[4::8, 4::8, 0].ravel()[:5]
    np.testing.assert_allclose(greys, [line / 10 * 127.5 for line in (2, 3, 4, 5, 6)], atol=0.51)


def test_a_real_server_serves_points_table_and_pictures(results: Path) -> None:
    write(results, portraits=Photos("aabcdz"), origin="synthetic")
    server = program.TensorBoard()
    server.configure(argv=["", "--logdir", str(results), "--port", "0", "--load_fast", "false"])
    address = f"{server.launch()}data/plugin/projector/"
    deadline = time.monotonic() + 60
    while (runs := json.loads(urlopen(f"{address}runs").read())) != ["tensorboard"]:
        assert time.monotonic() < deadline, runs
        time.sleep(0.2)
    (points,) = json.loads(urlopen(f"{address}info?run=tensorboard").read())["embeddings"]
    asked = urlencode({"run": "tensorboard", "name": points["tensorName"]})
    values = np.frombuffer(urlopen(f"{address}tensor?{asked}").read(), np.float32).reshape(5, 2)
    assert values[:, 0].tolist() == [0.5, 1.5, 2.5, 3.5, 4.5]
    table = urlopen(f"{address}metadata?{asked}").read().decode().splitlines()
    assert (table[0].split("\t")[:2], len(table)) == (["patient_id", "risk_coxph_percentile"], 6)
    assert urlopen(f"{address}sprite_image?{asked}").read().startswith(b"\x89PNG")


def test_photos_of_another_table_are_refused(results: Path) -> None:
    with pytest.raises(ValueError, match="not those of the photo table"):
        write(results, portraits=Photos("abacdz"))


def test_latents_that_were_read_already_are_taken(results: Path) -> None:
    writer = LatentProjectorWriter(results / "tensorboard", read_latents(results / "latents.csv"), COHORT, results)
    writer.finish()
    assert "BIOMETRIC" in (results / "tensorboard/projector_config.pbtxt").read_text()
