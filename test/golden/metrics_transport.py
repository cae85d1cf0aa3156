#!/usr/bin/python3
"""Writes metrics_transport.json: what SciPy and plain NumPy say of distances between samples.

    /usr/bin/python3 test/golden/metrics_transport.py [--seed N] [--out DIR]

The same seed gives the same bytes. Needs NumPy and SciPy (Debian: python3-scipy). The tests beside this script hold for
every seed; GOLDEN_DIR=DIR makes them read another folder. Inputs are numbers of three decimals; results have 17 digits.
"""

import argparse
import json
import pathlib
import zlib

import numpy as np
from scipy import ndimage
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist, jensenshannon
from scipy.special import logsumexp, rel_entr
from scipy.stats import wasserstein_distance


def _draw(seed, name):
    return np.random.RandomState(zlib.crc32(f"{seed}/{name}".encode()))


def _normal(random, shape, shift=0.0, scale=1.0):
    return np.round(shift + scale * random.standard_normal(shape), 3)


def _quantiles(a, b, p):
    """W_p by quantiles on a grid that both sizes divide."""
    x, y = np.repeat(np.sort(a), len(b)), np.repeat(np.sort(b), len(a))
    return np.mean(np.abs(x - y) ** p) ** (1 / p)


def line(seed):
    for n, m in [(1, 1), (1, 5), (7, 7), (12, 31), (40, 9)]:
        random = _draw(seed, f"line {n} {m}")
        a, b = _normal(random, n), _normal(random, m, 0.5, 2)
        weights = [random.randint(0, 5, n), random.randint(0, 5, m)]
        for w in weights:
            w[0] += 1
        yield {
            "a": a,
            "b": b,
            "w1": wasserstein_distance(a, b),
            "w2": _quantiles(a, b, 2),
            "w3.5": _quantiles(a, b, 3.5),
            "weights": weights,
            "weighted": wasserstein_distance(a, b, *weights),
        }


def exact(seed):
    for n, d in [(1, 3), (2, 2), (17, 1), (40, 2), (64, 5), (12, 30)]:
        random = _draw(seed, f"exact {n} {d}")
        a, b = _normal(random, (n, d)), _normal(random, (n, d), 0.3, 1.5)
        # Points that are equal, and many costs that are.
        b[: n // 4] = a[n // 2 : n // 2 + n // 4]
        distances = []
        for metric, p in [("euclidean", 1), ("sqeuclidean", 2)]:
            costs = cdist(a, b, metric)
            distances.append(costs[linear_sum_assignment(costs)].mean() ** (1 / p))
        yield {"a": a, "b": b, "w1": distances[0], "w2": distances[1]}


def _entropic(costs, epsilon, iterations):
    """Sinkhorn's iterations on potentials: the plan and the dual value."""
    n, m = costs.shape
    f, g = np.zeros(n), np.zeros(m)
    for _ in range(iterations):
        f = -epsilon * (logsumexp((g[None] - costs) / epsilon, axis=1) - np.log(m))
        g = -epsilon * (logsumexp((f[:, None] - costs) / epsilon, axis=0) - np.log(n))
    plan = np.exp((f[:, None] + g[None] - costs) / epsilon) / (n * m)
    return plan, f.mean() + g.mean()


def _itself(costs, epsilon):
    """The dual value of transport to itself, whose two potentials are one."""
    f = np.zeros(len(costs))
    for _ in range(300):
        g = -epsilon * (logsumexp((f[None] - costs) / epsilon, axis=1) - np.log(len(costs)))
        f = (f + g) / 2
    return 2 * f.mean()


def entropic(seed):
    cases = [(8, 8, 2, 1, 0.5, 3), (25, 18, 3, 2, 0.3, 2), (8, 8, 2, 2, 0.05, 40), (20, 13, 3, 1, 0.02, 100), (20, 13, 3, 2, 0.002, 400), (1, 6, 2, 2, 0.1, 2), (30, 30, 2, 2, 0.0005, 50)]
    for n, m, d, p, share, iterations in cases:
        random = _draw(seed, f"entropic {n} {m} {d} {share}")
        a, b = _normal(random, (n, d)), _normal(random, (m, d), 0.4)
        metric = {1: "euclidean", 2: "sqeuclidean"}[p]
        costs = cdist(a, b, metric)
        epsilon = share * costs.mean()
        plan, value = _entropic(costs, epsilon, iterations)
        case = {
            "a": a,
            "b": b,
            "options": {"p": p, "epsilon": share, "iterations": iterations},
            "epsilon": epsilon,
            "cost": (plan * costs).sum(),
            "regularized": value,
            "error": np.abs(plan.sum(axis=1) - 1 / n).sum(),
        }
        if share >= 0.1:  # which converges in some hundred iterations
            itself = [_itself(cdist(x, x, metric), epsilon) for x in (a, b)]
            case["divergence"] = _entropic(costs, epsilon, 3000)[1] - sum(itself) / 2
        yield case


def sliced(seed):
    """Of the plane, by the mean over evenly spaced angles."""
    for n, m, p in [(20, 20, 1), (25, 10, 2), (12, 18, 3)]:
        random = _draw(seed, f"sliced {n} {m}")
        a, b = _normal(random, (n, 2)), _normal(random, (m, 2), 0.5, 1.5)
        angles = (np.arange(2000) + 0.5) * np.pi / 2000
        powers = [_quantiles(a @ along, b @ along, p) ** p for along in np.stack([np.cos(angles), np.sin(angles)], 1)]
        yield {"a": a, "b": b, "p": p, "distance": np.mean(powers) ** (1 / p)}


def divergences(seed):
    for bins in [1, 2, 9, 40]:
        random = _draw(seed, f"divergences {bins}")
        p, q = random.randint(0, 6, bins), random.randint(0, 6, bins)
        p[0] += 1
        q[-1] += 1
        x, y = p / p.sum(), q / q.sum()
        smooth = [(z + 0.01) / (1 + 0.01 * bins) for z in (x, y)]
        yield {
            "p": p,
            "q": q,
            "jensenShannon": jensenshannon(x, y) ** 2,
            "totalVariation": np.abs(x - y).sum() / 2,
            "smoothed": rel_entr(*smooth).sum(),
            "full": rel_entr(x, (q + 1) / (q + 1).sum()).sum(),
        }


def counts(seed):
    random = _draw(seed, "counts")
    points = [_normal(random, (60, 2)), _normal(random, (45, 2), 0.5, 1.5)]
    edges = [(-2.0005, 2.4995), (-1.5005, 1.9995)]  # no point lies where bins meet
    inside = [np.stack([x[:, k].clip(*edges[k]) for k in range(2)], 1) for x in points]
    yield {
        "points": points,
        "range": edges,
        "bins": [5, 7],
        "counts": [np.histogram2d(*x.T, bins=[5, 7], range=edges)[0].astype(int) for x in inside],
    }


def pyramids(seed):
    weights = np.array([1, 4, 6, 4, 1]) / 16
    kernel = np.outer(weights, weights)[:, :, None]
    for height, width, channels, levels in [(16, 16, 1, 3), (15, 22, 3, 2), (9, 8, 2, 2), (7, 7, 1, 1)]:
        rest = _normal(_draw(seed, f"pyramids {height} {width}"), (height, width, channels))
        case = {"image": rest, "shape": rest.shape, "bands": []}
        for _ in range(levels - 1):
            coarser = ndimage.convolve(rest, kernel, mode="mirror")[::2, ::2]
            spread = np.zeros_like(rest)
            spread[::2, ::2] = coarser
            case["bands"].append(rest - ndimage.convolve(spread, 4 * kernel, mode="mirror"))
            rest = coarser
        case["bands"].append(rest)
        # Values enough to tell: the sum of each row and column, by channel.
        case["bands"] = [{"shape": band.shape, "sums": np.concatenate([band.sum(0).ravel(), band.sum(1).ravel()])} for band in case["bands"]]
        yield case


CASES = {
    "line": line,
    "exact": exact,
    "entropic": entropic,
    "sliced": sliced,
    "divergences": divergences,
    "counts": counts,
    "pyramids": pyramids,
}


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def main():
    parser = argparse.ArgumentParser(description="Write golden values of metrics computed by SciPy and NumPy.")
    parser.add_argument("--seed", type=int, default=0, help="other numbers of the same cases; 0, the default, made the committed file")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent, help="the folder to write to")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    parts = []
    for name, cases in CASES.items():
        lines = ",\n".join("  " + json.dumps(_plain(case), separators=(",", ":")) for case in cases(arguments.seed))
        parts.append(f' "{name}": [\n{lines}\n ]')
    text = "{\n" + f' "seed": {arguments.seed},\n' + ",\n".join(parts) + "\n}\n"
    (arguments.out / "metrics_transport.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
