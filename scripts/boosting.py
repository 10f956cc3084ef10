"""Gradient boosting of small trees for several classes, in numpy: what `calibrate.py` fits the decision to abstain with.

Friedman (2001), with second-order leaves (Chen and Guestrin 2016, arXiv 1603.02754). A tree is a number (leaf), or a list
`[feature, threshold, tree where the value is at most the threshold, tree where it is above]`, as `rag.answering.abstain` walks them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Tree = Any

ROUNDS, STEP, LEAVES, LEAST, RIDGE, BINS = 120, 0.05, 8, 15, 5.0, 32
"""Trees a class, shrinkage, leaves a tree, fewest rows in a leaf, ridge on a leaf's value, cuts tried a feature."""


def softmax(scores: Array) -> Array:
    """Row-wise."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit(values: Array, labels: Array, weights: Array, n_classes: int) -> tuple[list[float], list[list[Tree]]]:
    """Start scores a class, and the rounds: a tree for each class. `values` (n, features), `labels` (n,) from 0, `weights` (n,)."""
    cuts = [np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1]).round(5)) for column in values.T]
    binned = np.stack([np.searchsorted(cut, column, side="left") for cut, column in zip(cuts, values.T, strict=True)], axis=1)
    wanted = np.eye(n_classes)[labels.astype(int)]
    start = np.log((wanted * weights[:, None]).sum(axis=0) / weights.sum())
    scores = np.tile(start, (len(values), 1))
    rounds = []
    for _ in range(ROUNDS):
        found = softmax(scores)
        trees = []
        for c in range(n_classes):
            slope = (wanted[:, c] - found[:, c]) * weights
            curve = found[:, c] * (1 - found[:, c]) * weights
            tree, gain = _tree(binned, cuts, slope, curve)
            scores[:, c] += gain
            trees.append(tree)
        rounds.append(trees)
    return [round(float(s), 4) for s in start], rounds


def chances(model: tuple[list[float], list[list[Tree]]], values: Array) -> Array:
    """Probabilities (n, classes)."""
    start, rounds = model
    scores = np.tile(np.array(start), (len(values), 1))
    for trees in rounds:
        for c, tree in enumerate(trees):
            _add(scores[:, c], tree, values, np.arange(len(values)))
    return softmax(scores)


def _add(scores: Array, tree: Tree, values: Array, rows: Array) -> None:
    """Add the tree's leaves to the scores of these rows."""
    if not isinstance(tree, list):
        scores[rows] += tree
        return
    below = values[rows, tree[0]] <= tree[1]
    _add(scores, tree[2], values, rows[below])
    _add(scores, tree[3], values, rows[~below])


def _tree(binned: Array, cuts: list[Array], slope: Array, curve: Array) -> tuple[Tree, Array]:
    """The tree, grown where it gains most, and its value for each row."""
    leaves: list[tuple[float, Array, Any, list[Any], int]] = []  # gain, rows, split, parent's list, place in it
    root: list[Any] = [None]
    everything = np.arange(len(slope))
    leaves.append((*_split(binned, cuts, slope, curve, everything), root, 0))
    done: list[tuple[Array, list[Any], int]] = []
    while leaves:
        best = max(range(len(leaves)), key=lambda n: leaves[n][0])
        gain, rows, split, parent, place = leaves.pop(best)
        if gain <= 1e-9 or len(leaves) + len(done) + 1 >= LEAVES:
            done.append((rows, parent, place))
            continue
        feature, cut = split
        below = binned[rows, feature] <= cut
        node: list[Any] = [feature, float(cuts[feature][cut]), None, None]
        parent[place] = node
        for side, part in ((2, rows[below]), (3, rows[~below])):
            leaves.append((*_split(binned, cuts, slope, curve, part), node, side))
    value = np.zeros(len(slope))
    for rows, parent, place in done:
        worth = round(STEP * float(slope[rows].sum() / (curve[rows].sum() + RIDGE)), 5)
        parent[place] = worth
        value[rows] = worth
    return root[0], value


def _split(binned: Array, cuts: list[Array], slope: Array, curve: Array, rows: Array) -> tuple[float, Array, tuple[int, int]]:
    """The best cut of these rows: its gain, the rows, (feature, cut)."""
    total, weight = slope[rows].sum(), curve[rows].sum()
    best, where = 0.0, (0, 0)
    for feature, cut in enumerate(cuts):
        if not len(cut):
            continue
        column, size = binned[rows, feature], len(cut) + 1
        g = np.cumsum(np.bincount(column, slope[rows], size))[:-1]
        h = np.cumsum(np.bincount(column, curve[rows], size))[:-1]
        n = np.cumsum(np.bincount(column, minlength=size))[:-1]
        gain = g**2 / (h + RIDGE) + (total - g) ** 2 / (weight - h + RIDGE) - total**2 / (weight + RIDGE)
        gain[(n < LEAST) | (len(rows) - n < LEAST)] = -1
        at = int(gain.argmax())
        if gain[at] > best:
            best, where = float(gain[at]), (feature, at)
    return best, rows, where
