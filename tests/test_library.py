"""The library: what goes in is found, filtered, merged, removed and kept, embedded and on a Chroma server alike."""

from __future__ import annotations

import dataclasses
import json
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from library_kit import HashEmbedder, chroma_server, content, crowded, made_up

from rag import identity
from rag.errors import ConfigError, IndexLocked, IndexMismatch, IndexMissing, PaperNotFound
from rag.library import Library, Progress, mirror
from rag.library.columns import Columns, date_span
from rag.library.vectors import part_of
from rag.schema import Filters, Paper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Opener = Callable[..., Library]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Chroma server for the module."""
    with chroma_server(tmp_path_factory.mktemp("chroma")) as url:
        yield url


@pytest.fixture(params=["embedded", "server"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    """Opens the test's library, in both modes; `machine` stands for another computer, with disks of its own."""
    url = request.getfixturevalue("server") if request.param == "server" else None
    name = f"lib-{random.Random(str(tmp_path)).randrange(10**9)}"
    monkeypatch.setattr(mirror, "ASK_S", 0.0)
    made: list[Library] = []

    def open_library(*, machine: str = "a", embedder: Any = "boxes", **options: Any) -> Library:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / machine))
        embedder = HashEmbedder() if embedder == "boxes" else embedder
        made.append(Library.open(tmp_path / name, embedder=embedder, chroma_url=url, create=True, **options))
        return made[-1]

    yield open_library
    for library in made:
        library.close()


def filled(opened: Opener, papers: list[Paper], **options: Any) -> Library:
    """A library with these papers and their vectors."""
    library = opened(**options)
    library.add(papers)
    library.embed_pending()
    return library


def ids(library: Library, scored: list[tuple[int, float]]) -> list[str]:
    """Scored rows as paper_ids."""
    return [paper.paper_id for paper in library.papers_by_row([row for row, _ in scored])]


def test_papers_are_found(opened: Opener) -> None:
    """Words and vectors both lead to the paper; what is stored is what was read; Chroma holds every chunk."""
    papers = made_up(60)
    library = filled(opened, papers)
    assert library.count() == 60
    assert library.pending == 0
    stored = {p.title: p for p in library.list()}
    assert {t: dataclasses.replace(p, paper_id="") for t, p in stored.items()} == {p.title: p for p in papers}
    for paper in papers[:20]:
        paper_id = stored[paper.title].paper_id
        assert ids(library, library.keyword(paper.title, k=1, field="title")) == [paper_id]
        vector = HashEmbedder().embed_query(f"{paper.title} {paper.abstract}")
        assert paper_id in ids(library, library.dense(vector, k=3))
    status = library.status()
    assert status["problems"] == []
    assert status["chunks"] == library._parts.chunks.count() > 60


def test_chunks_in_chroma_say_where_they_stand(opened: Opener) -> None:
    """Each chunk's id, paper, characters and vector are in Chroma, and cover the abstract; rows come back with the same vectors."""
    library = filled(opened, made_up(12))
    for paper in library.list():
        (row,) = library.rows_of([paper.paper_id])
        (spans,), (vectors,) = library.chunk_spans([row]), library.chunk_vectors([row])
        held = library._parts.chunks.collection.get(where={"row": row}, include=["metadatas", "embeddings"])
        found = {part_of(m).ordinal: (i, part_of(m), v) for i, m, v in zip(held["ids"], held["metadatas"], held["embeddings"], strict=True)}
        assert sorted(found) == list(range(len(spans)))
        for ordinal, (start, end) in enumerate(spans):
            chunk_id, part, vector = found[ordinal]
            assert (chunk_id, part.start, part.end) == (f"{paper.paper_id}:{ordinal}", start, end)
            expected = HashEmbedder().embed_query(f"{paper.title}\n{paper.abstract[start:end]}")
            assert np.allclose(vector, expected, atol=1e-4)
            assert np.allclose(vectors[ordinal], expected, atol=1e-4)
        assert "".join(paper.abstract[a:b] for a, b in spans).replace(" ", "") == paper.abstract.replace(" ", "")


def test_adding_again_costs_nothing(opened: Opener) -> None:
    """Known papers change neither generation-bound content nor vectors."""
    papers = crowded(40, seed=4)
    library = filled(opened, papers)
    before, embedder = content(library), library.embedder
    assert isinstance(embedder, HashEmbedder)
    texts = embedder.texts
    report = library.add(papers)
    assert (report.unchanged, report.added, report.merged, report.replaced) == (len(papers), 0, 0, 0)
    assert library.embed_pending() == 0
    assert embedder.texts == texts
    assert content(library) == before


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_the_order_of_reading_does_not_matter(tmp_path_factory: pytest.TempPathFactory, rng: random.Random) -> None:
    """Whatever comes first, the same papers stand at the end, apart from which of their ids they bear."""

    def facts(papers: list[Paper]) -> list[str]:
        with Library.open(tmp_path_factory.mktemp("order") / "lib", embedder=None, create=True) as library:
            library.add(papers)
            return sorted(json.dumps(dataclasses.replace(p, paper_id="").to_dict()) for p in library.list())

    papers = crowded(24, seed=11)
    mixed = papers[:]
    rng.shuffle(mixed)
    assert facts(mixed) == facts(papers)


def test_an_original_replaces_a_rewritten_abstract(opened: Opener) -> None:
    """One paper, one id; text, words and vectors are the original's; the reverse never happens."""
    original = made_up(1, seed=3, paper_id="", title_origin="derived")[0]
    ours = dataclasses.replace(
        original,
        paper_id="ours-1",
        title="A title that was assigned by hand",
        title_origin="assigned",
        abstract="Walruses were weighed on a frozen pier with scales that were made for trucks and for nothing else.",
        abstract_origin="rewritten",
        keys=(f"abstract:{identity.fingerprint(original.abstract)}",),
    )
    library = filled(opened, [ours, *made_up(5, seed=9)])
    assert ids(library, library.keyword("walruses", k=5)) == ["ours-1"]
    old = library.dense(HashEmbedder().embed_query(ours.abstract), k=1)[0]
    report = library.add([original])
    assert (report.replaced, report.pending) == (1, 1)
    assert library.keyword("walruses", k=5) == []
    library.embed_pending()
    stored = library.get("ours-1")
    assert (stored.abstract, stored.abstract_origin, stored.title) == (original.abstract, "source", ours.title)
    assert library.dense(HashEmbedder().embed_query(ours.abstract), k=1)[0] != old
    assert library.add([ours]).unchanged == 1
    assert library.add([dataclasses.replace(ours, has_code=True)]).replaced == 0
    assert library.get("ours-1").abstract == original.abstract
    assert library.count() == 6
    assert library.status()["problems"] == []


def test_ids_stay_and_aliases_follow(opened: Opener) -> None:
    """A paper keeps the id it was stored under; a DOI learned later, and the id it would have had, lead to it."""
    paper = made_up(1, seed=5)[0]
    library = filled(opened, [paper])
    (stored,) = library.list()
    library.add([dataclasses.replace(paper, doi="10.5555/late", arxiv_id="2301.00001v2")])
    assert library.count() == 1
    for name in (stored.paper_id, "doi:10.5555/late", "arxiv:2301.00001", "arxiv-2301.00001"):
        assert library.get(name).paper_id == stored.paper_id
    assert library.get(stored.paper_id).doi == "10.5555/late"
    with pytest.raises(PaperNotFound, match="nobody"):
        library.get("nobody")
    assert library.remove(["arxiv-2301.00001", "nobody"]) == 1
    with pytest.raises(PaperNotFound):
        library.get("doi:10.5555/late")


def test_strangers_under_one_id_both_stay(opened: Opener) -> None:
    """Two collections may number their papers alike; an edited record of the same paper is no stranger."""
    one, two = made_up(2, seed=6, paper_id="7")
    library = opened()
    library.add([one, two])
    assert library.count() == 2
    names = {p.paper_id for p in library.list()}
    assert "7" in names
    assert all(n.startswith("7") for n in names)
    edited = dataclasses.replace(one, abstract=f"{one.abstract} One more sentence came with the second edition.")
    assert library.add([edited]).replaced == 1
    assert library.get("7").abstract == edited.abstract


def test_a_bridge_joins_two_papers(opened: Opener) -> None:
    """A record that is two stored papers at once makes them one; the older id stays and the younger leads to it.

    Where the two have nothing but that record in common, it is the one that it is most like, and they stay two.
    """
    paper, stranger = made_up(2, seed=8, authors=("Ada Lee",), published="2020")
    one = dataclasses.replace(paper, paper_id="one", doi="10.5555/one", abstract="")
    two = dataclasses.replace(paper, paper_id="two", authors=())
    library = filled(opened, [one, two])
    assert library.count() == 2
    library.add([dataclasses.replace(paper, doi="10.5555/one")])
    library.embed_pending()
    assert library.count() == 1
    assert library.get("two").paper_id == library.get("one").paper_id == "one"
    library.add([dataclasses.replace(stranger, paper_id="three", arxiv_id="2301.00002", authors=("Bo Ek",))])
    library.add([dataclasses.replace(paper, doi="10.5555/one", arxiv_id="2301.00002")])
    assert library.count() == 2
    assert library.get("three").title == stranger.title
    library.embed_pending()
    assert library.status()["problems"] == []


def test_removed_papers_are_gone_everywhere(opened: Opener) -> None:
    """No read of any kind brings a removed paper back; added again it is found again, without being embedded again."""
    papers = made_up(30, seed=12)
    library = filled(opened, papers)
    target = ids(library, library.keyword(papers[3].title, k=1, field="title"))[0]
    row, vector = library.rows_of([target])[0], HashEmbedder().embed_query(papers[3].abstract)
    assert row in dict(library.dense(vector, k=30))
    assert library.remove([target]) == 1
    assert library.count() == 29
    assert row not in dict(library.dense(vector, k=30))
    assert row not in dict(library.keyword(papers[3].title, k=30))
    assert library.papers_by_row([row]) == []
    assert library._parts.chunks.collection.get(where={"paper_id": target})["ids"] == []
    assert library.status()["problems"] == []
    embedder = library.embedder
    assert isinstance(embedder, HashEmbedder)
    texts = embedder.texts
    assert library.add([papers[3]]).added == 1
    assert library.embed_pending() == 1
    assert embedder.texts == texts
    assert ids(library, library.dense(vector, k=1)) == [library.get(target).paper_id]
    assert library.status()["problems"] == []


FILTERS = [
    Filters(year_from=2022),
    Filters(year_to=2019),
    Filters(year_from=2023, year_to=2023),
    Filters(date_from="2022-03", date_to="2023-06"),
    Filters(date_from="2022-06-15"),
    Filters(category="cs"),
    Filters(category="CS.cl"),
    Filters(category="stat"),
    Filters(category="c"),
    Filters(author="nunez"),
    Filters(author="B. Bo"),
    Filters(has_code=True),
    Filters(has_code=False),
    Filters(source="doc1"),
    Filters(category="cs", has_code=True, year_from=2020),
    Filters(author="nobody"),
]


def allows(filters: Filters, paper: Paper) -> bool:
    """The filters' meaning, spelt out for one paper."""
    first, last = date_span(paper.published)
    if filters.year_from is not None and not first >= filters.year_from * 10_000:
        return False
    if filters.year_to is not None and not 0 < last < (filters.year_to + 1) * 10_000:
        return False
    if filters.date_from is not None and not first >= date_span(filters.date_from)[0]:
        return False
    if filters.date_to is not None and not 0 < last <= date_span(filters.date_to)[1]:
        return False
    wanted = (filters.category or "").lower()
    if wanted and not any(c.lower() == wanted or c.lower().startswith(f"{wanted}.") for c in paper.categories):
        return False
    plain = [a.replace("é", "e").replace("ú", "u").replace("ñ", "n").lower() for a in paper.authors]
    if filters.author is not None and not any(filters.author.lower() in a for a in plain):
        return False
    if filters.has_code is not None and paper.has_code is not filters.has_code:
        return False
    return filters.source is None or (paper.source is not None and paper.source.document.lower().startswith(filters.source))


def test_filters_are_exact(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every filter keeps exactly the papers it means, in lists, counts, keyword and dense search, and loses no hit."""
    library = filled(opened, made_up(150, seed=21))
    everything = library.list()
    vector = HashEmbedder().embed_query("tensor reactor corpus query")
    words = library.keyword("tensor reactor corpus query index", k=1000)
    near = library.dense(vector, k=1000)
    assert len(near) == 150
    for filters in FILTERS:
        allowed = {p.paper_id for p in everything if allows(filters, p)}
        assert {p.paper_id for p in library.list(filters)} == allowed, filters
        assert library.count(filters) == len(allowed)
        rows = set(library.rows_of(sorted(allowed)))
        for k in (3, 1000):
            assert library.dense(vector, k=k, filters=filters) == [pair for pair in near if pair[0] in rows][:k]
            for few, broad in ((1000, 0.0), (0, 0.0), (0, 1.1)):  # by name, by mask, by what the index can check
                monkeypatch.setattr("rag.lexical.FEW_ROWS", few)
                monkeypatch.setattr("rag.lexical.BROAD", broad)
                found = library.keyword("tensor reactor corpus query index", k=k, filters=filters)
                assert [r for r, _ in found] == [r for r, _ in words if r in rows][:k]


def test_filters_by_paper(opened: Opener) -> None:
    """Ids and aliases restrict a search; unknown ids allow nothing."""
    library = filled(opened, made_up(20, seed=22))
    names = tuple(p.paper_id for p in library.list()[:3])
    vector = HashEmbedder().embed_query("tensor")
    assert set(ids(library, library.dense(vector, k=20, filters=Filters(paper_ids=names)))) == set(names)
    assert library.dense(vector, k=20, filters=Filters(paper_ids=("nobody",))) == []
    assert library.keyword("tensor sensor", k=20, filters=Filters(paper_ids=())) == []


def test_what_papers_lack_is_counted(opened: Opener) -> None:
    """For each field that a filter speaks of, the number of papers that don't have it; facets count what there is."""
    library = filled(opened, made_up(100, seed=23))
    papers = library.list()
    filters = Filters(year_from=2020, category="cs", has_code=True, author="lee", source="Doc")
    assert library.lacking(filters) == {
        "published": sum(p.published is None for p in papers),
        "categories": sum(not p.categories for p in papers),
        "has_code": sum(p.has_code is None for p in papers),
        "authors": sum(not p.authors for p in papers),
        "source": sum(p.source is None for p in papers),
    }
    facets = library.facets()
    assert facets["papers"] == 100
    assert facets["with_code"] == sum(p.has_code is True for p in papers)
    assert sum(facets["years"].values()) == facets["dated"] == sum(p.published is not None for p in papers)
    assert facets["categories"]["cs.CL"] == sum("cs.CL" in p.categories for p in papers)
    assert facets["sources"]["Doc1.txt"] == sum(p.source is not None and p.source.document == "Doc1.txt" for p in papers)


def test_lists_are_sorted_searched_and_cut(opened: Opener) -> None:
    """By title, date (newest first, undated last) or order of arrival; a part of a title or name finds, wildcards do not."""
    library = filled(opened, made_up(40, seed=24))
    titles = [p.title for p in library.list(sort="title")]
    assert titles == sorted(titles, key=str.lower)
    dates = [p.published for p in library.list(sort="published")]
    known = [d for d in dates if d]
    assert known == sorted(known, reverse=True)
    assert dates[len(known) :] == [None] * (40 - len(known))
    assert [p.title for p in library.list(sort="added")] == [p.title for p in made_up(40, seed=24)]
    assert [p.title for p in library.list(offset=5, limit=3)] == titles[5:8]
    assert {p.title for p in library.list(text=titles[3][3:15].upper())} >= {titles[3]}
    assert library.list(text="%") == []
    with pytest.raises(ConfigError, match="colour"):
        library.list(sort="colour")  # type: ignore[arg-type]


def test_ties_go_by_id(opened: Opener) -> None:
    """Papers that score alike come in the order of their ids, whichever was stored first and wherever the cut falls."""
    base = made_up(1, seed=25, title="Same words here for all", title_origin="derived")[0]
    twins = [dataclasses.replace(base, paper_id=f"t{i:02}", arxiv_id=f"2301.{i:05}") for i in range(24)]
    random.Random(1).shuffle(twins)
    library = filled(opened, twins)
    names = sorted(p.paper_id for p in twins)
    for k in (1, 7, 24, 40):
        assert ids(library, library.keyword("same words", k=k)) == names[:k]
        assert ids(library, library.dense(HashEmbedder().embed_query("same words"), k=k)) == names[:k]


def test_readers_see_what_others_wrote(opened: Opener) -> None:
    """A library that was open before another one (another machine, with a server) wrote answers from what is there now."""
    writer = filled(opened, made_up(20, seed=30), machine="a")
    reader = opened(machine="b")
    assert content(reader) == content(writer)
    vector = HashEmbedder().embed_query("glacier volcano")
    for step in range(3):
        generation = reader.generation
        gone = ids(reader, reader.dense(vector, k=1))
        writer.remove(gone)
        writer.add(made_up(5, seed=31 + step))
        writer.embed_pending()
        assert gone[0] not in ids(reader, reader.dense(vector, k=50))
        assert reader.generation > generation
        assert (reader.count(), reader.pending) == (20 + 4 * (step + 1), 0)
        assert reader.facets() == writer.facets()
        assert reader.count(Filters(has_code=True)) == writer.count(Filters(has_code=True))
    assert content(reader) == content(writer)
    reader.add(made_up(3, seed=40))
    reader.embed_pending()
    writer.add(made_up(3, seed=41))
    writer.embed_pending()
    assert content(reader) == content(writer)


def test_one_writer_at_a_time(opened: Opener) -> None:
    """A second writer is told who writes; readers go on; afterwards it may write."""
    writer, other = opened(machine="a"), opened(machine="b")

    def papers() -> Iterator[Paper]:
        for i, paper in enumerate(made_up(30, seed=50)):
            if i == 20:
                with pytest.raises(IndexLocked, match="is being written by"):
                    other.add(made_up(1))
                with pytest.raises(IndexLocked, match="is being written by"):
                    other.embed_pending()
                assert other.count() == 0
            yield paper

    writer.add(papers())
    assert other.count() == 30
    other.embed_pending()
    assert writer.pending == 0


def test_a_source_that_breaks_off_keeps_what_came_before(opened: Opener) -> None:
    """The error goes on to the caller; the papers before it are stored and found."""
    library = opened()

    def papers() -> Iterator[Paper]:
        yield from made_up(7, seed=51)
        raise ValueError("line 8")

    with pytest.raises(ValueError, match="line 8"):
        library.add(papers())
    assert library.count() == 7
    assert len(library.keyword(made_up(1, seed=51)[0].title, k=50)) > 0
    assert library.add(made_up(8, seed=51)).unchanged == 7


def test_progress_is_told(opened: Opener) -> None:
    """Reading and embedding report what is done, the rate, and the seconds left where the total is known."""
    library = opened()
    told: list[Progress] = []
    library.add(made_up(12, seed=52), progress=told.append)
    library.embed_pending(progress=told.append, limit=5)
    assert [(p.phase, p.done, p.total) for p in told] == [("reading", 12, None), ("embedding", 5, 5)]
    assert told[-1].rate_per_s > 0
    assert told[-1].eta_s == 0
    assert library.pending == 7


def test_without_an_embedder_words_still_find(opened: Opener) -> None:
    """Records, keyword search and filters work; vectors stay pending until there is an embedder."""
    library = opened(embedder=None)
    library.add(made_up(10, seed=53))
    assert library.embed_pending() == 0
    assert library.pending == 10
    assert len(library.keyword(made_up(1, seed=53)[0].title, k=3)) > 0
    assert library.dense(np.ones(48, dtype=np.float32), k=5) == []
    assert library.chunk_vectors(library.rows_of([library.list()[0].paper_id]))[0].shape[0] == 0
    library.close()
    with opened() as later:
        assert later.embed_pending() == 10


def test_papers_without_title_are_skipped(opened: Opener) -> None:
    """A record without title can't be found; it is counted and left out. One without abstract is found by its title."""
    paper = made_up(1)[0]
    library = opened()
    report = library.add([dataclasses.replace(paper, title=" "), dataclasses.replace(paper, abstract="\n"), paper])
    assert (report.skipped, report.added) == (1, 2)


def test_another_embedder_is_refused_until_rebuilt(opened: Opener) -> None:
    """The message names both embedders and the command; after it vectors are made anew, of another length too."""
    filled(opened, made_up(10, seed=54)).close()
    other = HashEmbedder("other-32", 32)
    with pytest.raises(IndexMismatch, match=r"built with embedder 'boxes-48', settings ask for 'other-32'; run `footnote library rebuild`"):
        opened(embedder=other)
    with opened(embedder=None) as library:
        assert library.count() == 10
    library = opened(embedder=other, rebuild="vectors")
    assert library.pending == 10
    assert library.embed_pending() == 10
    assert len(library.dense(other.embed_query("tensor"), k=10)) == 10
    assert library.status()["problems"] == []


@pytest.mark.parametrize("what", ["keywords", "matrix", "chroma"])
def test_derived_parts_can_be_made_anew(opened: Opener, what: Any) -> None:
    """Nothing a user sees changes, and nothing is embedded again; an open reader goes on."""
    library = filled(opened, crowded(30, seed=55))
    reader = opened(machine="b")
    library.remove([library.list()[4].paper_id])
    before, embedder = content(library), library.embedder
    assert isinstance(embedder, HashEmbedder)
    texts = embedder.texts
    library.rebuild(what)
    assert content(library) == content(reader) == before
    assert embedder.texts == texts
    with pytest.raises(ConfigError, match="everything"):
        library.rebuild("everything")  # type: ignore[arg-type]


def test_backup_and_restore(opened: Opener, tmp_path: Path) -> None:
    """A backup brings everything back, into an empty library or, when told, over another; an open reader follows."""
    library = filled(opened, crowded(30, seed=56))
    before = content(library)
    archive = library.backup(tmp_path / "kept" / "library.tar.gz")
    library.remove([p.paper_id for p in library.list()[:5]])
    library.add(made_up(8, seed=57))
    reader = opened(machine="b")
    reader.facets()
    with pytest.raises(ConfigError, match="add --overwrite"):
        library.restore(archive)
    assert library.restore(archive, overwrite=True) == len(before["papers"])
    assert content(library) == content(reader) == before
    assert reader.facets() == library.facets()
    library.add(made_up(2, seed=58))
    library.embed_pending()
    assert library.status()["problems"] == []


def test_slips_of_all_words_are_looked_for_together(tmp_path: Path) -> None:
    """One edit in a word that no paper holds is taken back; stored words, English ones, short names and far ones are left."""
    held = made_up(1, seed=5)[0]
    papers = [dataclasses.replace(held, title="Hallucination of diffusion models", abstract="We study BLEURT, DeltaX and training.")]
    with Library.open(tmp_path / "library", embedder=None, create=True) as library:
        library.add(papers)
        one = {"halucinat" + "ion": "hallucination", "trainq" + "ng": "training"}
        found = library.spelled(["diffusion", *one, "diffusionist", "weather", "DeltaY", "quasars", "of"])
        assert found == one


def test_large_libraries_are_grouped(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a size on vectors are grouped, again after growth; with every group read the results are the exact ones, in backups too."""
    library = filled(opened, made_up(60, seed=70))
    vectors = [HashEmbedder().embed_query(text) for text in ("tensor reactor", "coral reef", "query index")]
    exact = [library.dense(v, k=20) for v in vectors]
    monkeypatch.setattr("rag.store.clusters.FROM_SLOTS", 50)
    monkeypatch.setattr("rag.store.clusters.READ_SLOTS", 10**6)
    library.embed_pending()
    assert [library.dense(v, k=20) for v in vectors] == exact
    assert library._matrix_view().clusters is not None
    library.add(made_up(60, seed=71))
    library.embed_pending()
    reader = opened(machine="b")
    library.remove([library.list()[3].paper_id])
    library.rebuild("matrix")
    found = [library.dense(v, k=20) for v in vectors]
    assert [reader.dense(v, k=20) for v in vectors] == found
    monkeypatch.setattr("rag.store.clusters.FROM_SLOTS", 10**6)  # as after an update that compares more of them all
    assert opened(machine="c")._matrix_view().clusters is None
    library.rebuild("matrix")
    assert [library.dense(v, k=20) for v in vectors] == found
    assert library._matrix_view().clusters is None


def test_there_is_no_library(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening what is not there says where it looked and what to run."""
    with pytest.raises(IndexMissing, match="footnote ingest"):
        Library.open(tmp_path / "none", embedder=None)
    assert not (tmp_path / "none").exists()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(IndexMissing, match="has no library 'none'"):
        Library.open("none", embedder=None, chroma_url=server)


@pytest.mark.parametrize(
    ("text", "span"),
    [("2023", (20230101, 20231231)), ("2024-02", (20240201, 20240229)), ("2023-13", (0, 0)), (None, (0, 0)), ("n.d.", (0, 0))],
)
def test_date_spans(text: str | None, span: tuple[int, int]) -> None:
    """A partial date means all of its days; none means nothing."""
    assert date_span(text) == span


def test_a_fresh_set_of_columns_is_empty() -> None:
    """Before anything is read, nothing is there."""
    columns = Columns()
    assert not columns.alive.any()
    assert columns.seq == 0


def test_importing_and_searching_leave_chroma_alone(tmp_path: Path) -> None:
    """A question at an embedded library is answered without importing chromadb, which takes longer than the search."""
    with Library.open(tmp_path / "lib", embedder=HashEmbedder(), create=True) as library:
        library.add(made_up(5))
        library.embed_pending()
    program = (
        "import sys, numpy as np; from rag.library import Library; "
        f"library = Library.open({str(tmp_path / 'lib')!r}, embedder=None); "
        "assert library.keyword('tensor sensor', k=3) is not None; assert len(library.dense(np.ones(48, dtype=np.float32), k=3)) == 3; "
        "library.close(); print([m for m in ('chromadb', 'onnxruntime', 'llama_index.core', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_chunks_as_an_earlier_version_wrote_them(opened: Opener) -> None:
    """A value for each fact in place of one for all: another machine follows such a store too, with the same vectors."""
    library = filled(opened, made_up(8, seed=77))
    chunks = library._parts.chunks.collection
    held = chunks.get(include=["metadatas", "embeddings"])
    for chunk_id, meta, vector in zip(held["ids"], held["metadatas"], held["embeddings"], strict=True):
        facts = dataclasses.asdict(part_of(meta))
        before = {"paper_id": chunk_id.rpartition(":")[0], "row": meta["row"], "seq": meta["seq"], "text": facts.pop("code"), **facts}
        chunks.delete(ids=[chunk_id])
        chunks.add(ids=[chunk_id], embeddings=[vector], metadatas=[before])
    again = opened(machine="b")
    assert content(again) == content(library)
    assert again.status()["problems"] == []
