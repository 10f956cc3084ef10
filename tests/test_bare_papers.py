"""Papers without an abstract are found and named, never quoted; and libraries from before there were such are read as they are."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from library_kit import made_up
from record_samples import FULL

from rag.assistant import Assistant
from rag.config import load
from rag.library import Library
from rag.schema import Paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BARE = Paper(paper_id="", title="Moss on steep roofs keeps rain water", authors=("Otto Fern",), published="2019", doi="10.5555/moss.1")
DUSK = Paper(
    paper_id="",
    title="Lantern fish at dusk in two bays",
    abstract="Lantern fish climb towards the surface after dusk. We tagged 40 animals in two bays. They rose by 300 metres.",
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """A library of both kinds, with vectors."""
    with Assistant.open(load(library=str(tmp_path_factory.mktemp("bare"))), create=True) as opened:
        opened.library.add([BARE, DUSK, *made_up(6)])
        opened.library.embed_pending()
        yield opened


def test_it_is_found_by_its_title(assistant: Assistant) -> None:
    """By words and by meaning; it has a vector, and waits for none."""
    assert assistant.library.pending == 0
    for text in ("moss on steep roofs", "plants on the top of houses hold back rain"):
        assert assistant.search(text)[0].paper.title == BARE.title


@pytest.mark.parametrize(
    "question", ["How does moss on steep roofs keep rain water?", "Summarize the paper on moss on steep roofs", "moss roofs rain"]
)
def test_it_is_never_quoted(assistant: Assistant, question: str) -> None:
    """A question that only its text could answer gets none, and is told which title comes nearest and why it is not quoted."""
    answer = assistant.ask(question)
    assert answer.abstained
    assert not answer.statements
    assert answer.nearest[0] == assistant.library.get("doi:10.5555/moss.1").paper_id
    assert any(BARE.title in note and "no abstract" in note for note in answer.notes)


def test_its_fields_answer(assistant: Assistant) -> None:
    """Who and when are told from the record; in a list it stands by its title; a summary of it alone is refused."""
    assert "Otto Fern" in assistant.ask("Who wrote Moss on steep roofs keeps rain water?").answer
    assert "2019" in assistant.ask("When was Moss on steep roofs keeps rain water published?").answer
    paper = assistant.library.get("doi:10.5555/moss.1")
    assert "no abstract" in assistant.summarize(paper.paper_id).answer
    both = assistant.summarize_many([paper.paper_id, assistant.search("lantern fish")[0].paper.paper_id])
    assert "Moss on steep roofs keeps rain water (no abstract)." in both.answer
    assert all(c.field == "title" for s in both.statements for c in s.citations if c.paper_id == paper.paper_id)


def test_nothing_but_bare_papers(tmp_path: Path) -> None:
    """A library of titles alone answers nothing from texts, and breaks at nothing."""
    with Assistant.open(load(library=str(tmp_path)), create=True) as opened:
        opened.library.add([BARE])
        opened.library.embed_pending()
        for question in ("How does moss keep water?", "List papers on moss", "Summarize all papers", "How many papers on moss?", "moss"):
            answer = opened.ask(question)
            assert all(c.quote is None for s in answer.statements for c in s.citations)


def test_a_library_from_before(tmp_path: Path) -> None:
    """One of schema 1 opens, keeps its papers and ids, is lifted by the first writing, and then holds the new fields."""
    with Library.open(tmp_path, embedder=None, create=True) as library:
        library.add(made_up(5))
        before = {p.paper_id: p for p in library.list()}
    with sqlite3.connect(tmp_path / "papers.db") as db:
        for column in ("tags", "collections"):
            db.execute(f"ALTER TABLE facts DROP COLUMN {column}")
        for table in ("origins", "followed"):
            db.execute(f"DROP TABLE IF EXISTS {table}")
        db.execute("UPDATE meta SET value = 1 WHERE key = 'schema'")
    with Library.open(tmp_path, embedder=None) as library:
        assert {p.paper_id: p for p in library.list()} == before
        assert library.add(before.values()).unchanged == 5
        library.add([FULL])
        assert library.get("full").to_dict() == FULL.to_dict()
        assert library.status()["schema"] == 2
