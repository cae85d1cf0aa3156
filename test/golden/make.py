#!/usr/bin/python3
"""Writes the golden files of this folder: what PyTorch says that ops, layers, optimizers and training steps give.

    /usr/bin/python3 test/golden/make.py [--seed N] [--out DIR]

The same seed gives the same bytes. Needs PyTorch 1.13 (Debian: python3-torch) and nothing else. The tests beside this
script hold for every seed; GOLDEN_DIR=DIR makes them read another folder.
"""

import argparse
import pathlib
import sys

import torch

sys.dont_write_bytecode = True

import augmentations
import conditions
import layers
import operations
import optimizers
import published
import schedules
import steps
from tensors import write

FILES = {
    "ops": operations.cases,
    "layers": layers.cases,
    "optimizers": optimizers.cases,
    "steps": steps.cases,
    "schedules": schedules.cases,
    "conditions": conditions.cases,
    "augmentations": augmentations.cases,
    "published": published.cases,
}


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Write golden values computed by PyTorch.")
    parser.add_argument("--seed", type=int, default=0, help="other numbers of the same cases; 0, the default, made the committed files")
    parser.add_argument("--out", type=pathlib.Path, default=here, help="the folder to write to; by default that of this script")
    arguments = parser.parse_args()
    # Float64 gives the values that the graphs mean; one thread adds in one order.
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, cases in FILES.items():
        write(arguments.out / f"{name}.json", arguments.seed, list(cases(arguments.seed)))


if __name__ == "__main__":
    main()
