"""Reading: the question's terms laid against every sentence of the first papers.

Enter a question and hits, leave sentences with their evidence: how near in meaning (cosine), which terms they hold word for word, and
how closely they come to the terms that they lack (the best cosine between a term's tokens and the sentence's tokens, in the manner of
late interaction: Khattab and Zaharia 2020, arXiv 2004.12832). The answer is chosen from this (`extractive`), and so is the decision
that there is none (`abstain`). Without the bundled model the cosines are 0 and words alone count.
"""

# ruff: noqa: E501 - patterns and word lists are read whole on one line

from __future__ import annotations

import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rag.embedding.base import directions
from rag.injection import orders_in
from rag.recent import Recent
from rag.text import sentences, stems

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from rag.embedding.crossencoder import Reading
    from rag.schema import Hit, Paper

    Vectors = NDArray[np.float32]

PAPERS_READ = 6
KEPT_PAPERS = 256
"""Papers whose encodings are kept: some 50 MB."""

_TERM = re.compile(r"[^\W_]+(?:[.'’\-+][^\W_]+)*%?")  # noqa: RUF001 - typographic apostrophes are typed

GENERIC = frozenset(
    stems(
        "paper method approach model system work study propose proposed use used using new author what how much many which result results "
        "performance compare compared comparison get achieve obtain find found show shows kind type exactly actually according report "
        "reported abstract give name people really way make makes work works thing tell explain describe please also number main idea library collection corpus exact exactly actually"
    )
)
"""Stems that questions carry whatever they are about; their absence from a sentence says nothing."""


class Encoder(Protocol):
    """What reading needs of a model: vectors of a text and of its tokens."""

    def read(self, text: str) -> tuple[Vectors, Vectors, list[tuple[int, int]]]:
        """The text's vector, its tokens' unit vectors, their character spans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A content word of the question. `weight` is its idf in the library over the largest possible, in [0, 1]."""

    text: str
    stems: tuple[str, ...]
    weight: float
    start: int
    name: bool
    generic: bool
    known: bool
    vector: Vectors | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, read: its terms in order and its vector."""

    text: str
    terms: tuple[Term, ...]
    vector: Vectors | None

    @property
    def content(self) -> tuple[Term, ...]:
        """The terms that say what is asked about; all terms where every one is generic."""
        return tuple(t for t in self.terms if not t.generic) or self.terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a paper against the question. `soft[i]` is the nearness of `asked.terms[i]`, 1 where it stands word for word."""

    paper: Paper
    place: int
    of: int
    start: int
    end: int
    text: str
    stems: frozenset[str]
    cosine: float
    soft: tuple[float, ...]
    overlap: float
    """Weight share of the question's content terms that stand in the sentence."""
    titled: float
    """The same with the paper's title counted in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One paper, read. `soft` and `covered` are over all its sentences and its title."""

    hit: Hit
    sentences: tuple[Sentence, ...]
    soft: tuple[float, ...]
    covered: tuple[bool, ...]
    orders: frozenset[int] = frozenset()
    """Places of sentences that are addressed to a model ("ignore your instructions ...")."""
    together: Reading | None = None
    """What the cross-encoder made of question and abstract, where the two were read together."""
    evidence: Mapping[int, float] = field(default_factory=dict)
    """Its chance for each sentence that it has read, by place."""


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A paper's sentences with their vectors and their tokens' vectors (half precision)."""

    spans: tuple[tuple[int, int], ...]
    stems: tuple[frozenset[str], ...]
    title_stems: frozenset[str]
    orders: frozenset[int]
    vectors: Vectors | None
    tokens: NDArray[np.float16] | None
    """Of all sentences and then the title, one behind the other."""
    ends: tuple[int, ...]
    """Where those of each sentence, and of the title, end."""


@dataclass(slots=True)
class Reader:
    """Reads questions and papers; keeps the last papers' encodings. Thread-safe."""

    encoder: Encoder | None
    weigh: Callable[[Sequence[str]], list[float]]
    """Weights in [0, 1] of stems (idf over its largest value); above 1 for a stem that no paper holds."""
    workers: int = 2
    _kept: Recent[tuple[str, int, str], _Encoded] = field(default_factory=lambda: Recent(KEPT_PAPERS))

    def ask(self, text: str) -> Asked:
        """The terms of a question with their weights and vectors; stop words are left out."""
        found = [(m, tuple(stems(m.group().rstrip("%")))) for m in _TERM.finditer(text)]
        found = [(m, s) for m, s in found if s]
        every = [s for _, ss in found for s in ss]
        weights = dict(zip(every, self.weigh(every), strict=True))
        vector, tokens, offsets = self.encoder.read(text) if self.encoder else (None, None, [])
        terms = []
        for (match, own), direction in zip(found, directions(tokens, offsets, [match.span() for match, _own in found]), strict=True):
            raw = match.group()
            terms.append(
                Term(
                    text=raw,
                    stems=own,
                    weight=min(1.0, max(weights[s] for s in own)),
                    start=match.start(),
                    name=any(c.isdigit() for c in raw) or any(c.isupper() for c in (raw if match.start() else raw[1:])),
                    generic=all(s in GENERIC for s in own),
                    known=all(weights[s] <= 1 for s in own),
                    vector=direction,
                )
            )
        return Asked(text=text, terms=tuple(terms), vector=vector)

    def read(self, asked: Asked, hits: Sequence[Hit], *, papers: int = PAPERS_READ) -> list[Read]:
        """The first `papers` hits, read in order."""
        chosen = list(hits[:papers])
        self.prepare([h.paper for h in chosen])
        return [self._lay(asked, hit) for hit in chosen]

    def prepare(self, papers: Sequence[Paper]) -> None:
        """Read papers that were not read lately, and keep them."""
        missing = [p for p in papers if self._kept.get(_key(p)) is None]
        if missing:
            with ThreadPoolExecutor(self.workers, thread_name_prefix="reading") as pool:
                for paper, encoded in zip(missing, pool.map(self._encode, missing), strict=True):
                    self._kept.put(_key(paper), encoded)

    def _encode(self, paper: Paper) -> _Encoded:
        spans = tuple((s.start, s.end) for s in sentences(paper.abstract))
        texts = [paper.abstract[a:b] for a, b in spans]
        title_stems = frozenset(stems(paper.title))
        own = tuple(frozenset(stems(t)) for t in texts)
        orders = frozenset(orders_in(texts))
        if self.encoder is None or not texts:
            return _Encoded(spans, own, title_stems, orders, None, None, ())
        readings = [self.encoder.read(t) for t in (*texts, paper.title)]
        return _Encoded(
            spans,
            own,
            title_stems,
            orders,
            np.stack([r[0] for r in readings[:-1]]),
            np.concatenate([r[1] for r in readings]).astype(np.float16),
            tuple(itertools.accumulate(len(r[1]) for r in readings)),
        )

    def _lay(self, asked: Asked, hit: Hit) -> Read:
        paper = hit.paper
        encoded = self._kept.get(_key(paper)) or self._encode(paper)
        total = sum(t.weight for t in asked.content) or 1.0
        count = len(encoded.spans)
        every = np.zeros((count + 1, len(asked.terms)), dtype=np.float32)  # the last row is the title's
        directed = [n for n, t in enumerate(asked.terms) if t.vector is not None]
        if encoded.tokens is not None and directed:
            matrix = np.stack([t.vector for t in asked.terms if t.vector is not None]).T
            tokens = encoded.tokens.astype(np.float32)
            # Sentence by sentence: one large product would call up the threads of the linear algebra, which fight for the cores.
            for n, (start, end) in enumerate(itertools.pairwise((0, *encoded.ends))):
                if end > start:
                    every[n, directed] = (tokens[start:end] @ matrix).max(axis=0)
        soft, title_soft = every[:count], every[count]
        cosines = encoded.vectors @ asked.vector if encoded.vectors is not None and asked.vector is not None else np.zeros(count)
        content = asked.content
        counted = [(t.weight if t in content else 0.0) for t in asked.terms]
        found = []
        for n, (start, end) in enumerate(encoded.spans):
            own, with_title = encoded.stems[n], encoded.stems[n] | encoded.title_stems
            here = [_stands(t, own) for t in asked.terms]
            soft[n, here] = 1.0
            overlap = sum(itertools.compress(counted, here)) / total
            titled = sum(w for t, w, held in zip(asked.terms, counted, here, strict=True) if held or (w and _stands(t, with_title))) / total
            found.append(
                Sentence(
                    paper=paper,
                    place=n,
                    of=count,
                    start=start,
                    end=end,
                    text=paper.abstract[start:end],
                    stems=own,
                    cosine=float(cosines[n]),
                    soft=tuple(soft[n].tolist()),
                    overlap=overlap,
                    titled=titled,
                )
            )
        whole = encoded.title_stems.union(*encoded.stems) if encoded.stems else encoded.title_stems
        covered = tuple(_stands(t, whole) for t in asked.terms)
        best = np.maximum(soft.max(axis=0), title_soft) if count else title_soft
        return Read(
            hit=hit,
            sentences=tuple(found),
            soft=tuple(1.0 if c else float(s) for c, s in zip(covered, best, strict=True)),
            covered=covered,
            orders=encoded.orders,
        )


def _key(paper: Paper) -> tuple[str, int, str]:
    return paper.paper_id, hash(paper.abstract), paper.title


def _stands(term: Term, own: frozenset[str]) -> bool:
    """Whether the term stands among the stems: all of its parts, or, for a name with parts, the whole of it."""
    return own.issuperset(term.stems)
