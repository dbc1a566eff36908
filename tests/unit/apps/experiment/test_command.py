"""The command around the cells: which there are, what is kept, refused and written. No network is trained."""

from __future__ import annotations

import fcntl
import json
import math
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from prognos.apps.experiment import experiment, making, pooling, references
from prognos.apps.experiment.report import write_experiment_report
from prognos.data import read_cohort
from prognos.locks import FolderInUseError

PRODUCTS = {
    "embed": ["reconstructions.csv", "latents.csv"],
    "manipulate": ["checks.json"],
    "train_encoder": ["encoder.safetensors.provenance.json"],
    "train_generator": ["generator.safetensors", "fine_tuning.png", "metrics.json"],
}
"""What a stage writes, the last file last."""

CONTENT = {
    "metrics.json": '{"metrics": {"frechet_distance_at_start": 5.0, "frechet_distance": 2.0}}',
    "reconstructions.csv": "patient_id,image,rmse\n" + "".join(f"p{row},2,0.{row:02}\n" for row in range(24)),
}
"""Of the files that are read again."""


class Stages:
    """Stands for MONAI: writes what the stages of a bundle would, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.broken_after = math.inf

    def __call__(self, bundle: str, stage: str, *, overlay: str = "", **given: Any) -> None:
        """Write the products of one stage."""
        if len(self.calls) >= self.broken_after:
            raise KeyboardInterrupt
        self.calls.append((stage, {"overlay": overlay, **given}))
        folder = Path(given["output_dir"])
        if stage in PRODUCTS:
            for name in PRODUCTS[stage]:
                (folder / name).write_text(CONTENT.get(name, "{}"), encoding="utf-8")
            return
        if stage == "compare":
            samples = read_cohort(given["cohort_file"])
            folds = given.get("folds", range(4))
            samples = [sample for sample in samples if sample["fold"] in folds]
            self.compare(folder, samples, given["seeds"][0], Path(given["latents_file"]))
            return
        if stage == "train":
            (folder / "model.safetensors.provenance.json").write_text("{}", encoding="utf-8")
            return
        samples = read_cohort(
            given["cohort_file"], fold=given["fold"], subset=given["subset"], permute_labels=given.get("permute_labels")
        )
        table = pd.DataFrame(
            {
                "patient_id": [sample["patient_id"] for sample in samples],
                "time_days": [float(sample["label"][0]) for sample in samples],
                "event": [int(sample["label"][1]) for sample in samples],
                "log_hazard": [-sample["age"] + 100.0 * given["fold"] for sample in samples],
                "fold": given["fold"],
                "seed": given["seed"],
                "model": "imagenet_resnet50 (from scratch)" if "imagenet" in overlay else "proposed",
            }
        )
        (folder / f"predictions_{given['subset']}.csv").write_text("# note\n" + table.to_csv(index=False))
        (folder / f"metrics_{given['subset']}.json").write_text("{}", encoding="utf-8")

    def compare(self, folder: Path, samples: list[dict[str, Any]], seed: int, latents: Path) -> None:
        """Write what the comparison of models would; CoxPH is perfect, the clinical model a constant."""
        if latents.name == "latents.csv":
            latents.read_text(encoding="utf-8")
        scores = {"coxph": 1.0, "deepsurv": -1.0, "clinical": 0.0, "fusion": 1.0, "fusion_deepsurv": 1.0}
        rows = [
            {
                "patient_id": sample["patient_id"],
                "time_days": float(sample["label"][0]),
                "event": int(sample["label"][1]),
                "log_hazard": -sign * sample["age"],
                **{f"survival_{day:g}_days": 0.5 for day in (182.5, 365, 547.5, 730, 912.5, 1095)},
                "fold": sample["fold"],
                "seed": seed,
                "model": name,
            }
            for name, sign in scores.items()
            for sample in samples
        ]
        pd.DataFrame(rows).to_csv(folder / "predictions.csv", index=False)
        summary = {"declaration": f"transductive: said of {latents.name}."}
        (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
        (folder / "summary.md").write_text("", encoding="utf-8")


def describe(study: object, cohort: Path) -> pd.DataFrame:
    """Stands for the reading of the cache: patients with more lesions the later they die, and no clinical column."""
    samples = read_cohort(cohort)
    facts = {"lesion_count": [float(sample["age"]) for sample in samples], "total_volume_ml": 1.0}
    outcome = {"time_days": 0.0, "event": 0}
    return pd.DataFrame({"patient_id": [sample["patient_id"] for sample in samples], **facts, **outcome})


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Stages:
    """What every cell runs."""
    fake = Stages()
    monkeypatch.setattr(making, "run", fake)
    monkeypatch.setattr(references, "describe_patients", describe)
    monkeypatch.setattr(pooling, "write_experiment_report", lambda *_, **__: None)  # it takes seconds
    return fake


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """Folder of 24 patients in four folds, in two cohort tables; a lower age dies earlier in the first."""
    folder = tmp_path / "cohort"
    folder.mkdir()
    head = "patient_id,time,event,age,fold\n"
    for name, order in (("cohort", 1), ("cohort_seed1", -1)):
        rows = [f"p{row},{800 + 60 * order * (row - 12)},{int(row % 3 > 0)},{row},{row % 4}\n" for row in range(24)]
        (folder / f"{name}.csv").write_text(head + "".join(rows), encoding="utf-8")
    (folder / "annotations.csv").write_text("patient_id,image,mask\n", encoding="utf-8")
    return folder


def call(cohort: Path, name: str = "lesion_table", **given: Any) -> Path:
    """Run the command on the cohort; returns the folder of its results."""
    folder = Path(given.pop("output_dir", cohort.parent / "out"))
    experiment(name, output_dir=str(folder), dataset_dir=str(cohort), **given)
    return folder


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, comment="#").set_index("row")


def test_every_row_is_trained_and_scored_on_three_parts_of_every_fold(cohort: Path, stages: Stages) -> None:
    folder = call(cohort, rows="proposed,no_fc_network", folds="0,2", seeds="0,5")
    assert len(stages.calls) == 2 * 2 * 2 * 4
    assert {(given["fold"], given["seed"]) for _, given in stages.calls} == {(0, 0), (0, 5), (2, 0), (2, 5)}
    assert {given["overlay"] for _, given in stages.calls} == {"", "lesion_no_fc_network"}
    assert (folder / "cells/no_fc_network/cohort/seed_5/fold_2/predictions_test.csv").is_file()
    results = read(folder / "results.csv")
    assert results.index.tolist() == ["proposed", "no_fc_network", "lesion_count", "total_volume"]
    assert results["c_index"].tolist() == [1.0, 1.0, 1.0, 0.5]
    assert results.loc["no_fc_network", "difference"] == 0.0
    assert results.loc["proposed", "paper_test"] == "0.662 ± 0.02"
    assert "0.662 ± 0.02" in (folder / "results.md").read_text(encoding="utf-8")
    assert len(pd.read_csv(folder / "predictions.csv", comment="#")) == 4 * 2 * 12


def test_the_page_judges_the_proposed_row_by_the_training_patients_of_each_fold(
    cohort: Path, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooling, "write_experiment_report", write_experiment_report)
    folder = call(cohort, rows="no_fc_network,proposed")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Row: Proposed." in page
    assert "24 patients of cohort.csv" in page
    assert "0.662 ± 0.02" in page, "the paper's number beside ours"
    assert "Cross-validation over 4 folds; every prediction is out of fold." in page
    assert "must not guide the care of a patient" in page
    cuts = pd.read_csv(folder / "report_data/risk_cuts.csv", comment="#")
    assert cuts["fold"].tolist() == [0, 1, 2, 3]
    for fold, cut in zip(cuts["fold"], cuts["log_hazard"], strict=True):
        table = pd.read_csv(folder / f"cells/proposed/cohort/seed_0/fold_{fold}/predictions_train.csv", comment="#")
        assert cut == pytest.approx(table["log_hazard"].median())
    rows = pd.read_csv(folder / "report_data/rows.csv", comment="#")
    assert rows["row"].tolist() == ["No FC network", "Proposed", "Lesion count", "Total volume"]
    before = {path.name: path.read_bytes() for path in [folder / "report.html", *folder.glob("report_data/*")]}
    call(cohort, rows="no_fc_network,proposed")
    assert before == {path.name: path.read_bytes() for path in [folder / "report.html", *folder.glob("report_data/*")]}


def test_a_reference_learns_from_the_training_patients_alone_and_says_when_it_cannot(
    cohort: Path, stages: Stages
) -> None:
    folder = call(cohort, rows="proposed", folds="0")
    text = (folder / "results.md").read_text(encoding="utf-8")
    assert "Clinical columns: not available, the cohort table has none of the columns" in text
    results = read(folder / "results.csv")
    assert results.loc["lesion_count", ["train_mean", "validation_mean", "test_mean"]].tolist() == [1.0, 1.0, 1.0]
    assert results.loc["total_volume", "difference"] == -0.5


def test_a_second_call_does_nothing_and_writes_the_same_bytes(cohort: Path, stages: Stages) -> None:
    folder = call(cohort, rows="proposed")
    before = {path.name: path.read_bytes() for path in folder.glob("*.*")}
    calls = len(stages.calls)
    call(cohort, rows="proposed")
    assert len(stages.calls) == calls
    assert before == {path.name: path.read_bytes() for path in folder.glob("*.*")}
    assert set(before) == {"results.csv", "results.md", "folds.csv", "predictions.csv", "models.svg"}


def test_a_rerun_does_only_what_is_missing(cohort: Path, stages: Stages) -> None:
    stages.broken_after = 6
    with pytest.raises(KeyboardInterrupt):
        call(cohort, rows="proposed")
    stages.broken_after = math.inf
    call(cohort, rows="proposed")
    done = [(stage, given["fold"], given.get("subset")) for stage, given in stages.calls]
    assert len(done) == len(set(done)) == 16


def test_a_file_of_the_settings_counts_by_its_content(portraits: Path, stages: Stages, tmp_path: Path) -> None:
    for folder, content in (("Jane Doe", "one"), ("moved", "one"), ("moved", "two")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "g.safetensors").write_text(content)
        options = {"rows": "coxph", "generator_file": str(tmp_path / folder / "g.safetensors")}
        if content == "one":
            written = call(portraits, "face_table", **options)
            continue
        with pytest.raises(ValueError, match=r"generator_file was 'g\.safetensors, sha256 .*, is now 'g\.s"):
            call(portraits, "face_table", **options)
    assert "Jane" not in "".join(path.read_text() for path in written.rglob("cell.json"))


def test_cells_of_other_settings_are_refused_by_name_of_the_setting(cohort: Path, stages: Stages) -> None:
    folder = call(cohort, rows="proposed", epochs=3)
    with pytest.raises(ValueError, match=r"4 cell\(s\), such as proposed.*epochs was 3, is now 30\.?"):
        call(cohort, rows="proposed")
    with (cohort / "cohort.csv").open("a") as file:
        file.write("new,5,1,50,0\n")
    with pytest.raises(ValueError, match="the content of the cohort table changed"):
        call(cohort, rows="proposed", epochs=3)
    calls = len(stages.calls)
    call(cohort, rows="proposed", redo=True)
    assert len(stages.calls) == 2 * calls
    assert (folder / "results.md").is_file()


def test_a_cell_that_another_process_makes_is_not_deleted(cohort: Path, stages: Stages) -> None:
    folder = call(cohort, rows="proposed", epochs=3) / "cells" / "proposed" / "cohort" / "seed_0" / "fold_0"
    other = (
        "import sys, time; from prognos.locks import FolderLock; lock = FolderLock(sys.argv[1]); lock.acquire();"
        "print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", other, str(folder)], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            with pytest.raises(FolderInUseError):
                call(cohort, rows="proposed", redo=True)
        finally:
            process.kill()
    assert (folder / "cell.json").is_file()


def test_where_a_cell_is_made_is_not_what_it_is(cohort: Path, stages: Stages) -> None:
    call(cohort, rows="proposed", cache_dir="here")
    calls = len(stages.calls)
    call(cohort, rows="proposed", cache_dir="there", device="cpu")
    assert len(stages.calls) == calls


def test_each_cohort_table_has_cells_of_its_own(cohort: Path, stages: Stages) -> None:
    folder = call(cohort, rows="proposed", cohorts="cohort.csv,cohort_seed1.csv")
    assert {Path(given["cohort_file"]).stem for _, given in stages.calls} == {"cohort", "cohort_seed1"}
    text = (folder / "results.md").read_text(encoding="utf-8")
    assert "| lesion" not in text
    assert "| Proposed | 1.000 | 0.000 | 0.500 ± 0.707 |" in text
    assert read(folder / "results.csv").loc["proposed", "cells"] == 8


def test_permuted_outcomes_take_the_place_of_the_true_ones(cohort: Path, stages: Stages) -> None:
    folder = call(cohort, rows="proposed", permute=3)
    assert {given["permute_labels"] for _, given in stages.calls} == {1, 2, 3}
    assert read(folder / "permuted.csv").loc["proposed", "permutations"] == 3
    assert "PERMUTED OUTCOMES" in (folder / "permuted.md").read_text(encoding="utf-8")
    assert not (folder / "results.md").exists()


def test_the_reduced_protocol_leaves_the_slow_rows_out_and_says_so(cohort: Path, stages: Stages) -> None:
    folder = call(cohort, reduced=True, folds="0")
    found = {given["overlay"].split(",")[0] for _, given in stages.calls}
    assert found == {
        "lesion_reduced",
        "lesion_no_fc_network",
        "lesion_no_size_scaler",
        "lesion_largest_five",
    }
    assert all(given["overlay"].endswith("lesion_reduced") for _, given in stages.calls)
    assert "Reduced protocol" in (folder / "results.md").read_text(encoding="utf-8")


def test_a_bundle_is_a_table_of_one_row_and_an_overlay_is_a_row(cohort: Path, stages: Stages, tmp_path: Path) -> None:
    overlay = tmp_path / "mine.json"
    overlay.write_text('{"learning_rate": 0.001}', encoding="utf-8")
    folder = call(cohort, "lesion_prioritization", rows=f"proposed,{overlay}", folds="1")
    assert read(folder / "results.csv").index.tolist() == ["proposed", "mine"]
    assert {given["overlay"] for _, given in stages.calls} == {"", str(overlay)}


def test_an_override_goes_to_the_rows_that_have_it_or_to_the_one_it_names(cohort: Path, stages: Stages) -> None:
    given = {"largest_five::epochs": 4, "size_exponent": 0.5, "epochs": 2}
    call(cohort, rows="proposed,largest_five", folds="0", **given)
    trained = {given["overlay"]: given for stage, given in stages.calls if stage == "train"}
    assert (trained[""]["epochs"], "size_exponent" in trained[""]) == (2, False)
    assert (trained["lesion_largest_five"]["epochs"], trained["lesion_largest_five"]["size_exponent"]) == (4, 0.5)


def test_what_a_row_adds_to_its_name_is_shown(cohort: Path, stages: Stages) -> None:
    folder = call(cohort, rows="imagenet_resnet50,proposed", folds="0")
    assert "| ImageNet ResNet50* (from scratch) |" in (folder / "results.md").read_text(encoding="utf-8")


def test_a_cell_that_another_process_makes_is_left_to_it(
    cohort: Path, stages: Stages, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = cohort.parent / "out/cells/proposed/cohort/seed_0/fold_1"
    folder.mkdir(parents=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        call(cohort, rows="proposed")
    assert {given["fold"] for _, given in stages.calls} == {0, 2, 3}
    assert "left to other processes: 1 cells" in capsys.readouterr().out
    call(cohort, rows="proposed")
    assert len(stages.calls) == 16


def test_the_list_has_a_line_a_cell_with_the_stock_commands_of_its_stages(
    cohort: Path, stages: Stages, capsys: pytest.CaptureFixture[str]
) -> None:
    call(cohort, rows="proposed,no_fc_network", folds="0,1", list=True, epochs=7)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert not stages.calls
    for line in lines:
        commands = [shlex.split(command) for command in line.split(" && ")]
        assert [words[:4] for words in commands] == [["python", "-m", "monai.bundle", "run"]] * 4
        options = [dict(zip(words[4::2], words[5::2], strict=True)) for words in commands]
        assert {options[0]["--epochs"], options[3]["--epochs"]} == {"7"}
        assert [given.get("--subset") for given in options] == [None, "train", "validation", "test"]
        assert all(Path(path).is_file() for path in json.loads(options[3]["--config_file"].replace("'", '"')))


def test_cells_that_were_run_by_hand_are_only_pooled(cohort: Path, stages: Stages) -> None:
    call(cohort, rows="proposed", list=True)
    for fold in range(4):
        folder = str(cohort.parent / f"out/cells/proposed/cohort/seed_0/fold_{fold}")
        given = {"cohort_file": cohort / "cohort.csv", "fold": fold, "seed": 0, "output_dir": folder}
        stages("bundle", "train", **given)
        for subset in ("train", "validation", "test"):
            stages("bundle", "evaluate", subset=subset, **given)
    calls = len(stages.calls)
    folder = call(cohort, rows="proposed")
    assert len(stages.calls) == calls
    assert read(folder / "results.csv").loc["proposed", "c_index"] == 1.0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "lesion_tabel"}, "did you mean 'lesion_table'"),
        ({"rows": "proposd"}, "lesion_table has no row 'proposd'; did you mean 'proposed'"),
        ({"folds": "0,9"}, r"has the folds 0 to 3; --folds asks for \[9\]"),
        ({"folds": "a"}, "--folds is 'a', expected whole numbers"),
        ({"fold": 1}, "--fold differs between the cells: choose it with --folds"),
        ({"cohort_file": "x"}, "choose it with --cohorts"),
        ({"epoch": 1}, "the config has no --epoch; did you mean --epochs"),
        ({"proposed::epoch": 1}, "the config has no --epoch; did you mean --epochs"),
        ({"name": "face_prognosis", "reduced": True}, "has no reduced protocol"),
    ],
)
def test_what_cannot_be_meant_is_refused(cohort: Path, stages: Stages, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(cohort, **{"rows": "proposed"} | given)
    assert not stages.calls


def test_a_cohort_without_folds_is_refused(cohort: Path, stages: Stages) -> None:
    (cohort / "cohort.csv").write_text("patient_id,time,event\n" + "".join(f"p{row},{row + 1},1\n" for row in range(8)))
    with pytest.raises(ValueError, match="prognos split"):
        call(cohort, rows="proposed")


def test_predictions_of_another_fold_are_refused(cohort: Path, stages: Stages) -> None:
    folder = call(cohort, rows="proposed", folds="0,1") / "cells/proposed/cohort/seed_0"
    (folder / "fold_0/predictions_test.csv").write_bytes((folder / "fold_1/predictions_test.csv").read_bytes())
    with pytest.raises(ValueError, match="the column fold is not 0 throughout"):
        call(cohort, rows="proposed", folds="0,1")


@pytest.fixture
def portraits(cohort: Path) -> Path:
    """The cohort with cancer types and a table of photos."""
    for path in cohort.glob("cohort*.csv"):
        table = pd.read_csv(path)
        table.assign(cancer_type=["lung" if row % 2 else "breast" for row in range(24)]).to_csv(path, index=False)
    (cohort / "photos.csv").write_text("patient_id,image\n", encoding="utf-8")
    return cohort


def test_models_on_latents_are_one_run_for_all_folds_after_one_search_for_the_latents(
    portraits: Path, stages: Stages
) -> None:
    folder = call(portraits, "face_table", rows="clinical,coxph,feed_forward", seeds="0,1", folds="0,2")
    found = [(stage, given.get("fold"), given.get("seeds")) for stage, given in stages.calls if stage != "evaluate"]
    assert found == [
        ("embed", None, None),
        ("compare", None, [0]),
        ("train", 0, None),
        ("train", 2, None),
        ("compare", None, [1]),
        ("train", 0, None),
        ("train", 2, None),
    ]
    results = read(folder / "results.csv")
    assert results.index.tolist() == ["clinical", "coxph", "feed_forward"]
    assert results["c_index"].tolist() == [0.5, 1.0, 1.0]
    assert results["stratified"].tolist() == [0.5, 1.0, 1.0]
    assert results.loc["clinical", "difference"] == -0.5
    assert results["integrated_brier"].notna().tolist() == [True, True, False]
    text = (folder / "results.md").read_text(encoding="utf-8")
    assert "0.677 or 0.680" in text
    assert "(subgroups_cancer_type.svg)" in text
    assert (folder / "models.svg").is_file()


def test_each_fold_fine_tunes_embeds_and_tests_with_a_generator_that_saw_no_test_patient(
    portraits: Path, stages: Stages, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "coxph,coxph_fine_tuned,fusion_fine_tuned"
    given = {"rows": rows, "folds": "0,2", "encoder_file": "e.safetensors", "generator_file": "g.safetensors"}
    call(portraits, "face_table", list=True, **given)
    lines = [line.split(" && ") for line in capsys.readouterr().out.splitlines()]
    assert [[Path(shlex.split(part)[7].split("'")[1]).stem for part in line] for line in lines] == [
        ["embed", "compare"],
        *[["train_generator", "train_encoder", "embed", "compare"]] * 2,
    ]
    folder = call(portraits, "face_table", **given)
    asked = [given for stage, given in stages.calls if "/cells/fine_tun" in given["output_dir"]]
    start, encoder, embed = asked[:3]
    compare = next(given for given in asked if "folds" in given)
    generator = str(folder / "cells/fine_tuning/cohort/seed_0/fold_0/generator.safetensors")
    assert (start["fold"], start["start_file"]) == (0, "g.safetensors")
    assert encoder["generator_file"] == embed["generator_file"] == generator
    assert encoder["encoder_file"] == embed["encoder_file"]
    assert Path(embed["latents_file"]).parent == Path(embed["output_dir"])
    assert compare["latents_file"] == embed["latents_file"]
    assert (compare["folds"], compare["transductive"]) == ([0], "no")
    results = read(folder / "results.csv")
    assert results.index.tolist() == ["coxph", "coxph_fine_tuned", "fusion_fine_tuned"]
    assert results["c_index"].tolist() == [1.0] * 3
    text = (folder / "results.md").read_text(encoding="utf-8")
    assert "> coxph, coxph_fine_tuned, fusion_fine_tuned: transductive: said of latents.csv." in text
    assert "The same latents without and with fine-tuning, fold 2" in text
    distances = pd.read_csv(folder / "fine_tuning.csv", comment="#")
    assert distances["fold"].tolist() == [0, 2]
    assert distances[["frechet_without", "frechet_with"]].to_numpy().tolist() == [[5.0, 2.0]] * 2
    tested = [sum(range(fold, 24, 4)) / 600 for fold in (0, 2)]
    assert distances["error_with"].tolist() == distances["error_without"].tolist() == pytest.approx(tested)
    parts = pd.read_csv(folder / "results_cancer_type.csv", comment="#")
    assert set(parts["cancer_type"]) == {"breast"}, "folds 0 and 2 have no other"
    calls = len(stages.calls)
    call(portraits, "face_table", **given)
    assert len(stages.calls) == calls


def test_all_of_the_face_table_runs_without_being_named_but_the_fine_tuning(portraits: Path, stages: Stages) -> None:
    folder = call(portraits, "face_table", folds="0")
    assert [stage for stage, _ in stages.calls if stage not in ("evaluate", "train")] == [
        "embed",
        "compare",
        "manipulate",
    ]
    assert len(read(folder / "results.csv")) == 8
    call(portraits, "face_table", folds="0")
    assert [stage for stage, _ in stages.calls].count("embed") == 1


def test_without_the_proposed_row_the_first_one_is_what_the_others_are_compared_with(
    portraits: Path, stages: Stages
) -> None:
    folder = call(portraits, "face_table", rows="resnet18,feed_forward", folds="0")
    assert {stage for stage, _ in stages.calls} == {"train", "evaluate"}
    results = read(folder / "results.csv")
    assert results["difference"].isna().tolist() == [True, False]
    assert "difference to resnet18" in (folder / "results.md").read_text(encoding="utf-8")


def test_a_table_of_latents_of_the_user_is_not_searched_for(portraits: Path, stages: Stages) -> None:
    (portraits.parent / "out/cells/latents").mkdir(parents=True)
    (portraits.parent / "out/cells/latents/latents.csv").write_text("", encoding="utf-8")
    call(portraits, "face_table", rows="coxph", latents_file="mine.csv")
    assert [(stage, given["latents_file"]) for stage, given in stages.calls] == [("compare", "mine.csv")]


def test_each_line_of_the_list_can_be_run_alone(
    portraits: Path, stages: Stages, capsys: pytest.CaptureFixture[str]
) -> None:
    call(portraits, "face_table", rows="coxph,resnet18,edits", folds="0", list=True)
    lines = capsys.readouterr().out.splitlines()
    configs = [
        [Path(json.loads(shlex.split(part)[7].replace("'", '"'))[0]).stem for part in line.split(" && ")]
        for line in lines
    ]
    assert configs == [["embed", "compare"], ["train"] * 4, ["embed", "manipulate"]]
    assert lines[1].count("face_resnet18.json") == 4
