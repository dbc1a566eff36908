"""DeepSurv: features to log hazard by a small fully connected network.

Data flow, with B samples, P features, W units::

    features [B, P] -> (x - mean) / scale -> depth x (Linear -> activation -> dropout) [B, W] -> Linear
        -> log hazard [B, 1]

With depth 0 it is a Cox regression. The last layer has no bias, which the partial likelihood cannot see. The Cox loss
is in ``prognos.losses``, the training in ``prognos.engines``.

Source:
    Katzman, Shaham, Cloninger, Bates, Jiang and Kluger 2018, "DeepSurv: personalized treatment recommender system using
    a Cox proportional hazards deep neural network", BMC Medical Research Methodology 18:24.
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import nn

__all__ = ["DeepSurv"]

ACTIVATIONS: dict[str, type[nn.Module]] = {"selu": nn.SELU, "relu": nn.ReLU}


class DeepSurv(nn.Module):
    """Log hazard of a sample from its features.

    Args:
        in_features: P.
        depth: hidden layers; 0 for a linear log hazard.
        width: W, units of each hidden layer.
        activation: ``"selu"`` or ``"relu"``.
        dropout: share of the units of each hidden layer that are left out in training, in [0, 1).

    Attributes:
        mean: subtracted from the features, [P]; 0 until :meth:`standardise`.
        scale: divides them, [P]; 1 until :meth:`standardise`.

    Raises:
        ValueError: when a size is out of range or the activation is unknown.
    """

    # Not as text (no future annotations here): TorchScript reads the types of these two.
    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(
        self,
        in_features: int,
        *,
        depth: int = 1,
        width: int = 32,
        activation: Literal["selu", "relu"] = "selu",
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if in_features < 1 or depth < 0 or width < 1 or not 0 <= dropout < 1:
            raise ValueError(
                f"DeepSurv: {in_features=}, {depth=}, {width=}, {dropout=}; expected at least 1, 0 and 1, and a share."
            )
        if activation not in ACTIVATIONS:
            raise ValueError(f"DeepSurv: activation is {activation!r}, expected one of {', '.join(ACTIVATIONS)}.")
        self.register_buffer("mean", torch.zeros(in_features))
        self.register_buffer("scale", torch.ones(in_features))
        widths = [in_features] + [width] * depth
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for index in range(depth):
            linear = nn.Linear(widths[index], widths[index + 1])
            # Variance 1 / inputs keeps SELU at mean 0 and variance 1 (Klambauer 2017); ReLU halves it (He 2015).
            nn.init.normal_(linear.weight, std=((2 if activation == "relu" else 1) / widths[index]) ** 0.5)
            nn.init.zeros_(linear.bias)
            layers[f"linear{index}"] = linear
            layers[f"activation{index}"] = ACTIVATIONS[activation]()
            layers[f"dropout{index}"] = nn.Dropout(dropout)
        self.hidden = nn.Sequential(layers)
        self.head = nn.Linear(widths[-1], 1, bias=False)
        self.settings = {
            "in_features": in_features,
            "depth": depth,
            "width": width,
            "activation": activation,
            "dropout": dropout,
        }

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map features [B, P] to log hazards [B, 1]: no unit, higher = earlier event."""
        log_hazard: torch.Tensor = self.head(self.hidden((features - self.mean) / self.scale))
        return log_hazard

    @torch.no_grad()
    def standardise(self, mean: torch.Tensor, scale: torch.Tensor) -> None:
        """Let the network standardise its input.

        Args:
            mean: of the training features, [P].
            scale: their standard deviation, > 0, [P].

        Raises:
            ValueError: when a shape differs, or a scale is not above 0.
        """
        if mean.shape != self.mean.shape or scale.shape != self.scale.shape or not bool((scale > 0).all()):
            raise ValueError(
                f"DeepSurv: mean {list(mean.shape)} and scale {list(scale.shape)}, expected [{len(self.mean)}] each "
                f"and scales above 0."
            )
        self.mean.copy_(mean)
        self.scale.copy_(scale)
