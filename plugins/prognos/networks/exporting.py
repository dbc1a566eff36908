"""Whether code is being followed by an exporter, which wants plain operations."""

from __future__ import annotations

import torch

__all__ = ["is_exporting"]


def is_exporting() -> bool:
    """Whether ``torch.export``, and so the ONNX exporter, is following the code."""
    if torch.jit.is_scripting():  # type: ignore[attr-defined]
        return False
    else:  # TorchScript leaves out an else branch, but not the lines after a return
        return torch.compiler.is_exporting()
