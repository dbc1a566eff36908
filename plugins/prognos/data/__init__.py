"""Cohort and annotation tables, splits, samplers and synthetic cohorts.

Tables are read without torch or MONAI, which take seconds to import; the parts that need them come at first use.
"""

from typing import TYPE_CHECKING

from prognos.config.exports import lazy_exports
from prognos.config.organs import ORGANS
from prognos.data.annotations import AnnotationError, join_annotations, read_annotations
from prognos.data.case import read_case
from prognos.data.cohort import CohortError, read_cohort
from prognos.data.index import FolderIndex, index_folder
from prognos.data.split import split_cohort

if TYPE_CHECKING:
    from prognos.data.lesion_dataset import LesionDataset, pad_lesions
    from prognos.data.origin import describe_training, read_origin
    from prognos.data.phantom import PhantomSettings, redraw_survival, true_scores, write_lesion_cohort
    from prognos.data.sampler import EventBalancedBatchSampler

__all__ = [
    "ORGANS",
    "AnnotationError",
    "CohortError",
    "EventBalancedBatchSampler",
    "FolderIndex",
    "LesionDataset",
    "PhantomSettings",
    "describe_training",
    "index_folder",
    "join_annotations",
    "pad_lesions",
    "read_annotations",
    "read_case",
    "read_cohort",
    "read_origin",
    "redraw_survival",
    "split_cohort",
    "true_scores",
    "write_lesion_cohort",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "EventBalancedBatchSampler": "sampler",
        "LesionDataset": "lesion_dataset",
        "PhantomSettings": "phantom",
        "describe_training": "origin",
        "pad_lesions": "lesion_dataset",
        "read_origin": "origin",
        "redraw_survival": "phantom",
        "true_scores": "phantom",
        "write_lesion_cohort": "phantom",
    },
)
