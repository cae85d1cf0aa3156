"""What the networks minimise, from PyTorch's own losses."""

import math

import torch
import torch.nn.functional as F


def discriminator_loss(name, real, fake):
    ones, zeros = torch.ones_like(real), torch.zeros_like(fake)
    if name in ("minimax", "non-saturating"):
        return F.binary_cross_entropy_with_logits(real, ones) + F.binary_cross_entropy_with_logits(fake, zeros)
    if name == "least-squares":
        return (F.mse_loss(real, ones) + F.mse_loss(fake, zeros)) / 2
    return fake.mean() - real.mean()


def generator_loss(name, fake):
    ones, zeros = torch.ones_like(fake), torch.zeros_like(fake)
    if name == "minimax":
        return -F.binary_cross_entropy_with_logits(fake, zeros)
    if name == "non-saturating":
        return F.binary_cross_entropy_with_logits(fake, ones)
    return F.mse_loss(fake, ones) / 2 if name == "least-squares" else -fake.mean()


def divergence(name, loss):
    """What the discriminator's loss (without a penalty) says about the distance of the two distributions."""
    if name in ("minimax", "non-saturating"):
        return math.log(2) - loss / 2
    return 2 - 8 * loss if name == "least-squares" else -loss
