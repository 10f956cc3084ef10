"""The bundled corpus keeps its schema, and stands for its originals: one paper, one id, whichever is read first."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rag import identity, sources
from rag.library import Library
from rag.schema import Paper, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    Records = Mapping[str, Mapping[str, Any]]

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpus" / "papers.jsonl"
SEEDS = ROOT.parent / "shared" / "seeds"
needs_seeds = pytest.mark.skipif(not SEEDS.is_dir(), reason="the source documents are not part of the project")


def test_every_line_is_a_record() -> None:
    """One JSON object a line with the fields of Paper in order, of the right types, written in one way."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 210
    fields = [f.name for f in dataclasses.fields(Paper)]
    for line in lines:
        record = json.loads(line)
        assert list(record) == [name for name in fields if name in record]
        assert {"paper_id", "title", "title_origin", "abstract", "abstract_origin", "source"} <= record.keys()
        assert json.dumps(record, ensure_ascii=False) == line
        paper = Paper(**{**record, "source": Source(**record["source"])})
        assert paper.title == " ".join(paper.title.split()) != ""
        assert paper.abstract == " ".join(paper.abstract.split())
        assert len(paper.abstract) > 200
        assert (paper.abstract_origin, type(paper.authors_truncated)) == ("rewritten", bool)
        assert paper.title_origin in {"source", "assigned"}
        assert paper.published is None or re.fullmatch(r"20\d\d-\d\d-\d\d", paper.published)
        assert all(re.fullmatch(r"[a-z-]+\.[A-Z]{2}", c) for c in paper.categories)
        assert all(re.fullmatch(r"abstract:[0-9a-f]{24}", key) for key in paper.keys)
        assert paper.has_code in {None, True, False}


def test_ids_are_readable_and_their_own(corpus: Records) -> None:
    """Unique, lower-case words and a hash; the keys of no two papers meet."""
    assert len(corpus) == 210
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{6}", paper_id) for paper_id in corpus)
    keys = [key for record in corpus.values() for key in record["keys"]]
    assert len(set(keys)) == len(keys) >= 210


def test_what_the_listing_told(corpus: Records) -> None:
    """50 papers with authors, 24 with date and category, 2 with the code flag."""
    assert sum(bool(r["authors"]) for r in corpus.values()) == 50
    assert sum(r["published"] is not None for r in corpus.values()) == 24
    assert all(bool(r["published"]) == bool(r["categories"]) for r in corpus.values())
    assert sum(r["has_code"] is True for r in corpus.values()) == 2


def test_the_reader_gives_back_the_file(corpus: Records) -> None:
    """Our own JSON lines come back field by field, and once more after an export."""
    papers = list(sources.read(CORPUS))
    assert {p.paper_id: p.to_dict() for p in papers} == corpus
    assert [json.loads(line) for line in "".join(sources.write(papers, "jsonl")).splitlines()] == [p.to_dict() for p in papers]


def test_the_checksum_is_told() -> None:
    """The corpus notes name the file's sha256 and its licence."""
    notes = (ROOT / "corpus" / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(CORPUS.read_bytes()).hexdigest() in notes
    assert "icence" in notes


def test_the_indexed_papers_are_the_file_s(bundled: Path, corpus: Records) -> None:
    """Reading the file stores each record as it is, under its own id."""
    with Library.open(bundled, embedder=None) as library:
        assert {p.paper_id: p.to_dict() for p in library.list()} == corpus


def library_of(folder: Path, *paths: Path) -> dict[str, Paper]:
    """The papers after reading these files in turn, without vectors."""
    with Library.open(folder, embedder=None, create=True) as library:
        for path in paths:
            library.add(sources.read(path))
        return {p.paper_id: p for p in library.list()}


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Paper]:
    """The papers of the source documents alone."""
    return library_of(tmp_path_factory.mktemp("originals") / "lib", SEEDS)


@pytest.mark.seeds
@needs_seeds
def test_the_originals_have_the_same_ids(originals: dict[str, Paper], corpus: Records) -> None:
    """212 records become 210 papers; their ids are those of the bundled ones, and so are all facts but the text."""
    assert len(list(sources.read(SEEDS))) == 212
    assert set(originals) == set(corpus)
    for paper_id, paper in originals.items():
        ours = corpus[paper_id]
        own = paper.to_dict()
        assert {k: own[k] for k in ("authors", "published", "categories", "has_code", "listing_score")} == {
            k: ours[k] for k in ("authors", "published", "categories", "has_code", "listing_score")
        }
        assert own["abstract"] != ours["abstract"]
        assert f"abstract:{identity.fingerprint(paper.abstract)}" in ours["keys"]


@pytest.mark.seeds
@needs_seeds
@pytest.mark.parametrize("order", ["ours first", "originals first"])
def test_original_and_bundled_are_one_paper(order: str, originals: dict[str, Paper], corpus: Records, tmp_path: Path) -> None:
    """Read in either order there are 210 papers under the same ids, each with its original abstract."""
    paths = [CORPUS, SEEDS] if order == "ours first" else [SEEDS, CORPUS]
    both = library_of(tmp_path / "lib", *paths)
    assert set(both) == set(corpus)
    for paper_id, paper in both.items():
        assert (paper.abstract, paper.abstract_origin) == (originals[paper_id].abstract, "source")
        assert paper.authors == originals[paper_id].authors
        if originals[paper_id].title_origin == "source":
            assert paper.title == originals[paper_id].title


@pytest.mark.seeds
@needs_seeds
def test_no_sentence_is_borrowed(corpus: Records) -> None:
    """No bundled abstract holds eight words in a row of any original."""

    def runs(text: str) -> set[tuple[str, ...]]:
        found = text.casefold().split()
        return {tuple(found[n : n + 8]) for n in range(len(found) - 7)}

    theirs = set().union(*(runs(p.abstract) for p in sources.read(SEEDS)))
    assert [r["paper_id"] for r in corpus.values() if runs(r["abstract"]) & theirs] == []
