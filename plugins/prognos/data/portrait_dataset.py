"""Portraits of a cohort: aligned once, kept on disk as bytes, one example a photo.

R is the side of an aligned face in pixels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.data import Dataset
from numpy.typing import NDArray
from tqdm import tqdm

from prognos.config import keys
from prognos.data.file_digest import file_digest
from prognos.data.photos import PhotoTableError
from prognos.files import written_whole

__all__ = ["PortraitDataset"]

UNKNOWN_LABEL = torch.full((2,), torch.nan, dtype=torch.float64)
"""Label of a photo without a known outcome."""

_PASSED_ON = (keys.CANCER_TYPE, "date", "flag")


class PortraitDataset(Dataset):
    """One example for each photo; the aligned faces come from a cache.

    The cache has one file a photo, uint8 [3, R, R]. Its name is a digest of the content of the photo, its landmarks and
    the settings of the alignment, so a changed photo or setting is aligned anew and a moved cohort is not. Outcomes and
    identifiers are not in it; the faces are, so it is as confidential as the photos. A cache file that cannot be loaded
    is made again.

    Args:
        data: samples of :func:`prognos.data.join_photos`, or rows of :func:`prognos.data.read_photos` where no outcome
            is needed.
        transform: :class:`prognos.transforms.AlignFaced`.
        cache_dir: folder of the cache, made when absent; None to align at each access.

    Note:
        An item is a dictionary with ``image`` (float32 [3, R, R], RGB in [-1, 1]), ``label`` (float64 [2]; NaN when no
        outcome is known), ``patient_id``, ``patient_index`` (int64; where there is no cohort, patients are numbered as
        they appear), ``photo`` (its line in the photo table, as ``line 2``), ``photo_index`` (int64, row of the photo
        table), ``entry`` (float64, days), ``cancer_type``, ``date`` and ``flag`` where the data have them.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        transform: Callable[[Mapping[str, Any]], Mapping[Any, Any]],
        cache_dir: str | Path | None,
    ) -> None:
        super().__init__(data=data, transform=transform)
        self.alignment = transform
        self.settings: dict[str, Any] = transform.settings  # type: ignore[attr-defined]
        self.cache_dir = None if cache_dir is None else Path(cache_dir)
        self._numbers = {patient: row for row, patient in enumerate(dict.fromkeys(item[keys.PATIENT] for item in data))}

    @property
    def events(self) -> list[float]:
        """Event flag of each example: 1 = observed, 0 = censored, NaN = unknown."""
        return [float(item.get(keys.LABEL, UNKNOWN_LABEL)[keys.EVENT]) for item in self.data]

    def prepare(self) -> None:
        """Fill the cache, with a progress bar; returns quickly when nothing is missing.

        Raises:
            PhotoTableError: when photos cannot be used; all of them are listed, after the others were aligned.
            ValueError: when there is no cache.
        """
        if self.cache_dir is None:
            raise ValueError("there is no cache to fill: give cache_dir.")
        missing = [item for item in self.data if not self._cache_file(item).is_file()]
        errors = []
        for item in tqdm(missing, desc="aligning faces", unit="photo", disable=not missing):
            try:
                self._face(item)
            except ValueError as error:
                errors.append(str(error))
        if errors:
            listing = "\n".join(f"  {error}" for error in errors)
            raise PhotoTableError(
                f"{len(errors)} of {len(self.data)} photos cannot be used; 'prognos align' sorts them out.\n{listing}"
            )

    def _transform(self, index: int) -> dict[str, Any]:
        """The example that ``dataset[index]`` gives."""
        item = self.data[index]
        number = item.get(keys.PATIENT_INDEX, self._numbers[item[keys.PATIENT]])
        face = torch.from_numpy(self._face(item))
        sample: dict[str, Any] = {
            keys.IMAGE: face.to(torch.float32) / 127.5 - 1.0,
            keys.LABEL: item.get(keys.LABEL, UNKNOWN_LABEL),
            keys.PATIENT: item[keys.PATIENT],
            keys.PATIENT_INDEX: torch.tensor(number, dtype=torch.int64),
            "photo": item["photo"],
            "photo_index": torch.tensor(item["photo_index"], dtype=torch.int64),
        }
        if keys.ENTRY in item:
            sample[keys.ENTRY] = torch.tensor(item[keys.ENTRY], dtype=torch.float64)
        return sample | {key: item[key] for key in _PASSED_ON if key in item}

    def _face(self, item: Mapping[str, Any]) -> NDArray[np.uint8]:
        """Aligned face of a photo, uint8 [3, R, R], from the cache or, where that fails, from the photo."""
        file = self._cache_file(item) if self.cache_dir else None
        face = None if file is None else _load(file)
        if face is None:
            image = torch.as_tensor(self.alignment(item)[keys.IMAGE])
            face = ((image + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()
            if file is not None:
                with written_whole(file) as temporary, temporary.open("wb") as stream:
                    np.save(stream, face, allow_pickle=False)
        return face

    def _cache_file(self, item: Mapping[str, Any]) -> Path:
        """Cache file of a photo: its content, its landmarks and the settings, nothing else."""
        landmarks = item.get(keys.LANDMARKS)
        content = {
            "photo": file_digest(item[keys.IMAGE]),
            keys.LANDMARKS: None if landmarks is None else np.asarray(landmarks, dtype=np.float64).tolist(),
            "aligned": bool(item.get("aligned")),
            "settings": self.settings,
        }
        name = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        return Path(self.cache_dir or "") / f"{name}.npy"


def _load(file: Path) -> NDArray[np.uint8] | None:
    """Face of a cache file; None when there is none or it is damaged."""
    try:
        face: NDArray[Any] = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return face if face.dtype == np.uint8 and face.ndim == 3 and face.shape[0] == 3 else None
