"""Images in other sizes, by PyTorch: resize.py [seed] writes resize.json beside itself."""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

# Smaller, larger, both at once, by whole factors and by others, one pixel, as they are.
SIZES = [
    ((7, 5, 2), (3, 4)),
    ((4, 6, 1), (8, 12)),
    ((5, 3, 3), (2, 7)),
    ((8, 8, 1), (4, 4)),
    ((1, 9, 1), (3, 1)),
    ((6, 6, 1), (6, 6)),
]


def resized(shape, size, generator):
    images = torch.rand((2, *shape), generator=generator) * 2 - 1
    result = F.interpolate(images.permute(0, 3, 1, 2).double(), size=size, mode="bilinear", antialias=True, align_corners=False)
    return {
        "shape": shape,
        "size": size,
        "images": images.flatten().tolist(),
        "resized": [round(x, 7) for x in result.permute(0, 2, 3, 1).flatten().tolist()],
    }


if __name__ == "__main__":
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    generator = torch.Generator().manual_seed(seed)
    cases = [resized(shape, size, generator) for shape, size in SIZES]
    Path(__file__).with_suffix(".json").write_text(json.dumps({"cases": cases}) + "\n")
