"""Images [N, height, width, channels] as augmentations have a discriminator see them, image by image."""

from functools import reduce

import torch

from tensors import Draw, derivatives

COUNT = 5


class Draws:
    """The random numbers of each image, kept by their names."""

    def __init__(self, draw):
        self.draw = draw
        self.noise = {}

    def _keep(self, name, numbers):
        self.noise[f"augment/{name}"] = numbers
        return numbers

    def uniform(self, name):
        return self._keep(name, self.draw.uniform([COUNT], 0.01, 0.99))

    def normal(self, name):
        return self._keep(name, self.draw.normal([COUNT]))

    def below(self, name, n):
        """Integers, by numbers from the middle of what stands for each."""
        integers = self.draw.integers([COUNT], n)
        self._keep(name, ((integers + 0.5) / n).mul(1000).round().div(1000).float().double())
        return integers.long().tolist()


def color(draws):
    brightness = draws.uniform("color.brightness") - 0.5
    saturation = draws.uniform("color.saturation")
    contrast = draws.uniform("color.contrast")

    def apply(i, image, applied):
        if not applied:
            return image
        bright = image + brightness[i]
        grey = bright.mean(dim=2, keepdim=True)
        vivid = grey + 2 * saturation[i] * (bright - grey)
        return vivid.mean() + (contrast[i] + 0.5) * (vivid - vivid.mean())

    return apply


def flip(draws):
    sides = draws.below("flip.side", 2)
    return lambda i, image, applied: image.flip(1) if applied and sides[i] else image


def rotation(draws):
    quarters = draws.below("rotation.quarters", 4)
    return lambda i, image, applied: torch.rot90(image, quarters[i], (0, 1)) if applied else image


def shares(size, zoom):
    """Of each place of the result, the shares of the places of the image: what an interval about where it comes from, no narrower than a pixel, has in common with theirs."""
    middle = (size - 1) / 2
    source = ((torch.arange(size) - middle) * zoom + middle)[:, None]
    place = torch.arange(size)[None]
    reach = max(1.0, zoom) / 2
    return torch.clamp(torch.minimum(source + reach, place + 0.5) - torch.maximum(source - reach, place - 0.5), min=0) / (2 * reach)


def scale(draws):
    factors = 2 ** (0.2 * draws.normal("scale.size"))

    def apply(i, image, applied):
        if not applied:
            return image
        zoom = float(1 / factors[i])
        return torch.einsum("ab,cd,bdk->ack", shares(image.shape[0], zoom), shares(image.shape[1], zoom), image)

    return apply


def translation(draws, shape):
    reach = [size // 8 for size in shape[:2]]
    shifts = [[k - m for k in draws.below(f"translation.{name}", 2 * m + 1)] if m else [0] * COUNT for name, m in zip(("down", "right"), reach)]

    def apply(i, image, applied):
        if not applied:
            return image
        moved = torch.zeros_like(image)
        down, right = shifts[0][i], shifts[1][i]
        height, width, _ = image.shape
        moved[max(0, down):height + min(0, down), max(0, right):width + min(0, right)] = \
            image[max(0, -down):height - max(0, down), max(0, -right):width - max(0, right)]
        return moved

    return apply


def cutout(draws, shape):
    sizes = [size // 2 for size in shape[:2]]
    middles = [draws.below(f"cutout.{name}", size + 1 - cut % 2) for name, size, cut in zip(("down", "right"), shape, sizes)]

    def apply(i, image, applied):
        if not applied:
            return image
        (top, bottom), (left, right) = [(max(0, m[i] - cut // 2), m[i] - cut // 2 + cut) for m, cut in zip(middles, sizes)]
        mask = torch.ones_like(image)
        mask[top:bottom, left:right] = 0
        return image * mask

    return apply


AUGMENTATIONS = {
    "color": lambda draws, shape: color(draws),
    "rotation": lambda draws, shape: rotation(draws),
    "flip": lambda draws, shape: flip(draws),
    "scale": lambda draws, shape: scale(draws),
    "translation": translation,
    "cutout": cutout,
}

# Room about an image, so that nothing of it is lost between one of these and the next.
MARGIN = 12
GEOMETRY = ["rotation", "flip", "scale", "translation"]


def padded(image):
    return torch.nn.functional.pad(image, (0, 0, MARGIN, MARGIN, MARGIN, MARGIN))


def cropped(image):
    return image[MARGIN:-MARGIN, MARGIN:-MARGIN]


CASES = [
    (["color"], [4, 3, 3], 1),
    (["rotation"], [4, 4, 2], 1),
    (["flip"], [3, 4, 2], 1),
    (["scale"], [6, 5, 2], 1),
    (["translation"], [9, 17, 2], 1),
    (["translation"], [16, 5, 1], 1),
    (["cutout"], [6, 7, 2], 1),
    (["color", "translation", "cutout"], [8, 8, 3], 1),
    (["color", "rotation", "flip", "scale", "translation", "cutout"], [8, 8, 3], 0.6),
]


def case(seed, policy, shape, probability):
    name = f"{', '.join(policy)} of {shape}{'' if probability == 1 else f' with probability {probability}'}"
    draw = Draw(seed, name)
    draws = Draws(draw)
    applied = {}
    functions = {}
    for augmentation in policy:
        applied[augmentation] = [True] * COUNT
        if probability < 1:
            applied[augmentation] = (draws.uniform(f"{augmentation}.applied") < probability).tolist()
        functions[augmentation] = AUGMENTATIONS[augmentation](draws, shape)
    images = draw.uniform([COUNT, *shape], -1, 1).requires_grad_()
    results = []
    for i in range(COUNT):
        image = images[i]
        colours, geometry, masks = [[a for a in policy if a in names] for names in (["color"], GEOMETRY, ["cutout"])]
        apply = lambda image, augmentations: reduce(lambda x, a: functions[a](i, x, applied[a][i]), augmentations, image)
        image = apply(cropped(apply(padded(apply(image, colours)), geometry)), masks)
        results.append(image)
    return {
        "name": name,
        "policy": policy,
        "probability": probability,
        "noise": draws.noise,
        "inputs": {"images": images},
        **derivatives(draw, torch.stack(results), {"images": images}),
    }


def cases(seed):
    return [case(seed, *c) for c in CASES]
