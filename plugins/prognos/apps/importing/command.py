"""``prognos import``: what a person types."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from fire.decorators import SetParseFn
from tqdm import tqdm

from prognos.apps.importing.conversion import Converter
from prognos.apps.importing.dicom_plan import plan_dicom
from prognos.apps.importing.nifti_plan import plan_files
from prognos.apps.importing.outcomes import Outcomes, read_collection, read_own_table
from prognos.apps.importing.plan import Plan, Selection
from prognos.apps.importing.pseudonyms import Names, read_key, require_outside, write_id_map
from prognos.apps.importing.run import Import
from prognos.apps.importing.template import write_template
from prognos.data.cohort import TimeUnit, unit_days
from prognos.data.collections import COLLECTIONS, Collection
from prognos.data.index import IMAGE_PATTERN, MASK_PATTERN
from prognos.locks import FolderLock
from prognos.transforms import Instances, list_dicom

__all__ = ["LAYOUTS", "import_cohort"]

LAYOUTS = (*COLLECTIONS, "dicom", "nifti")
"""Arrangements of a folder that are understood."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "layout": LAYOUTS,
    "instances": get_args(Instances),
    "masks": ("", "SEG", "RTSTRUCT"),
    "patients": ("header", "folder"),
    "several": ("leave_out", "earliest"),
    "on_error": ("stop", "skip"),
}
"""What the options of few values may be."""


# Without this, fire reads the pattern {patient} as a set and the folder 2024 as a number.
@SetParseFn(
    str,
    "folder",
    "layout",
    "clinical",
    "output_dir",
    "key",
    "id_map",
    "template",
    "endpoint",
    "covariates",
    "lesions",
    "masks",
    "image_pattern",
    "mask_pattern",
    "organ_pattern",
    "followup_pattern",
)
def import_cohort(
    folder: str = "",
    *,
    layout: str = "",
    clinical: str = "",
    output_dir: str = "",
    key: str = "",
    keep_ids: bool = False,
    id_map: str = "",
    template: str = "",
    endpoint: str = "",
    covariates: str = "",
    time_unit: TimeUnit = "days",
    lesions: str = "",
    masks: str = "",
    instances: Instances = "labels",
    patients: Literal["header", "folder"] = "header",
    several: Literal["leave_out", "earliest"] = "leave_out",
    join: bool = False,
    resample: bool = False,
    image_pattern: str = IMAGE_PATTERN,
    mask_pattern: str = MASK_PATTERN,
    organ_pattern: str = "",
    followup_pattern: str = "",
    on_error: Literal["stop", "skip"] = "stop",
    pictures: bool = True,
    list_files: bool = False,
) -> None:
    """Write the tables of a cohort from a folder of DICOM or NIfTI files and a clinical table.

    Images and masks become NIfTI files without texts; patients get pseudonyms. Prints what was paired, and why the
    rest was left out. A run that was stopped goes on where it was when it is started again.

    Args:
        folder: the folder with the images and masks.
        layout: how it is arranged: nsclc-radiomics, nsclc-radiogenomics, colorectal-liver-metastases, dicom or nifti.
        clinical: table of outcomes, one row a patient; without it no cohort.csv is written.
        output_dir: folder to write: cohort.csv, annotations.csv, segments.csv, left_out.csv, check.html and patients.
        key: file of the key of the pseudonyms, outside of output_dir; made when it does not exist.
        keep_ids: keep the identifiers; NIfTI files are then left where they are.
        id_map: file, outside of output_dir, for the list of which patient is which.
        template: write an empty clinical table to this file, with the patients of the folder, and nothing else.
        endpoint: of a public collection: death, progression or liver_progression.
        covariates: columns of the clinical table that go over, separated by commas.
        time_unit: unit of the times in the clinical table; cohort.csv has days.
        lesions: labels (* and ?) or numbers of the DICOM segments that are lesions, separated by commas.
        masks: SEG or RTSTRUCT, where only one kind of DICOM mask is meant.
        instances: how lesions are told apart: labels, components or files (lesions may overlap).
        patients: where identifiers are: in the header, or the name of the patient's folder.
        several: patients with masks on several series: leave_out, or take the earliest study.
        join: all DICOM masks of a reader on a series are one annotation.
        resample: straighten tilted and gapped CT series.
        image_pattern: of nifti: where the images are; {patient} stands for the identifier, * for anything.
        mask_pattern: of nifti: where the masks are; {reader} stands for the reader where there are several.
        organ_pattern: of nifti: where organ label maps are, if any.
        followup_pattern: of nifti: where the masks of the follow-up are, if any.
        on_error: what to do about damaged or impossible files once all others are done: stop, or skip them.
        pictures: draw the slices of check.html.
        list_files: print the names of files that found no partner; they may name patients.
    """
    _require_choices(locals())
    unit_days(time_unit)
    if template and not folder:
        write_template(Path(template), ())
        return
    if not folder or not layout:
        raise ValueError(f"name the folder to import, and its --layout: {', '.join(LAYOUTS)}.")
    source, collection = Path(folder), COLLECTIONS.get(layout)
    selection = _selection(collection, lesions, masks, patients=patients, several=several, join=join, resample=resample)
    patterns = {
        "image_pattern": image_pattern,
        "mask_pattern": mask_pattern,
        "organ_pattern": organ_pattern,
        "followup_pattern": followup_pattern,
    }
    if not template:
        output = _output(source, output_dir, in_place=keep_ids and layout == "nifti")
        if id_map:
            require_outside(Path(id_map), output, "the list of which patient is which")
        names = Names(_key(key, output, keep_ids=keep_ids))
    plan = _plan(source, layout, selection, patterns)
    if template:
        write_template(Path(template), (each.identifier for each in plan.patients))
        return
    known = [each.identifier for each in plan.patients]
    wanted = [each.strip() for each in covariates.split(",") if each.strip()]
    outcomes = _outcomes(clinical, collection, known, endpoint, wanted, time_unit, keep_all=keep_ids)
    _show_plan(source, plan, outcomes, list_files=list_files)
    converter = Converter(
        output, _readers(plan, names), instances, resample, in_place=keep_ids and layout == "nifti", pictures=pictures
    )
    settings = {
        "selection": vars(selection),
        "instances": instances,
        "in_place": converter.in_place,
        "pictures": pictures,
    }
    run = Import(plan, outcomes, names, converter, settings)
    with FolderLock(output):
        run.convert()
        if id_map:
            write_id_map(Path(id_map), run.pseudonyms())
        run.finish(on_error=on_error)


def _require_choices(arguments: Mapping[str, Any]) -> None:
    """Refuse a value that an option does not have."""
    for name, allowed in CHOICES.items():
        value = arguments[name]
        if value not in allowed and not (name == "layout" and not value):
            raise ValueError(f"--{name} is {value!r}; expected {', '.join(each or 'nothing' for each in allowed)}.")


def _selection(collection: Collection | None, lesions: str, masks: str, **others: Any) -> Selection:
    """What was decided by the person, and else by what is known of the collection."""
    named = tuple(each.strip() for each in lesions.split(",") if each.strip())
    return Selection(
        lesions=named or (collection.lesions if collection else ()),
        organs=collection.organs if collection else None,
        masks=masks or (collection.masks if collection else ""),  # type: ignore[arg-type]  # checked by _require_choices
        **others,
    )


def _output(source: Path, output_dir: str, *, in_place: bool) -> Path:
    """The output folder, which must not be searched as well."""
    if not output_dir:
        raise ValueError("name the folder to write with --output_dir.")
    output = Path(output_dir)
    if not in_place and source.resolve() in (output.resolve(), *output.resolve().parents):
        raise ValueError(f"{output}: the output would lie in the folder that is searched. Name a folder beside it.")
    return output


def _key(key: str, output: Path, *, keep_ids: bool) -> bytes | None:
    """The key of the pseudonyms; None when identifiers are kept."""
    if bool(key) == keep_ids:
        raise ValueError(
            "name a file for the key of the pseudonyms with --key, outside of the output folder; it is made when it "
            "does not exist. Or keep the identifiers with --keep_ids. One of both."
        )
    return read_key(Path(key), output) if key else None


def _plan(source: Path, layout: str, selection: Selection, patterns: Mapping[str, str]) -> Plan:
    """What is going to be done."""
    if layout == "nifti":
        return plan_files(source, patterns)
    listing = list_dicom(source, watch=partial(tqdm, desc="reading headers", unit="file"))
    return plan_dicom(source, listing, selection)


def _outcomes(
    clinical: str,
    collection: Collection | None,
    patients: list[str],
    endpoint: str,
    covariates: list[str],
    time_unit: TimeUnit,
    *,
    keep_all: bool,
) -> Outcomes | None:
    """The clinical table; None where there is none."""
    if endpoint and collection is None:
        raise ValueError("--endpoint belongs to the public collections; an own table has the columns time and event.")
    if not clinical:
        return None
    if collection is not None:
        return read_collection(Path(clinical), collection, patients, endpoint)
    return read_own_table(Path(clinical), covariates, time_unit=time_unit, keep_all=keep_all)


def _readers(plan: Plan, names: Names) -> dict[str, str]:
    """What readers are called: names of files may hold theirs."""
    found = sorted({mask.reader for patient in plan.patients for mask in patient.masks})
    return {reader: reader if names.are_kept else f"reader_{number}" for number, reader in enumerate(found, start=1)}


def _show_plan(source: Path, plan: Plan, outcomes: Outcomes | None, *, list_files: bool) -> None:
    """Print what was found, before the long part."""
    print(f"{source}: {plan.found}")
    for meaning, paths in plan.names.items():
        hint = "" if list_files else "; --list_files shows them"
        print(f"  {len(paths)} {meaning}, left out{hint}")
        print("".join(f"    {path}\n" for path in paths) if list_files else "", end="")
    for note in outcomes.notes if outcomes else ():
        print(f"  clinical table: {note}")
