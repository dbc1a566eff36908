"""Pictures on disk."""

from __future__ import annotations

from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from prognos.files import written_whole

__all__ = ["save_figure"]


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure, whole or not at all; equal figures give equal bytes.

    Args:
        figure: what to write; its label goes into the file as description.
        path: its suffix chooses the format, ``.svg`` or ``.png``.
    """
    about = {"Description": str(figure.get_label())}
    undated = {"Date": None} if path.suffix == ".svg" else {}
    with written_whole(path) as temporary, rc_context({"svg.hashsalt": "prognos"}):
        figure.savefig(temporary, format=path.suffix[1:], metadata={**about, **undated})
