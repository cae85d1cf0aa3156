"""Every kind of layer, with gradients of first and second order in its input and in its weights."""

from networks import Pass, apply
from tensors import Draw, derivatives

_TANH = {"type": "activation", "name": "tanh"}
_CONV3 = {"type": "conv2d", "filters": 3, "kernel": 3}

# The layer, the shape of a batch, how the batch is drawn, whether the pass is one of training.
_CASES = [
    ({"type": "dense", "units": 4}, [3, 5], "uniform", True),
    ({"type": "dense", "units": 1, "bias": False}, [3, 5], "uniform", True),
    ({"type": "conv2d", "filters": 3, "kernel": 3}, [1, 5, 4, 2], "uniform", True),
    ({"type": "conv2d", "filters": 3, "kernel": 4, "stride": 2}, [2, 4, 6, 2], "uniform", True),
    ({"type": "conv2d", "filters": 2, "kernel": 4, "stride": 2}, [1, 7, 5, 2], "uniform", True),
    ({"type": "conv2d", "filters": 2, "kernel": 4, "stride": 3, "padding": 1, "bias": False}, [1, 8, 7, 2], "uniform", True),
    ({"type": "conv2dTranspose", "filters": 2, "kernel": 4, "stride": 2}, [2, 3, 3, 3], "uniform", True),
    ({"type": "conv2dTranspose", "filters": 2, "kernel": 3, "stride": 2}, [1, 3, 4, 3], "uniform", True),
    ({"type": "conv2dTranspose", "filters": 3, "kernel": 5, "stride": 1}, [1, 4, 4, 2], "uniform", True),
    ({"type": "conv2dTranspose", "filters": 2, "kernel": 2, "stride": 3}, [1, 3, 2, 2], "uniform", True),
    ({"type": "conv2dTranspose", "filters": 2, "kernel": 4, "stride": 2, "padding": 0, "bias": False}, [1, 3, 3, 2], "uniform", True),
    ({"type": "conv2d", "filters": 6, "kernel": 3, "groups": 2}, [1, 5, 4, 4], "uniform", True),
    ({"type": "conv2d", "filters": 3, "kernel": 3, "stride": 2, "groups": 3}, [1, 5, 6, 3], "uniform", True),
    ({"type": "conv2d", "filters": 4, "kernel": 3, "dilation": 2, "groups": 2}, [1, 5, 4, 2], "uniform", True),
    ({"type": "conv2dTranspose", "filters": 4, "kernel": 4, "stride": 2, "groups": 2}, [1, 3, 3, 6], "uniform", True),
    ({"type": "conv2dTranspose", "filters": 2, "kernel": 3, "stride": 2, "dilation": 3, "padding": 1}, [1, 3, 4, 2], "uniform", True),
    ({"type": "batchNorm"}, [3, 3, 3, 3], "uniform", True),
    ({"type": "batchNorm", "epsilon": 1e-2, "momentum": 0.3}, [12, 3], "uniform", True),
    ({"type": "batchNorm"}, [2, 3, 3, 5], "uniform", False),
    ({"type": "layerNorm"}, [2, 3, 3, 4], "uniform", True),
    ({"type": "layerNorm", "epsilon": 1e-2}, [3, 9], "uniform", True),
    ({"type": "instanceNorm"}, [2, 3, 2, 3], "uniform", True),
    ({"type": "instanceNorm", "epsilon": 1e-2}, [2, 1, 3, 2], "uniform", False),
    ({"type": "groupNorm", "groups": 2}, [2, 2, 3, 4], "uniform", True),
    ({"type": "groupNorm", "groups": 3, "epsilon": 1e-2}, [2, 9], "uniform", True),
    ({"type": "pixelNorm"}, [2, 2, 3, 3], "uniform", True),
    ({"type": "pixelNorm", "epsilon": 1e-2}, [3, 5], "uniform", False),
    ({"type": "minibatchStdDev"}, [4, 2, 1, 2], "uniform", True),
    ({"type": "minibatchStdDev", "groupSize": 2, "features": 3, "momentum": 0.3}, [5, 1, 2, 3], "uniform", True),
    ({"type": "minibatchStdDev", "groupSize": 3, "features": 2}, [6, 4], "uniform", True),
    ({"type": "minibatchStdDev", "features": 2}, [2, 2, 1, 2], "uniform", False),
    ({"type": "activation", "name": "relu"}, [3, 9], "nonzero", True),
    ({"type": "activation", "name": "leakyRelu"}, [3, 9], "nonzero", True),
    ({"type": "activation", "name": "leakyRelu", "alpha": 0.1}, [3, 9], "nonzero", True),
    (_TANH, [3, 9], "uniform", True),
    ({"type": "activation", "name": "sigmoid"}, [3, 9], "uniform", True),
    ({"type": "activation", "name": "softplus"}, [3, 9], "uniform", True),
    ({"type": "reshape", "shape": [2, 3, 2]}, [2, 12], "uniform", True),
    ({"type": "flatten"}, [2, 2, 3, 2], "uniform", True),
    ({"type": "upsample", "factor": 2}, [2, 3, 4, 2], "uniform", True),
    ({"type": "upsample", "factor": 3, "mode": "bilinear"}, [1, 3, 4, 2], "uniform", True),
    ({"type": "globalPool"}, [2, 3, 4, 3], "uniform", True),
    ({"type": "globalPool", "mode": "sum"}, [2, 4, 2, 3], "uniform", True),
    ({"type": "generativeBasis", "size": [3, 2]}, [2, 4], "uniform", True),
    ({"type": "discriminativeBasis"}, [2, 3, 2, 4], "uniform", True),
    ({"type": "avgPool", "size": 2}, [2, 4, 5, 3], "uniform", True),
    ({"type": "avgPool", "size": 3, "stride": 2}, [1, 7, 5, 2], "uniform", True),
    ({"type": "dropout", "rate": 0.25}, [4, 9], "uniform", True),
    ({"type": "dropout", "rate": 0.25}, [4, 9], "uniform", False),
    ({"type": "constant", "shape": [2, 3, 2]}, [2, 3], "uniform", True),
    ({"type": "noise"}, [2, 2, 3, 3], "uniform", True),
    ({"type": "noise"}, [2, 2, 3, 3], "uniform", False),
    ({"type": "selfAttention"}, [2, 4, 5, 9], "uniform", True),
    ({"type": "selfAttention", "pool": 1}, [2, 3, 2, 4], "uniform", True),
    ({"type": "selfAttention", "pool": 3}, [1, 3, 7, 3], "uniform", False),
    ({"type": "residual", "layers": [_CONV3, _TANH]}, [1, 4, 4, 3], "uniform", True),
    (
        {"type": "residual", "layers": [_TANH, _CONV3, {"type": "avgPool", "size": 2}], "shortcut": [{"type": "avgPool", "size": 2}, _CONV3]},
        [1, 4, 4, 2],
        "uniform",
        True,
    ),
    (
        {
            "type": "styled",
            "mapping": [{"type": "dense", "units": 4}, _TANH],
            "layers": [{"type": "constant", "shape": [2, 3, 2]}, {"type": "modulatedConv2d", "filters": 3, "kernel": 3}],
        },
        [2, 3],
        "uniform",
        True,
    ),
    (
        {
            "type": "styled",
            "layers": [
                {"type": "reshape", "shape": [2, 2, 1]},
                {"type": "modulatedConv2d", "filters": 2, "kernel": 2, "bias": False},
                {"type": "modulatedConv2d", "filters": 1, "kernel": 1, "demodulate": False},
            ],
        },
        [3, 4],
        "uniform",
        True,
    ),
]


def cases(seed):
    for layer, shape, domain, training in _CASES:
        yield _case(seed, layer, shape, domain, training)


def _case(seed, layer, shape, domain, training):
    options = "".join(f" {key} {value}" for key, value in layer.items() if key in _SHOWN)
    name = f"{layer['type']}{options} of {str(shape).replace(' ', '')}{'' if training else ', at inference'}"
    draw = Draw(seed, name)
    x = getattr(draw, domain)(shape).requires_grad_()
    p = Pass({}, draw, training)
    y = apply([layer], x, "", p)
    inputs = {"x": x, **{key: value for key, value in p.values.items() if value.requires_grad}}
    statistics = {key: value for key, value in p.values.items() if not value.requires_grad}
    given = {"inputs": inputs, "statistics": statistics, "noise": p.noise, "updates": p.updates}
    return {"name": name, "layer": layer, "training": training, **given, **derivatives(draw, y, inputs)}


_SHOWN = ("units", "filters", "kernel", "stride", "dilation", "groups", "padding", "bias", "epsilon", "momentum", "name", "alpha", "factor", "mode", "size", "rate", "groupSize", "features", "pool")
