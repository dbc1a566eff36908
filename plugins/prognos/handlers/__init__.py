"""When, in a run, something happens.

Handlers extend classes of MONAI and Ignite; each is imported at its first use.
"""

from typing import TYPE_CHECKING

from prognos.config.exports import lazy_exports

if TYPE_CHECKING:
    from prognos.handlers.baseline import BaselineHazardWriter
    from prognos.handlers.checkpoint import WeightsCheckpointLoader
    from prognos.handlers.concordance import ConcordanceIndexHandler
    from prognos.handlers.cox_loss import CoxLossHandler
    from prognos.handlers.edit_checks import EditChecksWriter
    from prognos.handlers.edit_grid import EditGridWriter
    from prognos.handlers.edit_measurements import EditMeasurements
    from prognos.handlers.epoch_means import EpochMeansHandler
    from prognos.handlers.frechet import FrechetDistanceHandler
    from prognos.handlers.generator_grid import GeneratorGridHandler
    from prognos.handlers.generator_writer import GeneratorWriter
    from prognos.handlers.latent_projector import LatentProjectorWriter
    from prognos.handlers.latents import LatentEncoderWriter, LatentsWriter
    from prognos.handlers.lesion_images import LesionImageHandler
    from prognos.handlers.lesion_seg import LesionSegWriter
    from prognos.handlers.lesion_slices import (
        AnnotationFiles,
        ExtremeLesions,
        LesionSlicesHandler,
        draw_extreme_lesions,
    )
    from prognos.handlers.lesion_table import LesionTableWriter
    from prognos.handlers.lesion_writer import LesionWriter
    from prognos.handlers.patient_lesions import PatientLesions
    from prognos.handlers.portraits import PortraitWriter
    from prognos.handlers.predictions import MetricsWriter, PredictionsWriter
    from prognos.handlers.report import ReportWriter
    from prognos.handlers.reproducibility import ResumeHandler, SeedHandler
    from prognos.handlers.run_guard import RunGuard
    from prognos.handlers.weights import BestWeightsHandler, LearningRateHandler, WeightAverageHandler, WeightsWriter

__all__ = [
    "AnnotationFiles",
    "BaselineHazardWriter",
    "BestWeightsHandler",
    "ConcordanceIndexHandler",
    "CoxLossHandler",
    "EditChecksWriter",
    "EditGridWriter",
    "EditMeasurements",
    "EpochMeansHandler",
    "ExtremeLesions",
    "FrechetDistanceHandler",
    "GeneratorGridHandler",
    "GeneratorWriter",
    "LatentEncoderWriter",
    "LatentProjectorWriter",
    "LatentsWriter",
    "LearningRateHandler",
    "LesionImageHandler",
    "LesionSegWriter",
    "LesionSlicesHandler",
    "LesionTableWriter",
    "LesionWriter",
    "MetricsWriter",
    "PatientLesions",
    "PortraitWriter",
    "PredictionsWriter",
    "ReportWriter",
    "ResumeHandler",
    "RunGuard",
    "SeedHandler",
    "WeightAverageHandler",
    "WeightsCheckpointLoader",
    "WeightsWriter",
    "draw_extreme_lesions",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "AnnotationFiles": "lesion_slices",
        "BaselineHazardWriter": "baseline",
        "BestWeightsHandler": "weights",
        "ConcordanceIndexHandler": "concordance",
        "CoxLossHandler": "cox_loss",
        "EditChecksWriter": "edit_checks",
        "EditGridWriter": "edit_grid",
        "EditMeasurements": "edit_measurements",
        "EpochMeansHandler": "epoch_means",
        "ExtremeLesions": "lesion_slices",
        "FrechetDistanceHandler": "frechet",
        "GeneratorGridHandler": "generator_grid",
        "GeneratorWriter": "generator_writer",
        "LatentEncoderWriter": "latents",
        "LatentProjectorWriter": "latent_projector",
        "LatentsWriter": "latents",
        "LearningRateHandler": "weights",
        "LesionImageHandler": "lesion_images",
        "LesionSegWriter": "lesion_seg",
        "LesionSlicesHandler": "lesion_slices",
        "LesionTableWriter": "lesion_table",
        "LesionWriter": "lesion_writer",
        "MetricsWriter": "predictions",
        "PatientLesions": "patient_lesions",
        "PortraitWriter": "portraits",
        "PredictionsWriter": "predictions",
        "ReportWriter": "report",
        "ResumeHandler": "reproducibility",
        "RunGuard": "run_guard",
        "SeedHandler": "reproducibility",
        "WeightAverageHandler": "weights",
        "WeightsCheckpointLoader": "checkpoint",
        "WeightsWriter": "weights",
        "draw_extreme_lesions": "lesion_slices",
    },
)
