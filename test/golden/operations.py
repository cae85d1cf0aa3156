"""The ops of src/graph/ops.ts in PyTorch, with gradients of first and second order."""

import torch
import torch.nn.functional as F

from tensors import Draw, derivatives


def channels_first(x):
    return x.movedim(-1, 1)


def channels_last(x):
    return x.movedim(1, -1)


def _filter(w):
    """[height, width, in, out] as PyTorch has it."""
    return w.permute(3, 2, 0, 1).contiguous()


def conv2d(x, w, strides, pads, dilations=(1, 1), groups=1):
    """Pads are top, bottom, left, right; w is [height, width, in / groups, out]."""
    top, bottom, left, right = pads
    padded = F.pad(channels_first(x), (left, right, top, bottom))
    return channels_last(F.conv2d(padded, _filter(w), stride=strides, dilation=dilations, groups=groups))


def conv2d_input_grad(dy, w, strides, pads, inputSize, dilations=(1, 1), groups=1):
    """The transposed convolution: all that it reaches, cut down (or filled up with zeros) to the input within its pads."""
    top, _, left, _ = pads
    full = F.conv_transpose2d(channels_first(dy), _filter(w), stride=strides, dilation=dilations, groups=groups)
    height, width = inputSize
    return channels_last(F.pad(full, (-left, left + width - full.shape[3], -top, top + height - full.shape[2])))


def conv2d_filter_grad(x, dy, strides, pads, filterSize, dilations=(1, 1), groups=1):
    w = torch.zeros(*filterSize, x.shape[3] // groups, dy.shape[3], requires_grad=True)
    return torch.autograd.grad(conv2d(x, w, strides, pads, dilations, groups), w, dy, create_graph=True)[0]


def interpolate(x, mode, size):
    aligned = {"align_corners": False} if mode == "bilinear" else {}
    return channels_last(F.interpolate(channels_first(x), size=list(size), mode=mode, **aligned))


def avg_pool(x, window, strides):
    return channels_last(F.avg_pool2d(channels_first(x), window, strides))


def adjoint(f, shape, dy, **attrs):
    """What the linear f makes of dy, carried back to an input of `shape`."""
    x = torch.zeros(shape, requires_grad=True)
    return torch.autograd.grad(f(x, **attrs), x, dy, create_graph=True)[0]


def matmul(a, b, transposeA, transposeB):
    return (a.mT if transposeA else a) @ (b.mT if transposeB else b)


def moments(x):
    axes = tuple(range(x.dim() - 1))
    return torch.stack([x.mean(axes), x.var(axes, unbiased=False)])


def batch_norm(x, gamma, beta, epsilon):
    """Normalised by the batch's own moments."""
    return channels_last(F.batch_norm(channels_first(x), None, None, gamma, beta, training=True, eps=epsilon))


def pad(x, before, after):
    return F.pad(x, [n for pair in reversed(list(zip(before, after))) for n in pair])


def slice_(x, begin, size):
    return x[tuple(slice(b, b + s) for b, s in zip(begin, size))]


def leaky_relu(x, alpha):
    return F.leaky_relu(x, alpha)


# Input [N, H, W, C], filter [height, width, O], strides, pads, dilations, groups: even and uneven, excessive, pixels left over.
CONVOLUTIONS = [
    ([1, 5, 5, 3], [3, 3, 2], [1, 1], [1, 1, 1, 1], [1, 1], 1),
    ([2, 4, 6, 2], [4, 4, 3], [2, 2], [1, 1, 1, 1], [1, 1], 1),
    ([1, 7, 5, 2], [3, 2, 3], [2, 1], [1, 0, 0, 2], [1, 1], 1),
    ([1, 8, 9, 1], [3, 3, 4], [3, 3], [0, 1, 1, 0], [1, 1], 1),
    ([1, 4, 4, 2], [4, 4, 2], [1, 1], [3, 3, 3, 3], [1, 1], 1),
    ([2, 6, 6, 3], [1, 1, 2], [2, 2], [0, 0, 0, 0], [1, 1], 1),
    ([2, 5, 4, 4], [3, 3, 6], [1, 1], [1, 1, 1, 1], [1, 1], 2),
    ([1, 6, 5, 3], [3, 3, 3], [2, 1], [1, 0, 1, 1], [1, 1], 3),
    ([1, 5, 6, 2], [4, 3, 6], [2, 2], [1, 2, 1, 0], [1, 1], 2),
    ([1, 8, 7, 2], [3, 2, 3], [1, 1], [2, 1, 1, 0], [2, 3], 1),
    ([1, 9, 8, 2], [3, 3, 2], [2, 3], [2, 1, 1, 2], [2, 2], 1),
    ([1, 7, 6, 4], [3, 3, 6], [2, 1], [2, 1, 2, 2], [2, 2], 2),
]


def _convolutions():
    for (n, h, w, c), (kh, kw, o), strides, pads, dilations, groups in CONVOLUTIONS:
        attrs = {"strides": strides, "pads": pads, "dilations": dilations, "groups": groups}
        oh = (h + pads[0] + pads[1] - (kh - 1) * dilations[0] - 1) // strides[0] + 1
        ow = (w + pads[2] + pads[3] - (kw - 1) * dilations[1] - 1) // strides[1] + 1
        x, f, y = [n, h, w, c], [kh, kw, c // groups, o], [n, oh, ow, o]
        yield "conv2d", attrs, [x, f], conv2d
        yield "conv2dInputGrad", {**attrs, "inputSize": [h, w]}, [y, f], conv2d_input_grad
        yield "conv2dFilterGrad", {**attrs, "filterSize": [kh, kw]}, [x, y], conv2d_filter_grad


def _resamples():
    for x, size in [([2, 3, 4, 2], [6, 8]), ([1, 5, 7, 2], [3, 4]), ([1, 3, 5, 3], [7, 5])]:
        y = [x[0], *size, x[3]]
        for mode in ["nearest", "bilinear"]:
            op = f"resize{mode.capitalize()}"
            resize = lambda x, size, mode=mode: interpolate(x, mode, size)
            back = lambda dy, inputSize, x=x, resize=resize, size=size: adjoint(resize, x, dy, size=size)
            yield op, {"size": size}, [x], resize
            yield f"{op}Grad", {"inputSize": x[1:3]}, [y], back
    for x, size, window, strides in [([2, 4, 6, 3], [2, 3], [2, 2], [2, 2]), ([1, 5, 7, 2], [2, 3], [2, 3], [2, 2]), ([1, 5, 5, 2], [3, 3], [3, 3], [1, 1])]:
        attrs = {"window": window, "strides": strides}
        back = lambda dy, inputSize, window, strides, x=x: adjoint(avg_pool, x, dy, window=window, strides=strides)
        yield "avgPool", attrs, [x], avg_pool
        yield "avgPoolGrad", {**attrs, "inputSize": x[1:3]}, [[x[0], *size, x[3]]], back


def _table():
    """Op, attributes, operands (a shape, or a shape with a domain of `Draw`), meaning."""
    yield "neg", {}, [[7]], torch.neg
    yield "abs", {}, [([7], "nonzero")], torch.abs
    yield "exp", {}, [[7]], torch.exp
    yield "log", {}, [([7], "positive")], torch.log
    yield "sqrt", {}, [([7], "positive")], torch.sqrt
    yield "rsqrt", {}, [([7], "positive")], torch.rsqrt
    yield "tanh", {}, [[3, 7]], torch.tanh
    yield "sigmoid", {}, [[3, 7]], torch.sigmoid
    yield "softplus", {}, [[3, 7]], F.softplus
    for alpha in [0.2, 0.0]:
        yield "leakyRelu", {"alpha": alpha}, [([3, 7], "nonzero")], leaky_relu
    for a, b in [([3, 5], [3, 5]), ([2, 3, 5], [3, 1]), ([], [4, 3])]:
        yield "add", {}, [a, b], torch.add
        yield "sub", {}, [a, b], torch.sub
        yield "mul", {}, [a, b], torch.mul
        yield "div", {}, [a, (b, "nonzero")], torch.div
        yield "lerp", {}, [a, a, b], lambda a, b, t: a + t * (b - a)
    for a, b in [([3, 5], [3, 5]), ([2, 3, 5], [3, 1])]:
        yield "maximum", {}, [(a, "lattice"), (b, "off_lattice")], torch.maximum
        yield "minimum", {}, [(a, "lattice"), (b, "off_lattice")], torch.minimum
    yield "reduceSum", {"axes": [0, 2]}, [[2, 3, 4, 5]], lambda x, axes: x.sum(axes, keepdim=True)
    for shape, axes in [([2, 3, 4, 5], [0, 2]), ([3, 7], [1])]:
        yield "reduceMax", {"axes": axes}, [shape], lambda x, axes: x.amax(axes, keepdim=True)
    yield "reduceMax", {"axes": [1]}, [([4, 30], "lattice")], lambda x, axes: x.amax(axes, keepdim=True)
    for shape in [[3, 7], [2, 3, 4]]:
        yield "softmax", {}, [shape], lambda x: F.softmax(x, dim=-1)
    yield "broadcastTo", {"shape": [2, 3, 4]}, [[3, 1]], lambda x, shape: x.broadcast_to(shape)
    for transposeA in [False, True]:
        for transposeB in [False, True]:
            a, b = ([5, 3] if transposeA else [3, 5]), ([4, 5] if transposeB else [5, 4])
            for batch in [[], [3], [2, 2]]:
                yield "matmul", {"transposeA": transposeA, "transposeB": transposeB}, [batch + a, batch + b], matmul
    yield "reshape", {"shape": [4, 3]}, [[2, 6]], lambda x, shape: x.reshape(shape)
    yield "transpose", {"perm": [2, 0, 3, 1]}, [[2, 3, 1, 4]], lambda x, perm: x.permute(perm)
    yield "slice", {"begin": [1, 0, 2], "size": [1, 3, 2]}, [[2, 3, 5]], slice_
    yield "pad", {"before": [0, 2], "after": [1, 3]}, [[2, 3]], pad
    yield "concat", {"axis": 1}, [[2, 3], [2, 1], [2, 4]], lambda *xs, axis: torch.cat(xs, axis)
    yield from _convolutions()
    yield from _resamples()
    for x in [[9, 3], [2, 3, 3, 5]]:
        yield "moments", {}, [x], moments
        yield "batchNorm", {"epsilon": 1e-5}, [x, x[-1:], x[-1:]], batch_norm


# What is not said of a convolution.
_USUAL = [("dilations", [1, 1]), ("groups", 1)]


def cases(seed):
    for op, attrs, operands, function in _table():
        domains = [operand if isinstance(operand, tuple) else (operand, "uniform") for operand in operands]
        yield _case(seed, op, attrs, domains, function)


def _case(seed, op, attrs, operands, function):
    shapes = ", ".join(str(shape).replace(" ", "") for shape, _ in operands)
    shown = {key: value for key, value in attrs.items() if (key, value) not in _USUAL}
    name = f"{op}({shapes}){''.join(f' {key} {value}' for key, value in shown.items())}"
    draw = Draw(seed, name)
    inputs = {f"x{i}": getattr(draw, domain)(shape).requires_grad_() for i, (shape, domain) in enumerate(operands)}
    y = function(*inputs.values(), **attrs)
    return {"name": name, "op": op, "attrs": attrs, "inputs": inputs, **derivatives(draw, y, inputs)}
