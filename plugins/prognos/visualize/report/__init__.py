"""The report: one HTML file that opens anywhere, and the numbers beside it."""

from prognos.visualize.report.checklist import checklist_table, require_items
from prognos.visualize.report.cohort import cohort_section, follow_up_text, subgroup_section
from prognos.visualize.report.gallery import risk_gallery
from prognos.visualize.report.lesions import interpretation_section, lesion_section
from prognos.visualize.report.page import write_report
from prognos.visualize.report.parts import (
    Concordance,
    Gallery,
    Illustration,
    Numbers,
    Picture,
    Section,
    Table,
    Tile,
)
from prognos.visualize.report.patients import PatientView, ShownAnnotation, ShownLesion, ShownPatient
from prognos.visualize.report.performance import performance_sections

__all__ = [
    "Concordance",
    "Gallery",
    "Illustration",
    "Numbers",
    "PatientView",
    "Picture",
    "Section",
    "ShownAnnotation",
    "ShownLesion",
    "ShownPatient",
    "Table",
    "Tile",
    "checklist_table",
    "cohort_section",
    "follow_up_text",
    "interpretation_section",
    "lesion_section",
    "performance_sections",
    "require_items",
    "risk_gallery",
    "subgroup_section",
    "write_report",
]
