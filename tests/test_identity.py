"""Identity: what makes two records one paper, and what one paper is made of."""

from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import identity
from rag.sameness import compare
from rag.schema import Paper, Source
from rag.text import normalise

LONG = (
    "River ice breaks up earlier each spring, and forecasts of the breakup date rely on gauges that are few and far between. "
    "Here a graph network reads satellite images along 40 rivers and predicts the date nine days ahead with an error of 1.8 days. "
    "Removing the snow layer from its input doubles that error, which suggests that snow melt drives the timing more than air does. "
    "Maps for the next decade are released together with the code and the gauge records that were used for checking."
)


def paper(**fields: object) -> Paper:
    """A paper about river ice, with changes."""
    base = Paper(paper_id="", title="Forecasting river ice breakup from orbit", abstract=LONG)
    return dataclasses.replace(base, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("2304.03442", "2304.03442"),
        ("arXiv:2304.03442v3", "2304.03442"),
        ("https://arxiv.org/pdf/2304.03442v1.pdf", "2304.03442"),
        ("http://arxiv.org/abs/hep-th/9901001v2", "hep-th/9901001"),
        ("math.GT/0309136", "math.gt/0309136"),
        ("12304.034421", None),
        ("none", None),
        (None, None),
    ],
)
def test_arxiv_key(value: str | None, key: str | None) -> None:
    """An arXiv id is found in every usual form and loses its version."""
    assert identity.arxiv_key(value) == key


def test_an_arxiv_doi_is_an_arxiv_id() -> None:
    """The DOI that arXiv registers for a preprint gives the preprint's key, so it does not clash with the journal's DOI."""
    keys = identity.keys_for(paper(doi="10.48550/arXiv.2304.03442"))
    assert "arxiv:2304.03442" in keys
    assert not [k for k in keys if k.startswith("doi:")]


def test_derived_and_short_titles_are_no_keys() -> None:
    """A title names a paper only if a source gives it and it is distinctive."""
    for fields in ({"title_origin": "derived"}, {"title": "Introduction"}, {"title": "On the matter"}):
        assert not [k for k in identity.keys_for(paper(**fields)) if k.startswith("title:")]


def test_ids_are_readable() -> None:
    """The id tells the arXiv id, else the DOI, else the title's first words and six digits of the abstract's fingerprint."""
    assert identity.paper_id_for(paper(arxiv_id="2304.03442v2")) == "arxiv-2304.03442"
    assert identity.paper_id_for(paper(doi="10.1000/ABC(5)x")) == "doi-10.1000-abc-5-x"
    plain = identity.paper_id_for(paper())
    assert plain == f"forecasting-river-ice-breakup-from-orbit-{identity.fingerprint(LONG)[:6]}"
    assert identity.paper_id_for(paper(title="\u6cb3\u51b0")) == identity.fingerprint(LONG)[:6]


def test_a_rewritten_record_finds_its_original() -> None:
    """The fingerprint of the original that a rewritten record carries makes them one; the original's text then stays."""
    ours = paper(
        abstract="A network guesses from orbit when the rivers of the north thaw.",
        abstract_origin="rewritten",
        title="Thaw guesses",
        title_origin="assigned",
    )
    ours = dataclasses.replace(ours, paper_id="ours", keys=(f"abstract:{identity.fingerprint(LONG)}",))
    theirs = paper(title_origin="derived")
    assert compare(ours, theirs) == "same"
    for merged in (identity.merge(ours, theirs), identity.merge(theirs, ours)):
        assert (merged.abstract, merged.abstract_origin, merged.title) == (LONG, "source", "Thaw guesses")
        assert f"abstract:{identity.fingerprint(ours.abstract)}" in merged.keys
    assert identity.merge(ours, theirs).paper_id == "ours"


def test_merging_keeps_the_fullest_metadata() -> None:
    """Authors from the record that has them, the precise date, all categories, a known code flag, the first source."""
    a = paper(published="2023", categories=("cs.LG",), has_code=False, source=Source(document="b", record=2))
    b = paper(published="2023-04-07", categories=("cs.LG", "cs.CV"), has_code=True, authors=("Ada",), source=Source(document="a", record=9))
    merged = identity.merge(a, b)
    assert (merged.published, merged.categories, merged.has_code) == ("2023-04-07", ("cs.LG", "cs.CV"), True)
    assert (merged.authors, merged.source) == (("Ada",), Source(document="a", record=9))


texts = st.text(alphabet="ab \u00e9\u00df.,-\u0130X1", max_size=60)
papers = st.builds(
    paper,
    abstract=st.one_of(st.just(LONG), texts),
    title=texts,
    title_origin=st.sampled_from(["source", "derived", "assigned"]),
    abstract_origin=st.sampled_from(["source", "rewritten"]),
    authors=st.lists(texts, max_size=2).map(tuple),
    published=st.sampled_from([None, "2023", "2023-04", "2022-01-05"]),
    categories=st.lists(st.sampled_from(["cs.LG", "cs.CV", "stat.ML"]), max_size=3, unique=True).map(tuple),
    has_code=st.sampled_from([None, True, False]),
    arxiv_id=st.sampled_from([None, "2304.03442", "2304.03442v2"]),
)


@given(papers, papers)
def test_merging_does_not_depend_on_the_order(a: Paper, b: Paper) -> None:
    """The same record comes out whichever paper was there first."""
    assert identity.merge(a, b) == identity.merge(b, a)


@given(papers)
def test_merging_a_paper_with_itself_changes_nothing(a: Paper) -> None:
    """A record that is read again adds nothing."""
    once = identity.merge(a, a)
    assert dataclasses.replace(once, keys=()) == a
    assert identity.merge(once, a) == once


@given(st.text(max_size=80))
def test_the_quick_normal_form_is_the_normal_form(text: str) -> None:
    """The short way for ASCII gives what `normalise` gives."""
    assert identity.normal(text) == normalise(text)
    assert identity.normal(text.encode("ascii", "ignore").decode()) == normalise(text.encode("ascii", "ignore").decode())


def test_different_papers_share_no_sketch() -> None:
    """Abstracts of the same words in another order have no hash in common."""
    words = LONG.split()
    random.Random(3).shuffle(words)
    assert not set(identity.sketch(" ".join(words))) & set(identity.sketch(LONG))
    assert identity.similarity(" ".join(words), LONG) < 0.5
