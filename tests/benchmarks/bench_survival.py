"""Speed and memory of the survival core beside torchsurv, lifelines and scikit-survival, in one run.

    python tests/benchmarks/bench_survival.py [--repeats 7]

Prints a Markdown table. Times are CPU times of the process, on one thread. Contenders take turns, so that a busy
machine slows all of them; the ratio is the median of the ratios within the turns. Memory is the peak of the resident
set above the inputs, in a fresh process (Linux alone).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch

from prognos.losses import CoxLoss
from prognos.metrics import concordance_index

Task = Callable[[], object]


def cohort(size: int, *, tied: bool) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log hazard, time and event (60 %) of a seeded cohort; about 100 distinct times when tied."""
    generator = torch.Generator().manual_seed(0)
    log_hazard = torch.randn(size, generator=generator)
    event_time = torch.empty(size).exponential_(generator=generator) * (-log_hazard).exp()
    days = (event_time.clamp(max=5.0) * (20 if tied else 1e5)).ceil()
    if not tied:
        days = days + torch.rand(size, generator=generator) / 2
    return log_hazard, days, torch.rand(size, generator=generator) < 0.6


def losses(size: int, *, tied: bool) -> dict[str, Task]:
    """Forward and backward of Cox losses with Efron's ties."""
    from torchsurv.loss.cox import neg_partial_log_likelihood

    log_hazard, days, event = cohort(size, tied=tied)
    log_hazard = log_hazard[:, None].requires_grad_()
    label = torch.stack([days, event.float()], dim=1)
    loss = CoxLoss()
    return {
        "prognos": lambda: loss(log_hazard, label).backward(),
        "torchsurv": lambda: neg_partial_log_likelihood(log_hazard[:, 0], event, days, ties_method="efron").backward(),
    }


def indices(size: int) -> dict[str, Task]:
    """Harrell's index; ours with its standard error, the others without."""
    from lifelines.utils import concordance_index as lifelines_index
    from sksurv.metrics import concordance_index_censored
    from torchsurv.metrics.cindex import ConcordanceIndex

    log_hazard, days, event = cohort(size, tied=False)
    plain = log_hazard.numpy(), days.numpy(), event.numpy()
    return {
        "prognos": lambda: concordance_index(*plain),
        "lifelines": lambda: lifelines_index(plain[1], -plain[0], plain[2]),
        "scikit-survival": lambda: concordance_index_censored(plain[2], plain[1], plain[0]),
        "torchsurv": lambda: ConcordanceIndex()(log_hazard, event, days),
    }


def compare(title: str, tasks: dict[str, Task], repeats: int) -> None:
    """Print one row per contender: median CPU time, and median ratio to ours within a turn."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(repeats + 1):
        for name, task in tasks.items():
            start = time.process_time()
            task()
            if turn:  # the first turn warms up
                seconds[name].append(time.process_time() - start)
    for name, values in seconds.items():
        ratio = median(value / ours for value, ours in zip(values, seconds["prognos"], strict=True))
        print(f"| {title} | {name} | {1000 * median(values):.2f} | {ratio:.1f} |", flush=True)


def peak_megabytes(what: str, size: int) -> float:
    """Peak memory of one call above its inputs, measured in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--peak", what, "--size", str(size)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def measure_peak(what: str, size: int) -> float:
    """Megabytes that the resident set grows to during one call, after a small call has loaded everything."""
    for n in (100, size):
        log_hazard, days, event = cohort(n, tied=False)
        column = log_hazard[:, None].requires_grad_()
        label = torch.stack([days, event.float()], dim=1)
        entry, strata = days / 2, torch.arange(n) % 20
        plain = log_hazard.numpy(), days.numpy(), event.numpy()
        tasks: dict[str, Task] = {
            "loss": lambda column=column, label=label: CoxLoss()(column, label).backward(),
            "loss, entry and strata": lambda column=column, label=label, strata=strata, entry=entry: CoxLoss()(
                column, label, strata=strata, entry=entry
            ).backward(),
            "index": lambda plain=plain: concordance_index(*plain),
        }
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        before = _status("VmRSS")
        tasks[what]()
    return (_status("VmHWM") - before) / 1024


def _status(field: str) -> int:
    """Kilobytes of one field of /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    if options.peak:
        print(measure_peak(options.peak, options.size))
        return
    print("| task | library | median CPU ms | ratio to prognos |\n| --- | --- | ---: | ---: |")
    for size in (1_000, 10_000):
        compare(f"Cox loss, forward + backward, n = {size}, no ties", losses(size, tied=False), options.repeats * 5)
        compare(f"Cox loss, forward + backward, n = {size}, many ties", losses(size, tied=True), options.repeats * 5)
        compare(f"C-index, n = {size}", indices(size), options.repeats)
    large = {"prognos": losses(100_000, tied=False)["prognos"]}
    compare("Cox loss, forward + backward, n = 100000, no ties", large, options.repeats)
    compare("C-index with standard error, n = 100000", {"prognos": indices(100_000)["prognos"]}, options.repeats)
    print("\n| task, n = 100000 | peak MB above the inputs |\n| --- | ---: |")
    for what in ("loss", "loss, entry and strata", "index"):
        print(f"| {what} | {peak_megabytes(what, 100_000):.0f} |", flush=True)


if __name__ == "__main__":
    main()
