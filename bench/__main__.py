"""`python -m bench [all|ingest|words|latency|cold|memory|page|filters|growth|chroma|report]`; without a command: all but Chroma's index.

Results go to docs/benchmarks as data, tables to docs/benchmarks.md: a run replaces its own and leaves the others.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from bench.measure import WORK
from rag.errors import FootnoteError


def main() -> None:
    """Read the command and run it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    every = commands.add_parser("all", help="ingest, cold start, growth, latency and memory, then the tables")
    ingest = commands.add_parser("ingest", help="papers in, against the peer")
    words = commands.add_parser("words", help="papers in, searchable by words")
    for one in (every, ingest):
        one.add_argument("--papers", type=int, default=300)
    for one in (every, words):
        one.add_argument("--words", type=int, default=20_000, help="papers for the rate of the keyword index")
    commands.add_parser("cold", help="from nothing to an answer")
    for name, text in (
        ("latency", "a warm search and answer"),
        ("memory", "a serving process"),
        ("page", "the page in a browser"),
        ("filters", "searches under filters"),
    ):
        one = commands.add_parser(name, help=text)
        one.add_argument("--papers", type=int, default=100_000)
        one.add_argument("--bulk", action="store_true", help="over a library written around identity and Chroma, made in two minutes")
        one.add_argument("--queries", type=int, default=200)
    growth = commands.add_parser("growth", help="one library grown from size to size")
    for one in (every, growth):
        one.add_argument("--sizes", default="1000,10000,100000")
        one.add_argument("--limit-s", type=float, default=2100.0, help="seconds for all sizes together")
        one.add_argument("--queries", type=int, default=200)
        one.add_argument("--name", default="growth", help="of the library and of the results")
        one.add_argument("--bulk", action="store_true", help="write around identity and Chroma: for searching at a million papers")
        one.add_argument("--continue", dest="go_on", action="store_true", help="grow the library of the last run further")
    chroma = commands.add_parser("chroma", help="Chroma's own index against ours")
    chroma.add_argument("--sizes", default="100000")
    spread = commands.add_parser("ray", help="1, 2 and 4 workers of a Ray cluster of this machine (extra ray)")
    spread.add_argument("--papers", type=int, default=600)
    spread.add_argument("--questions", type=int, default=40)
    commands.add_parser("report", help="write the tables from the results")
    # What the commands above run in processes of their own; the last line printed is JSON.
    for name, arguments in _INNER.items():
        inner = commands.add_parser(name)
        for argument in arguments:
            inner.add_argument(argument)
    given = parser.parse_args()
    if given.command in _INNER:
        print(json.dumps(_inner(given)))
        return
    command = given.command or "all"
    if given.command is None:
        given = parser.parse_args(["all"])
    from bench.report import write

    try:
        _run(command, given)
        print(f"tables in {write()}")
    except FootnoteError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


_INNER = {
    "grow": ("folder", "size", "limit_s"),
    "fill": ("folder", "size", "limit_s"),
    "fill-parts": ("folder", "size", "limit_s"),
    "probe": ("folder", "queries"),
    "top-up": ("folder",),
    "ingest-once": ("folder", "papers", "kind"),
    "words-once": ("folder", "papers"),
    "latency-once": ("folder", "queries"),
    "map-once": ("folder",),
    "chroma-fill": ("folder", "size"),
    "spread-fill": ("folder", "papers"),
    "spread-once": ("folder", "papers", "questions", "workers"),
    "chroma-ask": ("folder", "way", "url"),
}


def _inner(given: argparse.Namespace) -> dict[str, Any]:
    """One measurement, in this process."""
    from bench import bulk, chroma, growth, ingest, latency, page, spread

    folder = Path(given.folder)
    match given.command:
        case "grow":
            return growth.grow(folder, int(given.size), limit_s=float(given.limit_s))
        case "fill":
            return bulk.fill(folder, int(given.size), limit_s=float(given.limit_s))
        case "fill-parts":
            return bulk.fill(folder, int(given.size), limit_s=float(given.limit_s), in_parts=True)
        case "probe":
            return growth.probe(folder, n_queries=int(given.queries))
        case "top-up":
            return growth.top_up(folder)
        case "ingest-once":
            return ingest.ours(folder, int(given.papers), tails=given.kind == "tails")
        case "words-once":
            return ingest.words(folder, int(given.papers))
        case "spread-fill":
            return spread.fill(folder, int(given.papers))
        case "spread-once":
            return spread.once(folder, int(given.papers), int(given.questions), int(given.workers))
        case "map-once":
            return page.drawn(folder)
        case "chroma-fill":
            return chroma.fill(folder, int(given.size))
        case "chroma-ask":
            return chroma.ask(folder, given.way, given.url)
        case _:
            return latency.measured(folder, n_queries=int(given.queries))


def _run(command: str, given: argparse.Namespace) -> None:
    """One command, or all."""
    from bench import chroma, cold, growth, ingest, memory, page, spread
    from bench.measure import apart, calibration, machine, save

    if command in {"all", "ingest"}:
        ingest.run(given.papers)
    if command in {"all", "words"}:
        save("words", apart("words-once", str(WORK / "ingest"), str(given.words)))
    if command in {"all", "cold"}:
        cold.run()
    if command in {"all", "growth"}:
        how = {"limit_s": given.limit_s, "n_queries": given.queries, "go_on": given.go_on, "bulk": given.bulk, "name": given.name}
        growth.run([int(s) for s in given.sizes.split(",")], **how)
    if command == "ray":
        spread.run(given.papers, given.questions)
    if command == "chroma":
        chroma.run([int(s) for s in given.sizes.split(",")])
    bulk = command in {"latency", "memory", "page", "filters"} and given.bulk
    folder = WORK / ("bulk" if bulk else "growth")
    if command in {"latency", "memory", "page", "filters"}:
        growth.ensure(folder, given.papers, bulk=bulk)
    if command in {"all", "latency"}:
        save("latency", {**apart("latency-once", str(folder), str(given.queries)), "bulk": bulk})
    if command in {"all", "memory"}:
        save("memory", {"papers": growth.held(folder), **memory.measured(folder)})
    if command in {"all", "page"}:
        save("page", {"opened": page.opened(), "map": apart("map-once", str(folder)), "bulk": bulk})
    if command == "filters":
        probed = apart("probe", str(folder), str(given.queries))
        row = {"papers": probed["papers"], "probe": probed, "machine": machine(), "calibration": calibration()}
        save("filters", {"rows": [row], "calibration": row["calibration"]}, row="papers")


if __name__ == "__main__":
    main()
