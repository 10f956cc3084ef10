"""Tables are read whole, however their rows were written: a row that can't be read is named, and costs no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reader_samples import OTHER, TEXT, TITLE
from source_samples import bad_lines, put

from rag.sources import Account, read

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "Title,Authors,Year,DOI,Abstract"


def row(title: str = f'"{TITLE}"', abstract: str = f'"{TEXT}"') -> str:
    """A row of the header's five columns."""
    return f'{title},"Fern, Otto",2019,10.5555/m.1,{abstract}'


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"{HEADER}\n{row(title=chr(34) + 'Moss on 5' + chr(34) + ' roofs' + chr(34))}\n", 'Moss on 5" roofs'),
        (f"{HEADER}\n{row(title=chr(34) + 'The ' + chr(34) + 'best' + chr(34) + ' moss' + chr(34))}\n", 'The "best" moss'),
        (f'Title\tAbstract\tYear\n"Bright" moss\t{TEXT}\t2019\n', '"Bright" moss'),
        (f'Title\tAbstract\tYear\n5" of moss\t{TEXT}\t2019\n', '5" of moss'),
        (f"{HEADER}\n{row(title=chr(34) + 'Moss on' + chr(10) + 'roofs' + chr(34))}\n", "Moss on roofs"),
        (f"{HEADER}\n{row(title=chr(34) + 'Say ' + chr(34) * 2 + 'moss' + chr(34) * 2 + ', twice' + chr(34))}\n", 'Say "moss", twice'),
    ],
)
def test_marks_within_cells(tmp_path: Path, text: str, title: str) -> None:
    """Doubled or not, over lines or not: the cell is what its writer meant."""
    (paper,) = read(put(tmp_path, text))
    assert (paper.title, paper.abstract) == (title, TEXT)


def test_a_mark_that_is_never_closed_costs_its_row(tmp_path: Path) -> None:
    """The rows below it are rows again."""
    good = row(abstract=f'"{OTHER}"')
    text = f"{HEADER}\n{row(abstract=chr(34) + TEXT)}\n" + "".join(f"{good.replace('m.1', f'm.{n}')}\n" for n in range(2, 30))
    papers, errors = bad_lines(put(tmp_path, text))
    assert len(papers) + len(errors) == 29
    assert len(papers) >= 28


def test_short_and_long_rows(tmp_path: Path) -> None:
    """Empty cells come and go at the end of a row; a filled one too many is a fault where nothing tells which."""
    papers, errors = bad_lines(put(tmp_path, f"{HEADER},Notes,Tags\n{row()}\n{row()},,,,\n{row()},a,b,c\n"))
    assert len(papers) == 2
    assert [(error.line, error.reason) for error in errors] == [(4, "the row has 8 columns, the header 7")]


def test_a_cell_too_many_where_the_columns_tell(tmp_path: Path) -> None:
    """As old exports of Scopus have it: the cells are laid against what the columns are called."""
    header = "Authors,Title,Year,Volume,DOI,Abstract,Publisher,ISSN,Language of Original Document,Document Type"
    cells = f'"Fern O.","{TITLE}",2019,3,10.5555/m.1,"{TEXT}",House,extra,1234-5679,English,Article'
    (paper,) = read(put(tmp_path, f"{header}\n{cells}\n"))
    assert (paper.title, paper.published, paper.doi, paper.issn, paper.language) == (
        TITLE,
        "2019",
        "10.5555/m.1",
        ("1234-5679",),
        "English",
    )


@pytest.mark.parametrize(
    ("cell", "authors"),
    [
        ("Ada LovelaceGrace Hopper", ("Ada Lovelace", "Grace Hopper")),
        ("Lea van der MossA. B. QuillÉva Öztürk", ("Lea van der Moss", "A. B. Quill", "Éva Öztürk")),
        ("Ronald McDonald", ("Ronald McDonald",)),
        ("Ronald McDonald Smith", ("Ronald McDonald Smith",)),
        ("Jean-Luc LeBrunAnn O'BrienBo Li", ("Jean-Luc LeBrun", "Ann O'Brien", "Bo Li")),
        ("Ada LovelacePlato", ("Ada LovelacePlato",)),
    ],
)
def test_names_with_nothing_between_them(tmp_path: Path, cell: str, authors: tuple[str, ...]) -> None:
    """Springer's list is parted where a capital behind a small letter begins a name of its own, and nowhere else."""
    header = "Item Title,Publication Title,Item DOI,Authors,Publication Year,URL,Content Type,Abstract"
    (paper,) = read(put(tmp_path, f'{header}\n"{TITLE}",Moss,10.5555/m.1,{cell},2019,https://example.org,Article,"{TEXT}"\n'))
    assert paper.authors == authors


def test_nothing_is_half_read_in_silence(tmp_path: Path) -> None:
    """Rows that lack most of their cells are told of."""
    account = Account()
    list(read(put(tmp_path, f"{HEADER}\n{row()}\nFern beds\nMore of it\n"), account=account))
    assert (account.without_abstract, len(account.notes)) == (2, 1)
    assert "2 rows have far fewer columns" in account.notes[0]


@given(st.lists(st.text(st.sampled_from('ab",;\n\t'), max_size=12), min_size=1, max_size=6))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_row_is_a_paper_or_a_fault(tmp_path: Path, titles: list[str]) -> None:
    """Rows that `csv` wrote come back, whatever their cells hold."""
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["Title", "Year", "Abstract"], *([f"T{t}T", "2019", TEXT] for t in titles)])
    papers, errors = bad_lines(put(tmp_path, out.getvalue()))
    assert errors == []
    assert [paper.title for paper in papers] == [" ".join(f"T{t}T".split()) for t in titles]


@given(st.integers(0, 11), st.integers(0, 400), st.sampled_from(("plain", "quoted", "lines")), st.booleans())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_ragged_mark_takes_no_row_along(tmp_path: Path, hurt: int, place: int, style: str, taken: bool) -> None:
    """A mark too many or too few, anywhere in a row: each other row is read, and nothing of it stands in another's abstract."""
    texts = [
        f"Text {n}: Moss, wet or dry, holds water.{chr(10) if style == 'lines' else ' '}We say it twice, in {n} words." for n in range(12)
    ]
    rows = [f'Title{n}z,"{text}",2019' if style != "quoted" else f'"Title{n}z","{text}","2019"' for n, text in enumerate(texts)]
    if style == "plain":
        rows = [row.replace('"', "").replace("Moss, wet or dry,", "Moss").replace("twice, in", "twice in") for row in rows]
    row = rows[hurt]
    marks = [at for at, char in enumerate(row) if char == '"'] if taken else []
    starts = [0, *(at + 1 for at, char in enumerate(row) if char == ",")]
    at = (marks or starts)[place % len(marks or starts)]
    rows[hurt] = row[:at] + row[at + 1 :] if marks else f'{row[:at]}"{row[at:]}'
    papers, _errors = bad_lines(put(tmp_path, "title,abstract,year\n" + "\n".join(rows) + "\n"))
    assert {f"Title{n}z" for n in range(12) if n != hurt} <= {paper.title for paper in papers}
    assert not [paper for paper in papers for n in range(12) if f"Title{n}z" in paper.abstract]
