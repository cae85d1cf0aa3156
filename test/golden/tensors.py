"""Values of the golden files: how they are drawn, differentiated and written.

Inputs are numbers of three decimals rounded to float32, so that both sides begin with the same bits and the files stay
short. PyTorch computes with them in float64; results are written with eight digits, an error of 5e-9 at most.
"""

import json
import struct
import zlib

import torch


class Draw:
    """Random tensors, a function of the seed, of a case's name and of the attempt."""

    def __init__(self, seed, name, attempt=0):
        self.generator = torch.Generator().manual_seed(zlib.crc32(f"{seed}/{name}/{attempt}".encode()))

    def _exact(self, values):
        return (values * 1000).round().div(1000).float().double()

    def uniform(self, shape, low=-2.0, high=2.0):
        return self._exact(low + (high - low) * torch.rand(shape, generator=self.generator))

    def normal(self, shape, mean=0.0, std=1.0):
        return self._exact(mean + std * torch.randn(shape, generator=self.generator))

    def positive(self, shape):
        return self.uniform(shape, 0.25, 2.0)

    def nonzero(self, shape):
        """±[0.25, 2]: away from a kink or a pole at 0."""
        return self.positive(shape) * self.integers(shape, 2).mul(2).sub(1)

    def integers(self, shape, below):
        return torch.randint(below, shape, generator=self.generator).double()

    def lattice(self, shape):
        """Multiples of 0.25; never closer than 0.125 to any of `off_lattice`."""
        return self.integers(shape, 16) / 4 - 2

    def off_lattice(self, shape):
        return self.lattice(shape) + 0.125


def _gradients(y, inputs):
    """Gradients of a scalar, zero where it does not depend on an input, and themselves differentiable."""
    if not y.requires_grad:
        return [torch.zeros_like(x) for x in inputs]
    found = torch.autograd.grad(y, inputs, create_graph=True, allow_unused=True)
    return [torch.zeros_like(x) if g is None or g._is_zerotensor() else g for x, g in zip(inputs, found)]


def derivatives(draw, y, inputs):
    """The gradients of <c, y> for a random c, and those of the sum of <d, gradient> for random d, with respect to
    the inputs and to c, by name."""
    names, xs = list(inputs), list(inputs.values())
    c = draw.normal(y.shape).requires_grad_()
    first = _gradients((y * c).sum(), xs)
    directions = [draw.normal(x.shape) for x in xs]
    second = _gradients(sum((d * g).sum() for d, g in zip(directions, first)), [*xs, c])
    return {
        "output": y,
        "cotangent": c,
        "directions": dict(zip(names, directions)),
        "first": dict(zip(names, first)),
        "second": dict(zip([*names, "cotangent"], second)),
    }


def _plain(value):
    """The value as JSON has it: a tensor becomes its shape and its values."""
    if isinstance(value, torch.Tensor):
        return {"shape": list(value.shape), "values": [_number(v) for v in value.detach().flatten().tolist()]}
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return _number(value) if isinstance(value, float) else value


def _float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def _number(value):
    """A float32 number in as few digits as tell it apart, any other in eight."""
    candidates = (float(f"{value:.{digits}g}") for digits in range(1, 10))
    exact = _float32(value) == value
    rounded = next(c for c in candidates if _float32(c) == value) if exact else float(f"{value:.8g}")
    return int(rounded) if rounded.is_integer() else rounded


def _lines(value, indent):
    """JSON with a line for each tensor and for each other record without records in it."""
    inner = indent + " "
    if isinstance(value, dict) and any(isinstance(v, (dict, list)) for v in value.values()) and "values" not in value:
        items = [f"{inner}{json.dumps(key)}: {_lines(v, inner)}" for key, v in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(v, dict) and len(v) > 2 for v in value):
        return "[\n" + ",\n".join(inner + _lines(v, inner) for v in value) + f"\n{indent}]"
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def write(path, seed, cases):
    path.write_text(_lines(_plain({"seed": seed, "cases": cases}), "") + "\n", encoding="utf-8")
