"""One of two gloo processes that train on shards of one cohort: ``cox_gather.py <meeting file> <rank>``.

Under DistributedDataParallel, the averaged gradient must be that of one process that sees the whole cohort.
"""

from __future__ import annotations

import copy
import sys

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from prognos.losses import CoxLoss

FIRST_SHARDS = (16, 21, 32)
"""Samples of the first process, of 32: even, uneven, and none left for the second."""


def main(meeting: str, rank: int) -> None:
    """Compare value and gradient over both shards with those of the whole cohort; then break one of them."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(32, 6, generator=generator, dtype=torch.float64)
    time = torch.randint(5, 15, (32,), generator=generator).double()
    label = torch.stack([time, (torch.rand(32, generator=generator) < 0.6).double()], dim=1)
    weight = torch.rand(32, generator=generator, dtype=torch.float64) + 0.5
    strata = torch.arange(32) % 3
    entry = time - torch.randint(1, 9, (32,), generator=generator)
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    alone = copy.deepcopy(network)
    whole = CoxLoss()(alone(image), label, weight, strata, entry)
    whole.backward()

    parallel = DistributedDataParallel(network)
    for size in FIRST_SHARDS:
        rows = slice(0, size) if rank == 0 else slice(size, 32)
        parallel.zero_grad()
        loss = CoxLoss(gather=True)(parallel(image[rows]), label[rows], weight[rows], strata[rows], entry[rows])
        loss.backward()
        torch.testing.assert_close(loss, whole, rtol=1e-12, atol=1e-12)
        for ours, expected in zip(network.parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(ours.grad, expected.grad, rtol=1e-12, atol=1e-12)

    broken = torch.full((4, 1), torch.nan) if rank == 0 else torch.zeros(4, 1)
    try:
        CoxLoss(gather=True)(broken, label[:4])
    except ValueError as error:
        found = str(error)
    expected = "log hazard are NaN or infinite" if rank == 0 else "process [0] refused its samples"
    if expected not in found:
        raise SystemExit(f"expected {expected!r}, found {found!r}")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
