"""From files and tables to tensors: reading, the geometry gate, lesions, their patches, and augmentation."""

from prognos.transforms.adaptive_augmentation import AugmentPortraits
from prognos.transforms.alignment import AlignFace, alignment_matrix
from prognos.transforms.augmentation import AugmentPatches, CenterPatches
from prognos.transforms.detectors import CascadeDetector, DetectedFace, FaceDetector, YuNetDetector
from prognos.transforms.extraction import ExtractLesionsd
from prognos.transforms.face_regions import face_region_template
from prognos.transforms.geometry import GeometryError, Grid, require_same_grid, restore_orientation, same_grid
from prognos.transforms.images import ImageError, Volume, read_labels, read_volume
from prognos.transforms.landmarks import five_points
from prognos.transforms.lesions import Instances, Lesion, OrganMap, find_lesions, label_lesions
from prognos.transforms.patches import cut_patches
from prognos.transforms.photos import PhotoError, read_photo
from prognos.transforms.portraits import AlignFaced, Portrait
from prognos.transforms.quality import colourfulness, sharpness
from prognos.transforms.survival import EncodeSurvivald

__all__ = [
    "AlignFace",
    "AlignFaced",
    "AugmentPatches",
    "AugmentPortraits",
    "CascadeDetector",
    "CenterPatches",
    "DetectedFace",
    "EncodeSurvivald",
    "ExtractLesionsd",
    "FaceDetector",
    "GeometryError",
    "Grid",
    "ImageError",
    "Instances",
    "Lesion",
    "OrganMap",
    "PhotoError",
    "Portrait",
    "Volume",
    "YuNetDetector",
    "alignment_matrix",
    "colourfulness",
    "cut_patches",
    "face_region_template",
    "find_lesions",
    "five_points",
    "label_lesions",
    "read_labels",
    "read_photo",
    "read_volume",
    "require_same_grid",
    "restore_orientation",
    "same_grid",
    "sharpness",
]
