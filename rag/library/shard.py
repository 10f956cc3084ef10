"""One of the ordinary libraries that a sharded one is made of, with what the others have to know of it.

Enter and leave only what can be carried to another process: records, numbers, arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rag.library import parcels
from rag.library.adding import Adder
from rag.library.core import Library
from rag.library.trouble import telling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rag.lexical import Statistics
    from rag.library.core import Papers, Rows, Scored, Sort
    from rag.library.parcels import Parcel
    from rag.sameness import Verdict
    from rag.schema import Filters, Paper

    Named = list[tuple[int, float, str]]
    """Rows with scores and paper_ids, which decide between equals."""

Field = Literal["text", "title"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A paper that looks for its place: the record, its code, keys, sketch, and the id that it would get."""

    paper: Paper
    code: int
    keys: tuple[str, ...]
    sketch: tuple[int, ...]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a shard holds of such a paper: the record itself (`seen`), the rows that may be it, the row that has its id."""

    seen: bool = False
    found: Mapping[int, Verdict] = field(default_factory=dict)
    named: int | None = None


@telling
class Shard(Library):
    """An ordinary library, as a part of a larger one."""

    def papers_of(self, rows: Sequence[int]) -> dict[int, Paper]:
        """The papers in these rows, by row."""
        return self._parts.records.papers(rows)

    # -- searching --------------------------------------------------------------------------------------------------------------

    def statistics(self, terms: Sequence[str], field: Field = "text") -> tuple[int, Statistics]:
        """The generation, and what BM25 knows of this shard and of these terms."""
        return self.generation, self._parts.keywords.statistics(terms, field)

    def ranked(
        self, weights: Mapping[str, float], *, k: int, filters: Filters | None, field: Field, among: Statistics
    ) -> tuple[int, Scored, float, float]:
        """The generation, the first `k` nearly as the whole library ranks them, and the factors within which their scores there lie."""
        generation = self.generation
        own, least, most = self._parts.keywords.towards(among, weights, field)
        return generation, self.keyword(own, k=k, filters=filters, field=field), least, most

    def scored(self, weights: Mapping[str, float], rows: Rows, *, field: Field, among: Statistics) -> tuple[int, Named]:
        """The generation, and the scores that these papers have in the whole library; those that share no term are left out."""
        return self.generation, self._with_names(self._parts.keywords.score(weights, rows, field=field, among=among))

    def nearest(self, vector: NDArray[np.float32], *, k: int, filters: Filters | None) -> Named:
        """As `dense`."""
        return self._with_names(self.dense(vector, k=k, filters=filters))

    def _with_names(self, found: Scored) -> Named:
        names = self._parts.records.paper_ids([row for row, _ in found])
        return [(row, score, names.get(row, "")) for row, score in found]

    def beginning(self, start: str) -> list[tuple[str, int]]:
        """Terms that begin so, with the number of papers, the commonest first."""
        self.refresh()
        return self._parts.keywords.beginning(start)

    def listed(
        self, filters: Filters | None, *, text: str | None, sort: Sort, limit: int | None, every_version: bool
    ) -> tuple[Rows, Papers]:
        """The first papers of such a list, with their rows."""
        self.refresh()
        rows = self._matching(filters, text, sort, every_version=every_version)[:limit]
        papers = self._parts.records.papers(rows)
        kept = [row for row in rows if row in papers]
        return kept, [papers[row] for row in kept]

    def named(self, paper_ids: Sequence[str]) -> list[tuple[bool, int] | None]:
        """For each id, alias or key whether it is a paper's very id, and the row; None where it is unknown."""
        found: list[tuple[bool, int] | None] = []
        for paper_id in paper_ids:
            row = self._parts.records.row_of(paper_id)
            found.append(None if row is None else (self._parts.records.paper_ids([row]).get(row) == paper_id, row))
        return found

    def names_of(self, rows: Sequence[int]) -> dict[int, str]:
        """Row to paper_id."""
        return self._parts.records.paper_ids(rows)

    # -- placing ----------------------------------------------------------------------------------------------------------------

    def look_up(self, wanted: Sequence[Wanted]) -> list[Held | None]:
        """What is here of each of these papers; None where nothing is."""
        self.refresh()
        adder = Adder(self._parts)
        answer: list[Held | None] = []
        for one in wanted:
            if adder.seen(one.code) is not None:
                answer.append(Held(seen=True))
                continue
            found = {row: v for row, v in adder.found(one.paper, one.keys, one.sketch).items() if v != "apart"}
            named = self._parts.records.row_of(one.name)
            answer.append(Held(found=found, named=named) if found or named is not None else None)
        return answer

    def family(self, rows: Sequence[int]) -> Rows:
        """These rows and all that have to stay with them."""
        return parcels.family(self._parts, rows)

    def all_rows(self) -> Rows:
        """The rows of all papers, ascending."""
        return [int(row) for (row,) in self._parts.records.db.execute("SELECT row FROM papers ORDER BY row")]

    def lift(self, rows: Sequence[int]) -> list[Parcel]:
        """These papers with all that is theirs."""
        with self._parts.writing():
            return parcels.lift(self._parts, rows)

    def put(self, found: Sequence[Parcel], manifest: Mapping[str, Any]) -> Rows:
        """Take in papers from another library; their rows."""
        return parcels.put(self._parts, found, manifest)

    def drop(self, rows: Sequence[int]) -> None:
        """Let go of papers that were carried away."""
        parcels.drop(self._parts, rows)

    def manifest(self) -> dict[str, Any]:
        """What its vectors were made with; empty where there are none."""
        held = self._parts.records.all_meta()
        return {key: held[key] for key in parcels.MANIFEST if key in held} if int(held.get("slots", 0)) else {}

    def noted(self) -> list[tuple[str, str, str]]:
        """What was noted of places that are followed and belongs to no paper: (place, item, stamp)."""
        return list(self._parts.records.db.execute("SELECT place, item, stamp FROM followed WHERE row IS NULL"))

    def note_all(self, noted: Iterable[tuple[str, str, str]]) -> None:
        """Note the same."""
        with self._parts.writing(), self._parts.records.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO followed VALUES (?, ?, ?, NULL, NULL)", list(noted))
