"""Papers carried from one library to another with all that is theirs: record, identity, origins, decisions and vectors as they are stored.

Nothing is embedded or decided again. Carrying twice changes nothing: a paper whose id is there already is not put a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag import chunking, identity
from rag.library.adding import finish
from rag.library.origins import of_row
from rag.library.vectors import store, text_code, unpack
from rag.store.matrix import Coded
from rag.store.records import dump, load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rag.library.origins import Origin
    from rag.library.parts import Parts

PAGE = 2000
"""Papers that are carried together."""

MANIFEST = ("embedder", "dimension", "chunking")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A paper with what a library knows of it. `followed`: (place, item, stamp, source). No `spans`: it has no vectors yet."""

    record: str
    keys: tuple[str, ...]
    sketch: tuple[int, ...]
    seen: tuple[int, ...]
    origins: tuple[Any, ...]
    followed: tuple[tuple[str, str, str, str | None], ...]
    spans: tuple[tuple[int, int], ...] = ()
    vectors: Coded | None = None


def lift(parts: Parts, rows: Sequence[int]) -> list[Parcel]:
    """The papers in these rows, in that order; they stay where they are. The caller sees to it that nobody writes meanwhile."""
    db, marks = parts.records.db, ",".join(map(str, rows))
    keys, seen, followed = _gathered(rows), _gathered(rows), _gathered(rows)
    for key, row in db.execute(f"SELECT key, row FROM identity WHERE row IN ({marks}) ORDER BY key"):
        keys[row].append(key)
    for code, row in db.execute(f"SELECT code, row FROM seen WHERE row IN ({marks})"):
        seen[row].append(code)
    for row, *noted in db.execute(f"SELECT row, place, item, stamp, source FROM followed WHERE row IN ({marks})"):
        followed[row].append(tuple(noted))
    facts = {row: (slot, unpack(spans)) for row, slot, spans in db.execute(f"SELECT row, slot, spans FROM facts WHERE row IN ({marks})")}
    records = dict(db.execute(f"SELECT row, record FROM papers WHERE row IN ({marks})"))
    view, found = parts.view(), []
    for row in rows:
        slot, spans = facts[row]
        found.append(
            Parcel(
                record=records[row],
                keys=tuple(keys[row]),
                sketch=_sketch(load(records[row]).abstract, of_row(parts.records, row)),
                seen=tuple(seen[row]),
                origins=tuple(parts.records.origins(row)),
                followed=tuple(followed[row]),
                spans=tuple(spans) if slot is not None else (),
                vectors=view.coded(range(slot, slot + len(spans))) if slot is not None else None,
            )
        )
    return found


def _gathered(rows: Sequence[int]) -> dict[int, list[Any]]:
    return {row: [] for row in rows}


def _sketch(abstract: str, origins: Sequence[Origin]) -> tuple[int, ...]:
    """The codes that lead to a paper: those of its abstract and of all that it was made of."""
    codes = {*identity.sketch(abstract)}
    for origin in origins:
        codes.update(_sketch(origin.paper.abstract, origin.origins))
    return tuple(sorted(codes))


def put(parts: Parts, parcels: Sequence[Parcel], manifest: Mapping[str, Any]) -> list[int]:
    """Put papers into a library, in new rows and in order; their rows. `manifest`: what their vectors were made with."""
    with parts.writing():
        records = parts.records
        with records.transaction():
            held = records.all_meta()
            records.set_meta(**{key: manifest[key] for key in MANIFEST if key in manifest and key not in held})
            rows = [_put(parts, parcel) for parcel in parcels]
            records.bump()
        lacking = {row for row in rows if records.db.execute("SELECT 1 FROM facts WHERE row = ? AND slot IS NULL", (row,)).fetchone()}
        with_vectors = [(row, parcel) for row, parcel in zip(rows, parcels, strict=True) if parcel.vectors is not None and row in lacking]
        if with_vectors:
            spans = {row: parcel.spans for row, parcel in with_vectors}
            store(parts, spans, Coded.joined([p.vectors for _, p in with_vectors if p.vectors is not None]), _codes(parts, with_vectors))
        finish(parts)
        return rows


def _put(parts: Parts, parcel: Parcel) -> int:
    """Write one record with its identity; its row, which it may have had."""
    records, paper = parts.records, load(parcel.record)
    there = records.db.execute("SELECT row FROM papers WHERE paper_id = ?", (paper.paper_id,)).fetchone()
    if there is not None:
        return int(there[0])
    seq = records.next_seq()
    row = records.put(paper, row=None, seq=seq, keys=parcel.keys, sketch=parcel.sketch, text_changed=True, dumped=dump(paper))
    records.put_origins(row, parcel.origins)
    records.db.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?)", [(code, row) for code in parcel.seen])
    followed = [(place, item, stamp, row, source) for place, item, stamp, source in parcel.followed]
    records.db.executemany("INSERT OR REPLACE INTO followed VALUES (?, ?, ?, ?, ?)", followed)
    return row


def _codes(parts: Parts, parcels: Sequence[tuple[int, Parcel]]) -> list[bytes]:
    """The codes of the texts behind the vectors, in order."""
    embedder, found = str(parts.records.meta("embedder")), []
    for _, parcel in parcels:
        paper = load(parcel.record)
        found += [text_code(embedder, chunking.embedding_text(paper.title, paper.abstract[a:b])) for a, b in parcel.spans]
    return found


def drop(parts: Parts, rows: Sequence[int]) -> None:
    """Take papers that were carried away out of a library."""
    with parts.writing():
        with parts.records.transaction():
            for row in rows:
                parts.records.delete(row, seq=parts.records.next_seq())
            parts.records.bump()
        finish(parts)


def family(parts: Parts, rows: Sequence[int]) -> list[int]:
    """These rows and all that are bound to them: versions of a work, pairs that may be one paper, pairs that were told apart."""
    records, found, new = parts.records, set(rows), set(rows)
    while new:
        own = sorted(new)
        names = records.paper_ids(own)
        works = {work for work, _ in records.keys_from("work:", own)}
        bound = {row for row in (records.row_of(name) for kind in ("maybe:", "apart:") for name, _ in records.keys_from(kind, own)) if row}
        wanted = [f"work:{work}" for work in works] + [f"{kind}{name}" for name in names.values() for kind in ("maybe:", "apart:")]
        for start in range(0, len(wanted), 900):
            part = wanted[start : start + 900]
            marks = ",".join("?" * len(part))
            bound |= {int(row) for (row,) in records.db.execute(f"SELECT row FROM identity WHERE key IN ({marks})", part)}
        new = bound - found
        found |= new
    return sorted(found)


def families(parts: Parts) -> dict[int, int]:
    """For every paper that is bound to others the first row of all that are; papers for themselves are left out."""
    found: dict[int, int] = {}
    bound = sorted({row for kind in ("work:", "maybe:", "apart:") for _, row in parts.records.keys_from(kind)})
    for row in bound:
        if row not in found:
            members = family(parts, [row])
            found.update(dict.fromkeys(members, members[0]))
    return found
