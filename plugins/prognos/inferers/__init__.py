"""How a network is applied: inputs and network in, predictions out."""

from prognos.inferers.autocast import AutocastInferer
from prognos.inferers.chunks import ChunkedInferer
from prognos.inferers.editing import LatentEditInferer, LatentSweep, move_latents
from prognos.inferers.inversion_problem import relative_error
from prognos.inferers.latent_inversion import LatentInversionInferer, RecordedInversionInferer
from prognos.inferers.latent_search import EncoderGuess, QuasiNewtonSearch, SphereSearch
from prognos.inferers.lesion_ranking import LesionRankingInferer
from prognos.inferers.portrait_ranking import PortraitRankingInferer
from prognos.inferers.projector import ProjectorSearch
from prognos.inferers.saliency import GradientSaliencyInferer, OcclusionSaliencyInferer

__all__ = [
    "AutocastInferer",
    "ChunkedInferer",
    "EncoderGuess",
    "GradientSaliencyInferer",
    "LatentEditInferer",
    "LatentInversionInferer",
    "LatentSweep",
    "LesionRankingInferer",
    "OcclusionSaliencyInferer",
    "PortraitRankingInferer",
    "ProjectorSearch",
    "QuasiNewtonSearch",
    "RecordedInversionInferer",
    "SphereSearch",
    "move_latents",
    "relative_error",
]
