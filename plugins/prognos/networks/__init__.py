"""What is computed from tensors with learned weights."""

from prognos.networks.provenance import Origin, Provenance, read_provenance, write_provenance

__all__ = ["Origin", "Provenance", "read_provenance", "write_provenance"]
