"""Training steps of networks that are told what images are made for, each in its own way."""

import torch
import torch.nn.functional as F

from architectures import dcgan, mlp
from networks import apply, outputs
from scheduled import curve
from steps import Session


def translator(size, channels, width):
    """A generator from images to images: the discriminator's way down, then the decoder."""
    networks = dcgan(size, channels, width, False)
    # Neither flattened to a score nor begun at a vector: without dense, reshape, batch norm and activation.
    return {**networks, "generator": networks["discriminator"][:-2] + networks["generator"][4:]}


def flattened(layers):
    """An MLP from images to images."""
    flatten, reshape = {"type": "flatten"}, [{"type": "reshape", "shape": [2, 2, 1]}, {"type": "activation", "name": "tanh"}]
    return {"generator": [flatten, *layers["generator"], *reshape], "discriminator": [flatten, *layers["discriminator"]]}


DCGAN = {"shape": [8, 8, 2], "architecture": "dcgan", "width": 2, "latent": 3, "ema": {"decay": 0.05}}
MLP = {"shape": [5], "architecture": None, "latent": 3, "ema": False}
_CASES = [
    ("a learned row, projected", {**DCGAN, "condition": {"classes": 3, "generator": "embedding", "embedding": 2}}, dcgan(8, 2, 2, False)),
    ("class-conditional batch norm, one-hot maps", {**DCGAN, "condition": {"classes": 3, "generator": "batch-norm", "discriminator": "concatenation"}}, dcgan(8, 2, 2, False)),
    (
        "class-conditional batch norm, an auxiliary classifier",
        {**DCGAN, "condition": {"classes": 4, "generator": "batch-norm", "discriminator": "auxiliary-classifier"}},
        dcgan(8, 2, 2, False),
    ),
    (
        "class-conditional batch norm, an auxiliary classifier under spectral norm and scheduled R1",
        {
            **DCGAN,
            "condition": {"classes": 4, "generator": "batch-norm", "discriminator": "auxiliary-classifier"},
            "regularizers": ["spectral-norm", {"name": "r1", "gamma": curve("cosine", 6, 1, 10)}],
        },
        dcgan(8, 2, 2, True),
    ),
    ("a one-hot row, an auxiliary classifier of weight 0.5", {**MLP, "condition": {"classes": 7, "discriminator": "auxiliary-classifier", "classWeight": 0.5}}, mlp(5, 4)),
    ("a learned row, a one-hot row", {**MLP, "condition": {"classes": 3, "generator": "embedding", "embedding": 2, "discriminator": "concatenation"}}, mlp(5, 4)),
    ("images for images, convolutions", {**DCGAN, "shape": [16, 16, 1], "latent": 2, "condition": {"shape": [16, 16, 2]}}, translator(16, 1, 2)),
    ("images for images, dense layers", {**MLP, "shape": [2, 2, 1], "condition": {"shape": [2, 2, 3]}}, flattened(mlp(4, 4))),
]


def cases(seed):
    for name, options, architecture in _CASES:
        yield Told.case(seed, name, "tt", options, architecture, 5)


class Told(Session):
    """Both networks, told of a condition in any way."""

    @property
    def given(self):
        return self.options["condition"]

    def _condition(self):
        if "shape" not in self.given:
            return super()._condition()
        images = self.draw.uniform([self.batch, *self.given["shape"]], -1, 1)
        return images, images

    def generate(self, latents, condition, p):
        method = self.given.get("generator")
        if "shape" in self.given:
            x = torch.cat([condition, latents[:, None, None, :].expand(-1, *condition.shape[1:3], -1)], 3)
        elif method == "embedding":
            table = p.weight("generator.embedding", [self.given["classes"], self.given["embedding"]])
            x = torch.cat([latents, F.embedding(condition.argmax(1), table)], 1)
        elif method == "batch-norm":
            p.labels, p.classes, x = condition.argmax(1), self.given["classes"], latents
        else:
            return super().generate(latents, condition, p)
        return apply(self.architecture["generator"], x, "generator.", p)

    def examine(self, images, condition, p):
        """Scores, and the weighted cross-entropy of the class it tells (0 where it tells none)."""
        method = "concatenation" if "shape" in self.given else self.given.get("discriminator", "projection")
        if method == "projection":
            return super().examine(images, condition, p)
        if method == "concatenation":
            inner = images.shape[1:-1]
            maps = condition if "shape" in self.given else condition.reshape(self.batch, *[1] * len(inner), -1).expand(-1, *inner, -1)
            return apply(self.architecture["discriminator"], torch.cat([images, maps], -1), "discriminator.", p)[:, 0], 0
        *_, features, score = outputs(self.architecture["discriminator"], images, "discriminator.", p)
        head = [{"type": "dense", "units": self.given["classes"]}]
        logits = apply(head, features, "discriminator.classifier.", p)
        return score[:, 0], self.given.get("classWeight", 1) * F.cross_entropy(logits, condition.argmax(1))
