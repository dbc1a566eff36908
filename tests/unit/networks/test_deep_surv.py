"""DeepSurv standardises, scripts, exports, and says what it was built of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from prognos.networks.nets import DeepSurv


@pytest.fixture
def network() -> DeepSurv:
    torch.manual_seed(0)
    network = DeepSurv(6, depth=2, width=5)
    network.standardise(torch.arange(6.0), torch.arange(6.0) + 1.0)
    return network.eval()


def test_it_standardises_its_input(network: DeepSurv) -> None:
    plain = DeepSurv(6, depth=2, width=5)
    plain.load_state_dict(network.state_dict() | {"mean": torch.zeros(6), "scale": torch.ones(6)})
    standard = torch.randn(4, 6)
    torch.testing.assert_close(network(standard * network.scale + network.mean), plain.eval()(standard))


def test_a_script_and_an_onnx_file_give_the_same(network: DeepSurv, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    features = torch.randn(3, 6)
    torch.testing.assert_close(torch.jit.script(network)(features), network(features))
    path = tmp_path / "network.onnx"
    batch = torch.export.Dim("batch", min=1, max=64)
    torch.onnx.export(network, (features,), path, dynamo=True, dynamic_shapes=({0: batch},), verbose=False)
    session = onnxruntime.InferenceSession(str(path))
    (log_hazard,) = session.run(None, {session.get_inputs()[0].name: features[:2].numpy()})
    np.testing.assert_allclose(log_hazard, network(features[:2]).detach(), atol=1e-6)


def test_depth_zero_is_linear() -> None:
    network = DeepSurv(3, depth=0)
    a, b = torch.randn(2, 1, 3)
    torch.testing.assert_close(network(a + b), network(a) + network(b))


@pytest.mark.parametrize("arguments", [{"depth": -1}, {"width": 0}, {"dropout": 1.0}, {"activation": "tanh"}])
def test_sizes_out_of_range_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="DeepSurv"):
        DeepSurv(3, **arguments)  # type: ignore[arg-type]
