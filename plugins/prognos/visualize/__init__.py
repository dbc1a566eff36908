"""What a result looks like on paper: figures, and the report that holds them."""

from prognos.visualize.auc import draw_auc_over_time
from prognos.visualize.brier import draw_brier_over_time, draw_brier_rows
from prognos.visualize.calibration import draw_calibration
from prognos.visualize.contact_sheet import FaceTile, draw_contact_sheet, write_contact_sheet
from prognos.visualize.decision_curve import draw_decision_curve
from prognos.visualize.distribution import draw_log_hazards, draw_risk_agreement, draw_risk_by_organ
from prognos.visualize.edit_checks import draw_edit_checks
from prognos.visualize.edit_grid import draw_edit_grid
from prognos.visualize.edit_page import EDIT_WARNING, describe_edit_checks, edit_sections, summarise_edit_checks
from prognos.visualize.forest import ForestRow, draw_forest, draw_model_comparison
from prognos.visualize.gallery import draw_patch_gallery
from prognos.visualize.generator_grid import draw_generator_grid
from prognos.visualize.growth import draw_risk_by_growth
from prognos.visualize.interpretation import Interpretation, interpret_lesions, lesion_effect_tables
from prognos.visualize.lesion_sheet import CheckedAnnotation, CheckedPatient, write_lesion_sheet
from prognos.visualize.margin import draw_risk_by_margin
from prognos.visualize.overlay import (
    AxialView,
    Window,
    choose_window,
    cut_axial_view,
    draw_lesion_outlines,
    draw_lesion_overlay,
)
from prognos.visualize.portrait_card import draw_portrait_card
from prognos.visualize.projector import write_projector
from prognos.visualize.proportional_hazards import draw_proportional_hazards
from prognos.visualize.readers import ReaderPanel, draw_reader_agreement
from prognos.visualize.reconstruction import draw_fine_tuning, draw_reconstructions
from prognos.visualize.report import (
    Concordance,
    Gallery,
    Illustration,
    Numbers,
    PatientView,
    Picture,
    Section,
    ShownAnnotation,
    ShownLesion,
    ShownPatient,
    Table,
    Tile,
    cohort_section,
    follow_up_text,
    interpretation_section,
    lesion_section,
    performance_sections,
    require_items,
    risk_gallery,
    subgroup_section,
    write_report,
)
from prognos.visualize.style import add_notice, figure_pixels, risk_colour, risk_limits, risk_rgb
from prognos.visualize.survival import draw_survival_by_risk, draw_survival_groups
from prognos.visualize.training import draw_training_curves

__all__ = [
    "EDIT_WARNING",
    "AxialView",
    "CheckedAnnotation",
    "CheckedPatient",
    "Concordance",
    "FaceTile",
    "ForestRow",
    "Gallery",
    "Illustration",
    "Interpretation",
    "Numbers",
    "PatientView",
    "Picture",
    "ReaderPanel",
    "Section",
    "ShownAnnotation",
    "ShownLesion",
    "ShownPatient",
    "Table",
    "Tile",
    "Window",
    "add_notice",
    "choose_window",
    "cohort_section",
    "cut_axial_view",
    "describe_edit_checks",
    "draw_auc_over_time",
    "draw_brier_over_time",
    "draw_brier_rows",
    "draw_calibration",
    "draw_contact_sheet",
    "draw_decision_curve",
    "draw_edit_checks",
    "draw_edit_grid",
    "draw_fine_tuning",
    "draw_forest",
    "draw_generator_grid",
    "draw_lesion_outlines",
    "draw_lesion_overlay",
    "draw_log_hazards",
    "draw_model_comparison",
    "draw_patch_gallery",
    "draw_portrait_card",
    "draw_proportional_hazards",
    "draw_reader_agreement",
    "draw_reconstructions",
    "draw_risk_agreement",
    "draw_risk_by_growth",
    "draw_risk_by_margin",
    "draw_risk_by_organ",
    "draw_survival_by_risk",
    "draw_survival_groups",
    "draw_training_curves",
    "edit_sections",
    "figure_pixels",
    "follow_up_text",
    "interpret_lesions",
    "interpretation_section",
    "lesion_effect_tables",
    "lesion_section",
    "performance_sections",
    "require_items",
    "risk_colour",
    "risk_gallery",
    "risk_limits",
    "risk_rgb",
    "subgroup_section",
    "summarise_edit_checks",
    "write_contact_sheet",
    "write_lesion_sheet",
    "write_projector",
    "write_report",
]
