"""Whole training steps: what src/objective/steps.ts puts in one graph, written with PyTorch's modules in the usual order.

Learning rates and Adam's epsilon are larger than anyone would train with. Adam divides a gradient by its own size, so
at epsilon 1e-8 a gradient of nearly zero moves its weight by a full step in a direction that rounding decides; the step
is a function with slope 1 / epsilon in the gradient. The optimizers' usual numbers are checked on given gradients.
"""

import itertools

import torch
import torch.nn.functional as F

import optimizers
import regularizers
from architectures import RESIDUAL, dcgan, mlp
from networks import NearKink, Pass, apply, outputs
from objectives import accuracy, discriminator_loss, divergence, generator_loss
from scheduled import value_at
from tensors import Draw

NETWORKS = ("generator", "discriminator")


def _adam(rate, betas=(0.5, 0.999)):
    return {"name": "adam", "learningRate": rate, "betas": list(betas), "epsilon": 1e-2}


def _rmsprop(rate):
    return {"name": "rmsprop", "learningRate": rate, "decay": 0.9, "epsilon": 1e-2}


ADAM = {"generator": _adam(0.01), "discriminator": _adam(0.02, (0.5, 0.99))}
CRITIC_ADAM = {"generator": _adam(0.01, (0.0, 0.9)), "discriminator": _adam(0.02, (0.0, 0.9))}
RMSPROP = {"generator": _rmsprop(0.01), "discriminator": _rmsprop(0.02)}
# Below the first update's t / (9 + t) = 1/10, or between that and the second's 2/11.
EARLY_EMA, LATE_EMA = {"decay": 0.05}, {"decay": 0.15}

# Name, options of resolveSpec, layers, batch, kinds of step. Layers are part of the options where no name stands for them.
_CASES = [
    ("DCGAN", {"shape": [16, 16, 1], "architecture": "dcgan", "width": 2, "latent": 3, "ema": LATE_EMA}, dcgan(16, 1, 2, False), 4, "tt"),
    (
        "conditional DCGAN",
        {"shape": [8, 8, 3], "architecture": "dcgan", "width": 2, "latent": 3, "condition": {"classes": 3}, "ema": EARLY_EMA},
        dcgan(8, 3, 2, False),
        4,
        "tt",
    ),
    ("MLP, conditional on a vector", {"shape": [5], "architecture": None, "latent": 3, "condition": {"size": 2}, "ema": False}, mlp(5, 4), 6, "tt"),
    ("minimax", {"shape": [5], "architecture": None, "latent": 3, "objective": "minimax", "ema": False}, mlp(5, 4), 6, "tt"),
    ("least squares", {"shape": [5], "architecture": None, "latent": 3, "objective": "least-squares", "ema": False}, mlp(5, 4), 6, "tt"),
    (
        "WGAN with weight clipping",
        {"shape": [8, 8, 1], "architecture": "dcgan", "width": 3, "latent": 3, "objective": {"name": "wasserstein", "clip": 0.2}, "optimizer": RMSPROP, "ema": False},
        dcgan(8, 1, 3, False),
        6,
        "ct",
    ),
    (
        "WGAN-GP",
        {"shape": [16, 16, 1], "architecture": "dcgan", "width": 2, "latent": 3, "objective": "wasserstein-gp", "optimizer": CRITIC_ADAM, "ema": False},
        dcgan(16, 1, 2, True),
        4,
        "ct",
    ),
    (
        "WGAN-GP of a residual critic",
        {"shape": [8, 8, 1], "architecture": None, "latent": 3, "objective": {"name": "wasserstein-gp", "lambda": 3}, "optimizer": CRITIC_ADAM, "ema": False},
        RESIDUAL,
        4,
        "ct",
    ),
    *(
        (name, {"shape": [3], "architecture": None, "latent": 2, "ema": False, **options}, mlp(3, 3), 4, "tt")
        for name, options in [
            ("hinge", {"objective": "hinge"}),
            ("relativistic", {"objective": "relativistic"}),
            ("a one-sided gradient penalty", {"regularizers": [{"name": "gradient-penalty", "oneSided": True, "lambda": 2}]}),
            ("R1", {"regularizers": [{"name": "r1", "gamma": 3}]}),
            ("R2", {"regularizers": [{"name": "r2", "gamma": 3}]}),
            ("DRAGAN", {"regularizers": [{"name": "dragan", "lambda": 2}]}),
            ("spectral normalisation under R1", {"regularizers": ["spectral-norm", "r1"]}),
            ("instance noise that ends", {"regularizers": [{"name": "instance-noise", "stdDev": {"curve": "linear", "from": 0.5, "to": 0, "images": 6}}]}),
            ("label smoothing", {"regularizers": ["label-smoothing"]}),
            ("clipped gradients", {"regularizers": [{"name": "gradient-clipping", "norm": 0.1}]}),
            ("relativistic with R1 and lazy R2", {"objective": "relativistic", "regularizers": ["r1", {"name": "r2", "every": 3}]}),
            ("relativistic with smoothed labels", {"objective": "relativistic", "regularizers": ["label-smoothing", {"name": "gradient-clipping"}]}),
            ("hinge with smoothed labels", {"objective": "hinge", "regularizers": [{"name": "label-smoothing", "label": 0.7}]}),
            (
                "least squares of other labels, smoothed and noisy",
                {
                    "objective": {"name": "least-squares", "realLabel": 1, "fakeLabel": -1, "generatorLabel": 0},
                    "regularizers": ["label-smoothing", "instance-noise"],
                },
            ),
        ]
    ),
    (
        "hinge with spectral normalisation, conditional and with batch norm",
        {
            "shape": [8, 8, 1],
            "architecture": "dcgan",
            "width": 2,
            "latent": 2,
            "condition": {"classes": 3},
            "objective": "hinge",
            "regularizers": ["spectral-norm"],
            "ema": False,
        },
        dcgan(8, 1, 2, False),
        4,
        "ct",
    ),
]


def cases(seed):
    for name, *session, kinds in _CASES:
        yield Session.case(seed, name, kinds, *session)


def _named(value):
    return value if isinstance(value, dict) else {"name": value}


def _meaning(options):
    """The objective, and regularizers by name, that the options stand for."""
    objective = _named(options.get("objective", "non-saturating"))
    given = [_named(regularizer) for regularizer in options.get("regularizers", [])]
    if objective["name"] == "wasserstein" and not given:
        given = [{"name": "weight-clipping", "clip": objective["clip"]}]
    if objective["name"] == "wasserstein-gp":
        given = [{"name": "gradient-penalty", "lambda": objective.get("lambda", 10)}]
        objective = {"name": "wasserstein"}
    return objective, {regularizer["name"]: regularizer for regularizer in given}


class Session:
    """Both networks, their optimizers and the generator's moving average."""

    def __init__(self, draw, options, architecture, batch):
        self.draw, self.architecture, self.batch = draw, architecture, batch
        self.options = {"objective": "non-saturating", **options, "batchSize": batch, "optimizer": options.get("optimizer", ADAM)}
        if options["architecture"] is None:
            self.options["architecture"] = architecture
        self.objective, self.regularizers = _meaning(options)
        self.images_seen = self.seen_before_step = 0
        self.values = {}
        self._initialise()
        self.optimizers = {
            network: optimizers.make(self._now(self.options["optimizer"][network]), list(self.weights(network).values())) for network in NETWORKS
        }
        self.average = {name: value.detach().clone() for name, value in self.values.items() if name.startswith("generator.")}
        self.generator_updates = 0

    @classmethod
    def case(cls, seed, name, kinds, *session):
        # Where float32 may fall on the other side of a kink, its gradient is rightly another: such numbers are drawn again.
        for attempt in itertools.count():
            try:
                return cls(Draw(seed, name, attempt), *session)._case(name, kinds)
            except NearKink:
                continue

    def _case(self, name, kinds):
        initial = {key: value.detach().clone() for key, value in self.values.items()}
        steps = [self.step({"t": "train", "c": "critic"}[kind]) for kind in kinds]
        return {"name": name, "options": self.options, "initial": initial, "steps": steps}

    def _now(self, numbers):
        return value_at(numbers, self.images_seen)

    def _initialise(self):
        """Draws every tensor: what a pass asks for and does not find."""
        condition, _ = self._condition()
        images = self.generate(self._latents(), condition, Pass(self.values, self.draw))
        self.examine(images, condition, Pass(self.values, self.draw))
        if "spectral-norm" in self.regularizers:
            for name, weight in self._matrices().items():
                self.values[f"{name}/spectral.u"] = self.draw.normal([weight.shape[-1], 1])

    def _matrices(self):
        """The discriminator's matrices and filters, [..., outputs] each."""
        return {name: weight for name, weight in self.weights("discriminator").items() if weight.dim() > 1}

    def _in_use(self):
        """The discriminator's tensors as its layers see them, and what its vectors of spectral normalisation become."""
        values, vectors = dict(self.values), {}
        if "spectral-norm" in self.regularizers:
            for name, weight in self._matrices().items():
                state = f"{name}/spectral.u"
                values[name], vectors[state] = regularizers.spectrally_normalised(weight, self.values[state])
        return values, vectors

    def weights(self, network):
        return {name: value for name, value in self.values.items() if name.startswith(network) and value.requires_grad}

    def _latents(self):
        return self.draw.normal([self.batch, self.options["latent"]])

    def _condition(self):
        """The condition as rows of numbers, and as it is fed."""
        given = self.options.get("condition")
        if given is None:
            return None, None
        if "size" in given:
            rows = self.draw.normal([self.batch, given["size"]])
            return rows, rows
        labels = self.draw.integers([self.batch], given["classes"])
        return F.one_hot(labels.long(), given["classes"]).double(), labels

    def generate(self, latents, condition, p):
        z = latents if condition is None else torch.cat([latents, condition], 1)
        return apply(self.architecture["generator"], z, "generator.", p)

    def examine(self, images, condition, p):
        """Scores, and the loss of the classes it tells, of which there are none; a condition joins by projection (Miyato & Koyama 2018, equation 3)."""
        *_, features, score = outputs(self.architecture["discriminator"], images, "discriminator.", p)
        if condition is None:
            return score[:, 0], 0
        size = [condition.shape[1], features.shape[1]]
        embedding = p.weight("discriminator.embedding", size, 0, size[0] ** -0.5)
        return score[:, 0] + (condition @ embedding * features).sum(1), 0

    def step(self, kind):
        latents, (condition, fed), noise = self._latents(), self._condition(), {}
        images = self.draw.uniform([self.batch, *self.options["shape"]], -1, 1)
        generation = Pass(self.values, self.draw, noise=noise, label="generate")
        real, fake = self._shown(images, "real", noise), self._shown(self.generate(latents, condition, generation), "fake", noise)
        result = self._discriminator_turn(real, fake.detach(), condition, noise)
        changed = self._state("discriminator")
        if kind == "train":
            result["generatorLoss"] = self._generator_turn(real, fake, condition, noise)
            self.values.update(generation.updates)
            self._move_average()
            changed.update(self._state("generator"))
        self.images_seen += self.batch
        if kind == "train":
            self.seen_before_step = self.images_seen
        feeds = {"images": images, "latents": latents, **({} if fed is None else {"condition": fed}), **noise}
        return {"kind": kind, "feeds": feeds, "fetches": result, "state": changed}

    def _shown(self, images, label, noise):
        """Images under instance noise, which falls to 0 (Sønderby et al. 2017)."""
        options = self._now(self.regularizers.get("instance-noise"))
        if options is None:
            return images
        values = noise[f"{label}/instance"] = self.draw.normal(images.shape)
        return images + options.get("stdDev", 0.1) * values

    def _discriminator_turn(self, real, fake, condition, noise):
        """Real images first, then generated ones, each in a batch of their own."""
        values, vectors = self._in_use()
        scores, class_losses = [], []
        for label, images in (("real", real), ("fake", fake)):
            p = Pass({**values, **self._statistics()}, self.draw, noise=noise, label=label)
            for found, value in zip((scores, class_losses), self.examine(images, condition, p)):
                found.append(value)
            self.values.update(p.updates)
        label = self.regularizers.get("label-smoothing", {"label": 1.0}).get("label", 0.9)
        loss = discriminator_loss(self.objective, *scores, label) + sum(class_losses)

        def judge(images, label):
            return self.examine(images, condition, Pass(values, self.draw, noise=noise, label=label))[0]

        def uniform(name, shape):
            noise[name] = self.draw.uniform(shape, 0.001, 0.999)
            return noise[name]

        for name, options in self._now(self.regularizers).items():
            if name in regularizers.PENALTIES:
                loss = loss + options.get("every", 1) * regularizers.PENALTIES[name](options, real, fake, judge, uniform)
        self._descend("discriminator", loss)
        self.values.update(vectors)
        if "weight-clipping" in self.regularizers:
            clip = self.regularizers["weight-clipping"]["clip"]
            for weight in self.weights("discriminator").values():
                weight.data.clamp_(-clip, clip)
        reports = {"realScore": scores[0].mean(), "fakeScore": scores[1].mean(), "discriminatorAccuracy": accuracy(self.objective, *scores)}
        return {"discriminatorLoss": loss, "divergence": divergence(self.objective, *scores), **reports}

    def _statistics(self):
        return {name: value for name, value in self.values.items() if ".running" in name}

    def _generator_turn(self, real, fake, condition, noise):
        values, _ = self._in_use()

        def judge(images, label):
            return self.examine(images, condition, Pass(values, self.draw, noise=noise, label=label))

        scores, class_loss = judge(fake, "judge")
        loss = generator_loss(self.objective, lambda: judge(real, "judgeReal")[0], scores) + class_loss
        self._descend("generator", loss)
        self.generator_updates += 1
        return loss

    def _descend(self, network, loss):
        weights = list(self.weights(network).values())
        gradients = torch.autograd.grad(loss, weights)
        if "gradient-clipping" in self.regularizers:
            gradients = regularizers.clipped(gradients, self.regularizers["gradient-clipping"].get("norm", 1))
        for weight, gradient in zip(weights, gradients):
            weight.grad = gradient.detach()
        for group in self.optimizers[network].param_groups:
            group.update(optimizers.numbers(self._now(self.options["optimizer"][network])))
        self.optimizers[network].step()

    def _move_average(self):
        if not self.options["ema"]:
            return
        decay = self._decay(**self._now(self.options["ema"]))
        for name, average in self.average.items():
            average.mul_(decay).add_(self.values[name].detach(), alpha=1 - decay)

    def _decay(self, decay=None, halfLife=None, rampUp=None):
        if decay is not None:
            t = self.generator_updates
            return min(decay, t / (9 + t))
        # As in the training loop of StyleGAN2-ADA: `ema_nimg`, `ema_rampup`, `ema_beta`.
        # There a step counts once, when it ends, however often the discriminator is updated in it.
        half_life = halfLife if rampUp is None else min(halfLife, rampUp * self.seen_before_step)
        images = self.images_seen + self.batch - self.seen_before_step
        return 0.5 ** (images / max(half_life, 1e-8))

    def _state(self, network):
        """Every tensor that the turn of a network changes, by its name in a checkpoint."""
        state = {name: value.detach().clone() for name, value in self.values.items() if name.startswith(network)}
        for name, weight in self.weights(network).items():
            found = optimizers.slots(self.options["optimizer"][network], self.optimizers[network], weight)
            state.update({f"{name}/{slot}": value for slot, value in found.items()})
        if network == "generator" and self.options["ema"]:
            state.update({f"{name}/ema": value.clone() for name, value in self.average.items()})
        return state
