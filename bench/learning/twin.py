"""Trains the GAN of a description in PyTorch, as its users write it, and writes samples: twin.py SPEC IMAGES LABELS OUT [--steps n | --seconds s].

SPEC is a file with the description in full (`resolveSpec`), unconditional, with the non-saturating objective and Adam, layers dense, reshape, flatten,
batchNorm, activation, conv2d and conv2dTranspose. OUT gets 10,000 samples [N, 28, 28] of the moving average, as float32. Prints one line of JSON.
"""

import argparse
import copy
import json
import time

import torch
import torch.nn.functional as F
from torch import nn

from digits import read_digits

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "softplus": nn.Softplus}


class Reshape(nn.Module):
    """To [height, width, channels] of a description, which is [channels, height, width] here."""

    def __init__(self, height, width, channels):
        super().__init__()
        self.shape = (channels, height, width)

    def forward(self, x):
        return x.reshape(-1, *self.shape)


def network(layers, shape):
    """The network, for examples of this shape: (size,) or (channels, height, width)."""
    modules = []
    x = torch.zeros(2, *shape)
    for layer in layers:
        kind = layer["type"]
        if kind == "dense":
            module = nn.Linear(x.shape[1], layer["units"], bias=layer["bias"])
        elif kind == "reshape":
            module = Reshape(*layer["shape"])
        elif kind == "flatten":
            module = nn.Flatten()
        elif kind == "batchNorm":
            module = (nn.BatchNorm1d if x.dim() == 2 else nn.BatchNorm2d)(x.shape[1], layer["epsilon"], layer["momentum"])
        elif kind == "activation":
            module = nn.LeakyReLU(layer["alpha"]) if layer["name"] == "leakyRelu" else ACTIVATIONS[layer["name"]]()
        else:
            kernel, stride = layer["kernel"], layer["stride"]
            convolution = nn.Conv2d if kind == "conv2d" else nn.ConvTranspose2d
            assert layer["padding"] == "same" and (kernel - stride) % 2 == 0
            module = convolution(x.shape[1], layer["filters"], kernel, stride, (kernel - stride) // 2, bias=layer["bias"])
        x = module(x)
        modules.append(module)
    return nn.Sequential(*modules)


def initialise(module, scheme):
    assert scheme == "dcgan"
    if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
        nn.init.normal_(module.weight, 1, 0.02)
        nn.init.zeros_(module.bias)


def main():
    parser = argparse.ArgumentParser()
    for name in ("spec", "images", "labels", "out"):
        parser.add_argument(name)
    parser.add_argument("--steps", type=int, default=10**9)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    args = parser.parse_args()
    with open(args.spec) as f:
        spec = json.load(f)
    assert spec["objective"]["name"] == "non-saturating" and not spec["regularizers"] and spec["condition"] is None
    torch.manual_seed(spec["seed"])
    data, _ = read_digits(args.images, args.labels)
    height, width, channels = spec["shape"]
    nets = {
        "generator": network(spec["architecture"]["generator"], (spec["latent"],)),
        "discriminator": network(spec["architecture"]["discriminator"], (channels, height, width)),
    }
    optimizers = {}
    for name, net in nets.items():
        net.apply(lambda module: initialise(module, spec["architecture"]["initialization"]))
        adam = spec["optimizer"][name]
        optimizers[name] = torch.optim.Adam(net.parameters(), adam["learningRate"], adam["betas"], adam["epsilon"])
    generator, discriminator = nets.values()
    average = copy.deepcopy(generator)
    step, start, order = 0, time.monotonic(), torch.empty(0, dtype=torch.long)
    while step < args.steps and time.monotonic() - start < args.seconds:
        if len(order) < spec["batchSize"]:
            order = torch.randperm(len(data))
        rows, order = order[: spec["batchSize"]], order[spec["batchSize"] :]
        fake = generator(torch.randn(spec["batchSize"], spec["latent"]))
        loss = F.softplus(-discriminator(data[rows])).mean() + F.softplus(discriminator(fake.detach())).mean()
        optimizers["discriminator"].zero_grad()
        loss.backward()
        optimizers["discriminator"].step()
        discriminator.requires_grad_(False)
        loss = F.softplus(-discriminator(fake)).mean()
        optimizers["generator"].zero_grad()
        loss.backward()
        optimizers["generator"].step()
        discriminator.requires_grad_(True)
        step += 1
        decay = min(spec["ema"]["decay"], step / (9 + step))
        with torch.no_grad():
            for mine, other in zip(average.state_dict().values(), generator.state_dict().values()):
                mine.copy_(mine.lerp(other, 1 - decay) if mine.is_floating_point() else other)
    seconds = time.monotonic() - start
    average.eval()
    with torch.no_grad():
        samples = torch.cat([average(torch.randn(1000, spec["latent"])) for _ in range(10)])
    samples.numpy().tofile(args.out)
    print(json.dumps({"steps": step, "seconds": seconds}))


main()
