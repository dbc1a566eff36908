"""A stage is killed at any moment, called again, and ends with the same bytes as one that nobody disturbed."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from drawn_faces import drawn_photos, tiny_generator
from generators import train as train_generator
from generators import write_photos
from killing import KillingExtraction, draw_moments, hashes, kill_apart, run_apart, run_here
from prognos.__main__ import main, message_of
from prognos.apps.run import open_stage
from prognos.data import LesionDataset, join_annotations, read_annotations, read_cohort
from prognos.data.lesion_dataset import WorkerError
from prognos.networks import save_stylegan2, write_provenance
from prognos.transforms import ExtractLesionsd

Run = Callable[[Path], Any]

EVERY_MOMENT = 5
"""Moments of the slow test."""


class Stage(NamedTuple):
    """One of the long stages."""

    run: Run
    """Run it, tiny, into a folder."""

    products: tuple[str, ...]
    """Files that must not depend on interruptions, relative to the folder."""

    without: str = ""
    """Column of a table that holds how long something took."""


def call(bundle: str, stage: str, output: Path, **overrides: Any) -> None:
    """What ``prognos run`` and MONAI's own command do."""
    workflow = open_stage(bundle, stage, output_dir=str(output), **overrides)
    workflow.initialize()
    workflow.run()
    workflow.finalize()


def extract(cohort: Path, output: Path) -> None:
    """Extract a quarter of the cohort; the cache is the product."""
    samples = read_cohort(cohort / "cohort.csv", fold=0, subset="test")
    scans = join_annotations(samples, read_annotations(cohort / "annotations.csv"))
    LesionDataset(scans, ExtractLesionsd(), output).extract()


def import_dicom(scans: Path, output: Path) -> None:
    """Import two patients under pseudonyms."""
    from imported import run_import  # here: it needs the extra dicom

    run_import(scans, "dicom", output, clinical=str(scans / "clinical.csv"))


def experiment(settings: dict[str, str], output: Path) -> None:
    """Two folds of the proposed row."""
    options = settings | {"output_dir": output, "rows": "proposed", "folds": "0,1", "epochs": 2, "max_lesions": 2}
    words = [f"--{name}={value}" for name, value in options.items()]
    assert main(["experiment", "lesion_table", "--reduced", "--device=cpu", *words]) == 0


@pytest.fixture(scope="module")
def lesions(lesion_cohort: Path, lesion_cache: Path) -> dict[str, str]:
    """Overrides of the lesion bundle."""
    return {"dataset_dir": str(lesion_cohort), "cache_dir": str(lesion_cache)}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generator of 16 pixels, and a table of photos that it drew."""
    folder = tmp_path_factory.mktemp("drawn")
    generator = tiny_generator()
    save_stylegan2(folder / "generator.safetensors", G_ema=generator)
    write_provenance(folder / "generator.safetensors", "synthetic", "random weights")
    rows = ["patient_id,image,aligned"]
    for index, photo in enumerate(drawn_photos(generator, 6)[0]):
        pixels = ((photo.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(folder / f"{index}.png")
        rows.append(f"p{index},{index}.png,1")
    (folder / "photos.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two patients in DICOM, and their clinical table; empty without the extra dicom."""
    folder = tmp_path_factory.mktemp("scans")
    if find_spec("highdicom"):
        from dicoms import rectangle, write_rtstruct, write_series

        for name in ("anna", "bert"):
            series = write_series(folder / name, PatientID=name)
            write_rtstruct(folder / name / "rt.dcm", series, {1: [rectangle((10, 8), (13, 13), 5)]}, PatientID=name)
        (folder / "clinical.csv").write_text("patient_id,time,event\nanna,10,1\nbert,20,0\n")
    return folder


@pytest.fixture(scope="module")
def stages(
    lesion_cohort: Path,
    scans: Path,
    lesions: dict[str, str],
    portrait_models: Path,
    portrait_settings: dict[str, Any],
    drawn: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Stage]:
    """Every long stage."""
    photos = write_photos(tmp_path_factory.mktemp("photos")).parent
    face = partial(call, "face_prognosis")
    of_generator = {"generator_file": str(drawn / "generator.safetensors"), "device": "cpu", "dataset_dir": str(drawn)}
    small_encoder = drawn / "small_encoder.json"
    small_encoder.write_text(json.dumps({"network_def::channels": 4, "network_def::features": 8}))
    tiny = lesions | {"max_lesions": 2, "readers_per_epoch": 1, "epochs": 3, "device": "cpu"}
    weights = ("model.pt", "model.safetensors*", "baseline.safetensors")

    def train_face(output: Path, **more: Any) -> None:
        face("train", output, **(portrait_settings | more))

    def train_encoder(output: Path) -> None:
        loop = {"epochs": 4, "iterations": 3, "batch_size": 4, "validation_draws": 8}
        face("train_encoder", output, overlay=str(small_encoder), **of_generator, **loop)

    def embed(output: Path) -> None:
        search = {"encoder": "$None", "evaluations": 4, "batch_size": 1}
        face("embed", output, cache_dir=str(output / "cache"), **of_generator, **search)

    return {
        "import": Stage(partial(import_dicom, scans), ("*", "patients/**/*", ".import/*")),
        "extract": Stage(partial(extract, lesion_cohort), ("*.pt",)),
        "train_generator": Stage(lambda output: train_generator(photos, output, epochs=4), ("generator.safetensors*",)),
        "train_encoder": Stage(train_encoder, ("encoder.safetensors*",)),
        "embed": Stage(embed, ("latents.csv", "cache/*"), without="seconds"),
        "train_lesions": Stage(partial(call, "lesion_prioritization", "train", **tiny), weights),
        "train_face_head": Stage(
            partial(train_face, encoder_file=str(portrait_models / "encoder.safetensors"), epochs=4), weights
        ),
        "train_face_network": Stage(partial(train_face, overlay="face_resnet18", epochs=3, batch_size=12), weights),
        "evaluate": Stage(
            partial(call, "lesion_prioritization", "evaluate", **(lesions | {"max_lesions": 2, "device": "cpu"})),
            ("*.csv", "metrics_test.json", "report_test.html", "report_test_data/*"),
        ),
        "experiment": Stage(partial(experiment, lesions), ("*.csv", "*.md", "cells/**/model.pt", "cells/**/pred*.csv")),
    }


SLOW = {"experiment"}
"""Stages whose one kill takes longer than the suite may; tests/smoke/test_experiment.py kills that one once."""

CASES = [
    pytest.param(
        name,
        count,
        id=f"{name}-{count}",
        marks=[pytest.mark.slow] if count > 1 or name in SLOW else [],
    )
    for name in (
        *("import", "extract", "train_generator", "train_encoder", "embed", "train_lesions", "train_face_head"),
        *("train_face_network", "evaluate", "experiment"),
    )
    for count in (1, EVERY_MOMENT)
]


@pytest.mark.parametrize(("name", "count"), CASES)
def test_a_killed_stage_ends_with_the_bytes_of_an_undisturbed_one(
    name: str, count: int, stages: dict[str, Stage], tmp_path: Path
) -> None:
    if name == "import":
        pytest.importorskip("highdicom", reason="the extra dicom is not installed")
    stage = stages[name]
    whole = run_here(stage.run, tmp_path / "whole")
    expected = hashes(tmp_path / "whole", stage.products, without=stage.without)
    assert expected
    killed = 0
    for number, moment in enumerate(draw_moments(whole, count, f"{name} {count}")):
        output = tmp_path / f"killed_{number}"
        killed += kill_apart(stage.run, output, moment).status == -signal.SIGKILL
        again = run_apart(stage.run, output)
        assert again.status == 0, moment
        assert hashes(output, stage.products, without=stage.without) == expected, moment
    assert killed >= (count + 1) // 2, "the processes ended before they could be killed"


def test_a_killed_worker_of_the_extraction_is_one_error_and_the_next_run_finishes(
    lesion_cohort: Path, tmp_path: Path
) -> None:
    samples = read_cohort(lesion_cohort / "cohort.csv", fold=0, subset="test")[:2]
    scans = join_annotations(samples, read_annotations(lesion_cohort / "annotations.csv"))
    with pytest.raises(WorkerError, match=r"was killed, most likely for want of memory\. 0 of 2 scans"):
        LesionDataset(scans, KillingExtraction(), tmp_path).extract(processes=2)
    assert not list(tmp_path.iterdir())


def test_a_killed_worker_of_a_loader_is_said_in_words() -> None:
    loader = DataLoader(KillingExtraction(), batch_size=1, num_workers=1, sampler=[0])
    with pytest.raises(RuntimeError) as caught:
        list(loader)
    message = message_of(caught.value)
    assert message is not None
    assert message.startswith("a process that loads data was killed")


def interrupt(arguments: list[str], output: Path) -> tuple[int, float, str]:
    """Send Ctrl-C to a training after its first checkpoint; returns status, seconds to the end and what it printed."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    child = subprocess.Popen(
        [sys.executable, "-m", *arguments], env=environment, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 200
    while not list(output.glob("checkpoints/checkpoint_*.pt")) and time.monotonic() < deadline:
        assert child.poll() is None, "the training ended before it could be interrupted"
        time.sleep(0.01)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    used, start = processor_seconds(child.pid), time.monotonic()
    child.send_signal(signal.SIGINT)
    shown, _ = child.communicate(timeout=60)
    seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime - used
    return child.returncode, min(seconds, worked), shown


def processor_seconds(process: int) -> float:
    """What a process has worked so far; a busy machine lets it wait, which proves nothing."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("is_stock", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["prognos", "monai"])
def test_an_interrupted_training_ends_at_once_in_one_line_and_can_go_on(
    is_stock: bool, lesions: dict[str, str], tmp_path: Path
) -> None:
    options = lesions | {"max_lesions": "3", "epochs": "50", "output_dir": str(tmp_path), "device": "cpu"}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    if is_stock:
        bundle = Path(__file__).parents[2] / "bundles/lesion_prioritization"
        arguments = ["monai.bundle", "run", "--config_file", str(bundle / "configs/train.json")]
        arguments += ["--bundle_root", str(bundle)]
    else:
        arguments = ["prognos", "run", "lesion_prioritization", "train"]
    status, seconds, shown = interrupt([*arguments, *words], tmp_path)
    assert status == 130
    assert seconds < 5
    assert "Traceback" not in shown
    assert "is terminating" not in shown
    assert shown.count("interrupted. Every finished epoch and every file of a cache is kept") == 1
    newest = max((tmp_path / "checkpoints").glob("checkpoint_*.pt"))
    assert torch.load(newest, weights_only=True)["epoch"] >= 1
    assert not (tmp_path / ".lock").exists()
