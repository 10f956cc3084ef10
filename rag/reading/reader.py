"""The one reader behind answers and checks: a question or a claim against papers, with the evidence in each.

Enter a question and hits, or a claim and a paper; leave the paper's sentences, each with the chance that it is the evidence, and what the
abstract as a whole does (`rag.reading.crossencoder`). Without the cross-encoder's weights shared words stand in for both, and say less.
Sentences that are addressed to a model are no evidence and are never read.
"""

from __future__ import annotations

import itertools
import math
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag import stopping
from rag.injection import orders_in
from rag.reading.crossencoder import ClaimReading, Reading
from rag.reading.roles import roles
from rag.recent import Recent
from rag.text import Span, sentences, stems

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rag.reading.crossencoder import CrossEncoder
    from rag.reading.roles import Role
    from rag.schema import Hit, Paper

PAPERS_READ = 6
KEPT_PAPERS = 1024

_TERM = re.compile(r"[^\W_]+(?:[.'’\-+][^\W_]+)*%?")  # noqa: RUF001 - typographic apostrophes are typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A content word of a question. `weight` is its idf in the library over the largest possible, in [0, 1]."""

    text: str
    stems: tuple[str, ...]
    weight: float
    start: int
    name: bool
    known: bool
    """Whether any paper of the library holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with its terms in order."""

    text: str
    terms: tuple[Term, ...]

    def share(self, own: frozenset[str]) -> float:
        """The weight of the terms that stand among the stems, over that of all; 0 without terms."""
        total = sum(t.weight for t in self.terms)
        return sum(t.weight for t in self.terms if own.issuperset(t.stems)) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Cut:
    """A paper's sentences that can be evidence, with their stems and what they do in the abstract."""

    spans: tuple[Span, ...]
    texts: tuple[str, ...]
    stems: tuple[frozenset[str], ...]
    roles: tuple[Mapping[Role, float], ...]
    title_stems: frozenset[str]

    @property
    def all_stems(self) -> frozenset[str]:
        """Of the title and every sentence."""
        return self.title_stems.union(*self.stems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a paper against a question: `evidence` is the chance that it holds what is asked.

    It is made of the cross-encoder's `chance` and of the shared weight of terms, in the sentence (`overlap`) or with its title (`titled`).
    """

    paper: Paper
    place: int
    of: int
    start: int
    end: int
    text: str
    evidence: float
    overlap: float
    titled: float
    given: float
    """As `titled`, with the words of the sentences before it too: what an abstract has named once it goes on to speak of without a name."""
    chance: float
    roles: Mapping[Role, float]
    """What it does in its abstract (`rag.reading.roles`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One paper against a question: its sentences in the order of the text, and what the abstract as a whole does with the question."""

    hit: Hit
    sentences: tuple[Sentence, ...]
    covered: float
    """Weight share of the question's terms that stand in title or abstract."""
    reading: Reading | None
    """None without the cross-encoder."""

    @property
    def chance(self) -> float:
        """That the paper answers; by shared words where there is no cross-encoder."""
        return self.reading.answerable if self.reading else self.covered


@dataclass(slots=True)
class Reader:
    """Reads questions and claims with papers. Thread-safe."""

    pairs: CrossEncoder | None
    weigh: Callable[[Sequence[str]], list[float]]
    """Weights in [0, 1] of stems (idf over its largest value); above 1 for a stem that no paper holds."""
    workers: int = 2
    _kept: Recent[tuple[str, int], Cut] = field(default_factory=lambda: Recent(KEPT_PAPERS))

    def ask(self, text: str) -> Asked:
        """The terms of a question with their weights; stop words are left out."""
        found = [(m, tuple(stems(m.group().rstrip("%")))) for m in _TERM.finditer(text)]
        found = [(m, s) for m, s in found if s]
        every = [s for _, ss in found for s in ss]
        weights = dict(zip(every, self.weigh(every), strict=True))
        return Asked(
            text=text,
            terms=tuple(
                Term(
                    text=match.group(),
                    stems=own,
                    weight=min(1.0, max(weights[s] for s in own)),
                    start=match.start(),
                    name=_names(match.group(), opening=not match.start()),
                    known=all(weights[s] <= 1 for s in own),
                )
                for match, own in found
            ),
        )

    def read(self, asked: Asked, hits: Sequence[Hit], *, papers: int = PAPERS_READ) -> list[Read]:
        """The first `papers` hits, read in order."""
        chosen = list(hits[:papers])
        stop = stopping.current()

        def unless_stopped(hit: Hit) -> Read:
            if stop is not None:
                stop.check()
            return self._read(asked, hit)

        if self.pairs is None or len(chosen) == 1 or self.workers == 1:
            return [unless_stopped(hit) for hit in chosen]
        # The longest first, so that no thread waits for one that was begun last.
        order = sorted(range(len(chosen)), key=lambda n: -len(chosen[n].paper.abstract))
        with ThreadPoolExecutor(self.workers, thread_name_prefix="reading") as pool:
            done = dict(zip(order, pool.map(unless_stopped, [chosen[n] for n in order]), strict=True))
        return [done[n] for n in range(len(chosen))]

    def claim(self, text: str, paper: Paper) -> ClaimReading:
        """What the paper does with a claim; `evidence` is in the order of `cut(paper)`."""
        cut = self.cut(paper)
        if self.pairs is not None:
            return self.pairs.claim(text, paper.title, cut.texts)
        own = frozenset(stems(text))
        shared = [len(own & (s | cut.title_stems)) / max(1, len(own)) for s in cut.stems]
        best = max(shared, default=0.0)
        return ClaimReading(best, 0.0, 1 - best, tuple(shared))

    def cut(self, paper: Paper) -> Cut:
        """The paper's sentences; from memory where they were needed before."""
        key = (paper.paper_id, hash((paper.title, paper.abstract)))
        found = self._kept.get(key)
        if found is None:
            spans = sentences(paper.abstract)
            orders = orders_in([paper.abstract[s.start : s.end] for s in spans], paper.title)
            spans = [s for n, s in enumerate(spans) if n not in orders]
            texts = tuple(paper.abstract[s.start : s.end] for s in spans)
            found = _cut(tuple(spans), texts, paper.title)
            self._kept.put(key, found)
        return found

    def lay(self, asked: Asked, hit: Hit, sentences: Sequence[str]) -> Read:
        """As `read` for one hit, with its abstract cut into these sentences."""
        starts = itertools.accumulate((len(s) + 1 for s in sentences), initial=0)
        spans = tuple(Span(start, start + len(s)) for start, s in zip(starts, sentences, strict=False))
        return self._laid(asked, hit, _cut(spans, tuple(sentences), hit.paper.title))

    def _read(self, asked: Asked, hit: Hit) -> Read:
        return self._laid(asked, hit, self.cut(hit.paper))

    def _laid(self, asked: Asked, hit: Hit, cut: Cut) -> Read:
        overlaps = [asked.share(own) for own in cut.stems]
        reading = self.pairs.question(asked.text, hit.paper.title, cut.texts) if self.pairs is not None else None
        titled = [asked.share(own | cut.title_stems) for own in cut.stems]
        given = [asked.share(said) for said in itertools.accumulate(cut.stems, frozenset.union, initial=cut.title_stems)][1:]
        evidence = list(map(evidence_of, reading.evidence, overlaps, titled)) if reading else overlaps
        found = itertools.starmap(
            lambda n, span, chance, overlap: Sentence(
                paper=hit.paper,
                place=n,
                of=len(cut.spans),
                start=span.start,
                end=span.end,
                text=cut.texts[n],
                evidence=chance,
                overlap=overlap,
                titled=titled[n],
                given=given[n],
                chance=reading.evidence[n] if reading else overlap,
                roles=cut.roles[n],
            ),
            zip(itertools.count(), cut.spans, evidence, overlaps, strict=False),
        )
        return Read(hit=hit, sentences=tuple(found), covered=asked.share(cut.all_stems), reading=reading)


def _cut(spans: tuple[Span, ...], texts: tuple[str, ...], title: str) -> Cut:
    return Cut(spans, texts, tuple(frozenset(stems(t)) for t in texts), roles(texts), frozenset(stems(title)))


def evidence_of(chance: float, overlap: float, titled: float) -> float:
    """The chance that a sentence holds what is asked: the cross-encoder's, and the weight of the question's terms it shares.

    `titled` counts the title's words as the sentence's own. A logistic model, fitted on judged questions that nothing was learned from; on
    sources that it has not seen it puts the right sentence first more often than either alone (docs/decisions/0055).
    """
    chance = min(max(chance, 1e-3), 1 - 1e-3)
    log_odds = _EVIDENCE["chance"] * math.log(chance / (1 - chance)) + _EVIDENCE["overlap"] * overlap + _EVIDENCE["titled"] * titled
    return 1 / (1 + math.exp(-log_odds - _EVIDENCE[""]))


_EVIDENCE = {"": -2.0, "chance": 0.73, "overlap": 2.36, "titled": 1.1}
"""Weights, the constant first."""


def _names(word: str, *, opening: bool) -> bool:
    """Whether a word of a question looks like a name: digits, or capitals beyond those of a sentence's first letter."""
    return any(c.isdigit() for c in word) or any(c.isupper() for c in (word[1:] if opening else word))
