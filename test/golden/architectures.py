"""Layers of both networks, as lists that src/nn/spec.ts understands too."""

import math


def conv_block(kind, filters, normalised, act):
    layers = [{"type": kind, "filters": filters, "kernel": 4, "stride": 2, "bias": not normalised}]
    return [*layers, *([{"type": "batchNorm"}] if normalised else []), act]


def dcgan(size, channels, width, images_alone):
    """Radford, Metz & Chintala 2016, for sides 4 · 2^levels."""
    relu, leaky, tanh = ({"type": "activation", "name": name} for name in ("relu", "leakyRelu", "tanh"))
    widths = [width * 2**i for i in range(int(math.log2(size // 4)))]
    generator = [
        {"type": "dense", "units": 16 * widths[-1], "bias": False},
        {"type": "reshape", "shape": [4, 4, widths[-1]]},
        {"type": "batchNorm"},
        relu,
    ]
    for filters in reversed(widths[:-1]):
        generator += conv_block("conv2dTranspose", filters, True, relu)
    generator += conv_block("conv2dTranspose", channels, False, tanh)
    discriminator = []
    for i, filters in enumerate(widths):
        discriminator += conv_block("conv2d", filters, i > 0 and not images_alone, leaky)
    return {"generator": generator, "discriminator": [*discriminator, {"type": "flatten"}, {"type": "dense", "units": 1}]}


def mlp(size, width):
    """Two hidden layers a network, given layer by layer: "mlp" has more."""
    relu, leaky = ({"type": "activation", "name": name} for name in ("relu", "leakyRelu"))
    hidden = {"type": "dense", "units": width}
    return {
        "generator": [hidden, relu, hidden, relu, {"type": "dense", "units": size}],
        "discriminator": [hidden, leaky, hidden, leaky, {"type": "dense", "units": 1}],
    }


# Normalisation within an image, smooth activations, a residual layer, dropout: all of it differentiated twice.
RESIDUAL = {
    "generator": [
        {"type": "dense", "units": 12},
        {"type": "reshape", "shape": [2, 2, 3]},
        {"type": "layerNorm"},
        {"type": "upsample", "factor": 2, "mode": "bilinear"},
        {"type": "conv2d", "filters": 2, "kernel": 3},
        {"type": "activation", "name": "tanh"},
        {"type": "upsample", "factor": 2},
        {"type": "conv2d", "filters": 1, "kernel": 3},
    ],
    "discriminator": [
        {"type": "conv2d", "filters": 3, "kernel": 3},
        {
            "type": "residual",
            "layers": [
                {"type": "layerNorm"},
                {"type": "activation", "name": "softplus"},
                {"type": "conv2d", "filters": 4, "kernel": 3},
                {"type": "avgPool", "size": 2},
            ],
            "shortcut": [{"type": "avgPool", "size": 2}, {"type": "conv2d", "filters": 4, "kernel": 1, "bias": False}],
        },
        {"type": "activation", "name": "sigmoid"},
        {"type": "dropout", "rate": 0.25},
        {"type": "flatten"},
        {"type": "dense", "units": 1},
    ],
}

_RELU = {"type": "activation", "name": "relu"}
_LEAKY = {"type": "activation", "name": "leakyRelu"}
_HALVE, _DOUBLE = {"type": "avgPool", "size": 2}, {"type": "upsample", "factor": 2}


def _conv(filters, kernel, **options):
    return {"type": "conv2d", "filters": filters, "kernel": kernel, **options}


def resnet(channels, width):
    """Miyato et al. 2018, table 3, for images [8, 12] that begin at [4, 6]: one doubling, and the discriminator halves once."""
    wide, narrow, norm = 4 * width, 2 * width, {"type": "batchNorm"}
    up = {
        "type": "residual",
        "layers": [norm, _RELU, _DOUBLE, _conv(wide, 3), norm, _RELU, _conv(wide, 3)],
        "shortcut": [_DOUBLE, _conv(wide, 1)],
    }
    first = {"type": "residual", "layers": [_conv(narrow, 3), _RELU, _conv(narrow, 3), _HALVE], "shortcut": [_HALVE, _conv(narrow, 1)]}
    same = {"type": "residual", "layers": [_RELU, _conv(narrow, 3), _RELU, _conv(narrow, 3)]}
    ends = [_conv(channels, 3), {"type": "activation", "name": "tanh"}]
    return {
        "generator": [{"type": "dense", "units": 24 * wide}, {"type": "reshape", "shape": [4, 6, wide]}, up, norm, _RELU, *ends],
        "discriminator": [first, same, same, same, _RELU, {"type": "globalPool", "mode": "sum"}, {"type": "dense", "units": 1}],
    }


def r3gan(channels, width, groups):
    """Huang et al. 2024, one block at each size, for images [8, 12] that begin at [4, 6]."""

    def linear(filters):
        return _conv(filters, 1, bias=False)

    block = {"type": "residual", "layers": [_conv(2 * width, 1), _LEAKY, _conv(2 * width, 3, groups=groups), _LEAKY, linear(width)]}
    return {
        "generator": [
            {"type": "dense", "units": width, "bias": False},
            {"type": "generativeBasis", "size": [4, 6]},
            block,
            {"type": "upsample", "factor": 2, "mode": "bilinear"},
            block,
            linear(channels),
        ],
        "discriminator": [linear(width), block, _HALVE, block, {"type": "discriminativeBasis"}, {"type": "dense", "units": 1, "bias": False}],
    }
