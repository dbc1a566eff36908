"""Cox loss of one batch, or of the batches of all processes together.

B is the number of samples of one call, R the number of processes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast

import torch
from torch.nn.modules.loss import _Loss

from prognos.config import keys
from prognos.losses.gathering import gather_cohort
from prognos.losses.partial_likelihood import Cohort, partial_likelihood

__all__ = ["CoxLoss"]

TIES = ("efron", "breslow")
REDUCTIONS = ("mean", "sum")


class CoxLoss(_Loss):
    """Negative log partial likelihood, averaged over the observed events, with Efron's correction for ties.

    The risk set of an event is made of the samples of the *same call* that are still followed at that time.
    Small batches therefore give a noisy loss, and a batch without an event gives none: draw batches with
    :class:`prognos.data.EventBalancedBatchSampler`, and use :class:`prognos.handlers.CoxLossHandler` for the value over
    a whole cohort.

    Args:
        ties: ``"efron"`` or ``"breslow"``, how events at the same time share their risk set.
        reduction: ``"mean"`` divides by the number of events (by the sum of their weights, when weights are given);
            ``"sum"`` is the negative log partial likelihood itself.
        gather: whether the risk sets hold the samples of all processes of ``torch.distributed``. Every process must
            then call the loss; the numbers of samples may differ. Without a process group it changes nothing.

    Raises:
        ValueError: when ``ties`` or ``reduction`` is none of the above.

    Note:
        With ``gather`` the value is that of the whole cohort on every process, and the gradient of the own samples is
        that of the whole cohort times R. DistributedDataParallel averages gradients over the processes, so the two
        factors cancel and the parameters receive the exact gradient of the whole cohort. Where gradients are *summed*
        over processes instead, divide them by R.

    Example:
        >>> log_hazard = torch.tensor([[1.0], [0.0], [-1.0]])
        >>> label = torch.tensor([[10.0, 1.0], [20.0, 1.0], [30.0, 0.0]])
        >>> round(CoxLoss()(log_hazard, label).item(), 4)
        0.3604

    Source:
        See :mod:`prognos.losses.partial_likelihood`.
    """

    def __init__(
        self,
        ties: Literal["efron", "breslow"] = "efron",
        reduction: Literal["mean", "sum"] = "mean",
        gather: bool = False,
    ) -> None:
        super().__init__(reduction=reduction)
        if ties not in TIES:
            raise ValueError(f"CoxLoss: ties is {ties!r}, expected one of {', '.join(TIES)}.")
        if reduction not in REDUCTIONS:
            raise ValueError(f"CoxLoss: reduction is {reduction!r}, expected one of {', '.join(REDUCTIONS)}.")
        self.ties = ties
        self.gather = gather

    def forward(
        self,
        log_hazard: torch.Tensor,
        label: torch.Tensor,
        weight: torch.Tensor | None = None,
        strata: torch.Tensor | None = None,
        entry: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Compute the loss of one call.

        Args:
            log_hazard: predicted log relative hazard, no unit, higher means earlier event. Shape [B, 1].
            label: follow-up time in days and event flag (1 observed, 0 censored). Shape [B, 2].
            weight: case weights, >= 0, no unit; a sample of weight 0 is as if absent. Shape [B].
            strata: integers; samples of different strata are never compared. Shape [B].
            entry: time in days from which a sample was followed, such as the time of the image after the time origin;
                the sample is at risk at event times after ``entry`` and up to its own time. Shape [B].

        Returns:
            Scalar loss, in nats per event (``"mean"``) or nats (``"sum"``). Zero, still attached to ``log_hazard``,
            when no event was observed. The dtype is that of ``log_hazard``, at least float32.

        Raises:
            ValueError: when a shape differs from the above, when a value is NaN or infinite, when an event flag is
                neither 0 nor 1, when a weight is negative, or when an entry is not before its time.
            NotImplementedError: in a backward pass with ``create_graph=True``.

        Note:
            Computed in float64, in log space, with the gradient in closed form: large hazards neither overflow nor
            underflow, also under automatic mixed precision, and times that differ only in float64 are not ties.
            Label, weight, strata and entry are constants: no gradient flows to them. A second derivative is refused.
        """
        own: slice | None = None
        processes = 1
        if self.gather:
            score, cohort, own, processes = gather_cohort(lambda: _checked(log_hazard, label, weight, strata, entry))
        else:
            score, cohort = _checked(log_hazard, label, weight, strata, entry)
        apply = cast(Callable[..., torch.Tensor], _ClosedForm.apply)
        return apply(log_hazard, score, cohort, self.ties, self.reduction, own, processes)


class _ClosedForm(torch.autograd.Function):
    """Value of the loss; its gradient is computed in the same pass, while the risk sums are at hand."""

    @staticmethod
    def forward(
        ctx: Any,
        log_hazard: torch.Tensor,
        score: torch.Tensor,
        cohort: Cohort,
        ties: Literal["efron", "breslow"],
        reduction: str,
        own: slice | None,
        processes: int,
    ) -> torch.Tensor:
        """Compute the value over all samples; keep the gradient of the ``own`` ones."""
        wanted = ctx.needs_input_grad[0]
        value, gradient = _without_absent(score, cohort, ties, wanted)
        if reduction == "mean":
            scale = cohort.event.sum() if cohort.weight is None else cohort.weight[cohort.event].sum()
            scale = torch.where(scale > 0, scale, torch.ones_like(scale)).double()
            value, gradient = value / scale, None if gradient is None else gradient / scale
        if gradient is not None:
            gradient = gradient if own is None else gradient[own] * processes
            ctx.save_for_backward(gradient.to(log_hazard.dtype).reshape(log_hazard.shape))
        return value.to(torch.promote_types(log_hazard.dtype, torch.float32))

    @staticmethod
    def backward(ctx: Any, loss_gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Scale the kept gradient."""
        if torch.is_grad_enabled():
            raise NotImplementedError(
                "CoxLoss: its gradient is in closed form and has no derivative of its own; call backward without "
                "create_graph=True, and put gradient penalties on other losses."
            )
        (gradient,) = ctx.saved_tensors
        return gradient * loss_gradient.to(gradient.dtype), None, None, None, None, None, None


def _without_absent(
    score: torch.Tensor, cohort: Cohort, ties: Literal["efron", "breslow"], with_gradient: bool
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Leave out samples of weight 0; a cohort without events has the value and the gradient 0."""
    if cohort.weight is not None and bool((cohort.weight == 0).any()):
        present = cohort.weight > 0
        rest = Cohort(
            time=cohort.time[present],
            event=cohort.event[present],
            weight=cohort.weight[present],
            stratum=None if cohort.stratum is None else cohort.stratum[present],
            entry=None if cohort.entry is None else cohort.entry[present],
        )
        value, part = _without_absent(score[present], rest, ties, with_gradient)
        return value, None if part is None else torch.zeros_like(score).masked_scatter_(present, part)
    if not bool(cohort.event.any()):
        return score.new_zeros(()), torch.zeros_like(score) if with_gradient else None
    return partial_likelihood(score, cohort, ties, with_gradient=with_gradient)


def _checked(
    log_hazard: torch.Tensor,
    label: torch.Tensor,
    weight: torch.Tensor | None,
    strata: torch.Tensor | None,
    entry: torch.Tensor | None,
) -> tuple[torch.Tensor, Cohort]:
    """Turn the arguments of the loss into plain float64 columns on the device of the log hazard, or refuse them."""
    if log_hazard.ndim != 2 or log_hazard.shape[1] != 1 or label.shape != (len(log_hazard), 2):
        raise ValueError(
            f"CoxLoss: log hazard has shape {list(log_hazard.shape)} and label {list(label.shape)}, expected [B, 1] "
            f"and [B, 2] with the same B. The network must end in one output; the label is time and event "
            f"(prognos.transforms.EncodeSurvivald)."
        )
    score = _column("log hazard", log_hazard[:, 0], log_hazard)
    time = _column("time", label[:, keys.TIME], log_hazard)
    flag = _column("event", label[:, keys.EVENT], log_hazard)
    if not bool(((flag == 0) | (flag == 1)).all()):
        raise ValueError("CoxLoss: event flags other than 0 and 1; expected 1 (event observed) or 0 (censored).")
    if strata is not None and strata.is_floating_point():
        raise ValueError(f"CoxLoss: strata have dtype {strata.dtype}, expected integers; number the strata.")
    cohort = Cohort(
        time=time,
        event=flag == 1,
        weight=None if weight is None else _column("weight", weight, log_hazard),
        stratum=None if strata is None else _column("strata", strata, log_hazard).long(),
        entry=None if entry is None else _column("entry", entry, log_hazard),
    )
    if cohort.weight is not None and bool((cohort.weight < 0).any()):
        raise ValueError("CoxLoss: negative weights; expected case weights of 0 or more.")
    if cohort.entry is not None and bool((cohort.entry >= time).any()):
        late = int((cohort.entry >= time).sum())
        raise ValueError(
            f"CoxLoss: {late} of {len(time)} samples enter at or after their own follow-up time. An image taken after "
            f"the event or the last contact says nothing about the time before: leave these samples out."
        )
    return score, cohort


def _column(name: str, value: torch.Tensor, log_hazard: torch.Tensor) -> torch.Tensor:
    """One finite column [B], without graph or metadata; integers of strata are exact in float64 up to 2 ** 53."""
    column = value.detach().as_subclass(torch.Tensor).to(log_hazard.device, torch.float64).reshape(-1)
    if len(column) != len(log_hazard):
        raise ValueError(f"CoxLoss: {name} has shape {list(value.shape)}, expected [{len(log_hazard)}].")
    if not bool(torch.isfinite(column).all()):
        bad = int((~torch.isfinite(column)).sum())
        raise ValueError(
            f"CoxLoss: {bad} of {len(column)} values of {name} are NaN or infinite, expected finite numbers. For the "
            f"log hazard: lower the learning rate or clip gradients; otherwise: check the cohort table."
        )
    return column
