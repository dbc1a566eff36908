"""Edited portraits measured and written, with a linear drawing machine whose answers are known."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from ignite.engine import Engine
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedEvaluator
from PIL import Image
from torch import nn

from prognos.config import keys
from prognos.data import latent_samples
from prognos.data.latents import Latents
from prognos.estimators import (
    CoxPH,
    PhotoMeasure,
    PhotoReader,
    fit_attributes,
    hold_regions,
    load_directions,
    plan_sweeps,
)
from prognos.handlers import EditChecksWriter, EditGridWriter, EditMeasurements
from prognos.handlers.samples import PREDICTION
from prognos.inferers import GradientSaliencyInferer, LatentEditInferer
from prognos.metrics import change_ratio
from prognos.networks import Provenance
from prognos.transforms import face_region_template

SIZE, WIDTH, SIDE = 120, 8, 12

ALL_SWEEPS = (
    *("health", "age", "health_others_kept", "age_others_kept"),
    *("health_surroundings_held", "age_surroundings_held"),
)


KINDS = ("checks", "side_effects", "region_change")
"""Tables of the report that each attribute has."""


class LinearPainter(nn.Module):
    """Stands for a generator: each coordinate of w paints its own pattern, so that photos can be embedded exactly."""

    num_ws = 2

    def __init__(self) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(0)
        self.patterns = nn.Parameter(torch.randn(WIDTH, 3 * SIDE * SIDE, generator=random) * 0.1)
        inside = torch.from_numpy(face_region_template(SIDE)["face"]).float().expand(3, SIDE, SIDE).reshape(-1)
        self.face = nn.Parameter(torch.randn(WIDTH, 3 * SIDE * SIDE, generator=random) * 0.1 * inside)

    def synthesis(self, ws: torch.Tensor, noise_mode: str = "const") -> torch.Tensor:
        """The two layers paint the same when they take the same w; their difference paints the face alone."""
        mean, difference = ws.mean(dim=1), ws[:, 0] - ws[:, 1]
        return (mean @ self.patterns + difference @ self.face).view(-1, 3, SIDE, SIDE)

    def embed(self, photos: torch.Tensor) -> torch.Tensor:
        return photos.flatten(1) @ torch.linalg.pinv(self.patterns)


class Reader(nn.Module):
    """Photo -> attribute, by the exact embedding."""

    def __init__(self, painter: LinearPainter, layer: nn.Module) -> None:
        super().__init__()
        self.painter, self.layer = painter, layer

    def forward(self, photos: torch.Tensor) -> torch.Tensor:
        values: torch.Tensor = self.layer(self.painter.embed(photos))
        return values


@pytest.fixture(scope="module")
def cohort() -> tuple[Latents, list[dict[str, object]]]:
    random = np.random.default_rng(1)
    values = random.standard_normal((SIZE, WIDTH))
    death = random.exponential(np.exp(-1.5 * values[:, 0])) * 1000 + 1
    names = tuple(f"name of patient {i}" for i in range(SIZE))
    samples = [
        {"patient_id": names[i], "label": torch.tensor([death[i], 1.0]), "age": 50 + 9 * (values[i, 0] + values[i, 1])}
        for i in range(SIZE)
    ]
    return Latents(Path("latents.csv"), names, names, values, (WIDTH,), "f" * 64, "w", "exact"), samples


def run(folder: Path, cohort, *, is_allowed: bool = True) -> EditChecksWriter:
    latents, samples = cohort
    painter = LinearPainter()
    fitted = fit_attributes(latents, samples, CoxPH(penalty=0.05), columns=["age"])
    readers = {
        name: PhotoReader(Reader(painter, direction.layer()), direction.change_per_beta)
        for name, direction in fitted.directions.items()
    }
    regions = face_region_template(SIDE)
    attributes = hold_regions(
        fitted, readers, latents=latents, samples=samples, generator=painter, regions=regions, ridge=1e-5
    )
    measurements = EditMeasurements(
        PhotoMeasure(painter.embed, attributes),
        (-2, -1, 0, 1, 2),
        portraits=3,
        saliency=GradientSaliencyInferer(noise=0.0),
        risk_network=readers["health"].network,
        regions=regions,
    )
    notice = Provenance("synthetic", "a test", "0" * 64)
    given = {"is_allowed": is_allowed, "provenance": notice}
    grid = EditGridWriter(folder, measurements, attributes, **given)
    checks = EditChecksWriter(folder, measurements, attributes, grids=grid, **given)
    SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=DataLoader(Dataset(latent_samples(latents, samples, limit=10)), batch_size=4),
        network=painter,
        inferer=LatentEditInferer(plan_sweeps(attributes, random_directions=19), space="w"),
        val_handlers=[measurements, grid, checks],
        decollate=False,
    ).run()
    return checks


@pytest.fixture(scope="module")
def finished(cohort, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, EditChecksWriter]:
    folder = tmp_path_factory.mktemp("edits")
    return folder, run(folder, cohort)


def test_the_risk_of_the_edited_photo_rises_for_every_patient_as_predicted(finished) -> None:
    checks = finished[1].checks["health"]
    assert checks.rising_share == 1.0
    assert checks.change_per_beta == pytest.approx(checks.predicted_change_per_beta, rel=1e-3)
    assert checks.patients == 10


def test_random_directions_of_equal_length_move_the_risk_less(finished) -> None:
    random = finished[1].checks["health"].random
    assert len(random.random_changes) == 19
    assert random.p_value == pytest.approx(0.05)
    assert random.ratio > 2


def test_age_moves_with_health_until_it_is_projected_out(finished) -> None:
    checks = finished[1].checks["health"]
    assert checks.effects["age"].sd_per_unit > 0.2
    assert abs(checks.cleaned_effects["age"].sd_per_unit) < 1e-4
    assert checks.verdicts["cleaning helps"]


def test_the_surroundings_move_until_they_are_held(finished) -> None:
    checks = finished[1].checks["health"]
    assert change_ratio(checks.region_change, "background") > 0.7
    assert checks.held.regions == ("background", "clothes")
    assert change_ratio(checks.held.region_change, "background") < 0.05
    assert change_ratio(checks.held.region_change, "clothes") < 0.05
    assert checks.held.rising_share == 1.0
    assert checks.held.change_per_beta == pytest.approx(checks.held.predicted_change_per_beta, rel=1e-3)
    assert checks.verdicts["surroundings stay"]
    assert checks.verdicts["rises, surroundings held"]


def test_everything_is_written_and_says_what_it_is_not(finished) -> None:
    folder = finished[0]
    content = json.loads((folder / "checks.json").read_text())
    assert content["attributes"]["health"]["verdicts"]["rises"] is True
    assert (content["patients"], content["patients_also_in_the_fit"]) == (10, 10)
    assert set(content["saliency"]) == {"face", "around", "clothes", "background"}
    assert sum(row["saliency"] for row in content["saliency"].values()) == pytest.approx(1)
    assert content["exchange"].keys() == content["saliency"].keys()
    assert all(0 < share < 2 for share in content["exchange"].values())
    page = (folder / "checks.md").read_text()
    for text in (page, content["warning"], (folder / "sweeps.csv").read_text()):
        assert "not causes" in text
    assert "SYNTHETIC WEIGHTS" in page
    assert "name of patient" not in page + json.dumps(content)
    assert load_directions(folder / "directions.safetensors", generator="f" * 64).keys() == {
        *("health", "age", "health, others kept", "age, others kept"),
        *("health, surroundings held", "age, surroundings held"),
    }
    assert "Holding background and clothes takes a step" in page
    assert content["attributes"]["health"]["held"]["region_change"]["face"][0] > 0
    assert (folder / "checks.png").stat().st_size > 20_000


def test_the_report_shows_grids_and_every_check_and_names_nobody(finished) -> None:
    folder, checks = finished
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count('src="data:image/') == 1 + len(ALL_SWEEPS)
    assert "must not be shown to patients" in page
    assert "SYNTHETIC WEIGHTS" in page
    assert "checks passed." in page
    assert "name of patient" not in page
    numbers = {path.stem for path in (folder / "report_data").iterdir()}
    assert numbers == {f"{kind}_{name}" for name in ("health", "age") for kind in KINDS} | {"risk_by_region"}
    titles = ["Edits along health", "Edits along age", "Where the risk comes from"]
    assert [section.title for section in checks.sections] == titles


def test_the_table_holds_every_patient_sweep_and_beta(finished) -> None:
    lines = (finished[0] / "sweeps.csv").read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert len(rows) == 10 * 6 * 5
    unedited = [float(row["identity_distance"]) for row in rows if row["beta"] == "0"]
    assert max(unedited) == pytest.approx(0, abs=1e-6)


def test_a_grid_of_each_sweep_is_drawn_with_the_warning_inside(finished) -> None:
    names = {path.name for path in finished[0].glob("grid_*.png")}
    assert names == {f"grid_{name}.png" for name in ALL_SWEEPS}
    assert "future face" in Image.open(finished[0] / "grid_health.png").text["Description"]


def test_portraits_of_a_real_cohort_stay_undrawn_but_checked(cohort, tmp_path: Path) -> None:
    run(tmp_path, cohort, is_allowed=False)
    assert not list(tmp_path.glob("grid_*"))
    assert "Portraits were not drawn" in (tmp_path / "checks.md").read_text()
    assert json.loads((tmp_path / "checks.json").read_text())["portraits_drawn"] is False
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count('src="data:image/') == 1, "the checks alone"
    assert "Portraits are not drawn" in page


def test_latents_of_another_size_are_refused(cohort) -> None:
    latents, samples = cohort
    attributes = fit_attributes(latents, samples, CoxPH(penalty=0.05), columns=[])
    with pytest.raises(ValueError, match="gives latents of 3 coordinates, the attributes were fitted on 8"):
        PhotoMeasure(lambda photos: photos[:, :, 0, 0], attributes)(torch.zeros(2, 3, 4, 4))


def test_each_portrait_gets_the_region_of_the_patient_before() -> None:
    photos = torch.arange(5.0).reshape(5, 1, 1, 1).expand(5, 3, 2, 2)
    measurements = EditMeasurements(
        lambda images: SimpleNamespace(attributes={}, identity=np.zeros((len(images), 1))),
        [0.0],
        saliency=lambda images, network: images[:, 0],
        risk_network=lambda images: images.mean(dim=(1, 2, 3))[:, None],
        regions={"all": np.ones((2, 2), bool), "none": np.zeros((2, 2), bool)},
    )
    engine = Engine(lambda engine, batch: {PREDICTION: {"health": photos[batch[keys.PATIENT]][:, None]}})
    measurements.attach(engine)
    engine.run([{keys.PATIENT: [0, 1, 2]}, {keys.PATIENT: [3, 4]}])
    assert measurements.exchanged["all"].tolist() == [[0, 2], [1, 0], [2, 1], [3, 2], [4, 3]]
    assert measurements.exchanged["none"].tolist() == [[value, value] for value in range(5)]
