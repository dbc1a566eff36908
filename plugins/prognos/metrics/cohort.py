"""Base of the metrics that describe a whole cohort: what they keep of each batch, and the average over annotations.

B is the number of samples of a batch, N that of the cohort on all processes, P the number of patients.
"""

from __future__ import annotations

import torch
from monai.metrics import CumulativeIterationMetric
from monai.utils import evenly_divisible_all_gather
from torch import Tensor

__all__ = ["CohortMetric"]


class CohortMetric(CumulativeIterationMetric):
    """Keeps log hazard, label and patient of every sample, on all processes; subclasses compute once from all of them.

    Calling it takes ``y_pred``, the log hazard [B, 1] (no unit, higher means earlier event), ``y``, the label [B, 2]
    (days, event), and optionally ``patient_index`` [B], integers: annotations of one patient share an index, and their
    log hazards are averaged before anything is computed. All three may also be lists of B tensors without the first
    axis.
    """

    def __call__(
        self,
        y_pred: Tensor | list[Tensor],
        y: Tensor | list[Tensor],
        patient_index: Tensor | list[Tensor] | None = None,
    ) -> Tensor:
        """Keep one batch.

        Returns:
            The rows kept, float64 [B, 4]: log hazard, days, event, patient (-1 when none was given).

        Raises:
            ValueError: when the numbers of samples differ.
        """
        log_hazard, label = _rows(y_pred), _rows(y)
        patient = -torch.ones(len(label), 1) if patient_index is None else _rows(patient_index)
        if not (len(log_hazard) == len(label) == len(patient)) or log_hazard.shape[1] != 1 or label.shape[1] != 2:
            raise ValueError(
                f"{type(self).__name__}: log hazard has shape {list(log_hazard.shape)}, label {list(label.shape)} and "
                f"patient index {list(patient.shape)}, expected [B, 1], [B, 2] and [B, 1] with the same B."
            )
        rows = torch.cat([log_hazard.to(label.device), label, patient.to(label.device)], dim=1)
        self.extend(rows)
        return rows

    def _compute_tensor(self, y_pred: Tensor, y: Tensor | None = None) -> Tensor:
        """Unused: a batch has no value of its own."""
        raise NotImplementedError(f"{type(self).__name__} describes a cohort; call aggregate() at its end.")

    def patients(self) -> tuple[Tensor, Tensor]:
        """One row per patient, over all processes and batches so far.

        Returns:
            Log hazard [P, 1] and label [P, 2], float64. P is 0 before the first batch.

        Raises:
            ValueError: when annotations of one patient have different labels, or only some samples have an index.
        """
        # MONAI's get_buffer would wait for ever for a process that had no batch; an empty table takes part.
        rows = torch.stack(self._buffers[0]) if self._buffers else torch.empty(0, 4, dtype=torch.float64)
        rows = evenly_divisible_all_gather(rows, concat=True)
        log_hazard, label, patient = rows[:, :1], rows[:, 1:3], rows[:, 3].long()
        if bool((patient == -1).all()):
            return log_hazard, label
        if bool((patient < 0).any()):
            raise ValueError(f"{type(self).__name__}: only some samples have a patient index; give it to all or none.")
        return _average(log_hazard, label, patient)


def _average(log_hazard: Tensor, label: Tensor, patient: Tensor) -> tuple[Tensor, Tensor]:
    """Mean log hazard [P, 1] and the label [P, 2] of each patient."""
    _, group, count = torch.unique(patient, return_inverse=True, return_counts=True)
    mean = log_hazard.new_zeros(len(count), 1).index_add_(0, group, log_hazard) / count[:, None]
    labels = label.new_zeros(len(count), 2).index_copy_(0, group, label)
    different = int((labels[group] != label).any(dim=1).sum())
    if different:
        raise ValueError(
            f"{different} of {len(label)} samples differ in time or event from another annotation of the same patient. "
            f"Both belong to the patient: write them once, in the cohort table."
        )
    return mean, labels


def _rows(value: Tensor | list[Tensor]) -> Tensor:
    """Plain float64 [B, C] from a batch [B, C] or [B], or from a list of B samples [C] or scalars."""
    if not isinstance(value, Tensor):
        value = torch.stack([torch.as_tensor(sample).as_subclass(Tensor).reshape(-1) for sample in value])
    value = value.detach().as_subclass(Tensor).double()
    return value[:, None] if value.ndim == 1 else value.flatten(1)
