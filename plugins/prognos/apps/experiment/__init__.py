"""``prognos experiment``: the tables of both papers, and the cross-validation of any bundle, cell by cell."""

from prognos.apps.experiment.command import experiment

__all__ = ["experiment"]
