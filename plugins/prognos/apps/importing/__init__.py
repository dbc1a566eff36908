"""``prognos import``: the tables of a cohort from a folder of DICOM or NIfTI files and a clinical table."""

from prognos.apps.importing.command import import_cohort

__all__ = ["import_cohort"]
