"""Files of StyleGAN2 networks: official, of the reimplementation, and ours."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prognos.networks import CheckpointError, fingerprint, load_stylegan2, read_stylegan2, save_stylegan2
from prognos.networks.nets import StyleGAN2Discriminator, StyleGAN2Generator
from stylegan2_files import (
    SMALL,
    initialised,
    official_bytes,
    official_module,
    rosinality_state,
    training_arguments,
)


def generator(**changes: Any) -> StyleGAN2Generator:
    return initialised(StyleGAN2Generator(**(SMALL | changes)))


def discriminator(**changes: Any) -> StyleGAN2Discriminator:
    return initialised(StyleGAN2Discriminator(**({"resolution": 16, "widths": [6, 5, 4]} | changes)), seed=5)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_an_official_file_of_any_protocol_gives_its_networks_back(tmp_path: Path, protocol: int) -> None:
    networks = {"G_ema": generator(), "G": generator(mapping_layers=3), "D": discriminator()}
    modules = {name: official_module(network, layers={}) for name, network in networks.items()}
    path = written(tmp_path / "network.pkl", official_bytes(protocol, **modules, augment_pipe=None))
    for name, network in networks.items():
        loaded, report = read_stylegan2(path, name)  # type: ignore[arg-type]
        assert fingerprint(loaded) == fingerprint(network)
        assert loaded.architecture() == network.architecture()
        assert report.unused == ()
        assert all(parameter.requires_grad for parameter in loaded.parameters())


@pytest.mark.parametrize("changes", [{"c_dim": 3}, {"channels": 1}, {"resolution": 32, "widths": [4, 4, 4, 4]}])
def test_conditional_grey_and_larger_networks_load(tmp_path: Path, changes: dict[str, Any]) -> None:
    network, judge = generator(**changes), discriminator(**changes)
    modules = {"G_ema": official_module(network, layers={}), "D": official_module(judge, layers={})}
    path = written(tmp_path / "network.pkl", official_bytes(**modules))
    assert fingerprint(load_stylegan2(path)) == fingerprint(network)
    assert fingerprint(load_stylegan2(path, "D")) == fingerprint(judge)


def test_a_file_of_an_old_numpy_keeps_its_scalars(tmp_path: Path) -> None:
    network = generator()
    layers = {"synthesis.b8.torgb": {"weight_gain": np.float64(2 / np.sqrt(5))}}
    data = official_bytes(3, G_ema=official_module(network, layers=layers))
    assert b"numpy._core.multiarray" in data
    path = written(tmp_path / "old.pkl", data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    loaded, report = read_stylegan2(path)
    ratio = loaded.synthesis.b8.torgb.weight / network.synthesis.b8.torgb.weight
    torch.testing.assert_close(ratio, torch.full_like(ratio, 2.0))
    assert "the file's own gain" in report.remarks[0]


def test_flat_keywords_mean_the_defaults_of_the_later_repository(tmp_path: Path) -> None:
    flat = official_module(generator(), keywords={"channel_base": 64, "channel_max": 6})
    nested = official_module(generator(), keywords={"synthesis_kwargs": {"channel_base": 64}})
    said = official_module(generator(), keywords={"channel_base": 64, "conv_clamp": 8, "num_fp16_res": 0})
    found = []
    for module in (flat, nested, said):
        network, report = read_stylegan2(written(tmp_path / "network.pkl", official_bytes(G_ema=module)))
        found.append((network.conv_clamp, any("half precision" in remark for remark in report.remarks)))
    assert found == [(256.0, True), (None, False), (8.0, False)]


def test_what_layers_say_wins_over_keywords(tmp_path: Path) -> None:
    module = official_module(generator(conv_clamp=32.0), layers={}, keywords={"channel_base": 64, "conv_clamp": 8})
    assert load_stylegan2(written(tmp_path / "network.pkl", official_bytes(G_ema=module))).conv_clamp == 32.0


def test_frozen_layers_keep_their_weights_among_the_buffers(tmp_path: Path) -> None:
    judge = discriminator()
    module = official_module(judge, layers={})
    frozen = module.meta["state"]["_modules"]["b16"].meta["state"]["_modules"]["conv0"].meta["state"]
    frozen["_buffers"] |= {name: value.data for name, value in frozen["_parameters"].items()}
    frozen["_parameters"] = {}
    path = written(tmp_path / "frozen.pkl", official_bytes(D=module))
    assert fingerprint(load_stylegan2(path, "D")) == fingerprint(judge)


def test_what_is_not_loaded_is_reported_and_what_is_missing_is_an_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    module = official_module(generator(), layers={})
    part = module.meta["state"]["_modules"]["synthesis"].meta["state"]["_modules"]["b8"].meta["state"]
    part["_buffers"]["extra"] = torch.zeros(2)
    path = written(tmp_path / "extra.pkl", official_bytes(G_ema=module, augment_pipe={"p": 0.5}))
    with caplog.at_level(logging.INFO, logger="prognos"):
        _, report = read_stylegan2(path)
    assert report.unused == ("synthesis.b8.extra",)
    assert [record.levelname for record in caplog.records if "b8.extra" in record.message] == ["WARNING"]
    assert any("augment_pipe" in record.message for record in caplog.records)
    del part["_modules"]["conv1"].meta["state"]["_parameters"]["bias"]
    with pytest.raises(CheckpointError, match=r"1 tensors are missing, such as synthesis\.b8\.conv1\.bias"):
        load_stylegan2(written(path, official_bytes(G_ema=module)))


def test_layers_built_without_noise_load(tmp_path: Path) -> None:
    module = official_module(generator(), layers={})
    part = module.meta["state"]["_modules"]["synthesis"].meta["state"]["_modules"]["b8"].meta["state"]
    layer = part["_modules"]["conv1"].meta["state"]
    del layer["_parameters"]["noise_strength"], layer["_buffers"]["noise_const"]
    network, report = read_stylegan2(written(tmp_path / "network.pkl", official_bytes(G_ema=module)))
    assert network.synthesis.b8.conv1.noise_strength.item() == 0.0
    assert "synthesis.b8.conv1 was built without noise" in report.remarks


def test_another_filter_architecture_or_activation_is_refused(tmp_path: Path) -> None:
    other_filter = official_module(generator(), layers={})
    block = other_filter.meta["state"]["_modules"]["synthesis"].meta["state"]["_modules"]["b4"].meta["state"]
    block["_buffers"]["resample_filter"] = torch.ones(4, 4) / 16
    cases = {
        "another filter": other_filter,
        "architecture 'resnet'": official_module(generator(), layers={"synthesis.b8": {"architecture": "resnet"}}),
        "activation 'swish'": official_module(generator(), layers={"mapping.fc0": {"activation": "swish"}}),
        "different clamps": official_module(generator(), layers={"synthesis.b8.conv0": {"conv_clamp": 4}}),
        "conv_clamp is a list": official_module(generator(), layers={"synthesis.b8.conv0": {"conv_clamp": [4]}}),
    }
    for message, module in cases.items():
        with pytest.raises(CheckpointError, match=message):
            load_stylegan2(written(tmp_path / "network.pkl", official_bytes(G_ema=module)))


def test_alias_free_networks_are_refused_by_name(tmp_path: Path) -> None:
    module = official_module(generator())
    synthesis = module.meta["state"]["_modules"]["synthesis"].meta["state"]
    synthesis["_modules"] = {"L0_36_512": synthesis["_modules"]["b8"]}
    with pytest.raises(CheckpointError, match="alias-free StyleGAN3"):
        load_stylegan2(written(tmp_path / "network.pkl", official_bytes(G_ema=module)))


def test_a_network_that_the_file_lacks_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "network.pkl", official_bytes(G_ema=official_module(generator())))
    with pytest.raises(CheckpointError, match=r"network\.pkl: no network 'D' in it, only G_ema"):
        load_stylegan2(path, "D")
    with pytest.raises(ValueError, match="which is 'Gs'"):
        load_stylegan2(path, "Gs")  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        load_stylegan2(tmp_path / "absent.pkl")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_a_rosinality_file_gives_its_networks_back(tmp_path: Path, zipped: bool, training: bool) -> None:
    network, judge = generator(), discriminator()
    content: dict[str, Any] = {"g_ema": rosinality_state(network), "d": rosinality_state(judge)}
    content["latent_avg"] = network.mapping.w_avg
    if training:
        optimiser = torch.optim.Adam(judge.parameters())
        content |= {"args": training_arguments(), "d_optim": optimiser.state_dict(), "ada_aug_p": 0.1}
    torch.save(content, tmp_path / "550000.pt", _use_new_zipfile_serialization=zipped)
    loaded, report = read_stylegan2(tmp_path / "550000.pt")
    assert fingerprint(loaded) == fingerprint(network)
    assert fingerprint(load_stylegan2(tmp_path / "550000.pt", "D")) == fingerprint(judge)
    assert report.unused == ()
    assert any("args" in remark for remark in report.remarks) == training


def test_a_file_without_a_mean_style_gets_a_reproducible_one(tmp_path: Path) -> None:
    network = generator()
    torch.save({"g_ema": rosinality_state(network)}, tmp_path / "network.pt")
    first, report = read_stylegan2(tmp_path / "network.pt")
    second = load_stylegan2(tmp_path / "network.pt")
    assert "no mean style" in report.remarks[-1]
    assert torch.equal(first.mapping.w_avg, second.mapping.w_avg)
    mean = network.mapping(torch.randn(20_000, 6, generator=torch.Generator().manual_seed(9)))[:, 0].mean(0)
    torch.testing.assert_close(first.mapping.w_avg, mean, atol=0.05, rtol=0)


@pytest.mark.parametrize("changes", [{}, {"c_dim": 3, "channels": 1, "conv_clamp": 256.0}])
def test_our_file_gives_all_networks_back(tmp_path: Path, changes: dict[str, Any]) -> None:
    networks = {"G_ema": generator(**changes), "G": generator(**changes), "D": discriminator(group_size=2, **changes)}
    save_stylegan2(tmp_path / "network.safetensors", **networks)
    for name, network in networks.items():
        loaded = load_stylegan2(tmp_path / "network.safetensors", name)  # type: ignore[arg-type]
        assert fingerprint(loaded) == fingerprint(network)
        assert loaded.architecture() == network.architecture()


def test_half_precision_halves_our_file_and_loads_as_float32(tmp_path: Path) -> None:
    network = generator()
    save_stylegan2(tmp_path / "whole.safetensors", G_ema=network)
    save_stylegan2(tmp_path / "half.safetensors", dtype=torch.float16, G_ema=network)
    loaded = load_stylegan2(tmp_path / "half.safetensors")
    assert {value.dtype for value in loaded.state_dict().values()} == {torch.float32}
    assert (tmp_path / "half.safetensors").stat().st_size < 0.7 * (tmp_path / "whole.safetensors").stat().st_size
    ws = torch.randn(2, network.num_ws, 6)
    ours, theirs = loaded.synthesis(ws, "const"), network.synthesis(ws, "const")
    assert (ours - theirs).abs().max().item() < 0.02 * theirs.std().item()


def test_a_network_in_the_wrong_role_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="D is a StyleGAN2Generator"):
        save_stylegan2(tmp_path / "network.safetensors", D=generator())
    with pytest.raises(ValueError, match="which is 'Gs'"):
        save_stylegan2(tmp_path / "network.safetensors", Gs=generator())


def test_the_fingerprint_changes_with_a_weight_and_with_nothing_else() -> None:
    network = generator()
    before = fingerprint(network)
    assert fingerprint(network.train().double()) == before
    with torch.no_grad():
        network.synthesis.b8.conv1.bias[0] += 1e-3
    assert fingerprint(network) != before
