"""What one training step is, where MONAI has none that fits."""

from prognos.engines.prepare_batch import PrepareLesionBatch

__all__ = ["PrepareLesionBatch"]
