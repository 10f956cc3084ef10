"""One small document in every format that is read, and how tests put and read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.sources import read

if TYPE_CHECKING:
    from pathlib import Path

    from rag.errors import SourceError
    from rag.schema import Paper

ABSTRACT = (
    "Gulls steal chips from people on piers. We watched forty gulls for a summer and counted what they took. "
    "They took 12.5% of all chips, mostly from people who looked away. A hat with painted eyes halved the loss, and two hats did no better."
)
ABSTRACT_TEX = ABSTRACT.replace("%", "\\%")
FIRST, SECOND = ABSTRACT.split(" for ", 1)
OTHER = ABSTRACT.replace("Gulls", "Crows").replace("gulls", "crows").replace("chips", "nuts")


def put(folder: Path, text: str | bytes, name: str = "input.dat") -> Path:
    """A file with a name that tells nothing."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def bad_lines(path: Path) -> tuple[list[Paper], list[SourceError]]:
    """What is read, and what is reported, with `skip_bad`."""
    errors: list[SourceError] = []
    return list(read(path, skip_bad=True, on_bad=errors.append)), errors


TRENDING = f"new\n\nGet papers!\n\nSubscribe\n\nApr 24\n\nGulls and Chips\n\n{ABSTRACT}\n\nCrows: A Second Look\n\n{OTHER}\n"
LISTING = f"21.1LGApr 7, 2023Code\nGulls and the GPTLi Wei, Ann O'Brien et al.\n{ABSTRACT}\nCrows RevisitedJ. D. Smith\n{OTHER}\n"
ARXIV = {
    "id": "2304.03442",
    "submitter": "A",
    "title": "Gulls\n  and Chips",
    "authors": "Ann Lee and Bo van der Meer",
    "doi": "10.1000/X.1",
    "abstract": f"  {ABSTRACT}\n",
    "categories": "cs.LG stat.ML",
    "versions": [{"version": "v1", "created": "Mon, 3 Apr 2023 01:00:00 GMT"}],
    "update_date": "2023-05-01",
    "authors_parsed": [["Lee", "Ann", ""], ["van der Meer", "Bo", "Jr"]],
}
BIBTEX = f"""% comment
@string{{piers = {{Journal of Piers}}}}
@article{{lee2023,
  title = {{{{Gulls}} and {{\\"U}}ber-Chips: 50\\% \\& more}},
  author = {{Lee, Ann and {{Gull Consortium}} and M{{\\"u}}ller, J{{\\"o}}rg and others}},
  journal = piers, year = 2023, month = apr,
  abstract = {{{ABSTRACT_TEX}}},
  doi = {{10.1000/x_1}}, eprint = {{2304.03442v2}}, archivePrefix = {{arXiv}}
}}
"""
RIS = (
    "TY  - JOUR\nTI  - Gulls and Chips\nAU  - Lee, Ann\nAU  - van der Meer, Bo\nPY  - 2023\nDA  - 2023/04/07/\n"
    f"AB  - {FIRST} for\n{SECOND}\nDO  - 10.1000/x.1\nUR  - https://example.org/gulls\nER  - \n"
)
CSL = {
    "id": "x",
    "type": "article-journal",
    "title": "Gulls and Chips",
    "author": [{"family": "Lee", "given": "Ann"}, {"literal": "Gull Consortium"}],
    "issued": {"date-parts": [["2023", 4]]},
    "abstract": ABSTRACT,
    "DOI": "10.1000/x.1",
    "source": "Crossref",
}
TABLE = f'Authors,Title,Year,Abstract,DOI\n"Lee, Ann; Meer, Bo",Gulls and Chips,2023,"{ABSTRACT}",10.1000/x.1\n'
MEDLINE = (
    "\nPMID- 123\nDP  - 2023 Apr 7\nTI  - Gulls and\n      Chips.\n"
    f"AB  - {FIRST} for\n      {SECOND}\nFAU - Lee, Ann\nAU  - Lee A\nLID - 10.1000/x.1 [doi]\nMH  - Birds\n"
)
OURS = {
    "paper_id": "lee2023gulls",
    "title": "Gulls and Chips",
    "title_origin": "assigned",
    "authors": ["Ann Lee"],
    "authors_truncated": True,
    "published": "2023-04",
    "categories": ["cs.LG"],
    "has_code": True,
    "listing_score": 3.5,
    "url": None,
    "code_url": "https://github.com/a/b",
    "doi": None,
    "arxiv_id": None,
    "source": {"document": "003", "record": 17},
    "abstract": ABSTRACT,
    "abstract_origin": "rewritten",
    "keys": ["abstract:1f"],
    "unknown": 1,
}
