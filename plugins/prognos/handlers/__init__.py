"""When, in a run, something happens.

Handlers extend classes of MONAI and Ignite; each is imported at its first use.
"""

from typing import TYPE_CHECKING

from prognos.config.exports import lazy_exports

if TYPE_CHECKING:
    from prognos.handlers.concordance import ConcordanceIndexHandler
    from prognos.handlers.cox_loss import CoxLossHandler
    from prognos.handlers.lesion_images import LesionImageHandler
    from prognos.handlers.lesion_table import LesionTableWriter
    from prognos.handlers.lesion_writer import LesionWriter
    from prognos.handlers.predictions import MetricsWriter, PredictionsWriter
    from prognos.handlers.report import ReportWriter
    from prognos.handlers.reproducibility import ResumeHandler, SeedHandler
    from prognos.handlers.weights import LearningRateHandler, WeightAverageHandler, WeightsWriter

__all__ = [
    "ConcordanceIndexHandler",
    "CoxLossHandler",
    "LearningRateHandler",
    "LesionImageHandler",
    "LesionTableWriter",
    "LesionWriter",
    "MetricsWriter",
    "PredictionsWriter",
    "ReportWriter",
    "ResumeHandler",
    "SeedHandler",
    "WeightAverageHandler",
    "WeightsWriter",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "ConcordanceIndexHandler": "concordance",
        "CoxLossHandler": "cox_loss",
        "LearningRateHandler": "weights",
        "LesionImageHandler": "lesion_images",
        "LesionTableWriter": "lesion_table",
        "LesionWriter": "lesion_writer",
        "MetricsWriter": "predictions",
        "PredictionsWriter": "predictions",
        "ReportWriter": "report",
        "ResumeHandler": "reproducibility",
        "SeedHandler": "reproducibility",
        "WeightAverageHandler": "weights",
        "WeightsWriter": "weights",
    },
)
