"""Questions about abstracts of others, with the sentences that answer: `data/abstracts_asked.jsonl` put together with the texts.

The file names its abstracts and holds none: `source` and `doc` are a benchmark of the BEIR layout with its `_id` (SciTLDR, SciFact) or a
source of the judged rows with its document (Evidence Inference, Check-COVID). `needed` and `okay` number the sentences (from 0) that
answer and that a reader would welcome beside them; `verdict` is what they say to a question for yes or no.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.schema import Paper
from rag.text import sentences

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

DATA = Path(__file__).resolve().parent / "data/abstracts_asked.jsonl"
WITHOUT, LEAST = 0.4, 3
"""Share of the questions that also stand without the sentences that answer, and how many sentences must be left then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question with the abstract that it was written about."""

    question: str
    form: str
    source: str
    doc: str
    split: str
    title: str
    sentences: Sequence[str]
    needed: Sequence[int]
    okay: Sequence[int]
    verdict: str

    @property
    def key(self) -> str:
        """The name of its abstract."""
        return f"{self.source} {self.doc}"


def papers_of(questions: Sequence[Asked]) -> list[Paper]:
    """The abstracts that they were written about, under their keys."""
    by_key = {one.key: one for one in questions}
    return [Paper(paper_id=key, title=one.title, abstract=" ".join(one.sentences)) for key, one in by_key.items()]


def asked(bench: Path, judged: Path) -> list[Asked]:
    """All questions, in the order of the file. `bench` holds scitldr and scifact, `judged` questions.jsonl."""
    texts: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for source in ("scitldr", "scifact"):
        for row in lines(bench / source / "corpus.jsonl"):
            texts[(source, row["_id"])] = (row["title"], [row["text"][s.start : s.end] for s in sentences(row["text"])])
    for row in lines(judged / "questions.jsonl"):
        texts.setdefault((row["source"], row["doc"]), (row["title"], row["sentences"]))
    found = []
    for row in lines(DATA):
        title, own = texts[(row["source"], row["doc"])]
        found.append(Asked(**{"okay": [], "verdict": "", **row, "title": title, "sentences": own}))
    return found


def as_judged(questions: Sequence[Asked], generator: random.Random) -> Iterator[dict[str, Any]]:
    """The same in the form of the judged rows: answerable, and a part again as a missing detail, without the sentences that answer."""
    for one in questions:
        row = {"source": "typed", "doc": one.key, "split": one.split, "question": one.question, "title": one.title}
        yield row | {"sentences": list(one.sentences), "holds": list(one.needed), "label": "answerable", "kind": f"typed {one.form}"}
        left = [s for n, s in enumerate(one.sentences) if n not in {*one.needed, *one.okay}]
        if generator.random() < WITHOUT and len(left) >= LEAST:
            yield row | {"sentences": left, "holds": [], "label": "detail_missing", "kind": "typed without answer"}


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a JSONL file."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
