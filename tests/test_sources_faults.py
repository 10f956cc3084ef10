"""What can't be read is one clear error with file, line and reason, and never anything but `SourceError`."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from source_samples import ABSTRACT, BIBTEX, CSL, LISTING, MEDLINE, OTHER, OURS, RIS, TABLE, TRENDING, bad_lines, put

from rag.errors import SourceError
from rag.sources import read

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (bytes(range(256)) * 40, "binary"),
        (b"%PDF-1.7 and so on", "PDF"),
        (b"PK\x03\x04rest of it", "zip"),
        (gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "twice"),
        (b"<html><p>no</p></html>", "a web page"),
        (b"\xd0\xcf\x11\xe0" + bytes(2000), "Office document"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes, reason: str) -> None:
    """One error that names the file and says why, even when bad lines are skipped."""
    path = put(tmp_path, content)
    with pytest.raises(SourceError, match=reason) as caught:
        list(read(path, skip_bad=True))
    assert (caught.value.path, caught.value.line) == (str(path), 0)


def test_a_missing_file(tmp_path: Path) -> None:
    """The system's reason is passed on."""
    with pytest.raises(SourceError, match="No such file"):
        list(read(tmp_path / "none.txt"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"title": "Cut", "abstr', "cut short"),
        ("[1, 2]", "not a JSON object"),
        (json.dumps({"title": 5, "abstract": ABSTRACT}), "title: input should be a valid string"),
        (json.dumps({"title": "x" * 2001, "abstract": ABSTRACT}), "title is longer than 2000 characters"),
        (json.dumps({"title": "Long", "abstract": "word " * 20_001}), "abstract is longer than 100000 characters"),
        (json.dumps({"published": "yesterday", "abstract": ABSTRACT}), "published is no date"),
        (json.dumps({"listing_score": float("nan"), "abstract": ABSTRACT}), "listing_score"),
        (json.dumps({"paper_id": "../../etc", "abstract": ABSTRACT}), "paper_id"),
        ("[" * 100_000, "JSON"),
        ('{"abstract": ' + "1" * 5000 + "}", "JSON"),
        ('{"title": "' + "x" * (9 << 20) + '"}', "8 million characters"),
    ],
    ids=lambda value: value[:30],
)
def test_bad_lines(tmp_path: Path, line: str, reason: str) -> None:
    """A bad line is an error with its number; skipped, it is reported and the lines after it are read."""
    path = put(tmp_path, f"{json.dumps(OURS)}\n{line}\n\n{json.dumps(OURS)}\n")
    reading = read(path)
    next(reading)
    with pytest.raises(SourceError, match=reason) as caught:
        next(reading)
    assert str(caught.value).startswith(f"{path}:2: ")
    papers, errors = bad_lines(path)
    assert len(papers) == 2
    assert [error.line for error in errors] == [2]


def test_bytes_that_are_damaged(tmp_path: Path) -> None:
    """A line of UTF-8 with a byte that belongs to nothing is no line of another encoding: it is named, with its byte."""
    good, bad = json.dumps({"abstract": f"{ABSTRACT} — naïve"}, ensure_ascii=False).encode(), '{"abstract": "naïve — x"}'.encode() + b"\xef"
    papers, errors = bad_lines(put(tmp_path, good + b"\n" + bad + b"\n" + good))
    assert len(papers) == 2
    assert (errors[0].line, "0xef" in errors[0].reason) == (2, True)


def test_a_packed_file_that_is_cut_short(tmp_path: Path) -> None:
    """What stands before the cut is read, then the cut is reported."""
    lines = "".join(json.dumps(OURS | {"title": f"Gulls {n} {hash(str(n))}"}) + "\n" for n in range(2000))
    path = put(tmp_path, gzip.compress(lines.encode())[:-5000])
    papers, errors = bad_lines(path)
    assert len(papers) > 100
    assert "cut short" in errors[0].reason
    with pytest.raises(SourceError, match="cut short"):
        list(read(path))


def test_an_array_that_is_cut_short(tmp_path: Path) -> None:
    """The items before the cut are read, and the line where the cut item begins is told."""
    text = json.dumps([CSL, CSL, CSL], indent=1)
    each = (text.count("\n") - 1) // 3
    papers, errors = bad_lines(put(tmp_path, text[:-60]))
    assert len(papers) == 2
    assert [error.line for error in errors] == [2 + 2 * each]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (TRENDING.replace("Crows: A Second Look", "A Title Alone\n\nCrows: A Second Look"), 13),
        (TRENDING + "\nA Last Title Alone\n", 17),
        (LISTING.replace("Crows Revisited", "Wrens UnseenBo Li, Ann Lee et al.\nCrows Revisited"), 4),
        (LISTING.replace("Apr 7", "Apr 31"), 1),
        (LISTING + "Wrens UnseenBo Li\n", 6),
    ],
)
def test_pages_with_a_title_too_many(tmp_path: Path, text: str, line: int) -> None:
    """A title without an abstract is the bad line; the papers around it stay in step."""
    papers, errors = bad_lines(put(tmp_path, text))
    assert [error.line for error in errors] == [line]
    assert [paper.abstract for paper in papers] == [ABSTRACT, OTHER]


def test_a_large_file_streams(tmp_path: Path) -> None:
    """The first paper comes before the rest was read, and memory stays far below the file's size."""
    import tracemalloc

    path = tmp_path / "large"
    line = (json.dumps(OURS) + "\n").encode()
    with path.open("wb") as out:
        out.writelines(line for _ in range(4_000))
    tracemalloc.start()
    assert sum(1 for _ in read(path)) == 4_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < path.stat().st_size / 2


SAMPLES = [TRENDING, LISTING, BIBTEX, RIS, TABLE, MEDLINE, json.dumps([CSL])]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good document with a few bytes replaced, or its end missing."""
    whole = draw(st.sampled_from(SAMPLES)).encode()
    at, lost = draw(st.integers(0, len(whole))), draw(st.sampled_from([0, 5, 10_000]))
    return whole[:at] + draw(st.binary(max_size=12)) + whole[at + lost :]


@given(st.binary(max_size=400) | damaged())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_random_bytes_raise_nothing_else(tmp_path: Path, content: bytes) -> None:
    """Whatever a file holds, it gives papers or `SourceError`."""
    path = put(tmp_path, content)
    for skip_bad in (True, False):
        raised = ""
        try:
            assert all(paper.abstract and paper.title for paper in read(path, skip_bad=skip_bad))
        except SourceError as error:
            raised = str(error)
        assert not raised or str(path) in raised
