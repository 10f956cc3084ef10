"""Papers with everything that a record may hold, made up, in the style of what reference managers export."""

from __future__ import annotations

from rag.schema import Name, Paper

DUSK = "Lantern fish climb towards the surface after dusk. We tagged 40 animals in two bays. Depth fell by 50% & more."
MOSS = "Moss carpets hold water on steep roofs. We weighed 64 roof plots over one winter."

FULL = Paper(
    paper_id="full",
    title="Lantern fish & dusk: 50% of {two} bays_x",
    authors=("Ada B. Quill", "Lea van der Moss", "Martin Luther King Jr.", "Roof Study Group", "Gabriel García Márquez", "Ann De Bruyn"),
    names=(
        Name(family="Quill", given="Ada B."),
        Name(family="Moss", given="Lea", particle="van der"),
        Name(family="King", given="Martin Luther", suffix="Jr."),
        Name(literal="Roof Study Group"),
        Name(family="García Márquez", given="Gabriel"),
        Name(family="De Bruyn", given="Ann"),
    ),
    authors_truncated=True,
    published="2021-04-07",
    categories=("cs.LG", "stat.ML"),
    url="https://example.org/a_b~c?d=e%20f",
    doi="10.5555/(sici)1099(199921)14:1<3::aid-x140>3.0.co;2-k",
    arxiv_id="2104.99999",
    abstract=DUSK,
    type="article-journal",
    venue="Journal of Fish & Chips",
    volume="12",
    issue="3",
    pages="123-130",
    publisher="Fish Press",
    editors=(Name(family="Gale", given="Tim"), Name(literal="Dusk Society")),
    isbn=("978-3-16-148410-0",),
    issn=("1234-5678", "8765-432X"),
    pmid="1234567",
    pmcid="PMC7654321",
    language="en",
    keywords=("lantern fish", "dusk, bays"),
    citation_key="quill_2021:fish",
    retraction="retracted 2022-01-01 (10.5555/r.1)",
    tags=("to read",),
    collections=("Thesis/Chapter 1",),
    work_id="work-7",
    extra={
        "publisher-place": "Oslo",
        "edition": "2nd",
        "collection-title": "Fish Series",
        "note": "Read twice",
        "accessed": "2022-05-01",
        "translator": [{"family": "Reed", "given": "Ina"}],
        "container-title-short": "J. Fish",
        "rating": 5,
    },
)
TALK = Paper(
    paper_id="talk",
    title="Bells out of tune",
    authors=("Eva Tone",),
    published="2020-09",
    type="paper-conference",
    venue="Proceedings of the Bells Meeting",
    pages="1-9",
    publisher="ACM",
    citation_key="tone20",
    extra={"event-title": "Bells Meeting", "event-place": "Paris"},
)
THESIS = Paper(
    paper_id="thesis",
    title="Moss on steep roofs",
    authors=("Otto Fern",),
    published="2019",
    type="thesis",
    publisher="University of Moss",
    abstract=MOSS,
    citation_key="fern",
    extra={"genre": "Master's thesis", "entry-type": "mastersthesis"},
)
CHAPTER = Paper(
    paper_id="chapter",
    title="Clay bricks",
    authors=("Bo Kiln",),
    editors=(Name(family="Gale", given="Tim"),),
    published="1999",
    type="chapter",
    venue="A Book of Clay",
    publisher="Clay Press",
    pages="30-41",
    isbn=("0-306-40615-2",),
    citation_key="kiln99",
    abstract="Clay bricks fired with straw ash crack less often. We fired 120 bricks in one kiln.",
)
PREPRINT = Paper(
    paper_id="preprint",
    title="Crows that drop mussels",
    authors=("Plato", "Kim Min-jun"),
    published="2018-04",
    type="article",
    arxiv_id="1804.66666",
    url="https://arxiv.org/abs/1804.66666",
    categories=("cs.CL",),
    citation_key="crows",
    abstract="Crows in harbour towns open mussels by dropping them. We filmed 310 drops on a quay.",
)
PAPERS = (FULL, TALK, THESIS, CHAPTER, PREPRINT)
