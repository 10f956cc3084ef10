"""The tables of docs/benchmarks.md, from the results that were kept: what is between markers is replaced, the rest left alone."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from bench.measure import ROOT, results

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- {name}: written by python -m bench report -->", "<!-- /{name} -->"


def write(page: Path = PAGE) -> Path:
    """Render every table that there are results for."""
    held = results()
    text = page.read_text(encoding="utf-8")
    for name, render in (("speed", speed), ("growth", growth), ("filters", filters)):
        begin, end = BEGIN.format(name=name), END.format(name=name)
        if begin in text and end in text:
            before, rest = text.split(begin)
            text = f"{before}{begin}\n{render(held)}\n{end}{rest.split(end)[1]}"
    page.write_text(text, encoding="utf-8")
    return page


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; numbers are the caller's to format."""
    return "\n".join([f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)])


def ran(record: dict[str, Any]) -> str:
    """Where and when, and how busy the machine was."""
    m = record["machine"]
    shared = f", shared: {m['load']:.0f} processes wanted its {m['cores']} cores" if m["load"] > m["cores"] else ""
    return f"{m['cpu']}, {m['cores']} cores, {m['memory_gb']:.0f} GB{shared}; {m['at'][:16].replace('T', ' ')}, commit {m['commit']}"


def speed(held: dict[str, Any]) -> str:
    """What a row says: figure, peer, ratio, target, limit."""
    rows: list[list[str]] = []
    if "ingest" in held:
        rows += _ingest(held["ingest"])
    if "words" in held:
        w = held["words"]
        rows.append(
            [
                "`python -m bench words`",
                f"searchable by words: {w['per_s']:,.0f} papers/s by the clock, {w['per_thread_s']:,.0f} a second of the reading thread",
                "-",
                f"{w['per_s'] / 3000:.2f} of 3,000 by the clock, {w['per_thread_s'] / 3000:.2f} by the reading thread's time",
                ">= 3,000/s",
                f"{w['per_cpu_s']:,.0f} a second of all processor time: records on one core, the keyword index on another",
            ]
        )
    if "cold" in held:
        rows += _cold(held["cold"])
    if "latency" in held:
        rows += _latency(held["latency"])
    if "memory" in held:
        m = held["memory"]
        rows.append(
            [
                "`python -m bench memory`",
                f"server at {m['papers']:,} papers: peak {m['peak']:.0f} MB, {m['own']:.0f} MB of it not mapped files",
                "-",
                f"{m['peak'] / 1200:.2f} of 1.2 GB",
                "< 1.2 GB",
                "-",
            ]
        )
    machines = [f"- {name}: {ran(held[name])}" for name in ("ingest", "words", "cold", "latency", "memory") if name in held]
    head = ("command", "figure", "peer, same run", "ratio", "target", "limit, share reached")
    return "\n".join([table(head, rows), "", "Measured on:", "", *machines])


def _ingest(record: dict[str, Any]) -> list[list[str]]:
    command = "`python -m bench ingest`"
    peer = record.get("llamaindex") or []
    theirs = _rates(peer) if peer else f"skipped: {record.get('llamaindex_skipped', 'no result')}"
    e = record["embedding"]
    limit = f"one text of 256 word pieces takes {e['text_ms']:.1f} ms of a core = {e['gflop_per_s']:.0f} GFLOP/s"
    rows = []
    for kind, label, target in (("equal", "ingest, equal tokens", "3x"), ("tails", "ingest, tails covered", "2x")):
        found = record[kind]
        vectors_ms = statistics.median(r["cpu_s"] for r in found) / statistics.median(r["chunks"] for r in found) * 1e3
        ratio = f"{record[f'{kind}_ratio_s']:.1f}x by the clock, {record[f'{kind}_ratio_cpu_s']:.1f}x by processor time" if peer else "-"
        share = f"{limit}; a vector cost {vectors_ms:.1f} ms in all" if kind == "tails" else limit
        rows.append([command, f"{label}: {_rates(found)}", theirs, ratio, f">= {target}", share])
    return rows


def _rates(found: Sequence[dict[str, Any]]) -> str:
    """Medians of the repeats."""
    clock = statistics.median(r["papers"] / r["s"] for r in found)
    cpu = statistics.median(r["papers"] / r["cpu_s"] for r in found)
    return f"{clock:.0f} papers/s ({cpu:.0f} a processor second)"


def _cold(record: dict[str, Any]) -> list[list[str]]:
    ask, imports, help_, python = (record[name] for name in ("ask", "imports", "help", "python"))
    return [
        [
            "`python -m bench cold`",
            f"`footnote ask`: {ask['median_s']:.2f} s ({ask['cpu_s']:.2f} s of processor time)",
            f"imports of chromadb, onnxruntime, tokenizers: {imports['median_s']:.2f} s ({imports['cpu_s']:.2f} s)",
            f"{record['ask_to_imports']:.2f}x by the clock, {record['ask_to_imports_cpu']:.2f}x by processor time",
            "<= 2x",
            f"an empty Python: {python['median_s']:.2f} s",
        ],
        [
            "`python -m bench cold`",
            f"`footnote --help`: {help_['median_s']:.2f} s ({help_['cpu_s']:.2f} s of processor time)",
            "-",
            f"{help_['median_s'] / 0.4:.2f} of 0.4 s",
            "<= 0.4 s",
            f"an empty Python: {python['median_s']:.2f} s",
        ],
    ]


def _latency(record: dict[str, Any]) -> list[list[str]]:
    search, ask = record["search"], record["ask"]
    floor = record["vectors_mb"] / record["read_gb_per_s"]
    where = f"{record['papers']:,} papers, {record['chunks']:,} vectors"
    return [
        [
            "`python -m bench latency`",
            f"`search`, {where}: {_times(search)}",
            "-",
            f"{search['p50_ms'] / 10:.1f} of 10 ms by the clock, {search['cpu_p50_ms'] / 10:.1f} by processor time",
            "p50 <= 10 ms",
            f"reading all int8 vectors once at {record['read_gb_per_s']:.0f} GB/s: {floor:.1f} ms",
        ],
        [
            "`python -m bench latency`",
            f"offline answer: {_times(ask)}",
            "-",
            f"{ask['p50_ms'] / 150:.1f} of 150 ms by the clock, {ask['cpu_p50_ms'] / 150:.1f} by processor time",
            "p50 <= 150 ms",
            "-",
        ],
    ]


def _times(found: dict[str, float]) -> str:
    """Clock, and what of it was work."""
    return f"p50 {found['p50_ms']:.1f} ms, p95 {found['p95_ms']:.1f} ms (processor time p50 {found['cpu_p50_ms']:.1f} ms)"


def _grown(held: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for name, record in held.items() if name.startswith("growth") for row in record["rows"]]


def growth(held: dict[str, Any]) -> str:
    """A column a size."""
    found = sorted(_grown(held), key=lambda row: int(row["papers"]))
    if not found:
        return "Not measured yet: `python -m bench growth`."
    rows = []

    def line(label: str, value: Any, needs: str = "papers") -> None:
        rows.append([label, *("-" if row.get(needs) is None else str(value(row)) for row in found)])

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
    line("processes that wanted the cores", lambda r: f"{r['machine']['load']:.0f}" if "machine" in r else "")
    head = ["papers", *(f"{row['papers']:,}" for row in found)]
    return "\n".join([table(head, rows), "", f"Measured on: {ran(held['growth'])}." if "growth" in held else ""])


def filters(held: dict[str, Any]) -> str:
    """A row a size and share: a search's time over that of one without a filter, and hits lost."""
    rows = []
    for row in sorted(_grown(held), key=lambda row: int(row["papers"])):
        # Beside the filtered ones in time, so that a busy neighbour is in both.
        plain = next((f for f in row["probe"]["filtered"] if f["share"] == 1.0), row["probe"]["search"])
        rows += [
            [
                f"{row['papers']:,}",
                f"{found['share']:.1%} ({found['papers']:,})",
                _times(found),
                f"{found['p50_ms'] / plain['p50_ms']:.2f}x, {found['cpu_p50_ms'] / plain['cpu_p50_ms']:.2f}x",
                f"{found['lost']} of {found['of']:,}",
            ]
            for found in row["probe"]["filtered"]
        ]
    head = ("papers", "kept", "`search` under the filter", "over no filter: clock, processor", "hits lost")
    return table(head, rows) if rows else "Not measured yet: `python -m bench growth`."
