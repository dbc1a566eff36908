"""Files of torch and of pickled networks, read into plain values and records of tensors."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prognos.networks.checkpoints.pickles import Builders, CheckpointError, Named, read_pickle
from prognos.networks.checkpoints.tensors import BUILDERS, STORAGE_TYPES, Storage

__all__ = ["read_archive", "read_bytes_of_storage"]

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
"""Number that opens a file written by torch before version 1.6, or a storage inside a pickled network."""

LEGACY_START = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""The pickle of that number."""


def read_archive(path: Path, builders: Builders) -> Any:
    """Read a file that ``pickle.dump`` or ``torch.save`` (old or new form) wrote.

    Args:
        path: the file.
        builders: what it may name beside tensors and plain containers.

    Returns:
        Plain values; tensors are :class:`~prognos.networks.checkpoints.tensors.StoredTensor`.

    Raises:
        CheckpointError: when the file is damaged, hostile or of another kind.
    """
    allowed = {**BUILDERS, **builders}
    with path.open("rb") as file:
        start = file.read(len(LEGACY_START))
    if start.startswith(b"PK"):
        return _read_zip(path, allowed)
    if start == LEGACY_START:
        return _read_legacy(io.BytesIO(path.read_bytes()), allowed)
    if start.startswith(b"\x80"):
        return read_pickle(io.BytesIO(path.read_bytes()), allowed)
    raise CheckpointError("neither a pickle, nor a file of torch, nor safetensors.")


def read_bytes_of_storage(data: Any) -> Storage:
    """Read a storage that lies inside a pickled network as the bytes of a small file of its own.

    Raises:
        CheckpointError: when it is anything but one storage.
    """
    if not isinstance(data, bytes) or not data.startswith(LEGACY_START):
        raise CheckpointError("the data of a tensor is not in the form that torch writes; the file is refused.")
    storage = _read_legacy(io.BytesIO(data), BUILDERS)
    if not isinstance(storage, Storage):
        raise CheckpointError("the data of a tensor is something else; the file is refused.")
    return storage


def _read_zip(path: Path, builders: Builders) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_odd_entries(archive)
            pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            if len(pickles) != 1:
                raise CheckpointError("a zip archive that torch did not write.")
            folder = pickles[0].removesuffix("data.pkl")
            if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != b"little":
                raise CheckpointError("written on a big-endian machine; save it again on a little-endian one.")

            def load(key: str, storage: Storage) -> None:
                storage.data = archive.read(f"{folder}data/{key}")

            return read_pickle(io.BytesIO(archive.read(pickles[0])), builders, _storages(load))
    except CheckpointError:
        raise
    except (zipfile.BadZipFile, ValueError, LookupError, EOFError, OSError, RuntimeError, struct.error) as error:
        raise CheckpointError(f"damaged or cut off ({type(error).__name__}).") from error


def _refuse_odd_entries(archive: zipfile.ZipFile) -> None:
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
        raise CheckpointError("a compressed archive; torch writes uncompressed ones.")


def _read_legacy(stream: io.BytesIO, builders: Builders) -> Any:
    """Read magic number, protocol, machine, content, keys, then the bytes of each storage."""
    magic, protocol, machine = (read_pickle(stream, {}) for _ in range(3))
    if magic != LEGACY_MAGIC or protocol != 1001:
        raise CheckpointError("damaged: its header is not torch's.")
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise CheckpointError("written on a big-endian machine; save it again on a little-endian one.")
    found: dict[str, Storage] = {}
    content = read_pickle(stream, builders, _storages(found.__setitem__))
    keys = read_pickle(stream, {})
    if not isinstance(keys, list) or set(keys) != set(found):
        raise CheckpointError("damaged: the list of its data does not match its content.")
    for key in keys:
        header = stream.read(8)
        if len(header) != 8 or struct.unpack("<q", header)[0] != found[key].count:
            raise CheckpointError("cut off: the data of a tensor is missing.")
        found[key].data = stream.read(found[key].count * found[key].dtype.itemsize)
    return content


def _storages(register: Callable[[str, Storage], None]) -> Callable[[Any], Storage]:
    """Make storages of torch's identifiers ``("storage", type, key, device, count)``, each once."""
    known: dict[str, Storage] = {}

    def find(identifier: Any) -> Storage:
        if not isinstance(identifier, tuple) or len(identifier) < 5 or identifier[0] != "storage":
            raise CheckpointError("damaged: data outside the pickle that is no storage.")
        kind, key, count = identifier[1], identifier[2], identifier[4]
        name = kind.name.removeprefix("torch.") if isinstance(kind, Named) else ""
        if name not in STORAGE_TYPES or not isinstance(key, str) or type(count) is not int or count < 0:
            raise CheckpointError("damaged: a storage of unknown type.")
        if len(identifier) > 5 and identifier[5] is not None:
            raise CheckpointError("a view of a storage, as torch wrote before 0.4; save it again with a newer torch.")
        if key not in known:
            known[key] = Storage(STORAGE_TYPES[name], count)
            register(key, known[key])
        return known[key]

    return find
