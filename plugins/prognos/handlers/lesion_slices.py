"""The lesions of the highest and the lowest risk of a cohort on their slices, and the handler that draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import ignite.distributed as idist
import numpy as np
import pandas as pd
from ignite.engine import Engine, Events
from matplotlib.figure import Figure

from prognos.config import keys
from prognos.handlers.lesion_table import LesionTableWriter
from prognos.handlers.samples import evaluated_samples, gathered, mask_paths
from prognos.metrics import one_row_a_lesion
from prognos.networks import Provenance
from prognos.transforms import Instances, label_lesions, read_masks, read_volume
from prognos.visualize import AxialView, cut_axial_view, draw_lesion_overlay, risk_limits

__all__ = ["AnnotationFiles", "ExtremeLesions", "LesionSlicesHandler", "draw_extreme_lesions"]

SHOWN_AT_EACH_END = 2
"""Lesions of the highest and of the lowest risk, as in figure 5 of the paper."""

MATCHED, SLICE = "matched_lesion", "slice_from_feet_first_is_0"
"""Columns of the table of lesions."""


class AnnotationFiles(NamedTuple):
    """Where an annotation lies on disk."""

    image: str
    """The scan."""

    masks: tuple[str, ...]
    """Its lesion masks."""


class ExtremeLesions(NamedTuple):
    """Figure 5 of the paper, and its numbers."""

    figure: Figure
    """Slices, highest risks first."""

    plotted: pd.DataFrame
    """One row a slice: rank from the highest, lesion, reader whose outline is drawn, risk, slice."""


def draw_extreme_lesions(
    table: pd.DataFrame,
    files: Mapping[tuple[str, str], AnnotationFiles],
    *,
    instances: Instances = "labels",
    notice: str = "",
) -> ExtremeLesions | None:
    """Draw the two lesions of the highest and the two of the lowest risk, every lesion in view coloured by its risk.

    The risk of a lesion is the mean over the readers who drew it, where outlines were matched; drawn is the outline of
    the first of them. Without matches the first reader of each patient is taken.

    Args:
        table: one row a lesion of an annotation, with the slice it was cut from.
        files: of each patient and reader.
        instances: what makes two voxels the same lesion, as when the lesions were extracted.
        notice: provenance of the weights, drawn as a strip.

    Returns:
        Figure and numbers; None when the table has no lesion.

    Raises:
        ImageError: when a scan or mask cannot be read.

    Source:
        After figure 5 of Yang et al., "Metastatic lung cancer prognosis via deep image-based lesion prioritization".
    """
    outlines = _with_mean_risk(table)
    if outlines.empty:
        return None
    order = outlines.drop_duplicates([keys.PATIENT, MATCHED]).sort_values("risk", ascending=False, kind="stable")
    order = order.assign(rank_1_is_worst=np.arange(1, len(order) + 1))
    ends = pd.concat([order.head(SHOWN_AT_EACH_END), order.tail(SHOWN_AT_EACH_END)]).drop_duplicates("rank_1_is_worst")
    views: list[AxialView] = []
    risks: dict[int, float] = {}
    for row in ends.itertuples():
        same = outlines[(outlines[keys.PATIENT] == row.patient_id) & (outlines[keys.READER] == row.reader)]
        shift = max((int(view.labels.max()) for view in views), default=0)  # other annotation, other lesions
        view = _view(row, files[str(row.patient_id), str(row.reader)], instances, len(order))
        labels = np.where(view.labels > 0, view.labels.astype(np.int64) + shift, 0)
        views.append(replace(view, labels=labels, instance=view.instance + shift))
        risks |= {int(instance) + shift: risk for instance, risk in zip(same["lesion_id"], same["risk"], strict=True)
                  if int(instance) + shift in labels}  # fmt: skip
    figure = draw_lesion_overlay(views, risks, limits=risk_limits(order["risk"]), notice=notice)
    columns = ["rank_1_is_worst", keys.PATIENT, keys.READER, "lesion_id", "organ", "diameter_mm", SLICE, "risk"]
    return ExtremeLesions(figure, ends[columns].reset_index(drop=True))


class LesionSlicesHandler:
    """Draw the lesions at both ends of the cohort's ranking when an evaluation epoch ends; reads up to four scans.

    Args:
        lesion_table: collects the lesions; attach it to the same evaluator, before this handler.
        provenance: origin of the weights, whose notice is drawn.
        instances: what makes two voxels the same lesion, as when the lesions were extracted.

    Attributes:
        figure: the picture of the last epoch, on the first process; None before, and without lesions.
        plotted: its numbers.
    """

    def __init__(
        self,
        lesion_table: LesionTableWriter,
        provenance: Provenance | None = None,
        *,
        instances: Instances = "labels",
    ) -> None:
        self.lesion_table = lesion_table
        self.notice = "" if provenance is None else provenance.notice
        self.instances: Instances = instances
        self.files: dict[tuple[str, str], AnnotationFiles] = {}
        self.figure: Figure | None = None
        self.plotted: pd.DataFrame | None = None

    def attach(self, engine: Engine) -> None:
        """Register on a MONAI evaluator."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._draw)

    def _forget(self, engine: Engine) -> None:
        self.files, self.figure, self.plotted = {}, None, None

    def _collect(self, engine: Engine) -> None:
        for sample, _ in evaluated_samples(engine):
            whose = (str(sample[keys.PATIENT]), str(sample.get(keys.READER) or ""))
            self.files[whose] = AnnotationFiles(str(sample["image_file"]), tuple(mask_paths(sample["mask_files"])))

    def _draw(self, engine: Engine) -> None:
        files = dict(gathered(list(self.files.items())))
        if idist.get_rank() != 0:
            return
        drawn = draw_extreme_lesions(self.lesion_table.table(), files, instances=self.instances, notice=self.notice)
        if drawn is not None:
            self.figure, self.plotted = drawn


def _with_mean_risk(table: pd.DataFrame) -> pd.DataFrame:
    """Outlines whose risk is that of their lesion, the mean over its readers."""
    if MATCHED not in table or table[MATCHED].isna().any():
        first = table.groupby(keys.PATIENT, sort=False)[keys.READER].transform("first")
        return table[table[keys.READER] == first].assign(matched_lesion=lambda outlines: outlines["lesion_id"])
    means = one_row_a_lesion(table)[[keys.PATIENT, MATCHED, "risk"]]
    return table.drop(columns="risk").merge(means, on=[keys.PATIENT, MATCHED], how="left")


def _view(row: Any, files: AnnotationFiles, instances: Instances, count: int) -> AxialView:
    """The slice of one lesion with its captions."""
    scan = read_volume(Path(files.image), name="image")
    masks = (mask for path in files.masks for mask in read_masks(path, scan, name="mask"))
    labels = label_lesions(masks, instances, name="mask")
    number = int(row.slice_from_feet_first_is_0)
    return cut_axial_view(
        scan.array,
        labels.array,
        slice_index=number,
        spacing_mm=tuple(scan.grid.spacing.tolist()),
        instance=int(row.lesion_id),
        organ=row.organ,
        caption=(
            f"rank {row.rank_1_is_worst} of {count} · {row.organ} · risk {row.risk:+.2f}",
            f"{row.diameter_mm:.0f} mm · slice {number + 1} of {scan.array.shape[2]} from the feet",
        ),
    )
