"""Each fold of the face table fine-tunes a generator, trains its encoder and embeds the photos, on tiny networks."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from prognos.__main__ import main
from prognos.data import read_cohort, read_latents
from prognos.networks import fingerprint, load_latent_encoder, load_stylegan2, read_provenance

TINY = {
    "fine_tuning::epochs": 1,
    "fine_tuning::tick_kimg": 0.008,
    "fine_tuning::batch_size": 4,
    "fine_tuning::frechet_images": 8,
    "fine_tuned_encoder::epochs": 1,
    "fine_tuned_encoder::iterations": 2,
    "fine_tuned_encoder::batch_size": 4,
    "fine_tuned_encoder::validation_draws": 4,
    "search": "@searches::encoder",
}


def test_the_latents_of_a_fold_are_those_of_a_generator_fine_tuned_on_its_training_patients(
    portrait_cohort: Path,
    portrait_models: Path,
    portrait_settings: dict[str, object],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = {name: portrait_settings[name] for name in ("dataset_dir", "cache_dir", "device")} | TINY
    given |= {"folds": "1", "output_dir": tmp_path, "generator_file": portrait_models / "generator.safetensors"}
    given["latents::encoder_file"] = portrait_models / "encoder.safetensors"
    words = [f"--{name}={value}" for name, value in given.items()]
    assert main(["experiment", "face_table", "--rows=latents,fine_tuned_latents", *words]) == 0
    tuned, encoder, latents = (
        tmp_path / "cells" / name / "cohort/seed_0/fold_1" / file
        for name, file in (
            ("fine_tuning", "generator.safetensors"),
            ("fine_tuned_encoder", "encoder.safetensors"),
            ("fine_tuned_latents", "latents.csv"),
        )
    )
    origin = read_provenance(tuned).description
    assert "24 photos, training seed 0; begun with generator.safetensors: random weights" in origin
    generator = fingerprint(load_stylegan2(tuned))
    assert generator != fingerprint(load_stylegan2(portrait_models / "generator.safetensors"))
    load_latent_encoder(encoder, generator)
    assert len(read_latents(latents).require_generator(generator).values) == 48
    metrics = json.loads((tuned.parent / "metrics.json").read_text(encoding="utf-8"))["metrics"]
    table = pd.read_csv(tmp_path / "fine_tuning.csv", comment="#").iloc[0]
    assert table["frechet_without"] == pytest.approx(metrics["frechet_distance_at_start"])
    assert table["frechet_with"] == pytest.approx(metrics["frechet_distance"])
    tested = read_cohort(portrait_cohort / "cohort.csv", fold=1, subset="test")
    record = pd.read_csv(latents.with_name("reconstructions.csv"), comment="#", dtype={"patient_id": str})
    own = record[record["patient_id"].isin([sample["patient_id"] for sample in tested])]
    assert len(own) == 2 * len(tested)
    assert table["error_with"] == pytest.approx(own["rmse"].mean())
    assert table["error_without"] != table["error_with"]
    said = capsys.readouterr().out
    assert "The same latents without and with fine-tuning, fold 1" in said
    assert "Figure 1: photos of test patients" in said
    assert latents.with_name("figure_1.png").stat().st_size > 20_000
