"""``prognos check``: whether a cohort or a bundle can be used, before any hour of computing."""

from __future__ import annotations

from pathlib import Path

from fire.decorators import SetParseFn

from prognos.apps.bundles import bundles, find_bundle
from prognos.apps.check_tables import check_tables
from prognos.data.cohort import TimeUnit

__all__ = ["check"]


@SetParseFn(str)  # fire reads the file name 2024 as a number
def check(
    path: str,
    *,
    annotations: str | None = None,
    time_unit: TimeUnit = "days",
    stage: str = "",
    overlay: str = "",
) -> None:
    """Say whether a cohort table, or a bundle, can be used.

    Of a table, prints what it holds, or every fault by file, line and column. Of a bundle, prints which configs, stages
    and weights were read, or everything in them that could run code of its own, that leads nowhere or that MONAI would
    miss. No patient is named, no file is written and nothing of a bundle is executed.

    Args:
        path: a cohort table; or a bundle, by its name or its folder.
        annotations: the annotation table, when there is one.
        time_unit: unit of the times in the cohort table: days, weeks, months or years.
        stage: of a bundle, the stage to judge together with the overlay; all of its stages by default.
        overlay: config files, or names of some, that will be put on top of the stage; separated by commas.
    """
    if (Path(path) / "configs").is_dir() or (path in bundles() and not Path(path).is_file()):
        check_bundle(find_bundle(path), stage, overlay)
    elif Path(path).is_dir():
        raise ValueError(f"{path} is a folder without configs/: expected a cohort table or the folder of a bundle.")
    else:
        check_tables(Path(path), Path(annotations) if annotations else None, time_unit)


def check_bundle(root: Path, stage: str, overlay: str) -> None:
    """Print what a bundle is, or raise all that is wrong with it.

    Args:
        root: folder of the bundle.
        stage: the stage to judge; empty for all of them, or for ``train`` where an overlay is given.
        overlay: as for :func:`check`.

    Raises:
        BundleError: when the bundle has a fault; all are listed.
        ValueError: when the stage or the overlay is unknown.
    """
    from prognos.apps.linting import lint_bundle  # here: tables shall not wait for it
    from prognos.apps.run import bundle_stages, config_files

    overlays = overlay.split(",") if overlay else []
    stages = [stage] if stage else ["train"] if overlay else bundle_stages(root)
    report = lint_bundle(root, {name: config_files(root, name, overlays) for name in stages})
    for note in report.notes:
        print(f"note: {note}")
    report.raise_any(str(root.name))
    print(
        f"{root}: {len(report.configs)} config files, stages {', '.join(report.stages) or 'none'}; no fault was found."
    )
    print("Nothing of it was run. It still reads and writes the files that it is told to.")
