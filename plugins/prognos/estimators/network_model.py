"""A fitted network as a survival model, and a fitted Cox regression as a network.

N patients, P features.
"""

from __future__ import annotations

import numpy as np
import torch

from prognos.estimators.cox_ph import CoxPH
from prognos.estimators.protocol import Features, Floats, check_features
from prognos.networks.nets.deep_surv import DeepSurv

__all__ = ["NetworkModel", "cox_network"]


class NetworkModel:
    """Log hazards from a :class:`prognos.networks.nets.DeepSurv`, numpy in and out.

    :class:`prognos.engines.DeepSurvEstimator` is one that can be fitted.

    Attributes:
        network: the network; None before a fit.
    """

    network: DeepSurv | None = None

    @classmethod
    def of(cls, network: DeepSurv) -> NetworkModel:
        """Wrap a network that is fitted."""
        model = NetworkModel()
        model.network = network
        return model

    def log_hazard(self, features: Features) -> Floats:
        """Log hazard of each patient, from float32 arithmetic.

        Args:
            features: in the units of the fit, [N, P].

        Returns:
            No unit, higher = earlier event, [N].

        Raises:
            ValueError: when nothing is fitted, or the features do not fit the network.
        """
        if self.network is None:
            raise ValueError(f"{type(self).__name__}: not fitted; call fit, or load a fitted model.")
        table = check_features(features, type(self).__name__, len(self.network.mean))
        self.network.eval()
        with torch.no_grad():
            tensor = torch.as_tensor(table).to(self.network.mean)
            return np.asarray(self.network(tensor).reshape(-1).cpu().double().numpy())


def cox_network(model: CoxPH) -> DeepSurv:
    """A network of depth 0 with the log hazards of a fitted Cox regression, up to float32.

    Args:
        model: fitted.

    Raises:
        ValueError: when it is not fitted.
    """
    if not len(model.coefficients):
        raise ValueError("cox_network: the Cox regression is not fitted; call fit first.")
    network = DeepSurv(len(model.coefficients), depth=0)
    network.standardise(torch.from_numpy(model.mean).float(), torch.from_numpy(model.scale).float())
    with torch.no_grad():
        network.head.weight.copy_(torch.from_numpy(model.coefficients * model.scale)[None])
    return network.eval()
