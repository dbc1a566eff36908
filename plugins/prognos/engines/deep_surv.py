"""Training of DeepSurv by MONAI's trainer, as a survival model that can be cross-validated beside others.

N patients, P features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Self

import numpy as np
import torch
from ignite.engine import Events
from monai.engines import SupervisedTrainer
from monai.handlers import LrScheduleHandler
from torch.optim.lr_scheduler import LambdaLR

from prognos.config import keys
from prognos.estimators.network_model import NetworkModel
from prognos.estimators.penalty import standardise
from prognos.estimators.protocol import Features, check_features, check_label
from prognos.losses import CoxLoss
from prognos.networks.nets.deep_surv import DeepSurv

__all__ = ["DeepSurvEstimator", "inverse_time_decay"]


class DeepSurvEstimator(NetworkModel):
    """DeepSurv as in its paper: the whole training set in each step, Nesterov momentum, L2 penalty, decaying rate.

    Args:
        depth: hidden layers.
        width: units of each.
        activation: ``"selu"`` or ``"relu"``.
        dropout: share of the units left out in training.
        learning_rate: of the first step.
        momentum: Nesterov's.
        decay: the rate of epoch e is ``learning_rate / (1 + decay * e)``.
        l2: weight of the sum of the squared weights (biases aside) beside the loss in nats an event.
        epochs: steps, each over all patients.
        seed: of the start and of the dropout.
        ties: of the loss.
        device: where it is trained.
        handlers: makes Ignite handlers for the trainer of one fit, such as a logger.
        key_metric: makes the metric of the training set of one fit, ``{name: handler}``, for instance
            ``{"c_index": prognos.handlers.ConcordanceIndexHandler()}``.

    Attributes:
        network: the fitted network, on the CPU.
        losses: training loss of each epoch, nats an event.

    Raises:
        ValueError: when a number is out of range.

    Note:
        The result is a function of the seed and the data on one machine and thread count; the global random state is
        left as it was.

    Source:
        Katzman et al. 2018, BMC Medical Research Methodology 18:24, and the settings published with it: full batch,
        Nesterov momentum 0.9, inverse-time decay, 500 epochs. Data sets of a few features carry L2 weights above 1
        there; those of latents are a choice of our own, see ``docs/explanation/survival-models.md``.
    """

    def __init__(
        self,
        *,
        depth: int = 1,
        width: int = 32,
        activation: Literal["selu", "relu"] = "selu",
        dropout: float = 0.2,
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        decay: float = 0.001,
        l2: float = 0.3,
        epochs: int = 200,
        seed: int = 0,
        ties: Literal["efron", "breslow"] = "efron",
        device: str | torch.device = "cpu",
        handlers: Callable[[], Sequence[Any]] | None = None,
        key_metric: Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        if learning_rate <= 0 or not 0 < momentum < 1 or decay < 0 or l2 < 0 or epochs < 1:
            raise ValueError(
                f"DeepSurvEstimator: {learning_rate=}, {momentum=}, {decay=}, {l2=}, {epochs=}; expected a rate above "
                f"0, a momentum between 0 and 1, decay and l2 of 0 or more and at least one epoch."
            )
        if learning_rate * 2 * l2 >= 1:
            raise ValueError(
                f"DeepSurvEstimator: learning_rate {learning_rate} times 2 l2 ({l2}) is 1 or more, so that the penalty "
                f"alone overshoots. Lower one of them."
            )
        self.arguments: dict[str, Any] = {
            name: value for name, value in locals().items() if name not in ("self", "__class__")
        }
        with torch.random.fork_rng(devices=[]):
            DeepSurv(1, depth=depth, width=width, activation=activation, dropout=dropout)  # refuses bad sizes at once
        self.network = None
        self.losses: list[float] = []

    def fit(self, features: Features, label: Any, strata: Any | None = None) -> Self:
        """Train the network.

        Args:
            features: any units, [N, P].
            label: time and event, [N, 2].
            strata: groups with baseline hazards of their own, [N].

        Raises:
            ValueError: when shapes or values do not fit, or there is no event.
        """
        table = check_features(features, "DeepSurvEstimator")
        outcome = torch.from_numpy(check_label(label, len(table), "DeepSurvEstimator"))
        groups = None if strata is None else torch.from_numpy(_codes(strata, len(table)))
        device = torch.device(self.arguments["device"])
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(self.arguments["seed"])
            network = self._network(table).to(device)
            loss = partial(CoxLoss(self.arguments["ties"]), strata=groups)
            batch = {keys.IMAGE: torch.from_numpy(table).float(), keys.LABEL: outcome}
            trainer = self._trainer(network, loss, batch, device)
            trainer.run()
        self.network = network.cpu().eval()
        return self

    def fresh(self, seed: int) -> Self:
        """Copy of the settings, not fitted, whose start and dropout follow ``seed``."""
        return type(self)(**(self.arguments | {"seed": seed}))

    def _network(self, table: Any) -> DeepSurv:
        """A network that standardises these features."""
        sizes = {name: self.arguments[name] for name in ("depth", "width", "activation", "dropout")}
        network = DeepSurv(table.shape[1], **sizes)
        design = standardise(table, None, rotate=False)
        network.standardise(torch.from_numpy(design.mean).float(), torch.from_numpy(design.scale).float())
        return network

    def _trainer(
        self, network: DeepSurv, loss: Callable[..., torch.Tensor], batch: dict[str, torch.Tensor], device: torch.device
    ) -> SupervisedTrainer:
        """MONAI's trainer, one step an epoch."""
        get = self.arguments.get
        weights = [parameter for parameter in network.parameters() if parameter.ndim > 1]
        biases = [parameter for parameter in network.parameters() if parameter.ndim == 1]
        groups = [{"params": weights, "weight_decay": 2 * get("l2", 0.0)}]  # the derivative of l2 * w^2 is 2 l2 w
        groups += [{"params": biases, "weight_decay": 0.0}] if biases else []
        optimizer = torch.optim.SGD(groups, lr=get("learning_rate", 0.01), momentum=get("momentum", 0.9), nesterov=True)
        scheduler = LambdaLR(optimizer, partial(inverse_time_decay, decay=get("decay", 0.0)))
        make_handlers, make_metric = get("handlers"), get("key_metric")
        trainer = SupervisedTrainer(
            device=device,
            max_epochs=get("epochs", 1),
            train_data_loader=[batch],
            network=network,
            optimizer=optimizer,
            loss_function=loss,
            train_handlers=list(make_handlers()) if make_handlers else None,
            key_train_metric=dict(make_metric()) if make_metric else None,
            decollate=False,
        )
        self.losses = []
        LrScheduleHandler(scheduler, print_lr=False).attach(trainer)
        trainer.add_event_handler(
            Events.ITERATION_COMPLETED, lambda engine: self.losses.append(float(engine.state.output["loss"].detach()))
        )
        trainer.logger.setLevel("WARNING")
        return trainer


def inverse_time_decay(epoch: int, decay: float) -> float:
    """Factor of the learning rate in an epoch, counted from 0: ``1 / (1 + decay * epoch)``."""
    return 1.0 / (1.0 + decay * epoch)


def _codes(strata: Any, size: int) -> Any:
    """Strata numbered from 0, int64 [N]."""
    names = np.asarray([str(value) for value in np.asarray(strata).reshape(-1).tolist()])
    if len(names) != size:
        raise ValueError(f"DeepSurvEstimator: {len(names)} strata for {size} patients.")
    return np.unique(names, return_inverse=True)[1].astype(np.int64)
