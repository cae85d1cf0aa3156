"""Whole training steps of the residual architectures, by the presets of their papers."""

from architectures import r3gan, resnet
from steps import CRITIC_ADAM, Session

# The presets' own curves, over so few images that two steps see them fall.
_BURN_IN = 4


def _wave(first, last):
    return {"curve": "cosine", "from": first, "to": last, "images": _BURN_IN}


_FALLING = {"name": "adam", "learningRate": _wave(0.02, 0.005), "betas": [0, _wave(0.9, 0.99)], "epsilon": 1e-2}

_CASES = [
    (
        "ResNet by SNGAN",
        {
            "shape": [8, 12, 2],
            "architecture": "resnet",
            "width": 1,
            "latent": 3,
            "objective": "hinge",
            "regularizers": ["spectral-norm"],
            "optimizer": CRITIC_ADAM,
            "ema": False,
        },
        resnet(2, 1),
        2,
        "ct",
    ),
    (
        "R3GAN",
        {
            "shape": [8, 12, 2],
            "architecture": {"name": "r3gan", "blocks": 1},
            "width": 3,
            "latent": 3,
            "objective": "relativistic",
            "regularizers": [{"name": name, "gamma": _wave(1, 0.1)} for name in ("r1", "r2")],
            "optimizer": {"generator": _FALLING, "discriminator": _FALLING},
            "ema": {"halfLife": _wave(0, 10), "rampUp": None},
        },
        r3gan(2, 3, 3),
        2,
        "tt",
    ),
]


def cases(seed):
    for name, *session, kinds in _CASES:
        yield Session.case(seed, name, kinds, *session)
