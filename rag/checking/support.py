"""How well the sentences of an abstract carry a claim: shared words, nearness in meaning word by word, nearness as a whole.

Each content word of the claim is laid against the words of a sentence: 1 where the stem stands there, else the nearness of its tokens
to the nearest token (late interaction, Khattab and Zaharia 2020, arXiv 2004.12832), where the embedder shows tokens. Up to three
sentences are put together, the best first, as long as each adds something: a claim may draw on several.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from rag import injection
from rag.embedding.base import directions
from rag.recent import Recent
from rag.text import STOP_WORDS, Span, sentences, stem, stems, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rag.schema import Paper

    Vectors = NDArray[np.float32]

_WORD = re.compile(r"[^\W_]+(?:[.'’\-+][^\W_]+)*")  # noqa: RUF001
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_KEPT_PAPERS = 256
_ADDS = 0.08  # a further sentence has to carry this much more of the claim
_MOST_SENTENCES = 3
_NEAR, _FAR = 0.72, 0.38  # cosine of two tokens' vectors: taken for the same, taken for unrelated

LIGHT = frozenset(
    stems(
        "paper papers study studies work works author authors researcher researchers article show shows find finds found report reports "
        "reported state states demonstrate demonstrates describe describes present presents propose proposes proposed introduce introduces "
        "method methods approach approaches model models system systems result results use uses used using achieve achieves reach reaches "
        "attain obtain obtains score scores performance perform performs according claim claims observe observes experiment experiments "
        "evaluation new novel based make makes made give gives provide provides also well several various many different number way ways "
        "call called include includes including help helps allow allows enable enables lead leads compare compared comparison respectively "
        "overall both kind type approach set get gets come comes serve serves offer offers yield yields produce produces remain remains do "
        "does done"
    )
)
"""Stems that writers swap freely: their absence weighs little."""


@dataclass(frozen=True, slots=True)
class Read:
    """A paper, ready to be laid against claims: its sentences (orders to a model left out) with stems and vectors."""

    paper: Paper
    spans: tuple[Span, ...]
    texts: tuple[str, ...]
    stems: tuple[frozenset[str], ...]
    title_stems: frozenset[str]
    vectors: Vectors | None
    tokens: tuple[Vectors, ...]

    @property
    def whole(self) -> str:
        """Title and every sentence."""
        return "\n".join((self.paper.title, *self.texts))


@dataclass(frozen=True, slots=True)
class Term:
    """A content word of a claim; `weight` says how much its absence tells."""

    text: str
    stems: tuple[str, ...]
    weight: float
    vector: Vectors | None
    start: int
    """Its first character in the claim."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, read."""

    text: str
    terms: tuple[Term, ...]
    vector: Vectors | None


@dataclass(frozen=True, slots=True)
class Support:
    """The sentences that carry a claim, best first, and the share of its weight that they hold, in [0, 1]."""

    chosen: tuple[int, ...]
    coverage: float
    nearest: tuple[float, ...]
    """For each term of the claim, how near anything in the paper comes, in [0, 1]."""


@dataclass(slots=True)
class Reader:
    """Reads papers and claims with an embedder, or by words alone (None). Thread-safe; keeps the papers read last."""

    embedder: Any = None
    _kept: Recent[tuple[str, int], Read] = field(default_factory=lambda: Recent(_KEPT_PAPERS))

    def paper(self, paper: Paper) -> Read:
        """The paper, read; from memory where it was read before."""
        key = (paper.paper_id, hash((paper.abstract, paper.title)))
        read = self._kept.get(key)
        if read is None:
            read = self._read_paper(paper)
            self._kept.put(key, read)
        return read

    def claim(self, text: str) -> Claim:
        """The claim's content words with their weights, and its vectors."""
        vector, tokens, offsets = self._read(text)
        terms: list[tuple[str, tuple[str, ...], float]] = []
        places: list[tuple[int, int]] = []
        for match in _WORD.finditer(text):
            own = tuple(stems(match[0]))
            if not own or match[0].casefold() in STOP_WORDS:
                continue
            weight = 0.35 if all(s in LIGHT for s in own) else 1.0
            if digits := _DIGITS.match(match[0]):
                own, weight = (digits[0],), 0.5  # compared as a quantity elsewhere
            elif any(c.isdigit() for c in match[0]) or any(c.isupper() for c in match[0][1:]):
                weight = 1.3
            terms.append((match[0], own, weight))
            places.append(match.span())
        found = zip(terms, directions(tokens, offsets, places), places, strict=True)
        return Claim(text, tuple(Term(*term, direction, place[0]) for term, direction, place in found), vector)

    def lay(self, claim: Claim, read: Read) -> Support:
        """The sentences of the paper that carry the claim; nothing chosen where the paper has none."""
        if not read.texts or not claim.terms:
            return Support((), 0.0, (0.0,) * len(claim.terms))
        weights = np.array([t.weight for t in claim.terms], dtype=np.float32)
        soft = self._matrix(claim, read)
        titled = np.array([0.85 if all(s in read.title_stems for s in t.stems) else 0.0 for t in claim.terms], dtype=np.float32)
        total = float(weights.sum())
        cosines = read.vectors @ claim.vector if read.vectors is not None and claim.vector is not None else np.zeros(len(read.texts))
        alone = (np.maximum(soft, titled) @ weights) / total + 0.15 * cosines
        chosen = [int(np.argmax(alone))]
        held = np.maximum(soft[chosen[0]], titled)
        while len(chosen) < min(_MOST_SENTENCES, len(read.texts)):
            gains = [float(np.maximum(held, row) @ weights) / total for row in soft]
            best = int(np.argmax(gains))
            if best in chosen or gains[best] < float(held @ weights) / total + _ADDS:
                break
            chosen.append(best)
            held = np.maximum(held, soft[best])
        return Support(
            chosen=tuple(chosen),
            coverage=float(held @ weights) / total,
            nearest=tuple(map(float, np.maximum(soft.max(axis=0), titled > 0))),
        )

    def _matrix(self, claim: Claim, read: Read) -> Vectors:
        """(sentences, terms): nearness in [0, 1], 1 where the word itself stands there."""
        shape = (len(read.texts), len(claim.terms))
        soft = np.zeros(shape, dtype=np.float32)
        for i, term in enumerate(claim.terms):
            if len(term.stems) == 1:
                (only,) = term.stems
                soft[:, i] = [only in own for own in read.stems]
            else:
                soft[:, i] = [sum(s in own for s in term.stems) / len(term.stems) for own in read.stems]
        # A name or a figure is itself or it is not.
        directed = [i for i, t in enumerate(claim.terms) if t.vector is not None and t.weight <= 1]
        if read.tokens and directed:
            matrix = np.stack([t.vector for i in directed if (t := claim.terms[i]).vector is not None]).T
            for n, tokens in enumerate(read.tokens):
                if len(tokens):
                    near = ((tokens @ matrix).max(axis=0) - _FAR) / (_NEAR - _FAR)
                    soft[n, directed] = np.maximum(soft[n, directed], np.clip(near, 0.0, 0.9))
        return soft

    def _read(self, text: str) -> tuple[Vectors | None, Vectors | None, list[tuple[int, int]]]:
        if self.embedder is None:
            return None, None, []
        if hasattr(self.embedder, "read"):
            vector, tokens, offsets = self.embedder.read(text)
            return vector, tokens, offsets
        return self.embedder.embed_query(text), None, []

    def _read_paper(self, paper: Paper) -> Read:
        spans = sentences(paper.abstract)
        orders = injection.orders_in([paper.abstract[s.start : s.end] for s in spans], paper.title)
        spans = [s for n, s in enumerate(spans) if n not in orders]
        texts = tuple(paper.abstract[s.start : s.end] for s in spans)
        own = tuple(_held(t) for t in texts)
        readings = [self._read(t) for t in texts]
        vectors = np.stack([r[0] for r in readings if r[0] is not None]) if readings and readings[0][0] is not None else None
        tokens = tuple(r[1] for r in readings if r[1] is not None)
        return Read(injection.spoken(paper), tuple(spans), texts, own, frozenset(stems(injection.spoken(paper).title)), vectors, tokens)


def _held(text: str) -> frozenset[str]:
    """The stems of a sentence, with the parts of compounds that hold digits (`240T-token`)."""
    found = set(stems(text))
    found |= {stem(part) for word in words(text) if "-" in word for part in word.split("-")}
    return frozenset(found | set(_DIGITS.findall(text)))


def lexical_overlap(claim: Claim, read: Read) -> float:
    """Share of the claim's weight whose words stand anywhere in the paper: cheap, to choose which papers to look at."""
    held = read.title_stems.union(*read.stems)
    total = sum(t.weight for t in claim.terms)
    return sum(t.weight for t in claim.terms if all(s in held for s in t.stems)) / total if total else 0.0


def texts_of(support: Support, read: Read) -> Sequence[str]:
    """The chosen sentences."""
    return [read.texts[n] for n in support.chosen]
