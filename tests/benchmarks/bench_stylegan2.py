"""Speed of our StyleGAN2 generator beside a grouped-convolution formulation of the same network, in one run.

    python tests/benchmarks/bench_stylegan2.py [--repeats 5] [--threads 1]
    python tests/benchmarks/bench_stylegan2.py --gpu

Prints Markdown tables. On the CPU: forward and backward at 64 pixels, batch 4, in CPU time of the process; contenders
take turns and the ratio is the median of the ratios within the turns, so that a busy machine slows all of them. The
grouped formulation is that of ``tests/stylegan2_grouped.py``, written from the paper: one kernel per sample.

On a GPU: images per second at 256 and 1024 pixels, generator forward and one training step (generator and
discriminator, each forward and backward with its optimiser), eager and compiled, float32 and bf16.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import Any

import torch
import torch.nn.functional as F

from prognos.networks.nets import StyleGAN2Discriminator, StyleGAN2Generator

sys.path.insert(0, str(Path(__file__).parents[1]))

import stylegan2_grouped as grouped

WIDTHS = {"512 to 128 channels": (8192, 512), "512 to 256 channels": (16384, 512), "64 to 32 channels": (2048, 64)}
"""Networks of 64 pixels: ``channel_base`` and ``channel_max``. The second is the usual choice below 512 pixels."""

BATCH = 4


def contenders(network: StyleGAN2Generator) -> dict[str, Callable[[], None]]:
    """Forward and backward with respect to all weights."""
    z = torch.randn(BATCH, network.z_dim)
    weights = grouped.weights_of(network)

    def ours() -> None:
        network.synthesis(network.mapping(z), "random").square().mean().backward()

    def ours_bf16() -> None:
        with torch.autocast("cpu", torch.bfloat16):
            images = network.synthesis(network.mapping(z), "random")
        images.square().mean().backward()

    def one_kernel_per_sample() -> None:
        w = grouped.mapping(weights, "mapping.", z, None, network.mapping_layers)
        ws = w[:, None].expand(-1, network.num_ws, -1)
        grouped.synthesis(weights, ws, "random").square().mean().backward()

    return {"grouped": one_kernel_per_sample, "ours": ours, "ours, bf16": ours_bf16}


def compare(title: str, network: StyleGAN2Generator, repeats: int) -> None:
    """Print one row per contender: median CPU time, and median ratio of the grouped one to it within a turn."""
    tasks = contenders(network)
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(repeats + 1):
        for name, task in tasks.items():
            network.zero_grad(set_to_none=True)
            start = time.process_time()
            task()
            if turn:  # the first turn warms up
                seconds[name].append(time.process_time() - start)
    for name, values in seconds.items():
        ratio = median(slow / value for slow, value in zip(seconds["grouped"], values, strict=True))
        print(f"| {title} | {name} | {1000 * median(values):.0f} | {ratio:.2f} |", flush=True)


def bench_cpu(repeats: int) -> None:
    """Print the table of the CPU."""
    print("| 64 px, batch 4 | formulation | CPU ms | times as fast as grouped |\n| --- | --- | ---: | ---: |")
    for title, (base, most) in WIDTHS.items():
        torch.manual_seed(0)
        compare(title, StyleGAN2Generator(64, channel_base=base, channel_max=most), repeats)


def bench_gpu(repeats: int) -> None:
    """Print the table of the GPU, or say that there is none."""
    if not torch.cuda.is_available():
        print("no GPU")
        return
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}\n")
    print("| resolution | batch | mode | forward, images/s | training step, images/s |")
    print("| ---: | ---: | --- | ---: | ---: |")
    for resolution, batch in ((256, 32), (1024, 8)):
        for compiled in (False, True):
            for half in (False, True):
                forward, step = _gpu_tasks(resolution, batch, compiled=compiled, half=half)
                rates = [batch / _gpu_seconds(task, repeats) for task in (forward, step)]
                mode = f"{'compiled' if compiled else 'eager'}, {'bf16' if half else 'float32'}"
                print(f"| {resolution} | {batch} | {mode} | {rates[0]:.0f} | {rates[1]:.0f} |", flush=True)


def _gpu_tasks(
    resolution: int, batch: int, *, compiled: bool, half: bool
) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Generator forward, and one step of both networks without their regularisation."""
    torch.manual_seed(0)
    torch._dynamo.reset()
    networks = [StyleGAN2Generator(resolution).cuda(), StyleGAN2Discriminator(resolution).cuda()]
    generator, discriminator = [torch.compile(net) if compiled else net for net in networks]
    optimisers = [torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.0, 0.99)) for network in networks]
    z = torch.randn(batch, 512, device="cuda")
    photo = torch.randn(batch, 3, resolution, resolution, device="cuda").clamp(-1, 1)

    def precision() -> Any:
        return torch.autocast("cuda", torch.bfloat16) if half else nullcontext()

    def forward() -> None:
        with torch.no_grad(), precision():
            generator(z)

    def step() -> None:
        with precision():
            loss = F.softplus(-discriminator(generator(z))).mean()
        _update(loss, optimisers[0])
        with torch.no_grad(), precision():
            drawn = generator(z)
        with precision():
            loss = F.softplus(discriminator(drawn)).mean() + F.softplus(-discriminator(photo)).mean()
        _update(loss, optimisers[1])

    return forward, step


def _update(loss: torch.Tensor, optimiser: torch.optim.Optimizer) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()


def _gpu_seconds(task: Callable[[], Any], repeats: int) -> float:
    """Median wall time of one call."""
    values = []
    for turn in range(repeats + 3):
        torch.cuda.synchronize()
        start = time.perf_counter()
        task()
        torch.cuda.synchronize()
        if turn >= 3:
            values.append(time.perf_counter() - start)
    return median(values)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--gpu", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.gpu:
        bench_gpu(options.repeats)
    else:
        bench_cpu(options.repeats)


if __name__ == "__main__":
    main()
