"""What was learned, as the small file that stands beside `rag/reading/crossencoder.py`.

    python training/export.py checkpoint.pt [--question 1.3 --claim 1.2]

Matrices are kept as the whole numbers of 7 bits that the int8 graph multiplies (`<matrix>.whole`, with `<matrix>.scale` for each row), all
else in half precision. A head's temperature (Guo et al. 2017, arXiv 1706.04599) is divided out of it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from model import HEADS, bundled, bundled_name
from safetensors.numpy import save_file

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "rag/reading/crossencoder.safetensors"
LARGEST = 63


def learned(state: dict[str, torch.Tensor], temperatures: dict[str, float]) -> dict[str, np.ndarray]:
    """Names as the bundled model has them; what has not changed is left out."""
    before = bundled()
    found: dict[str, np.ndarray] = {}
    for own, tensor in state.items():
        name = bundled_name(own)
        if name in before and torch.equal(tensor, before[name]):
            continue
        array = tensor.float().numpy()
        if own.startswith("heads."):
            array = array / temperatures[own.split(".")[1]]
        if name in before and array.ndim == 2 and min(array.shape) > 2:
            scale = (np.abs(array).max(axis=1) / LARGEST).astype(np.float32)
            found[f"{name}.whole"] = np.clip(np.rint(array / scale[:, None]), -LARGEST, LARGEST).astype(np.int8)
            found[f"{name}.scale"] = scale
        else:
            found[name] = array.astype(np.float16)
    return found


def main() -> None:
    """Read, cut down, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--to", type=Path, default=TARGET)
    for head in HEADS:
        parser.add_argument(f"--{head}", type=float, default=1.0, help=f"temperature of the head for {head}s")
    args = parser.parse_args()
    save_file(learned(torch.load(args.checkpoint, weights_only=True), {head: getattr(args, head) for head in HEADS}), args.to)
    print(f"{args.to}: {args.to.stat().st_size / 2**20:.1f} MB")


if __name__ == "__main__":
    main()
