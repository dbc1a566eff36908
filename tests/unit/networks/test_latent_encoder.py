"""Latent encoder: shapes, export, and files that belong to one generator."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch

from drawn_faces import tiny_generator
from prognos.networks import build_latent_encoder, draw_latents, fingerprint, load_latent_encoder, save_latent_encoder
from prognos.networks.nets import LatentEncoder


def small(space: str = "w") -> LatentEncoder:
    return build_latent_encoder(tiny_generator(), space, channels=4, features=8).eval()


@pytest.mark.parametrize(("space", "shape"), [("z", (8,)), ("w", (8,)), ("w+", (6, 8))])
def test_each_space_has_its_shape(space: str, shape: tuple[int, ...]) -> None:
    assert small(space)(torch.randn(2, 3, 16, 16)).shape == (2, *shape)


def test_z_lies_on_its_sphere() -> None:
    z = small("z")(torch.randn(3, 3, 16, 16))
    torch.testing.assert_close(z.square().mean(dim=1), torch.ones(3), atol=1e-4, rtol=0)


def test_a_blank_prediction_is_the_mean_latent_in_units_of_the_spread() -> None:
    generator, encoder = tiny_generator(), small()
    w = draw_latents(generator, "w", 20_000, random=torch.Generator().manual_seed(1))
    torch.testing.assert_close(encoder.mean, w.mean(dim=0), atol=0.05, rtol=0)
    torch.testing.assert_close(encoder.scale, w.std(dim=0), atol=0.05, rtol=0)


def test_building_one_leaves_the_global_draws_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    first, second = small(), small()
    assert torch.equal(torch.rand(1), expected)
    assert fingerprint(first) == fingerprint(second)


@pytest.mark.parametrize("space", ["z", "w", "w+"])
def test_the_script_predicts_the_same(space: str) -> None:
    encoder, photos = small(space), torch.randn(2, 3, 16, 16)
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(encoder), buffer)
    buffer.seek(0)
    torch.testing.assert_close(torch.jit.load(buffer)(photos), encoder(photos))


def test_onnx_predicts_the_same(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    encoder, photos = small("w+"), torch.randn(2, 3, 16, 16)
    torch.onnx.export(
        encoder,
        (photos,),
        str(tmp_path / "encoder.onnx"),
        dynamo=True,
        input_names=["image"],
        dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=64)},),
        verbose=False,
    )
    session = onnxruntime.InferenceSession(tmp_path / "encoder.onnx", providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"image": photos[:1].repeat(3, 1, 1, 1).numpy()})
    expected = encoder(photos[:1].repeat(3, 1, 1, 1)).detach().numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_saved_encoder_comes_back_for_its_generator_only(tmp_path: Path) -> None:
    encoder, path = small(), tmp_path / "encoder.safetensors"
    ours, other = fingerprint(tiny_generator()), fingerprint(tiny_generator(seed=1))
    save_latent_encoder(path, encoder, ours)
    again = load_latent_encoder(path, ours)
    assert fingerprint(again) == fingerprint(encoder)
    assert again.space == "w"
    assert not again.training
    with pytest.raises(ValueError, match="its latents would mean other faces"):
        load_latent_encoder(path, other)


def test_files_that_hold_no_encoder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="train_encoder"):
        load_latent_encoder(tmp_path / "absent.safetensors")
    path = tmp_path / "encoder.safetensors"
    save_latent_encoder(path, small(), "generator")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="not a latent encoder, or damaged"):
        load_latent_encoder(path)
    (tmp_path / "text.safetensors").write_text("hello")
    with pytest.raises(ValueError, match="not a latent encoder, or damaged"):
        load_latent_encoder(tmp_path / "text.safetensors")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"resolution": 48, "latent_shape": [8]}, "resolution is 48"),
        ({"resolution": 16, "latent_shape": []}, "latent_shape"),
        ({"resolution": 16, "latent_shape": [8], "space": "s"}, "space is 's'"),
    ],
)
def test_impossible_settings_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LatentEncoder(**arguments)  # type: ignore[arg-type]
