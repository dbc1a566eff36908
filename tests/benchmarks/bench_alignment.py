"""Milliseconds to read a photo and align its face, on one core: ``python tests/benchmarks/bench_alignment.py``."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from faces import POINTS, draw_face
from prognos.data import PortraitDataset
from prognos.transforms import AlignFaced, CascadeDetector


def milliseconds(action: Callable[[], object], repeats: int = 20) -> float:
    """Shortest time of one call: a busy machine only adds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def main() -> None:
    """Print a table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side, suffix in ((128, "png"), (4000, "jpg")):
            photo = Image.fromarray(draw_face()).resize((side, side), Image.Resampling.BICUBIC)
            path = folder / f"{side}.{suffix}"
            photo.save(path)
            points = (POINTS + 0.5) * side / 128 - 0.5
            row = {"patient_id": "A", "image": str(path), "photo": path.name, "photo_index": 0, "landmarks": points}
            for size in (64, 256, 1024)[: 1 if side == 128 else 3]:
                shown = milliseconds(lambda row=row, size=size: AlignFaced(size).prepare(row), 20 if side == 128 else 5)
                print(f"{side} px {suffix} to {size} px: {shown:.2f} ms")
            if side == 128:
                cached = PortraitDataset([row], AlignFaced(64), folder / "cache")
                cached.prepare()
                print(f"the same from the cache: {milliseconds(lambda data=cached: data[0]):.2f} ms")
        detector = CascadeDetector()
        photo = np.asarray(Image.fromarray(draw_face()).resize((1000, 1000)))
        print(f"cascade on 1000 px: {milliseconds(lambda: detector.detect(photo), 5):.0f} ms")


if __name__ == "__main__":
    main()
