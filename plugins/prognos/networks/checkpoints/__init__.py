"""Weights from and to files. Nothing in a file is ever run."""

from prognos.networks.checkpoints.content import LoadReport, Which
from prognos.networks.checkpoints.fingerprint import fingerprint
from prognos.networks.checkpoints.pickles import CheckpointError
from prognos.networks.checkpoints.stylegan2 import load_stylegan2, read_stylegan2, save_stylegan2

__all__ = [
    "CheckpointError",
    "LoadReport",
    "Which",
    "fingerprint",
    "load_stylegan2",
    "read_stylegan2",
    "save_stylegan2",
]
