"""Writes torch-ops.json: what PyTorch answers at the edges of elementwise ops and reductions, and as their gradients.

Run with any PyTorch from 1.13 on: python3 make-torch-ops.py
"""

import json
import math
import os

import torch

inf, nan = math.inf, math.nan
EDGES = [-inf, -3.5, -3.0, -2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 2.5, inf, nan]


def words(values):
    """Numbers as JSON has none for: NaN, infinities and -0 are strings."""
    def word(v):
        if math.isnan(v):
            return "nan"
        if math.isinf(v):
            return "inf" if v > 0 else "-inf"
        return "-0" if v == 0 and math.copysign(1, v) < 0 else v
    return [word(v) for v in values]


def case(op, tensors, f, **attrs):
    """Inputs, the result, and the gradient of its sum by each input."""
    leaves = [torch.tensor(t, dtype=torch.float32, requires_grad=True) for t in tensors]
    y = f(*leaves)
    record = {"op": op, **attrs}
    record["inputs"] = [{"shape": list(t.shape), "data": words(t.flatten().tolist())} for t in leaves]
    record["y"] = words(y.flatten().tolist())
    if y.requires_grad:
        y.sum().backward()
        record["gradients"] = [None if t.grad is None else words(t.grad.flatten().tolist()) for t in leaves]
    return record


def pairs(values):
    """Every value against every other, as two flat lists."""
    return [[a for a in values for _ in values], [b for _ in values for b in values]]


rows = [[1.0, 3.0, 3.0], [nan, 2.0, nan], [inf, 1.0, inf], [-inf, -inf, -inf], [-inf, 5.0, -2.0], [0.0, -0.0, -1.0]]
cases = [
    case("pow", pairs(EDGES), torch.pow),
    case("pow", [[0.1, 1.001, 7.0, 1e-20, 3.0, 1e10, 1.5, 10.0, 10.0], [2.7, 3000.0, 11.0, -1.5, -40.0, 3.9, 200.0, 50.0, -50.0]], torch.pow),
    case("maximum", pairs(EDGES), torch.maximum),
    case("minimum", pairs(EDGES), torch.minimum),
    case("abs", [EDGES], torch.abs),
    case("tanh", [[-inf, -100.0, -9.0, -0.5, -1e-3, -0.0, 0.0, 1e-6, 0.3, 0.32, 20.0, 500.0, inf, nan]], torch.tanh),
    case("square", [EDGES], torch.square),
    case("clip", [EDGES], lambda x: x.clamp(-1.0, 2.0), low=-1.0, high=2.0),
    case("clip", [EDGES], lambda x: x.clamp(min=0.5), low=0.5, high="inf"),
    case("max", [rows], lambda x: x.amax(1), axis=1),
    case("min", [rows], lambda x: x.amin(1), axis=1),
    case("max", [rows], lambda x: x.amax(0), axis=0),
    case("argMax", [rows], lambda x: x.argmax(1), axis=1),
    case("argMin", [rows], lambda x: x.argmin(1), axis=1),
    case("softmax", [rows], lambda x: x.softmax(1), axis=1),
    case("logSoftmax", [rows], lambda x: x.log_softmax(1), axis=1),
]

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch-ops.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
