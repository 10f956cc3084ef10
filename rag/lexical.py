"""The keyword index: BM25 over title and abstract, in tantivy, on disk beside the records that it is derived from.

Enters a paper's text with its row, leave (row, score) pairs. Terms are Snowball English stems without accents and stop words, from
letters and digits (`10.5` stays one term). Scores are tantivy's BM25 (Lucene's formula, k1 1.2, b 0.75). What a filter allows is the
caller's to say, as a mask of rows; `Narrow` helps to find those rows quickly where they are few.
"""

from __future__ import annotations

import itertools
import math
import re
import shutil
import string
import weakref
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from rapidfuzz.distance import OSA

from rag import memory
from rag.lexical_files import linked, trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

ANALYSIS = "words-2"
"""Recorded in the manifest: another value means that the index was made of other terms and has to be made anew."""

BROAD = 0.08
"""Where a filter allows at least this share of the papers, hits are masked and nothing else is done."""

FEW_ROWS = 1000
"""Up to this many allowed rows are asked for by name, where the index itself can't tell them."""

_A_WORD = 40
_BEGIN_ALIKE = 200
_ENDINGS = (
    " s e es ed d er ers ing ings ly al als ally ic ics ical ically ion ions ional ive ives ively ity ities ment ments ness less ful able "
    "ably ible ance ances ancy ant ants ence ences ent ents ation ations ational ative "  # codespell:ignore ative
    "atively ator ators ate ates ated ating ism ist ists istic ize izes ized izer izing ization izations ise ised ising or ors ory ous "
    "ously ary"
)
"""How English ends a word behind its stem; as it is, too."""

_K1, _B = np.float32(1.2), np.float32(0.75)
"""tantivy's BM25."""

_EXPLAINED = re.compile(
    r'"value": ([\d.e+]+),\s+"description": "freq,.*?"value": ([\d.e+]+),\s+"description": "dl,.*?Str, \\"(.*?)\\"\)"', re.DOTALL
)
"""What tantivy says of one term in one paper: how often it stands there, the field's length, the term."""

_ESCAPED = re.compile(r"\\+u\{([0-9a-f]+)\}")

_WORD = r"[\p{L}\p{N}]+(?:\.\p{N}+)*"
# Measured on three sets of queries: the 33 words of Lucene's list and the commonest of questions and of abstracts do better than
# that list alone and than longer ones.
_STOP = (
    "a an and are as at be been between but by can did do does for from had has have how if in into is it its no not of on or our "
    "such than that the their then there these they this to us was we were what when where which who why will with also"
)


@lru_cache(maxsize=2)
def _analyser(*, stems: bool = True) -> Any:
    """One for all indexes: it holds no state. Without `stems` words stay whole."""
    import tantivy

    filters = tantivy.Filter
    found = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_WORD))
        .filter(filters.lowercase())
        .filter(filters.ascii_fold())
        .filter(filters.remove_long(60))
        .filter(filters.custom_stopword(_STOP.split()))
    )
    return (found.filter(filters.stemmer("english")) if stems else found).build()


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper as the index takes it. `tags` are exact words to filter by; `first` and `last` the days its date can mean (0: none)."""

    row: int
    seq: int
    title: str
    abstract: str
    tags: tuple[str, ...] = ()
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Narrow:
    """Conditions that the index itself can check: one tag of each group, and days within `first` to `last` (inclusive).

    They must allow every row that the mask allows; the mask has the last word. `whole` where they are all that the mask is made of.
    """

    groups: tuple[tuple[str, ...], ...] = ()
    first: int | None = None
    last: int | None = None
    whole: bool = True

    def __bool__(self) -> bool:
        """Whether there is any condition."""
        return bool(self.groups) or self.first is not None or self.last is not None


@dataclass(frozen=True, slots=True)
class Statistics:
    """What BM25 knows of a collection: how many papers, how many terms their field has together, and how many papers hold each term.

    Those of several indexes add up to those of one that holds all their papers.
    """

    papers: int = 0
    tokens: int = 0
    freqs: Mapping[str, int] = field(default_factory=dict)

    @property
    def length(self) -> np.float32:
        """The mean length of the field, as tantivy works it out."""
        return np.float32(self.tokens) / np.float32(max(1, self.papers))

    def idf(self, term: str) -> np.float32:
        """How telling a term is; as tantivy works it out."""
        held = self.freqs.get(term, 0)
        odds = (np.float32(self.papers - held) + np.float32(0.5)) / (np.float32(held) + np.float32(0.5))
        return np.float32(math.log(np.float32(1.0) + odds))

    def __add__(self, other: Statistics) -> Statistics:
        """Of both together."""
        freqs = {term: self.freqs.get(term, 0) + other.freqs.get(term, 0) for term in {*self.freqs, *other.freqs}}
        return Statistics(self.papers + other.papers, self.tokens + other.tokens, freqs)


def terms(text: str) -> list[str]:
    """The terms of a text as an index knows them, in order, repeats kept."""
    return list(_word_terms(text) if len(text) <= _A_WORD else _text_terms(text))


def _analysed(text: str) -> tuple[str, ...]:
    return tuple(str(term) for term in _analyser().analyze(text))


# To say why papers were found, each search asks for some hundred words; each question that names something, for the first abstracts.
_word_terms = lru_cache(maxsize=32_768)(_analysed)
_text_terms = lru_cache(maxsize=512)(_analysed)


def _letters(word: str) -> list[str]:
    """What may stand in a word's place: Latin letters, its own scripts' neighbours of its letters, digits where it has any."""
    other = {chr(c) for x in word if not x.isascii() for c in range(ord(x) & ~63, (ord(x) | 63) + 1)}
    digits = string.digits if any(map(str.isdigit, word)) else ""
    return [*string.ascii_lowercase, *digits, *(c for c in sorted(other) if c.isalpha() and c == c.lower())]


def _edits(word: str, last: int, letters: Sequence[str]) -> Iterator[str]:
    """What is one edit from a word (a swap counts one), at its places 1 to `last`, in a fixed order."""
    for at in range(1, last + 1):
        before, here, after = word[:at], word[at : at + 1], word[at + 1 :]
        yield before + after
        yield before + after[:1] + here + after[1:]
        for letter in letters:
            yield before + letter + here + after
            yield before + letter + after


def _forms(stem: str) -> Iterator[str]:
    """Words that may have this stem, as English makes them."""
    for ending in _ENDINGS.split(" "):
        yield stem + ending
    for ending in ("ed", "ing", "er", "ers"):
        yield stem + stem[-1] + ending
    for ending in ("y", "ies", "ied", "ying"):
        yield stem[:-1] + ending


def _alike(one: str, other: str) -> int:
    """How many letters two words begin with alike."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _may_begin(stem: str, word: str) -> bool:
    """Whether a word with this stem may be one edit from `word`."""
    return any(OSA.distance(stem[:-1], word[:n], score_cutoff=1) <= 1 for n in range(len(stem) - 2, len(stem) + 1))


def near(
    word: str, doc_freqs: Callable[[Iterable[str]], Mapping[str, int]], beginning: Callable[[str], Iterable[tuple[str, int]]]
) -> dict[str, int]:
    """Words one edit from `word` whose term some paper holds, with the number of papers; the edit lies behind the first letter.

    The term dictionary is asked, which takes microseconds, not the papers: in the word's first half each edit is tried, which the
    stem shares; in its second, where the stem may end otherwise, those that lead to a term which begins with the first half.
    `doc_freqs` gives the numbers of papers, of terms that none holds too or not; `beginning` the terms that begin so, commonest first.
    """
    whole, own = "".join(_analyser(stems=False).analyze(word)), terms(word)
    if len(own) != 1 or not whole:
        return {}
    plain, letters = word if word.lower() == whole else whole, _letters(whole)
    half = (len(whole) + 1) // 2
    tried = []
    for stem in dict.fromkeys((*own, whole)):  # the ending may be one of the slip's alone
        edits = list(_edits(stem, half, letters))
        known = doc_freqs(edits)
        held = {n: edit for n, edit in enumerate(edits) if known.get(edit)} if any(known.values()) else {}
        tried += [(other, held[n]) for n, other in enumerate(_edits(plain, half, letters)) if n in held] if held else []
    for stem, _ in itertools.islice(beginning(whole[:half]), _BEGIN_ALIKE):
        if len(stem) <= len(whole) + 1 and _may_begin(stem, whole):
            forms = (f for f in _forms(stem) if OSA.distance(f, whole, score_cutoff=1) == 1 and f.startswith(whole[:half]))
            tried += [(plain[: (n := _alike(whole, f))] + f[n:], stem) for f in forms]
    found = {other: stem for other, stem in tried if terms(other) == [stem] and other.lower() != word.lower()}
    known = doc_freqs(set(found.values()))
    return {other: known[stem] for other, stem in found.items()}


class KeywordIndex:
    """The index in `folder`. Readers see what was committed when they last called `reload`."""

    def __init__(self, folder: Path, *, create: bool = False, readonly: bool = False) -> None:
        """Open, or make, the index; `readonly` where nothing can be written, not even the lock under which tantivy reads."""
        import tantivy

        self._t: Any = tantivy
        self.folder = folder
        place = linked(folder) if readonly else folder
        if readonly:
            weakref.finalize(self, shutil.rmtree, place, ignore_errors=True)
        self.analyser = _analyser()
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("row", indexed=True, fast=True)
        builder.add_unsigned_field("seq", fast=True)
        builder.add_text_field("text", tokenizer_name="footnote", index_option="freq")
        builder.add_text_field("title", tokenizer_name="footnote", index_option="freq")
        builder.add_text_field("tag", tokenizer_name="raw", index_option="basic")
        builder.add_unsigned_field("first", fast=True)
        builder.add_unsigned_field("last", fast=True)
        self._schema = builder.build()
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        with self._told():
            self._index = tantivy.Index(self._schema, path=str(place), reuse=True)
            self._index.register_tokenizer("footnote", self.analyser)
            self._index.config_reader("manual", 0)
            self._index.reload()
            self._searcher = self._index.searcher()
        self._writer: Any = None
        self._fed: dict[int, int] = {}
        self._sizes: dict[str, tuple[int, int]] = {}

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether `folder` holds an index."""
        return (folder / "meta.json").exists()

    def reload(self) -> None:
        """See what has been committed since."""
        with self._told():
            self._index.reload()
            self._searcher = self._index.searcher()
            self._sizes = {}

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what tantivy says into an error of ours: one of the system (a full disk, too many files) or damage."""
        try:
            yield
        except (ValueError, OSError) as error:
            raise trouble(self.folder, error) from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise trouble(self.folder, error) from error

    @property
    def count(self) -> int:
        """Papers in the index, deleted ones not counted."""
        return int(self._searcher.num_docs)

    # -- writing ----------------------------------------------------------------------------------------------------------------

    def put(self, entries: Iterable[Entry], gone: Sequence[int] = ()) -> int:
        """Take in entries and drop the rows in `gone`; `commit` makes it last. A paper that stands at its `seq` is left alone.

        Returns how many entries were replaced or dropped. Doing it twice changes nothing. Indexing goes on in a thread of its own.
        """
        with self._told():
            return self._put(entries, gone)

    def _put(self, entries: Iterable[Entry], gone: Sequence[int]) -> int:
        t = self._t
        if self._writer is None:
            memory.require(memory.WRITER_BYTES)
            self._writer = self._index.writer(96_000_000, 1)
            self.reload()
        replaced = 0
        empty = self._searcher.num_docs == 0
        for row in gone:
            if row in self._fed or (not empty and self._seq_of(row) is not None):
                self._delete(row)
                self._fed.pop(row, None)
                replaced += 1
        for entry in entries:
            held = self._fed.get(entry.row) or (None if empty else self._seq_of(entry.row))
            if held == entry.seq:
                continue
            if held is not None:
                self._delete(entry.row)
                replaced += 1
            document = t.Document()
            for name in ("row", "seq", "first", "last"):
                document.add_unsigned(name, getattr(entry, name))
            document.add_text("text", f"{entry.title} {entry.abstract}")
            document.add_text("title", entry.title)
            for tag in entry.tags:
                document.add_text("tag", tag)
            self._writer.add_document(document)
            self._fed[entry.row] = entry.seq
        return replaced

    def commit(self) -> None:
        """Make what was put last, and visible to whoever reloads."""
        if self._writer is not None:
            with self._told():
                self._writer.commit()
            self._fed.clear()
            self.reload()

    def _delete(self, row: int) -> None:
        # By query: tantivy 0.27 takes the number of `delete_documents_by_term` for a signed one, which an unsigned field never holds.
        self._writer.delete_documents_by_query(self._t.Query.term_query(self._schema, "row", row, "basic"))

    def _seq_of(self, row: int) -> int | None:
        hits = self._searcher.search(self._t.Query.term_query(self._schema, "row", row, "basic"), 1, count=False).hits
        return int(self._searcher.fast_field_values("seq", [hits[0][1]])[0]) if hits else None

    def release(self) -> None:
        """End writing: wait for merges and give tantivy's own lock back."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            self._fed.clear()
            with self._told():
                writer.wait_merging_threads()
            self.reload()

    # -- reading ----------------------------------------------------------------------------------------------------------------

    def terms(self, text: str) -> list[str]:
        """As the function of that name."""
        return terms(text)

    def doc_freq(self, term: str, field: str = "text") -> int:
        """How many papers hold a term (papers replaced since the last merge may count twice)."""
        return int(self._searcher.doc_freq(field, term))

    def near(self, word: str) -> dict[str, int]:
        """As the function of that name, in this index."""
        doc_freq = self._searcher.doc_freq

        def held(asked: Iterable[str]) -> dict[str, int]:
            return {term: n for term in asked if (n := doc_freq("text", term))}

        return near(word, held, lambda start: self.beginning(start, _BEGIN_ALIKE))

    def beginning(self, start: str, most: int | None = None) -> list[tuple[str, int]]:
        """Terms that begin so, with the number of papers: the commonest first, ties by the alphabet."""
        return [(str(term), int(n)) for term, n in self._searcher.terms_with_prefix("text", start, limit=most)]

    def numbered(self, term: str, *, k: int) -> list[int]:
        """Rows of papers that hold a term with digits right behind it (`wmt22` for `wmt`), at most `k`."""
        query = self._t.Query.regex_query(self._schema, "text", f"{re.escape(term)}[0-9]+.*")
        found = self._searcher.search(query, k, count=False).hits
        return [int(row) for row in self._searcher.fast_field_values("row", [a for _, a in found])]

    def search(
        self,
        weights: Mapping[str, float],
        *,
        k: int,
        field: str = "text",
        mask: NDArray[np.bool_] | None = None,
        narrow: Narrow | None = None,
    ) -> list[tuple[int, float]]:
        """The best `k` by the weighted sum of the terms' BM25: (row, score), descending; ties with the last one come along.

        `mask` (indexed by row) says which papers count; scores are those of a search without it. A broad mask is laid over as many
        hits as it takes; a narrow one is first brought down to few papers by name or by `narrow`.
        """
        query = self._query(weights, field)
        if query is None or k <= 0:
            return []
        limit = k + 16
        if mask is not None:
            allowed = int(np.count_nonzero(mask))
            share = allowed / max(1, self.count)
            condition = self._condition(narrow) if share < BROAD else None
            if allowed <= FEW_ROWS and (condition is None or (narrow is not None and not narrow.whole)):
                condition = self._rows(np.flatnonzero(mask).tolist())
            if condition is not None:
                query = self._under(query, condition)
            else:
                limit = int(k / max(share, 1e-6) * 1.5) + 64
        while True:
            found = self._searcher.search(query, limit, count=False).hits
            scores = np.array([s for s, _ in found], dtype=np.float32)
            hit_rows = np.array(self._searcher.fast_field_values("row", [a for _, a in found]), dtype=np.int64)
            if mask is not None and len(hit_rows):
                inside = np.where(hit_rows < len(mask), mask[np.minimum(hit_rows, len(mask) - 1)], False)
                kept_rows, kept = hit_rows[inside], scores[inside]
            else:
                kept_rows, kept = hit_rows, scores
            done = len(found) < limit
            if done or (len(kept) > k and (scores[-1] < kept[k - 1])):
                if len(kept) > k:
                    last = kept[k - 1]
                    kept_rows, kept = kept_rows[kept >= last], kept[kept >= last]
                return list(zip(kept_rows.tolist(), kept.tolist(), strict=True))
            limit *= 4

    def score(
        self, weights: Mapping[str, float], rows: Sequence[int], *, field: str = "text", among: Statistics | None = None
    ) -> list[tuple[int, float]]:
        """As `search`, for these rows alone: those that share a term, descending.

        `among`: the scores that the papers have in a larger collection, of which this index holds a part.
        """
        query = self._query(weights, field)
        if query is None or not rows:
            return []
        found = self._searcher.search(self._under(query, self._rows(rows)), len(rows), count=False).hits
        held = [int(row) for row in self._searcher.fast_field_values("row", [a for _, a in found])]
        if among is None:
            return [(row, float(score)) for row, (score, _) in zip(held, found, strict=True)]
        scores = self._rescored(weights, [a for _, a in found], field, among)
        return sorted(zip(held, scores.tolist(), strict=True), key=lambda pair: -pair[1])

    # -- as a part of a larger collection ---------------------------------------------------------------------------------------

    def statistics(self, terms: Iterable[str], field: str = "text") -> Statistics:
        """What BM25 knows of this index and of these terms (papers replaced since the last merge may count twice)."""
        freqs = {term: self.doc_freq(term, field) for term in terms}
        known = self._sizes.get(field)
        if known is None:
            known = self._sizes[field] = self._size(field, next((term for term, held in freqs.items() if held), None))
        return Statistics(*known, freqs)

    def _size(self, field: str, term: str | None) -> tuple[int, int]:
        """How many papers there are, and how many terms their field has together: tantivy tells it where it explains a score."""
        if term is None:
            term = next((str(t) for t, _ in self._searcher.terms_with_prefix(field, "", limit=1)), None)
        if term is None:
            return self.count, 0
        query = self._query({term: 1.0}, field)
        said = query.explain(self._searcher, self._searcher.search(query, 1, count=False).hits[0][1]).to_json()
        papers, length = (float(re.findall(rf'"value": ([\d.e+]+),\s+"description": "{name},', said)[0]) for name in ("N", "avgdl"))
        return int(papers), round(papers * length)

    def towards(self, among: Statistics, weights: Mapping[str, float], field: str = "text") -> tuple[dict[str, float], float, float]:
        """Weights under which this index ranks nearly as the larger collection does, and two factors between which the truth lies.

        A score of the larger collection is at least the first and at most the second times that which `search` gives with these weights.
        They make up for the terms' own frequencies here; what they can't make up for is the index's own mean length.
        """
        own = self.statistics(weights, field)
        held = {t: w * float(among.idf(t) / own.idf(t)) for t, w in weights.items() if own.freqs[t]}
        ratio = float(among.length / own.length) if held else 1.0
        return held, min(1.0, ratio) * (1 - 1e-5), max(1.0, ratio) * (1 + 1e-5)

    def _rescored(self, weights: Mapping[str, float], addresses: Sequence[Any], field: str, among: Statistics) -> NDArray[np.float32]:
        """The papers' scores with the statistics of the larger collection, step by step as tantivy works them out."""
        query, at = self._query(dict.fromkeys(weights, 1.0), field), {term: n for n, term in enumerate(weights)}
        counts, lengths = np.zeros((len(addresses), len(at)), dtype=np.float32), np.ones((len(addresses), 1), dtype=np.float32)
        for n, address in enumerate(addresses):
            for count, length, term in _EXPLAINED.findall(query.explain(self._searcher, address).to_json()):
                plain = term if term in at else _ESCAPED.sub(lambda code: chr(int(code[1], 16)), term)
                counts[n, at[plain]], lengths[n] = count, length
        norms = _K1 * (np.float32(1.0) - _B + _B * lengths / among.length)
        factors = np.array([among.idf(t) * (np.float32(1.0) + _K1) * np.float32(w) for t, w in weights.items()], dtype=np.float32)
        # One after the other, as tantivy adds: a sum in pairs would end in other digits.
        return np.add.accumulate(factors * (counts / (counts + norms)), axis=1, dtype=np.float32)[:, -1]

    def _under(self, query: Any, condition: Any) -> Any:
        """The query with a condition that leaves its scores alone."""
        t = self._t
        return t.Query.boolean_query([(t.Occur.Must, query), (t.Occur.Must, t.Query.const_score_query(condition, 0.0))])

    def _rows(self, rows: Sequence[int]) -> Any:
        return self._t.Query.term_set_query(self._schema, "row", list(rows))

    def _condition(self, narrow: Narrow | None) -> Any:
        """`narrow` as a query; None where it says nothing."""
        if not narrow:
            return None
        t = self._t
        parts = [t.Query.term_set_query(self._schema, "tag", list(group)) for group in narrow.groups]
        if narrow.first is not None or narrow.last is not None:
            # A paper without a date has the days 0, which lie before every range.
            parts.append(t.Query.range_query(self._schema, "first", t.FieldType.Unsigned, lower_bound=max(1, narrow.first or 1)))
        if narrow.last is not None:
            parts.append(t.Query.range_query(self._schema, "last", t.FieldType.Unsigned, upper_bound=narrow.last))
        return parts[0] if len(parts) == 1 else t.Query.boolean_query([(t.Occur.Must, part) for part in parts])

    def _query(self, weights: Mapping[str, float], field: str) -> Any:
        t = self._t
        parts = []
        for term, weight in weights.items():
            single = t.Query.term_query(self._schema, field, term, "freq")
            parts.append((t.Occur.Should, single if weight == 1.0 else t.Query.boost_query(single, weight)))
        if not parts:
            return None
        return parts[0][1] if len(parts) == 1 else t.Query.boolean_query(parts)
