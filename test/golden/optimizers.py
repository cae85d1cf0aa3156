"""Optimizers on given gradients, several updates in a row, with PyTorch's and the library's usual numbers."""

import torch

from tensors import Draw

UPDATES = 4

# What src/objective/optimizers.ts is given, and the optimizer of PyTorch that it stands for.
_CASES = [
    {"name": "adam", "learningRate": 2e-4, "betas": [0.5, 0.999], "epsilon": 1e-8},
    {"name": "adam", "learningRate": 1e-2, "betas": [0.0, 0.9], "epsilon": 1e-8},
    {"name": "adam", "learningRate": 1e-3, "betas": [0.9, 0.99], "epsilon": 1e-3},
    {"name": "rmsprop", "learningRate": 5e-5, "decay": 0.99, "epsilon": 1e-8},
    {"name": "rmsprop", "learningRate": 1e-2, "decay": 0.9, "epsilon": 1e-3},
]


def numbers(spec):
    """The numbers of `spec` by their names in PyTorch's param groups."""
    shared = {"lr": spec["learningRate"], "eps": spec["epsilon"]}
    return {**shared, "betas": spec["betas"]} if spec["name"] == "adam" else {**shared, "alpha": spec["decay"]}


def make(spec, weights):
    """An optimizer of PyTorch with the numbers of `spec`."""
    return {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}[spec["name"]](weights, **numbers(spec))


SLOTS = {"adam": {"adam.m": "exp_avg", "adam.v": "exp_avg_sq"}, "rmsprop": {"rmsprop.v": "square_avg"}}


def slots(spec, optimizer, weight):
    """What the optimizer keeps beside a weight, by the library's names."""
    return {slot: optimizer.state[weight][key].clone() for slot, key in SLOTS[spec["name"]].items()}


def cases(seed):
    for spec in _CASES:
        name = " ".join(str(value) for value in spec.values())
        draw = Draw(seed, name)
        # Small, so that a change of the size of the learning rate is not lost in the rounding of the weight.
        weight = draw.normal([11], 0, 0.001).requires_grad_()
        first = weight.detach().clone()
        # Gradients of all sizes, and one that is always zero; each of one sign, so that no average of them cancels.
        sizes = torch.tensor([0.0] + [10.0 ** (k - 7) for k in range(10)]) * draw.nonzero([11]).sign()
        optimizer = make(spec, [weight])
        updates = []
        for _ in range(UPDATES):
            before = weight.detach().clone()
            weight.grad = (draw.positive([11]) * sizes).float().double()
            optimizer.step()
            updates.append({"gradient": weight.grad.clone(), "change": weight.detach() - before, **slots(spec, optimizer, weight)})
        yield {"name": name, "optimizer": spec, "value": first, "updates": updates}
