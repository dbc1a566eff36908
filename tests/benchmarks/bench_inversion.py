"""Ways to find the latent of a photo, side by side on photos that the generator drew itself, then on others.

    python tests/benchmarks/bench_inversion.py --generator FILE --encoder FILE [--photos 16] [--cohort FOLDER]

Every way gets the same photos in the same batches. Prints a Markdown table: relative error of the reconstruction (0 =
exact), cosine to the true w from the mean w (1 = exact), the worst photo of each, seconds a photo on the clock and of
the processor, and how many times less processor time than the published projector of 1000 steps (on a GPU, read the
clock). Both searches see the distance of pixels and the generator's own constant noise; the projector moves noise maps
beside it, as published. It runs batched as well, which favours it: as published it takes one photo. What is computed
once for a generator is timed apart. With the folder of a cohort, a second table is that of its first portraits, aligned
and drawn by no generator: they have no true w, so it says instead how far the latents lie from the mean, in standard
deviations of the generator's own.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, NamedTuple

import torch

from prognos.config import keys
from prognos.data import PortraitDataset, read_photos
from prognos.inferers import EncoderGuess, LatentInversionInferer, ProjectorSearch, QuasiNewtonSearch, SphereSearch
from prognos.inferers.latent_coordinates import LatentCoordinates
from prognos.networks import draw_latents, fingerprint, latents_to_ws, load_latent_encoder, load_stylegan2
from prognos.transforms import AlignFaced


class Result(NamedTuple):
    """One row of a table; ``nearness`` and ``least`` are a mean and a minimum: cosines, or distances from the mean."""

    name: str
    error: float
    worst: float
    nearness: float
    least: float
    steps: float
    seconds: float
    processor: float
    preparation: float


def main() -> None:
    """Print the tables."""
    options = arguments()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    generator = load_stylegan2(options.generator).eval().to(device)
    encoder = load_latent_encoder(options.encoder, fingerprint(generator)) if options.encoder else None
    latents = draw_latents(generator, "w", options.photos, random=torch.Generator().manual_seed(options.seed))
    with torch.no_grad():
        photos = generator.synthesis(latents_to_ws(latents, generator, "w"), noise_mode="const")
    compare("drawn by the generator", options, encoder, generator, photos, latents)
    if options.cohort is not None:
        compare("of the cohort", options, encoder, generator, portraits(options, generator.resolution).to(device), None)


def compare(
    what: str,
    options: argparse.Namespace,
    encoder: Any,
    generator: Any,
    photos: torch.Tensor,
    latents: torch.Tensor | None,
) -> None:
    """Print the table of one kind of photos; ``latents`` are their true w, if they have any."""
    results = []
    for name, settings in ways(options, encoder):
        results.append(measure(name, settings, photos, latents, generator, options.batch))
        print(f"... {results[-1]}", flush=True)
    print(
        f"\n{len(photos)} photos {what}, {generator.resolution} px, batches of {options.batch}, {describe(options)}\n"
    )
    nearness = ("distance from the mean", "least") if latents is None else ("cosine to the true w", "least")
    columns = ("way", "relative error", "worst", *nearness, "evaluations", "seconds", "processor seconds", "faster")
    print(f"| {' | '.join((*columns, 'once, seconds'))} |\n{'| --- ' * (len(columns) + 1)}|")
    for row in results:
        faster = results[0].processor / row.processor if options.steps else float("nan")
        numbers = f"{row.error:.4f} | {row.worst:.4f} | {row.nearness:.4f} | {row.least:.4f} | {row.steps:.0f}"
        times = f"{row.seconds:.3f} | {row.processor:.3f} | {faster:.1f} | {row.preparation:.1f}"
        print(f"| {row.name} | {numbers} | {times} |")


def portraits(options: argparse.Namespace, resolution: int) -> torch.Tensor:
    """First aligned portraits of a cohort, [N, 3, R, R]."""
    rows = read_photos(options.cohort / "photos.csv")[: options.photos]
    dataset = PortraitDataset(rows, AlignFaced(size=resolution), None)
    return torch.stack([torch.as_tensor(dataset[row][keys.IMAGE]) for row in range(len(rows))])


def arguments() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", type=Path, required=True)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--photos", type=int, default=16)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=1000, help="of the projector; 0 leaves it out")
    parser.add_argument("--sphere", type=int, default=0, help="steps of the search in z; 0 leaves it out")
    parser.add_argument("--evaluations", default="15,20,30", help="of the quasi-Newton search; several with commas")
    parser.add_argument("--cohort", type=Path, help="folder with photos.csv; a second table is of its portraits")
    parser.add_argument("--prior", default="0.03", help="of the quasi-Newton search; several with commas")
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
    name: str,
    settings: dict[str, Any],
    photos: torch.Tensor,
    latents: torch.Tensor | None,
    generator: Any,
    batch: int,
) -> Result:
    """Invert all photos one way."""
    inferer = LatentInversionInferer(**settings)
    began = time.process_time()
    inferer.prepare(generator)
    preparation = time.process_time() - began
    if settings["search"].method == "encoder":
        inferer.invert(photos[:1], generator)  # its first call is slow
    began = time.process_time()
    parts = [inferer.invert(part, generator) for part in torch.split(photos, batch)]
    processor = (time.process_time() - began) / len(photos)
    found = torch.cat([part.latent for part in parts])
    w = generator.mapping(found)[:, 0] if inferer.space == "z" else found
    error, seconds, steps = (
        torch.cat([getattr(part, field).float().cpu() for part in parts]) for field in ("rmse", "seconds", "steps")
    )
    near = nearness(w, latents, generator)
    accuracy = (float(error.mean()), float(error.max()), float(near.mean()), float(near.min()))
    return Result(name, *accuracy, float(steps.mean()), float(seconds.mean()), processor, preparation)


def nearness(w: torch.Tensor, latents: torch.Tensor | None, generator: Any) -> torch.Tensor:
    """Cosine to the true w [N, W] from the mean; or root mean square of the standardised principal axes, [N]."""
    coordinates = LatentCoordinates(generator, "w")
    if latents is None:
        return coordinates.from_latent(w).square().mean(dim=1).sqrt()
    return torch.cosine_similarity(w - coordinates.mean, latents - coordinates.mean, dim=1)


def describe(options: argparse.Namespace) -> str:
    """Where it ran."""
    if options.device != "cpu":
        return torch.cuda.get_device_name(options.device)
    return f"{options.threads} threads, quasi-Newton in {options.precision}"


if __name__ == "__main__":
    main()
