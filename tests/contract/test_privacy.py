"""Marks are planted into headers, photos and folder names; nothing that a stage writes or says may hold one."""

from __future__ import annotations

import base64
import gzip
import io
import logging
import os
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip("highdicom", reason="the extra dicom is not installed")

from dicoms import rectangle, write_rtstruct, write_seg, write_series
from faces import POINTS, draw_face, write_photo_table
from generators import TINY
from planted import BIRTH, MARK, folder_of, leaks, marks, plant_in_series, write_nifti, write_photo
from prognos.__main__ import main
from prognos.data import LesionDataset, read_case
from prognos.networks import write_provenance
from prognos.transforms import ExtractLesionsd, list_dicom
from scans import AFFINE, make_image, make_labels

RAS = np.diag([-1.0, -1.0, 1.0, 1.0])

Run = Callable[..., int]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Run:
    """Run a command, and hold what it says, logs and warns against the marks; gives the exit status."""

    def call(*words: object) -> int:
        with warnings.catch_warnings(record=True) as warned, caplog.at_level(logging.DEBUG):
            warnings.simplefilter("always")
            status = main([str(word) for word in words])
        said = "".join(capfd.readouterr()) + caplog.text + "".join(str(each.message) for each in warned)
        assert marks(said.encode()) == []
        call.said = said  # type: ignore[attr-defined]
        caplog.clear()
        if status:
            print(*(line for line in said.splitlines() if "error: " in line), sep="\n")
        return status

    return call


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One patient in each form in which a hospital may send them; headers, names of folders and files are marked."""
    root = tmp_path_factory.mktemp("sources")
    folder = folder_of(root, "A")
    series = write_series(folder / "ct", names=[f"{MARK}{number}.dcm" for number in range(10)])
    write_seg(folder / "seg.dcm", series, {1: make_labels() == 1, 2: make_labels() == 7})
    write_rtstruct(folder / "rt.dcm", series, {3: [rectangle((10, 8), (13, 13), index) for index in (4, 5)]})
    plant_in_series(folder)
    write_nifti(folder / "ct.nii.gz", make_image(), RAS @ AFFINE)
    write_nifti(folder / "mask.nii.gz", make_labels(), RAS @ AFFINE)
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the lesion bundle that say they were trained on patients."""
    from prognos.apps.run import open_stage

    path = tmp_path_factory.mktemp("weights") / "model.pt"
    workflow = open_stage("lesion_prioritization", "inference")
    torch.manual_seed(0)
    torch.save(workflow.parser.get_parsed_content("network_def").state_dict(), path)
    write_provenance(path, "patients", "random weights, for a test")
    return path


def test_the_search_finds_a_mark_however_it_is_wrapped(tmp_path: Path) -> None:
    photo = write_photo(tmp_path / "a.png", draw_face())
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.write(photo, "inner.png")
    page = "<img src='data:image/png;base64," + base64.b64encode(photo.read_bytes()).decode() + "'>"
    for wrapped in (photo.read_bytes(), archive.getvalue(), page.encode(), gzip.compress(page.encode())):
        found = " ".join(marks(wrapped))
        assert f"{MARK}ZTXT" in found
        assert f"{MARK}TEXT" in found
    assert marks(f"x{MARK}x".encode("utf-16-le"))
    assert marks(f"born {BIRTH}".encode())
    for shift in range(3):
        assert marks(base64.b64encode(b"x" * shift + f"{MARK}NAME".encode()))
    (tmp_path / f"{MARK}.txt").touch()
    assert any("its name" in found for found in leaks(tmp_path))
    assert marks(b"nothing of the kind") == []


def test_the_planted_headers_are_marked_and_still_readable(sources: Path) -> None:
    assert len(marks((sources / "ct" / f"{MARK}0.dcm").read_bytes())) > 500
    listing = list_dicom(sources)
    assert [each.fault for each in listing.series] == [""]
    assert [each.fault for each in listing.masks] == ["", ""]


@pytest.mark.parametrize(("image", "mask"), [("ct", "seg.dcm"), ("ct", "rt.dcm"), ("ct.nii.gz", "mask.nii.gz")])
def test_inference_on_a_scan_writes_no_mark(
    image: str, mask: str, sources: Path, weights: Path, run: Run, tmp_path: Path
) -> None:
    options = ["--dicom_seg", "pseudonym"] if image == "ct" else []
    files = ["--image", sources / image, "--mask", sources / mask, "--weights", weights, "--output_dir", tmp_path]
    assert run("run", "lesion_prioritization", "inference", *files, "--device", "cpu", *options) == 0
    assert (tmp_path / "lesions.csv").is_file()
    assert (tmp_path / "lesions.dcm").is_file() == bool(options)
    assert leaks(tmp_path) == []


def test_the_cache_of_lesions_holds_no_mark(sources: Path, tmp_path: Path) -> None:
    for image, mask in (("ct", "seg.dcm"), ("ct.nii.gz", "mask.nii.gz")):
        case = read_case(sources / image, sources / mask)
        LesionDataset(case, ExtractLesionsd(), tmp_path).extract()
    assert len(list(tmp_path.iterdir())) == 2
    assert leaks(tmp_path) == []


@pytest.mark.parametrize("kind", ["SEG", pytest.param("RTSTRUCT", marks=pytest.mark.slow)])
def test_an_import_under_pseudonyms_writes_no_mark(kind: str, sources: Path, run: Run, tmp_path: Path) -> None:
    clinical = folder_of(tmp_path / "in", "C") / "clinical.csv"
    clinical.parent.mkdir(parents=True)
    clinical.write_text(f"patient_id,time,event,doctor\n{MARK}PatientI,100,1,{MARK}\n{MARK}other,50,0,\n")
    words = ["import", sources.parents[1], "--layout", "dicom", "--clinical", clinical, "--masks", kind]
    assert run(*words, "--key", tmp_path / "site.key", "--output_dir", tmp_path / "cohort") == 0
    written = sorted(path.name for path in (tmp_path / "cohort").rglob("*") if path.is_file())
    assert {"cohort.csv", "annotations.csv", "segments.csv", "check.html", "left_out.csv"} <= {*written}
    assert {"image.nii.gz", "mask_reader_1.nii.gz"} <= {*written}
    assert leaks(tmp_path / "cohort") == []


def damage(folder: Path, what: str) -> tuple[Path, Path]:
    """A scan and a mask of which one cannot be used."""
    image, mask = folder / "ct.nii.gz", folder / "mask.nii.gz"
    write_nifti(image, make_image(), RAS @ AFFINE)
    write_nifti(mask, make_labels(), RAS @ AFFINE)
    if what == "missing":
        image = folder / "gone.nii.gz"
    elif what == "truncated":
        image.write_bytes(image.read_bytes()[:-500])
    elif what == "garbage":
        image.write_bytes(b"no scan at all" * 9)
    elif what == "moved":
        moved = AFFINE.copy()
        moved[0, 3] += 2.0
        write_nifti(mask, make_labels(), RAS @ moved)
    elif what in ("cut slice", "tilted"):
        origins = [[0.0, 0.9 * number * (what == "tilted"), 5.0 * number] for number in range(10)]
        image = folder / "ct"
        write_series(image, origins=origins)
        plant_in_series(image)
        if what == "cut slice":
            (image / "3.dcm").write_bytes((image / "3.dcm").read_bytes()[:-200])
    return image, mask


@pytest.mark.parametrize("what", ["missing", "truncated", "garbage", "moved", "cut slice", "tilted"])
def test_an_error_names_neither_patient_nor_path(
    what: str, weights: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prognos.apps import run as stages

    monkeypatch.setattr(stages, "run", _extract_only)
    image, mask = damage(folder_of(tmp_path / "in", what), what)
    assert run("run", "lesion_prioritization", "inference", "--image", image, "--mask", mask) == 1
    assert "error: " in run.said  # type: ignore[attr-defined]


def _extract_only(bundle: str, stage: str, **files: Any) -> None:
    """What fails in inference, without the network before it."""
    LesionDataset(read_case(files["image"], files["mask"]), ExtractLesionsd(), None)[0]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Table of four photos whose files, names and folders are marked; the table itself lies beside them."""
    root = tmp_path_factory.mktemp("photos")
    files = [
        write_photo(folder_of(root, "B") / f"{MARK}{n}.{kind}", draw_face()) for n, kind in enumerate(("png", "jpg"))
    ]
    broken = folder_of(root, "B") / f"{MARK}broken.jpg"
    broken.write_bytes(files[1].read_bytes()[:4000])
    files.append(broken)
    rows = [
        {"patient_id": f"p{n}", "image": file.relative_to(root), "flag": "", "points": POINTS}
        for n, file in enumerate(files)
    ]
    write_photo_table(root / "photos.csv", rows)
    return root / "photos.csv"


def test_aligned_faces_and_their_tables_hold_no_mark(photos: Path, run: Run, tmp_path: Path) -> None:
    assert run("align", photos, "--output_dir", tmp_path, "--size", 64) == 0
    assert len(list((tmp_path / "faces").iterdir())) == 2
    assert leaks(tmp_path) == []
    for face in (tmp_path / "faces").iterdir():
        assert Image.open(face).getexif() == {}


def test_embedding_and_inference_on_photos_write_no_mark(
    photos: Path, portrait_models: Path, run: Run, tmp_path: Path
) -> None:
    from prognos.estimators import BaselineHazard, save_model
    from prognos.networks import fingerprint, load_stylegan2

    lines = photos.read_text().splitlines()
    whole = photos.with_name("whole.csv")
    whole.write_text("\n".join(lines[:3]) + "\n")  # without the broken one
    models = ["--generator_file", portrait_models / "generator.safetensors"]
    cache = ["--cache_dir", tmp_path / "cache", "--device", "cpu"]
    encoder = ["--encoder_file", portrait_models / "encoder.safetensors", "--search", "@searches::encoder"]
    out = ["--output_dir", tmp_path / "embedded"]
    assert run("run", "face_prognosis", "embed", "--photos_file", whole, *models, *encoder, *cache, *out) == 0

    from prognos.apps.run import open_stage

    sizes = {"latent_shape": [8]}
    ranker = open_stage("face_prognosis", "inference", **sizes).parser.get_parsed_content("network_def")
    torch.save(ranker.state_dict(), tmp_path / "model.pt")
    write_provenance(tmp_path / "model.pt", "patients", "random weights, for a test")
    generator = load_stylegan2(portrait_models / "generator.safetensors")
    baseline = BaselineHazard().fit([0.0, 1.0], [[1.0, 1.0], [2000.0, 0.0]])
    save_model(tmp_path / "baseline.safetensors", baseline, generator=fingerprint(generator))
    files = ["--weights", tmp_path / "model.pt", "--baseline_file", tmp_path / "baseline.safetensors", *models, *cache]
    first = folder_of(photos.parent, "B") / f"{MARK}0.png"
    points = ",".join(str(value) for value in np.ravel(POINTS))
    for name, image in (("one", first), ("table", whole)):
        more = ["--points", points, "--show_portraits", "True"] if name == "one" else []
        out = ["--output_dir", tmp_path / name, "--latent_shape", "[8]", "--image", image, *more]
        assert run("run", "face_prognosis", "inference", *files, *out) == 0
        assert (tmp_path / name / "portraits.csv").is_file()
    assert leaks(tmp_path) == []


@pytest.mark.parametrize("what", ["missing", "broken"])
def test_an_error_on_a_photo_names_neither_patient_nor_path(
    what: str, photos: Path, portrait_models: Path, run: Run, tmp_path: Path
) -> None:
    from prognos.data import PortraitDataset, read_photo_case
    from prognos.transforms import AlignFaced

    file = folder_of(photos.parent, "B") / f"{MARK}{what}.jpg"
    points = ",".join(str(value) for value in np.ravel(POINTS))
    with pytest.raises((ValueError, OSError)) as caught:
        PortraitDataset(read_photo_case(file, points=points), AlignFaced(64), tmp_path).prepare()
    assert marks(str(caught.value).encode()) == []


@pytest.fixture(scope="module")
def cohort(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of eight patients in a marked folder; their images are the marked ones, each in a folder of its own."""
    root = tmp_path_factory.mktemp("cohort")
    tables = folder_of(root, "T")
    tables.mkdir(parents=True)
    patients, annotations = ["patient_id,time,event,fold"], ["patient_id,image,mask,reader"]
    for number in range(8):
        folder = folder_of(root / "in", f"P{number}")
        shutil.copytree(sources, folder)
        where = os.path.relpath(folder, tables)
        image, mask = ("ct", "seg.dcm") if number % 2 else ("ct.nii.gz", "mask.nii.gz")
        patients.append(f"p{number},{100 + 37 * number},{int(number % 3 > 0)},{number % 4}")
        annotations.append(f"p{number},{where}/{image},{where}/{mask},reader_1")
    (tables / "cohort.csv").write_text("\n".join(patients) + "\n")
    (tables / "annotations.csv").write_text("\n".join(annotations) + "\n")
    return tables


@pytest.mark.slow
def test_training_and_its_report_hold_no_mark(cohort: Path, run: Run, tmp_path: Path) -> None:
    options = ["--dataset_dir", cohort, "--cache_dir", tmp_path / "cache", "--output_dir", tmp_path / "run"]
    assert run("run", "lesion_prioritization", "train", "--overlay", "smoke", "--epochs", 1, *options) == 0
    options += ["--weights", tmp_path / "run" / "model.pt", "--device", "cpu"]
    assert run("run", "lesion_prioritization", "evaluate", *options) == 0
    for file in ("model.pt", "report_test.html", "predictions_test.csv", "checkpoints/checkpoint_00001.pt"):
        assert (tmp_path / "run" / file).is_file()
    assert list((tmp_path / "run" / "tensorboard").glob("events.*"))
    assert leaks(tmp_path) == []


@pytest.mark.slow
def test_an_experiment_holds_no_mark(cohort: Path, run: Run, tmp_path: Path) -> None:
    options = {"dataset_dir": cohort, "cache_dir": tmp_path / "cache", "output_dir": tmp_path / "out", "device": "cpu"}
    options |= {"rows": "proposed", "folds": "0,1", "epochs": 1, "max_lesions": 2}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    assert run("experiment", "lesion_table", "--reduced", *words) == 0
    assert (tmp_path / "out" / "results.md").is_file()
    assert list((tmp_path / "out").rglob("cell.json"))
    assert leaks(tmp_path) == []


@pytest.fixture(scope="module")
def portraits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cohort of 24 patients whose marked photos, with their tables, lie in a marked folder."""
    folder = folder_of(tmp_path_factory.mktemp("portraits"), "F")
    rows, patients = [], ["patient_id,time,event,fold,age"]
    for number in range(24):
        pixels = draw_face((150 + 4 * number, 172 - 3 * number, 120 + 2 * number))
        write_photo(folder / f"{MARK}{number}.{'jpg' if number % 2 else 'png'}", pixels)
        name = f"{MARK}{number}.{'jpg' if number % 2 else 'png'}"
        rows.append({"patient_id": f"p{number}", "image": name, "points": POINTS})
        patients.append(f"p{number},{100 + 37 * (number * 7 % 24)},{int(number % 4 > 0)},{number % 3},{40 + number}")
    write_photo_table(folder / "photos.csv", rows)
    (folder / "cohort.csv").write_text("\n".join(patients) + "\n")
    return folder


@pytest.mark.slow
def test_no_stage_on_portraits_writes_a_mark(portraits: Path, run: Run, tmp_path: Path) -> None:
    def stage(name: str, **options: object) -> None:
        settings = {"output_dir": tmp_path / name} | ({} if name == "compare" else {"device": "cpu"}) | options
        words = [word for key, value in settings.items() for word in (f"--{key}", value)]
        assert run("run", "face_prognosis", name, *words) == 0

    cohort = {"dataset_dir": portraits, "cache_dir": tmp_path / "cache"}
    tiny = {name: value for name, value in TINY.items() if name != "device"} | {"augmentation_target": 0.6}
    stage("train_generator", overlay="train_generator_photos", **(cohort | tiny), epochs=1, show_portraits=True)
    generator = folder_of(tmp_path / "models", "M") / "generator.safetensors"
    shutil.copytree(tmp_path / "train_generator", generator.parent)
    loop = {"epochs": 1, "iterations": 2, "batch_size": 4, "validation_draws": 8, "seed": 3}
    stage("train_encoder", generator_file=generator, **loop)
    models = {"generator_file": generator, "encoder_file": tmp_path / "train_encoder" / "encoder.safetensors"}
    stage("embed", **cohort, **models, search="@searches::encoder", show_portraits=True)
    latents = {"latents_file": tmp_path / "embed" / "latents.csv"}
    cox = {"_target_": "prognos.estimators.LatentModel", "model": {"_target_": "prognos.estimators.CoxPH", "folds": 2}}
    stage("compare", dataset_dir=portraits, **latents, models={"coxph": cox}, subgroups="")
    few = {"random_directions": 2, "checked_patients": 4, "drawn_patients": 2, "held_portraits": 2}
    few |= {"held_iterations": 2, "search": "@searches::encoder", "show_portraits": True}
    stage("manipulate", dataset_dir=portraits, **models, **latents, **few)
    shutil.rmtree(tmp_path / "models")
    assert list(tmp_path.glob("*/tensorboard/events.*"))
    assert list(tmp_path.rglob("*.png"))
    assert leaks(tmp_path) == []


def test_a_faulty_cohort_is_refused_without_a_mark(cohort: Path, run: Run, tmp_path: Path) -> None:
    table = tmp_path / "annotations.csv"  # what it says of a table begins with the path that was typed
    shutil.copy(cohort / "cohort.csv", tmp_path)
    rows = (cohort / "annotations.csv").read_text().replace("P3/ct", "P3/gone")
    rows = rows.replace("../../in", str(cohort.parents[1] / "in"))
    table.write_text(rows)
    assert run("check", tmp_path / "cohort.csv", "--annotations", table) == 1
    assert "annotations.csv, line 5" in run.said  # type: ignore[attr-defined]
