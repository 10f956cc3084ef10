"""Small files that would grow, documents that would never end: a clear line, in little time and memory."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import threading
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_samples import ABSTRACT, bad_lines, put

from rag.batch import _lines
from rag.errors import SourceError
from rag.schema import Paper
from rag.sources import Account, read, write
from rag.sources.spreadsheets import guarded, unguarded

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = "@article{good, title={Gulls}, abstract={" + ABSTRACT + "}}\n"


def _doubling(steps: int, start: str = "x" * 10) -> str:
    return f'@string{{a0 = "{start}"}}\n' + "".join(f"@string{{a{n} = a{n - 1} # a{n - 1}}}\n" for n in range(1, steps + 1))


def _cost(work: Callable[[], object]) -> tuple[float, float]:
    """CPU seconds of this process and the peak of memory in megabytes."""
    tracemalloc.start()
    begun = time.process_time()
    work()
    spent, peak = time.process_time() - begun, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return spent, peak / 1e6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_doubling(24) + "@article{k, title={T}, abstract=a24}\n", "expand to more than"),
        (_doubling(9) + "@article{k, title={T}, abstract=" + " # ".join(["a9"] * 400) + "}\n", "expand to more than"),
        (_doubling(0) + "@article{k, title={T}, abstract=" + " # ".join(["a0"] * 20_000) + "}\n", "pieces"),
        ("@STRING ( b = {y} )\n@string{c = " + " # ".join(["b"] * 20_000) + "}\n@misc{k, title=c, abstract={x}}\n", "expand"),
        ('@article{k, title={T}, abstract={open and "' + "word word\n" * 20_000, "open"),
    ],
    ids=["doubling", "wide", "pieces", "one string", "open brace"],
)
def test_bibtex_that_would_grow(tmp_path: Path, text: str, said: str) -> None:
    """One bad line, and the entry behind it is read; a few megabytes and moments are enough."""
    path = put(tmp_path, text + GOOD)
    found: list[tuple[list[Paper], list[SourceError]]] = []
    spent, peak = _cost(lambda: found.append(bad_lines(path)))
    papers, errors = found[0]
    assert [paper.title for paper in papers] == ["Gulls"]
    assert [said in error.reason for error in errors] == [True]
    assert spent < 5
    assert peak < 60


def test_names_in_bibtex_are_told_once(tmp_path: Path) -> None:
    """Names are resolved in order, a later definition holds from there on, and many of them cost no more than as many entries."""
    entry = "@misc{{k{n}, title={{T{n}}}, abstract={{" + ABSTRACT + "}}, author = who # {{ and }} # {{Bo Li}}, month = mar, year = 2020}}\n"
    text = "".join(f'@string{{who = "Ann Number{n}"}}\n@string{{s{n} = "x"}}\n' + entry.format(n=n) for n in range(90))
    papers, errors = bad_lines(put(tmp_path, text))
    assert errors == []
    assert [paper.authors for paper in papers] == [(f"Ann Number{n}", "Bo Li") for n in range(90)]
    assert {paper.published for paper in papers} == {"2020-03"}


def test_many_large_names_are_too_many(tmp_path: Path) -> None:
    """What all entries together expand to is bounded as well: each below the limit is not enough."""
    text = _doubling(14) + "".join(f"@misc{{k{n}, title={{T}}, abstract=a12}}\n" for n in range(3_000))
    papers, errors = bad_lines(put(tmp_path, text))
    assert len(errors) > 2_900
    assert "expand" in errors[-1].reason
    assert papers == []
    small = _doubling(6) + "".join(f"@misc{{k{n}, title={{T{n}}}, abstract=" + " # ".join(["a6"] * 25) + "}\n" for n in range(200))
    papers, errors = bad_lines(put(tmp_path, small))
    assert len(papers) + len(errors) == 200
    assert "expand" in errors[-1].reason


def test_an_open_quotation_mark_takes_no_rows_along(tmp_path: Path) -> None:
    """The row is the bad line; the rows behind it are read, quoted or not."""
    plain = "".join(f"T{n},{ABSTRACT.replace(',', ' ')},2020\n" for n in range(2_000))
    quoted = "".join(f'T{n},"{ABSTRACT}",2020\n' for n in range(50))
    for rows in (plain, quoted, plain + quoted):
        papers, errors = bad_lines(put(tmp_path, 'title,abstract,year\nbad,"never closed,2020\n' + rows))
        assert len(papers) == rows.count("\n")
        assert [(error.line, "not closed" in error.reason) for error in errors] == [(2, True)]


def test_reading_rows_again_is_bounded(tmp_path: Path) -> None:
    """Rows that run on until they fail can't have everything read again for each of them."""
    line = 'a",b",",\n'  # leaves a quotation mark open whether one was open before or not
    path = put(tmp_path, "title,abstract,year\n" + (line * 10_000 + '"x"y\n') * 4)
    begun = time.process_time()  # without the tracing of memory, which is four fifths of the time
    bad_lines(path)
    assert time.process_time() - begun < 10
    _, peak = _cost(lambda: bad_lines(path))
    assert peak < 60


def test_values_behind_a_long_one_cost_little(tmp_path: Path) -> None:
    """What was read of a JSON file is not copied for each value in it."""
    path = put(tmp_path, '[{"title": "' + "y" * 8_500_000 + '"},\n' + '{"x": 1},\n' * 8_000 + '{"title": "' + "y" * 8_000_000 + '"}]')
    begun = time.process_time()
    account = Account()
    assert list(read(path, skip_bad=True, account=account)) == []
    assert len(account.bad) + account.more_bad + account.without_abstract == 8_002
    assert time.process_time() - begun < 8


@pytest.mark.parametrize(
    "packed", [b"title,abstract\n" + b"x" * (64 << 20), b'{"title": "a", "abstract": "b"}\n' + (b" " * 4_000 + b"\n") * 16_000]
)
def test_a_packed_file_that_grows(tmp_path: Path, packed: bytes) -> None:
    """Far more than text unpacks to is one bad line, long before the end."""
    path = put(tmp_path, gzip.compress(packed, 9))
    _papers, errors = bad_lines(path)
    assert "times its size" in errors[-1].reason
    rest = put(tmp_path, gzip.compress(b"".join(json.dumps({"title": f"T{n}", "abstract": ABSTRACT}).encode() + b"\n" for n in range(999))))
    assert bad_lines(rest)[1] == []


def test_pipes_and_devices_are_no_files(tmp_path: Path) -> None:
    """Nobody writes into the pipe: it is refused at once, by name and in a folder, and so is a device that never ends."""
    pipe = tmp_path / "in" / "pipe.csv"
    pipe.parent.mkdir()
    os.mkfifo(pipe)
    put(tmp_path / "in", f"title,abstract\nGulls,{json.dumps(ABSTRACT)}\n")
    said: list[str] = []

    def refused() -> None:
        for path in (pipe, Path("/dev/zero")):
            for reading in (read, _lines):
                with pytest.raises(SourceError) as caught:
                    list(reading(path))
                said.append(caught.value.reason)
        said.append(str(len(list(read(pipe.parent)))))

    thread = threading.Thread(target=refused, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert [text.split(";")[0] for text in said] == ["the path is a named pipe"] * 2 + ["the path is a device"] * 2 + ["1"]


CELLS = st.text(st.sampled_from("=+-@'\"\t\r\n ,;ab1\u200b＝“"), max_size=8)  # noqa: RUF001


@given(CELLS)
def test_a_guarded_cell_is_no_formula_and_comes_back(cell: str) -> None:
    """What a spreadsheet would run begins with an apostrophe; taken off again, it is what it was."""
    out = guarded(cell)
    assert unguarded(out) == cell
    assert out[:1] not in set("=+-@\t\r\n＝")  # noqa: RUF001
    assert out.lstrip(' "\u200b“')[:1] not in set("=+-@\t\r\n＝") or out.startswith("'")  # noqa: RUF001


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", '"=1', "'=1", "''tis", "'tis", "\u200b=1", "＝1"])  # noqa: RUF001
def test_our_own_csv_comes_back(tmp_path: Path, text: str) -> None:
    """Title, authors and categories that look like formulas are text in the file, and the same papers when it is read."""
    paper = Paper(paper_id="x", title=text, abstract=f"{text} {ABSTRACT}", authors=(text, "Ann"), categories=(text,))
    document = "".join(write([paper], "csv"))
    row = next(csv.DictReader(io.StringIO(document)))
    assert not [cell for cell in row.values() if cell.lstrip(' "\u200b')[:1] in set("=+-@＝")]  # noqa: RUF001
    (back,) = read(put(tmp_path, document))
    (plain,) = read(put(tmp_path, "".join(write([paper], "jsonl"))))
    assert (back.title, back.abstract) == (plain.title, plain.abstract)
    assert (back.authors[0], back.categories) == (plain.authors[0], plain.categories)
