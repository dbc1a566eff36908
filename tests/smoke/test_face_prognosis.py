"""The stages train, evaluate and inference of the portrait bundle, from drawn photos to tables, reports and exports."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from monai.bundle import ConfigWorkflow
from monai.networks.nets import resnet18

from prognos.__main__ import main
from prognos.apps.run import open_stage
from prognos.data import read_cohort, read_photos
from prognos.estimators import stored_generator
from prognos.networks import fingerprint, load_latent_encoder, load_stylegan2, save_stylegan2
from prognos.networks.nets import StyleGAN2Generator

REPOSITORY = Path(__file__).parents[2]
BUNDLE = REPOSITORY / "bundles/face_prognosis"
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
CNNS = ("face_resnet18", "face_densenet121")
RESULTS = ("model.pt", "model.safetensors", "baseline.safetensors")

Settings = dict[str, object]


@pytest.fixture(scope="module")
def settings(portrait_settings: Settings, portrait_models: Path) -> Settings:
    return portrait_settings | {"encoder_file": str(portrait_models / "encoder.safetensors"), "epochs": 4}


@pytest.fixture(scope="module")
def trained(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished training."""
    folder = tmp_path_factory.mktemp("trained")
    run("train", output_dir=str(folder), **settings)
    return folder


def run(stage: str, **overrides: Any) -> ConfigWorkflow:
    """Run a stage to its end."""
    workflow = open_stage("face_prognosis", stage, **overrides)
    workflow.initialize()
    workflow.run()
    workflow.finalize()
    return workflow


def case(trained: Path, models: Path, **more: object) -> Settings:
    """Overrides of an inference with the trained weights."""
    files = {"weights": trained / "model.pt", "baseline_file": trained / "baseline.safetensors"}
    files["generator_file"] = models / "generator.safetensors"
    return {"device": "cpu", "latent_shape": [8], **{name: str(path) for name, path in files.items()}, **more}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_training_leaves_a_head_on_the_encoder_it_was_given(trained: Path, settings: Settings) -> None:
    weights = torch.load(trained / "model.pt", weights_only=True)
    encoder = load_latent_encoder(str(settings["encoder_file"]))
    assert all(torch.equal(weights[f"encoder.{name}"], tensor) for name, tensor in encoder.state_dict().items())
    assert weights["head.head.weight"].shape == (1, 8)
    assert not torch.equal(weights["head.scale"], torch.ones(8)), "the head standardises its input"
    provenance = json.loads((trained / "model.pt.provenance.json").read_text())
    assert provenance["trained_on"] == "synthetic"
    described = "synthetic cohort, 12 patients, 24 photos, cohort seed 7; encoder: random weights"
    assert provenance["description"] == described
    assert len(list((trained / "checkpoints").glob("checkpoint_*.pt"))) == 2
    assert list((trained / "tensorboard").glob("events.*"))
    assert not list(trained.rglob("*.png")), "no portrait unless the config says so"


def test_evaluation_writes_one_row_a_patient_metrics_and_a_report(
    trained: Path, settings: Settings, tmp_path: Path
) -> None:
    run("evaluate", output_dir=str(tmp_path), weights=str(trained / "model.pt"), **settings)
    table = pd.read_csv(tmp_path / "predictions_test.csv", comment="#", dtype={"patient_id": str})
    samples = read_cohort(Path(str(settings["dataset_dir"])) / "cohort.csv", fold=0, subset="test")
    assert list(table["patient_id"]) == [sample["patient_id"] for sample in samples]
    assert (table["readers"] == 2).all(), "two photos each"
    assert (table["model"] == "feed-forward").all()
    metrics = json.loads((tmp_path / "metrics_test.json").read_text())["metrics"]
    assert metrics["c_index_patients"] == len(samples) == 6
    for name in ("predictions_test.csv", "report_test.html"):
        assert "SYNTHETIC" in (tmp_path / name).read_text()
    assert "nor for showing patients a future face" in (tmp_path / "report_test.html").read_text()
    assert not list(tmp_path.rglob("*.png"))


def test_inference_agrees_with_the_evaluation_and_shows_portraits_only_on_request(
    trained: Path, portrait_models: Path, settings: Settings, tmp_path: Path
) -> None:
    cohort = Path(str(settings["dataset_dir"]))
    lines = (cohort / "photos.csv").read_text().splitlines()
    wanted = lines[:1] + [line for line in lines if line.split(",")[0] == lines[-1].split(",")[0]]
    few = cohort / "few.csv"
    few.write_text("\n".join(wanted) + "\n")
    shown = case(trained, portrait_models, dataset_dir=str(cohort), image=str(few), horizons=[100, 1e6])
    run("inference", output_dir=str(tmp_path / "quiet"), **shown)
    few.unlink()
    table = pd.read_csv(tmp_path / "quiet" / "portraits.csv", comment="#", dtype={"patient_id": str})
    assert len(table) == 2
    assert table["survival_100_days"].between(0, 1).all()
    assert table["survival_1e+06_days"].isna().all(), "beyond the follow-up nobody knows"
    assert table["reconstruction_error"].notna().all()
    assert not list((tmp_path / "quiet").glob("*.png"))
    scored = tmp_path / "scored"
    for subset in ("train", "validation", "test"):
        run("evaluate", output_dir=str(scored), weights=str(trained / "model.pt"), subset=subset, **settings)
    rows = pd.concat(pd.read_csv(path, comment="#") for path in scored.glob("predictions_*.csv"))
    expected = rows.set_index("patient_id").loc[table["patient_id"][0], "log_hazard"]
    assert np.mean(table["log_hazard"]) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_one_photo_with_points_becomes_a_card(
    trained: Path, portrait_models: Path, portrait_cohort: Path, tmp_path: Path
) -> None:
    row = read_photos(portrait_cohort / "photos.csv")[0]
    points = ",".join(str(number) for number in row["landmarks"].ravel())
    words = [
        f"--{name}={value}"
        for name, value in case(
            trained, portrait_models, image=row["image"], points=points, output_dir=str(tmp_path), show_portraits=True
        ).items()
    ]
    assert main(["run", "face_prognosis", "inference", *words]) == 0
    assert (tmp_path / "portrait_0000.png").stat().st_size > 5000
    assert len(pd.read_csv(tmp_path / "portraits.csv", comment="#")) == 1


@pytest.mark.parametrize("name", CNNS)
def test_a_network_from_photo_to_log_hazard_is_trained_and_scored_without_a_generator(
    name: str, portrait_settings: Settings, tmp_path: Path
) -> None:
    small = portrait_settings | {"overlay": name, "batch_size": 12, "output_dir": str(tmp_path)}
    run("train", epochs=1, encoder_file=str(tmp_path / "absent"), **small)
    run("evaluate", weights=str(tmp_path / "model.pt"), **small)
    table = pd.read_csv(tmp_path / "predictions_test.csv", comment="#")
    assert len(table) == 6
    assert set(table["model"]) == {name.removeprefix("face_")}
    assert table["log_hazard"].nunique() == 6
    provenance = json.loads((tmp_path / "model.pt.provenance.json").read_text())
    assert provenance["description"] == "synthetic cohort, 12 patients, 24 photos, cohort seed 7"
    assert (tmp_path / "baseline.safetensors").is_file()


def test_two_processes_train_one_network(portrait_settings: Settings, tmp_path: Path) -> None:
    files = [BUNDLE / "configs/train.json", REPOSITORY / "configs/experiments/face_resnet18.json"]
    files.append(REPOSITORY / "configs/multi_gpu.json")
    small = portrait_settings | {"epochs": 1, "batch_size": 6, "output_dir": tmp_path}
    del small["device"]
    options = [word for key, value in small.items() for word in (f"--{key}", str(value))]
    command = ["-m", "monai.bundle", "run", "--config_file", str([str(file) for file in files]), *options]
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "--no-python", sys.executable]
    shell([*torchrun, *command])
    assert all(tensor.isfinite().all() for tensor in torch.load(tmp_path / "model.pt", weights_only=True).values())
    assert (tmp_path / "baseline.safetensors").is_file()


def test_the_command_of_monai_trains_the_same_network(settings: Settings, trained: Path, tmp_path: Path) -> None:
    options = [word for key, value in settings.items() for word in (f"--{key}", str(value))]
    config = ["--config_file", str(BUNDLE / "configs/train.json")]
    shell(["-m", "monai.bundle", "run", *config, *options, "--output_dir", str(tmp_path)])
    assert digest(tmp_path / "model.pt") == digest(trained / "model.pt")


def shell(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def cut_off(folder: Path) -> Settings:
    whole = (folder / "model.pt").read_bytes()
    (folder / "model.pt").write_bytes(whole[: len(whole) // 2])
    return {}


def other_generator(folder: Path) -> Settings:
    torch.manual_seed(5)
    other = StyleGAN2Generator(64, z_dim=8, w_dim=8, mapping_layers=2, channel_base=64, channel_max=8)
    save_stylegan2(folder / "generator.safetensors", G_ema=other)
    return {}


def no_image(folder: Path) -> Settings:
    (folder / "face.png").write_text("not a picture")
    return {}


def no_face(folder: Path) -> Settings:
    return {"points": "$None"}


def points_beside_the_photo(folder: Path) -> Settings:
    return {"points": ",".join(["9999"] * 10)}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (cut_off, "model.pt: (damaged or cut off|not a plain file)"),
        (other_generator, "Embed the photos with the generator of the model"),
        (no_image, "not_an_image"),
        (no_face, "no_landmarks|no_face"),
        (points_beside_the_photo, "landmarks"),
        (lambda folder: {"latent_shape": [16]}, "weights of another network.*latent_shape"),
        (lambda folder: {"image": str(folder / "absent.png")}, "there is no such photo"),
    ],
)
def test_a_bad_input_of_inference_is_one_error_and_leaves_no_result(
    spoil: Callable[[Path], Settings],
    words: str,
    trained: Path,
    portrait_models: Path,
    portrait_cohort: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = read_photos(portrait_cohort / "photos.csv")[0]
    shutil.copy(row["image"], tmp_path / "face.png")
    for file in (trained / "model.pt", trained / "baseline.safetensors", portrait_models / "generator.safetensors"):
        shutil.copy(file, tmp_path)
    given = case(tmp_path, tmp_path, image=str(tmp_path / "face.png"), output_dir=str(tmp_path / "out"))
    given["points"] = ",".join(str(number) for number in row["landmarks"].ravel())
    given |= spoil(tmp_path)
    refused(["inference", *(f"--{name}={value}" for name, value in given.items())], words, capsys)
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def refused(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a stage that must fail with one error of ours."""
    assert main(["run", "face_prognosis", *words]) == 1
    shown = capsys.readouterr().err
    (error,) = re.findall(r"^error: (.*)", shown, re.MULTILINE | re.DOTALL)
    assert re.search(message, error, re.DOTALL), error
    assert "Traceback" not in shown
    assert "clinic-0007" not in error, "no patient is named"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"fold": 9}, "fold 9|9"),
        ({"encoder_file": "absent.safetensors"}, "no latent encoder at absent.safetensors"),
        ({"resolution": 32}, r"resolution 64 \(here 32\)"),
        ({"latent_shape": [16]}, r"latent_shape \[8\] \(here \[16\]\)"),
    ],
)
def test_a_bad_setting_of_training_is_one_error(
    overrides: Settings, words: str, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = settings | {"output_dir": str(tmp_path / "out")} | overrides
    refused(["train", *(f"--{name}={value}" for name, value in given.items())], words, capsys)
    assert not (tmp_path / "out" / "model.pt").exists()


def test_a_file_that_is_no_encoder_is_refused(
    settings: Settings, portrait_models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = settings | {"output_dir": str(tmp_path), "encoder_file": str(portrait_models / "generator.safetensors")}
    refused(["train", *(f"--{name}={value}" for name, value in given.items())], "not a latent encoder", capsys)


def test_the_generator_of_the_encoder_is_that_of_the_baseline(trained: Path, portrait_models: Path) -> None:
    generator = load_stylegan2(portrait_models / "generator.safetensors")
    assert stored_generator(trained / "baseline.safetensors") == fingerprint(generator)


def test_the_overlay_of_the_how_to_starts_a_network_from_weights_of_the_user(
    portrait_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how_to = (REPOSITORY / "docs/how-to/face-baselines.md").read_text(encoding="utf-8")
    (overlay,) = re.findall(r"```json\n(.*?)```", how_to, re.DOTALL)
    (tmp_path / "from_weights.json").write_text(overlay)
    theirs = resnet18(spatial_dims=2, n_input_channels=3, num_classes=1000, conv1_t_stride=2, bias_downsample=False)
    torch.save(theirs.state_dict(), tmp_path / "resnet18.pth")
    monkeypatch.chdir(tmp_path)
    workflow = open_stage("face_prognosis", "train", overlay="face_resnet18,from_weights.json", **portrait_settings)
    workflow.initialize()
    ours, given = workflow.parser.get_parsed_content("network").state_dict(), theirs.state_dict()
    assert {name for name in given if not torch.equal(given[name], ours[name])} == {"fc.weight", "fc.bias"}


def test_the_folds_are_pooled_and_compared_with_those_of_another_model(settings: Settings, tmp_path: Path) -> None:
    words = [f"--{name}={value}" for name, value in (settings | {"output_dir": str(tmp_path / "folds")}).items()]
    assert main(["experiment", "face_prognosis", *words]) == 0
    table = pd.read_csv(tmp_path / "folds/predictions.csv", comment="#", dtype={"patient_id": str})
    table = table[table["model"] == "proposed"]
    assert len(table) == table["patient_id"].nunique() == 24, "every patient is scored once, out of fold"
    assert sorted(table["fold"].unique()) == [0, 1, 2, 3]
    other = table.assign(model="resnet18", log_hazard=-table["log_hazard"])
    pd.concat([table, other]).to_csv(tmp_path / "baselines.csv", index=False)
    cohort = Path(str(settings["dataset_dir"])) / "cohort.csv"
    assert main(["figures", str(tmp_path / "baselines.csv"), "--cohort_file", str(cohort), "--by", "sex"]) == 0
    assert (tmp_path / "models.svg").is_file()
