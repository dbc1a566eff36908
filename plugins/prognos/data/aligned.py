"""Aligned photos of one size in one file, read as they are needed; of drawn ones also the factors that drew them.

N is the number of photos, C of their channels, R their side in pixels, K the number of factors.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.utils.data import Dataset

from prognos.config import keys

__all__ = ["AlignedFactors", "AlignedPhotos"]


class AlignedPhotos(Dataset[dict[str, torch.Tensor]]):
    """Photos in a NumPy file, uint8 [N, C, R, R]; an item is ``{"image": uint8 [C, R, R]}``.

    Args:
        path: the ``.npy`` file; it is mapped, not loaded.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: when it holds something else.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise FileNotFoundError(f"{self.path}: no such file; expected photos, uint8 [N, C, R, R].")
        try:
            photos = np.load(self.path, mmap_mode="r", allow_pickle=False)
        except ValueError as error:
            raise ValueError(f"{self.path}: not a NumPy file of plain numbers ({error}).") from error
        shape = photos.shape
        if (
            photos.dtype != np.uint8
            or len(shape) != 4
            or shape[0] < 1
            or shape[1] not in (1, 3)
            or shape[2] != shape[3]
        ):
            raise ValueError(
                f"{self.path}: holds {photos.dtype} {list(shape)}, expected uint8 [N, C, R, R] with C = 1 or 3: photos "
                f"with values from 0 to 255, channels first."
            )
        self.photos = photos

    @property
    def resolution(self) -> int:
        """R, pixels."""
        return int(self.photos.shape[-1])

    @property
    def channels(self) -> int:
        """C."""
        return int(self.photos.shape[1])

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        return {keys.IMAGE: torch.from_numpy(np.array(self.photos[index]))}


class AlignedFactors(AlignedPhotos):
    """Drawn photos with their standardised factors; an item has ``image`` and ``label``, float32 [K].

    Args:
        path: the ``.npy`` file of the photos.
        factors: table of the factors, one row a photo in the same order. Columns of text, the number of the photo, and
            columns of one value are left out.

    Attributes:
        names: the K factors.

    Raises:
        ValueError: when the table has another number of rows than there are photos.
    """

    def __init__(self, path: str | Path, factors: str | Path) -> None:
        super().__init__(path)
        table = pd.read_csv(factors).select_dtypes("number").drop(columns="photo", errors="ignore")
        if len(table) != len(self):
            raise ValueError(f"{factors}: {len(table)} rows for {len(self)} photos; both must come from one drawing.")
        table = table.loc[:, table.std() > 0]
        self.names = [str(name) for name in table.columns]
        self.labels = torch.from_numpy(((table - table.mean()) / table.std()).to_numpy(np.float32))

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        image = super().__getitem__(index)[keys.IMAGE]
        return {keys.IMAGE: image / 127.5 - 1.0, keys.LABEL: self.labels[index]}
