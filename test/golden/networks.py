"""Networks in PyTorch, from the same lists of layers as src/nn, with its names for their tensors."""

import math

import torch
import torch.nn.functional as F

from operations import avg_pool, channels_first, channels_last, conv2d, conv2d_input_grad, interpolate

# A pre-activation this close to the kink of a ReLU, as a share of the root mean square of its layer, might fall on the
# other side of it in float32. Two training steps in float32 are exact to far less.
KINK_MARGIN = 1e-4


class NearKink(Exception):
    """These numbers are no good as a test: draw others."""


def off_kink(x):
    """`x`, none of which may come near 0 by rounding."""
    if x.abs().min() < KINK_MARGIN * x.square().mean().sqrt():
        raise NearKink
    return x


class Pass:
    """One use of a network: values by name, drawn when first asked for if there is a `draw`."""

    def __init__(self, values, draw=None, training=True, noise=None, label=""):
        self.values, self.draw, self.training = values, draw, training
        self.noise, self.label = {} if noise is None else noise, label
        self.updates = {}
        # The class of each example, where batch norms have a gain and a bias for each; their number.
        self.labels, self.classes = None, None
        # What the layers of a styled one are told.
        self.style = None

    def weight(self, name, shape, mean=0.0, std=1.0):
        if name not in self.values:
            self.values[name] = self.draw.normal(shape, mean, std).requires_grad_()
        return self.values[name]

    def statistic(self, name, shape, low, high):
        if name not in self.values:
            self.values[name] = self.draw.uniform(shape, low, high)
        return self.values[name]

    def uniform(self, name, shape):
        """Noise of a pass, in (0, 1)."""
        values = self.noise[f"{self.label}/{name}"] = self.draw.uniform(shape, 0.001, 0.999)
        return values

    def normal(self, name, shape):
        """Noise of a pass, N(0, 1)."""
        values = self.noise[f"{self.label}/{name}"] = self.draw.normal(shape)
        return values


def _same(layer, size):
    return [math.ceil(n / layer.get("stride", 1)) for n in size]


def _extent(layer):
    return (layer["kernel"] - 1) * layer.get("dilation", 1) + 1


def _others(layer):
    return {"dilations": [layer.get("dilation", 1)] * 2, "groups": layer.get("groups", 1)}


def _pads(layer, inner, outer):
    """Pads of the convolution from images of `outer` pixels to `inner`, the odd pixel last."""
    if layer.get("padding", "same") != "same":
        return [layer["padding"]] * 4
    totals = [max((i - 1) * layer.get("stride", 1) + _extent(layer) - o, 0) for i, o in zip(inner, outer)]
    return [n for total in totals for n in (total // 2, total - total // 2)]


def _bias(layer, y, name, p):
    return y + p.weight(f"{name}.bias", [y.shape[-1]], 0, 0.1) if layer.get("bias", True) else y


def dense(layer, x, name, p):
    fan_in = x.shape[1]
    return _bias(layer, x @ p.weight(f"{name}.filter", [fan_in, layer["units"]], 0, fan_in**-0.5), name, p)


def conv(layer, x, name, p):
    k, stride, channels = layer["kernel"], layer.get("stride", 1), x.shape[3] // layer.get("groups", 1)
    w = p.weight(f"{name}.filter", [k, k, channels, layer["filters"]], 0, (k * k * channels) ** -0.5)
    size = list(x.shape[1:3])
    return _bias(layer, conv2d(x, w, [stride] * 2, _pads(layer, _same(layer, size), size), **_others(layer)), name, p)


def conv_transpose(layer, x, name, p):
    k, stride, channels = layer["kernel"], layer.get("stride", 1), x.shape[3]
    w = p.weight(f"{name}.filter", [k, k, layer["filters"] // layer.get("groups", 1), channels], 0, stride * (k * k * channels) ** -0.5)
    size, padding = list(x.shape[1:3]), layer.get("padding", "same")
    output = [n * stride if padding == "same" else (n - 1) * stride + _extent(layer) - 2 * padding for n in size]
    return _bias(layer, conv2d_input_grad(x, w, [stride] * 2, _pads(layer, size, output), output, **_others(layer)), name, p)


def batch_norm(layer, x, name, p):
    channels = [x.shape[-1]]
    size = channels if p.classes is None else [p.classes, *channels]
    gamma, beta = p.weight(f"{name}.gamma", size, 1, 0.2), p.weight(f"{name}.beta", size, 0, 0.2)
    mean = p.statistic(f"{name}.runningMean", channels, -0.5, 0.5).clone()
    variance = p.statistic(f"{name}.runningVariance", channels, 0.5, 1.5).clone()
    options = {"training": p.training, "momentum": layer.get("momentum", 0.1), "eps": layer.get("epsilon", 1e-5)}
    if p.classes is None:
        y = channels_last(F.batch_norm(channels_first(x), mean, variance, gamma, beta, **options))
    else:
        own = [F.embedding(p.labels, table).reshape(len(x), *[1] * (x.dim() - 2), -1) for table in (gamma, beta)]
        y = channels_last(F.batch_norm(channels_first(x), mean, variance, **options)) * own[0] + own[1]
    if p.training:
        p.updates.update({f"{name}.runningMean": mean, f"{name}.runningVariance": variance})
    return y


def layer_norm(layer, x, name, p):
    channels = [x.shape[-1]]
    gamma, beta = p.weight(f"{name}.gamma", channels, 1, 0.2), p.weight(f"{name}.beta", channels, 0, 0.2)
    return F.layer_norm(x, x.shape[1:], eps=layer.get("epsilon", 1e-5)) * gamma + beta


def _by_channel(y, name, p):
    channels = [y.shape[-1]]
    return y * p.weight(f"{name}.gamma", channels, 1, 0.2) + p.weight(f"{name}.beta", channels, 0, 0.2)


def _standard(values, epsilon):
    """Numbers less their mean, over the root of their variance."""
    return (values - values.mean()) / ((values - values.mean()).square().mean() + epsilon).sqrt()


def group_norm(layer, x, name, p):
    """Each group of channels of each example by itself; without a number of groups, each channel."""
    groups = layer.get("groups", x.shape[-1])
    parts = [torch.cat([_standard(part, layer.get("epsilon", 1e-5)) for part in example.chunk(groups, -1)], -1) for example in x]
    return _by_channel(torch.stack(parts), name, p)


def pixel_norm(layer, x, *_):
    return x / (x.square().mean(-1, keepdim=True) + layer.get("epsilon", 1e-8)).sqrt()


def minibatch_std_dev(layer, x, name, p):
    """Every image with the mean standard deviation of its group behind its channels, for each share of these."""
    n, features = len(x), layer.get("features", 1)
    average = p.statistic(f"{name}.runningDeviation", [features], 0.5, 1.5)
    measured = average.expand(n, features)
    if p.training:
        groups = max(1, n // layer.get("groupSize", 4))
        sizes = [n // groups + (g < n % groups) for g in range(groups)]
        larger = [i for i in range(n % groups * max(sizes))]
        rest = [i for i in range(n) if i not in larger]
        rows = [None] * n
        for images in (larger, rest):
            count = len(images) // (max(sizes) if images is larger else min(sizes))
            for g in range(count):
                group = x[images[g::count]]
                deviation = ((group - group.mean(0)).square().mean(0) + 1e-8).sqrt()
                row = torch.stack([part.mean() for part in deviation.chunk(features, -1)])
                for i in images[g::count]:
                    rows[i] = row
        measured = torch.stack(rows)
        momentum = layer.get("momentum", 0.1)
        p.updates[f"{name}.runningDeviation"] = (1 - momentum) * average + momentum * measured.mean(0)
    maps = measured.reshape(n, *[1] * (x.dim() - 2), features).expand(*x.shape[:-1], features)
    return torch.cat([x, maps], -1)


def activation(layer, x, *_):
    kind = layer["name"]
    if kind in ("relu", "leakyRelu"):
        return F.leaky_relu(off_kink(x), 0.0 if kind == "relu" else layer.get("alpha", 0.2))
    return {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "softplus": F.softplus}[kind](x)


def constant(layer, x, name, p):
    value = p.weight(f"{name}.value", layer["shape"])
    return torch.stack([value] * len(x))


def noise(layer, x, name, p):
    channels, size = x.shape[-1], [*x.shape[1:3], 1]
    strength = p.weight(f"{name}.strength", [channels])
    picture = p.statistic(f"{name}.picture", size, -2, 2)
    pictures = p.normal(f"{name}.noise", [len(x), *size]) if p.training else torch.stack([picture] * len(x))
    return x + torch.cat([pictures * s for s in strength], -1)


def modulated_conv(layer, x, name, p):
    """Each image by filters of its own (Karras et al. 2020, equations 1 and 3)."""
    k, filters, channels = layer["kernel"], layer["filters"], x.shape[3]
    w = p.weight(f"{name}.filter", [k, k, channels, filters], 0, (k * k * channels) ** -0.5)
    table = p.weight(f"{name}.styleFilter", [p.style.shape[1], channels], 0, p.style.shape[1] ** -0.5)
    scales = p.style @ table + p.weight(f"{name}.styleBias", [channels], 1, 0.1)
    images = []
    for image, scale in zip(x, scales):
        own = w * scale[:, None]
        if layer.get("demodulate", True):
            own = own / (own.square().sum([0, 1, 2]) + 1e-8).sqrt()
        size = list(x.shape[1:3])
        images.append(conv2d(image[None], own, [1, 1], _pads(layer, size, size)))
    return _bias(layer, torch.cat(images), name, p)


def styled(layer, x, name, p):
    outer, style = p.style, apply(layer.get("mapping", []), x, f"{name}.mapping.", p)
    p.style = style
    y = apply(layer["layers"], x, f"{name}.", p)
    p.style = outer
    return y


def upsample(layer, x, *_):
    return interpolate(x, layer.get("mode", "nearest"), [n * layer["factor"] for n in x.shape[1:3]])


def global_pool(layer, x, *_):
    return x.sum((1, 2)) if layer.get("mode", "mean") == "sum" else x.mean((1, 2))


def generative_basis(layer, x, name, p):
    return p.weight(f"{name}.basis", [*layer["size"], x.shape[1]]) * x[:, None, None, :]


def discriminative_basis(_, x, name, p):
    """A depthwise convolution with filters as large as the images."""
    size = list(x.shape[1:])
    basis = p.weight(f"{name}.basis", size, 0, (size[0] * size[1]) ** -0.5)
    return F.conv2d(channels_first(x), basis.permute(2, 0, 1)[:, None], groups=size[2]).flatten(1)


def pool(layer, x, *_):
    size, stride = layer["size"], layer.get("stride", "size")
    return avg_pool(x, size, size if stride == "size" else stride)


def dropout(layer, x, name, p):
    if not p.training:
        return x
    kept = p.uniform(f"{name}.dropout", x.shape) >= layer["rate"]
    return x * kept / (1 - layer["rate"])


def self_attention(layer, x, name, p):
    """Zhang et al. 2019, section 3: each pixel asks by g all (or squares of them) for what they have by f and h."""
    n, height, width, channels = x.shape
    keys, values = math.ceil(channels / 8), math.ceil(channels / 2)
    linear = lambda label, inputs, units: p.weight(f"{name}.{label}", [inputs, units], 0, inputs**-0.5)
    f, g, h = linear("f", channels, keys), linear("g", channels, keys), linear("h", channels, values)
    pooled = lambda y: avg_pool(y.reshape(n, height, width, -1), layer.get("pool", 2), layer.get("pool", 2)).flatten(1, 2)
    rows = x.flatten(1, 2)
    attention = F.softmax((rows @ g) @ pooled(rows @ f).mT, dim=-1)
    gathered = attention @ pooled(rows @ h) @ linear("v", values, channels)
    return x + p.weight(f"{name}.gamma", [1], 0.5, 0.2) * gathered.reshape(x.shape)


def residual(layer, x, name, p):
    return apply(layer["layers"], x, f"{name}.", p) + apply(layer.get("shortcut", []), x, f"{name}.shortcut.", p)


LAYERS = {
    "dense": dense,
    "conv2d": conv,
    "conv2dTranspose": conv_transpose,
    "batchNorm": batch_norm,
    "layerNorm": layer_norm,
    "instanceNorm": group_norm,
    "groupNorm": group_norm,
    "pixelNorm": pixel_norm,
    "minibatchStdDev": minibatch_std_dev,
    "activation": activation,
    "reshape": lambda layer, x, *_: x.reshape(len(x), *layer["shape"]),
    "flatten": lambda layer, x, *_: x.flatten(1),
    "upsample": upsample,
    "avgPool": pool,
    "globalPool": global_pool,
    "generativeBasis": generative_basis,
    "discriminativeBasis": discriminative_basis,
    "dropout": dropout,
    "constant": constant,
    "noise": noise,
    "residual": residual,
    "modulatedConv2d": modulated_conv,
    "styled": styled,
    "selfAttention": self_attention,
}


def outputs(layers, x, prefix, p):
    """The input, and what each layer makes of the one before."""
    values = [x]
    for i, layer in enumerate(layers):
        values.append(LAYERS[layer["type"]](layer, values[-1], f"{prefix}{i}", p))
    return values


def apply(layers, x, prefix, p):
    return outputs(layers, x, prefix, p)[-1]
