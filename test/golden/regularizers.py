"""What keeps training steady, each by the formula of its paper."""

from types import SimpleNamespace

import torch
from torch.nn.utils.spectral_norm import SpectralNorm

from networks import off_kink


def slopes(score, images):
    """The norms of the gradients of the scores, one an image, and themselves differentiable."""
    images = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(score(images).sum(), images, create_graph=True)
    return gradient.flatten(1).norm(dim=1)


def _per_image(numbers, images):
    return numbers.reshape(-1, *[1] * (images.dim() - 1))


def gradient_penalty(options, real, fake, judge, noise):
    """Gulrajani et al. 2017, equation 3; one-sided, Petzka, Fischer & Lukovnikov 2018, equation 8."""
    mix = _per_image(noise("interpolation", [len(real)]), real)
    excess = slopes(lambda x: judge(x, "between"), mix * real + (1 - mix) * fake) - 1
    if options.get("oneSided", False):
        excess = torch.relu(off_kink(excess))
    return options.get("lambda", 10) * excess.square().mean()


def r1(options, real, fake, judge, noise):
    """Mescheder, Geiger & Nowozin 2018, equation 9."""
    return options.get("gamma", 1) / 2 * slopes(lambda x: judge(x, "r1"), real).square().mean()


def r2(options, real, fake, judge, noise):
    """Mescheder, Geiger & Nowozin 2018, equation 10."""
    return options.get("gamma", 1) / 2 * slopes(lambda x: judge(x, "r2"), fake).square().mean()


def dragan(options, real, fake, judge, noise):
    """Kodali, Abernethy, Hays & Kira 2017, section 2.3, with their code's neighbourhood."""
    share = _per_image(noise("share", [len(real)]), real)
    offset = noise("offset", real.shape)
    around = real + share * offset * options.get("reach", 0.5) * real.std(unbiased=False)
    return options.get("lambda", 10) * (slopes(lambda x: judge(x, "around"), around) - 1).square().mean()


PENALTIES = {"gradient-penalty": gradient_penalty, "r1": r1, "r2": r2, "dragan": dragan}


def spectrally_normalised(weight, u):
    """The weight [..., outputs] over its largest singular value, by one step of PyTorch's power method from `u` [outputs, 1]; and the next u."""
    norm = SpectralNorm("weight", n_power_iterations=1, dim=weight.dim() - 1)
    inputs = weight.numel() // len(u)
    module = SimpleNamespace(weight_orig=weight, weight_u=u[:, 0].clone(), weight_v=torch.zeros(inputs))
    return norm.compute_weight(module, do_power_iteration=True), module.weight_u.reshape(-1, 1)


def clipped(gradients, norm):
    """Pascanu, Mikolov & Bengio 2013, algorithm 1."""
    length = torch.cat([g.flatten() for g in gradients]).norm()
    return [g * (norm / length) for g in gradients] if off_kink(length - norm) > 0 else gradients
