"""From files and tables to tensors: reading, the geometry gate, lesions, their patches, and augmentation."""

from prognos.transforms.augmentation import AugmentPatches, CenterPatches
from prognos.transforms.extraction import ExtractLesionsd
from prognos.transforms.geometry import GeometryError, Grid, require_same_grid, restore_orientation, same_grid
from prognos.transforms.images import ImageError, Volume, read_labels, read_volume
from prognos.transforms.lesions import Instances, Lesion, OrganMap, find_lesions, label_lesions
from prognos.transforms.patches import cut_patches
from prognos.transforms.survival import EncodeSurvivald

__all__ = [
    "AugmentPatches",
    "CenterPatches",
    "EncodeSurvivald",
    "ExtractLesionsd",
    "GeometryError",
    "Grid",
    "ImageError",
    "Instances",
    "Lesion",
    "OrganMap",
    "Volume",
    "cut_patches",
    "find_lesions",
    "label_lesions",
    "read_labels",
    "read_volume",
    "require_same_grid",
    "restore_orientation",
    "same_grid",
]
