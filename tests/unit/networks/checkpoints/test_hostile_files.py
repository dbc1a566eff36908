"""Files that would do harm if they were unpickled, and files that are broken."""

from __future__ import annotations

import contextlib
import os
import pickle
import struct
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prognos.networks import CheckpointError, fingerprint, load_stylegan2, save_stylegan2
from prognos.networks.nets import StyleGAN2Generator
from stylegan2_files import SMALL, initialised, official_bytes, official_module, rosinality_state


class Call:
    """Pickles as the call of a function."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.call = function, args

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


@pytest.fixture
def network() -> StyleGAN2Generator:
    return initialised(StyleGAN2Generator(**SMALL))


def calls(canary: Path) -> dict[str, Call]:
    command = f"touch {canary}"
    return {
        "posix.system": Call(os.system, command),
        "subprocess.Popen": Call(subprocess.Popen, ["touch", str(canary)]),
        "builtins.eval": Call(eval, f"open({str(canary)!r}, 'w')"),
        "builtins.exec": Call(exec, f"open({str(canary)!r}, 'w')"),
        "builtins.getattr": Call(getattr, "", "join"),
        "torch.serialization.load": Call(torch.load, str(canary)),
    }


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("name", list(calls(Path("unused"))))
def test_a_call_in_a_file_is_refused_and_not_run(
    tmp_path: Path, network: StyleGAN2Generator, name: str, protocol: int
) -> None:
    canary = tmp_path / "canary"
    module = official_module(network, layers={"synthesis.b8": {"hook": calls(canary)[name]}})
    path = tmp_path / "hostile.pkl"
    path.write_bytes(official_bytes(protocol, G_ema=module))
    with pytest.raises(CheckpointError, match=r"asks for .*Nothing was run"):
        load_stylegan2(path)
    torch.save({"g_ema": rosinality_state(network), "extra": calls(canary)["posix.system"]}, path)
    with pytest.raises(CheckpointError, match="Nothing was run"):
        load_stylegan2(path)
    assert not canary.exists()


def test_a_pickle_hidden_in_the_data_of_a_tensor_is_refused_and_not_run(
    tmp_path: Path, network: StyleGAN2Generator
) -> None:
    canary = tmp_path / "canary"
    for hidden in (calls(canary)["posix.system"], {"weights": calls(canary)["builtins.exec"]}):
        inner = tmp_path / "inner.pt"
        for form in ("plain", "legacy", "zip"):
            if form == "plain":
                inner.write_bytes(pickle.dumps(hidden))
            else:
                torch.save(hidden, inner, _use_new_zipfile_serialization=form == "zip")
            storage = Call(torch.storage._load_from_bytes, inner.read_bytes())
            module = official_module(network, layers={"mapping": {"data": storage}})
            (tmp_path / "hostile.pkl").write_bytes(official_bytes(G_ema=module))
            with pytest.raises(CheckpointError):
                load_stylegan2(tmp_path / "hostile.pkl")
    assert not canary.exists()


def test_hostile_source_text_is_inert(tmp_path: Path, network: StyleGAN2Generator) -> None:
    canary = tmp_path / "canary"
    source = f"import os\nos.system('touch {canary}')\nraise SystemExit\n"
    path = tmp_path / "source.pkl"
    path.write_bytes(official_bytes(G_ema=official_module(network, source=source, layers={})))
    assert fingerprint(load_stylegan2(path)) == fingerprint(network)
    assert not canary.exists()


def deep(levels: int) -> bytes:
    return b"\x80\x04" + b"]" * levels + b"a" * (levels - 1) + b"."


def doubled_key() -> bytes:
    """A tuple of two tuples of two ..., 60 levels, as a key: hashing it would take for ever."""
    return b"\x80\x04})" + b"2\x86" * 60 + b"Ns."


BOMBS = {
    "deep": deep(200_000),
    "memory of four thousand million entries": b"\x80\x04Nr\xff\xff\xff\xff.",
    "bytes that are not there": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"abc.",
    "number of a million digits": b"I" + b"9" * 1_000_000 + b"\n.",
    "key": doubled_key(),
    "no end": b"\x80\x04" + b"N" * 1000,
    "empty stack": b"\x80\x04aaaa.",
    "extension": b"\x80\x02\x82\x01.",
    "persistent": b"\x80\x02K\x01Q.",
    "old instance": b"(iposix\nsystem\n.",
    "text": b"this is no network at all",
    "nothing": b"",
}


@pytest.mark.parametrize("name", list(BOMBS))
def test_a_bomb_ends_in_a_clear_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bomb.pkl"
    path.write_bytes(BOMBS[name])
    with pytest.raises(CheckpointError, match=r"^bomb\.pkl: "):
        load_stylegan2(path)


def test_a_tensor_larger_than_its_data_is_refused(tmp_path: Path, network: StyleGAN2Generator) -> None:
    module = official_module(network, layers={})
    module.meta["state"]["_modules"]["mapping"].meta["state"]["_buffers"]["w_avg"] = torch.zeros(1).expand(10**9)
    path = tmp_path / "wide.pkl"
    path.write_bytes(official_bytes(G_ema=module))
    with pytest.raises(CheckpointError, match="larger than the data"):
        load_stylegan2(path)


def test_modules_within_themselves_are_refused(tmp_path: Path, network: StyleGAN2Generator) -> None:
    module = official_module(network, layers={})
    children = module.meta["state"]["_modules"]
    children |= {f"again{i}": children["mapping"] for i in range(3000)}
    path = tmp_path / "many.pkl"
    path.write_bytes(official_bytes(G_ema=module))
    with pytest.raises(CheckpointError, match="modules; the file is refused"):
        load_stylegan2(path)


def test_a_compressed_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(10_000_000))
    with pytest.raises(CheckpointError, match="compressed archive"):
        load_stylegan2(path)


def test_a_tensorflow_file_is_refused_with_the_way_to_convert_it(tmp_path: Path) -> None:
    path = tmp_path / "stylegan2-ffhq-config-f.pkl"
    path.write_bytes(b"\x80\x03cdnnlib.tflib.network\nNetwork\nq\x00)\x81q\x01.")
    with pytest.raises(CheckpointError, match=r"legacy\.py"):
        load_stylegan2(path)


@pytest.mark.parametrize("form", ["official", "legacy", "zip", "ours"])
def test_a_file_cut_off_anywhere_ends_in_a_clear_error(tmp_path: Path, network: StyleGAN2Generator, form: str) -> None:
    path = tmp_path / ("network.safetensors" if form == "ours" else "network.pt")
    if form == "official":
        path.write_bytes(official_bytes(G_ema=official_module(network, layers={})))
    elif form == "ours":
        save_stylegan2(path, G_ema=network)
    else:
        content = {"g_ema": rosinality_state(network), "latent_avg": network.mapping.w_avg}
        torch.save(content, path, _use_new_zipfile_serialization=form == "zip")
    whole = path.read_bytes()
    assert fingerprint(load_stylegan2(path)) == fingerprint(network)
    for size in np.linspace(0, len(whole) - 1, 25).astype(int):
        path.write_bytes(whole[:size])
        with pytest.raises(CheckpointError):
            load_stylegan2(path)


@pytest.mark.parametrize("form", ["official", "zip", "ours"])
def test_changed_bytes_never_end_in_anything_but_a_network_or_a_clear_error(
    tmp_path: Path, network: StyleGAN2Generator, form: str
) -> None:
    path = tmp_path / ("network.safetensors" if form == "ours" else "network.pt")
    if form == "official":
        path.write_bytes(official_bytes(G_ema=official_module(network, layers={})))
    elif form == "ours":
        save_stylegan2(path, G_ema=network)
    else:
        torch.save({"g_ema": rosinality_state(network), "latent_avg": network.mapping.w_avg}, path)
    whole = path.read_bytes()
    random = np.random.default_rng(0)
    for _ in range(60):
        changed = bytearray(whole)
        for position in random.integers(0, len(whole), 20):
            changed[position] = random.integers(256)
        path.write_bytes(changed)
        with contextlib.suppress(CheckpointError):
            load_stylegan2(path)
