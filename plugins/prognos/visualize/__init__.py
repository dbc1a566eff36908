"""What a result looks like on paper: figures, and the report that holds them."""

from prognos.visualize.brier import draw_brier_over_time
from prognos.visualize.contact_sheet import FaceTile, draw_contact_sheet, write_contact_sheet
from prognos.visualize.distribution import draw_log_hazards, draw_risk_agreement, draw_risk_by_organ
from prognos.visualize.edit_checks import draw_edit_checks
from prognos.visualize.edit_grid import draw_edit_grid
from prognos.visualize.edit_page import EDIT_WARNING, describe_edit_checks
from prognos.visualize.forest import ForestRow, draw_forest, draw_model_comparison
from prognos.visualize.gallery import draw_patch_gallery
from prognos.visualize.generator_grid import draw_generator_grid
from prognos.visualize.overlay import AxialView, Window, choose_window, cut_axial_view, draw_lesion_overlay
from prognos.visualize.portrait_card import draw_portrait_card
from prognos.visualize.reconstruction import draw_reconstructions
from prognos.visualize.report import Concordance, Illustration, Picture, Section, Table, write_report
from prognos.visualize.style import add_notice, figure_pixels, risk_colour, risk_limits, risk_rgb
from prognos.visualize.survival import draw_survival_by_risk
from prognos.visualize.training import draw_training_curves

__all__ = [
    "EDIT_WARNING",
    "AxialView",
    "Concordance",
    "FaceTile",
    "ForestRow",
    "Illustration",
    "Picture",
    "Section",
    "Table",
    "Window",
    "add_notice",
    "choose_window",
    "cut_axial_view",
    "describe_edit_checks",
    "draw_brier_over_time",
    "draw_contact_sheet",
    "draw_edit_checks",
    "draw_edit_grid",
    "draw_forest",
    "draw_generator_grid",
    "draw_lesion_overlay",
    "draw_log_hazards",
    "draw_model_comparison",
    "draw_patch_gallery",
    "draw_portrait_card",
    "draw_reconstructions",
    "draw_risk_agreement",
    "draw_risk_by_organ",
    "draw_survival_by_risk",
    "draw_training_curves",
    "figure_pixels",
    "risk_colour",
    "risk_limits",
    "risk_rgb",
    "write_contact_sheet",
    "write_report",
]
