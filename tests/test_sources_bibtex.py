"""BibTeX as it is met: every kind of entry is read, one that can't be costs itself, and no file takes longer than its size asks."""

# ruff: noqa: E501 - entries stand on one line, as they are met

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from source_samples import put

from rag.sources import Account, read
from rag.sources.bibtex_syntax import MAX_ENTRY_CHARS

if TYPE_CHECKING:
    from pathlib import Path

    from rag.errors import SourceError
    from rag.schema import Paper

TEXT = "Lantern fish climb after dusk. We tagged 40 animals."
END = f"abstract={{{TEXT}}}"


def papers(folder: Path, text: str) -> list[Paper]:
    """What is read of a file that holds this."""
    return list(read(put(folder, text, "x.bib")))


@pytest.mark.parametrize(
    "entry",
    [
        f"@article{{k, title={{Moss}}, year=2020, {END}}}",
        f"@article{{, title={{Moss}}, year=2020, {END}}}",
        f"@article{{title={{Moss}}, year=2020, {END}}}",
        f"@article{{\n  title = {{Moss}},\n  year = 2020,\n  {END}\n}}",
        f"@ARTICLE ( k , title = {{Moss (and stone)}}, year = {{2020}}, {END} )",
        f"@article{{k\n title={{Moss}}\n year=2020\n {END}\n}}",
        f"@article{{k, title = {{Moss}}, year = 2020, journal = tkde, {END},}}",
        f'@article{{k, title = "Moss with a "loud" word", year = "2020", {END}}}',
        f'@string{{m = "Mo" # {{ss}}}}\n@article{{k, title = m # " carpets", year = 2020, {END}}}',
        f"@article{{k, title={{Moss}}}}, year={{2020}}, {END}}}",
        f"@article{{k,\n title={{Moss {{on}} roofs}},\n year={{2020}},\n note={{a {{ brace}},\n {END}\n}}",
        f"@web_page{{k, title={{Moss}}, year={{2020}}, {END}}}",
        f"@article{{two words, title={{Moss}}, year=2020, {END}}}",
        f"@article{{k, title=Moss on roofs,\n year=2020, {END}}}",
    ],
)
def test_entries_in_all_shapes(tmp_path: Path, entry: str) -> None:
    """Keys, brackets, quotation marks, commas and strings are read as their users write them; what stands around is none."""
    found = papers(tmp_path, f"Some words @ home, and more.\n\n{entry}\n% an end\n@comment{{@article{{old, title={{Old}}, {END}}}}}\n")
    assert [(p.title.split()[0], p.published, p.abstract) for p in found] == [("Moss", "2020", TEXT)]


def test_several_on_one_line(tmp_path: Path) -> None:
    """Entries need no lines of their own."""
    text = " ".join(f"@misc{{k{n}, title={{Moss {n}}}, abstract={{{TEXT} {n}}}}}" for n in range(4))
    assert [p.citation_key for p in papers(tmp_path, text)] == ["k0", "k1", "k2", "k3"]


def test_signs_of_entries_within_text(tmp_path: Path) -> None:
    """A line of an abstract that looks like an entry is text."""
    text = f"@article{{k, title={{Moss}}, abstract={{{TEXT}\n@harbour{{birds}} and\n@article{{x, were seen}} too.}}}}\n@misc{{l, title={{Bells}}, {END}}}"
    first, second = papers(tmp_path, text)
    assert first.abstract == f"{TEXT} @harbourbirds and @articlex, were seen too."
    assert second.title == "Bells"


@pytest.mark.parametrize(
    "bad", ["@article{b, title={Moss, year=2020,", '@article{b, title="Moss,', "@article{b, title = {Moss}, abstract={cut of", "@misc{b, }"]
)
def test_a_bad_entry_costs_itself(tmp_path: Path, bad: str) -> None:
    """The entries around one that doesn't end are read; it is reported with its line."""
    good = [f"@article{{g{n}, title={{Bells {n}}}, abstract={{{TEXT} {n}}}}}" for n in range(3)]
    told: list[SourceError] = []
    text = "\n".join([good[0], bad, good[1], good[2]])
    found = list(read(put(tmp_path, text, "x.bib"), skip_bad=True, on_bad=told.append))
    assert [p.citation_key for p in found] == ["g0", "g1", "g2"]
    assert [error.line for error in told] == [2]


def test_what_children_inherit(tmp_path: Path) -> None:
    """A `crossref` before or behind gives year, venue and editors, never its title, DOI or text; `xdata` gives all; neither is a paper."""
    text = f"""@inproceedings{{c, title={{Bells}}, author={{Tone, Eva}}, crossref={{P}}, {END}}}
@proceedings{{p, title={{Bells Meeting}}, year={{2020}}, editor={{Gale, Tim}}, publisher={{ACM}}, doi={{10.5555/whole}}, xdata={{x}}}}
@xdata{{x, location={{Oslo}}}}
@inbook{{d, title={{Moss}}, xdata={{x}}, year={{2021}}, crossref={{d}}, abstract={{{TEXT} 2}}}}"""
    first, second = papers(tmp_path, text)
    assert (first.title, first.venue, first.published, first.publisher, first.doi) == ("Bells", "Bells Meeting", "2020", "ACM", None)
    assert [str(editor) for editor in first.editors] == ["Tim Gale"]
    assert first.extra["publisher-place"] == second.extra["publisher-place"] == "Oslo"
    assert (second.published, second.type) == ("2021", "chapter")


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("year=2020, month=sep", "2020-09"), ("year=2020, month=September", "2020-09"), ("year={{2021}}, month={{APR}}", "2021-04"),
        ("year={{2021}}, month={{APR 7}}", "2021-04-07"), ('year=2018, month=apr # "~12"', "2018-04-12"), ('year=2018, month="12~" # apr', "2018-04-12"),
        ("year=2020, month={4}, day={7}", "2020-04-07"), ("date={2019-21}", "2019"), ("date={2019-04-07/2019-05}", "2019-04-07"),
        ("year={2023/24}", "2023"), ("year={in press 2020}", "2020"), ("year={2020}, month={Spring}", "2020"), ("month={May 2019}", "2019-05"),
        ("year={2020}, month={may--june}", "2020-05"), ("date={2004~}", "2004"), ("year={}", None),
    ],
)  # fmt: skip
def test_dates(tmp_path: Path, written: str, date: str | None) -> None:
    """Years, months as words, macros and numbers, and biblatex's dates, as exact as they go."""
    (found,) = papers(tmp_path, f"@article{{k, title={{Moss}}, {written}, {END}}}")
    assert found.published == date


def test_names(tmp_path: Path) -> None:
    """Braces keep a name together, accents may come first, `others` is nobody, and an `and` inside braces parts nothing."""
    authors = (
        r"{Quill}, Ada and {\"O}zt{\"u}rk, Eva and {Barnes and Noble} and van der Moss, Lea and King, Jr., Martin and Gabriel {Garc{\'\i}a M\'arquez}"
        r" and family=Reed, given=Ina, prefix=de and others"
    )
    (found,) = papers(tmp_path, f"@article{{k, title={{Moss}}, author={{{authors}}}, {END}}}")
    assert found.authors == (
        "Ada Quill", "Eva Öztürk", "Barnes and Noble", "Lea van der Moss", "Martin King Jr.", "Gabriel García Márquez", "Ina de Reed",
    )  # fmt: skip
    assert found.authors_truncated
    assert [name.family or name.literal for name in found.names] == [
        "Quill", "Öztürk", "Barnes and Noble", "Moss", "King", "García Márquez", "Reed",
    ]  # fmt: skip


def test_fields_become_fields(tmp_path: Path) -> None:
    """Where and how a paper came out is in the record; what it has no field for is kept under its own name."""
    text = f"""@mastersthesis{{k, title={{Moss}}, subtitle={{A Study}}, school={{University of Moss}}, address={{Oslo}}, isbn={{978-3-16-148410-0}},
 keywords={{moss; roofs; cs.LG}}, pages={{1--9}}, langid={{english}}, rating={{5}}, groups={{Mine}}, doi={{10.5555/a{{\\_}}b}}, {END}}}"""
    (found,) = papers(tmp_path, text)
    assert (found.title, found.type, found.publisher, found.pages) == ("Moss: A Study", "thesis", "University of Moss", "1-9")
    assert (found.keywords, found.categories, found.collections) == (("moss", "roofs"), ("cs.LG",), ("Mine",))
    assert (found.doi, found.isbn, found.language) == ("10.5555/a_b", ("978-3-16-148410-0",), "english")
    assert found.extra["genre"] == "Master's thesis"
    assert (found.extra["publisher-place"], found.extra["rating"]) == ("Oslo", "5")


HOSTILE = {
    "doubling strings": '@string{s0="aaaaaaaaaa"}\n' + "".join(f"@string{{s{n + 1}=s{n} # s{n}}}\n" for n in range(60)) + "@article{k,title={T},abstract=s60}",
    "one string everywhere": '@string{s="' + "a" * 1900 + '"}\n' + "@article{k,title=s#s#s,abstract=s#s#s#s#s}\n" * 4000,
    "nothing closes": "@article{k, title={a\n" * 20000,
    "no comment closes": "@comment{ \n" * 20000,
    "a brace too many in each value": "@article{k,\n" + "a={{}\nb={{x}\n" * 20000 + "}\n",
    "white space": "@article{k,title={T}" + " " * (MAX_ENTRY_CHARS // 2) + "x}\n" + "\n" * 200000,
    "quotation marks": '@article{k,title="' + '" ' * 200000 + "}\n",
    "a ring of parents": "".join(f"@article{{k{n},title={{Title {n}}},abstract={{Text here}},crossref={{k{(n + 1) % 2000}}}}}\n" for n in range(2000)),
    "parents of parents": "".join(f"@xdata{{x{n},xdata={{{','.join(f'x{m}' for m in range(40))}}}}}\n" for n in range(40)) + "@article{k,title={T},abstract={b},xdata={x1}}",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_takes_long(tmp_path: Path, name: str) -> None:
    """What is made to grow or to be looked through again and again is read in a few seconds of work."""
    began = time.process_time()
    list(read(put(tmp_path, HOSTILE[name] + "\n", "x.bib"), skip_bad=True))
    assert time.process_time() - began < 8


def test_a_book_that_chapters_refer_to_is_a_paper(tmp_path: Path) -> None:
    """People cite the book too; a volume of proceedings is none, and that is said."""
    text = (
        "@inbook{one, title={Moss on roofs}, crossref={whole}}\n@book{whole, title={A book of moss}, author={Fern, Otto}, year=2019}\n"
        "@inproceedings{talk, title={Bells out of tune}, crossref={volume}}\n@proceedings{volume, title={Bells}, year=2020}\n"
    )
    account = Account()
    papers = list(read(put(tmp_path, text), keep_without_abstract=True, account=account))
    assert [paper.title for paper in papers] == ["Moss on roofs", "A book of moss", "Bells out of tune"]
    assert any("1 volumes" in note for note in account.notes)
