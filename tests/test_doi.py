"""A DOI is read whole from wherever it stands, and no further than it goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.doi import doi
from rag.sources import identifiers

SICI = "10.1002/(sici)1097-0258(19980815)17:15<1661::aid-sim968>3.0.co;2-2"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10.1000/XYZ.1", "10.1000/xyz.1"),
        ("doi:10.1000/xyz.1", "10.1000/xyz.1"),
        ("DOI 10.1000/s0001(19)30001-x", "10.1000/s0001(19)30001-x"),
        ("https://dx.doi.org/10.1000%2Fxyz.1", "10.1000/xyz.1"),
        ("see 10.1000/xyz.1).", "10.1000/xyz.1"),
        ("(10.1000/bell(2020)).", "10.1000/bell(2020)"),
        ("10.1000/abc [doi]", "10.1000/abc"),
        ("<https://doi.org/10.1000/abc>", "10.1000/abc"),
        ('<a href="https://doi.org/10.1000/abc">here</a>', "10.1000/abc"),
        ("10.1000/abc;10.1000/def", "10.1000/abc"),
        ("10.1000.10/123", "10.1000.10/123"),
        ("10.1000/456#789", "10.1000/456#789"),
        ("https://doi.org/10.1000/abc?download=true#top", "10.1000/abc"),
        (r"10.1007/978-3-000-24574-4{\_}28", "10.1007/978-3-000-24574-4_28"),
        (r"10.1000/a\_b\&c", "10.1000/a_b&c"),
        (r"\href{https://doi.org/10.1000/abc_d}{link}", "10.1000/abc_d"),
        (r"10.1002/(SICI)1097-0258(19980815)17:15{\textless}1661::AID-SIM968{\textgreater}3.0.CO;2-2", SICI),
        (r"10.1002/(SICI)1097-0258(19980815)17:15\textless1661::AID-SIM968\textgreater3.0.CO;2-2", SICI),
        (r"10.1002/(SICI)1097-0258(19980815)17:15$<$1661::AID-SIM968$>$3.0.CO;2-2", SICI),
        ("10.1002/(SICI)1097-0258(19980815)17:15&lt;1661::AID-SIM968&gt;3.0.CO;2-2", SICI),
        ("https://doi.org/10.1002/(SICI)1097-0258(19980815)17:15%3C1661::AID-SIM968%3E3.0.CO;2-2", SICI),
        ("10.1002/(SICI)1097-0258(19980815)17:15%253C1661::AID-SIM968%253E3.0.CO;2-2", SICI),
        ("https://journals.plos.org/plosone/article?id=10.1371/journal.pone.0012345&type=printable", "10.1371/journal.pone.0012345"),
        ("https://www.biorxiv.org/content/10.1101/2020.01.01.000001v1.full.pdf", "10.1101/2020.01.01.000001"),
        ("https://onlinelibrary.wiley.com/doi/abs/10.1002/xyz.123", "10.1002/xyz.123"),
        ("https://link.springer.com/content/pdf/10.1007%2F978-3-030-1_2.pdf", "10.1007/978-3-030-1_2"),
        ("https://dl.acm.org/doi/proceedings/10.1145/3292500", None),
        ("11.1000/xyz", None),
        ("10.1000/", None),
        ("", None),
        (None, None),
    ],
)
def test_a_doi_is_read_whole(text: str | None, found: str | None) -> None:
    """Every way to write a DOI gives its one form; what stands behind it is not part of it; a volume's page is no chapter's DOI."""
    assert doi(text) == found


@given(st.from_regex(r"10\.[0-9]{4}/[a-z0-9][a-z0-9._;()/<>:-]{0,30}[a-z0-9]", fullmatch=True))
def test_reading_twice_changes_nothing(text: str) -> None:
    """What was read is read as it is."""
    found = doi(text)
    assert found is not None
    assert doi(found) == found


def test_notes_give_a_doi_only_where_it_is_their_own() -> None:
    """A line that says nothing but a DOI counts; one that speaks of another paper does not; the field goes before the address."""
    assert identifiers.doi_of(None, notes=["Cited By :3\nDOI: 10.1000/own\nExport Date: 1 May"]) == "10.1000/own"
    assert identifiers.doi_of("", notes=["Comment on doi:10.1000/other", "Erratum in: 10.1000/third"]) is None
    assert identifiers.doi_of(None, url="https://doi.org/10.1000/own", notes=["10.1000/x"]) == "10.1000/own"
    assert identifiers.doi_of("", notes=[r"\url{https://doi.org/10.1000/own}"]) == "10.1000/own"
    assert identifiers.doi_of("10.1000/own", url="https://doi.org/10.1000/x") == "10.1000/own"
