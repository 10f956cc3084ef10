"""`python -m bench [all|ingest|latency|cold|memory|filters|growth|report]`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def main() -> None:
    """Read the command and run it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    growth = commands.add_parser("growth", help="one library grown from size to size")
    growth.add_argument("--sizes", default="1000,10000,100000")
    growth.add_argument("--limit-s", type=float, default=2100.0, help="seconds for all sizes together")
    growth.add_argument("--queries", type=int, default=200)
    for name, arguments in (("grow", ("folder", "size", "limit_s")), ("probe", ("folder", "queries")), ("top-up", ("folder",))):
        inner = commands.add_parser(name)
        for argument in arguments:
            inner.add_argument(argument)
    given = parser.parse_args()
    if given.command == "growth":
        from bench.growth import run

        run([int(s) for s in given.sizes.split(",")], limit_s=given.limit_s, n_queries=given.queries)
    elif given.command == "grow":
        from bench.growth import grow

        print(json.dumps(grow(Path(given.folder), int(given.size), limit_s=float(given.limit_s))))
    elif given.command == "probe":
        from bench.growth import probe

        print(json.dumps(probe(Path(given.folder), n_queries=int(given.queries))))
    elif given.command == "top-up":
        from bench.growth import top_up

        print(json.dumps(top_up(Path(given.folder))))


if __name__ == "__main__":
    main()
