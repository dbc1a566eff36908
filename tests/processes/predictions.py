"""One of two gloo processes that predict for one cohort: ``predictions.py <meeting file> <rank> <table>``."""

from __future__ import annotations

import sys

import torch
import torch.distributed as dist
from ignite.engine import Engine

from prognos.handlers import PredictionsWriter

SHARDS = (
    [("p2", 2, "a", 1.0), ("p1", 1, "a", -0.5)],
    [("p2", 2, "b", 2.0), ("p1", 1, "a", -0.5)],  # the second one is served twice, as padding samplers do
)
"""Patient, index, reader and log hazard of each annotation, by process."""


def main(meeting: str, rank: int, table: str) -> None:
    """Evaluate one shard."""
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    patients, indices, readers, log_hazard = zip(*SHARDS[rank], strict=True)
    batch = {"patient_id": list(patients), "patient_index": torch.tensor(indices), "reader": list(readers)}
    output = {"label": torch.tensor([[10.0, 1.0], [20.0, 0.0]]), "pred": torch.tensor(log_hazard)[:, None]}
    engine = Engine(lambda engine, _: output)
    PredictionsWriter(table).attach(engine)
    engine.run([batch])
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
