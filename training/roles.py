"""Learns what a sentence does in its abstract (`rag/reading/roles.json`) from abstracts labelled by people.

    .venv-train/bin/pip install scikit-learn==1.9.1
    .venv-train/bin/python training/roles.py CSABSTRUCT

`CSABSTRUCT` is the folder `data/CSAbstruct` of github.com/allenai/sequential_sentence_classification (Cohan et al. 2019; Apache 2.0).
Prints the share of sentences told rightly of its development and test parts, of which nothing is learned.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from rag.reading.roles import LEARNED, ROLES, features, tokens

SEEN, STRENGTH = 12, 0.03
"""How often a feature must be seen to count; the inverse of the penalty."""


def read(path: Path) -> tuple[list[dict[str, float]], list[str]]:
    """The features and the label of each sentence."""
    taken, labels = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        own = [tokens(text) for text in row["sentences"]]
        taken += [dict.fromkeys(features(own, n), 1.0) for n in range(len(own))]
        labels += row["labels"]
    return taken, labels


def main(folder: Path) -> None:
    """Learn, say how well, write."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    taken, labels = read(folder / "train.jsonl")
    seen = Counter(name for own in taken for name in own)
    kept = {name for name, times in seen.items() if times >= SEEN}

    def only(rows: list[dict[str, float]]) -> list[dict[str, float]]:
        return [{name: 1.0 for name in own if name in kept} for own in rows]

    columns = DictVectorizer()
    model = LogisticRegression(C=STRENGTH, max_iter=1000).fit(columns.fit_transform(only(taken)), labels)
    for part in ("dev", "test"):
        rows, own = read(folder / f"{part}.jsonl")
        print(part, round(model.score(columns.transform(only(rows)), own), 3))
    order = [list(model.classes_).index(role) for role in ROLES]
    unit = float(abs(model.coef_).max() / 127)
    whole = (model.coef_[order] / unit).round().astype(int)
    weights = {name: whole[:, n].tolist() for n, name in enumerate(columns.feature_names_) if whole[:, n].any()}
    start = [round(float(model.intercept_[k]), 4) for k in order]
    LEARNED.write_text(
        json.dumps({"unit": round(unit, 8), "start": start, "weights": weights}, separators=(",", ":"), ensure_ascii=False) + "\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
