"""Handler that writes what a person looks at: tables, maps in the scan's own geometry and pictures of its lesions."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import ignite.distributed as idist
import numpy as np
import torch
from ignite.engine import Engine, Events
from numpy.typing import NDArray

from prognos.config import keys
from prognos.files import written_whole
from prognos.handlers.lesion_seg import LesionSegWriter
from prognos.handlers.ranked_lesion import LESION_COLUMNS, RankedLesion, lesion_row, rank_lesions
from prognos.handlers.risk_map import Label, read_geometry, write_label_tables, write_map
from prognos.handlers.samples import evaluated_samples, gathered, mask_paths
from prognos.handlers.tables import provenance_lines, write_table
from prognos.networks import Provenance
from prognos.transforms import (
    Instances,
    Volume,
    has_segments,
    label_lesions,
    marked_lesions,
    read_masks,
    read_volume,
    restore_orientation,
)
from prognos.visualize import AxialView, cut_axial_view, draw_lesion_overlay, risk_limits

__all__ = ["LesionWriter"]

logger = logging.getLogger(__name__)

PATIENT_COLUMNS = (
    "patient_id",
    "log_hazard_no_unit_no_horizon_higher_is_worse",
    "readers",
    "lesions_per_reader",
    "lesions_not_scored",
    "flags",
)
"""Columns of ``patient.csv``."""

MEANING = (
    "Risks order lesions and patients; they are no probabilities and belong to no time horizon. Higher is worse.",
    "scaled_risk = risk x size factor; its sum over the lesions is the log hazard of the annotation.",
)
"""First comments of both tables."""

MAP_MEANING = "prognos lesion risk: no unit, no horizon, higher is worse; 0 = no lesion"
"""Description of the risk map."""

SHOWN_AT_EACH_END = 2
"""Lesions of the highest and of the lowest risk whose slices are drawn, as in figure 5 of the paper."""


class Annotation(NamedTuple):
    """What the patient's table needs of one annotation."""

    patient_index: int
    patient_id: str
    source: str
    folder: str
    log_hazard: float
    lesions: int
    unscored: int


class LesionWriter:
    """Write the lesions of every annotation that an evaluator scores.

    A single annotation goes straight into ``output_dir``; several go into ``<patient>/<reader>``. Each gets

    - ``lesions.csv``, the highest risk first;
    - ``risk_map.nii.gz``: the risk of its lesion in each voxel, 0 elsewhere (a lesion of risk 0 adds nothing);
    - ``lesions.nii.gz``: lesion ids, with ``labels.txt`` for ITK-SNAP and ``labels.ctbl`` for 3D Slicer;
    - ``lesions.png``: the slices of the highest and lowest risks;
    - ``lesions.dcm``, where ``segmentation`` is given: the lesions for a viewer of DICOM.

    Both maps have exactly the geometry of the scan. Each patient gets ``patient.csv``. Scans are read again one at a
    time and never kept.

    Args:
        output_dir: folder of the results, made when absent.
        provenance: origin of the weights; its notice goes into every file.
        instances: what makes two voxels the same lesion, as when the lesions were extracted.
        limits: ends of the colour scale; by default those of the annotation's own risks, with 0 inside. Give them to
            compare patients by colour.
        resample: straighten a tilted or gapped DICOM series, as when the lesions were extracted.
        segmentation: writes the lesions of a DICOM series as a DICOM SEG.
    """

    def __init__(
        self,
        output_dir: str | Path,
        provenance: Provenance,
        *,
        instances: Instances = "labels",
        limits: tuple[float, float] | None = None,
        resample: bool = False,
        segmentation: LesionSegWriter | None = None,
    ) -> None:
        self.output_dir = Path(output_dir)
        self.provenance = provenance
        self.instances = instances
        self.limits = limits
        self.resample = resample
        self.segmentation = segmentation
        self.annotations: list[Annotation] = []
        self.is_single = False

    def attach(self, engine: Engine) -> None:
        """Register on a MONAI evaluator whose prediction holds ``log_hazard``, ``risk`` and ``scaled_risk``."""
        engine.add_event_handler(Events.STARTED, self._start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._write_batch)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._write_patients)

    def _start(self, engine: Engine) -> None:
        self.annotations = []
        dataset = getattr(engine.state.dataloader, "dataset", ())
        self.is_single = len(dataset) == 1
        if self.segmentation is not None:
            self.segmentation.require_series(scan[keys.IMAGE] for scan in getattr(dataset, "data", ()))

    def _write_batch(self, engine: Engine) -> None:
        for sample, prediction in evaluated_samples(engine):
            self.annotations.append(self._write_annotation(sample, prediction))

    def _write_annotation(self, sample: dict[str, Any], prediction: dict[str, torch.Tensor]) -> Annotation:
        """Write the files of one annotation."""
        lesions = rank_lesions(sample, prediction)
        patient, reader = str(sample[keys.PATIENT]), str(sample.get(keys.READER) or "")
        patient_folder = "" if self.is_single else _folder_name(patient)
        folder = self.output_dir / patient_folder / ("" if self.is_single else _folder_name(reader))
        masks = mask_paths(sample["mask_files"])
        unscored = self._write_scan(folder, Path(str(sample["image_file"])), masks, lesions, patient)
        comments = [*MEANING, *provenance_lines(self.provenance)]
        write_table(folder / "lesions.csv", LESION_COLUMNS, [lesion_row(lesion) for lesion in lesions], comments)
        return Annotation(
            patient_index=int(sample.get(keys.PATIENT_INDEX, -1)),
            patient_id=patient,
            source=f"{reader}|{masks}",
            folder=patient_folder,
            log_hazard=float(prediction[keys.LOG_HAZARD].reshape(())),
            lesions=len(lesions),
            unscored=unscored,
        )

    def _write_scan(
        self, folder: Path, image: Path, masks: list[str], lesions: list[RankedLesion], patient: str
    ) -> int:
        """Write maps, label tables, picture and SEG; return how many lesions of the mask were not scored."""
        scan = read_volume(image, name="image", resample=self.resample)

        def found() -> Iterator[Volume]:
            return (mask for path in masks for mask in read_masks(path, scan, name="mask"))

        labels = label_lesions(found(), self.instances, name="mask")
        ids = labels.array
        present = [int(value) for value in np.unique(ids) if value > 0]
        risks = {lesion.instance: lesion.risk for lesion in lesions}
        if self.instances != "files" and not any(map(has_segments, masks)):  # of those that overlap, the last one shows
            _require_same_lesions(risks, present)
        limits = self.limits or risk_limits(risks.values())
        story = "\n".join([MAP_MEANING, *provenance_lines(self.provenance)])
        notice = self.provenance.notice

        stored = restore_orientation(ids, scan.stored)
        geometry = read_geometry(image, stored.shape, scan.stored.affine)
        smallest = np.int16 if max(present, default=0) < 2**15 else np.int32
        write_map(
            folder / "lesions.nii.gz",
            stored.astype(smallest),
            geometry,
            description=notice or "prognos lesion ids; texts in labels.txt and labels.ctbl",
            comment=story,
        )
        table = np.zeros(max(present, default=0) + 1, np.float32)
        table[list(risks)] = list(risks.values())
        write_map(folder / "risk_map.nii.gz", table[stored], geometry, description=notice or MAP_MEANING, comment=story)
        known = {lesion.instance: lesion for lesion in lesions}
        entries = [
            Label(value, risks.get(value), known[value].text if value in known else "not scored, beyond the largest")
            for value in present
        ]
        write_label_tables(folder, entries, limits, notice or MAP_MEANING)
        if lesions:
            self._draw(folder / "lesions.png", scan, ids, lesions, limits)
        if self.segmentation is not None:
            marked = marked_lesions(found(), self.instances, name="mask")
            self.segmentation.write(folder / "lesions.dcm", scan, marked, lesions, limits=limits, patient=patient)
        return len(set(present) - set(risks))

    def _draw(
        self,
        path: Path,
        scan: Volume,
        ids: NDArray[np.int32],
        lesions: list[RankedLesion],
        limits: tuple[float, float],
    ) -> None:
        """Draw the slices of the lesions at both ends of the ranking."""
        ends = dict.fromkeys([*lesions[:SHOWN_AT_EACH_END], *lesions[-SHOWN_AT_EACH_END:]])
        figure = draw_lesion_overlay(
            [_view(scan, ids, lesion, len(lesions)) for lesion in ends],
            {lesion.instance: lesion.risk for lesion in lesions},
            limits=limits,
            notice=self.provenance.notice,
        )
        about = {"Title": "Lesions by predicted risk", "Description": figure.get_label()}
        if self.provenance.notice:
            about["Warning"] = self.provenance.notice
        with written_whole(path) as temporary:
            figure.savefig(temporary, metadata=about)

    def _write_patients(self, engine: Engine) -> None:
        """Write one row for each patient, the mean over the annotations."""
        annotations = gathered(self.annotations)
        if idist.get_rank() != 0:
            return
        patients: dict[tuple[int, str], dict[str, Annotation]] = {}
        for annotation in annotations:
            of_patient = patients.setdefault((annotation.patient_index, annotation.patient_id), {})
            of_patient.setdefault(annotation.source, annotation)
        for found in patients.values():
            row = _patient_row(list(found.values()))
            folder = self.output_dir / next(iter(found.values())).folder
            write_table(folder / "patient.csv", PATIENT_COLUMNS, [row], [*MEANING, *provenance_lines(self.provenance)])
        logger.info("wrote %d annotations of %d patients to %s", len(annotations), len(patients), self.output_dir)


def _require_same_lesions(risks: dict[int, float], present: list[int]) -> None:
    """Refuse a mask that holds other lesions than those that were scored."""
    missing = sorted(set(risks) - set(present))
    if missing:
        raise ValueError(
            f"mask: {len(missing)} scored lesion(s) are not in it (ids {missing[:5]}), so the map would be wrong. "
            f"Expected the mask and the setting 'instances' with which the lesions were extracted: check that "
            f"LesionWriter has the same 'instances', and clear the cache if the mask file was replaced."
        )


def _view(scan: Volume, ids: NDArray[np.int32], lesion: RankedLesion, count: int) -> AxialView:
    """The slice of one lesion with its captions."""
    depth = scan.array.shape[2]
    return cut_axial_view(
        scan.array,
        ids,
        slice_index=lesion.slice,
        spacing_mm=tuple(scan.grid.spacing.tolist()),
        instance=lesion.instance,
        organ=lesion.organ,
        caption=(
            f"rank {lesion.rank} of {count} · {lesion.organ} · risk {lesion.risk:.2f}",
            f"lesion {lesion.instance}, {lesion.diameter:.0f} mm · slice {lesion.slice + 1} of {depth} from the feet",
        ),
    )


def _patient_row(annotations: list[Annotation]) -> dict[str, Any]:
    """Values of ``patient.csv``."""
    without = sum(annotation.lesions == 0 for annotation in annotations)
    unscored = max(annotation.unscored for annotation in annotations)
    flags = []
    if without:
        flags.append("no lesions: log hazard 0" if without == len(annotations) else "a reader marked no lesions")
    if unscored:
        flags.append(f"only the largest lesions were scored, up to {unscored} were not")
    count = len(annotations)
    values = (
        annotations[0].patient_id,
        sum(annotation.log_hazard for annotation in annotations) / count,
        count,
        sum(annotation.lesions for annotation in annotations) / count,
        unscored,
        "; ".join(flags),
    )
    return dict(zip(PATIENT_COLUMNS, values, strict=True))


def _folder_name(text: str) -> str:
    """A name that is safe for a folder; where characters had to go, a digest keeps names apart."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", text).lstrip(".")
    return safe if safe == text else f"{safe}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
