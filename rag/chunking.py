"""A paper becomes chunks: runs of whole sentences with exact character spans.

Enters a Paper, leave its Chunks in order. The title stands before each chunk when it is embedded (`embedding_text`), so its tokens
count. Chunks never overlap and together cover every sentence; the last two are balanced, so that the tail of a long abstract is not
a fragment without context.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from rag import tokens
from rag.schema import Chunk, Paper
from rag.text import Span, sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_TOKENS = 230
"""Tokens of title and text together (tiktoken); word pieces run some 10 % higher, and the embedder reads 256."""

NAME = f"sentences-{MAX_TOKENS}"
"""Recorded in the library's manifest."""


def embedding_text(title: str, text: str) -> str:
    """What the embedder reads for a chunk: the title, a line break, the chunk's text."""
    return f"{title}\n{text}"


Measure = tuple["Callable[[str], int]", int]
"""A way to count tokens, and the most that there may be."""


def split(
    paper: Paper, *, count: Callable[[str], int] = tokens.count, max_tokens: int = MAX_TOKENS, limits: Sequence[Measure] = ()
) -> list[Chunk]:
    """Cut `paper.abstract` into chunks of at most `max_tokens` (title included), within further `limits` (the embedder's own).

    `abstract[chunk.start:chunk.end] == chunk.text`. An abstract that fits is one chunk. A single sentence beyond the limit is cut
    between words. An empty abstract gives no chunk.
    """
    text = paper.abstract
    spans = sentences(text)
    if not spans:
        return []
    title = paper.title[:400]
    measures = [(count, max_tokens), *limits]

    def fits(start: int, end: int) -> bool:
        whole = embedding_text(title, text[start:end])
        return all(counted(whole) <= most for counted, most in measures)

    if fits(spans[0].start, spans[-1].end):
        runs = [(spans[0].start, spans[-1].end)]
    else:
        guess = _Guess(title, text, spans, measures, fits)
        pieces = [piece for span in spans for piece in ([span] if guess(span.start, span.end) else _pieces(text, span, fits))]
        if len(pieces) > len(spans):
            guess = _Guess(title, text, pieces, measures, fits)
        runs = _balanced(_packed(pieces, guess), pieces, guess)
        if not all(fits(start, end) for start, end in runs):
            runs = _balanced(_packed(pieces, fits), pieces, fits)
    return [
        Chunk(chunk_id=f"{paper.paper_id}:{n}", paper_id=paper.paper_id, ordinal=n, start=a, end=b, text=text[a:b])
        for n, (a, b) in enumerate(runs)
    ]


class _Guess:
    """Whether a run of whole pieces fits, by the sums of its pieces' tokens; counted in earnest only where that is close to a limit.

    Packing asks this of a dozen overlapping runs, and counting each took a quarter of the time of embedding the paper. A sum is a
    little off, since a word may count otherwise behind a space than at the start: the runs chosen are counted in the end.
    """

    def __init__(
        self, title: str, text: str, pieces: Sequence[Span], measures: Sequence[Measure], fits: Callable[[int, int], bool]
    ) -> None:
        """`fits` counts in earnest."""
        self._starts = {piece.start: n for n, piece in enumerate(pieces)}
        self._ends = {piece.end: n for n, piece in enumerate(pieces, start=1)}
        self._fits = fits
        self._sums = [
            (list(itertools.accumulate((counted(text[p.start : p.end]) for p in pieces), initial=0)), most - counted(title) - 1)
            for counted, most in measures
        ]

    def __call__(self, start: int, end: int) -> bool:
        """For the run from the start of a piece to the end of one."""
        first, last = self._starts[start], self._ends[end]
        over = max(sums[last] - sums[first] - room for sums, room in self._sums)
        slack = last - first + 2
        return over <= -slack or (over <= slack and self._fits(start, end))


def _pieces(text: str, span: Span, fits: Callable[[int, int], bool]) -> list[Span]:
    """The span itself, or word-bounded parts of it that fit; one word longer than the limit is cut in halves until it fits."""
    if fits(span.start, span.end) or span.end - span.start <= 20:
        return [span]
    middle = (span.start + span.end) // 2
    left = text.rfind(" ", span.start + 1, middle + 1)
    right = text.find(" ", middle, span.end - 1)
    cut = max((c for c in (left, right) if c > 0), key=lambda c: -abs(c - middle), default=middle)
    end = cut
    begin = cut + 1 if text[cut] == " " else cut
    return _pieces(text, Span(span.start, end), fits) + _pieces(text, Span(begin, span.end), fits)


def _packed(pieces: list[Span], fits: Callable[[int, int], bool]) -> list[tuple[int, int]]:
    """Greedy runs of neighbouring pieces."""
    runs: list[tuple[int, int]] = []
    start, end = pieces[0].start, pieces[0].end
    for piece in pieces[1:]:
        if fits(start, piece.end):
            end = piece.end
        else:
            runs.append((start, end))
            start, end = piece.start, piece.end
    runs.append((start, end))
    return runs


def _balanced(runs: list[tuple[int, int]], pieces: list[Span], fits: Callable[[int, int], bool]) -> list[tuple[int, int]]:
    """Move the border of the last two runs to where their lengths differ least, as long as both fit."""
    if len(runs) < 2:
        return runs
    start, end = runs[-2][0], runs[-1][1]
    inner = [p for p in pieces if start <= p.start < end]
    borders = [
        (abs((a.end - start) - (end - b.start)), a.end, b.start)
        for a, b in itertools.pairwise(inner)
        if fits(start, a.end) and fits(b.start, end)
    ]
    if not borders:
        return runs
    _, left_end, right_start = min(borders)
    return [*runs[:-2], (start, left_end), (right_start, end)]
