"""What ``prognos check`` lets pass, and every trick that it refuses before anything of a bundle runs."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from prognos.__main__ import main
from prognos.apps.check import check
from prognos.apps.linting import BundleError, lint_bundle, lint_stage
from prognos.apps.run import bundle_stages, config_files
from prognos.networks.provenance import write_provenance

REPOSITORY = Path(__file__).parents[2]
BUNDLES = sorted(path.parents[1] for path in REPOSITORY.glob("bundles/*/configs/metadata.json"))
OVERLAYS = [
    *(
        (bundle, stage, path.stem)
        for path in sorted(REPOSITORY.glob("configs/*.json"))
        for bundle in BUNDLES
        for stage in ("train",)
    ),
    *(
        (bundle, stage, path.stem)
        for path in sorted(REPOSITORY.glob("configs/experiments/*.json"))
        for bundle in BUNDLES
        for stage in ("train", "evaluate")
        if bundle.name.startswith(path.stem.split("_")[0])
    ),
    *(
        (bundle, "train_generator", path.stem)
        for bundle in BUNDLES
        for path in bundle.glob("configs/*_generator*.json")
        if path.stem != "train_generator"
    ),
]
"""Every overlay, on the stages it is made for."""  # fmt: skip

TRAIN = {
    "imports": ["$import math"],
    "bundle_root": ".",
    "dataset_dir": "./data",
    "device": "$torch.device('cpu')",
    "output_dir": "$@bundle_root + '/out'",
    "epochs": 3,
    "network_def": {"_target_": "torch.nn.Linear", "in_features": 2, "out_features": "$int(math.sqrt(@epochs))"},
    "train": {
        "dataset": {"_target_": "Dataset", "data": ["@output_dir"]},
        "inferer": {"_target_": "SimpleInferer"},
        "trainer": {"max_epochs": "@epochs", "network": "$@network_def.to(@device)"},
    },
    "run": ["$@train::trainer"],
}
METADATA = dict.fromkeys(("version", "monai_version", "pytorch_version", "numpy_version"), "1.0.0")

CANARY = "never_written.txt"
WRITE = f"open('{CANARY}', 'w').close()"


class Payload:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (WRITE,)


@pytest.fixture(autouse=True)
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No trick may have written its file."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not list(tmp_path.rglob(CANARY))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle without a fault."""
    root = tmp_path / "theirs"
    (root / "configs").mkdir(parents=True)
    (root / "models").mkdir()
    (root / "configs" / "train.json").write_text(json.dumps(TRAIN))
    (root / "configs" / "metadata.json").write_text(json.dumps(METADATA))
    return root


def faults(root: Path) -> str:
    """All that is wrong with a bundle."""
    report = lint_bundle(root, {stage: config_files(root, stage) for stage in bundle_stages(root)})
    return "\n".join(map(str, report.findings))


def plant(root: Path, changes: dict[str, Any]) -> None:
    """Change ids of the bundle's training."""
    (root / "configs" / "train.json").write_text(json.dumps(TRAIN | changes))


@pytest.mark.parametrize("root", BUNDLES, ids=lambda root: root.name)
def test_our_bundles_have_no_fault(root: Path) -> None:
    assert faults(root) == ""


@pytest.mark.parametrize(("root", "stage", "overlay"), OVERLAYS, ids=lambda part: getattr(part, "name", part))
def test_our_overlays_have_no_fault(root: Path, stage: str, overlay: str) -> None:
    report = lint_stage(root, stage, config_files(root, stage, [overlay]))
    assert [str(fault) for fault in report.findings] == []


def test_a_bundle_of_somebody_else_without_tricks_passes(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(str(bundle))
    shown = capsys.readouterr().out
    assert "2 config files, stages train; no fault was found" in shown


TRICKS: dict[str, tuple[dict[str, Any], str]] = {
    "a function of Python": ({"network_def": {"_target_": "builtins.eval"}}, "builtins.eval lies outside"),
    "a short name of Python": ({"network_def": {"_target_": "exec"}}, "function of Python itself"),
    "a process": ({"network_def": {"_target_": "os.system", "command": "touch x"}}, "os.system lies outside"),
    "a process by a short name of MONAI": ({"network_def": {"_target_": "run_cmd"}}, "is no part of a model"),
    "a module that torch imports": ({"network_def": {"_target_": "torch.nn.modules.os.system"}}, "os.system"),
    "a class that MONAI imports": ({"network_def": {"_target_": "monai.data.dataset.Path"}}, "to pathlib, outside of"),
    "a package under another name": ({"network_def": {"_target_": "torch.nn.functional.torch.hub.load"}}, "leads over"),
    "code from the internet": ({"network_def": {"_target_": "torch.hub.load"}}, "is no part of a model"),
    "a pickle": ({"network_def": {"_target_": "torch.load", "f": "x"}}, "is no part of a model"),
    "another bundle": ({"network_def": {"_target_": "monai.bundle.run"}}, "is no part of a model"),
    "our own commands": ({"network_def": {"_target_": "prognos.apps.run.run"}}, "is no part of a model"),
    "an import by name": (
        {"network_def": {"_target_": "monai.transforms.utils.optional_import", "module": "os"}},
        "which is no part of a model",
    ),
    "a computed target": ({"network_def": {"_target_": "$'os.' + 'system'"}}, "not a plain dotted name"),
    "a referred target": ({"name": "os.system", "network_def": {"_target_": "@name"}}, "not a plain dotted name"),
    "a target put inside": ({"train::dataset::_target_": "os.system"}, "os.system lies outside"),
    "a target deep inside": ({"initialize": [{"a": [{"b": {"_target_": "os.system"}}]}]}, "initialize::0::a::0::b"),
    "a reader": ({"initialize": [{"_target_": "LoadImage", "reader": "subprocess.Popen"}]}, "subprocess.Popen lies"),
    "a reader elsewhere": (
        {"load": {"_target_": "LoadImage", "reader": "@epochs"}, "initialize": ["@load"]},
        "must stand here in plain text",
    ),
    "a reader handed on": ({"initialize": [{"_target_": "LoadImage", "_mode_": "callable"}]}, "hands on LoadImage"),
    "a reader handed on in two steps": (
        {"initialize": [{"_target_": "LoadImage"}], "initialize::0::_mode_": "callable"},
        "hands on LoadImage",
    ),
    "a debugger": ({"network_def": TRAIN["network_def"] | {"_mode_": "debug"}}, "'debug' would stop"),  # type: ignore[operator]
    "another debugger": ({"network_def": TRAIN["network_def"] | {"_debug_": True}}, "a key that a config may not"),  # type: ignore[operator]
    "a requirement": ({"network_def": TRAIN["network_def"] | {"_requires_": f"$exec({WRITE!r})"}}, "name 'exec'"),  # type: ignore[operator]
    "a switch": ({"network_def": TRAIN["network_def"] | {"_disabled_": f"$exec({WRITE!r})"}}, "name 'exec'"),  # type: ignore[operator]
    "an unpickling reader": ({"settings": {"allow_pickle": True}, "initialize": ["@settings"]}, "could run code"),
    "code in weights": ({"settings": {"weights_only": False}, "initialize": ["@settings"]}, "could run code"),
    "an unknown argument": ({"network_def": TRAIN["network_def"] | {"in_feature": 2}}, "no argument 'in_feature'"),  # type: ignore[operator]
    "a target that is not there": ({"network_def": {"_target_": "torch.nn.Linaer"}}, "Did you mean 'Linear'"),
    "a short name that is not there": ({"network_def": {"_target_": "SimpleInfere"}}, "did you mean 'SimpleInferer'"),
    "a reference to nothing": ({"output_dir": "$@bundel_root + '/out'"}, "did you mean 'bundle_root'"),
    "another file": ({"network_def": "%../../elsewhere.json::network"}, "copies from another file"),
    "another yaml file": ({"network_def": "%/etc/elsewhere.YAML#network"}, "copies from another file"),
}  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_a_config_that_names_what_it_may_not_is_refused(bundle: Path, trick: str) -> None:
    changes, reason = TRICKS[trick]
    plant(bundle, changes)
    shown = faults(bundle)
    assert any(part in shown for part in reason.split("|")), shown


EXPRESSIONS = [
    f"__import__('os').system({WRITE!r})",
    f"(lambda: {WRITE})()",
    f"eval({WRITE!r})",
    f"exec({WRITE!r})",
    WRITE,
    f"[{WRITE} for x in [1]]",
    f"{{'a': [{WRITE}]}}",
    f"1 if {WRITE} else 2",
    f"(x := {WRITE})",
    f"f'{{{WRITE}}}'",
    "'{0.__class__}'.format(@network_def)",
    "'{0.a}'.format(@network_def)",
    "@network_def.forward.im_func",
    "@network_def.\uff3f_class_\uff3f",
    "getattr(@network_def, 'to')",
    "torch.os.system('touch x')",
    "monai.utils.optional_import('os')",
    "monai.transforms.LoadImage(reader='os.system')",
    "torch.load('x')",
    "np.load('x', allow_pickle=True)",
    "torch.hub.load",
    "monai.data.dataset.Path('x').write_text('y')",
    "@train::dataset.path.write_text('x')",
    "@train::dataset.path.write_text",
    "@network_def(@dataset_dir)",
    "@network_def.eval('1')",
    "[open][0]('x', 'w')",
    "dict(**@train)",
    "list(*@train)",
    "9 ** 9 ** 9",
    "'@or @and'",
    "1; import os",
    "import os",
    "import os as math",
    "from os import system as sqrt",
    "from operator import attrgetter, methodcaller",
    "import torch._C",
    "math.prod.__self__",
    "b'x'",
    "(" * 500 + ")" * 500,
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda text: text[:40])
def test_an_expression_outside_of_the_grammar_is_refused(bundle: Path, expression: str) -> None:
    plant(bundle, {"initialize": ["$math.pi", f"${expression}"]})
    if expression.startswith("from operator"):  # the names are refused where they are used
        plant(bundle, {"imports": [f"${expression}"], "initialize": ["$attrgetter('a')"]})
    assert "initialize::" in faults(bundle)


@pytest.mark.parametrize(
    "expression",
    [
        "@epochs + 1", "@train::dataset.data", "'%d of %s' % (@epochs, @output_dir)", "@network_def.to(@device)",
        "torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')", "math.prod([1, 2])", "not @epochs > 3",
        "len(@train::dataset)", "dict(@train, more=1)", "torch.float16", "@train['trainer']", "2 ** 8", "None",
        "monai.data.pad_list_data_collate", "monai.handlers.from_engine(['pred', 'label'])", "@##epochs",
    ],
)  # fmt: skip
def test_an_expression_of_the_grammar_passes(bundle: Path, expression: str) -> None:
    plant(bundle, {"initialize": [f"${expression}"]})
    assert faults(bundle) == ""


def test_an_import_in_one_file_cannot_disguise_a_name_in_another(bundle: Path) -> None:
    (bundle / "configs" / "evaluate.json").write_text(json.dumps({"imports": ["$import operator as math"]}))
    plant(bundle, {"initialize": ["$math.attrgetter('a')"]})
    assert "calls operator.attrgetter" in faults(bundle)


def test_a_yaml_config_is_read_like_json_and_its_tags_run_nothing(bundle: Path) -> None:
    pytest.importorskip("yaml")
    (bundle / "configs" / "tags.yaml").write_text(f"a: !!python/object/apply:os.system ['touch {CANARY}']\n")
    (bundle / "configs" / "bytes.yml").write_text("a: !!binary gASVBgAAAA==\n")
    (bundle / "configs" / "target.yml").write_text("network_def: {_target_: os.system}\n")
    shown = faults(bundle)
    assert "configs/tags.yaml: cannot be read as a config (ConstructorError" in shown
    assert "configs/bytes.yml, a: holds bytes" in shown
    assert "configs/target.yml, network_def::_target_: 'os.system'" in shown


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "JSONDecodeError"), ("[]", "holds a list"), ('{"a": 1, "a": 2}', "the later value would win"),
        ("[" * 100_000, "nested too deeply|RecursionError"), ('{"a": "\\ud800"}', ""), ("\x00", "JSONDecodeError"),
    ],
)  # fmt: skip
def test_a_config_that_cannot_be_read_is_named(bundle: Path, text: str, reason: str) -> None:
    (bundle / "configs" / "more.json").write_text(text)
    assert any(part in faults(bundle) for part in reason.split("|"))


def test_a_yaml_file_that_grows_when_it_is_read_is_refused(bundle: Path) -> None:
    pytest.importorskip("yaml")
    lines = ["a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    (bundle / "configs" / "more.yaml").write_text("\n".join(lines))
    assert "which no config needs" in faults(bundle)


def test_expressions_in_the_metadata_are_judged_as_well(bundle: Path) -> None:
    (bundle / "configs" / "metadata.json").write_text(json.dumps(METADATA | {"version": f"$exec({WRITE!r})"}))
    assert "configs/metadata.json, version" in faults(bundle)


def test_missing_properties_and_metadata_are_named(bundle: Path) -> None:
    (bundle / "configs" / "metadata.json").write_text(json.dumps({"version": "1"}))
    config = {key: value for key, value in TRAIN.items() if key != "dataset_dir"}
    (bundle / "configs" / "train.json").write_text(json.dumps(config))
    shown = faults(bundle)
    assert "configs/train.json, dataset_dir: is missing" in shown
    assert "configs/metadata.json, monai_version: is missing" in shown


@pytest.mark.parametrize("section", ["handler_console]\nclass=eval('1')", "handler_console]\nargs=(exit(),)"])
def test_a_log_format_that_runs_code_is_refused(bundle: Path, section: str) -> None:
    (bundle / "configs" / "logging.conf").write_text(f"[{section}\n")
    assert "configs/logging.conf" in faults(bundle)


@pytest.mark.parametrize("file", ["scripts/net.py", "numpy.py", "configs/__pycache__/x.pyc", "train.sh", "x.pth"])
def test_code_in_a_bundle_is_refused(bundle: Path, file: str) -> None:
    (bundle / file).parent.mkdir(parents=True, exist_ok=True)
    (bundle / file).write_text(WRITE)
    assert f"{file}: is code" in faults(bundle)


def write_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps(Payload()))


def write_torch(path: Path) -> None:
    torch.save({"weight": torch.zeros(2), "more": Payload()}, path)


def write_program(path: Path) -> None:
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), path)


def write_objects(path: Path) -> None:
    stream = io.BytesIO()
    np.save(stream, np.array([Payload()], dtype=object), allow_pickle=True)
    path.write_bytes(stream.getvalue())


def write_damaged(path: Path) -> None:
    save_file({"weight": torch.zeros(99)}, path)
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize(
    ("name", "write", "reason"),
    [
        ("model.pt", write_pickle, "could run code|cannot be read"), ("model.pt", write_torch, "could run code"),
        ("model.ts", write_program, "TorchScript program"), ("mean.npy", write_objects, "could run code"),
        ("cache.pkl", write_pickle, "could run code|cannot be read"),
        ("model.safetensors", write_damaged, "no whole safetensors file"),
    ],
)  # fmt: skip
def test_weights_that_could_run_code_are_refused(
    bundle: Path, name: str, write: Callable[[Path], None], reason: str
) -> None:
    write(bundle / "models" / name)
    shown = faults(bundle)
    assert f"models/{name}" in shown
    assert any(part in shown for part in reason.split("|")), shown


def test_weights_that_are_not_those_of_their_provenance_are_refused(bundle: Path) -> None:
    save_file({"weight": torch.zeros(2)}, bundle / "models" / "model.safetensors")
    np.save(bundle / "models" / "mean.npy", np.zeros(2))
    write_provenance(bundle / "models" / "model.safetensors", "synthetic", "two zeros")
    assert faults(bundle) == ""
    save_file({"weight": torch.ones(2)}, bundle / "models" / "model.safetensors")
    assert "models/model.safetensors: has the SHA-256" in faults(bundle)
    assert "others took their place" in faults(bundle)
    assert str(bundle) not in faults(bundle)


def test_a_mistyped_id_of_an_overlay_is_refused_with_the_nearest(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "faster.json").write_text(json.dumps({"epoch": 5}))
    with pytest.raises(BundleError, match=r"faster.json, epoch: nothing refers to it.*did you mean 'epochs'|epochs"):
        check(str(bundle), overlay=str(tmp_path / "faster.json"))


def test_a_run_refuses_before_anything_of_the_bundle_runs(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plant(bundle, {"initialize": [f"$exec({WRITE!r})"]})
    assert main(["run", str(bundle), "train"]) == 1
    assert "theirs: 1 fault, all listed here; nothing of it was run." in capsys.readouterr().err
    plant(bundle, {})
    (bundle / "numpy.py").write_text(WRITE)
    assert main(["run", str(bundle), "train"]) == 1
    assert "numpy.py: is code" in capsys.readouterr().err


DOWNLOADS = {
    "its own": ({"hash_val": "9a0364b9e99bb480dd25e1f0284c8555", "hash_type": "md5"}, ""),
    "another": (
        {"hash_val": "0" * 64, "hash_type": "sha256"},
        "has another sha256 than 000000000000...: it was changed",
    ),
    "none": ({}, "is downloaded without a digest"),
    "unknown": ({"hash_val": "0", "hash_type": "crc"}, "is downloaded without a digest"),
    "elsewhere": ({"path": "../model.pt", "hash_val": "0"}, "lies outside of the bundle"),
}


@pytest.mark.parametrize("case", DOWNLOADS)
def test_what_is_downloaded_must_have_the_digest_that_is_given(bundle: Path, case: str) -> None:
    entry, reason = DOWNLOADS[case]
    (bundle / "models" / "notes.bin.txt").write_text("content")
    entry = {"path": "models/notes.bin.txt", "url": "https://example.org/notes"} | entry
    (bundle / "large_files.json").write_text(json.dumps({"large_files": [entry]}))
    assert faults(bundle) == "" if not reason else reason in faults(bundle)
