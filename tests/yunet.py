"""A model with the inputs and outputs of YuNet that sees the same one face whatever it is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np

__all__ = ["FACE", "SIDE", "write_yunet"]

SIDE = 64
"""Pixels along the side of the only photo that the model takes."""

FACE = np.array([[24.0, 28], [40, 28], [32, 36], [26, 44], [38, 44]])
"""Left eye, right eye, nose, left and right corner of the mouth, as OpenCV counts pixels of that photo."""

_CELL = (4, 4)
_STRIDES = (8, 16, 32)


def write_yunet(path: Path, *, score: float = 0.95) -> Path:
    """Write the model: every output is a bias behind a convolution whose weights are zero."""
    from onnx import TensorProto, helper, numpy_helper, save

    nodes = [helper.make_node("GlobalAveragePool", ["input"], ["mean"])]
    tensors, outputs = [], []
    for name, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for stride in _STRIDES:
            rows = (SIDE // stride) ** 2
            values = _answer(name, stride, rows, width, score)
            out = f"{name}_{stride}"
            weights = np.zeros((rows * width, 3, 1, 1), np.float32)
            tensors += [
                numpy_helper.from_array(weights, f"{out}_weight"),
                numpy_helper.from_array(values.astype(np.float32).ravel(), f"{out}_bias"),
                numpy_helper.from_array(np.array([1, rows, width]), f"{out}_shape"),
            ]
            nodes += [
                helper.make_node("Conv", ["mean", f"{out}_weight", f"{out}_bias"], [f"{out}_flat"]),
                helper.make_node("Reshape", [f"{out}_flat", f"{out}_shape"], [out]),
            ]
            outputs.append(helper.make_tensor_value_info(out, TensorProto.FLOAT, [1, rows, width]))
    photo = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    graph = helper.make_graph(nodes, "yunet", [photo], outputs, tensors)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8), path)
    return path


def _answer(name: str, stride: int, rows: int, width: int, score: float) -> np.ndarray:
    """What one output says: the face at one cell of the finest grid, nothing elsewhere."""
    values = np.zeros((rows, width))
    if stride != _STRIDES[0]:
        return values
    row, column = _CELL
    cell = row * (SIDE // stride) + column
    offsets = (FACE / stride - [column, row]).ravel()
    values[cell] = {"cls": score, "obj": score, "bbox": [0.0, 0.0, np.log(4.0), np.log(5.0)], "kps": offsets}[name]
    return values
