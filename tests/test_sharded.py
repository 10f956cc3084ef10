"""Libraries in shards: ranking, lists and answers are those of a single library; duplicates meet; nothing is lost on the way."""

from __future__ import annotations

import dataclasses
import inspect
import json
import random
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ROOT
from library_kit import HashEmbedder, content, crowded, made_up

from rag.assistant import Assistant
from rag.config import load
from rag.errors import ConfigError, IndexDamaged, IndexLocked, IndexMismatch, PaperNotFound
from rag.library import Library
from rag.library.placing import place_of
from rag.library.shard import Shard
from rag.library.sharded import Sharded
from rag.library.shards import create, join, shards_of, split_up
from rag.retrieval import HybridRetriever
from rag.schema import Filters, Paper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

N = 3
BENCH = ROOT.parent / "shared" / "bench"
SCIFACT = ("corpus.jsonl", "queries.jsonl")


@pytest.fixture(scope="session")
def shards(bundled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled library in shards. Only for reading."""
    place = tmp_path_factory.mktemp("sharded")
    # Splitting holds the lock of what it splits, and several workers split at once.
    split_up(shutil.copytree(bundled, place / "whole"), place / "bundled", N)
    return place / "bundled"


@pytest.fixture(scope="session")
def apart(shards: Path) -> Iterator[Assistant]:
    """The assistant over it."""
    with Assistant.open(load(library=str(shards))) as opened:
        yield opened


def opened(folder: Path) -> Sharded:
    """A sharded library with the small embedder."""
    found = Library.open(folder, embedder=HashEmbedder())
    assert isinstance(found, Sharded)
    return found


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Sharded]:
    """An empty library in shards."""
    with opened(create(tmp_path / "shards", N)) as library:
        yield library


def shards_with(library: Sharded) -> list[set[str]]:
    """The ids on each shard."""
    return [
        {p.paper_id for p in papers}
        for _, papers in library._surely("listed", None, text=None, sort="added", limit=None, every_version=True)
    ]


def test_a_search_in_shards_is_that_of_a_single_library(assistant: Assistant, apart: Assistant, corpus: dict[str, dict[str, Any]]) -> None:
    """Ids, scores, ranks and reasons, for titles and for beginnings of abstracts, with and without filters."""
    papers = list(corpus.values())
    assert isinstance(apart.library, Sharded)
    assert apart.library.count() == len(papers)
    assert min(len(names) for names in shards_with(apart.library)) > len(papers) // (2 * N)
    filters = [None, Filters(year_from=2023), Filters(category="cs.CL"), Filters(has_code=True)]
    for n, paper in enumerate(papers[::5]):
        query = paper["title"] if n % 2 else paper["abstract"][:200]
        for k, chosen in ((10, None), (100, filters[n % 4])):
            one, other = (a.finder.retriever.search(query, k=k, filters=chosen) for a in (assistant, apart))
            assert [h.paper for h in other] == [h.paper for h in one]
            assert [h.why for h in other] == [h.why for h in one]
            for name in ("score", "dense", "keyword"):
                assert [getattr(h, name) for h in other] == pytest.approx([getattr(h, name) for h in one], abs=2e-6)


@pytest.mark.parametrize("field", ["text", "title"])
def test_the_keyword_index_scores_as_one(assistant: Assistant, apart: Assistant, field: Any) -> None:
    """Terms with weights, one field or the other, few papers or many, and papers by name."""
    rng = random.Random(3)
    words = sorted({t for p in assistant.library.list() for t in assistant.library.terms(p.title)})
    names = {row: p.paper_id for library in (assistant.library,) for p in library.list() for row in library.rows_of([p.paper_id])}
    others = {row: p.paper_id for p in apart.library.list() for row in apart.library.rows_of([p.paper_id])}
    for n in range(60):
        weights = {word: rng.choice([0.5, 1.0, 2.0]) for word in rng.sample(words, 1 + n % 6)}
        k = rng.choice([1, 3, 10, 300])
        one = assistant.library.keyword(weights, k=k, field=field)
        other = apart.library.keyword(weights, k=k, field=field)
        assert [others[row] for row, _ in other] == [names[row] for row, _ in one]
        assert [score for _, score in other] == pytest.approx([score for _, score in one], rel=1e-6)
        chosen = rng.sample(sorted(names.values()), 20)
        one = assistant.library.keyword(weights, k=20, field=field, rows=assistant.library.rows_of(chosen))
        other = apart.library.keyword(weights, k=20, field=field, rows=apart.library.rows_of(chosen))
        assert {others[row]: pytest.approx(score, rel=1e-6) for row, score in other} == {names[row]: score for row, score in one}


def test_answers_are_those_of_a_single_library(assistant: Assistant, apart: Assistant) -> None:
    """Whole records but for their times: a fact, a list, a slip of the pen, a filter in words, something else."""
    for question in (
        "How many languages does the MGSM8KInstruct dataset cover?",
        "Which papers are about pruning?",
        "halucination mitigaton with retrievl",
        "papers posted in March 2023",
        "Who painted the Mona Lisa?",
    ):
        one, other = assistant.ask(question).to_dict(), apart.ask(question).to_dict()
        del one["timing_s"], other["timing_s"]
        assert other == one


def test_lists_and_counts_are_those_of_a_single_library(assistant: Assistant, apart: Assistant) -> None:
    """Orders with their ties, pages, counts, facets, vectors, the overview, other names."""
    one, other = assistant.library, apart.library
    for sort in ("title", "published", "paper_id"):
        assert other.list(sort=sort) == one.list(sort=sort)
        assert other.list(Filters(year_from=2023), sort=sort, offset=7, limit=9, text="e") == one.list(
            Filters(year_from=2023), sort=sort, offset=7, limit=9, text="e"
        )
    assert other.facets() == one.facets()
    assert list(other.facets()["years"]) == list(one.facets()["years"])
    assert other.lacking(Filters(author="x", year_from=1)) == one.lacking(Filters(author="x", year_from=1))
    names = [p.paper_id for p in one.list(limit=30)]
    vectors = [library.chunk_vectors(library.rows_of(names)) for library in (one, other)]
    assert all((a == b).all() for a, b in zip(*vectors, strict=True))
    assert other.chunk_spans(other.rows_of(names)) == one.chunk_spans(one.rows_of(names))
    assert other.spelled(["halucination", "retrievl", "zzzzzz"]) == one.spelled(["halucination", "retrievl", "zzzzzz"])
    assert sorted(other.overview().titles) == sorted(one.overview().titles)
    assert len(other.overview().vectors) == len(one.overview().vectors)
    chosen = [library.overview(Filters(year_from=2023), text="a") for library in (one, other)]
    assert sorted(chosen[0].paper_ids) == sorted(chosen[1].paper_ids)
    with pytest.raises(PaperNotFound, match="nothing-of-that-name"):
        other.get("nothing-of-that-name")


@pytest.mark.bench
@pytest.mark.skipif(not (BENCH / "scifact").is_dir(), reason="needs ../shared/bench")
def test_scifact_ranks_as_in_a_single_library(tmp_path: Path) -> None:
    """5,183 abstracts, every query: the same papers in the same order, ties included."""
    texts, asked = ([json.loads(line) for line in (BENCH / "scifact" / name).read_bytes().splitlines()] for name in SCIFACT)
    queries = [query["text"] for query in asked]
    with Library.open(tmp_path / "one", embedder=HashEmbedder(), create=True) as one:
        one.add(Paper(paper_id=str(t["_id"]), title=t["title"] or "Untitled", abstract=t["text"]) for t in texts)
        one.embed_pending()
    split_up(tmp_path / "one", tmp_path / "four", 4)
    with Library.open(tmp_path / "one", embedder=HashEmbedder()) as one, opened(tmp_path / "four") as four:
        finders = [HybridRetriever(library, library.embedder) for library in (one, four)]
        for query in queries[:300]:
            hits, others = (finder.search(query, k=20) for finder in finders)
            assert [h.paper.paper_id for h in others] == [h.paper.paper_id for h in hits]
            assert [h.score for h in others] == pytest.approx([h.score for h in hits], abs=2e-6)


def test_splitting_and_joining_give_the_library_back(tmp_path: Path) -> None:
    """Papers, chunks, vectors, aliases, origins, tags, versions, what was followed; and what was read before is known."""
    papers = crowded(80, seed=5)
    with Library.open(tmp_path / "one", embedder=HashEmbedder(), create=True) as one:
        one.add(papers)
        one.embed_pending()
        one.note("folder:/exports", "a.bib", "1")
        before, duplicates = content(one), one.possible_duplicates()
    assert split_up(tmp_path / "one", tmp_path / "shards", N) == len(before["papers"])
    with opened(tmp_path / "shards") as shards:
        assert shards.status()["problems"] == []
        assert shards.pending == 0
        assert shards.stamps("folder:/exports") == {"a.bib": "1"}
        again = shards.add(papers)
        assert (again.added, again.merged, again.replaced) == (0, 0, 0)
    assert join(tmp_path / "shards", tmp_path / "back") == len(before["papers"])
    with Library.open(tmp_path / "back", embedder=HashEmbedder()) as back:
        assert content(back) == before
        assert len(back.possible_duplicates()) == len(duplicates)
        assert back.stamps("folder:/exports") == {"a.bib": "1"}


@pytest.mark.parametrize("seed", [1, 2])
def test_duplicates_meet_whatever_the_order(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same records into one library and into shards, in several calls: the same papers, counted alike, nothing twice."""
    monkeypatch.setattr("rag.library.placing.BATCH", 50)
    papers = crowded(120, seed=seed)
    random.Random(seed).shuffle(papers)
    with Library.open(tmp_path / "one", embedder=HashEmbedder(), create=True) as one, opened(create(tmp_path / "shards", N)) as shards:
        for part in (papers[:70], papers[70:]):
            first, second = one.add(part), shards.add(part)
            for name in ("skipped", "unchanged", "merged", "replaced", "added", "linked", "possible"):
                assert getattr(second, name) == getattr(first, name), name
        assert {_bare(p) for p in shards.list(every_version=True)} == {_bare(p) for p in one.list(every_version=True)}
        names = [p.paper_id for p in shards.list(every_version=True)]
        assert len(set(names)) == len(names)
        assert {frozenset(map(_bare, (p.first, p.second))) for p in shards.possible_duplicates()} == {
            frozenset(map(_bare, (p.first, p.second))) for p in one.possible_duplicates()
        }
        assert [shards.add(papers).added, shards.add(papers).merged] == [0, 0]


def _bare(paper: Paper) -> str:
    """What a paper is, apart from the id that it happened to get."""
    return json.dumps({**paper.to_dict(), "paper_id": ""}, sort_keys=True)


def on_two_shards(n: int) -> tuple[Paper, Paper, Paper]:
    """Two records that lie on two of `n` shards though nothing tells them to be one paper, and a third that is both."""
    base = dataclasses.replace(made_up(1)[0], authors=("A. Lee", "B. Chen"), published="2020", doi="10.5555/x.1")
    home = place_of(("doi:10.5555/x.1",), "", n)
    arxiv = next(a for a in (f"2001.{i:05}" for i in range(100)) if place_of((f"arxiv:{a}",), "", n) != home)
    whole = dataclasses.replace(base, arxiv_id=arxiv)
    return (
        dataclasses.replace(whole, arxiv_id=None, abstract="", title="A working title that was given up later"),
        dataclasses.replace(whole, doi=None),
        whole,
    )


def test_a_paper_known_to_two_shards_brings_them_together(empty: Sharded, tmp_path: Path) -> None:
    """The record that shows two papers to be one arrives last; a single library says what comes of it."""
    records = on_two_shards(N)
    with Library.open(tmp_path / "one", embedder=HashEmbedder(), create=True) as one:
        for record in records:
            one.add([record])
        expected = sorted(map(_bare, one.list(every_version=True)))
    empty.add(records[:1])
    empty.add(records[1:2])
    empty.embed_pending()
    assert [len(names) for names in shards_with(empty)].count(1) == 2
    empty.add(records[2:])
    assert sorted(map(_bare, empty.list(every_version=True))) == expected
    assert [bool(names) for names in shards_with(empty)].count(True) == 1
    empty.embed_pending()
    assert empty.status()["problems"] == []


def test_a_move_that_was_broken_off_is_brought_to_its_end(empty: Sharded) -> None:
    """A writer that was killed between the two shards leaves a paper on both: the next one takes it from the first."""
    papers = made_up(12, seed=8)
    empty.add(papers)
    empty.embed_pending()
    home = next(n for n, names in enumerate(shards_with(empty)) if names)
    away = (home + 1) % N
    row = empty._at(home, "all_rows")[0]
    name = empty._at(home, "names_of", [row])[row]
    (empty.folder / "moves.json").write_text(json.dumps({"from": home, "to": away, "paper_ids": [name]}))
    empty._at(away, "put", empty._at(home, "lift", [row]), empty._at(home, "manifest"))
    assert len(empty.list()) == len(papers) + 1
    assert empty.add(papers[:1]).added == 0
    assert len(empty.list()) == len(papers)
    assert name in shards_with(empty)[away]
    assert not (empty.folder / "moves.json").exists()
    assert empty.status()["problems"] == []
    assert empty.pending == 0


def test_merging_and_splitting_over_shards(empty: Sharded) -> None:
    """Two papers of two shards made one by a person come apart again; told apart, they stay so."""
    papers = made_up(9, seed=4)
    empty.add(papers)
    held = shards_with(empty)
    first, second = (next(iter(names)) for names in [names for names in held if names][:2])
    before = sorted(map(_bare, empty.list()))
    merged = empty.merge([first, second])
    assert empty.get(second).paper_id == merged.paper_id
    assert empty.count() == len(papers) - 1
    empty.split([merged.paper_id])
    assert sorted(map(_bare, empty.list())) == before
    assert empty.remove([first, "unknown"]) == 1
    assert empty.count() == len(papers) - 1


def test_a_search_knows_of_every_write(empty: Sharded) -> None:
    """Statistics are kept from search to search, and not beyond a write by whomever: scores are those of a library opened anew."""
    papers = made_up(60, seed=11)
    empty.add(papers[:30])
    before = empty.keyword("turbine membrane sensor", k=5)
    assert empty.keyword("turbine membrane sensor", k=5) == before
    with opened(empty.folder) as other:
        other.add(papers[30:])
        assert other.keyword("turbine membrane sensor", k=5) == empty.keyword("turbine membrane sensor", k=5) != before
        rows = [row for row, _ in before]
        empty.remove([empty.papers_by_row(rows[:1])[0].paper_id])
        assert other.keyword("turbine membrane sensor", k=5, rows=rows) == empty.keyword("turbine membrane sensor", k=5, rows=rows)


def test_ids_are_unique_over_all_shards(empty: Sharded) -> None:
    """Strangers under one id, which several collections number from 1, get ids of their own."""
    for seed in range(6):
        empty.add([dataclasses.replace(p, paper_id=str(n)) for n, p in enumerate(made_up(10, seed=seed))])
    names = [p.paper_id for p in empty.list()]
    assert len(names) == 60
    assert len(set(names)) == 60
    assert empty.get("3").paper_id == "3"


def test_everything_a_library_offers_is_offered() -> None:
    """What Library says with its own parts is said anew, since there are no such parts."""
    inner = {"open", "restored", "without_vectors", "put_vectors", "_opened", "_make_lost", "_facts", "_mask", "_matrix_view", "_versions"}
    inner |= {"_held", "_matching", "_shown", "_cut", "_slots"}
    for name in vars(Library).keys() - vars(Sharded).keys() - inner:
        member = vars(Library)[name]
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if inspect.isfunction(function) and not name.startswith("__"):
            assert "_parts" not in inspect.getsource(inspect.unwrap(function)), name


def test_libraries_that_can_not_be_made_or_read(tmp_path: Path, empty: Sharded) -> None:
    """Each in one line; what was there stays."""
    with pytest.raises(ConfigError, match="not empty"):
        create(empty.folder, 2)
    with pytest.raises(ConfigError, match="sharded already"):
        split_up(empty.folder, tmp_path / "x", 2)
    with pytest.raises(ConfigError, match="no sharded library"):
        join(tmp_path / "nowhere", tmp_path / "x")
    with pytest.raises(ConfigError, match="does not follow Zotero"):
        empty.follow("zotero", {}, lambda _: [])
    with pytest.raises(ConfigError, match="keeps its own Chroma"):
        Library.open(empty.folder, embedder=None, chroma_url="http://127.0.0.1:1")
    empty.add(made_up(5))
    empty.embed_pending()
    with pytest.raises(IndexMismatch, match="embedder"):
        Library.open(empty.folder, embedder=HashEmbedder("other", 48))
    with Library.open(empty.folder, embedder=HashEmbedder()) as second, pytest.raises(IndexLocked), empty._written():
        second.add(made_up(1))
    for text, match in (("{", "can't be read"), ('{"format": 1, "shards": 0}', "number of shards"), ("[]", "can't be read")):
        (tmp_path / "bad").mkdir(exist_ok=True)
        (tmp_path / "bad" / "shards.json").write_text(text)
        with pytest.raises(IndexDamaged, match=match):
            shards_of(tmp_path / "bad")


def test_a_shard_that_is_a_link_is_none_of_ours(empty: Sharded, tmp_path: Path) -> None:
    """What came from elsewhere may lead elsewhere."""
    home = empty.folder / "shard-1"
    home.rename(tmp_path / "elsewhere")
    home.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IndexDamaged, match="holds a link"):
        Library.open(empty.folder, embedder=None)


def test_the_commands(footnote: Callable[..., Any], own_library: Path, tmp_path: Path) -> None:
    """Shard, status, ask, ingest, join: each is told in a line."""
    shards, back = str(tmp_path / "shards"), str(tmp_path / "back")
    assert footnote("library", "shard", str(own_library), shards, "--shards", "2").out == "210 papers in 2 shards\n"
    told = footnote("library", "status", "--library", shards)
    assert told.code == 0
    assert [line.partition(":")[0] for line in told.out.splitlines()] == ["whole", "shard 0", "shard 1"]
    assert "210 papers" in told.out.splitlines()[0]
    assert "healthy" in told.out
    facts = json.loads(footnote("library", "status", "--library", shards, "--json").out)
    assert sum(one["papers"] for one in facts["shards"]) == facts["papers"] == 210
    asked: Sequence[str] = ("ask", "How many languages does the MGSM8KInstruct dataset cover?", "--library")
    assert footnote(*asked, shards).out == footnote(*asked, str(own_library)).out
    assert "no problems found" in footnote("doctor", "--library", shards).out
    assert footnote("library", "join", shards, back).out == "210 papers in one library\n"
    assert footnote("library", "shard", str(own_library), shards).code == 2


def test_a_shard_is_an_ordinary_library(shards: Path) -> None:
    """Each opens by itself, healthy."""
    for folder in shards_of(shards):
        with Library.open(folder, embedder=None, thorough=True) as library:
            assert type(library) is Library
            assert library.status()["problems"] == []
            assert library.mended == ()
    assert issubclass(Shard, Library)


def test_ray_is_asked_for_by_name(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed, the line says how to get it; nothing else needs it."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"footnote\[ray\]"):
        Assistant.open(load(library=str(shards), ray="local"))
