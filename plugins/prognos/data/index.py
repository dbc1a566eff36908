"""Pairs the images and masks of a folder by their names, and shows whatever it could not pair."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prognos.config import keys
from prognos.config.parts import split_part
from prognos.data.annotations import DEFAULT_READER

__all__ = ["FolderIndex", "index_folder"]

IMAGE_PATTERN = "images/{patient}.nii.gz"
"""Where the images are, relative to the folder."""

MASK_PATTERN = "masks/{patient}_{reader}.nii.gz"
"""Where the masks are, relative to the folder."""

_PLACEHOLDERS = ("patient", "reader")


@dataclass(frozen=True)
class FolderIndex:
    """What a folder holds.

    Args:
        rows: rows of an annotation table: ``patient_id, image, mask, organ_mask, reader, timepoint``, paths relative to
            the folder; sorted.
        images_without_mask: images of patients for whom no mask was found.
        masks_without_image: masks of patients for whom no image was found.
        followups_without_baseline: follow-up masks of a reader who has no baseline mask of the patient.
        ambiguous: files that fit two patients, and images or organ maps of which a patient has several.
        ignored: files that fit no pattern.
    """

    rows: list[dict[str, str]]
    images_without_mask: list[str] = field(default_factory=list)
    masks_without_image: list[str] = field(default_factory=list)
    followups_without_baseline: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each kind, for a person to look at."""
        patients = {row[keys.PATIENT] for row in self.rows}
        lists = {name: value for name, value in vars(self).items() if name != "rows"}
        return {"patients": len(patients), "rows": len(self.rows)} | {name: len(found) for name, found in lists.items()}


def index_folder(
    folder: str | Path,
    *,
    image_pattern: str = IMAGE_PATTERN,
    mask_pattern: str = MASK_PATTERN,
    organ_pattern: str = "",
    followup_pattern: str = "",
) -> FolderIndex:
    """Find the images of a folder and the masks that belong to them, by name alone.

    In a pattern, ``{patient}`` and ``{reader}`` stand for any text within one file or folder name, and ``*`` for any
    text that does not matter. An image may be a folder of DICOM files, and its masks may lie in it. A mask is paired
    when its pattern, with the patient of exactly one image put in, fits; nothing is guessed. What follows ``::`` names
    a part of each file, as in ``{patient}/rt.dcm::GTV*``, see :func:`prognos.config.parts.split_part`.

    Args:
        folder: what to search, with all folders in it.
        image_pattern: where the baseline images are, relative to the folder; holds ``{patient}``.
        mask_pattern: where the baseline masks are; holds ``{patient}``, and ``{reader}`` when there are several
            readers. Several files of one patient and reader are one annotation, one file a lesion.
        organ_pattern: where the organ maps are, or empty.
        followup_pattern: where the masks of the follow-up are, or empty.

    Returns:
        The annotation table and everything that is not in it.

    Raises:
        ValueError: when a pattern lacks ``{patient}``, or holds an unknown placeholder.
        NotADirectoryError: when there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder; name the one that holds the images and masks.")
    patterns = {"image": image_pattern, "mask": mask_pattern, "organ": organ_pattern, "followup": followup_pattern}
    for name, pattern in patterns.items():
        _check_pattern(name, pattern, required=name in ("image", "mask"))
    parts = {name: _split_pattern(pattern)[1] for name, pattern in patterns.items()}
    patterns = {name: _split_pattern(pattern)[0] for name, pattern in patterns.items()}
    names = _names(folder)
    ambiguous: set[str] = set()
    images = _images(names, patterns["image"], ambiguous)
    dicom = tuple(f"{path}/" for path in images.values())
    rest = [name for name in names if name not in set(images.values()) and not name.startswith(dicom)]
    found = {
        name: _belonging(names, patterns[name], images, ambiguous) if patterns[name] else {}
        for name in ("mask", "organ", "followup")
    }
    orphans = [paths for owner, paths in found["followup"].items() if owner not in found["mask"]]
    rows = _rows(images, found, ambiguous, parts)
    paired = {row[keys.PATIENT] for row in rows}
    used = {path for kind in found.values() for paths in kind.values() for path in paths}
    lonely = [path for path in rest if path not in used | ambiguous]
    masks = [path for path in lonely if re.fullmatch(_regex(patterns["mask"]), path)]
    return FolderIndex(
        rows=rows,
        images_without_mask=sorted(path for patient, path in images.items() if patient not in paired),
        masks_without_image=sorted(masks),
        followups_without_baseline=sorted(path for paths in orphans for path in paths),
        ambiguous=sorted(ambiguous),
        ignored=sorted(path for path in lonely if path not in masks and not (folder / path).is_dir()),
    )


def _check_pattern(name: str, pattern: str, *, required: bool) -> None:
    """Refuse a pattern that could not pair anything."""
    if not pattern and not required:
        return
    holders = re.findall(r"{(\w*)}", pattern)
    unknown = sorted(set(holders) - set(_PLACEHOLDERS))
    allowed = _PLACEHOLDERS if name in ("mask", "followup") else ("patient",)
    if "patient" not in holders or unknown or set(holders) - set(allowed):
        places = " and ".join(f"{{{holder}}}" for holder in allowed)
        raise ValueError(f"{name}_pattern is {pattern!r}; expected {{patient}} in it, and no other than {places}.")


def _split_pattern(pattern: str) -> tuple[str, str]:
    """Pattern of the files, and what follows their names to name a part of them, with its mark."""
    path, part = split_part(pattern)
    return (path.as_posix(), f"::{part}") if part else (pattern, "")


def _names(folder: Path) -> list[str]:
    """Files and folders below a folder, relative to it, hidden ones left out."""
    paths = (path.relative_to(folder) for path in folder.rglob("*"))
    return sorted(path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts))


def _regex(pattern: str, **known: str) -> str:
    """Regular expression of a pattern, with what is known put in."""
    parts = re.split(r"({\w+}|\*)", pattern)
    seen: set[str] = set()
    text = ""
    for part in parts:
        name = part[1:-1] if part.startswith("{") else ""
        if part == "*":
            text += "[^/]*"
        elif not name:
            text += re.escape(part)
        elif name in known:
            text += re.escape(known[name])
        else:
            text += f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+)"
            seen.add(name)
    return text


def _images(names: Sequence[str], pattern: str, ambiguous: set[str]) -> dict[str, str]:
    """Image of each patient; where a patient has several, they are added to ``ambiguous``."""
    found: dict[str, list[str]] = {}
    for name in names:
        match = re.fullmatch(_regex(pattern), name)
        if match:
            found.setdefault(match["patient"], []).append(name)
    ambiguous.update(path for paths in found.values() if len(paths) > 1 for path in paths)
    return {patient: paths[0] for patient, paths in found.items() if len(paths) == 1}


def _belonging(
    names: Sequence[str], pattern: str, images: Mapping[str, str], ambiguous: set[str]
) -> dict[tuple[str, str], list[str]]:
    """Files of each patient and reader; files that fit several patients are added to ``ambiguous``."""
    loose = re.compile(_regex(pattern))
    candidates = [name for name in names if loose.fullmatch(name) and name not in images.values()]
    owners: dict[str, list[tuple[str, str]]] = {}
    for patient in images:
        exact = re.compile(_regex(pattern, patient=patient))
        for name in candidates:
            match = exact.fullmatch(name)
            if match:
                owners.setdefault(name, []).append((patient, match.groupdict().get("reader", DEFAULT_READER)))
    found: dict[tuple[str, str], list[str]] = {}
    for name, fits in owners.items():
        if len(fits) > 1:
            ambiguous.add(name)
        else:
            found.setdefault(fits[0], []).append(name)
    return found


def _rows(
    images: Mapping[str, str],
    found: Mapping[str, Mapping[tuple[str, str], list[str]]],
    ambiguous: set[str],
    parts: Mapping[str, str],
) -> list[dict[str, str]]:
    """Rows of the annotation table, by patient, timepoint and reader; each path followed by the part that is meant."""
    ambiguous.update(path for paths in found["organ"].values() if len(paths) > 1 for path in paths)
    organs = {patient: paths[0] for (patient, _), paths in found["organ"].items() if len(paths) == 1}
    rows = []
    for timepoint, kind in (("0", "mask"), ("1", "followup")):
        for (patient, reader), paths in found[kind].items():
            if kind == "followup" and (patient, reader) not in found["mask"]:
                continue
            rows.append(
                {
                    keys.PATIENT: patient,
                    keys.IMAGE: images[patient] + parts["image"] if timepoint == "0" else "",
                    keys.MASK: ";".join(path + parts[kind] for path in sorted(paths)),
                    keys.ORGAN_MASK: organs.get(patient, ""),
                    keys.READER: reader,
                    keys.TIMEPOINT: timepoint,
                }
            )
    return sorted(rows, key=lambda row: (row[keys.PATIENT], row[keys.TIMEPOINT], row[keys.READER]))
