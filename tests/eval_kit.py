"""Small papers, questions and answers for the evaluation's tests."""

from __future__ import annotations

from typing import Any

from eval.gold import Question
from eval.recorded import Row
from eval.shelf import CLEAN, Shelf

PAPERS: list[dict[str, Any]] = [
    {
        "paper_id": "alpha",
        "title": "Alpha-Net for parsing",
        "abstract": "Alpha-Net parses text with 12 layers. It beats Beta by 2.1 F1 on SQuAD. Training takes 3 hours.",
        "published": "2023-04-07",
        "categories": ["cs.CL"],
        "authors": ["Ann Lee"],
        "has_code": True,
        "source": {"document": "d1", "record": 0},
    },
    {
        "paper_id": "beta",
        "title": "Beta models",
        "abstract": "Beta is a parser without fine-tuning. It covers 40 languages.",
        "published": "2022",
        "categories": ["cs.LG"],
        "authors": [],
        "has_code": None,
        "source": {"document": "d2", "record": 0},
    },
    {
        "paper_id": "gamma",
        "title": "Gamma rays",
        "abstract": "Gamma treats images. It needs no labels.",
        "published": None,
        "categories": [],
        "authors": [],
        "has_code": False,
        "source": None,
    },
]
BY_ID = {p["paper_id"]: p for p in PAPERS}


def shelf() -> Shelf:
    """All papers in the clean library."""
    found = Shelf()
    found.put(CLEAN, PAPERS)
    return found


def question(**changes: Any) -> Question:
    """An answerable question about alpha with one vital fact."""
    record: dict[str, Any] = {
        "schema": 1,
        "id": "q1",
        "family": "q1",
        "type": "factoid",
        "split": "dev",
        "question": "By how much does Alpha-Net beat Beta?",
        "answerable": True,
        "evidence": [{"group": "E1", "any_of": [{"paper_id": "alpha", "grade": 2}]}],
        "nuggets": [
            {
                "id": "n1",
                "text": "2.1 F1",
                "importance": "vital",
                "evidence": ["E1"],
                "match": {"all_of": [["Alpha-Net", "it"]], "numbers": [{"value": 2.1, "unit": "F1", "tol": 0.0}], "negated": False},
            }
        ],
        "forbidden": [{"text": "Beta wins", "match": {"all_of": [["Beta beats"]], "numbers": [], "negated": False}}],
    }
    return Question.model_validate({**record, **changes})


def unanswerable(reason: str = "out_of_corpus", **changes: Any) -> Question:
    """A question that must be refused."""
    return question(
        **{
            "answerable": False,
            "unanswerable_reason": reason,
            "type": "unanswerable",
            "evidence": [],
            "nuggets": [],
            "forbidden": [],
            **changes,
        }
    )


def statement(paper_id: str, quote: str, *, text: str | None = None, shift: int = 0) -> dict[str, Any]:
    """A statement quoted from a paper; `shift` moves its offsets."""
    start = BY_ID[paper_id]["abstract"].index(quote)
    citation = {"paper_id": paper_id, "quote": quote, "start": start + shift, "end": start + shift + len(quote)}
    return {"text": quote if text is None else text, "status": "quoted", "citations": [citation]}


def row(
    *statements: dict[str, Any], ranking: tuple[str, ...] = ("alpha", "beta", "gamma"), read: tuple[str, ...] | None = None, **changes: Any
) -> Row:
    """A recorded answer; `read` names the papers of the context (all ranked ones by default)."""
    answer: dict[str, Any] = {
        "mode": "extractive",
        "abstained": False,
        "answer": " ".join(s["text"] for s in statements),
        "statements": list(statements),
        "retrieved": [{"paper_id": p, "rank": n, "score": 1 / n} for n, p in enumerate(ranking, 1)],
        "context": [{"paper_id": p, "text": BY_ID[p]["abstract"]} for p in (ranking if read is None else read)],
        "timing_s": {"retrieve": 0.01},
    }
    return Row.model_validate({"id": "q1", "answer": {**answer, **changes}, "wall_s": 0.02})
