"""Training steps of which numbers change: learning rates, Adam's second beta, the weight of a penalty, and the half-life of the moving average.

Numbers of an optimizer change as they do in PyTorch, in its param groups; what corrects the second moment's bias is 1 - beta2^t by the present beta2.
"""

from architectures import mlp
from scheduled import curve
from steps import Session


def _adam(rate, second):
    return {"name": "adam", "learningRate": rate, "betas": [0.5, second], "epsilon": 1e-2}


def _rmsprop(rate):
    return {"name": "rmsprop", "learningRate": rate, "decay": 0.9, "epsilon": 1e-2}


_SMALL = {"shape": [5], "architecture": None, "latent": 3}
# Batches are of six images: the third update is past a warm-up of ten.
_WARM_UP = curve("linear", 0.002, 0.02, 10, curve("cosine", 0.02, 0.001, 20))
_CASES = [
    (
        "Adam and R1, scheduled",
        {
            **_SMALL,
            "optimizer": {"generator": _adam(_WARM_UP, curve("linear", 0.9, 0.99, 15)), "discriminator": _adam(0.02, curve("cosine", 0.99, 0.5, 24))},
            "regularizers": [{"name": "r1", "gamma": curve("cosine", 20, 2, 18)}],
            "ema": {"halfLife": curve("linear", 0, 30, 18), "rampUp": None},
        },
        "ttt",
    ),
    (
        "RMSProp and R2, scheduled, two updates of the discriminator a step",
        {
            **_SMALL,
            "objective": {"name": "non-saturating", "discriminatorSteps": 2},
            "optimizer": {"generator": _rmsprop(curve("cosine", 0.02, 0.01, 20)), "discriminator": _rmsprop(_WARM_UP)},
            "regularizers": [{"name": "r2", "gamma": curve("linear", 0, 10, 12, 3)}],
            "ema": {"halfLife": 100, "rampUp": 0.5},
        },
        "ctct",
    ),
]


def cases(seed):
    for name, options, kinds in _CASES:
        yield Session.case(seed, name, kinds, options, mlp(5, 4), 6)
