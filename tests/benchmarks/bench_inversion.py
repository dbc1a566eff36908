"""Ways to find the latent of a photo, side by side on photos that the generator drew itself.

    python tests/benchmarks/bench_inversion.py --generator FILE --encoder FILE [--photos 16] [--evaluations 30,60,80]

Every way gets the same photos in the same batches. Prints a Markdown table: relative error of the reconstruction (0 =
exact), cosine to the true w from the mean w (1 = exact), seconds a photo on the clock and of the processor, and how
many times less processor time than the published projector of 1000 steps (on a GPU, read the clock). The projector runs
batched as well, which favours it: as published it takes one photo.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, NamedTuple

import torch

from prognos.inferers import EncoderGuess, LatentInversionInferer, ProjectorSearch, QuasiNewtonSearch, SphereSearch
from prognos.networks import (
    draw_latents,
    fingerprint,
    latents_to_ws,
    load_latent_encoder,
    load_stylegan2,
)


class Result(NamedTuple):
    """One row of the table."""

    name: str
    error: float
    cosine: float
    seconds: float
    processor: float
    steps: float


def main() -> None:
    """Print the table."""
    options = arguments()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    generator = load_stylegan2(options.generator).eval().to(device)
    encoder = load_latent_encoder(options.encoder, fingerprint(generator)) if options.encoder else None
    latents = draw_latents(generator, "w", options.photos, random=torch.Generator().manual_seed(options.seed))
    with torch.no_grad():
        photos = generator.synthesis(latents_to_ws(latents, generator, "w"), noise_mode="const")
    results = []
    for name, settings in ways(options, encoder):
        results.append(measure(name, settings, photos, latents, generator, options.batch))
        print(f"... {results[-1]}", flush=True)
    print(
        f"\n{options.photos} photos of {generator.resolution} px in batches of {options.batch}, {describe(options)}\n"
    )
    columns = ("way", "relative error", "cosine to the true w", "evaluations", "seconds", "processor seconds", "faster")
    print(f"| {' | '.join(columns)} |\n{'| --- ' * len(columns)}|")
    for row in results:
        faster = results[0].processor / row.processor if options.steps else float("nan")
        numbers = f"{row.error:.4f} | {row.cosine:.3f} | {row.steps:.0f} | {row.seconds:.3f} | {row.processor:.3f}"
        print(f"| {row.name} | {numbers} | {faster:.1f} |")


def arguments() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", type=Path, required=True)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--photos", type=int, default=16)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=1000, help="of the projector; 0 leaves it out")
    parser.add_argument("--sphere", type=int, default=0, help="steps of the search in z; 0 leaves it out")
    parser.add_argument("--evaluations", default="30,60,80", help="of the quasi-Newton search; several with commas")
    parser.add_argument("--prior", default="0.0001", help="of the quasi-Newton search; several with commas")
    parser.add_argument("--precision", default="float32", help="of the quasi-Newton search: float32 or bfloat16")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=11)
    return parser.parse_args()


def ways(options: argparse.Namespace, encoder: Any) -> list[tuple[str, dict[str, Any]]]:
    """Name and settings of each inferer, the projector first."""
    found: list[tuple[str, dict[str, Any]]] = []
    if options.steps:
        found.append((f"projector, {options.steps} steps", {"search": ProjectorSearch(options.steps)}))
    if options.sphere:
        found.append((f"sphere, {options.sphere} steps", {"search": SphereSearch(options.sphere), "space": "z"}))
    if encoder is not None:
        found.append(("encoder", {"search": EncoderGuess(), "encoder": encoder}))
    for prior in map(float, options.prior.split(",")):
        for evaluations in map(int, options.evaluations.split(",")):
            settings = {"search": QuasiNewtonSearch(evaluations, prior=prior), "precision": options.precision}
            name = f"quasi-Newton, {evaluations} evaluations, prior {prior:g}"
            found.append((f"mean + {name}", settings))
            if encoder is not None:
                found.append((f"encoder + {name}", {**settings, "encoder": encoder}))
    return found


def measure(
    name: str, settings: dict[str, Any], photos: torch.Tensor, latents: torch.Tensor, generator: Any, batch: int
) -> Result:
    """Invert all photos one way."""
    inferer = LatentInversionInferer(**settings)
    inferer.prepare(generator)
    if settings["search"].method == "encoder":
        inferer.invert(photos[:1], generator)  # its first call is slow
    began = time.process_time()
    parts = [inferer.invert(part, generator) for part in torch.split(photos, batch)]
    processor = (time.process_time() - began) / len(photos)
    found = torch.cat([part.latent for part in parts])
    w = generator.mapping(found)[:, 0] if inferer.space == "z" else found
    centre = draw_latents(generator, "w", 10_000, random=torch.Generator().manual_seed(0)).mean(dim=0)
    cosine = torch.cosine_similarity(w - centre, latents - centre, dim=1)
    record = [
        torch.cat([getattr(part, field).float().cpu() for part in parts]) for field in ("rmse", "seconds", "steps")
    ]
    error, seconds, steps = (float(values.mean()) for values in record)
    return Result(name, error, float(cosine.mean()), seconds, processor, steps)


def describe(options: argparse.Namespace) -> str:
    """Where it ran."""
    if options.device != "cpu":
        return torch.cuda.get_device_name(options.device)
    return f"{options.threads} threads, quasi-Newton in {options.precision}"


if __name__ == "__main__":
    main()
