"""Cohort and annotation tables, splits, samplers and synthetic cohorts.

Tables are read without torch or MONAI, which take seconds to import; the parts that need them come at first use.
"""

from typing import TYPE_CHECKING

from prognos.config.exports import lazy_exports
from prognos.config.organs import ORGANS
from prognos.data.annotations import AnnotationError, join_annotations, read_annotations
from prognos.data.case import read_case
from prognos.data.cohort import CohortError, read_cohort
from prognos.data.collection_table import CollectionTable, read_collection_table
from prognos.data.collections import COLLECTIONS, Collection
from prognos.data.index import FolderIndex, index_folder
from prognos.data.split import split_cohort

if TYPE_CHECKING:
    from prognos.data.aligned import AlignedFactors, AlignedPhotos
    from prognos.data.continuous_sampler import ContinuousBatchSampler
    from prognos.data.file_digest import identify_file
    from prognos.data.groups import read_groups
    from prognos.data.latent_store import LatentStore, UnfinishedPhotos
    from prognos.data.latents import Latents, LatentTableError, read_latents
    from prognos.data.launch import process_count, process_rank
    from prognos.data.lesion_dataset import LesionDataset, pad_lesions
    from prognos.data.lesion_measurements import LesionMeasurements
    from prognos.data.origin import describe_photos, describe_scans, describe_training, read_origin
    from prognos.data.patient_latents import latent_samples
    from prognos.data.permutation import permute_outcomes
    from prognos.data.phantom import PhantomSettings, redraw_survival, true_scores, write_lesion_cohort
    from prognos.data.photo_case import read_photo_case
    from prognos.data.photos import PhotoCounts, PhotoTableError, count_photos, join_photos, read_photos
    from prognos.data.portrait_dataset import PortraitDataset
    from prognos.data.portraits import (
        CANCER_TYPES,
        HEALTH_FACTORS,
        PORTRAIT_FACTORS,
        PORTRAIT_REGIONS,
        PortraitSettings,
        draw_aligned,
        draw_factors,
        draw_photos,
        draw_regions,
        locate_points,
        read_factors,
        redraw_portrait_survival,
        true_portrait_scores,
        write_aligned_portraits,
        write_portrait_cohort,
    )
    from prognos.data.sampler import EventBalancedBatchSampler
    from prognos.data.scan_dataset import ScanDataset
    from prognos.data.skipping import SkippedScan, UsableScans, usable_scans

__all__ = [
    "CANCER_TYPES",
    "COLLECTIONS",
    "HEALTH_FACTORS",
    "ORGANS",
    "PORTRAIT_FACTORS",
    "PORTRAIT_REGIONS",
    "AlignedFactors",
    "AlignedPhotos",
    "AnnotationError",
    "CohortError",
    "Collection",
    "CollectionTable",
    "ContinuousBatchSampler",
    "EventBalancedBatchSampler",
    "FolderIndex",
    "LatentStore",
    "LatentTableError",
    "Latents",
    "LesionDataset",
    "LesionMeasurements",
    "PhantomSettings",
    "PhotoCounts",
    "PhotoTableError",
    "PortraitDataset",
    "PortraitSettings",
    "ScanDataset",
    "SkippedScan",
    "UnfinishedPhotos",
    "UsableScans",
    "count_photos",
    "describe_photos",
    "describe_scans",
    "describe_training",
    "draw_aligned",
    "draw_factors",
    "draw_photos",
    "draw_regions",
    "identify_file",
    "index_folder",
    "join_annotations",
    "join_photos",
    "latent_samples",
    "locate_points",
    "pad_lesions",
    "permute_outcomes",
    "process_count",
    "process_rank",
    "read_annotations",
    "read_case",
    "read_cohort",
    "read_collection_table",
    "read_factors",
    "read_groups",
    "read_latents",
    "read_origin",
    "read_photo_case",
    "read_photos",
    "redraw_portrait_survival",
    "redraw_survival",
    "split_cohort",
    "true_portrait_scores",
    "true_scores",
    "usable_scans",
    "write_aligned_portraits",
    "write_lesion_cohort",
    "write_portrait_cohort",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "CANCER_TYPES": "portraits",
        "HEALTH_FACTORS": "portraits",
        "PORTRAIT_FACTORS": "portraits",
        "PORTRAIT_REGIONS": "portraits",
        "AlignedFactors": "aligned",
        "AlignedPhotos": "aligned",
        "ContinuousBatchSampler": "continuous_sampler",
        "EventBalancedBatchSampler": "sampler",
        "LatentStore": "latent_store",
        "LatentTableError": "latents",
        "Latents": "latents",
        "LesionDataset": "lesion_dataset",
        "LesionMeasurements": "lesion_measurements",
        "PhantomSettings": "phantom",
        "PhotoCounts": "photos",
        "PhotoTableError": "photos",
        "PortraitDataset": "portrait_dataset",
        "PortraitSettings": "portraits",
        "ScanDataset": "scan_dataset",
        "SkippedScan": "skipping",
        "UnfinishedPhotos": "latent_store",
        "UsableScans": "skipping",
        "count_photos": "photos",
        "describe_photos": "origin",
        "describe_scans": "origin",
        "describe_training": "origin",
        "draw_aligned": "portraits",
        "draw_factors": "portraits",
        "draw_photos": "portraits",
        "draw_regions": "portraits",
        "identify_file": "file_digest",
        "join_photos": "photos",
        "latent_samples": "patient_latents",
        "locate_points": "portraits",
        "pad_lesions": "lesion_dataset",
        "permute_outcomes": "permutation",
        "process_count": "launch",
        "process_rank": "launch",
        "read_factors": "portraits",
        "read_groups": "groups",
        "read_latents": "latents",
        "read_origin": "origin",
        "read_photo_case": "photo_case",
        "read_photos": "photos",
        "redraw_portrait_survival": "portraits",
        "redraw_survival": "phantom",
        "true_portrait_scores": "portraits",
        "true_scores": "phantom",
        "usable_scans": "skipping",
        "write_aligned_portraits": "portraits",
        "write_lesion_cohort": "phantom",
        "write_portrait_cohort": "portraits",
    },
)
