"""Derives the weights of `rag.answering.scoring` from the train claims of SciFact and prints them. About five minutes on two cores.

Logistic regression with an L2 penalty of 10 on standardised features, by Newton's method; the classes of the second model weigh the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scifact_pairs import pairs

from rag.answering import scoring
from rag.answering.verify import Verifier
from rag.embedding import load

PENALTY = 10.0


def fit(matrix: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Coefficients for the raw columns, the constant last."""
    mean, spread = matrix.mean(0), matrix.std(0) + 1e-6
    design = np.c_[(matrix - mean) / spread, np.ones(len(matrix))]
    ridge = np.eye(design.shape[1]) * PENALTY
    ridge[-1, -1] = 1e-9
    beta = np.zeros(design.shape[1])
    for _ in range(40):
        p = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (weights * (p - labels)) + ridge @ beta
        beta -= np.linalg.solve((design * (weights * p * (1 - p))[:, None]).T @ design + ridge, gradient)
    raw = beta[:-1] / spread
    return np.append(raw, beta[-1] - raw @ mean)


def main() -> None:
    """Print both models as they stand in `rag/answering/scoring.py`."""
    embedder = load("minilm-int8")
    verifier = Verifier(embedder)
    train = [p for p in pairs(embedder) if p.split == "train"]
    rows = [verifier.features(p.claim, p.paper) for p in train]
    kinds = np.array([p.kind for p in train])
    about = np.isin(kinds, ["SUPPORT", "CONTRADICT"])
    for title, model, chosen, labels in (
        ("RELATED", scoring.RELATED, np.ones(len(rows), dtype=bool), about),
        ("AGREES", scoring.AGREES, about, kinds == "SUPPORT"),
    ):
        names = [n for n in model if n]
        matrix = np.array([[row[n] for n in names] for row, take in zip(rows, chosen, strict=True) if take])
        wanted = labels[chosen].astype(float)
        rare = wanted.sum() / max(1.0, (1 - wanted).sum()) if title == "AGREES" else 1.0
        beta = fit(matrix, wanted, np.where(wanted == 1, 1.0, rare))
        print(title, {"": round(float(beta[-1]), 4)} | {n: round(float(b), 4) for n, b in zip(names, beta, strict=False)})


if __name__ == "__main__":
    main()
