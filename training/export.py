"""What was learned, as the small file that stands beside `rag/embedding/crossencoder.py`.

    python training/export.py checkpoint.pt [--rank 32]

The change of each matrix is kept as a product of two thin ones: the best of its rank (Eckart and Young 1936), in half precision.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from model import bundled, bundled_name
from safetensors.numpy import save_file

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "rag/embedding/crossencoder.safetensors"


def learned(state: dict[str, torch.Tensor], rank: int) -> dict[str, np.ndarray]:
    """Names as the bundled model has them; `<matrix>.up` @ `<matrix>.down` is added to `<matrix>.weight`, all else replaces."""
    before = bundled()
    found: dict[str, torch.Tensor] = {}
    for own, tensor in state.items():
        name = bundled_name(own)
        if name in before and torch.equal(tensor, before[name]):
            continue
        if name in before and tensor.ndim == 2 and min(tensor.shape) > 2:
            left, values, right = torch.linalg.svd(tensor - before[name], full_matrices=False)
            root = values[:rank].sqrt()
            matrix = name.removesuffix(".weight")
            found[f"{matrix}.up"], found[f"{matrix}.down"] = left[:, :rank] * root, root[:, None] * right[:rank]
        else:
            found[name] = tensor
    return {name: np.ascontiguousarray(tensor.numpy().astype(np.float16)) for name, tensor in found.items()}


def main() -> None:
    """Read, cut down, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--to", type=Path, default=TARGET)
    args = parser.parse_args()
    save_file(learned(torch.load(args.checkpoint, weights_only=True), args.rank), args.to)
    print(f"{args.to}: {args.to.stat().st_size / 2**20:.1f} MB")


if __name__ == "__main__":
    main()
