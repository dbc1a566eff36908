"""Handler that draws edited portraits, where portraits may be drawn."""

from __future__ import annotations

from pathlib import Path

from ignite.engine import Engine, Events
from matplotlib.figure import Figure

from prognos.estimators import AttributeModel
from prognos.files import written_whole
from prognos.handlers.edit_measurements import EditMeasurements
from prognos.networks import Provenance
from prognos.visualize import EDIT_WARNING, draw_edit_grid

__all__ = ["EditGridWriter", "save_figure"]


class EditGridWriter:
    """Write ``grid_<attribute>.png``: the first patients, one row each, one column a beta.

    Args:
        output_dir: folder of the pictures.
        measurements: collects the portraits; attached before this handler.
        attributes: of the cohort.
        is_allowed: whether portraits of this cohort may be drawn. Those of a real cohort only when a person said so.
        provenance: origin of the generator's weights.

    Attributes:
        pictures: sweep -> file, after a run; empty where portraits may not be drawn.
    """

    def __init__(
        self,
        output_dir: str | Path,
        measurements: EditMeasurements,
        attributes: AttributeModel,
        *,
        is_allowed: bool,
        provenance: Provenance | None = None,
    ) -> None:
        self.output_dir = Path(output_dir)
        self.measurements = measurements
        self.attributes = attributes
        self.is_allowed = is_allowed
        self.notice = "" if provenance is None else provenance.notice
        self.pictures: dict[str, Path] = {}

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.COMPLETED, self._write)

    def _write(self, engine: Engine) -> None:
        self.pictures = {}
        if not self.is_allowed:
            return
        for sweep, direction in self.attributes.all_directions().items():
            images = self.measurements.images(sweep)
            figure = draw_edit_grid(
                images,
                self.measurements.betas,
                attribute=sweep,
                sense=direction.sense,
                values=self.measurements.values(sweep).attributes[direction.name][: len(images)],
                value_name="log hazard" if direction.name == "health" else direction.name,
                names=[f"patient {number}" for number in range(1, len(images) + 1)],
                notice=self.notice,
            )
            name = sweep.replace(",", "").replace(" ", "_")
            self.pictures[sweep] = self.output_dir / f"grid_{name}.png"
            save_figure(figure, self.pictures[sweep])


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure of edited portraits as PNG; the warning is also in the file's metadata."""
    with written_whole(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Description": EDIT_WARNING})
