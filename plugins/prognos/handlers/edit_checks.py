"""Handler that writes the checks of edited portraits."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ignite.engine import Engine, Events
from matplotlib.figure import Figure

from prognos.estimators import HELD, KEPT, AttributeModel, describe_direction, save_directions
from prognos.files import written_whole
from prognos.handlers.edit_grid import EditGridWriter, save_figure
from prognos.handlers.edit_measurements import EditMeasurements
from prognos.handlers.edit_report import grid_pictures, write_edit_report
from prognos.handlers.tables import provenance_lines, write_table
from prognos.metrics import EditChecks, check_edit, exchange_share, identity_distance, saliency_by_region
from prognos.networks import Provenance
from prognos.visualize import EDIT_WARNING, Section, describe_edit_checks, draw_edit_checks, edit_sections

__all__ = ["EditChecksWriter"]


class EditChecksWriter:
    """Write ``checks.json``, ``checks.md``, ``checks.png``, ``sweeps.csv``, ``directions.safetensors`` and a report.

    Args:
        output_dir: folder of the files.
        measurements: collects the numbers; attached before this handler.
        attributes: of the cohort.
        is_allowed: as for :class:`prognos.handlers.EditGridWriter`, for the note in the checks.
        provenance: origin of the generator's weights.
        grids: draws the edited portraits for ``report.html``; attached before this handler.

    Attributes:
        checks: attribute -> its checks, after a run.
        sections: what the report shows, after a run.
    """

    def __init__(
        self,
        output_dir: str | Path,
        measurements: EditMeasurements,
        attributes: AttributeModel,
        *,
        is_allowed: bool = False,
        provenance: Provenance | None = None,
        grids: EditGridWriter | None = None,
    ) -> None:
        self.output_dir = Path(output_dir)
        self.measurements = measurements
        self.attributes = attributes
        self.is_allowed = is_allowed
        self.provenance = provenance
        self.grids = grids
        self.checks: dict[str, EditChecks] = {}
        self.sections: list[Section] = []

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.COMPLETED, self._write)

    def _write(self, engine: Engine) -> None:
        self.checks = {name: self._check(name) for name in self.attributes.directions}
        maps = self.measurements.saliency_maps
        regions = self.measurements.regions
        saliency = saliency_by_region(maps, regions) if len(maps) and regions else {}
        exchange = {
            name: exchange_share(*risks.T)
            for name, risks in self.measurements.exchanged.items()
            if len(risks) > 1 and risks[:, 0].std() > 0
        }
        notice = "" if self.provenance is None else self.provenance.notice
        directions = self.attributes.all_directions()
        save_directions(self.output_dir / "directions.safetensors", directions)
        content = {
            "warning": EDIT_WARNING,
            "notice": notice,
            "patients": len(self.measurements.patients),
            "patients_also_in_the_fit": len({*self.measurements.patients} & {*self.attributes.patients}),
            "identity_by": self.measurements.measure.identity_name,
            "portraits_drawn": self.is_allowed,
            "attributes": {name: _plain(checks) for name, checks in self.checks.items()},
            "saliency": {name: share._asdict() for name, share in saliency.items()} or "not assessed",
            "exchange": exchange or "not assessed",
            "directions": {name: describe_direction(direction) for name, direction in directions.items()},
        }
        _write_text(self.output_dir / "checks.json", json.dumps(_finite(content), indent=4, allow_nan=False) + "\n")
        shown = grid_pictures(self.checks, {} if self.grids is None else self.grids.pictures)
        self.sections = edit_sections(content, self.checks, saliency, exchange, pictures=shown)
        _write_text(self.output_dir / "checks.md", describe_edit_checks(content, self.sections))
        self._write_table()
        first, picture = next(iter(self.checks)), self.output_dir / "checks.png"
        save_figure(self._figure(first, notice), picture)
        write_edit_report(self.output_dir / "report.html", content, self.checks, self.sections, checks=picture)

    def _check(self, name: str) -> EditChecks:
        directions = self.attributes.directions
        is_first = name == next(iter(directions))
        held = self.attributes.held.get(name)
        return check_edit(
            name,
            self.measurements.betas,
            self.measurements.values(name),
            sd={other: direction.spread for other, direction in directions.items()},
            predicted_change_per_beta=directions[name].change_per_beta,
            cleaned=self.measurements.values(f"{name}{KEPT}") if name in self.attributes.cleaned else None,
            random=self.measurements.random_values(name) if is_first else (),
            held=None if held is None else self.measurements.values(f"{name}{HELD}"),
            held_regions=() if held is None else held.held,
            predicted_held_change_per_beta=math.nan if held is None else held.change_per_beta,
        )

    def _write_table(self) -> None:
        """One row a patient x sweep x beta."""
        rows = []
        for sweep in self.attributes.all_directions():
            values = self.measurements.values(sweep)
            unedited = values.identity[:, self.measurements.betas.index(0.0)]
            distance = identity_distance(values.identity, unedited)
            rows += [
                {
                    "patient_id": patient,
                    "sweep": sweep,
                    "beta": beta,
                    **{name: float(found[row, column]) for name, found in values.attributes.items()},
                    "identity_distance": float(distance[row, column]),
                }
                for row, patient in enumerate(self.measurements.patients)
                for column, beta in enumerate(self.measurements.betas)
            ]
        comments = [
            EDIT_WARNING,
            "health: log hazard, no unit, higher = earlier event; all values after embedding again.",
        ]
        columns = list(rows[0]) if rows else ["patient_id", "sweep", "beta"]
        write_table(self.output_dir / "sweeps.csv", columns, rows, [*comments, *provenance_lines(self.provenance)])

    def _figure(self, name: str, notice: str) -> Figure:
        checks, values = self.checks[name], self.measurements.values(name)
        unedited = values.identity[:, checks.betas.index(0.0)]
        cleaned = checks.cleaned_effects
        return draw_edit_checks(
            checks.betas,
            values.attributes[name],
            identity_distance(values.identity, unedited),
            other_person=checks.other_person,
            change=math.nan if checks.random is None else checks.random.change,
            random_changes=() if checks.random is None else checks.random.random_changes,
            effects={
                other: (effect.sd_per_unit, cleaned[other].sd_per_unit if other in cleaned else None)
                for other, effect in checks.effects.items()
            },
            attribute=name,
            notice=notice,
        )


def _plain(checks: EditChecks) -> dict[str, Any]:
    """Checks as JSON can hold them."""
    about = asdict(checks)
    about["effects"] = {name: effect._asdict() for name, effect in checks.effects.items()}
    about["cleaned_effects"] = {name: effect._asdict() for name, effect in checks.cleaned_effects.items()}
    if checks.held is not None:
        about["held"]["effects"] = {name: effect._asdict() for name, effect in checks.held.effects.items()}
    about["random"] = None if checks.random is None else checks.random._asdict()
    return {**about, "verdicts": checks.verdicts}


def _finite(value: Any) -> Any:
    """The same without NaN and infinity, which JSON does not know."""
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_text(path: Path, text: str) -> None:
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
