"""Trains the tiny generator: ``generator_training.py <dataset_dir> <output_dir> [<meeting file> <rank>]``.

With a meeting file it is one of two gloo processes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import torch.distributed as dist

sys.path.insert(0, str(Path(__file__).parents[1]))

from generators import train

EPOCHS = 6


def main(dataset_dir: str, output_dir: str, meeting: str = "", rank: str = "0") -> None:
    """Run the training to its end."""
    torch.set_num_threads(1)
    if not meeting:
        train(Path(dataset_dir), Path(output_dir), epochs=EPOCHS)
        return
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=int(rank), world_size=2)
    workflow = train(Path(dataset_dir), Path(output_dir) / rank, "multi_gpu_generator.json", epochs=2, finalize=[])
    trainer = workflow.parser.get_parsed_content("train::trainer")
    torch.save({"average": trainer.average.state_dict(), "p": trainer.probability.value}, f"{output_dir}/{rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
