"""What a result looks like on paper: figures, and the report that holds them."""

from prognos.visualize.distribution import draw_log_hazards, draw_risk_agreement, draw_risk_by_organ
from prognos.visualize.gallery import draw_patch_gallery
from prognos.visualize.overlay import AxialView, Window, choose_window, cut_axial_view, draw_lesion_overlay
from prognos.visualize.report import Concordance, Illustration, Section, Table, write_report
from prognos.visualize.style import add_notice, figure_pixels, risk_colour, risk_limits, risk_rgb
from prognos.visualize.survival import draw_survival_by_risk
from prognos.visualize.training import draw_training_curves

__all__ = [
    "AxialView",
    "Concordance",
    "Illustration",
    "Section",
    "Table",
    "Window",
    "add_notice",
    "choose_window",
    "cut_axial_view",
    "draw_lesion_overlay",
    "draw_log_hazards",
    "draw_patch_gallery",
    "draw_risk_agreement",
    "draw_risk_by_organ",
    "draw_survival_by_risk",
    "draw_training_curves",
    "figure_pixels",
    "risk_colour",
    "risk_limits",
    "risk_rgb",
    "write_report",
]
