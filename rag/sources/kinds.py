"""Types of publications: the words of every tool to CSL's types, and from these to the words of the formats that are written.

CSL's types: https://docs.citationstyles.org/en/stable/specification.html#appendix-iii-types
"""

from __future__ import annotations

import re

# CSL's type: what BibTeX, RIS and EndNote call it when it is written, then what else leads to it. A word in two rows means the first.
_TYPES = {
    "article-journal": ("article", "JOUR", "Journal Article", (
        "journal, ejou, review, review article, original article, research article, letter, editorial, note, short survey, meta- "
        "analysis, case reports, clinical trial, randomized controlled trial, comparative study, systematic review, erratum, article "
        "in press, data paper, abst, inpr, jfull, peer review, correction, retraction"
    )),
    "article": ("misc", "GEN", "Generic", "preprint, posted content, eprint, working paper, e print"),
    "article-magazine": ("article", "MGZN", "Magazine Article", "magazine"),
    "article-newspaper": ("article", "NEWS", "Newspaper Article", "newspaper"),
    "paper-conference": ("inproceedings", "CPAPER", "Conference Paper", (
        "conference, conf, proceedings article, proceedings paper, in proceedings, conference abstract, conference review, conference "
        "article, meeting abstract"
    )),
    "book": ("book", "BOOK", "Book", (
        "books, monograph, edited book, reference book, mvbook, ebook, edbook, collection, mvcollection, electronic book, "
        "mvproceedings, proceedings, conference proceedings, booklet, ser, serial, book set, book series"
    )),
    "chapter": ("incollection", "CHAP", "Book Section", (
        "inbook, book chapter, book part, bookinbook, suppbook, suppcollection, echap, electronic book section"
    )),
    "entry-encyclopedia": ("incollection", "ENCYC", "Encyclopedia", (
        "inreference, reference entry, encyclopedia article, entry, reference, mvreference"
    )),
    "entry-dictionary": ("incollection", "DICT", "Dictionary", "dictionary entry"),
    "thesis": ("phdthesis", "THES", "Thesis", (
        "mastersthesis, masters thesis, master thesis, dissertation, doctoral dissertation, doctoral thesis, bachelorsthesis"
    )),
    "report": ("techreport", "RPRT", "Report", "technical report, report component, research report, grant, govdoc, government document"),
    "standard": ("misc", "STAND", "Standard", "standards"),
    "patent": ("misc", "PAT", "Patent", "patents"),
    "dataset": ("misc", "DATA", "Dataset", "data set, data, dbase, database, aggd"),
    "software": ("misc", "COMP", "Computer Program", "software version, code"),
    "webpage": ("misc", "ELEC", "Web Page", "online, www, electronic, website, web resource"),
    "post-weblog": ("misc", "BLOG", "Blog", "blog post"),
    "post": ("misc", "BLOG", "Blog", "forum post"),
    "manuscript": ("unpublished", "UNPB", "Unpublished Work", "unpublished, unpb, manscpt"),
    "speech": ("misc", "SLIDE", "Generic", "presentation, lecture, slides"),
    "review-book": ("article", "JOUR", "Journal Article", "book review"),
    "pamphlet": ("booklet", "PAMP", "Pamphlet", ""),
    "map": ("misc", "MAP", "Map", ""),
    "graphic": ("misc", "ART", "Artwork", "figure, image"),
    "motion_picture": ("misc", "MPCT", "Film or Broadcast", "film, movie, video, video recording, audiovisual material, advs"),
    "song": ("misc", "SOUND", "Music", "audio, audio recording"),
    "bill": ("misc", "BILL", "Bill", ""),
    "legislation": ("misc", "STAT", "Statute", "law"),
    "legal_case": ("misc", "CASE", "Case", "jurisdiction"),
    "personal_communication": ("misc", "PCOMM", "Personal Communication", "email"),
    "interview": ("misc", "GEN", "Generic", ""),
    "document": ("misc", "GEN", "Generic", "other, component, paratext, supplementary materials"),
}  # fmt: skip


def _folded(word: str) -> str:
    """`journalArticle`, `Journal Article` and `journal-article` are one word."""
    return re.sub(r"[^a-z0-9]", "", word.lower())


_OF_WORD: dict[str, str] = {}
for _csl, (_bibtex, _ris, _endnote, _more) in _TYPES.items():
    for _word in (_csl, _bibtex, _ris, _endnote, *_more.split(",")):
        if _folded(_word):
            _OF_WORD.setdefault(_folded(_word), _csl)
_OF_WORD |= {_folded(name): name for name in _TYPES if name != "article"} | {"misc": "document", "gen": "document", "generic": "document"}


def csl(word: str | None) -> str | None:
    """CSL's type for another tool's word, in any case and with any signs between its parts; None where it is none.

    >>> [csl(word) for word in ("article", "inproceedings", "CPAPER", "posted-content", "bookSection", "Conference Paper", "poem")]
    ['article-journal', 'paper-conference', 'paper-conference', 'article', 'chapter', 'paper-conference', None]
    """
    return _OF_WORD.get(_folded(word)) if word else None


def known(name: str) -> bool:
    """Whether this is one of CSL's types that are kept; `article` is CSL's word for a preprint."""
    return name in _TYPES


def written(name: str | None) -> tuple[str, str, str]:
    """What BibTeX, RIS and EndNote call a type of CSL."""
    return _TYPES.get(name or "document", _TYPES["document"])[:3]
