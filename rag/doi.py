"""A DOI, whole, out of whatever it is written in: a field, an address, a note, LaTeX, HTML or percent signs.

A DOI may hold any printable character (`10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM968>3.0.CO;2-2`), so what ends one is told
by what stands around it: white space, a tag, the next identifier, a bracket that was opened before it, the punctuation of a sentence.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from urllib.parse import unquote

_DOI = re.compile(r"(?<![\d.])10\.\d{4,9}(?:\.\d+)*/\S+")
_MARKED = re.compile(r"[\\{}$%&<\u2010-\u2015\u200b\u00ad]")
_LATEX = re.compile(
    r"\$\s*\\?(?P<math>[<>_]|lt|gt)\s*\$"
    r"|\{?\\(?P<name>textless|textgreater|textunderscore|textasciitilde|textbackslash|ensuremath|lt|gt|slash)(?![a-zA-Z])"
    r"(?:\{\s*\})?\s*\}?"
    r"|\\(?P<sign>[-_%&#$~{}()<>;:/\[\]])"
)
_NAMED = {"textless": "<", "textgreater": ">", "textunderscore": "_", "textasciitilde": "~", "lt": "<", "gt": ">", "slash": "/"}
_BRACED = re.compile(r"\{([^{}\s]?)\}")
# What ends a DOI though it is no space: a tag, above all. `<1661::AID-...>` of an old Wiley DOI is none.
_TAG = re.compile(
    r"\[doi\]|\}\{|\"|</?(?:a|abbr|b|br|code|div|em|font|i|li|ol|p|pre|small|span|strong|sub|sup|td|tr|u|ul|url|uri|jats:\w+)(?:[\s/>]|$)",
    re.IGNORECASE,
)
_NEXT = re.compile(r"[;,|\]}\s](?:\s*(?:and|or)\s)?(?=https?://|www\.|doi[:.\s]|10\.\d{4,9}/|pmid\b|arxiv\b|issn\b|url\b)", re.IGNORECASE)
_RESOLVER = re.compile(r"^(?:https?:)?//(?:www\.)?(?:dx\.)?doi\.org/|^(?:www\.)?(?:dx\.)?doi\.org/", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:(?:https?|ftp):)?//\S+|(?:www\.)?(?:dx\.)?doi\.org/\S+", re.IGNORECASE)
_OF_THE_PAGE = re.compile(
    r"(?:/(?:full|abstract|abs|pdf|epdf|epub|html|fulltext|full-text|meta|summary|references|citations?|figures|supplementary[\w-]*|pdfdirect"
    r"|tables|v\d+/\w+)"
    r"|\.(?:full|abstract|short|pdf|html?|xml|long|full-text|supplementary-material|article-info|figures-only)"
    r"|(?<=\d)v\d+(?=\.(?:full|abstract|pdf|short)|$)|;jsessionid=.*)+/?$",
    re.IGNORECASE,
)
_BOOK_PAGE = re.compile(
    r"/(?:book|books|proceedings|series|toc|journal|loi|bookseries|referencework|conference)/(?:\w+/)?10\.\d", re.IGNORECASE
)
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"))
_STOPS = ".,;:!?'\"*`\u2019\u201d\u00bb\u201c"


def doi(text: str | None) -> str | None:
    r"""The first DOI in `text`, lower case, decoded, without resolver; None where there is none.

    >>> doi("https://doi.org/10.1002/(SICI)1097%3C1::AID-X9%3E3.0.CO;2-2")
    '10.1002/(sici)1097<1::aid-x9>3.0.co;2-2'
    >>> doi(r"10.1007/978-3{\_}28"), doi("(see 10.1000/xyz(2020))."), doi("10.1000")
    ('10.1007/978-3_28', '10.1000/xyz(2020)', None)
    """
    if not text or "10." not in text:
        return None
    return _found(text.strip())


@lru_cache(maxsize=4096)
def _found(text: str) -> str | None:
    if _ADDRESS.match(text):
        # Of an address, `?` and `#` end the path, and some ends of the path name a view of the page.
        return _of_address(text.split(maxsplit=1)[0])
    plain = _decoded(text) if _MARKED.search(text) else text
    found = _DOI.search(plain)
    if found is None:
        return None
    inside = next((a for a in _ADDRESS.finditer(plain) if a.start() < found.start() < a.end()), None)
    if inside is not None:
        return _of_address(_trimmed(plain[inside.start() :].split()[0])) or _ended(found[0])
    return _ended(found[0])


def _of_address(address: str) -> str | None:
    resolver = _RESOLVER.match(address) is not None
    if not resolver and _BOOK_PAGE.search(unquote(address)):
        return None  # the page of a volume, which each of its chapters may give
    # `article?id=10.1371/...&type=printable`
    in_query = re.search(r"[?&#=](?:[^?&#]*=)?(?:doi:)?(10\.\d{4,9}(?:/|%2f)[^&#\s]+)", address, re.IGNORECASE)
    path = re.split(r"[?#]", address, maxsplit=1)[0]
    part = path if re.search(r"10\.\d{4,9}(?:\.\d+)*(?:/|%2f)", path, re.IGNORECASE) else in_query[1] if in_query else ""
    found = _DOI.search(_decoded(part))
    if found is None:
        return None
    return _ended(found[0] if resolver else _OF_THE_PAGE.sub("", found[0]))


def _decoded(text: str) -> str:
    """Without LaTeX's, HTML's and the web's ways to write a sign."""
    if "\\" in text or "{" in text or "$" in text:
        text = _LATEX.sub(lambda m: m["sign"] or _NAMED.get(m["math"] or m["name"], m["math"] or ""), text)
        text = _BRACED.sub(r"\1", text)
    if "&" in text:
        text = html.unescape(html.unescape(text))
    for _ in range(2):  # some exports encode twice
        if "%" not in text:
            break
        text = unquote(text)
    # Hyphens of typesetting, and the invisible ones that break a line.
    return re.sub("[\u2010-\u2015]", "-", re.sub("[\u200b\u00ad]", "", text))


def _ended(found: str) -> str | None:
    """The DOI at the start of `found`, cut where it ends."""
    tag = _TAG.search(found)
    if tag:
        found = found[: tag.start()]
    following = _NEXT.search(found)
    if following:
        found = found[: following.start()]
    found = _trimmed(found)
    suffix = found.partition("/")[2]
    return found.lower() if any(map(str.isalnum, suffix)) else None


def _trimmed(found: str) -> str:
    """Without the punctuation of the sentence, and without closing brackets that close what was opened before."""
    while True:
        kept = found.rstrip(_STOPS)
        for opening, closing in _PAIRS:
            if (kept.endswith(closing) and kept.count(closing) > kept.count(opening)) or kept.endswith(opening):
                kept = kept[:-1]
        if kept == found:
            return kept
        found = kept
