"""Every command and every table that a document shows is one that the package understands."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

from documents import ROOT, blocks, commands, stock_commands
from prognos.__main__ import COMMANDS
from prognos.apps.bundles import bundles, find_bundle
from prognos.apps.experiment.cells import Study
from prognos.apps.experiment.tables import find_table
from prognos.apps.run import config_files, known_overrides
from prognos.data import read_cohort
from prognos.data.cohort import ALIASES

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("bundles/*/docs/*.md"))]

SHOWN = [(path, words) for path in DOCUMENTS for words in commands(path) if words]


@pytest.mark.parametrize(("path", "words"), SHOWN, ids=lambda item: item.name if isinstance(item, Path) else item[0])
def test_a_command_of_a_document_exists_with_its_options(path: Path, words: list[str]) -> None:
    if words[0].startswith("--"):
        assert words[0] in ("--help", "--version")
        return
    module, attribute = COMMANDS[words[0]][0].split(":")
    component = getattr(importlib.import_module(module), attribute)
    function = component if callable(component) else component[words[1]]
    parameters = inspect.signature(function).parameters
    options = {word[2:].split("=")[0].replace("-", "_") for word in words if word.startswith("--")}
    known = {*parameters, "help", "debug"}
    if words[0] == "run":  # a copy in the reader's folder has the ids of the bundle it came from
        root = bundles().get(words[1], find_bundle("lesion_prioritization"))
        named = words[words.index("--overlay") + 1].split(",") if "--overlay" in words else []
        folders = [ROOT / "configs", root / "configs"]  # what is in neither is the reader's
        ours = [overlay for overlay in named if any(list(folder.rglob(f"{overlay}.json")) for folder in folders)]
        known |= known_overrides(config_files(root, words[2], ours))
    if words[0] == "experiment":
        table = find_table(words[1])
        models = [*table.rows, *table.runs]
        study = Study(table, find_bundle(table.bundle), Path())
        for model in models:
            ids = known_overrides(study.files(model))
            known |= ids | {f"{model.name}::{name}" for name in ids}
    assert options <= known


STOCK = [(path, words) for path in DOCUMENTS for words in stock_commands(path)]


@pytest.mark.parametrize(("path", "words"), STOCK, ids=lambda item: item.name if isinstance(item, Path) else "run")
def test_a_command_of_monai_names_config_files_and_ids_that_exist(path: Path, words: list[str]) -> None:
    given = dict(zip(words[::2], words[1::2], strict=True))
    named = given["--config_file"]
    names = ast.literal_eval(named) if named.startswith("[") else [named]
    places = [ROOT / name.rpartition("prognos/")[2] for name in names] + [path.parents[1] / name for name in names]
    files = [place for place in places if place.is_file()]
    assert files or path.name == "add-survival-to-a-bundle.md"
    missing = [name for name in names if name.startswith("bundles/") and not (ROOT / name).is_file()]
    assert missing == []
    if len(files) == len(names):  # else one of them is the reader's
        options = {name[2:].replace("#", "::") for name in given}
        assert options <= known_overrides(files) | {"config_file"}


def test_every_link_of_a_document_leads_somewhere() -> None:
    dead = []
    for path in DOCUMENTS:
        prose = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        targets = re.findall(r"\]\(([^)#\s]+)", prose)
        local = [target for target in targets if not target.startswith("http")]
        dead += [f"{path.name}: {target}" for target in local if not (path.parent / target).exists()]
    assert dead == []


def test_the_table_of_the_reference_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "cohort.csv").write_text(blocks(ROOT / "docs" / "reference" / "cohort.md", "csv")[0])
    samples = read_cohort(tmp_path / "cohort.csv", fold=0, subset="test")
    assert samples[0]["label"].tolist() == [412.0, 1.0]


def test_the_reference_names_every_alias() -> None:
    text = (ROOT / "docs" / "reference" / "cohort.md").read_text(encoding="utf-8")
    assert [alias for aliases in ALIASES.values() for alias in aliases if f"`{alias}`" not in text] == []
