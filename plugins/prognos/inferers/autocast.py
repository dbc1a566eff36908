"""Networks in a lower precision, on any device."""

from __future__ import annotations

from typing import Any

import torch
from monai.inferers import Inferer, SimpleInferer

__all__ = ["AutocastInferer"]


class AutocastInferer(Inferer):
    """Run the network in a lower precision on any device.

    MONAI's ``amp`` is bound to CUDA. On a processor with AVX512-BF16 or AMX, bfloat16 shortens training there as well.

    Args:
        device_type: ``"cpu"``, ``"cuda"``, ...
        dtype: precision of the matrix products.
        inferer: how the network is applied; as a whole by default. It returns one tensor.
    """

    def __init__(
        self, device_type: str = "cpu", dtype: torch.dtype = torch.bfloat16, inferer: Inferer | None = None
    ) -> None:
        super().__init__()
        self.device_type = device_type
        self.dtype = dtype
        self.inferer = inferer or SimpleInferer()

    def __call__(self, inputs: torch.Tensor, network: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Return what the inferer makes of the network, in float32."""
        with torch.autocast(self.device_type, self.dtype):
            output: torch.Tensor = self.inferer(inputs, network, *args, **kwargs)
        return output.float()
