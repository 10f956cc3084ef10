"""Nugget matching: alternatives, stems, figures with units, negation."""

from __future__ import annotations

from typing import Any

import pytest

from eval.gold import Match
from eval.matching.nugget import find


def presence(text: str, *groups: list[str], numbers: tuple[tuple[float, str], ...] = (), negated: bool = False, tol: float = 0) -> str:
    """Whether the nugget made of these parts is in `text`."""
    figures = [{"value": float(v), "unit": u, "tol": float(tol)} for v, u in numbers]
    return find(Match.model_validate({"all_of": list(groups), "numbers": figures, "negated": negated}), text).presence


CASES: list[tuple[str, dict[str, Any], list[list[str]], str]] = [
    ("The model has 175B parameters.", {"numbers": ((175, "billion"),)}, [], "full"),
    ("The model has 175 billion parameters.", {"numbers": ((175, "B"),)}, [], "full"),
    ("It was trained on 1.2 million images.", {"numbers": ((1_200_000, "images"),)}, [], "full"),
    ("It was trained on 1,200,000 pictures.", {"numbers": ((1.2, "million images"),)}, [], "full"),
    ("Accuracy rose by 3.4 percentage points.", {"numbers": ((3.4, "%"),)}, [["accuracy"]], "full"),
    ("Accuracy rose by 3.4%.", {"numbers": ((3.4, "points"),)}, [["accuracy"]], "full"),
    ("Accuracy rose by 3.45%.", {"numbers": ((3.4, "%"),)}, [["accuracy"]], "partial"),
    ("Accuracy rose by 3.45%.", {"numbers": ((3.4, "%"),), "tol": 0.1}, [["accuracy"]], "full"),
    ("It has 12 heads. It has 24 layers.", {"numbers": ((12, "layers"),)}, [], "none"),
    ("It has 12 heads and 24 layers.", {"numbers": ((12, "layers"),)}, [], "none"),
    ("It has 12 heads and 24 layers.", {"numbers": ((24, "layers"),)}, [], "full"),
    ("It reaches 84.3 and 88.1 F1 on two sets.", {"numbers": ((84.3, "F1"),)}, [], "full"),
    ("An F1 of 84.3 is reached.", {"numbers": ((84.3, "F1"),)}, [], "full"),
    ("It covers twelve languages.", {"numbers": ((12, "languages"),)}, [], "full"),
    ("It is 3x faster.", {"numbers": ((3, "times"),)}, [["faster"]], "full"),
    ("It is 3 times faster.", {"numbers": ((3, "x"),)}, [["faster"]], "full"),
    ("mT5 is used.", {"numbers": ((5, ""),)}, [], "none"),
    ("GPT-4 is used.", {"numbers": ((4, ""),)}, [], "none"),
    ("A 3D scene with 4 views.", {"numbers": ((3, ""),)}, [], "none"),
    ("It uses two hundred examples.", {"numbers": ((200, "examples"),)}, [], "full"),
    ("We use GPT3.5 here.", {}, [["GPT-3.5"]], "full"),
    ("We use a data set of dialogues.", {}, [["dataset"]], "full"),
    ("We use a dataset of dialogues.", {}, [["data set"]], "full"),
    ("A self-supervised method.", {}, [["self supervised"]], "full"),
    ("They pretrain the encoder.", {}, [["pre-training", "pretraining"]], "full"),
    ("Training of language models.", {}, [["language model"]], "full"),
    ("The model of the language.", {}, [["language model"]], "none"),
    ("It outperforms BERT.", {}, [["beats", "outperforms"], ["BERT"]], "full"),
    ("It does not outperform BERT.", {}, [["outperforms"]], "none"),
    ("It not only outperforms BERT but is smaller.", {}, [["outperforms"]], "full"),
    ("It works without fine-tuning.", {"negated": True}, [["fine-tuning"]], "full"),
    ("It works with fine-tuning.", {"negated": True}, [["fine-tuning"]], "partial"),
    ("It works without fine-tuning.", {}, [["without fine-tuning", "no fine-tuning"]], "full"),
    ("", {}, [["anything"]], "none"),
    ("Matérn kernels are used.", {}, [["Matern kernel"]], "full"),
    ("Scores of 93.4 are reached on SST-2.", {"numbers": ((93.4, ""),)}, [["SST-2"]], "full"),
    ("SST-2 is used. Later work follows. Much later, 93.4 is seen.", {"numbers": ((93.4, ""),)}, [["SST-2"]], "partial"),
]


@pytest.mark.parametrize(("text", "options", "groups", "expected"), CASES, ids=[f"{n:02d}" for n in range(len(CASES))])
def test_cases(text: str, options: dict[str, Any], groups: list[list[str]], expected: str) -> None:
    """Each case says what a reader would say."""
    assert presence(text, *groups, **options) == expected


def test_spans_point_at_what_was_found() -> None:
    """The spans are the characters of the alternative and of the number with its unit."""
    text = "On SQuAD the model gains 2.1 F1."
    match = Match.model_validate({"all_of": [["SQuAD"]], "numbers": [{"value": 2.1, "unit": "F1", "tol": 0.0}]})
    assert [text[a:b] for a, b in find(match, text).spans] == ["SQuAD", "2.1 F1"]


def test_missing_parts_are_named() -> None:
    """What is not there is said in words, for the report."""
    match = Match.model_validate({"all_of": [["SQuAD", "squad v2"], ["gain"]], "numbers": [{"value": 2.1, "unit": "F1", "tol": 0.0}]})
    assert find(match, "A gain.").missing == ("SQuAD / squad v2", "2.1 F1")
