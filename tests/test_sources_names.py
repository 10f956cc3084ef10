"""Names and dates as people and services write them."""

from __future__ import annotations

import pytest

from rag.schema import Name
from rag.sources import dates
from rag.sources.names import name_of, parse, people


@pytest.mark.parametrize(
    ("written", "shown", "family"),
    [
        ("Smith J.", "J. Smith", "Smith"),
        ("Smith JD", "J. D. Smith", "Smith"),
        ("Smith J-P", "J-P Smith", "Smith"),
        ("Quill, A.B.", "A.B. Quill", "Quill"),
        ("van der Moss L. B.", "L. B. van der Moss", "Moss"),
        ("van der Moss, L.", "L. van der Moss", "Moss"),
        ("Moss, Lea van der", "Lea van der Moss", "Moss"),
        ("King, Jr., Martin Luther", "Martin Luther King Jr.", "King"),
        ("King, Martin Luther, Jr.", "Martin Luther King Jr.", "King"),
        ("King Jr., Martin Luther", "Martin Luther King Jr.", "King"),
        ("Martin Luther King, Jr.", "Martin Luther King Jr.", "King"),
        ("John Smith III", "John Smith III", "Smith"),
        ("García Márquez, Gabriel", "Gabriel García Márquez", "García Márquez"),
        ("García Márquez G.", "G. García Márquez", "García Márquez"),
        ("de la Cruz, Juana Inés", "Juana Inés de la Cruz", "Cruz"),
        ("De Bruyn, Ann", "Ann De Bruyn", "De Bruyn"),
        ("J. R. R. Tolkien", "J. R. R. Tolkien", "Tolkien"),
        ("O'Brien-Müller, J. D.", "J. D. O'Brien-Müller", "O'Brien-Müller"),
        ("family=Müller, given=Hans, prefix=von", "Hans von Müller", "Müller"),
        ("Roof Study Group", "Roof Study Group", ""),
        ("The ATLAS Collaboration", "The ATLAS Collaboration", ""),
        ("Department of Health, UK", "Department of Health, UK", ""),
        ("Foo Widgets, Inc.", "Foo Widgets, Inc.", ""),
        ("William H. Press", "William H. Press", "Press"),
        ("OpenAI", "OpenAI", ""),
    ],
)
def test_a_name_in_any_order(written: str, shown: str, family: str) -> None:
    """It is shown with the family name last, and its family name is known; a group has none."""
    found = parse(written)
    assert (str(found), found.family) == (shown, family)
    assert found.literal == ("" if family else shown)


def test_a_shown_name_says_its_parts() -> None:
    """Only a name whose parts the shown form does not tell has to be kept in parts."""
    assert name_of("Lea van der Moss") == Name(family="Moss", given="Lea", particle="van der")
    assert name_of("Gabriel García Márquez") != parse("García Márquez, Gabriel")
    for shown in ("A, B and C", "Smith J.", ""):
        assert str(name_of(shown)) == shown


@pytest.mark.parametrize(
    ("written", "names", "cut"),
    [
        ("Quill, A., van der Moss, L., Fern, O.", ["A. Quill", "L. van der Moss", "O. Fern"], False),
        ("Quill A., Fern O.", ["A. Quill", "O. Fern"], False),
        ("Quill A, Fern O, et al.", ["A. Quill", "O. Fern"], True),
        ("Quill, A., Fern, O., & Reed, I.", ["A. Quill", "O. Fern", "I. Reed"], False),
        ("Quill, Ada; Fern, Otto; others", ["Ada Quill", "Otto Fern"], True),
        ("Ada Quill, Otto Fern and Ina Reed", ["Ada Quill", "Otto Fern", "Ina Reed"], False),
        ("García Márquez, G., Quill, A.", ["G. García Márquez", "A. Quill"], False),
    ],
)
def test_names_in_a_row(written: str, names: list[str], cut: bool) -> None:
    """Semicolons, commas and `and` part names; what only abbreviates the row is none."""
    assert people(written) == (names, cut)


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2023/24", "2023"), ("2019-21", "2019"), ("1998-99", "1998"), ("20180412", "2018-04-12"), ("201804", "2018-04"),
        ("Spring 2023", "2023"), ("2019 Winter", "2019"), ("12.04.2018", "2018-04-12"), ("04/12/2018", "2018"), ("07/2019", "2019-07"),
        ("12-Apr-2018", "2018-04-12"), ("15 de mayo de 2019", "2019-05-15"), ("März 2021", "2021-03"),
        ("1er janvier 2018", "2018-01-01"), ("2018年4月12日", "2018-04-12"),
        ("Oct-Dec 2018", "2018-10"), ("2021-04-07T10:00:00Z", "2021-04-07"), ("1523491200", "2018-04-12"), ("1523491200000", "2018-04-12"),
        ("2004-06-31", "2004-06"), ("2020-13-01", "2020"), ("2020a", "2020"), ("c. 1999", "1999"), ("in press", None),
        ("0000", None), ("", None),
    ],
)  # fmt: skip
def test_dates(written: str, date: str | None) -> None:
    """As exact as they are written; what is no month or day leaves the year."""
    assert dates.iso(written) == date
