"""Loader of weights that says in one sentence what is wrong with a file."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from ignite.engine import Engine
from monai.handlers import CheckpointLoader
from torch.nn.parallel import DistributedDataParallel

from prognos.files import is_torn
from prognos.networks import require_intact

__all__ = ["WeightsCheckpointLoader"]


class WeightsCheckpointLoader(CheckpointLoader):
    """MONAI's loader of a plain state dictionary into one network, with clear errors.

    The file is read with ``weights_only``, so nothing in it runs. Arguments are those of
    ``monai.handlers.CheckpointLoader``; every tensor of the network must be in the file, in its shape.
    """

    def __call__(self, engine: Engine) -> None:
        """Load.

        Raises:
            FileNotFoundError: when there is no such file.
            ValueError: when the file is damaged, is not that of the provenance beside it, holds more than tensors, or
                holds the weights of another network.
        """
        path = Path(self.load_path)
        if not path.is_file():
            raise FileNotFoundError(f"no weights at {path}; train the bundle first, or name the file with --weights.")
        if is_torn(path):
            raise ValueError(f"{path}: damaged or cut off. Copy it again.")
        require_intact(path)
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            raise ValueError(
                f"{path}: not a plain file of weights; reading stopped before anything in it could run. Use the "
                f"model.pt that training writes."
            ) from error
        except (RuntimeError, EOFError, OSError, ValueError) as error:
            raise ValueError(f"{path}: damaged or cut off ({type(error).__name__}). Copy it again.") from error
        (network,) = self.load_dict.values()
        network = network.module if isinstance(network, DistributedDataParallel) else network
        if differences := _differences(state, network):
            raise ValueError(
                f"{path}: weights of another network: {differences}. Give the settings that it was trained with, such "
                f"as resolution and latent_shape, or other weights."
            )
        super().__call__(engine)


def _differences(state: object, network: torch.nn.Module) -> str:
    """Where a state dictionary does not fit a network; empty when it fits."""
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        return "it is not a dictionary of tensors"
    wanted = network.state_dict()
    parts = [f"{name} is missing" for name in wanted if name not in state]
    parts += [f"{name} is too much" for name in state if name not in wanted]
    parts += [
        f"{name} has shape {list(state[name].shape)}, expected {list(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in state and state[name].shape != tensor.shape
    ]
    return "; ".join(parts[:3]) + (f"; and {len(parts) - 3} more" if len(parts) > 3 else "")
