"""Writes torch-files.json: small files of torch.save with what they hold, and files that must be refused.

Run with PyTorch 1.13 and numpy: python make-torch-files.py > torch-files.json
"""
import base64
import collections
import io
import json
import os
import pickle
import sys

import numpy
import torch

torch.manual_seed(1)


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return base64.b64encode(out.getvalue()).decode()


def numbers(tensor):
    """As float32's shortest texts, so that infinities survive JSON."""
    return [repr(x) for x in tensor.detach().to(torch.float32).flatten().tolist()]


def dict_of(where, tensors):
    tensors = {k: {"shape": list(t.shape), "values": numbers(t)} for k, t in tensors.items() if torch.is_tensor(t)}
    return {"where": where, "tensors": tensors}


files = {}


def case(name, value, *dicts, **options):
    files[name] = {"file": saved(value, **options), "dicts": [dict_of(where, tensors) for where, tensors in dicts]}


LEGACY = {"_use_new_zipfile_serialization": False}
plain = collections.OrderedDict(w=torch.randn(2, 3), b=torch.randn(4))
for protocol in (2, 3, 4, 5):
    case(f"zip, protocol {protocol}", plain, ("", plain), pickle_protocol=protocol)
    case(f"legacy, protocol {protocol}", plain, ("", plain), pickle_protocol=protocol, **LEGACY)

base = torch.arange(24.0).reshape(4, 6)
views = {
    "transposed": base.t(),
    "columns": base[:, 1:3],
    "every other": base[::2, ::3],
    "offset": base[2],
    "expanded": torch.tensor([7.0]).expand(3, 2),
    "scalar": torch.tensor(2.5),
    "empty": torch.zeros(0, 3),
    "channels last": torch.randn(2, 3, 2, 2).to(memory_format=torch.channels_last),
    "whole": base,
}
case("zip, views", views, ("", views))
case("legacy, views", views, ("", views), **LEGACY)

halves = torch.tensor([1.0, -0.1, 65504.0, 6e-8, 6.1e-5, float("inf"), 0.0, -2.0])
dtypes = {
    "f16": halves.to(torch.float16),
    "bf16": halves.to(torch.bfloat16),
    "f64": torch.tensor([0.1, -1e-300, 1e300, 3.0], dtype=torch.float64),
    "i64": torch.tensor([-5, 1 << 40], dtype=torch.int64),
    "i32": torch.tensor([-5, 70000], dtype=torch.int32),
    "i16": torch.tensor([-5, 300], dtype=torch.int16),
    "i8": torch.tensor([-5, 100], dtype=torch.int8),
    "u8": torch.tensor([250, 1], dtype=torch.uint8),
    "bool": torch.tensor([True, False]),
}
case("zip, dtypes", dtypes, ("", dtypes))
case("legacy, dtypes", dtypes, ("", dtypes), **LEGACY)

model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3))
optimizer = torch.optim.Adam(model.parameters())
model(torch.randn(2, 2, 4, 4)).sum().backward()
optimizer.step()
counts = collections.defaultdict(int)
counts["x"] = 3
checkpoint = {
    "epoch": 3,
    "state_dict": model.state_dict(),
    "optimizer": optimizer.state_dict(),
    "best": numpy.float64(0.5),
    "curve": numpy.arange(6.0).reshape(2, 3),
    "counts": counts,
    "milestones": collections.Counter([10, 20]),
    "device": torch.device("cpu"),
    "size": torch.Size([1, 2]),
    "dtype": torch.float16,
    "names": {"a", "b"},
    "large": 1 << 70,
    "negative": -(1 << 33),
    "bytes": b"\x00\xff",
    "others": [None, True, 1.5, ("x", b""), "\u00e9"],
}
inside = [("state_dict", model.state_dict())]
inside += [(f"optimizer.state.{k}", v) for k, v in optimizer.state_dict()["state"].items()]
case("zip, checkpoint", checkpoint, *inside)
case("zip, checkpoint, protocol 4", checkpoint, *inside, pickle_protocol=4)
case("legacy, checkpoint", checkpoint, *inside, **LEGACY)

parameters = {"p": torch.nn.Parameter(torch.randn(2, 2)), "q": torch.nn.Parameter(torch.randn(3), requires_grad=False)}
case("zip, parameters", parameters, ("", parameters))

# PyTorch 2's third way to write a tensor: a storage of bytes, and the element type beside it.
Untyped = type("UntypedStorage", (), {"__module__": "torch.storage"})
torch.storage.UntypedStorage = Untyped


def _rebuild_tensor_v3(*_):
    raise NotImplementedError


_rebuild_tensor_v3.__module__ = "torch._utils"
torch._utils._rebuild_tensor_v3 = _rebuild_tensor_v3


class Version3:
    def __reduce__(self):
        id = ("storage", Untyped, "0", "cpu", 24)
        return _rebuild_tensor_v3, (Persistent(id), 2, (2, 2), (2, 1), False, collections.OrderedDict(), torch.float32)


class Persistent:
    def __init__(self, id):
        self.id = id


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.id if isinstance(value, Persistent) else None


import zipfile

pickled = io.BytesIO()
Pickler(pickled, 2).dump({"v3": Version3()})
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as out:
    out.writestr("archive/data.pkl", pickled.getvalue())
    out.writestr("archive/data/0", numpy.arange(6, dtype="<f4").tobytes())
    out.writestr("archive/version", "3\n")
files["zip, version 3"] = {
    "file": base64.b64encode(archive.getvalue()).decode(),
    "dicts": [dict_of("", {"v3": torch.arange(2.0, 6.0).reshape(2, 2)})],
}

refused = {}


class Calls:
    def __init__(self, function, *args):
        self.function, self.args = function, args

    def __reduce__(self):
        return self.function, self.args


def refuse(name, file, asks):
    refused[name] = {"file": base64.b64encode(file).decode() if isinstance(file, bytes) else file, "asks": asks}


SYSTEM = f"{os.system.__module__}.system"
for protocol in range(6):
    refuse(f"pickle of os.system, protocol {protocol}", pickle.dumps(Calls(os.system, "touch pwned"), protocol), SYSTEM)
for protocol in (2, 4):
    evil = {"w": torch.zeros(2), "evil": Calls(os.system, "touch pwned")}
    refuse(f"zip with os.system, protocol {protocol}", saved(evil, pickle_protocol=protocol), SYSTEM)
    refuse(f"legacy with os.system, protocol {protocol}", saved(evil, pickle_protocol=protocol, **LEGACY), SYSTEM)
refuse("zip with eval", saved({"w": torch.zeros(2), "x": Calls(eval, "1")}), "__builtin__.eval")
refuse("zip with getattr", saved({"w": torch.zeros(2), "x": Calls(getattr, "a", "b")}), "__builtin__.getattr")
refuse("a whole model", saved(torch.nn.Linear(2, 2)), "torch.nn.modules.linear.Linear")
refuse("a sparse tensor", saved({"w": torch.eye(2).to_sparse()}), "torch._utils._rebuild_sparse_tensor")
refuse("complex numbers", saved({"w": torch.zeros(2, dtype=torch.complex64)}), "torch.ComplexFloatStorage")
refuse("INST", b"(S'touch pwned'\nios\nsystem\n.", "opcode")
refuse("INST at once", b"(ios\nsystem\n.", "os.system")

json.dump({"files": files, "refused": refused}, sys.stdout, indent=0)
