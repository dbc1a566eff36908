"""Each row of the lesion paper's second table trains an epoch and is scored, from its overlay alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from prognos.apps.bundles import find_bundle
from prognos.apps.experiment.cells import Study
from prognos.apps.experiment.references import describe_patients
from prognos.apps.experiment.tables import find_table
from prognos.apps.run import open_stage
from prognos.inferers import ChunkedInferer

OVERLAYS = Path(__file__).parents[2] / "configs/experiments"

ROWS = {
    "lesion_imagenet_resnet50": "imagenet_resnet50 (from scratch)",
    "lesion_no_fc_network": "no_fc_network",
    "lesion_no_size_scaler": "no_size_scaler",
    "lesion_largest_five": "largest_five",
    "lesion_whole_volume": "whole_volume",
    "lesion_whole_volume_reduced": "whole_volume_reduced",
}
"""Name of each overlay and of its model in the predictions."""

SMALL = {"epochs": 1, "batch_size": 4, "readers_per_epoch": 1}
"""One annotation of each of the eight training patients, in two batches."""


def run(stage: str, overlay: str, **overrides: object) -> None:
    workflow = open_stage("lesion_prioritization", stage, overlay=overlay, **overrides)
    workflow.initialize()
    workflow.run()
    workflow.finalize()


@pytest.fixture(scope="module")
def settings(
    lesion_cohort: Path, lesion_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, object]]:
    """What the rows on lesions and the row on whole scans need to be told."""
    given = {"dataset_dir": str(lesion_cohort), "device": "$torch.device('cpu')", **SMALL}
    lesions = given | {"cache_dir": str(lesion_cache), "max_lesions": 3}
    grid = {"spacing_mm": [12.5, 12.5, 40.0], "scan_size": [32, 32, 16]}
    scans = given | grid | {"scan_cache_dir": str(tmp_path_factory.mktemp("scan_cache"))}
    return {name: scans if "whole" in name else lesions for name in ROWS}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_trains_and_is_scored(row: str, settings: dict[str, dict[str, object]], tmp_path: Path) -> None:
    given = settings[row] | {"output_dir": str(tmp_path)}
    run("train", row, **given)
    run("evaluate", row, weights=str(tmp_path / "model.pt"), subset="test", **given)
    table = pd.read_csv(tmp_path / "predictions_test.csv", comment="#")
    assert len(table) == 4
    assert set(table["model"]) == {ROWS[row]}
    assert table["log_hazard"].notna().all()
    assert table["log_hazard"].std() > 0
    metrics = json.loads((tmp_path / "metrics_test.json").read_text())
    description = metrics["provenance"]["description"]
    assert ("encoder started from scratch" in description) == ("resnet50" in row)
    assert ("weights of epoch 1, the highest val_c_index" in description) == ("resnet50" in row)
    page = (tmp_path / "report_test.html").read_text()
    assert "SYNTHETIC" in page
    assert ("Scored are the 3 largest lesions" in page) == ("whole" not in row)
    checkpoint = torch.load(next(tmp_path.glob("checkpoints/*.pt")), weights_only=True)
    assert ("best" in checkpoint) == ("resnet50" in row)


def test_whole_scans_train_in_chunks_in_bfloat16_too(
    settings: dict[str, dict[str, object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The overlay once asked for the layout of 2-D networks, and took the place of the chunks."""
    calls = []
    apply = ChunkedInferer.__call__

    def noted(self: ChunkedInferer, *given: Any, **more: Any) -> torch.Tensor:
        calls.append((torch.is_grad_enabled(), torch.is_autocast_enabled("cpu"), self.size))
        return apply(self, *given, **more)

    monkeypatch.setattr(ChunkedInferer, "__call__", noted)
    # bfloat16 gives infinite gradients where a 3-D map is one voxel thin (torch 2.13, processor), so not a thin scan.
    grid = {"spacing_mm": [6.0, 6.0, 6.0], "scan_size": [64, 64, 64]}
    given = settings["lesion_whole_volume"] | grid | {"output_dir": str(tmp_path)}
    run("train", "lesion_whole_volume,bfloat16", **given)
    assert (tmp_path / "model.pt").is_file()
    assert set(calls) == {(True, True, 2), (False, False, 2)}


def test_reading_all_patients_for_the_reference_rows_writes_nothing(
    lesion_cohort: Path, lesion_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It once wrote the table of skipped scans where a training of the user's own keeps it."""
    monkeypatch.chdir(tmp_path)
    given = {"dataset_dir": str(lesion_cohort), "cache_dir": str(lesion_cache), "on_error": "skip"}
    study = Study(
        find_table("lesion_table"), find_bundle("lesion_prioritization"), tmp_path, overrides={"proposed": given}
    )
    found = describe_patients(study, lesion_cohort / "cohort.csv")
    assert len(found) == len(pd.read_csv(lesion_cohort / "cohort.csv"))
    assert not list(tmp_path.iterdir())


def test_a_row_names_a_file_of_weights_that_is_not_there(
    settings: dict[str, dict[str, object]], tmp_path: Path
) -> None:
    given = settings["lesion_imagenet_resnet50"] | {"output_dir": str(tmp_path), "weights_file": "gone.pth"}
    with pytest.raises(RuntimeError) as caught:
        run("train", "lesion_imagenet_resnet50", **given)
    cause = caught.value.__cause__
    assert isinstance(cause, FileNotFoundError)
    assert str(cause).startswith("no ImageNet weights at gone.pth. Name your copy of the published file")


@pytest.mark.parametrize(
    ("row", "other", "differing"),
    [
        (
            "lesion_imagenet_resnet50",
            "lesion_radimagenet_resnet50",
            {"_desc_", "name", "source", "mean", "deviation"},
        ),
        (
            "lesion_whole_volume",
            "lesion_whole_volume_reduced",
            {
                "_desc_",
                "model",
                "predicts",
                "spacing_mm",
                "scan_size",
                "chunk_size",
                "train::inferer",
                "validate::inferer",
            },
        ),
    ],
)
def test_two_rows_differ_in_nothing_else(row: str, other: str, differing: set[str]) -> None:
    def stripped(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: stripped(value) for key, value in node.items() if key not in differing}
        return [stripped(value) for value in node] if isinstance(node, list) else node

    first, second = (json.loads((OVERLAYS / f"{name}.json").read_text()) for name in (row, other))
    assert stripped(first) == stripped(second)


def test_the_radimagenet_row_prepares_its_patches_as_its_weights_expect() -> None:
    workflow = open_stage("lesion_prioritization", "train", overlay="lesion_radimagenet_resnet50")
    encoder = workflow.parser.get_parsed_content("network_def").encoder
    patches = torch.tensor([0.0, 0.5, 1.0]).view(3, 1, 1, 1)
    prepared = (patches - encoder.mean) / encoder.deviation
    torch.testing.assert_close(prepared, torch.tensor([-1.0, 0.0, 1.0]).view(3, 1, 1, 1).expand(3, 3, 1, 1))
