"""Verdicts: what makes two records one paper, two versions, a possible duplicate, two papers."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from rag.sameness import compare, preprint
from rag.schema import Paper

if TYPE_CHECKING:
    from rag.sameness import Verdict

LONG = (
    "River ice breaks up earlier each spring, and forecasts of the breakup date rely on gauges that are few and far between. "
    "Here a graph network reads satellite images along 40 rivers and predicts the date nine days ahead with an error of 1.8 days. "
    "Removing the snow layer from its input doubles that error, which suggests that snow melt drives the timing more than air does. "
    "Maps for the next decade are released together with the code and the gauge records that were used for checking."
)
STOCK = (
    "This report is one part of the atlas of harbour birds. It gives maps, counts and trends for all breeding species, describes the "
    "methods of the census, and lists the observers who took part in the fieldwork of the towns."
)
TITLE = "Forecasting river ice breakup from orbit"


def paper(**fields: Any) -> Paper:
    """A paper about river ice, with changes."""
    base = Paper(paper_id="", title=TITLE, abstract=LONG, authors=("Ada Quill", "Otto Fern"), published="2020")
    return dataclasses.replace(base, **fields)


def stock(title: str, **fields: Any) -> Paper:
    """A paper of that title, whose abstract stands with many."""
    return paper(title=title, abstract=STOCK, **fields)


BOOK: dict[str, Any] = {"doi": "10.1000/book"}

CASES: list[tuple[Verdict, Paper, Paper]] = [
    ("same", paper(), paper(authors=("Quill, A.", "Fern, O."))),
    ("same", paper(authors=("Ádá Quíll",)), paper()),
    ("same", paper(doi="10.1000/a"), paper()),
    ("same", paper(authors=(), published=None), paper()),
    ("same", paper(abstract=""), paper()),
    ("same", paper(title="[Retracted] " + TITLE), paper()),
    ("same", paper(title=TITLE + "s"), paper()),
    ("same", paper(title=TITLE + ": a study of satellites"), paper()),
    ("same", paper(abstract=LONG[: int(len(LONG) * 0.8)]), paper()),
    ("same", paper(title="Ice", title_origin="derived"), paper(abstract=LONG.replace("checking", "validation"))),
    ("same", paper(pmid="1", published="2021"), paper(pmid="1")),
    ("same", paper(title="Glocken und Eis", pmid="7", abstract=STOCK), paper(title="Bells and ice", pmid="7")),
    ("same", paper(doi="10.1000/a", arxiv_id="2001.00001"), stock("The title of the first version", arxiv_id="2001.00001v1")),
    ("same", paper(title=TITLE + ": a systematic review", **BOOK), paper(abstract="", **BOOK)),
    ("same", stock("Gulls & terns of the old harbour", **BOOK), stock("Gulls and terns of the old harbour", **BOOK)),
    (
        "same",
        stock("The \N{GREEK SMALL LETTER ALPHA} effect on old harbour towns", **BOOK),
        stock("The alpha effect on old harbour towns", **BOOK),
    ),
    ("version", paper(doi="10.1101/2020.01.01.000001"), paper(doi="10.1000/b", published="2021")),
    ("version", paper(arxiv_id="2001.00001"), paper(doi="10.1000/b", published="2021-05")),
    ("version", paper(doi="10.21203/rs.3.rs-1/v1"), paper(doi="10.21203/rs.3.rs-1/v2")),
    ("version", paper(venue="arXiv preprint arXiv:2001.1"), paper(venue="Journal of Ice", published="2021")),
    ("unsure", paper(published="2019"), paper()),
    ("unsure", stock("Report of the harbour census", published="2019"), stock("Report of the harbour census")),
    ("unsure", paper(abstract="", authors=()), paper()),
    ("unsure", paper(abstract=LONG.replace("40", "75"), authors=()), paper()),
    ("unsure", paper(pages="1-5"), paper(pages="6-9")),
    ("unsure", paper(volume="1"), paper(volume="2")),
    ("unsure", stock("Guidelines for roofs", extra={"edition": "2"}), stock("Guidelines for roofs", extra={"edition": "3"})),
    ("unsure", paper(type="dataset"), paper(type="article-journal")),
    ("unsure", stock("Moss on steep roofs", **BOOK), paper(title="Lantern fish at dusk", **BOOK)),
    ("apart", stock("Moss on steep roofs", authors=("Bo Ek",), **BOOK), paper(title="Lantern fish at dusk", **BOOK)),
    ("unsure", stock("Chapter 1", **BOOK), paper(title="Chapter 2", **BOOK)),
    ("unsure", stock("Gulls: part one", **BOOK), stock("Terns: part two", **BOOK)),
    ("unsure", stock("Gulls of the old harbour town", **BOOK), stock("Terns of the old harbour town", **BOOK)),
    ("unsure", paper(pages="51", **BOOK), stock("The " + TITLE[0].lower() + TITLE[1:], pages="52", **BOOK)),
    ("unsure", paper(pages="51", **BOOK), stock(TITLE, pages="52", **BOOK)),
    ("same", paper(pages="51", **BOOK), paper(pages="e117", abstract="", **BOOK)),
    ("unsure", stock("Erratum to bells and ice", pmid="7"), paper(title="Bells and ice", pmid="7")),
    ("unsure", stock("A survey of recent advances in moss"), paper(title="A survey of recent advances in moss")),
    ("apart", paper(doi="10.1000/a"), paper(doi="10.1000/b")),
    ("apart", paper(arxiv_id="2304.00001"), paper(arxiv_id="2304.00002")),
    ("apart", paper(pmid="1"), paper(pmid="2")),
    ("apart", paper(authors=("Bo Ek",)), paper()),
    ("apart", stock("Atlas of harbour birds, part one"), stock("Atlas of harbour birds, part two")),
    ("apart", stock("Atlas of harbour birds I"), stock("Atlas of harbour birds II")),
    ("apart", stock("Atlas of harbour birds. 1. Gulls"), stock("Atlas of harbour birds. 2. Terns")),
    ("apart", stock("Atlas of harbour birds (Part A)"), stock("Atlas of harbour birds (Part B)")),
    ("apart", stock("Atlas of harbour birds, volume 3"), stock("Atlas of harbour birds, volume 4")),
    ("apart", stock("Guidelines for roofs, second edition"), stock("Guidelines for roofs, third edition")),
    ("apart", stock("Harbour census 2019", published="2019"), stock("Harbour census 2020")),
    ("apart", stock("Effects of moss in men"), stock("Effects of moss in women")),
    ("apart", stock("Breeding birds of northern towns"), stock("Breeding birds of southern towns")),
    ("apart", stock("Adsorption of ions on moss", published="2019"), stock("Absorption of ions on moss")),
    ("apart", stock("A chemistry of clay", authors=("Bo Ek",)), stock("On bricks", authors=("Eva Tone",))),
    ("apart", stock("Editorial", authors=("Bo Ek",)), stock("Editorial", authors=("Eva Tone",))),
    *(
        ("apart", paper(title=title), paper())
        for title in (
            f"Erratum: {TITLE}",
            f"Corrigendum to “{TITLE}”",
            f"Comment on “{TITLE}”",
            f"{TITLE}: reply",
            f"{TITLE} - Authors' response",
            f"Retraction: {TITLE}",
            f"{TITLE} (vol 3, pg 4, 2020)",
            f"Supplementary material for {TITLE}",
            f"{TITLE}: part 2",
            f"{TITLE} 2",
        )
    ),
]


@pytest.mark.parametrize(("verdict", "one", "other"), CASES)
def test_verdicts(verdict: Verdict, one: Paper, other: Paper) -> None:
    """Each pair gets its verdict, whichever of the two was there first."""
    assert compare(one, other) == verdict
    assert compare(other, one) == verdict


def test_a_preprint_is_told_by_its_server() -> None:
    """A server's DOI or number, or its name as venue, makes a preprint, unless a journal is named too; a journal of its press is none."""
    assert preprint(paper(doi="10.1101/2020.01.01.000001"))
    assert preprint(paper(arxiv_id="2001.00001"))
    assert preprint(paper(venue="bioRxiv"))
    assert not preprint(paper(doi="10.1101/gr.12345.103"))
    assert not preprint(paper(arxiv_id="2001.00001", doi="10.1000/a"))
    assert not preprint(paper(arxiv_id="2001.00001", venue="Journal of Ice"))
    assert not preprint(paper())
