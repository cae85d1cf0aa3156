"""Judges digits by a small classifier: judge.py IMAGES LABELS CLASSIFIER.

Trains the classifier on real digits, or reads it from the file CLASSIFIER, then answers lines of JSON on standard input,
{"samples": path, "asked": labels or null}, by one line each: the squared Fréchet distance of its features between all real digits and the
samples (Heusel et al. 2017, equation 6), the share of samples of which it is sure, and, where it was said what was asked for, the share that it
recognises, over all and of the worst class. Without samples the answer is about real digits, one half of them against the other.

{"stacked": path} is about samples [N, 28, 28, 3] whose channels are a digit each: how many of the thousand triples there are, and the divergence
KL(samples || data) of their shares, those of the data being what independent draws of digits have.
"""

import json
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from digits import read_digits

# A sample that gets less than this is none that the classifier is sure of.
SURE = 0.95


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(64 * 49, 64), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        features = self.features(x)
        return features, self.head(features)


def trained(x, y, path):
    """The classifier, and the share of 2,000 digits kept apart that it recognises."""
    torch.manual_seed(0)
    order = torch.randperm(len(x))
    learn, check = order[2000:], order[:2000]
    model = Classifier()
    if os.path.exists(path):
        model.load_state_dict(torch.load(path))
    else:
        epochs, batch = 12, 64
        optimizer = torch.optim.Adam(model.parameters(), 1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=epochs * (len(learn) // batch))
        for _ in range(epochs):
            for rows in learn[torch.randperm(len(learn))][: len(learn) // batch * batch].split(batch):
                images = x[rows]
                # Shifted by up to two pixels: what is said of a digit does not depend on where it is.
                dy, dx = torch.randint(-2, 3, (2,)).tolist()
                loss = F.cross_entropy(model(torch.roll(images, (dy, dx), (2, 3)))[1], y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
        torch.save(model.state_dict(), path)
    model.eval()
    with torch.no_grad():
        accuracy = (model(x[check])[1].argmax(1) == y[check]).double().mean().item()
    return model, accuracy


@torch.no_grad()
def examine(model, images):
    parts = [model(part) for part in images.split(100)]
    return torch.cat([f for f, _ in parts]).double().numpy(), torch.cat([logits for _, logits in parts]).softmax(1)


def frechet(a, b):
    """|m - m'|² + Tr(C + C' - 2 (C C')^½); the roots of the eigenvalues of C^½ C' C^½ are summed."""
    c, d = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    values, vectors = np.linalg.eigh(c)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ d @ root), 0)).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c) + np.trace(d) - 2 * cross)


def verdict(features, probabilities, reference, asked):
    result = {
        "frechet": frechet(reference, features),
        "sure": (probabilities.max(1).values >= SURE).double().mean().item(),
    }
    if asked is not None:
        right = (probabilities.argmax(1) == asked).double()
        result["recognised"] = right.mean().item()
        result["worstClass"] = min(right[asked == k].mean().item() for k in asked.unique())
    return result


def triples(model, path, shares):
    channels = np.fromfile(path, np.float32).reshape(-1, 28, 28, 3).transpose(3, 0, 1, 2)
    digits = [examine(model, torch.from_numpy(x.copy())[:, None])[1].argmax(1).numpy() for x in channels]
    counts = np.bincount(digits[0] * 100 + digits[1] * 10 + digits[2], minlength=1000)
    p, q = counts / counts.sum(), np.einsum("i,j,k", shares, shares, shares).ravel()
    seen = p > 0
    return {"triples": int(seen.sum()), "kl": float((p[seen] * np.log(p[seen] / q[seen])).sum())}


def main():
    images, labels, path = sys.argv[1:]
    x, y = read_digits(images, labels)
    model, accuracy = trained(x, y, path)
    features, probabilities = examine(model, x)
    for line in sys.stdin:
        request = json.loads(line)
        if "stacked" in request:
            answer = triples(model, request["stacked"], np.bincount(y.numpy(), minlength=10) / len(y))
        elif "samples" not in request:
            answer = {"accuracy": accuracy, **verdict(features[::2], probabilities[::2], features[1::2], y[::2])}
        else:
            samples = torch.from_numpy(np.fromfile(request["samples"], np.float32).reshape(-1, 1, 28, 28))
            asked = request.get("asked")
            answer = verdict(*examine(model, samples), features, None if asked is None else torch.tensor(asked))
        print(json.dumps(answer), flush=True)


main()
