"""Filters as masks: the stored facts of every paper as columns in memory, indexed by row, and the rows that a `Filters` allows.

Loaded when a filter first needs them, brought up to date by the change numbers of what was written since. A paper that lacks a
field matches no condition on it; a paper dated `2023-04` matches a range only if the whole month lies in it.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.lexical import Narrow
from rag.store.records import subjects

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from rag.schema import Filters, Paper
    from rag.store.records import Records

    Mask = NDArray[np.bool_]

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_CACHED = 16


def date_span(text: str | None) -> tuple[int, int]:
    """First and last day that a (partial) ISO date can mean, as numbers; (0, 0) where it is none.

    >>> date_span("2023-04"), date_span("2023-04-07"), date_span("soon")
    ((20230401, 20230430), (20230407, 20230407), (0, 0))
    """
    found = _DATE.match(text or "")
    if not found or int(found[1]) == 0:
        return 0, 0
    year, month, day = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if month > 12 or day > 31:
        return 0, 0
    if not month:
        return year * 10_000 + 101, year * 10_000 + 1231
    if not day:
        return year * 10_000 + month * 100 + 1, year * 10_000 + month * 100 + calendar.monthrange(year, month)[1]
    return (year * 10_000 + month * 100 + day,) * 2


def date_bounds(filters: Filters) -> tuple[int | None, int | None]:
    """The first and the last day that the filters' years and dates allow; None where they set no bound."""
    low = [date_span(filters.date_from)[0]] if filters.date_from is not None else []
    high = [date_span(filters.date_to)[1]] if filters.date_to is not None else []
    if filters.year_from is not None:
        low.append(filters.year_from * 10_000 + 101)
    if filters.year_to is not None:
        high.append(filters.year_to * 10_000 + 1231)
    return max(low, default=None), min(high, default=None)


def tags_of(paper: Paper) -> tuple[str, ...]:
    """The words that `narrow` asks the keyword index for: categories and keywords with all that they lie in, source, code flag."""
    found: list[str] = []
    for category in subjects(paper):
        parts = category.strip().casefold().split(".")
        found += [f"c:{'.'.join(parts[: n + 1])}" for n in range(len(parts))]
    if paper.source is not None:
        found.append(f"s:{paper.source.document.casefold()}")
    if paper.has_code is not None:
        found.append(f"code:{int(paper.has_code)}")
    return tuple(dict.fromkeys(found))


def fold(text: str) -> str:
    """Case and accents away: `Łukasz Møller` keeps its letters, `José` becomes `jose`."""
    if text.isascii():  # most names, and a library reads those of all papers
        return text.casefold()
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()


class _Coded:
    """A text column as numbers into its distinct values; 0 is none."""

    def __init__(self) -> None:
        self.values: list[str] = [""]
        self._codes: dict[str, int] = {"": 0}

    def code(self, value: str | None) -> int:
        """The number of a value, given when it is first seen."""
        if not value:
            return 0
        found = self._codes.get(value)
        if found is None:
            found = self._codes[value] = len(self.values)
            self.values.append(value)
        return found


class Columns:
    """The columns of one library as of change number `seq`."""

    def __init__(self, epoch: int = 0) -> None:
        """Empty; `refresh` fills it. `epoch` tells one numbering of rows from the next, which a restored backup begins."""
        self.epoch = epoch
        self.seq = 0
        self.alive: Mask = np.zeros(1, dtype=bool)
        self.first: NDArray[np.int32] = np.zeros(1, dtype=np.int32)
        self.last: NDArray[np.int32] = np.zeros(1, dtype=np.int32)
        self.code: NDArray[np.int8] = np.full(1, -1, dtype=np.int8)
        self.category: NDArray[np.int32] = np.zeros(1, dtype=np.int32)
        self.document: NDArray[np.int32] = np.zeros(1, dtype=np.int32)
        self._categories, self._documents = _Coded(), _Coded()
        self._kept: dict[str, dict[int, tuple[str, ...]]] | None = None
        self._authors: dict[int, str] | None = None
        self._haystack: tuple[str, NDArray[np.int64], NDArray[np.int64]] | None = None
        self._masks: dict[Filters, Mask] = {}

    def refresh(self, records: Records, seq: int) -> None:
        """Take in what changed up to `seq`."""
        if seq == self.seq:
            return
        since, self._masks = self.seq, {}
        top = int(records.db.execute("SELECT coalesce(max(row), 0) FROM facts").fetchone()[0])
        self._grow(top + 1)
        found = records.db.execute("SELECT row, published, has_code, categories, source FROM facts WHERE seq > ?", (since,)).fetchall()
        if found:
            rows = np.fromiter((f[0] for f in found), dtype=np.int64, count=len(found))
            spans: dict[str | None, tuple[int, int]] = {}
            for value in {f[1] for f in found}:
                spans[value] = date_span(value)
            self.alive[rows] = True
            self.first[rows] = [spans[f[1]][0] for f in found]
            self.last[rows] = [spans[f[1]][1] for f in found]
            self.code[rows] = [-1 if f[2] is None else f[2] for f in found]
            self.category[rows] = [self._categories.code(f[3]) for f in found]
            self.document[rows] = [self._documents.code(f[4]) for f in found]
        gone = [r for (r,) in records.db.execute("SELECT row FROM graves WHERE seq > ?", (since,)) if r < len(self.alive)]
        self.alive[gone] = False
        self._kept = None
        if self._authors is not None:
            self._authors.update(self._read_authors(records, since))
            self._haystack = None
        self.seq = seq

    def _grow(self, size: int) -> None:
        more = size - len(self.alive)
        if more <= 0:
            return
        self.alive = np.concatenate([self.alive, np.zeros(more, dtype=bool)])
        self.first = np.concatenate([self.first, np.zeros(more, dtype=np.int32)])
        self.last = np.concatenate([self.last, np.zeros(more, dtype=np.int32)])
        self.code = np.concatenate([self.code, np.full(more, -1, dtype=np.int8)])
        self.category = np.concatenate([self.category, np.zeros(more, dtype=np.int32)])
        self.document = np.concatenate([self.document, np.zeros(more, dtype=np.int32)])

    @staticmethod
    def _read_authors(records: Records, since: int) -> dict[int, str]:
        found = records.db.execute("SELECT row, authors FROM facts WHERE seq > ? AND authors IS NOT NULL", (since,))
        return {row: fold(authors) for row, authors in found}

    def mask(self, filters: Filters, records: Records) -> Mask:
        """Which rows all conditions allow, indexed by row. The array is shared: don't write to it."""
        held = self._masks.get(filters)
        if held is None:
            held = self._mask(filters, records)
            if len(self._masks) >= _CACHED:
                self._masks.pop(next(iter(self._masks)))
            self._masks[filters] = held
        return held

    def _mask(self, filters: Filters, records: Records) -> Mask:
        mask = self.alive.copy()
        low, high = date_bounds(filters)
        if low is not None or high is not None:
            mask &= self.first > 0
        if low is not None:
            mask &= self.first >= low
        if high is not None:
            mask &= self.last <= high
        if filters.has_code is not None:
            mask &= self.code == int(filters.has_code)
        if filters.category is not None:
            wanted = filters.category.strip().casefold()
            fits = [any(_in_category(c.strip(), wanted) for c in v.casefold().split("\t")) for v in self._categories.values]
            mask &= np.array(fits)[self.category]
        if filters.source is not None:
            documents = self._documents_from(filters.source)
            mask &= np.array([v in documents for v in self._documents.values])[self.document]
        if filters.author is not None:
            mask &= self._by_author(fold(filters.author.strip()), records)
        for name, sought in (("tags", filters.tag), ("collections", filters.collection)):
            if sought is not None:
                kept = np.zeros(len(mask), dtype=bool)
                kept[self._in_kept(name, sought, records)] = True
                mask &= kept
        if filters.paper_ids is not None:
            named = np.zeros(len(mask), dtype=bool)
            named[[r for r in map(records.row_of, filters.paper_ids) if r is not None and r < len(mask)]] = True
            mask &= named
        return mask

    def _in_kept(self, name: str, wanted: str, records: Records) -> list[int]:
        """Rows with that tag, or in that collection or one that lies in it."""
        sought = fold(wanted.strip())
        fits = (lambda text: text == sought) if name == "tags" else (lambda path: _in_path(path, sought))
        return [row for row, texts in self._user_own(records)[name].items() if row < len(self.alive) and any(map(fits, map(fold, texts)))]

    def _user_own(self, records: Records) -> dict[str, dict[int, tuple[str, ...]]]:
        """The users' own tags and collections, by row."""
        if self._kept is None:
            self._kept = {"tags": {}, "collections": {}}
            if int(records.meta("schema", 1)) > 1:
                where = "tags IS NOT NULL OR collections IS NOT NULL"
                for row, tags, collections in records.db.execute(f"SELECT row, tags, collections FROM facts WHERE {where}"):
                    for name, text in (("tags", tags), ("collections", collections)):
                        if text:
                            self._kept[name][row] = tuple(text.split("\t"))
        return self._kept

    def _documents_from(self, start: str) -> set[str]:
        """The source documents whose names begin so."""
        return {v for v in self._documents.values if v and v.casefold().startswith(start.casefold())}

    def narrow(self, filters: Filters) -> Narrow:
        """What the keyword index can check of the filters."""
        groups: list[tuple[str, ...]] = []
        if filters.category is not None:
            groups.append((f"c:{filters.category.strip().casefold()}",))
        if filters.has_code is not None:
            groups.append((f"code:{int(filters.has_code)}",))
        if filters.source is not None:
            groups.append(tuple(sorted(f"s:{v.casefold()}" for v in self._documents_from(filters.source))))
        low, high = date_bounds(filters)
        whole = all(v is None for v in (filters.author, filters.paper_ids, filters.tag, filters.collection))
        return Narrow(groups=tuple(groups), first=low, last=high, whole=whole)

    def _by_author(self, part: str, records: Records) -> Mask:
        """Rows with `part` inside one author's name."""
        if self._authors is None:
            self._authors = self._read_authors(records, 0)
        if self._haystack is None:
            rows = sorted(self._authors)
            texts = [self._authors[r] for r in rows]
            starts = np.cumsum([0, *(len(t) + 1 for t in texts)])[:-1] if texts else np.zeros(0, dtype=np.int64)
            self._haystack = ("\n".join(texts), np.array(rows, dtype=np.int64), starts.astype(np.int64))
        text, rows_array, starts_array = self._haystack
        found = np.zeros(len(self.alive), dtype=bool)
        if not part or "\t" in part or "\n" in part:
            return found
        places = np.array([m.start() for m in re.finditer(re.escape(part), text)], dtype=np.int64)
        hits = rows_array[np.searchsorted(starts_array, places, side="right") - 1] if len(places) else rows_array[:0]
        found[hits[hits < len(found)]] = True
        return found

    def lacking(self, filters: Filters, records: Records) -> dict[str, int]:
        """For each field that the filters speak of, how many papers lack it."""
        total = int(self.alive.sum())
        found: dict[str, int] = {}
        if any(v is not None for v in (filters.year_from, filters.year_to, filters.date_from, filters.date_to)):
            found["published"] = int((self.alive & (self.first == 0)).sum())
        if filters.category is not None:
            found["categories"] = int((self.alive & (self.category == 0)).sum())
        if filters.has_code is not None:
            found["has_code"] = int((self.alive & (self.code < 0)).sum())
        if filters.source is not None:
            found["source"] = int((self.alive & (self.document == 0)).sum())
        if filters.author is not None:
            known = records.db.execute("SELECT count(*) FROM facts WHERE authors IS NOT NULL").fetchone()[0]
            found["authors"] = total - int(known)
        return found

    def facets(self, records: Records, hidden: Iterable[int] = ()) -> dict[str, Any]:
        """What can be filtered by: counts of years, categories, tags, collections and sources, and of papers with code.

        The rows `hidden` don't count.
        """
        categories: Counter[str] = Counter()
        alive = self.alive.copy()
        alive[[row for row in hidden if row < len(alive)]] = False
        for code, n in Counter(self.category[alive].tolist()).items():
            for name in filter(None, self._categories.values[code].split("\t")):
                categories[name] += n
        years = Counter((self.first[alive & (self.first > 0)] // 10_000).tolist())
        sources = Counter(self.document[alive & (self.document > 0)].tolist())
        own = {
            name: Counter(text for row, texts in rows.items() if row < len(alive) and alive[row] for text in texts)
            for name, rows in self._user_own(records).items()
        }
        return {
            **{name: dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))) for name, counts in own.items()},
            "papers": int(alive.sum()),
            "years": dict(sorted(years.items())),
            "categories": dict(sorted(categories.items(), key=lambda item: (-item[1], item[0]))),
            "sources": {self._documents.values[c]: n for c, n in sorted(sources.items(), key=lambda s: self._documents.values[s[0]])},
            "with_code": int((alive & (self.code == 1)).sum()),
            "dated": int((alive & (self.first > 0)).sum()),
        }


def _in_category(category: str, wanted: str) -> bool:
    """`cs.lg` is in `cs.lg` and in `cs`; `css.x` is not in `cs`."""
    return category == wanted or category.startswith(f"{wanted}.")


def _in_path(path: str, wanted: str) -> bool:
    """`thesis/chapter 2` is in `thesis`, in `chapter 2` and in itself; `theses` is in none of them."""
    return f"/{wanted}/" in f"/{path}/"
