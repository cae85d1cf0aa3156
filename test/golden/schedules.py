"""Training steps of which numbers change: learning rates, Adam's second beta, the weight of a penalty, and the half-life of the moving average.

Numbers of an optimizer change as they do in PyTorch, in its param groups; what corrects the second moment's bias is 1 - beta2^t by the present beta2.
"""

import torch

from architectures import mlp
from networks import NearKink, Pass
from objectives import discriminator_loss, divergence
from scheduled import value_at
from steps import Session
from tensors import Draw


def _curve(curve, start, end, images, following=None):
    return {"curve": curve, "from": start, "to": end, "images": images, **({} if following is None else {"next": following})}


def _adam(rate, second):
    return {"name": "adam", "learningRate": rate, "betas": [0.5, second], "epsilon": 1e-2}


def _rmsprop(rate):
    return {"name": "rmsprop", "learningRate": rate, "decay": 0.9, "epsilon": 1e-2}


def _present(optimizer, images):
    """Its numbers once so many images were shown."""
    present = {**optimizer, "learningRate": value_at(optimizer["learningRate"], images)}
    return {**present, "betas": [value_at(beta, images) for beta in optimizer["betas"]]} if "betas" in optimizer else present


_SMALL = {"shape": [5], "architecture": "mlp", "width": 4, "latent": 3}
# Batches are of six images: the third update is past a warm-up of ten.
_WARM_UP = _curve("linear", 0.002, 0.02, 10, _curve("cosine", 0.02, 0.001, 20))
_CASES = [
    (
        "Adam and R1, scheduled",
        {
            **_SMALL,
            "optimizer": {"generator": _adam(_WARM_UP, _curve("linear", 0.9, 0.99, 15)), "discriminator": _adam(0.02, _curve("cosine", 0.99, 0.5, 24))},
            "regularizers": [{"name": "r1", "gamma": _curve("cosine", 20, 2, 18)}],
            "ema": {"halfLife": _curve("linear", 0, 30, 18), "rampUp": None},
        },
        "ttt",
    ),
    (
        "RMSProp and R2, scheduled, two updates of the discriminator a step",
        {
            **_SMALL,
            "objective": {"name": "non-saturating", "discriminatorSteps": 2},
            "optimizer": {"generator": _rmsprop(_curve("cosine", 0.02, 0.01, 20)), "discriminator": _rmsprop(_WARM_UP)},
            "regularizers": [{"name": "r2", "gamma": _curve("linear", 0, 10, 12, 3)}],
            "ema": {"halfLife": 100, "rampUp": 0.5},
        },
        "ctct",
    ),
]


def cases(seed):
    for name, options, kinds in _CASES:
        attempt = 0
        while True:
            try:
                yield Scheduled(Draw(seed, name, attempt), options, mlp(5, 4), 6).case(name, kinds)
                break
            except NearKink:
                attempt += 1


class Scheduled(Session):
    images = 0

    def __init__(self, draw, options, architecture, batch):
        first = {network: _present(spec, 0) for network, spec in options["optimizer"].items()}
        super().__init__(draw, {**options, "optimizer": first}, architecture, batch)
        self.options["optimizer"] = options["optimizer"]

    def step(self, kind):
        for network, optimizer in self.optimizers.items():
            spec = _present(self.options["optimizer"][network], self.images)
            for group in optimizer.param_groups:
                group["lr"] = spec["learningRate"]
                if "betas" in spec:
                    group["betas"] = tuple(spec["betas"])
        result = super().step(kind)
        self.images += self.batch
        return result

    def _discriminator_turn(self, real, fake, condition, noise):
        scores = [self.discriminate(images, condition, Pass(self.values, self.draw)) for images in (real, fake)]
        value = discriminator_loss(self.objective["name"], *scores)
        (regularizer,) = self.options["regularizers"]
        at = (real if regularizer["name"] == "r1" else fake).detach().requires_grad_()
        (slope,) = torch.autograd.grad(self.discriminate(at, condition, Pass(self.values, self.draw)).sum(), at, create_graph=True)
        loss = value + value_at(regularizer["gamma"], self.images) / 2 * slope.square().sum(1).mean()
        self._descend("discriminator", loss)
        means = {"realScore": scores[0].mean(), "fakeScore": scores[1].mean()}
        return {"discriminatorLoss": loss, "divergence": divergence(self.objective["name"], value), **means}

    def _move_average(self):
        """As in the training loop of StyleGAN2-ADA: `ema_nimg`, `ema_rampup`, `ema_beta`."""
        half_life = value_at(self.options["ema"]["halfLife"], self.images)
        if self.options["ema"]["rampUp"] is not None:
            half_life = min(half_life, self.options["ema"]["rampUp"] * self.images)
        images = self.batch * self.objective.get("discriminatorSteps", 1)
        decay = 0.5 ** (images / max(half_life, 1e-8))
        for name, average in self.average.items():
            average.copy_(self.values[name].detach().lerp(average, decay))
