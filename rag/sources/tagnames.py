"""Which role each tag of the tagged formats has (`rag.sources.assembly`), and what of a value a role can't say."""

# ruff: noqa: SIM905 - lists of words read best as running text

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rag.sources.assembly import dotted, record_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """`TAG role [role ...]`, parted by commas."""
    return {row.split()[0]: tuple(row.split()[1:]) for row in text.split(",")}


_RIS = _table(
    "TY type, TI title, T1 title, CT title, BT title2, T2 venue2, JF venue, JO venue3, JA container-title-short,"
    " J2 container-title-short, J1 container-title-short, T3 collection-title, ST title-short, AU author, A1 author, A2 editor, ED editor,"
    " A3 collection-editor, A4 translator, PY year, Y1 date, DA date, Y2 accessed, AB abstract, N2 abstract, KW keyword, DO doi,"
    " UR url, L1 url, L2 url, LK url, L3 url, VL volume, VO volume, IS issue, CP issue, SP first_page, EP last_page, PB publisher,"
    " CY publisher-place, PP publisher-place, SN isn, LA language, ID key, AN accession, M1 number, M3 genre, N1 maybe_doi note,"
    " ET edition, AD author-address, DB database, DP database-provider, CN call-number, SE section, TT translated-title,"
    " PM pmid, RI reviewed-title, LB label"
)
RIS_TITLES = frozenset({"TI", "T1", "CT", "BT"})
RIS_TEXTS = frozenset({"AB", "N2", "N1", "RN"})
RIS_LISTS = frozenset({"KW", "AU", "A1", "A2", "A3", "A4", "ED"})
RIS_DATES = frozenset({"PY", "Y1", "Y2", "DA"})
RIS_SHORT = frozenset("TY VL IS CP SP EP SN DO UR LA ID AN CY ET DB M1 M2 C1 C2 C3 AU A1 JO JF".split())
RIS_ONE_LINE = frozenset("TY PY Y1 Y2 DA VL IS CP SP EP SN DO LA ID".split())
RIS_KNOWN = frozenset(_RIS)

_WOS = _table(
    "PT type2, DT type, AU author2, AF author, BA author2, BF author, CA group, GP organization, BE editor, ED editor, TI title, SO venue,"
    " SE collection-title, BS collection-subtitle, LA language, DE keywords, ID keywords, AB abstract, C1 author-address,"
    " RP reprint-address,"
    " PU publisher, PI publisher-city, PA publisher-place, SN issn, EI issn, BN isbn, J9 container-title-short, JI iso-abbreviation,"
    " PD month, PY year, EA early-access, VL volume, IS issue, SI special-issue, SU supplement, BP first_page, EP last_page,"
    " AR article-number,"
    " DI doi, D2 book-doi, PM pmid, UT accession, CT event-title, CY event-date, CL event-place, EM email, RI researcher-id, OI orcid,"
    " FU funding, FX funding-text, WC web-of-science-category, SC research-area, OA open-access, TC times-cited"
)
WOS_LISTS = frozenset("AU AF BA BF CA BE ED C1".split())
_WOS_KINDS = {"J": "article-journal", "B": "book", "S": "chapter", "P": "patent", "C": "paper-conference"}

_REFER = _table(
    "0 type, T title, B title2, J venue, S collection-title, A author, E editor, ? translator, Y tertiary-author, D year, 8 date, V volume,"
    " N issue, P pages, I publisher, C publisher-place, X abstract, K keywords, R doi, U url, > link, @ isn, G language,"
    " M accession, F label,"
    " L call-number, Z maybe_doi note, ! title-short, 7 edition, 9 genre, + author-address, & section, [ accessed, W database,"
    " ~ database-name,"
    " Q original-title, O note, H translator"
)
_MEDLINE = _table(
    "PMID pmid, UI pmid, PMC pmcid, PMCR accession, TI title, TT translated-title, BTI title2, AB abstract, OAB abstract2,"
    " FAU author, AU author2,"
    " CN group, FED editor, ED editor2, DP date, DEP date2, JT venue, TA container-title-short, VI volume, IP issue, PG pages, IS issn,"
    " ISBN isbn, LA language, PT type, MH keyword, OT keyword, PB publisher, PL publisher-place, AD author-address, SO citation,"
    " CI copyright, GN note, CTI collection-title, EN edition"
)
MEDLINE_ONLY = frozenset("PMID PMCR FAU STAT DCOM CRDT MHDA PHST EDAT OWN LID AID JT JID".split())

_COLON = _table(
    "TI title, AU author, AF author-address, AB abstract, SO venue, JN venue, JF venue, YR year, PY year, PD date, DT type, PT type,"
    " VL volume,"
    " VI volume, NO issue, IP issue, PG pages, PM pmid, KY keywords, DE keywords, ID identifiers, KW keywords, DOI doi, DO doi, US url,"
    " UR url, PB publisher, IS issn, SN issn, ISSN issn, IB isbn, LA language, CC source-list, AN accession, Record record"
)
COLON_KNOWN = frozenset(_COLON)

_OVID = _table(
    "TI title, AU author, FA author2, ED editor, CA group, AB abstract, SO citation, JN venue, JF venue, SN source-notes, YR year,"
    " DP date, DT type,"
    " PT type, LG language, LA language, IS issn, EI issn, IB isbn, BN isbn, DI doi, DO doi, UI accession, AN accession,"
    " PU publisher, PB publisher,"
    " IN author-address, KW keywords, ID keywords, HW keywords, SH keywords, SU keywords, MH keywords, DE keywords, XL url, UR url,"
    " OU url, PM pmid,"
    " VO volume, VI volume, IP issue, PG pages, TT original-title, OT original-title, VN version, DB database"
)
_REFWORKS = _table(
    "RT type, T1 title, A1 author, A2 editor, A3 collection-editor, JF venue, JO venue3, T2 title2, T3 collection-title, YR year,"
    " FD month, VO volume,"
    " IS issue, SP first_page, OP last_page, AB abstract, K1 keyword, PB publisher, PP publisher-place, SN isn, LA language, DO doi,"
    " UL url, LK url,"
    " ED edition, AD author-address, AN accession, NO note, ST title-short, PM pmid"
)
# Words for fields, as Ovid, Embase and ProQuest print them, without case.
_LABELS = {
    word: roles
    for words, roles in {
        "title|article title|document title": ("title",),
        "original title|translated title|vernacular title": ("original-title",),
        "author names|authors full name|author full names|full author names": ("author",),
        "authors|author|author(s)|author/s|by": ("author2",),
        "corporate author|group authors": ("group",),
        "abstract|english abstract|abstract text|summary": ("abstract",),
        "source title|journal|journal name|publication title|journal title|journal full title|full journal name": ("venue",),
        "source": ("citation",),
        "journal subset|journal abbreviation|abbreviated source title": ("container-title-short",),
        "year of publication|publication year|year|year published": ("year",),
        "publication date|date of publication|date|entry date|issue date": ("date",),
        "volume": ("volume",), "issue|issue number|part": ("issue",), "pages|page numbers|pagination": ("pages",),
        "first page|start page": ("first_page",), "last page|end page": ("last_page",),
        "digital object identifier|doi|doi number|article doi": ("doi",),
        "issn|issn print|issn electronic|issn (print)|print issn|e-issn|eissn": ("issn",), "isbn": ("isbn",),
        "publisher|publisher name": ("publisher",),
        "country of publication|place of publication|publisher location": ("publisher-place",),
        "language|language of article|languages": ("language",), "publication type|document type|source type|record type": ("type",),
        "keywords|keyword|author keywords|keyword heading|key words|index terms|subject headings|mesh subject"
        " headings|mesh|subject|subjects"
        "|emtree drug index terms|emtree medical index terms|identifier keywords": ("keywords",),
        "unique identifier|accession number|accession|record owner|database": ("accession",),
        "pubmed id|pmid|medline pmid": ("pmid",), "url|document url|link|link to full text|full text link|embase link": ("url",),
        "institution|author affiliation|affiliation|author addresses|correspondence address|author information": ("author-address",),
        "conference|conference name|conference title": ("event-title",),
        "editor|editors|editor(s)": ("editor",),
    }.items()
    for word in words.split("|")
}  # fmt: skip
_LABEL = re.compile(r"\s{0,3}([A-Za-z][A-Za-z()/ -]{1,38}?)\s*(?::\s*(.*)|$)")


def ris(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A record of RIS."""
    if any(tag in _UNSURE for tag, _ in pairs):
        pairs = list(_sure(pairs))
    return record_of(_roles(pairs, _RIS))


_UNSURE = frozenset({"AN", "ID", "M1", "M3", "C2"})


def _sure(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Tags whose values say what they are: a PMID, a citation key, an issue, a DOI or a PMCID in the place of something else."""
    held = dict(pairs)
    for tag, value in pairs:
        if tag == "AN" and value.isdigit() and re.search(r"(?i)pubmed|medline|nlm", f"{held.get('DB')}{held.get('DP')}{held.get('UR')}"):
            yield "PM", value
        elif tag == "ID" and not re.search(r"[A-Za-z]", value):
            yield "ID number", value
        elif tag == "M1" and value.isdigit() and "IS" not in held and "CP" not in held and len(value) < 4:
            yield "IS", value
        elif tag == "M3" and re.search(r"10\.\d{4,9}/", value):
            yield "maybe_doi", value
        elif tag == "C2" and re.fullmatch(r"PMC\s?\d+", value):
            yield "pmcid", value
        else:
            yield tag, value


def _roles(pairs: Iterable[tuple[str, str]], table: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, Any]]:
    """Roles for tags; a tag that has none keeps its name."""
    for tag, value in pairs:
        for role in table.get(tag, (tag,)):
            yield role, value


def wos(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A record of Web of Science. Cited references (`CR`) are no part of the paper."""
    made: list[tuple[str, Any]] = []
    for role, value in _roles((pair for pair in pairs if pair[0] != "CR"), _WOS):
        if role == "type":
            made += [("type", kind) for kind in value.split("; ")]
            if "retracted" in value.lower():
                made.append(("retraction", "retracted (document type)"))
        elif role in {"author", "author2", "editor"}:
            made.append((role, dotted(re.sub(r"\s*\([^()]*@[^()]*\)", "", value))))
        else:
            made.append((role, _WOS_KINDS.get(value, value) if role == "type2" else value))
    return record_of(made)


def refer(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A record of EndNote's tags."""
    return record_of(_roles(pairs, _REFER))


def medline(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A record of MEDLINE: full names go before short ones, the PubMed address stands in for none."""
    made: list[tuple[str, Any]] = []
    full = any(tag == "FAU" for tag, _ in pairs)
    for tag, value in pairs:
        if tag == "AU" and full:
            continue
        if tag in {"LID", "AID", "SI"}:
            role = "doi" if "[doi]" in value else "article-number" if "[pii]" in value else tag
            made.append((role, re.sub(r"\s*\[(?:doi|pii|bookaccession)\]", "", value)))
        elif tag == "AU":
            made.append(("author2", turned(value)))
        elif tag in {"RIN", "ROF"} or (tag == "PT" and "Retracted" in value):
            made.append(("retraction" if tag != "ROF" else "retraction-of", "retracted" if tag == "PT" else f"retracted: {value}"))
        else:
            made += [(role, value) for role in _MEDLINE.get(tag, (tag,))]
    held = {tag: value for tag, value in pairs if tag in {"PMID", "TI", "TT", "BTI"}}
    if held.get("PMID", "").isdigit():
        made.append(("url", f"https://pubmed.ncbi.nlm.nih.gov/{held['PMID']}/"))
    if "TI" not in held and "TT" in held:
        made.append(("title", held["TT"]))
    # The notice that it was retracted says more than the mark.
    made.sort(key=lambda pair: pair == ("retraction", "retracted"))
    return record_of(made)


def ovid(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A record of Ovid's tags: marks of affiliation go from names, remarks in brackets from titles; the source in one line comes apart."""
    made: list[tuple[str, Any]] = []
    for role, value in _roles(pairs, _OVID):
        if role in {"author", "editor"}:
            made.append((role, re.sub(r"(?:\s+(?:\d[\d,+*]*|[+*]|(?:M\.?D|Ph\.?D|FACSM)\b.*))+$", "", value)))
        elif role == "title":
            made.append(
                (
                    role,
                    re.sub(
                        r"\s+\[(?:Article|Miscellaneous|References|Review|Report|Editorial|Letter|Erratum|Abstract)[^\]]*\]\.?$", "", value
                    ),
                )
            )
        elif role == "citation":
            made += [*citation(value), (role, value)]
        else:
            made.append((role, value.rstrip(".") if role in {"language", "type"} else value))
    return record_of(made)


def refworks(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A record of RefWorks, whose names have no space after the comma."""
    return record_of(_roles(((tag, re.sub(r",(?=\S)", ", ", value) if tag in {"A1", "A2"} else value) for tag, value in pairs), _REFWORKS))


def colon(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A record of `TI: ...` lines; authors may stand in one line."""
    made: list[tuple[str, Any]] = []
    for role, value in _roles(pairs, _COLON):
        if role == "author" and ";" in value:
            made += [(role, name) for name in value.split(";")]
        elif role != "record":
            made.append((role, re.sub(r"(?i)^pubmed\s+", "", value) if role == "pmid" else value))
    return record_of(made)


def label(line: str) -> tuple[str, str]:
    """The role-giving word of a line, and what stands behind it; two empty strings where the line begins with none."""
    found = _LABEL.fullmatch(line)
    if not found or found[1].strip().lower() not in _LABELS:
        return "", ""
    if found[2] is None and line[:1].isspace():
        return "", ""
    roles = _LABELS[found[1].strip().lower()]
    return roles[0], found[2] or ""


_VOLUME = r"(?P<volume>[\w-]+)"
_CITATIONS = tuple(
    re.compile(form)
    for form in (
        # Roofs. Vol.75(2),2014, pp. 1-9
        (
            rf"(?P<venue>.+?)[.,] Vol\.\s?{_VOLUME}(?:\((?P<issue>[^)]*(?:\([^)]*\)[^)]*)?)\))?,\s*(?P<date>[^,]*\d{{4}})"
            r"(?:,\s*(?:pp\.?\s*)?(?P<pages>[\w-]*\d[\w-]*))?.*"
        ),
        # Forest Ecology & Management. 201(1):1-9, 2004 Nov 1
        (rf"(?P<venue>.+?)\.\s+{_VOLUME}\s*(?:\((?P<issue>[^)]*)\))?\s*(?::\s*(?P<pages>[\w-]+))?\s*[,.]\s*(?P<date>\d{{4}}[^.]*)\.?.*"),
        # Moss Journal January/February 2010;14(1):56
        (
            r"(?P<venue>.+?)[.,]?\s+"
            r"(?P<date>(?:[A-Z][a-z]+(?:/[A-Z][a-z]+)?\s+)?(?:\d{1,2},?\s+)?(?:1[89]|20)\d\d(?: [A-Z][a-z]{2}(?: \d+)?)?)"
            rf";\s*{_VOLUME}?(?:\((?P<issue>[^)]*)\))?(?::(?P<pages>[\w-]+))?.*"
        ),
        # Harbour Birds (2001) 3:1 (1-9)
        (rf"(?P<venue>.+?) \((?P<date>\d{{4}})\) {_VOLUME}(?::(?P<issue>[\w-]+))? \((?P<pages>[\w-]+)\).*"),
    )
)


def citation(text: str) -> list[tuple[str, str]]:
    """What a source in one line says: journal, date, volume, issue, pages."""
    for form in _CITATIONS:
        if len(text) < 600 and (found := form.fullmatch(" ".join(text.split()))):
            return [(role if role != "date" else "date2", value) for role, value in found.groupdict().items() if value]
    return []


def worded(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A record of worded fields; a source in one line (`Moss J. 12(3):1-9, 2001 Apr.`) comes apart."""
    made: list[tuple[str, Any]] = []
    for role, value in pairs:
        if role in {"author", "author2", "editor"}:
            made += [(role, name) for name in _row(value)]
        elif role == "citation":
            made += [*citation(value), (role, value)]
        else:
            made.append((role, value))
    return record_of(made)


def _row(text: str) -> list[str]:
    """Names in one line, parted by semicolons, by two spaces or after initials with a full stop."""
    text = re.sub(r"\s*\(\d+\)|\s*<\d+>|\[\w\]", "", text)
    if ";" in text:
        return text.split(";")
    if re.search(r"\S\s{2,}\S", text):
        return re.split(r"\s{2,}", text)
    parts = re.split(r"(?<=\.),?\s+(?=[A-Z][\w'’-]+(?:[ -][A-Z][\w'’-]+)?,? [A-Z]\.?)", text)  # noqa: RUF001
    return [part.rstrip(",") for part in parts]


_PUBMED_SOURCE = re.compile(
    r"\d+[.:] (?P<venue>.+?)\.? (?P<date>(?:1[89]|20)\d\d(?: [A-Z][a-z]{2}(?:-[A-Z][a-z]{2})?(?: \d{1,2})?)?)"
    r"(?:;(?P<volume>[^(:;.]+)?(?:\((?P<issue>[^)]*)\))?(?::(?P<pages>[^.;]+))?)?"
)
_NUMBERS = re.compile(r"(?m)^(DOI|PMID|PMCID): *(\S+)")
_NOT_TEXT = re.compile(
    r"(?:Author information:|Comment in|Comment on|Erratum in|Update (?:in|of)|Republished|Retract|Conflict of interest|Copyright|©"
    r"|DOI:|PMID:|PMCID:|\(\d+\)|Collaborators:|Publication type|Expression of concern|\[Article in |\[Indexed for)"
)


def pubmed_text(paragraphs: Sequence[str]) -> dict[str, Any]:
    """A record of PubMed's text: the source, the title, the authors, and of what follows all that is text."""
    head = " ".join(paragraphs[:1])
    made: list[tuple[str, Any]] = []
    if found := _PUBMED_SOURCE.match(head):
        made += [(role, value) for role, value in found.groupdict().items() if value]
    if named := re.search(r"\bdoi: *(10\.\S+)", head):
        made.append(("doi", named[1].rstrip(".")))
    rest = list(paragraphs[1:])
    if rest:
        made.append(("title", re.sub(r"(?<![.?!])\.$", "", rest.pop(0))))
    if rest and not _NOT_TEXT.match(rest[0]) and not re.search(r"[a-z]{3}\. [A-Z]", rest[0]):
        row = re.sub(r"\(\d+(?:\)\(\d+)*\)|\[\w\]", "", rest.pop(0)).rstrip(". ")
        made += [("cut", True) if name.strip() == "et al" else ("author", turned(name.strip())) for name in row.split(", ")]
    texts: list[str] = []
    for paragraph in rest:
        for key, value in _NUMBERS.findall(paragraph):
            made.append((key.lower(), value))
        if paragraph.startswith("Retraction in"):
            made.append(("retraction", f"retracted: {paragraph[13:].strip()}"))
        elif paragraph.startswith(("Copyright", "©")):
            made.append(("copyright", paragraph))
        elif not _NOT_TEXT.match(paragraph):
            texts.append(paragraph)
    made.append(("abstract", " ".join(texts)))
    made += [("url", f"https://pubmed.ncbi.nlm.nih.gov/{value}/") for role, value in made if role == "pmid"]
    return record_of(made)


def turned(name: str) -> str:
    """`Smith JD` as `J. D. Smith`, also where the family name is in capitals; another form as it stands."""
    family, _, initials = name.strip().rpartition(" ")
    if not family or "," in name or "." in family or not (initials.isalpha() and initials.isupper() and len(initials) <= 4):
        return name.strip()
    return " ".join([*(f"{letter}." for letter in initials), family])
