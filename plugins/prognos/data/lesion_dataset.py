"""Lesions of a cohort: extracted once from the scans, kept in a cache, one example for each reader's annotation.

B is the number of annotations of a batch, L the number of lesions, S the side of a stored patch in pixels.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Any

import torch
from monai.data import PersistentDataset
from torch.utils.data import default_collate
from tqdm import tqdm

from prognos.config import keys
from prognos.data.annotations import AnnotationError
from prognos.data.cache_file import load_or_make
from prognos.data.scan_digest import scan_digest

__all__ = ["LesionDataset", "pad_lesions"]

LESION_KEYS = (
    keys.IMAGE,
    keys.VOLUME,
    keys.INSTANCE,
    keys.ORGAN,
    keys.DIAMETER,
    keys.CENTROID,
    keys.SLICE,
    keys.GROWTH,
)
"""What a sample holds for each lesion."""

TENSOR_KEYS = (keys.LABEL, keys.PATIENT_INDEX, keys.ENTRY)
"""What a sample holds once, as a tensor; everything else is collected in lists."""

UNKNOWN_LABEL = torch.full((2,), torch.nan, dtype=torch.float64)
"""Label of a scan without a known outcome."""


class LesionDataset(PersistentDataset):
    """One example for each annotation of each scan; the lesions come from a cache.

    The cache has one file a scan. Its name is a digest of the content of all files of the scan and of the settings of
    the extraction, so a changed file or setting is extracted anew and a moved cohort is not. Outcomes, readers and
    identifiers are not in it. A cache file that cannot be loaded, for whatever reason, is made again.

    Args:
        data: scans of :func:`prognos.data.join_annotations` or :func:`prognos.data.read_case`.
        transform: :class:`prognos.transforms.ExtractLesionsd`.
        cache_dir: folder of the cache, made when absent; None to extract at each access.
        max_lesions: how many lesions of an annotation to use, the largest. The cache holds all.

    Note:
        An item is a dictionary with ``image`` (float16 [L, S, S], in [0, 1]), ``volume`` (float32 [L], mm3),
        ``instance`` (int64 [L]), ``organ`` (int64 [L]), ``diameter`` (float32 [L], mm), ``centroid`` (float32 [L, 3],
        LPS mm), ``slice`` (int64 [L]), ``growth`` (float32 [L]), ``label`` (float64 [2]; NaN when no outcome is
        known), ``patient_id``, ``patient_index`` (int64), ``reader``, ``image_file``, ``mask_files`` (one
        text, paths joined by ``;``: decollation mixes lists), and ``entry`` (float64, days) where the cohort has it. L
        is 0 when nothing is marked.

    Source:
        Yang et al. 2023, section 4: at most 40 lesions; in training each annotation is an example of its own.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        transform: Callable[[Mapping[str, Any]], list[dict[str, torch.Tensor]]],
        cache_dir: str | Path | None,
        *,
        max_lesions: int = 40,
    ) -> None:
        if max_lesions < 1:
            raise ValueError(f"max_lesions is {max_lesions}, expected at least 1.")
        super().__init__(data=data, transform=transform, cache_dir=cache_dir)
        self.max_lesions = max_lesions
        self.extraction = transform
        self.settings: dict[str, Any] = transform.settings  # type: ignore[attr-defined]
        self.examples = [
            (scan, reader) for scan, item in enumerate(data) for reader in range(len(item[keys.ANNOTATIONS]))
        ]

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def events(self) -> list[float]:
        """Event flag of each example: 1 = observed, 0 = censored, NaN = unknown."""
        return [float(self.data[scan].get(keys.LABEL, UNKNOWN_LABEL)[keys.EVENT]) for scan, _ in self.examples]

    @property
    def patients(self) -> list[int]:
        """Number of the patient of each example: ``patient_index``."""
        return [int(self.data[scan][keys.PATIENT_INDEX]) for scan, _ in self.examples]

    def extract(self, processes: int = 1) -> None:
        """Fill the cache, with a progress bar; returns at once when nothing is missing.

        Args:
            processes: how many processes share the work; each holds one scan at a time.

        Raises:
            AnnotationError: when scans cannot be used; all of them are listed, after the others were extracted.
            ValueError: when there is no cache.
        """
        if faults := self.faults(processes):
            listing = "\n".join(f"  {fault}" for _, fault in sorted(faults.items()))
            raise AnnotationError(f"{len(faults)} of {len(self.data)} scans cannot be used:\n{listing}")

    def faults(self, processes: int = 1) -> dict[int, str]:
        """Fill the cache as :meth:`extract` does, and say what is wrong with which scan instead of raising.

        Args:
            processes: how many processes share the work.

        Returns:
            What is wrong, in words, by the position of the scan in ``data``; empty when all can be used.

        Raises:
            ValueError: when there is no cache.
            WorkerError: when a process of those that share the work was killed.
        """
        if self.cache_dir is None:
            raise ValueError("there is no cache to fill: give cache_dir.")
        missing = {index: scan for index, scan in enumerate(self.data) if not self._cache_file(scan).is_file()}
        if not missing:
            return {}
        with tqdm(total=len(missing), desc="extracting lesions", unit="scan") as bar:
            return self._extract_here(missing, bar) if processes < 2 else self._extract_over(missing, bar, processes)

    def _extract_here(self, scans: Mapping[int, Mapping[str, Any]], bar: tqdm[Any]) -> dict[int, str]:
        """Fill the cache in this process; returns what went wrong."""
        faults = {}
        for index, scan in scans.items():
            try:
                self._cachecheck(scan)
            except ValueError as error:
                faults[index] = str(error)
            bar.update()
        return faults

    def _extract_over(self, scans: Mapping[int, Mapping[str, Any]], bar: tqdm[Any], processes: int) -> dict[int, str]:
        """Fill the cache in several processes; returns what went wrong."""
        faults = {}
        # Not forked from here, where a thread of torch or ITK may hold a lock; the server imports once for all.
        context = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
        context.set_forkserver_preload(["prognos.transforms", __name__])
        pool = ProcessPoolExecutor(min(processes, len(scans)), mp_context=context, initializer=_ignore_interrupts)
        try:
            jobs = {pool.submit(_fill, scan, self.extraction, self.cache_dir): index for index, scan in scans.items()}
            for job in as_completed(jobs):
                try:
                    job.result()
                except ValueError as error:
                    faults[jobs[job]] = str(error)
                bar.update()
        except BrokenProcessPool:
            raise WorkerError(
                f"a process that extracted lesions was killed, most likely for want of memory. {bar.n} of {len(scans)} "
                f"scans are in the cache: call the same command again, with fewer processes or more memory."
            ) from None
        except BaseException:
            for worker in list(pool._processes.values()):  # whoever interrupts does not want to wait for a scan
                worker.kill()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
        return faults

    def _transform(self, index: int) -> dict[str, Any]:
        """The example that ``dataset[index]`` gives."""
        number, reader = self.examples[index]
        scan = self.data[number]
        lesions = self._cachecheck(scan)[reader]
        annotation = scan[keys.ANNOTATIONS][reader]
        sample: dict[str, Any] = {key: lesions[key][: self.max_lesions] for key in LESION_KEYS}
        sample[keys.LABEL] = scan.get(keys.LABEL, UNKNOWN_LABEL)
        sample[keys.PATIENT] = scan[keys.PATIENT]
        sample[keys.PATIENT_INDEX] = torch.tensor(scan[keys.PATIENT_INDEX], dtype=torch.int64)
        sample[keys.READER] = annotation[keys.READER]
        sample["image_file"] = scan[keys.IMAGE]
        sample["mask_files"] = ";".join(annotation[keys.MASK])
        if keys.ENTRY in scan:
            sample[keys.ENTRY] = torch.tensor(scan[keys.ENTRY], dtype=torch.float64)
        return sample

    def _cachecheck(self, item_transformed: Mapping[str, Any]) -> list[dict[str, torch.Tensor]]:
        """Lesions of a scan, from the cache or, where that fails, from the files."""
        if self.cache_dir is None:
            return self.extraction(item_transformed)
        readers = len(item_transformed[keys.ANNOTATIONS])

        def is_usable(record: Any) -> bool:
            return len(record) == readers and all(set(LESION_KEYS) <= set(lesions) for lesions in record)

        record: list[dict[str, torch.Tensor]] = load_or_make(
            self._cache_file(item_transformed), lambda: self.extraction(item_transformed), is_usable
        )
        return record

    def _cache_file(self, scan: Mapping[str, Any]) -> Path:
        """Cache file of a scan: content of its files and settings, nothing else."""
        return Path(self.cache_dir) / f"{scan_digest(scan, self.settings)}.pt"


class WorkerError(RuntimeError):
    """A process that shared the work has ended before its time."""


def pad_lesions(samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Collate annotations with different numbers of lesions: L becomes that of the longest, at least 1.

    Args:
        samples: items of :class:`LesionDataset`.

    Returns:
        The batch: lesion tensors [B, L, ...], padded with 0 (growth: NaN), so volume 0 marks padding; ``label`` [B, 2],
        ``patient_index`` [B], and lists of everything that is not a tensor.
    """
    longest = max(1, *(len(sample[keys.VOLUME]) for sample in samples))
    batch: dict[str, Any] = {}
    for key in LESION_KEYS:
        first = samples[0][key]
        filler = torch.nan if key == keys.GROWTH else 0
        batch[key] = torch.full((len(samples), longest, *first.shape[1:]), filler, dtype=first.dtype)
        for row, sample in zip(batch[key], samples, strict=True):
            row[: len(sample[key])] = sample[key]
    for key in samples[0].keys() - batch.keys():
        values = [sample[key] for sample in samples]
        batch[key] = default_collate(values) if key in TENSOR_KEYS else values
    return batch


def _ignore_interrupts() -> None:
    """Leave Ctrl-C, which reaches every process of a terminal, to the process that shares out the work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _fill(scan: Mapping[str, Any], extraction: Any, cache_dir: Path) -> None:
    """Make the cache file of one scan, in a process of its own."""
    torch.set_num_threads(1)
    LesionDataset([scan], extraction, cache_dir)._cachecheck(scan)
