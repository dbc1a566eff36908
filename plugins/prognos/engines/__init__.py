"""What one training step is, where MONAI has none that fits."""

from prognos.engines.adaptive_probability import AdaptiveProbability
from prognos.engines.deep_surv import DeepSurvEstimator
from prognos.engines.encoded_portraits import EncodedPortraits
from prognos.engines.generated_batch import PrepareGeneratedBatch
from prognos.engines.lazy_adam import build_lazy_adam
from prognos.engines.prepare_batch import PrepareLesionBatch, PreparePortraitBatch, PrepareScanBatch
from prognos.engines.stylegan2_trainer import StyleGAN2Trainer

__all__ = [
    "AdaptiveProbability",
    "DeepSurvEstimator",
    "EncodedPortraits",
    "PrepareGeneratedBatch",
    "PrepareLesionBatch",
    "PreparePortraitBatch",
    "PrepareScanBatch",
    "StyleGAN2Trainer",
    "build_lazy_adam",
]
