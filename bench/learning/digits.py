"""MNIST files, and threads for PyTorch. Shared by judge.py and twin.py."""

import gzip
import os
import struct

with open("/proc/cpuinfo") as f:
    # An OpenBLAS that does not know the machine falls back to narrower kernels.
    if "avx512f" in f.read():
        os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")

import numpy as np  # noqa: E402
import torch  # noqa: E402

torch.set_num_threads(int(os.environ.get("GANVAS_THREADS", os.cpu_count() or 1)))


def read_idx(path):
    """The array in a file of MNIST's format."""
    with gzip.open(path, "rb") as f:
        kind, axes = struct.unpack(">HBB", f.read(4))[1:]
        shape = struct.unpack(f">{axes}I", f.read(4 * axes))
        return np.frombuffer(f.read(), np.uint8).reshape(shape)


def read_digits(images, labels):
    """Images [N, 1, 28, 28] in [-1, 1] and labels [N]."""
    x = torch.from_numpy(read_idx(images).astype(np.float32) / 127.5 - 1)[:, None]
    return x, torch.from_numpy(read_idx(labels).astype(np.int64))
