"""What every bundle must satisfy, mostly read from its JSON files without running it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from pydoc import locate
from typing import Any

import jsonschema
import monai.bundle
import pytest
import torch

REPOSITORY = Path(__file__).parents[2]
BUNDLES = sorted(path.parents[1] for path in REPOSITORY.glob("bundles/*/configs/metadata.json"))
CONFIGS = sorted(
    path
    for path in [*REPOSITORY.glob("bundles/*/configs/*.json"), *REPOSITORY.glob("configs/*.json")]
    if path.name != "metadata.json"
)
SHARED_IDS = {
    *("bundle_root", "dataset_dir", "cohort_file", "output_dir", "device", "epochs", "seed"),
    *("network_def", "network", "loss", "optimizer", "train", "validate"),
}
SCHEMA = REPOSITORY.parent / "shared" / "zoo" / "meta_schema_20240725.json"


def walk(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield every (key, value) of a JSON document, at any depth."""
    if isinstance(node, (dict, list)):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield str(key), value
            yield from walk(value)


def name(path: Path) -> str:
    return "/".join(path.parts[-3:])


@pytest.mark.parametrize("path", CONFIGS, ids=name)
def test_every_target_exists(path: Path) -> None:
    built_in = monai.bundle.ComponentLocator()
    for key, value in walk(json.loads(path.read_text())):
        if key == "_target_":
            assert "." not in value or locate(value), f"{value} does not exist"
            assert "." in value or built_in.get_component_module_name(value), f"MONAI has no {value}"


@pytest.mark.parametrize("path", CONFIGS, ids=name)
def test_expressions_only_join_what_python_code_made(path: Path) -> None:
    for key, value in walk(json.loads(path.read_text())):
        if isinstance(value, str) and value.startswith("$"):
            simple = len(value) <= 120 and "lambda" not in value and " for " not in value
            assert simple, f"{key}: move the logic of {value!r} to a component"


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_bundles_share_one_vocabulary(bundle: Path) -> None:
    assert json.loads((bundle / "configs/train.json").read_text()).keys() >= SHARED_IDS


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_a_bundle_holds_what_the_zoo_asks_for_and_no_code(bundle: Path) -> None:
    for file in ("LICENSE", "configs/inference.json", "models/model.pt", "docs/README.md", "docs/data_license.txt"):
        assert (bundle / file).is_file(), file
    assert not list(bundle.rglob("*.py"))
    assert all(file.stat().st_size < 25_000_000 for file in bundle.rglob("*") if file.is_file())
    metadata = json.loads((bundle / "configs/metadata.json").read_text())
    assert metadata["version"] in metadata["changelog"]


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_metadata_follow_the_schema_of_the_zoo(bundle: Path) -> None:
    if not SCHEMA.is_file():
        pytest.skip("the zoo's metadata schema is not beside the repository")
    jsonschema.validate(json.loads((bundle / "configs/metadata.json").read_text()), json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_the_network_of_inference_is_that_of_training(bundle: Path) -> None:
    train, inference = (json.loads((bundle / f"configs/{stage}.json").read_text()) for stage in ("train", "inference"))
    assert train["network_def"] == inference["network_def"]
    assert train["norm"] == inference["norm"]


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_weights_are_plain_tensors_of_known_origin(bundle: Path) -> None:
    from safetensors.torch import load_file

    from prognos.networks import read_provenance

    weights = torch.load(bundle / "models/model.pt", weights_only=True)
    assert read_provenance(bundle / "models/model.pt").trained_on == "synthetic"
    assert "SYNTHETIC" in read_provenance(bundle / "models/model.pt").notice
    if (bundle / "models/model.safetensors").is_file():
        same = load_file(bundle / "models/model.safetensors")
        assert weights.keys() == same.keys()
        assert all(torch.equal(weights[key], same[key]) for key in same)


@pytest.mark.parametrize("stage", ["train", "evaluate", "inference"])
def test_no_property_that_monai_asks_for_is_missing(stage: str, lesion_cohort: Path, tmp_path: Path) -> None:
    configs = REPOSITORY / "bundles/lesion_prioritization/configs"
    files = {
        "train": ["train.json"],
        "evaluate": ["train.json", "evaluate.json"],
        "inference": ["inference.json"],
    }[stage]
    image = next((lesion_cohort / "images").iterdir())
    mask = next((lesion_cohort / "masks").iterdir())
    case = {"image": str(image), "mask": str(mask)} if stage == "inference" else {}
    workflow = monai.bundle.ConfigWorkflow(
        [str(configs / file) for file in files],
        workflow_type="train" if stage == "train" else "inference",
        logging_file=False,
        bundle_root=str(configs.parent),
        dataset_dir=str(lesion_cohort),
        cache_dir=str(tmp_path / "cache"),
        output_dir=str(tmp_path / "out"),
        **case,
    )
    workflow.initialize()
    assert workflow.check_properties() == []


def test_documents_name_no_machine_and_no_registry() -> None:
    forbidden = re.compile(r"(^|[^.\w])/(work|farm|tmp)/|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian")
    for folder in ("bundles", "configs", "docs", "plugins"):
        for file in (REPOSITORY / folder).rglob("*"):
            if file.suffix in {".py", ".md", ".json", ".txt", ".toml", ".conf"}:
                assert not forbidden.search(file.read_text(encoding="utf-8")), file
