"""The tables of docs/benchmarks.md, from the results that were kept.

Between markers a run replaces what it measured itself: its rows, or its columns of the growth table. Whatever else stands there stays,
also what was published before results were kept and has none. What stands outside the markers is left alone.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.measure import ROOT, results

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- {name}: written by python -m bench report -->", "<!-- /{name} -->"
BESIDE = "one core, same run"
_NONE = "-"


@dataclass(frozen=True, slots=True)
class Table:
    """A Markdown table, its cells as text, and the lines below it."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    below: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> Table:
        """The first table of a text, and what follows it."""
        lines = text.strip("\n").splitlines()
        n = next((i for i, line in enumerate(lines) if not line.startswith("|")), len(lines))
        cells = [tuple(cell.strip() for cell in line.strip().strip("|").split("|")) for line in lines[:n]]
        return cls(cells[0], tuple(cells[2:]), tuple(lines[n:])) if cells else cls((), (), tuple(lines))

    def __str__(self) -> str:
        """As Markdown."""
        table = [f"| {' | '.join(self.head)} |", f"|{' --- |' * len(self.head)}", *(f"| {' | '.join(row)} |" for row in self.rows)]
        return "\n".join([*(table if self.head else []), *self.below]).rstrip("\n")

    def turned(self) -> Table:
        """Rows as columns."""
        cells = list(zip(*(self.head, *self.rows), strict=True))
        return Table(cells[0], tuple(cells[1:]), self.below) if cells else self

    def taking(self, new: Table, *, key: Sequence[str]) -> Table:
        """This table with the rows of `new` in place of those that are equal in the columns `key`; new ones at the end.

        A column that one of the two lacks stands empty in its rows.
        """
        head = (*self.head, *(name for name in new.head if name not in self.head))

        def placed(table: Table) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
            named = [dict(zip(table.head, row, strict=False)) for row in table.rows]
            return [(tuple(row.get(k, _NONE) for k in key), tuple(row.get(name, _NONE) for name in head)) for row in named]

        ours: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for name, row in placed(new):
            ours.setdefault(name, []).append(row)
        rows: list[tuple[str, ...]] = []
        told: set[tuple[str, ...]] = set()
        for name, row in placed(self):
            rows += [row] if name not in ours else [] if name in told else ours[name]
            told.add(name)
        rows += [row for name, found in ours.items() if name not in told for row in found]
        return Table(head, tuple(rows), _below(self.below, new.below))


def _below(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """Lines, where an item (`- name: ...`) takes the place of that of its name."""
    items = {line.partition(":")[0]: line for line in new if line.startswith("- ")}
    kept = [items.pop(line.partition(":")[0], line) if line.startswith("- ") else line for line in old]
    if not any(line.startswith("- ") for line in kept) and items:
        kept += ["", "Measured on:", ""]
    return (*kept, *items.values())


def write(page: Path = PAGE) -> Path:
    """Bring every table up to the results."""
    held = results()
    text = page.read_text(encoding="utf-8")
    for name, update in (("speed", speed), ("growth", growth), ("filters", filters), ("chroma", chroma), ("ray", spread)):
        begin, end = BEGIN.format(name=name), END.format(name=name)
        if begin in text and end in text:
            before, rest = text.split(begin)
            block, after = rest.split(end)
            text = f"{before}{begin}\n{update(Table.read(block), held)}\n{end}{after}"
    page.write_text(text, encoding="utf-8")
    return page


def ran(record: Mapping[str, Any]) -> str:
    """Where and when, and how busy the machine was."""
    m = record["machine"]
    shared = f", shared: {m['load']:.0f} processes wanted its {m['cores']} cores" if m["load"] > m["cores"] else ""
    return f"{m['cpu']}, {m['cores']} cores, {m['memory_gb']:.0f} GB{shared}; {m['at'][:16].replace('T', ' ')}, commit {m['commit']}"


def beside(record: Mapping[str, Any]) -> str:
    """The calibration of a record's run, beside which its absolute figures mean something."""
    c = record["calibration"]
    return (
        f"reads {c['read_gb_per_s']:.1f} GB/s, int8 products {c['product_gflop_per_s']:.0f} GFLOP/s, "
        f"one embedding {c['embedding_ms']:.1f} ms"
    )


def spread(old: Table, held: Mapping[str, Any]) -> Table:
    """The same work by several numbers of workers, as ratios to one; none where others wanted the cores as well."""
    if "ray" not in held or _crowded(held["ray"]):
        return old
    record = held["ray"]
    rows, first = record["rows"], record["rows"][0]

    def ratio(name: str, row: Mapping[str, Any]) -> str:
        return f"{row[name] / first[name]:.2f}"

    table = [
        (
            str(row["workers"]),
            ratio("placed_per_s", row),
            ratio("embedded_per_s", row),
            ratio("answered_per_s", row),
            *(f"{row['search'][name]['p50_ms'] / row['search']['one']['p50_ms']:.2f}" for name in ("shards here", "shards on workers")),
        )
        for row in rows
    ]
    told = (
        f"With one worker {first['placed_per_s']:,.0f} papers were placed a second, {first['embedded_per_s']:,.0f} embedded, "
        f"{first['answered_per_s']:.1f} questions answered; the coordinating process took {first['coordinator_cpu_ms']:.1f} ms of "
        f"processor time a paper, and a shard {record['look_up_cpu_ms']:.2f} ms to say whether it knows one. "
        f"{record['papers']} papers, {record['shards']} shards, {record['questions']} questions; {beside(record)}."
    )
    head = ("workers", "papers placed and indexed", "papers embedded", "questions answered", "search p50: shards here", "shards on workers")
    below = (
        "",
        "By the clock, over one worker; searches over an ordinary library's in the same run.",
        "",
        told,
        "",
        "Measured on:",
        "",
        f"- ray: {ran(record)}",
    )
    return Table(head, tuple(table), below)


def speed(old: Table, held: Mapping[str, Any]) -> Table:
    """What a row says: figure, peer, ratio, target, limit, the machine."""
    makers = {"ingest": _ingest, "words": _words, "cold": _cold, "latency": _latency, "memory": _memory, "page": _page}
    rows: list[tuple[str, ...]] = [(*row, beside(held[name])) for name, made in makers.items() if name in held for row in made(held[name])]
    machines = tuple(f"- {name}: {ran(held[name])}" for name in makers if name in held)
    head = ("command", "figure", "peer, same run", "ratio", "target", "limit, share reached", BESIDE)
    return old.taking(Table(head, tuple(rows), machines), key=("command",)) if rows else old


def _words(w: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            "`python -m bench words`",
            f"searchable by words: {w['per_s']:,.0f} papers/s by the clock, {w['per_thread_s']:,.0f} a second of the reading thread",
            _NONE,
            f"{w['per_s'] / 3000:.2f} of 3,000 by the clock, {w['per_thread_s'] / 3000:.2f} by the reading thread's time",
            ">= 3,000/s",
            f"{w['per_cpu_s']:,.0f} a second of all processor time: records on one core, the keyword index on another",
        )
    ]


def _memory(m: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            "`python -m bench memory`",
            f"server at {m['papers']:,} papers: peak {m['peak']:.0f} MB, {m['own']:.0f} MB of it not mapped files",
            _NONE,
            f"{m['peak'] / 1200:.2f} of 1.2 GB",
            "< 1.2 GB",
            _NONE,
        )
    ]


def _page(record: Mapping[str, Any]) -> list[tuple[str, ...]]:
    o, m = record["opened"], record["map"]
    where = f"{m['papers']:,} papers" + (", bulk" if record.get("bulk") else "")
    crowded = _crowded(record)
    clock = "" if crowded else f"{m['s']:.1f} s, "
    share = "" if crowded else f"{m['s'] / 10:.2f} of 10 s by the clock, "
    wanted = f"; {record['machine']['load']:.0f} processes wanted the cores" if crowded else ""
    times = f"first paint {o['painted_ms']:.0f} ms, the box ready {o['ready_ms']:.0f} ms, examples {o['examples_ms']:.0f} ms"
    return [
        (
            "`python -m bench page`",
            f"page opened, median of {o['visitors']} visitors: {times}{wanted}",
            _NONE,
            _NONE,
            _NONE,
            "server and browser share the cores",
        ),
        (
            "`python -m bench page`",
            f"map of topics, {where}: {clock}{m['cpu_s']:.1f} s of processor time",
            _NONE,
            f"{share}{m['cpu_s'] / 10:.2f} of 10 s by processor time",
            "< 10 s",
            _NONE,
        ),
    ]


def _ingest(record: Mapping[str, Any]) -> list[tuple[str, ...]]:
    command = "`python -m bench ingest`"
    peer = record.get("llamaindex") or []
    theirs = _rates(peer) if peer else f"skipped: {record.get('llamaindex_skipped', 'no result')}"
    e = record["embedding"]
    limit = f"one text of 256 word pieces takes {e['text_ms']:.1f} ms of a core = {e['gflop_per_s']:.0f} GFLOP/s"
    rows: list[tuple[str, ...]] = []
    for kind, label, target in (("equal", "ingest, equal tokens", "3x"), ("tails", "ingest, tails covered", "2x")):
        found = record[kind]
        vectors_ms = statistics.median(r["cpu_s"] for r in found) / statistics.median(r["chunks"] for r in found) * 1e3
        ratio = f"{record[f'{kind}_ratio_s']:.1f}x by the clock, {record[f'{kind}_ratio_cpu_s']:.1f}x by processor time" if peer else _NONE
        share = f"{limit}; a vector cost {vectors_ms:.1f} ms in all" if kind == "tails" else limit
        rows.append((command, f"{label}: {_rates(found)}", theirs, ratio, f">= {target}", share))
    return rows


def _rates(found: Sequence[Mapping[str, Any]]) -> str:
    """Medians of the repeats."""
    clock = statistics.median(r["papers"] / r["s"] for r in found)
    cpu = statistics.median(r["papers"] / r["cpu_s"] for r in found)
    return f"{clock:.0f} papers/s ({cpu:.0f} a processor second)"


def _cold(record: Mapping[str, Any]) -> list[tuple[str, ...]]:
    ask, imports, help_, python = (record[name] for name in ("ask", "imports", "help", "python"))
    return [
        (
            "`python -m bench cold`",
            f"`footnote ask`: {ask['median_s']:.2f} s ({ask['cpu_s']:.2f} s of processor time)",
            f"imports of chromadb, onnxruntime, tokenizers: {imports['median_s']:.2f} s ({imports['cpu_s']:.2f} s)",
            f"{record['ask_to_imports']:.2f}x by the clock, {record['ask_to_imports_cpu']:.2f}x by processor time",
            "<= 2x",
            f"an empty Python: {python['median_s']:.2f} s",
        ),
        (
            "`python -m bench cold`",
            f"`footnote --help`: {help_['median_s']:.2f} s ({help_['cpu_s']:.2f} s of processor time)",
            _NONE,
            f"{help_['median_s'] / 0.4:.2f} of 0.4 s",
            "<= 0.4 s",
            f"an empty Python: {python['median_s']:.2f} s",
        ),
    ]


def _latency(record: Mapping[str, Any]) -> list[tuple[str, ...]]:
    search, ask = record["search"], record["ask"]
    gb_per_s = record["calibration"]["read_gb_per_s"]
    floor = record["vectors_mb"] / gb_per_s
    where = f"{record['papers']:,} papers, {record['chunks']:,} vectors" + (", bulk" if record.get("bulk") else "")
    alone = record.get("vectors")
    compared = (
        (
            "`python -m bench latency`",
            f"comparing the vectors of a search: processor time p50 {alone['cpu_p50_ms']:.1f} ms",
            _NONE,
            f"{alone['ratio']:.1f}x of reading their int8 form once",
            "<= 2x",
            f"reading it, in turn: {alone['read_once_cpu_ms']:.1f} ms",
        )
        if alone
        else None
    )
    return [
        (
            "`python -m bench latency`",
            f"`search`, {where}: {_told(search, record)}",
            _NONE,
            _share(search, 10, record),
            "p50 <= 10 ms",
            f"reading all int8 vectors once at {gb_per_s:.1f} GB/s: {floor:.1f} ms",
        ),
        (
            "`python -m bench latency`",
            f"offline answer, {ask['n']} questions: {_told(ask, record)}",
            _NONE,
            _share(ask, 150, record),
            "p50 <= 150 ms",
            _NONE,
        ),
        *([compared] if compared else []),
    ]


def _crowded(record: Mapping[str, Any]) -> bool:
    """Whether so many wanted the cores that the clock tells of them alone."""
    return bool(record["machine"]["load"] > 2 * record["machine"]["cores"])


def _told(found: Mapping[str, float], record: Mapping[str, Any]) -> str:
    """As `_times`, without the clock where others kept the machine busy."""
    m = record["machine"]
    crowded = (
        f"processor time p50 {found['cpu_p50_ms']:.1f} ms; not by the clock, since {m['load']:.0f} processes wanted {m['cores']} cores"
    )
    return crowded if _crowded(record) else _times(found)


def _share(found: Mapping[str, float], target_ms: float, record: Mapping[str, Any]) -> str:
    """Over the target, and over one embedding of the same run."""
    clock = "" if _crowded(record) else f"{found['p50_ms'] / target_ms:.1f} of {target_ms:.0f} ms by the clock, "
    embeddings = found["cpu_p50_ms"] / record["calibration"]["embedding_ms"]
    return f"{clock}{found['cpu_p50_ms'] / target_ms:.1f} of {target_ms:.0f} ms by processor time, {embeddings:.1f} embeddings"


def _times(found: Mapping[str, float]) -> str:
    """Clock, and what of it was work."""
    return f"p50 {found['p50_ms']:.1f} ms, p95 {found['p95_ms']:.1f} ms (processor time p50 {found['cpu_p50_ms']:.1f} ms)"


def _grown(held: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [row for name, record in held.items() if name.startswith("growth") for row in record["rows"]]


def growth(old: Table, held: Mapping[str, Any]) -> Table:
    """A column a size."""
    found = sorted(_grown(held), key=lambda row: int(row["papers"]))
    if not found:
        return old
    lines: dict[str, list[str]] = {"papers": [f"{row['papers']:,}" for row in found]}

    def line(label: str, value: Any, needs: str = "papers") -> None:
        lines[label] = [_NONE if row.get(needs) is None else str(value(row)) for row in found]

    line("vectors", lambda r: r["vectors"])
    line("chunks", lambda r: f"{r['chunks']:,}")
    line(
        "added, searchable by words, papers/s", lambda r: f"{r['keyword_papers_per_s']:.0f} ({r['keyword_papers_per_cpu_s']:.0f})", "added"
    )
    line("vectors stored, papers/s", lambda r: f"{r['vector_papers_per_s']:.0f} ({r['vector_papers_per_cpu_s']:.0f})", "added")
    line("index on disk, MB", lambda r: f"{r['size_mb']['all']:.0f}")
    for part in ("papers", "keywords", "vectors", "chroma"):
        line(f"- {part}", lambda r, p=part: f"{r['size_mb'].get(p, 0):.0f}")
    line("memory after searching, MB: peak, own", lambda r: f"{r['probe']['memory_mb']['peak']:.0f}, {r['probe']['memory_mb']['own']:.0f}")
    line("opening the library, ms", lambda r: f"{r['probe']['open_s'] * 1e3:.0f}")
    line("first search after it, ms", lambda r: f"{r['probe']['first_search_s'] * 1e3:.0f}")
    for label, key in (
        ("search", "search"),
        ("- embedding the query", "embed_query"),
        ("- keyword ranking", "keyword"),
        ("- vectors", "dense"),
    ):
        line(
            f"{label}: p50, p95 ms (processor p50)",
            lambda r, k=key: f"{r['probe'][k]['p50_ms']:.1f}, {r['probe'][k]['p95_ms']:.1f} ({r['probe'][k]['cpu_p50_ms']:.1f})",
        )
    line(
        "p50 / log2(papers), ms (processor time)",
        lambda r: f"{r['probe']['search']['cpu_p50_ms'] / (int(r['papers']).bit_length() - 1):.2f}",
    )
    line(
        "adding 100 papers: s until found by words, s until they have vectors",
        lambda r: f"{r['top_up']['words_s']:.1f}, {r['top_up']['vectors_s']:.1f}",
        "top_up",
    )
    line("MB written for it: words, vectors", lambda r: f"{r['top_up']['words_mb']:.1f}, {r['top_up']['vectors_mb']:.1f}", "top_up")
    line("processes that wanted the cores", lambda r: f"{r['machine']['load']:.0f}")
    line("measured on", ran)
    line(BESIDE, beside)
    new = Table(tuple(lines), tuple(zip(*lines.values(), strict=True)))
    joint = old.turned().taking(new, key=("papers", "vectors"))
    rows = sorted(joint.rows, key=lambda row: int(row[joint.head.index("papers")].replace(",", "")))
    return Table(joint.head, tuple(rows), joint.below).turned()


def filters(old: Table, held: Mapping[str, Any]) -> Table:
    """A row a size and share: a search's time over that of one without a filter, and hits lost. Of two runs of a size the later one."""
    alone = held["filters"]["rows"] if "filters" in held else []
    latest: dict[int, dict[str, Any]] = {}
    for row in sorted([*_grown(held), *alone], key=lambda row: str(row["machine"]["at"])):
        latest[int(row["papers"])] = row
    rows: list[tuple[str, ...]] = []
    for papers, row in sorted(latest.items()):
        # Beside the filtered ones in time, so that a busy neighbour is in both.
        plain = next((f for f in row["probe"]["filtered"] if f["share"] == 1.0), row["probe"]["search"])
        rows += [
            (
                f"{papers:,}",
                f"{found['share']:.1%} ({found['papers']:,})",
                _times(found),
                f"{found['p50_ms'] / plain['p50_ms']:.2f}x, {found['cpu_p50_ms'] / plain['cpu_p50_ms']:.2f}x",
                f"{found['lost']} of {found['of']:,}",
                beside(row),
            )
            for found in row["probe"]["filtered"]
        ]
    head = ("papers", "kept", "`search` under the filter", "over no filter: clock, processor", "hits lost", BESIDE)
    joint = old.taking(Table(head, tuple(rows)), key=("papers",)) if rows else old
    return Table(joint.head, tuple(sorted(joint.rows, key=lambda row: int(row[0].replace(",", "")))), joint.below)


_WAYS = {
    "matrix": "matrix, all compared",
    "groups": "matrix, nearest groups",
    "chroma": "Chroma embedded, 100 looked at",
    "chroma 400": "Chroma embedded, 400 looked at",
    "server": "Chroma server, 100 looked at",
}


def chroma(old: Table, held: Mapping[str, Any]) -> Table:
    """A row a size and way: a query's time, what a process takes before and beside it, and how many of the nearest twenty it finds."""
    rows = []
    for row in held["chroma"]["rows"] if "chroma" in held else []:
        least = row["matrix"]["cpu_p50_ms"]
        for way, name in _WAYS.items():
            found = row[way]
            cpu = found["cpu_p50_ms"] + found.get("server_cpu_ms", 0.0)
            memory = f"{found['memory_mb']['peak']:.0f}, {found['memory_mb']['own']:.0f}"
            if "server_memory_mb" in found:
                memory += f"; server {found['server_memory_mb']['peak']:.0f}, {found['server_memory_mb']['own']:.0f}"
            kind = way.split()[0] if way != "server" else "chroma"
            kind = "groups" if way == "groups" else "vectors" if way == "matrix" else kind
            made = row["cpu_s"]["matrix" if kind == "vectors" else kind]
            rows.append(
                (
                    f"{row['size']:,}",
                    name,
                    f"{found['p50_ms']:.1f}, {found['p95_ms']:.1f} ({cpu:.1f})",
                    f"{cpu / least:.1f}x",
                    f"{found['recall']:.3f}",
                    f"{found['cold_s']:.1f} ({found['cold_cpu_s']:.2f})",
                    memory,
                    f"{made:.1f}, {row['size_mb'][kind]:.0f}",
                    beside(row),
                )
            )
    head = (
        "vectors",
        "way",
        "query: p50, p95 ms (processor p50)",
        "over the matrix, processor",
        "recall@20",
        "first answer of a process, s (processor)",
        "its memory, MB: peak, own",
        "made in s of processor time, MB on disk",
        BESIDE,
    )
    return old.taking(Table(head, tuple(rows)), key=("vectors",)) if rows else old
