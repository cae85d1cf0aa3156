#!/usr/bin/python3
"""Writes metrics_quality.json: what NumPy, SciPy, scikit-learn and PyTorch say that metrics of src/metrics/ give.

    /usr/bin/python3 test/golden/metrics_quality.py [--seed N] [--out DIR]

The same seed gives the same inputs. Inputs are numbers of three decimals, so that both sides begin with the same bits. The test beside this script holds for every seed; GOLDEN_DIR=DIR makes it read
another folder.
"""

import argparse
import json
import pathlib

import numpy as np
import scipy.linalg
import scipy.special
import torch
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors


def plain(values):
    """Rows as `Features` has them."""
    return {"shape": list(values.shape), "data": values.flatten().tolist()}


def exact(values):
    return np.round(values, 3)


def covariance(x):
    return np.cov(x, rowvar=False).reshape(x.shape[1], x.shape[1])


def between_means(a, b):
    """Squared; counted from single vectors, so that nothing is lost far from the origin."""
    return ((a[0] - b[0] + (a - a[0]).mean(0) - (b - b[0]).mean(0)) ** 2).sum()


def frechet_by_root(a, b):
    """As the paper has it: by a square root of a matrix, which is inexact where that is singular."""
    c, d = covariance(a), covariance(b)
    return float(between_means(a, b) + np.trace(c + d) - 2 * np.trace(scipy.linalg.sqrtm(c @ d)).real)


def frechet_by_values(a, b):
    """The trace of the root is the nuclear norm of the product of the centred sets, whatever the ranks."""
    p, q = ((x - x.mean(0)) / np.sqrt(len(x) - 1) for x in (a, b))
    return float(between_means(a, b) + (p**2).sum() + (q**2).sum() - 2 * np.linalg.svd(p @ q.T, compute_uv=False).sum())


def frechet(random):
    mix = random.normal(size=(6, 6))
    full = exact(random.normal(size=(60, 6)) @ mix), exact(0.5 + random.normal(size=(50, 6)))
    few = exact(random.normal(size=(5, 12))), exact(random.normal(size=(7, 12)) + 0.3)
    constant = full[0].copy(), full[1].copy()
    constant[0][:, 2] = 0.1
    constant[1][:, 2] = 0.3
    constant[0][:, 4] = -0.7
    # Features that are sums of others, and of very different sizes.
    scales = 10.0 ** np.arange(-6, 6, 2)
    scaled = (random.normal(size=(40, 6)) * scales, (random.normal(size=(40, 6)) + 1) * scales)
    scaled = tuple(np.hstack([x, x[:, :2] + x[:, 2:4]]) for x in scaled)
    far = full[0] + 1e6, full[1] + 1e6
    for name, (a, b) in {
        "as many samples as it takes": full,
        "fewer samples than features": few,
        "features that never change": constant,
        "features of many scales, some of them sums": scaled,
        "far from the origin": far,
        "one feature": (full[0][:, :1], full[1][:, :1]),
        "two samples": (few[0][:2], few[1][:2]),
    }.items():
        value, root = frechet_by_values(a, b), frechet_by_root(a, b)
        size = float(np.trace(covariance(a)) + np.trace(covariance(b)) + value)
        yield {"name": name, "a": plain(a), "b": plain(b), "value": value, "root": root if np.isfinite(root) else value, "size": size}


def discrepancy(x, y):
    n, m = len(x), len(y)
    k, l, c = (polynomial_kernel(*pair, degree=3, gamma=None, coef0=1) for pair in ((x, x), (y, y), (x, y)))
    return float((k.sum() - np.trace(k)) / (n * (n - 1)) + (l.sum() - np.trace(l)) / (m * (m - 1)) - 2 * c.mean())


def kernel(random):
    for name, n, m, d in (("vectors of 5", 40, 30, 5), ("single numbers", 12, 9, 1), ("three of each", 3, 3, 4)):
        a, b = exact(random.normal(size=(n, d))), exact(0.4 + 1.2 * random.normal(size=(m, d)))
        variance = 0
        for left, right in ((a, b), (b, a)):
            without = np.array([discrepancy(np.delete(left, i, 0), right) for i in range(len(left))])
            variance += (len(left) - 1) * without.var()
        yield {"name": name, "a": plain(a), "b": plain(b), "value": discrepancy(a, b), "error": float(np.sqrt(variance))}


def neighbours(random):
    for name, n, m, d, k in (("vectors of 7", 30, 90, 7, 4), ("all of them", 5, 6, 3, 6), ("long vectors", 3, 30, 90, 2)):
        queries, data = exact(random.normal(size=(n, d))), exact(random.normal(size=(m, d)))
        distances, indices = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(data).kneighbors(queries)
        yield {
            "name": name,
            "k": k,
            "queries": plain(queries),
            "data": plain(data),
            "indices": indices.flatten().tolist(),
            "distances": distances.flatten().tolist(),
        }


def radii(x, k):
    distances, _ = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(x).kneighbors(x)
    return distances[:, -1]


def manifolds(random):
    for name, n, m, d, shift in (("alike", 150, 140, 3, 0.2), ("apart", 60, 70, 5, 1.5), ("far apart", 20, 20, 2, 50)):
        real, fake = exact(random.normal(size=(n, d))), exact(shift + 0.7 * random.normal(size=(m, d)))
        between = np.sqrt(((real[:, None] - fake[None]) ** 2).sum(-1))
        in_real = between <= radii(real, 3)[:, None]
        in_fake = between <= radii(fake, 3)[None]
        in_five = between <= radii(real, 5)[:, None]
        yield {
            "name": name,
            "real": plain(real),
            "fake": plain(fake),
            "precision": float(in_real.any(0).mean()),
            "recall": float(in_fake.any(1).mean()),
            "density": float(in_five.sum() / (5 * m)),
            "coverage": float(in_five.any(1).mean()),
        }


WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]


def ms_ssim(a, b):
    """Of single pictures [H, W, C], channel by channel."""
    weights = [w for j, w in enumerate(WEIGHTS) if j == 0 or min(a.shape[:2]) >> j >= 11]
    total, size = sum(weights), min(11, *a.shape[:2])
    line = torch.exp(-((torch.arange(size).double() - (size - 1) / 2) ** 2) / (2 * 1.5**2))
    window = torch.outer(line, line)
    window = (window / window.sum())[None, None]
    x, y = (torch.from_numpy(p).permute(2, 0, 1)[:, None] for p in (a, b))
    c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2
    product = torch.ones(len(x), dtype=torch.float64)
    for j, weight in enumerate(weights):
        mx, my, xx, yy, xy = (torch.nn.functional.conv2d(p, window) for p in (x, y, x * x, y * y, x * y))
        structure = (2 * (xy - mx * my) + c2) / (xx - mx**2 + yy - my**2 + c2)
        luminance = (2 * mx * my + c1) / (mx**2 + my**2 + c1)
        value = structure * luminance if j == len(weights) - 1 else structure
        product *= value.mean((1, 2, 3)).clamp(min=0) ** (weight / total)
        x, y = (torch.nn.functional.avg_pool2d(p, 2) if min(p.shape[2:]) > 1 else p for p in (x, y))
    return float(product.mean())


def picture(seed, height, width, channels):
    """By integers alone, so that the test makes the same: waves and speckle of a linear congruential generator (Numerical Recipes')."""
    state, values = seed, []
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                state = (1664525 * state + 1013904223) % 2**32
                wave = abs((x * (3 + c) + y * (5 + seed % 3)) % 64 - 32) / 32
                values.append((wave * 2 - 1) * 0.75 + (state / 2**32 - 0.5) * 0.5)
    return np.array(values).reshape(height, width, channels)


def similarity(seed):
    for height, width, channels in ((180, 176, 1), (64, 48, 3), (29, 31, 1), (11, 40, 1), (8, 7, 2)):
        pair = 4 * seed + 1, 4 * seed + 3
        a, b = (picture(s, height, width, channels) for s in pair)
        mixed = [(1 - share) * a + share * b for share in (0.5, 0.125)]
        yield {
            "name": f"{height} x {width} x {channels}",
            "shape": [1, height, width, channels],
            "seeds": pair,
            "values": [ms_ssim(a, other) for other in (*mixed, -a)],
        }


def modes(random):
    for name, counts, shares in (
        ("equal shares", random.integers(0, 9, 8), np.full(8, 1 / 8)),
        ("shares of the data", random.integers(0, 30, 20), random.dirichlet(np.full(20, 5.0))),
    ):
        labels = np.repeat(np.arange(len(counts)), counts)
        yield {
            "name": name,
            "labels": random.permutation(labels).tolist(),
            "shares": shares.tolist(),
            "covered": int((counts > 0).sum()),
            "divergence": float(scipy.special.rel_entr(counts / counts.sum(), shares).sum()),
        }


def main():
    parser = argparse.ArgumentParser(description="Write golden values of metrics.")
    parser.add_argument("--seed", type=int, default=0, help="other numbers of the same cases; 0, the default, made the committed file")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent, help="the folder to write to")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    random = np.random.default_rng(arguments.seed)
    sections = {"frechet": frechet, "kernel": kernel, "neighbours": neighbours, "manifolds": manifolds, "modes": modes}
    found = {name: list(cases(random)) for name, cases in sections.items()}
    found["similarity"] = list(similarity(arguments.seed))
    arguments.out.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(f' "{name}": [\n  ' + ",\n  ".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n ]" for name, cases in found.items())
    (arguments.out / "metrics_quality.json").write_text(f'{{\n "seed": {arguments.seed},\n{lines}\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
