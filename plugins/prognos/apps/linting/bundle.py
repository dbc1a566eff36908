"""Judges a bundle, or the files of one stage, without running anything of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prognos.apps.linting.configs import (
    SUFFIXES,
    Config,
    aliases_of,
    judge_arguments,
    judge_config,
    read_config,
    references,
    walk,
)
from prognos.apps.linting.contents import judge_files, judge_importable, judge_logging, unknown_origins
from prognos.apps.linting.findings import BundleError, Finding, raise_any
from prognos.apps.linting.names import Names
from prognos.apps.linting.stages import judge_properties, judge_references, merge, unused_ids

__all__ = ["BundleError", "Report", "lint_bundle", "lint_stage"]

METADATA = "metadata.json"


@dataclass
class Report:
    """What a bundle is, as far as it can be told from its files.

    Args:
        findings: faults; with one of them the bundle is refused.
        notes: what a person may want to know besides.
        configs: names of the config files that were read.
        stages: stages whose files were judged together.
        names: judged what may be named.
        unused: ids that nothing refers to in some stage, and the note about each.
        used: ids that something refers to in some stage.
    """

    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    configs: list[str] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    names: Names = field(default_factory=Names, repr=False)
    unused: dict[str, str] = field(default_factory=dict, repr=False)
    used: set[str] = field(default_factory=set, repr=False)

    def raise_any(self, what: str) -> None:
        """Raise the faults as one error.

        Raises:
            BundleError: when there is at least one.
        """
        raise_any(what, self.findings)


def lint_bundle(root: Path, stages: Mapping[str, Sequence[Path]]) -> Report:
    """Judge every file of a bundle.

    Args:
        root: folder of the bundle.
        stages: config files of each stage, in the order they are merged; those outside of ``root`` are overlays. Config
            files of the bundle that no stage has are judged alone.
    """
    report = Report(stages=list(stages))
    paths = [path for path in sorted((root / "configs").rglob("*")) if path.suffix.lower() in SUFFIXES]
    paths += [path for files in stages.values() for path in files if path not in paths]
    configs = _read(root, list(dict.fromkeys(paths)), report)
    _judge_configs(list(configs.values()), report)
    merged = {name: [configs[path] for path in files] for name, files in stages.items()}
    for stage, files in merged.items():
        _judge_stage(root, stage, files, report)
        report.findings += _missing_properties(stage, files)
    report.notes += [note for name, note in report.unused.items() if name not in report.used]
    _judge_loose([config for path, config in configs.items() if path.name != METADATA], merged, report)
    _judge_metadata(root, configs, report)
    report.findings += [*judge_logging(root), *judge_files(root)]
    report.notes += [f"{name}: no file beside it says what it was trained on." for name in unknown_origins(root)]
    return report


def lint_stage(root: Path, stage: str, files: Sequence[Path]) -> Report:
    """Judge what one run reads before anything is built: fast, the weights aside, which are judged when they are read.

    Args:
        root: folder of the bundle.
        stage: name of the stage.
        files: its config files and overlays, in the order they are merged.
    """
    report = Report(stages=[stage])
    metadata = root / "configs" / METADATA
    configs = _read(root, [*files, *([metadata] if metadata.is_file() else [])], report)
    _judge_configs(list(configs.values()), report)
    _judge_stage(root, stage, [configs[path] for path in files], report)
    report.findings += [*judge_logging(root), *judge_importable(root)]
    return report


def _read(root: Path, paths: Sequence[Path], report: Report) -> dict[Path, Config]:
    """Read config files; what cannot be read is empty and noted."""
    configs = {}
    for path in paths:
        name = str(path.relative_to(root)) if path.is_relative_to(root) else path.name
        configs[path], faults = read_config(path, name)
        report.findings += faults
        report.configs.append(name)
    return configs


def _judge_configs(configs: Sequence[Config], report: Report) -> None:
    """Judge what each file names and evaluates."""
    aliases = aliases_of(configs)
    for config in configs:
        report.findings += judge_config(config, aliases, report.names)


def _judge_stage(root: Path, stage: str, configs: Sequence[Config], report: Report) -> None:
    """Judge what the files of a stage mean together."""
    try:
        merged = merge(configs)
    except ValueError as error:
        report.findings.append(Finding(configs[-1].name, "", str(error)))
        return
    owner = {name.removeprefix("+"): config.name for config in configs for name in _tops(config)}
    for place, value in walk(merged):
        if isinstance(value, dict):
            file = owner.get("::".join(place.split("::")[:2])) or owner.get(place.split("::")[0], configs[-1].name)
            report.findings += [Finding(file, place, reason) for reason in judge_arguments(value, report.names)]
    unused = unused_ids(stage, merged)
    report.findings += judge_references(configs, merged, unused)
    for name, meant in unused.items():
        file = owner.get(name, configs[0].name)
        hint = f" Did you mean {meant!r}?" if meant else ""
        is_base = file == configs[0].name  # it may be a choice for overlays
        if meant and not is_base and not _is_known(root, name):
            report.findings.append(Finding(file, name, f"nothing refers to it, so it would change nothing.{hint}"))
        else:
            report.unused[name] = f"{file}, {name}: nothing refers to it.{hint}"
    report.used |= {place for place, _ in walk(merged)} - unused.keys()


def _is_known(root: Path, name: str) -> bool:
    """Whether any config of the bundle has an id: an overlay may serve several stages."""
    paths = [path for path in sorted((root / "configs").glob("*")) if path.suffix.lower() in SUFFIXES]
    return any(name == place for path in paths for place in _tops(read_config(path, path.name)[0]))


def _missing_properties(stage: str, configs: Sequence[Config]) -> list[Finding]:
    """What MONAI's tools would look for in vain; a run goes without it."""
    try:
        return list(judge_properties(stage, merge(configs), configs[0].name))
    except ValueError:
        return []  # said already, by :func:`_judge_stage`


def _tops(config: Config) -> Iterator[str]:
    """Ids that a config file may have added to those below it, the nested ones first."""
    yield from (place for place, _ in walk(config.content) if place.count("::") < 2)


def _judge_loose(configs: Sequence[Config], stages: Mapping[str, Sequence[Config]], report: Report) -> None:
    """Judge references of overlays that belong to no stage here against all files of the bundle."""
    ids = {place.removeprefix("+") for config in configs for place, _ in walk(config.content)}
    ids |= {"::".join(place.split("::")[:count]) for place in ids for count in range(1, place.count("::") + 1)}
    merged = {id(config) for files in stages.values() for config in files}
    for config in configs:
        if id(config) in merged:
            continue
        for place, value in walk(config.content):
            for wanted in sorted(references(place, value) - ids):
                if wanted and not wanted.startswith("_meta_"):
                    message = f"refers to {wanted!r}, which no config of the bundle has."
                    report.findings.append(Finding(config.name, place, message))


def _judge_metadata(root: Path, configs: Mapping[Path, Config], report: Report) -> None:
    """Judge whether the metadata hold what MONAI asks every bundle for."""
    from monai.bundle.properties import MetaProperties  # here: it takes seconds

    content = configs.get(root / "configs" / METADATA, Config(METADATA, {})).content
    for name, wanted in MetaProperties.items():
        key = str(wanted["id"]).split("::")[1]
        if wanted["required"] and key not in content:
            message = f"is missing; MONAI asks every bundle for it as the property {name!r}."
            report.findings.append(Finding(f"configs/{METADATA}", key, message))
    if content and content.get("version") not in content.get("changelog", {content.get("version"): ""}):
        report.findings.append(Finding(f"configs/{METADATA}", "changelog", "does not have the version of the bundle."))
