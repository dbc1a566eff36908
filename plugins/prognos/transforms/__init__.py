"""From files and tables to tensors: reading, the geometry gate, lesions, their patches, and augmentation."""

from prognos.transforms.adaptive_augmentation import AugmentPortraits
from prognos.transforms.alignment import AlignFace, alignment_matrix
from prognos.transforms.augmentation import AugmentPatches, CenterPatches
from prognos.transforms.detectors import CascadeDetector, DetectedFace, FaceDetector, YuNetDetector
from prognos.transforms.dicom.listing import DicomListing, DicomMask, DicomSeries, list_dicom
from prognos.transforms.dicom.segments import SEGMENT_COLUMNS, Segment, segment_row
from prognos.transforms.extraction import ExtractLesionsd
from prognos.transforms.face_regions import face_region_template
from prognos.transforms.geometry import GeometryError, Grid, require_same_grid, restore_orientation, same_grid
from prognos.transforms.images import ImageError, Volume, read_labels, read_volume
from prognos.transforms.landmarks import five_points
from prognos.transforms.lesions import (
    Instances,
    Lesion,
    MarkedLesion,
    OrganMap,
    find_lesions,
    label_lesions,
    marked_lesions,
)
from prognos.transforms.margin import Containment, measure_containment
from prognos.transforms.masks import has_segments, mask_volumes, read_masks
from prognos.transforms.matching import MarkedVoxels, match_lesions
from prognos.transforms.measurement import MeasureLesionsd
from prognos.transforms.nifti import write_nifti
from prognos.transforms.patches import cut_patches
from prognos.transforms.photos import PhotoError, read_photo
from prognos.transforms.portraits import AlignFaced, Portrait
from prognos.transforms.quality import colourfulness, sharpness
from prognos.transforms.survival import EncodeSurvivald
from prognos.transforms.whole_scan import AugmentScans, ResampleScand, ScaleScans

__all__ = [
    "SEGMENT_COLUMNS",
    "AlignFace",
    "AlignFaced",
    "AugmentPatches",
    "AugmentPortraits",
    "AugmentScans",
    "CascadeDetector",
    "CenterPatches",
    "Containment",
    "DetectedFace",
    "DicomListing",
    "DicomMask",
    "DicomSeries",
    "EncodeSurvivald",
    "ExtractLesionsd",
    "FaceDetector",
    "GeometryError",
    "Grid",
    "ImageError",
    "Instances",
    "Lesion",
    "MarkedLesion",
    "MarkedVoxels",
    "MeasureLesionsd",
    "OrganMap",
    "PhotoError",
    "Portrait",
    "ResampleScand",
    "ScaleScans",
    "Segment",
    "Volume",
    "YuNetDetector",
    "alignment_matrix",
    "colourfulness",
    "cut_patches",
    "face_region_template",
    "find_lesions",
    "five_points",
    "has_segments",
    "label_lesions",
    "list_dicom",
    "marked_lesions",
    "mask_volumes",
    "match_lesions",
    "measure_containment",
    "read_labels",
    "read_masks",
    "read_photo",
    "read_volume",
    "require_same_grid",
    "restore_orientation",
    "same_grid",
    "segment_row",
    "sharpness",
    "write_nifti",
]
