"""One of two gloo processes that evaluate shards of one cohort: ``handlers.py <meeting file> <rank>``."""

from __future__ import annotations

import sys

import torch
import torch.distributed as dist
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedEvaluator

from prognos.handlers import ConcordanceIndexHandler, CoxLossHandler
from prognos.losses import CoxLoss
from prognos.metrics import concordance_index

FIRST_SHARDS = (10, 17, 30)
"""Samples of the first process, of 30; the last leaves the second process without a batch."""


def main(meeting: str, rank: int) -> None:
    """Compare the metrics of both processes with those of the whole cohort."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    generator = torch.Generator().manual_seed(0)
    log_hazard = torch.randn(30, 1, generator=generator, dtype=torch.float64)
    time = torch.randint(1, 9, (30,), generator=generator).double()
    label = torch.stack([time, (torch.rand(30, generator=generator) < 0.6).double()], dim=1)
    index, error = concordance_index(log_hazard, *label.T)
    expected = torch.tensor([index, error, label[:, 1].sum(), 30, CoxLoss()(log_hazard, label)], dtype=torch.float64)
    for size in FIRST_SHARDS:
        rows = range(size) if rank == 0 else range(size, 30)
        if not rows:
            handlers = ConcordanceIndexHandler(), CoxLossHandler()
            found = [*handlers[0].metric_fn.estimate(), handlers[1].metric_fn.aggregate()]
        else:
            evaluator = SupervisedEvaluator(
                torch.device("cpu"),
                DataLoader(Dataset([{"image": log_hazard[i], "label": label[i]} for i in rows]), batch_size=4),
                torch.nn.Identity(),
                key_val_metric={"c_index": ConcordanceIndexHandler()},
                additional_metrics={"cox_loss": CoxLossHandler()},
            )
            evaluator.run()
            found = list(evaluator.state.metrics.values())
        torch.testing.assert_close(torch.tensor(found, dtype=torch.float64), expected, rtol=1e-12, atol=1e-12)
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
