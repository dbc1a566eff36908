"""Time, memory and size of a report: ``python tests/benchmarks/bench_report.py [patients] [lesions]``.

Drawn patients go through every handler of an evaluation but the network; the folder of the result is printed.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from report_cohort import write_drawn_report

LONGEST, LARGEST = 30.0, 2e9
"""Seconds and bytes that a report of 258 patients and 3 000 lesions may take."""


def main(patients: int = 258, lesions: int = 3000) -> None:
    """Write one report and print what it took."""
    folder = Path(tempfile.mkdtemp(prefix="report-"))
    start = time.perf_counter()
    report = write_drawn_report(folder, patients=patients, lesions=lesions)
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    size = report.stat().st_size
    print(f"{patients} patients, {lesions} lesions: {seconds:.1f} s, {memory / 1e9:.2f} GB, page {size / 1e6:.2f} MB")
    print(f"within {LONGEST:.0f} s and {LARGEST / 1e9:.0f} GB: {seconds < LONGEST and memory < LARGEST}; {report}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
