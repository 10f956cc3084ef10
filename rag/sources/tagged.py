"""Tagged text, record by record: RIS, Web of Science, EndNote (refer), MEDLINE, Cochrane and the like, Ovid, PubMed's text.

What files really hold goes beyond each format's rule: tags with odd spacing, records without an end or with their type late, lines of
an abstract that look like tags, search strategies between records. Each reader cuts a file into records of (tag, value);
`rag.sources.tagnames` says which role each tag has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.sources import tagnames
from rag.sources.entry import Entry
from rag.sources.opening import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag.sources.opening import Document

RIS_TAG = re.compile(r"\ufeff?[ \t]{0,3}([A-Z][A-Z0-9])(?:[ \t]{1,4}[-–][ \t]*|-[ \t]+|[ \t]*-$)(.*)")  # noqa: RUF001
RIS_START = re.compile(r"\ufeff?[ \t]{0,3}(?:TY[ \t]{0,4}[-–]|ty[ \t]{1,4}[-–])[ \t]*[A-Za-z]")  # noqa: RUF001
_RIS_SMALL = re.compile(r"\ufeff?[ \t]{0,3}[a-z][a-z0-9](?=[ \t]{1,4}[-–](?:[ \t]|$))")  # noqa: RUF001
_RIS_TIGHT = re.compile(r"\ufeff?([A-Z][A-Z0-9])-(.*)")
_RIS_END = re.compile(r"[ \t]{0,3}ER[ \t]*[-–]?[ \t]*")  # noqa: RUF001
MEDLINE_TAG = re.compile(r"\ufeff?([A-Z][A-Z0-9]{1,4}) {0,3}- ?(.*)")
OVID_TAG = re.compile(r"\ufeff? {0,3}([A-Z][A-Z0-9]) {1,2}- ?(.*)")
WOS_TAG = re.compile(r"\ufeff?([A-Z][A-Z0-9])(?: (.*))?")
REFER_TAG = re.compile(r"\ufeff?%([0-9A-Z@!#$^&*+~<>?()\[\]_:;/\\'\"=|-])(?:[ \t]+(.*)|$)")
COLON_TAG = re.compile(
    r"\ufeff?(?:([A-Z][A-Z0-9]|[A-Z]{3,4})|(Record #\d+ of \d+|Record \d+ of \d+)) ?:? ?(?<=:) ?(.*)|\ufeff?(Record #?\d+ of \d+)\s*"
)
PUBMED_START = re.compile(r"\d+[.:] (?:.{1,150}?)(?:\b(?:1[89]|20)\d\d\b).{0,200}")
# What stands between records that are counted.
_NUMBERED = re.compile(r"\s*(?:<\s*\d+\s*\.?\s*>|(?i:record|document)\s+#?\d+(?:\s+of\s+\d+)?|_{5,}|={5,})\s*")
_NUMBERS = frozenset("<rRdD_=")
# Far longer than any record of any kind.
_MAX_LINES = 20_000

Pair = tuple[str, str]


@dataclass(slots=True)
class _Gathered:
    """The lines of what may be one record: (tag, value, line number); a blank line has no tag."""

    items: list[tuple[str, str, int]] = field(default_factory=list)
    last: str = ""
    """The last tag."""
    tags: set[str] = field(default_factory=set)

    def add(self, tag: str, value: str, line: int) -> None:
        """A tag with its value, or a blank line."""
        self.items.append((tag, value.strip(), line))
        if tag:
            self.last = tag
            self.tags.add(tag)

    def more(self, text: str, *, listed: bool, line: int) -> None:
        """A line that goes on with the last value, or adds one of the same tag."""
        at = len(self.items) - 1
        while at >= 0 and not self.items[at][0]:
            at -= 1
        if at < 0:
            return
        tag, value, first = self.items[at]
        if listed:
            self.items.append((tag, text.strip(), line))
        else:
            self.items[at] = (tag, f"{value} {text.strip()}".strip(), first)


def read_ris(document: Document) -> Iterator[Entry]:
    """RIS in all its spellings. A record ends with `ER`, or where the next one begins."""
    tight = bool(re.match(r"\ufeff?\s*TY-\S", document.head))
    small = bool(re.match(r"\ufeff?\s*ty\s", document.head))
    held = _Gathered()
    began = False
    for line in document.lines():
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
            continue
        if small and (tag := _RIS_SMALL.match(line.text)):
            line = Line(line.number, tag[0].upper() + line.text[tag.end() :])  # noqa: PLW2901 - the same line
        found = RIS_TAG.fullmatch(line.text) or (_RIS_TIGHT.fullmatch(line.text) if tight else None)
        if "ER" in line.text[:5] and _RIS_END.fullmatch(line.text):
            yield from _ris_records(held)
            held = _Gathered()
        elif found and not _ris_text(found[1], found[2], held):
            began = True
            if found[1] == "TY" and "TY" in held.tags:
                yield from _ris_records(held)
                held = _Gathered()
            held.add(found[1], found[2], line.number)
            if len(held.items) > _MAX_LINES:
                yield Entry(line=held.items[0][2], fault="the RIS record has no end (ER)")
                held = _Gathered()
        elif not line.text.strip():
            if held.items:
                held.add("", "", line.number)
        elif held.items and held.last not in tagnames.RIS_ONE_LINE:
            held.more(line.text, listed=held.last in tagnames.RIS_LISTS, line=line.number)
    left = list(_ris_records(held))
    if left and began:
        document.notes.append(f"line {left[-1].line}: the last record has no end (ER); the file may be cut short")
    yield from left


def _ris_text(tag: str, value: str, held: _Gathered) -> bool:
    """Whether what looks like a tag is a line of the text above it: `PY  - like marks were absent`."""
    if held.last not in tagnames.RIS_TEXTS or tag in tagnames.RIS_TEXTS:
        return False
    if tag in tagnames.RIS_DATES:
        return bool(value) and not any(map(str.isdigit, value[:12]))
    if tag == "ER":
        return bool(value.strip())
    return tag in tagnames.RIS_SHORT and value[:1].islower() and len(value.split()) > 2 and not value.lower().startswith(("http", "doi"))


def _ris_records(held: _Gathered) -> Iterator[Entry]:
    """The records between two ends: one, or several where ends or types are missing; what holds no title is none."""
    items = held.items
    at = next((n for n, (tag, _, _) in enumerate(items) if tag == "TY"), None)
    if at:
        above, below = items[:at], items[at:]
        titles = [{tag for tag, _, _ in part} & tagnames.RIS_TITLES for part in (above, below)]
        parts = [above, below] if titles[0] and titles[1] else [items] if titles[0] or not titles[1] else [below]
    elif at is None:
        parts = _by_blank_lines(items)
    else:
        parts = [items]
    for part in parts:
        pairs = [(tag, value) for tag, value, _ in part if tag]
        if len(pairs) > 1 or (pairs and pairs[0][0] == "TY"):
            if at is None and not {tag for tag, _ in pairs} & (tagnames.RIS_TITLES | tagnames.RIS_TEXTS):
                continue
            first = next(number for tag, _, number in part if tag)
            yield Entry(line=first, record=tagnames.ris(pairs))


def _by_blank_lines(items: Sequence[tuple[str, str, int]]) -> list[list[tuple[str, str, int]]]:
    """Records without types and ends: one, or as many as blocks between blank lines that each have a title."""
    blocks: list[list[tuple[str, str, int]]] = [[]]
    for item in items:
        if item[0]:
            blocks[-1].append(item)
        elif blocks[-1]:
            blocks.append([])
    titled = [block for block in blocks if {tag for tag, _, _ in block} & tagnames.RIS_TITLES]
    return titled if len(titled) > 1 else [list(items)]


def read_medline(document: Document) -> Iterator[Entry]:
    """MEDLINE records, parted by blank lines; a value goes on in lines that are indented.

    Tags: https://www.nlm.nih.gov/bsd/mms/medlineelements.html
    """
    yield from _blocks(document, MEDLINE_TAG, tagnames.medline, starts={"PMID", "PMCR", "UI"}, indented=True)


def read_colon(document: Document) -> Iterator[Entry]:
    """Cochrane, ProQuest and SilverPlatter: `TI: ...` and `AB: ...`."""
    yield from _blocks(document, COLON_TAG, tagnames.colon, starts={"Record"}, indented=False)


def read_ovid(document: Document) -> Iterator[Entry]:
    """Ovid's own tags: those of RIS by their looks, of MEDLINE by their meaning, under a line `<1. >` for each record."""
    yield from _blocks(document, OVID_TAG, tagnames.ovid, starts={"VN"}, indented=True)


def read_refworks(document: Document) -> Iterator[Entry]:
    """RefWorks: `RT Journal Article` begins a record, a value goes on in lines without a tag."""
    yield from _blocks(document, WOS_TAG, tagnames.refworks, starts={"RT"}, indented=False)


def read_refer(document: Document) -> Iterator[Entry]:
    """EndNote's `.enw` and refer/BibIX: `%T Title`; records are parted by a blank line or by `%0`."""
    yield from _blocks(document, REFER_TAG, tagnames.refer, starts={"0"}, indented=False, listed={"A", "E", "K", "Y", "?"})


def _blocks(
    document: Document,
    pattern: re.Pattern[str],
    made: Callable[[Sequence[Pair]], dict[str, object]],
    *,
    starts: set[str],
    indented: bool,
    listed: frozenset[str] | set[str] = frozenset(),
) -> Iterator[Entry]:
    """Records of tagged lines. One begins with a tag of `starts`, or after a blank line with a tag that the record has already."""
    held, blank, first_tag = _Gathered(), False, ""
    for line in document.lines():
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
            continue
        found = pattern.fullmatch(line.text)
        if held.items and line.text.lstrip()[:1] in _NUMBERS and _NUMBERED.fullmatch(line.text):
            yield Entry(line=held.items[0][2], record=made([(tag, value) for tag, value, _ in held.items]))
            held = _Gathered()
        if found:
            groups = [group for group in found.groups() if group is not None]
            tag, value = groups[0], groups[1] if len(groups) > 1 else ""
            tag = "Record" if tag.startswith("Record") else tag
            first_tag = first_tag or tag
            again = tag in held.tags
            if held.items and ((tag in starts and again) or (blank and (tag in starts or tag == first_tag or again))):
                yield Entry(line=held.items[0][2], record=made([(tag, value) for tag, value, _ in held.items]))
                held = _Gathered()
            held.add(tag, value, line.number)
            if len(held.items) > _MAX_LINES:
                yield Entry(line=held.items[0][2], fault="the record has no end")
                held = _Gathered()
        elif line.text.strip() and held.items and (line.text[:1].isspace() or not indented):
            held.more(line.text, listed=held.last in listed, line=line.number)
        blank = not line.text.strip()
    if held.items:
        yield Entry(line=held.items[0][2], record=made([(tag, value) for tag, value, _ in held.items]))


def read_wos(document: Document) -> Iterator[Entry]:
    """Web of Science, `.ciw` and ISI: a tag of two letters, a space and the value, which goes on in indented lines, up to `ER`."""
    held = _Gathered()
    for line in document.lines():
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
            continue
        found = WOS_TAG.fullmatch(line.text.rstrip())
        tag = found[1] if found else ""
        if tag in {"ER", "PT"} and held.items:
            yield from _wos_entry(held)
            held = _Gathered()
        if tag in {"ER", "EF", "FN", "VR"}:
            continue
        if found:
            held.add(tag, found[2] or "", line.number)
        elif line.text.strip() and held.items:
            held.more(line.text, listed=held.last in tagnames.WOS_LISTS, line=line.number)
        if len(held.items) > _MAX_LINES:
            yield Entry(line=held.items[0][2], fault="the record has no end (ER)")
            held = _Gathered()
    if held.items:
        document.notes.append(f"line {held.items[0][2]}: the last record has no end (ER); the file may be cut short")
        yield from _wos_entry(held)


def _wos_entry(held: _Gathered) -> Iterator[Entry]:
    if held.tags & {"TI", "AB", "AU"}:
        yield Entry(line=held.items[0][2], record=tagnames.wos([(tag, value) for tag, value, _ in held.items]))


def read_worded(document: Document) -> Iterator[Entry]:
    """Fields named in words: Ovid (`Title` and an indented line below), Embase, ProQuest (`Title: ...`)."""
    held, blank = _Gathered(), False
    for line in document.lines():
        text = line.text.strip()
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
            continue
        label, value = tagnames.label(line.text)
        begins = _NUMBERED.fullmatch(line.text) or (label == "title" and blank and "title" in held.tags)
        if begins and held.items:
            yield from _worded_entry(held)
            held = _Gathered()
        if label:
            held.add(label, value, line.number)
        elif text and held.items and not begins:
            held.more(text, listed=False, line=line.number)
        blank = not text or bool(begins)
        if len(held.items) > _MAX_LINES:
            yield Entry(line=held.items[0][2], fault="the record has no end")
            held = _Gathered()
    yield from _worded_entry(held)


def _worded_entry(held: _Gathered) -> Iterator[Entry]:
    if "title" in held.tags or "abstract" in held.tags:
        yield Entry(line=held.items[0][2], record=tagnames.worded([(tag, value) for tag, value, _ in held.items]))


def read_pubmed_text(document: Document) -> Iterator[Entry]:
    """PubMed's "Abstract (text)": numbered records of paragraphs: the source, the title, the authors, the abstract, the numbers."""
    first, paragraphs, fresh = 0, list[str](), True
    for line in document.lines():
        text = line.text.strip()
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
        elif not text:
            fresh = True
        elif fresh and PUBMED_START.fullmatch(text) and (not first or _pubmed_ended(paragraphs)):
            if first:
                yield Entry(line=first, record=tagnames.pubmed_text(paragraphs))
            first, paragraphs, fresh = line.number, [text], False
        elif first:
            if fresh or not paragraphs:
                paragraphs.append(text)
            else:
                # Numbers and affiliations keep their lines.
                paragraphs[-1] += ("\n" if re.match(r"(?:DOI|PMID|PMCID|\(\d+\))", text) else " ") + text
            fresh = False
    if first:
        yield Entry(line=first, record=tagnames.pubmed_text(paragraphs))


def _pubmed_ended(paragraphs: Sequence[str]) -> bool:
    """Whether the record's last paragraph is that of its numbers, so that a numbered list in an abstract begins no record."""
    return any("PMID:" in paragraph for paragraph in paragraphs[-3:])


def dialect(lines: Sequence[str]) -> str | None:
    """Which kind of tagged text begins with these lines (stripped at the right, none blank), if any."""
    if any(RIS_START.match(line) for line in lines):
        return "ris"
    if any(re.match(r" {0,3}VN {1,2}- Ovid", line) for line in lines):
        return "ovid"
    if re.match(r"\ufeff?RT [A-Z]", lines[0]) and any(re.match(r"(?:SR|ID|A1|T1|YR) ", line) for line in lines[1:12]):
        return "refworks"
    first = next((line for line in lines if not _NUMBERED.fullmatch(line)), "")
    if REFER_TAG.fullmatch(first) and sum(bool(REFER_TAG.fullmatch(line)) for line in lines[:20]) >= min(3, len(lines)):
        return "refer"
    if any(re.match(r"\ufeff?(?:FN |PT [A-Z]$)", line) for line in lines[:6]) and any(
        re.match(r"(?:AU|TI|SO|AF|AB) ", line) for line in lines
    ):
        return "wos"
    tags = [found[1] for line in lines if (found := MEDLINE_TAG.fullmatch(line))]
    if len(tags) >= 3 and MEDLINE_TAG.fullmatch(first):
        if tagnames.MEDLINE_ONLY & set(tags):
            return "medline"
        if {"TI", "T1", "CT"} & set(tags) or len(set(tags) & tagnames.RIS_KNOWN) >= 4:
            return "ris"
    colons = {(found[1] or "Record") for line in lines if (found := COLON_TAG.fullmatch(line))}
    if COLON_TAG.fullmatch(first) and len(colons & tagnames.COLON_KNOWN) >= 3 and "TI" in colons:
        return "colon"
    if PUBMED_START.fullmatch(lines[0]) and any(re.match(r"(?:Author information:|PMID: \d|DOI: 10\.)", line) for line in lines):
        return "pubmed"
    labels = [tagnames.label(line)[0] for line in lines]
    numbered = any(_NUMBERED.fullmatch(line) for line in lines[:30])
    if (numbered and "title" in labels and len(set(labels)) >= 4) or (labels.count("title") > 1 and "abstract" in labels):
        return "worded"
    return None
