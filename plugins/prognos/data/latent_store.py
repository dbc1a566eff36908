"""Latents that are found already, one file a photo, so that a killed run loses none and a second one repeats none."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.data import Dataset

from prognos.config import keys
from prognos.files import written_whole

__all__ = ["STORE_KEY", "LatentStore", "UnfinishedPhotos"]

STORE_KEY = "latent_key"
"""Key of a sample: name of its file in the store."""


class LatentStore:
    """Folder of found latents.

    The name of a file is a digest of the aligned photo and of everything that decides its latent, so a changed photo,
    generator or setting is searched anew and nothing stale is ever read. A file that cannot be loaded counts as absent.

    Args:
        folder: where the files are; made when absent. It holds latents, which are biometric data.
        settings: JSON values that decide a latent: fingerprint of the generator, and the settings of the search.
    """

    def __init__(self, folder: str | Path, settings: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        self.settings = dict(settings)
        self._digest = hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode())

    def key(self, photo: torch.Tensor) -> str:
        """Name of the file of a photo [C, R, R]."""
        digest = self._digest.copy()
        digest.update(torch.as_tensor(photo).to(torch.float32).contiguous().numpy().tobytes())
        return digest.hexdigest()

    def load(self, key: str) -> dict[str, np.ndarray[Any, Any]] | None:
        """Arrays of one photo: ``latent`` float32, ``rmse``, ``steps``, ``seconds``; None when there are none."""
        try:
            with self._file(key).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                return {name: file[name] for name in ("latent", "rmse", "steps", "seconds")}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            return None

    def save(self, key: str, arrays: Mapping[str, Any]) -> None:
        """Write what was found for one photo."""
        with written_whole(self._file(key)) as temporary, temporary.open("wb") as file:
            np.savez(file, **{name: np.asarray(value) for name, value in arrays.items()})  # type: ignore[arg-type]

    def _file(self, key: str) -> Path:
        return self.folder / f"{key}.npz"


class UnfinishedPhotos(Dataset):
    """The photos of one process that have no latent yet.

    Processes share the photos by their row, whatever is finished, so they agree without speaking to each other.

    Args:
        dataset: photos, such as :class:`prognos.data.PortraitDataset`.
        store: where finished ones are kept.
        rank: number of this process.
        world_size: number of processes.

    Raises:
        ValueError: when ``rank`` is not a process of ``world_size``.
    """

    def __init__(self, dataset: Any, store: LatentStore, *, rank: int = 0, world_size: int = 1) -> None:
        if not 0 <= rank < world_size:
            raise ValueError(f"UnfinishedPhotos: rank is {rank}, expected 0 to {world_size - 1}.")
        self.dataset = dataset
        chosen = []
        for index in range(rank, len(dataset), world_size):
            key = store.key(dataset[index][keys.IMAGE])
            if store.load(key) is None:
                chosen.append((index, key))
        super().__init__(data=chosen)

    def _transform(self, index: int) -> dict[str, Any]:
        row, key = self.data[index]
        return {**self.dataset[row], STORE_KEY: key}
