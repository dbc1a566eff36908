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
from safetensors.torch import load_file

from prognos.estimators import BaselineHazard, save_model
from prognos.networks import fingerprint, load_stylegan2, read_provenance

REPOSITORY = Path(__file__).parents[2]
BUNDLES = sorted(path.parents[1] for path in REPOSITORY.glob("bundles/*/configs/metadata.json"))
SHIPPED = [bundle for bundle in BUNDLES if (bundle / "models/model.pt").is_file()]
"""Bundles with weights; one that is being made has none yet."""

CONFIGS = sorted(
    path
    for path in [*REPOSITORY.glob("bundles/*/configs/*.json"), *REPOSITORY.glob("configs/**/*.json")]
    if path.name != "metadata.json"
)
SHARED_IDS = {
    *("bundle_root", "dataset_dir", "cohort_file", "output_dir", "device", "epochs", "seed"),
    *("network_def", "network", "loss", "optimizer", "train", "validate"),
}
FILES = {"config_file": "inference", "meta_file": "metadata"}
OVERRIDES = {"face_prognosis": "portrait_overrides", "lesion_prioritization": "lesion_overrides"}
"""Fixtures with what the stages of a bundle need to be told."""

SCHEMA = REPOSITORY.parent / "shared" / "zoo" / "meta_schema_20240725.json"


@pytest.fixture
def lesion_overrides(lesion_cohort: Path, lesion_cache: Path) -> dict[str, dict[str, Any]]:
    cohort = {"dataset_dir": str(lesion_cohort), "cache_dir": str(lesion_cache)}
    image, mask = (next((lesion_cohort / folder).iterdir()) for folder in ("images", "masks"))
    return {"train": cohort, "evaluate": cohort, "inference": cohort | {"image": str(image), "mask": str(mask)}}


@pytest.fixture
def portrait_overrides(
    portrait_settings: dict[str, Any], portrait_models: Path, tmp_path: Path
) -> dict[str, dict[str, Any]]:
    encoder, generator = (str(portrait_models / f"{name}.safetensors") for name in ("encoder", "generator"))
    baseline = BaselineHazard().fit([0.0, 1.0], [[1.0, 1.0], [2.0, 0.0]])
    save_model(tmp_path / "baseline.safetensors", baseline, generator=fingerprint(load_stylegan2(generator)))
    files = {"generator_file": generator, "baseline_file": str(tmp_path / "baseline.safetensors")}
    weights = portrait_settings | {"weights": encoder}  # nothing is run, so any file with a provenance will do
    image = f"{portrait_settings['dataset_dir']}/photos.csv"
    return {
        "train": portrait_settings | {"encoder_file": encoder},
        "evaluate": weights,
        "inference": weights | files | {"image": image},
    }


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


@pytest.mark.parametrize("stage", ["train", "train_generator"])
@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_settings_know_a_table_by_its_content_and_not_by_its_path(bundle: Path, stage: str, tmp_path: Path) -> None:
    config = bundle / f"configs/{stage}.json"
    if not config.is_file():
        pytest.skip(f"{bundle.name} has no stage {stage}")
    found = []
    for folder, content in (("Jane Doe", "one"), ("moved", "one"), ("moved", "two")):
        (tmp_path / folder).mkdir(exist_ok=True)
        for table in ("cohort.csv", "annotations.csv", "photos.csv", "aligned.npy"):
            (tmp_path / folder / table).write_text(content)
        parser = monai.bundle.ConfigParser()
        parser.read_config(str(config))
        parser.update({"bundle_root": str(bundle), "dataset_dir": str(tmp_path / folder)})
        found.append(parser.get_parsed_content("settings"))
        assert str(tmp_path) not in json.dumps(found)
        assert str(bundle) not in json.dumps(found)
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("bundle", SHIPPED, ids=lambda bundle: bundle.name)
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
    settings = re.findall(r"@(\w+)", json.dumps(train["network_def"]))
    assert settings
    assert {name: train[name] for name in settings} == {name: inference[name] for name in settings}


@pytest.mark.parametrize("bundle", SHIPPED, ids=lambda bundle: bundle.name)
def test_weights_are_plain_tensors_of_known_origin(bundle: Path) -> None:
    weights = torch.load(bundle / "models/model.pt", weights_only=True)
    assert read_provenance(bundle / "models/model.pt").trained_on == "synthetic"
    assert "SYNTHETIC" in read_provenance(bundle / "models/model.pt").notice
    if (bundle / "models/model.safetensors").is_file():
        same = load_file(bundle / "models/model.safetensors")
        assert weights.keys() == same.keys()
        assert all(torch.equal(weights[key], same[key]) for key in same)


@pytest.mark.parametrize("stage", ["train", "evaluate", "inference"])
@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_no_property_that_monai_asks_for_is_missing(
    bundle: Path, stage: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    files = {
        "train": ["train.json"],
        "evaluate": ["train.json", "evaluate.json"],
        "inference": ["inference.json"],
    }[stage]
    workflow = monai.bundle.ConfigWorkflow(
        [str(bundle / "configs" / file) for file in files],
        workflow_type="train" if stage == "train" else "inference",
        logging_file=False,
        bundle_root=str(bundle),
        output_dir=str(tmp_path / "out"),
        **request.getfixturevalue(OVERRIDES[bundle.name])[stage],
    )
    workflow.initialize()
    assert workflow.check_properties() == []


@pytest.mark.parametrize(
    ("subset", "whom", "part"),
    [
        ("all", "All patients of t.csv", "Evaluated is everybody."),
        ("test", "The test patients of t.csv", "Evaluated is part test of fold 2."),
    ],
)
@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_a_report_says_for_whom_it_is(bundle: Path, subset: str, whom: str, part: str) -> None:
    parser = monai.bundle.ConfigParser()
    parser.read_config([str(bundle / f"configs/{stage}.json") for stage in ("train", "evaluate")])
    parser.update({"subset": subset, "fold": 2, "settings::cohort_file": "t.csv"})
    assert parser.get_parsed_content("report::cohort") == whom
    assert parser.get_parsed_content("reporting::12a") == part


@pytest.mark.parametrize("overlays", [("multi_gpu", "bfloat16"), ("bfloat16", "multi_gpu")], ids="-".join)
@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_several_processes_stay_several_in_bfloat16(bundle: Path, overlays: tuple[str, str]) -> None:
    """Both overlays once defined the network, and the later one took the other's away."""
    parser = monai.bundle.ConfigParser()
    shared = REPOSITORY / "configs"
    parser.read_config([str(bundle / "configs/train.json"), *(str(shared / f"{name}.json") for name in overlays)])
    assert parser["network"]["_target_"] == "torch.nn.parallel.DistributedDataParallel"
    assert parser["train::trainer::inferer"]["_target_"] == "prognos.inferers.AutocastInferer"


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_the_export_commands_of_monai_give_the_same_network(bundle: Path, tmp_path: Path) -> None:
    files = {name: str(bundle / f"configs/{file}.json") for name, file in FILES.items()}
    monai.bundle.verify_net_in_out("network_def", device="cpu", **files)
    parser = monai.bundle.ConfigParser()
    parser.read_config(files["config_file"])
    network = parser.get_parsed_content("network_def").eval()
    weights = bundle / "models/model.pt"
    if not weights.is_file():
        weights = tmp_path / "model.pt"
        torch.save(network.state_dict(), weights)
    network.load_state_dict(torch.load(weights, weights_only=True))
    data = json.loads(Path(files["meta_file"]).read_text())["network_data_format"]["inputs"]["image"]
    image = torch.rand(1, data["num_channels"], *data["spatial_shape"])
    expected = network(image).detach()
    script, onnx = str(tmp_path / "model.ts"), str(tmp_path / "model.onnx")
    monai.bundle.ckpt_export("network_def", script, ckpt_file=str(weights), **files)
    torch.testing.assert_close(torch.jit.load(script)(image), expected)
    monai.bundle.onnx_export("network_def", onnx, ckpt_file=str(weights), **files)
    session = pytest.importorskip("onnxruntime").InferenceSession(onnx, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: image.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), expected, rtol=1e-4, atol=1e-4)


def test_documents_name_no_machine_and_no_registry() -> None:
    forbidden = re.compile(r"(^|[^.\w])/(work|farm|tmp)/|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian")
    for folder in ("bundles", "configs", "docs", "plugins"):
        for file in (REPOSITORY / folder).rglob("*"):
            if file.suffix in {".py", ".md", ".json", ".txt", ".toml", ".conf"}:
                assert not forbidden.search(file.read_text(encoding="utf-8")), file
