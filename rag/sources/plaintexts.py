"""Plain text: an abstract a line (with or without `Abstract:` before it), or one paper in a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rag.sources import dates, identifiers
from rag.sources.entry import MAX_ABSTRACT_CHARS, MAX_TITLE_CHARS, Entry
from rag.sources.names import people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.sources.opening import Document

LABEL = re.compile(r"\s*(?:#{1,6}\s+|\*\*)?abstract(?:\*\*)?\s*(?:[:.—–-]|\*\*:?|$)\s*", re.IGNORECASE)  # noqa: RUF001
FIELD = re.compile(r"\s*(title|authors?|date|published|year|doi|arxiv(?: id)?|url|link|keywords?|categories)\s*:\s*(.+)", re.IGNORECASE)
# The sections of a structured abstract.
SECTION = re.compile(
    r"(?:background|introduction|rationale|context|aims?|objectives?|purpose|hypothes[ie]s|(?:study )?design|setting|patients"
    r"|participants|subjects|sample|data sources?|materials?|(?:materials? and |patients and )?methods?|methodology|interventions?"
    r"|(?:main )?outcome measures?|measurements|results?|findings|discussion|conclusions?|interpretation|implications|limitations"
    r"|significance|relevance|funding|(?:trial )?registration)"
    r"(?:(?:,| and| &|/) (?:aims?|objectives?|purpose|methods?|results?|findings|conclusions?|design|discussion|setting|implications"
    r"|limitations))*\s*[:.]?",
    re.IGNORECASE,
)
_KEYWORDS = re.compile(r"\s*\W{0,3}key\s?-?words?\W{0,3}\s*[:\u2014-]\s*(.+)", re.IGNORECASE)
_TITLE_WORDS = 40


def read_abstract_lines(document: Document) -> Iterator[Entry]:
    """An abstract a line; the label goes."""
    for line in document.lines():
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
        elif line.text.strip():
            yield Entry(line=line.number, record={"abstract": LABEL.sub("", line.text, count=1)})


def read_single(document: Document) -> Iterator[Entry]:
    """The one paper of a text file: fields named at the start, a title line where one stands apart, and the abstract."""
    texts: list[str] = []
    size = 0
    for line in document.lines():
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
            return
        size += len(line.text)
        if size > MAX_ABSTRACT_CHARS + 10 * MAX_TITLE_CHARS:
            yield Entry(line=line.number, fault=f"a text of more than {MAX_ABSTRACT_CHARS} characters is no abstract")
            return
        texts.append(line.text.strip())
    start = next(number for number, text in enumerate([*texts, "end"]) if text)
    yield Entry(line=start + 1, record=_record(texts[start:]))


def _record(texts: list[str]) -> dict[str, Any]:
    """Title, fields and abstract from stripped lines, the first of which is not blank."""
    record: dict[str, Any] = {}
    while texts and (found := FIELD.fullmatch(texts[0])):
        _put(record, found[1].lower(), found[2])
        texts = texts[1:]
        while texts and not texts[0]:
            texts = texts[1:]
    labelled = next((number for number, text in enumerate(texts) if LABEL.match(text)), None)
    if labelled is not None and labelled <= 12:
        above = [text for text in texts[:labelled] if text]
        texts = [LABEL.sub("", texts[labelled], count=1), *texts[labelled + 1 :]]
    else:
        apart = len(texts) > 1 and not SECTION.fullmatch(texts[0]) and (not texts[1] or texts[1].strip("=-") == "") and _titular(texts[0])
        above, texts = (texts[:1], texts[2:]) if apart else ([], texts)
    if above and "title" not in record:
        record["title"] = above[0].lstrip("# ")
        if len(above) == 2 and "authors" not in record:
            _put(record, "authors", above[1])
    rest: list[str] = []
    for text in texts:
        if words := _KEYWORDS.fullmatch(text):
            record.setdefault("keywords", [word.strip(" .") for word in re.split(r"[,;]", words[1]) if word.strip(" .")])
        else:
            # A heading by itself runs on into its section.
            rest.append(f"{text.rstrip(':. ')}:" if SECTION.fullmatch(text) else text)
    record["abstract"] = "\n".join(rest)
    return record


def _titular(text: str) -> bool:
    """Whether a line that stands apart can be a title."""
    return len(text) <= 300 and len(text.split()) <= _TITLE_WORDS and not text.endswith((".", ",", ";", ":"))


def _put(record: dict[str, Any], field: str, value: str) -> None:
    """Store a named field."""
    if field == "title":
        record["title"] = value
    elif field.startswith("author"):
        record["authors"], record["authors_truncated"] = people(value)
    elif field in {"date", "published", "year"}:
        record["published"] = dates.iso(value)
    elif field == "doi":
        record["doi"] = value
    elif field.startswith("arxiv"):
        record["arxiv_id"] = identifiers.arxiv_id(value)
    elif field in {"url", "link"}:
        record["url"] = value
    else:
        record["categories"] = [word.strip() for word in re.split(r"[,;]", value) if word.strip()]
