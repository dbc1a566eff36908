"""Mapping of latents and conditions to the style inputs of a generator.

Source:
    Karras et al. 2019, arXiv:1812.04948 (mapping, truncation); conditions as in Karras et al. 2020, arXiv:2006.06676.
"""

from __future__ import annotations

import torch
from torch import nn

from prognos.networks.layers import EqualizedLinear

__all__ = ["StyleMapping"]


class StyleMapping(nn.Module):
    """Map latents to style inputs.

    Args:
        z_dim: Z, size of the latent; 0 when only the condition is mapped.
        w_dim: W, size of the style.
        num_ws: L, how often the style is repeated.
        c_dim: K, size of the condition; 0 for none.
        layers: number of fully connected layers.
        learning_rate: how much slower than the synthesis the mapping learns.
        average: whether a mean style is kept, which truncation needs.

    Attributes:
        w_avg: running mean of the styles, [W]; see :meth:`track_average`.

    Raises:
        ValueError: when there is neither a latent nor a condition, or no layer.
    """

    w_avg: torch.Tensor

    def __init__(
        self,
        z_dim: int,
        w_dim: int,
        num_ws: int,
        *,
        c_dim: int = 0,
        layers: int = 8,
        learning_rate: float = 0.01,
        average: bool = True,
    ) -> None:
        super().__init__()
        if z_dim + c_dim < 1 or layers < 1:
            raise ValueError(
                f"{z_dim=}, {c_dim=}, {layers=}: expected a latent or a condition, and at least one layer."
            )
        self.z_dim, self.w_dim, self.c_dim, self.num_ws, self.layers = z_dim, w_dim, c_dim, num_ws, layers
        self.learning_rate = learning_rate
        if c_dim:
            self.embed = EqualizedLinear(c_dim, w_dim)
        sizes = [z_dim + (w_dim if c_dim else 0)] + [w_dim] * layers
        for i in range(layers):
            layer = EqualizedLinear(sizes[i], sizes[i + 1], rectify=True, learning_rate=learning_rate)
            self.add_module(f"fc{i}", layer)
        if average:
            self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(
        self,
        z: torch.Tensor | None,
        c: torch.Tensor | None = None,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
    ) -> torch.Tensor:
        """Map latents to style inputs.

        Args:
            z: latents, drawn from N(0, 1), [B, Z]; each is scaled to a root mean square of 1 first.
            c: conditions [B, K]; required when the network has them.
            truncation_psi: distance from the mean style that is kept: 1 all of it, 0 gives the mean.
            truncation_cutoff: how many of the style inputs, from the coarsest, are truncated; all by default.

        Returns:
            Style inputs ``ws`` [B, L, W].

        Raises:
            ValueError: when ``z`` or ``c`` has another size than the network wants.
        """
        w = self._style(z, c)
        ws = w[:, None].expand(-1, self.num_ws, -1)
        if truncation_psi == 1.0:
            return ws
        cutoff = self.num_ws if truncation_cutoff is None else truncation_cutoff
        truncated = self.w_avg.to(ws.dtype).lerp(ws[:, :cutoff], truncation_psi)
        return torch.cat([truncated, ws[:, cutoff:]], dim=1)

    @torch.no_grad()
    def track_average(self, ws: torch.Tensor, decay: float = 0.995) -> None:
        """Move the mean style towards that of a batch.

        Args:
            ws: untruncated style inputs [B, L, W].
            decay: weight of the past.
        """
        self.w_avg.copy_(ws[:, 0].to(self.w_avg.dtype).mean(dim=0).lerp(self.w_avg, decay))

    def _style(self, z: torch.Tensor | None, c: torch.Tensor | None) -> torch.Tensor:
        device = next(self.parameters()).device.type
        with torch.autocast(device, enabled=False):  # small, and every layer hangs on it
            parts = []
            if self.z_dim:
                parts.append(_to_unit_power(_checked(z, self.z_dim, "z")))
            if self.c_dim:
                parts.append(_to_unit_power(self.embed(_checked(c, self.c_dim, "c"))))
            x = torch.cat(parts, dim=1)
            for i in range(self.layers):
                x = getattr(self, f"fc{i}")(x)
        return x


def _checked(value: torch.Tensor | None, size: int, name: str) -> torch.Tensor:
    if value is None or value.ndim != 2 or value.shape[1] != size:
        found = None if value is None else list(value.shape)
        raise ValueError(f"{name} has shape {found}, expected [B, {size}].")
    return value


def _to_unit_power(x: torch.Tensor) -> torch.Tensor:
    """Scale each row of [B, N] to a root mean square of 1."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)
