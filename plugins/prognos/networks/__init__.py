"""What is computed from tensors with learned weights."""

from prognos.networks.averaging import WeightAverage
from prognos.networks.provenance import Origin, Provenance, read_provenance, write_provenance

__all__ = ["Origin", "Provenance", "WeightAverage", "read_provenance", "write_provenance"]
