"""The start of a ResNet50 from weights that others trained and published, in the user's own file."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from prognos.networks.checkpoints.archives import read_archive
from prognos.networks.checkpoints.pickles import CheckpointError
from prognos.networks.checkpoints.tensors import StoredTensor
from prognos.networks.provenance import Provenance, require_intact

__all__ = ["PretrainedStart", "name_by_start", "read_resnet", "start_from_pretrained"]

logger = logging.getLogger(__name__)

FROM_SCRATCH = "encoder started from scratch"
"""Words in the description of weights whose encoder had no file to start from."""

NUMBERED_PARTS = {"0": "conv1", "1": "bn1", "4": "layer1", "5": "layer2", "6": "layer3", "7": "layer4"}
"""Names of the parts of a ResNet by their places in a sequence: convolution, norm, activation, pooling, four layers."""

PREFIXES = ("module.", "backbone.")
"""What may stand before a name: a distributed wrapper, RadImageNet's own wrapper."""

COUNTERS = "num_batches_tracked"
"""End of the names of a batch norm's step counters, which files of old versions of torch lack."""


@dataclass(frozen=True)
class PretrainedStart:
    """How the encoder of a training started.

    Attributes:
        summary: one clause for the description of the weights that come of it.
        unused: names of what the file holds and the encoder does not take, such as the classifier.
    """

    summary: str
    unused: tuple[str, ...] = ()

    def describe(self, description: str) -> str:
        """Append the start to the description of a training."""
        return f"{description}; {self.summary}"


def start_from_pretrained(network: nn.Module, file: str | Path | None, *, source: str) -> PretrainedStart:
    """Copy published weights into a ResNet50, or say that there are none.

    Args:
        network: MONAI's ``resnet50`` in 2-D, three input channels, no classifier, no bias in its shortcuts; changed in
            place.
        file: see :func:`read_resnet`. None leaves the random weights, with a warning.
        source: what the weights were trained on, for messages: ``ImageNet`` or ``RadImageNet``.

    Returns:
        What was done.

    Raises:
        FileNotFoundError: when a file is named and absent.
        ValueError: when it is not what its name or the provenance beside it says.
        CheckpointError: when it cannot be read or holds another network.
    """
    if file is None:
        logger.warning(
            "no %s weights: %s. To start from them, name your copy of the published file with --weights_file.",
            source,
            FROM_SCRATCH,
        )
        return PretrainedStart(f"{FROM_SCRATCH}, no {source} weights were given")
    path = Path(file)
    digest = require_intact(path) if path.is_file() else ""
    found = read_resnet(path, source=source)
    unused = _copy(found, network, path.name)
    left = f", not loaded: {', '.join(unused)}" if unused else ""
    summary = f"encoder started from the {source} weights {path.name} (sha256 {digest}){left}"
    logger.info("%s", summary)
    return PretrainedStart(summary, unused)


def read_resnet(path: str | Path, *, source: str = "pretrained") -> dict[str, torch.Tensor]:
    """Read the tensors of a ResNet under torchvision's names, which are MONAI's too; nothing in the file is run.

    Args:
        path: a state dictionary, ``.pth``, ``.pt`` (old or new form) or ``.safetensors``: torchvision's
            ``resnet50-0676ba61.pth`` or ``resnet50-11ad3fa6.pth`` (``conv1.weight``, ``layer1.0.conv1.weight``, ...)
            or RadImageNet's ``ResNet50.pt``, whose parts are numbered (``backbone.0.weight``,
            ``backbone.4.0.conv1.weight``, ...).
        source: what the weights were trained on, for messages.

    Returns:
        Every tensor of the file by its name.

    Raises:
        FileNotFoundError: when there is no such file.
        CheckpointError: when it is damaged, hostile or no state dictionary.

    Source:
        The names of RadImageNet's file follow from the wrapper in its repository's ``pytorch_example.ipynb``:
        ``Sequential(*list(resnet50().children())[:-1])`` as attribute ``backbone``. Mei et al. 2022, "RadImageNet: an
        open radiologic deep learning research dataset for effective transfer learning".
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"no {source} weights at {path}. Name your copy of the published file with --weights_file; without "
            f"--weights_file the encoder starts from scratch, and every result says so."
        )
    try:
        state = load_file(path) if path.suffix == ".safetensors" else read_archive(path, {})
        return {_our_name(name): _tensor(value) for name, value in _state(state).items()}
    except (CheckpointError, SafetensorError) as error:
        raise CheckpointError(f"{path.name}: {error}") from error


def name_by_start(name: str, provenance: Provenance) -> str:
    """Name of a model for a table, which says when the weights it hoped to start from were not there.

    Args:
        name: of the model.
        provenance: of the trained weights.

    Example:
        >>> name_by_start("resnet50", Provenance("synthetic", "4 patients; encoder started from scratch, ...", ""))
        'resnet50 (from scratch)'
    """
    return f"{name} (from scratch)" if FROM_SCRATCH in provenance.description else name


def _state(content: Any) -> Mapping[str, Any]:
    """The dictionary of tensors of a file, which some put under a key of its own."""
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content or not all(isinstance(name, str) for name in content):
        raise CheckpointError("no state dictionary; expected names like conv1.weight or backbone.0.weight.")
    return content


def _our_name(name: str) -> str:
    """Name of a tensor in torchvision's and MONAI's ResNet."""
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    first, _, rest = name.partition(".")
    return f"{NUMBERED_PARTS.get(first, first)}.{rest}"


def _tensor(value: Any) -> torch.Tensor:
    if isinstance(value, StoredTensor):
        return value.tensor()
    if not isinstance(value, torch.Tensor):
        raise CheckpointError(f"holds a {type(value).__name__} among its tensors; expected a plain state dictionary.")
    return value


def _copy(found: Mapping[str, torch.Tensor], network: nn.Module, name: str) -> tuple[str, ...]:
    """Fill a network; returns the names that it does not have.

    Raises:
        CheckpointError: when a tensor is missing or of another shape.
    """
    wanted = network.state_dict()
    faults = [f"{key} is missing" for key in wanted if key not in found and not key.endswith(COUNTERS)]
    faults += [
        f"{key} has shape {list(found[key].shape)}, expected {list(tensor.shape)}"
        for key, tensor in wanted.items()
        if key in found and found[key].shape != tensor.shape
    ]
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise CheckpointError(
            f"{name}: not the weights of a ResNet50 for images of three channels: {'; '.join(faults[:3])}{more}."
        )
    network.load_state_dict({key: found.get(key, tensor) for key, tensor in wanted.items()})
    return tuple(sorted(re.sub(r"\s", " ", key) for key in found.keys() - wanted.keys()))
