"""What the networks minimise, from PyTorch's own losses."""

import math

import torch
import torch.nn.functional as F

from networks import off_kink

_CROSS_ENTROPY = ("minimax", "non-saturating")
_LABELS = {"realLabel": 1, "fakeLabel": 0, "generatorLabel": 1}


def _label(objective, name):
    return float(objective.get(name, _LABELS[name]))


def _cross_entropy(scores, probability):
    return F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, probability))


def _squares(scores, label):
    return F.mse_loss(scores, torch.full_like(scores, label)) / 2


def _hinge(scores):
    return F.relu(off_kink(1 - scores)).mean()


def discriminator_loss(objective, real, fake, label=1.0):
    """With images of the data real by a probability of `label` (Salimans et al. 2016, section 3.4)."""
    name = objective["name"]
    if name in _CROSS_ENTROPY:
        return _cross_entropy(real, label) + _cross_entropy(fake, 0.0)
    if name == "least-squares":
        b, a = _label(objective, "realLabel"), _label(objective, "fakeLabel")
        return label * _squares(real, b) + (1 - label) * _squares(real, a) + _squares(fake, a)
    if name == "hinge":
        return label * _hinge(real) + (1 - label) * _hinge(-real) + _hinge(-fake)
    if name == "relativistic":
        return _cross_entropy(real - fake, label)
    return fake.mean() - real.mean()


def generator_loss(objective, real, fake):
    """`real` gives the scores of the images of the data, which most objectives leave aside."""
    name = objective["name"]
    if name == "minimax":
        return -_cross_entropy(fake, 0.0)
    if name == "non-saturating":
        return _cross_entropy(fake, 1.0)
    if name == "relativistic":
        return _cross_entropy(fake - real(), 1.0)
    return _squares(fake, _label(objective, "generatorLabel")) if name == "least-squares" else -fake.mean()


def divergence(objective, real, fake):
    """What the discriminator's loss (of plain labels, without penalties) says about the distance of the two distributions."""
    name, loss = objective["name"], discriminator_loss(objective, real, fake)
    if name in _CROSS_ENTROPY:
        return math.log(2) - loss / 2
    if name == "least-squares":
        return 2 - 8 * loss / (_label(objective, "realLabel") - _label(objective, "fakeLabel")) ** 2
    if name == "hinge":
        return 1 - loss / 2
    return math.log(2) - loss if name == "relativistic" else -loss


def accuracy(objective, real, fake):
    """How often the discriminator is right, on either side of its threshold or, for lack of one, in pairs."""
    name = objective["name"]
    if name in ("relativistic", "wasserstein"):
        return (off_kink(real - fake) > 0).double().mean()
    threshold = sum(_label(objective, label) for label in ("realLabel", "fakeLabel")) / 2 if name == "least-squares" else 0.0
    return ((off_kink(real - threshold) > 0).double().mean() + (off_kink(fake - threshold) < 0).double().mean()) / 2
