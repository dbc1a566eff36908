"""A training step of the lesion ranker on a processor: convolutions of tiny maps as matrix products, and as they are.

    python tests/benchmarks/bench_small_maps.py [--patches 92] [--repeats 7] [--threads 1]

Times forward and backward pass of the last stages of a ResNet18 on 72 x 72 patches, layer by layer, and of the whole
network, in bfloat16; both ways take turns. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time

import torch
from monai.networks.nets import resnet18
from torch import nn

from prognos.networks import small_maps
from prognos.networks.small_maps import with_small_maps

LAYERS = {
    "256 -> 256, 5 x 5": (256, 256, 1, 5),
    "256 -> 512, 5 x 5 to 3 x 3": (256, 512, 2, 5),
    "512 -> 512, 3 x 3": (512, 512, 1, 3),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patches", type=int, default=92)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    small_maps.WIDEST = 5
    print("| part | convolution, ms | matrix product, ms | ratio |\n| --- | --- | --- | --- |")
    for name, (channels, features, stride, size) in LAYERS.items():
        layer = nn.Conv2d(channels, features, 3, stride, 1, bias=False)
        compare(name, layer, torch.randn(options.patches, channels, size, size), options.repeats)
    small_maps.WIDEST = 3
    network = resnet18(spatial_dims=2, n_input_channels=1, feed_forward=False, conv1_t_stride=2)
    compare("ResNet18, 72 x 72", network, torch.rand(options.patches, 1, 72, 72), options.repeats)


def compare(name: str, network: nn.Module, images: torch.Tensor, repeats: int) -> None:
    """Print one line."""
    plain = network.to(memory_format=torch.channels_last)
    ways = (plain, with_small_maps(copy.deepcopy(plain)))
    images = images.contiguous(memory_format=torch.channels_last)
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats + 1):
        for way, found in zip(ways, seconds, strict=True):
            began = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16):
                result = way(images.bfloat16())
            result.float().square().mean().backward()
            found.append(time.perf_counter() - began)
    convolution, product = (1000 * statistics.median(found[1:]) for found in seconds)
    print(f"| {name} | {convolution:.1f} | {product:.1f} | {convolution / product:.2f} |")


if __name__ == "__main__":
    main()
