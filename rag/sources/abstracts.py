"""What stands around an abstract and is none of it: a heading, rights, keywords, and phrases in the place of an abstract.

Enters plain text, leaves the abstract and what was taken off, which a record keeps elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_STATE = (
    r"(?:not\s+(?:yet\s+|currently\s+|been\s+)*(?:be\s+)?(?:available|provided|given|supplied|found|present|included|applicable|shown)"
    r"|available|provided|given|supplied|found|present|included|unavailable|missing|withheld|pending|forthcoming|to\s+(?:follow|be\s+added))"
)
_WHERE = r"(?:\s+(?:for|in|here|at|from|on|yet|as|because)\b.{0,250})?"
# A phrase in the place of an abstract, all of it, in the languages that exports use.
_MISSING = re.compile(
    rf"""[\s\W_]*(?:
      (?:sorry|unfortunately)?[,\s]*(?:there\s+(?:is|was)\s+|(?:this|the)\s+(?:\w+\s+){{1,3}}(?:has|have|contains?|includes?)\s+|has\s+|contains\s+)?
        (?:no|without(?:\s+an?)?)\s+(?:english\s+|author\s+)?(?:abstracts?|summary|description)(?:\s+text)?
        (?:[\s(]+(?:(?:is|was|are|has\s+been)\s+)?(?:currently\s+)?{_STATE})?{_WHERE}
    | (?:sorry|unfortunately)?[,\s]*(?:an?\s+|the\s+)?(?:english\s+)?(?:abstracts?|summary|description)(?:\s+text)?
        [\s:-]+(?:(?:is|was|are|has\s+been|could|can)\s+)?(?:not\s+|un|none|missing|withheld|pending|forthcoming|to\s+follow)
        (?:yet\s+|currently\s+)?(?:be\s+)?(?:{_STATE})?{_WHERE}
    | n\s*[/.]?\s*a\.?|none|null|nan|nil|undefined|unknown|not\s+(?:available|applicable|provided|given)|unavailable|missing|tba|tbd
    | no|abstracts?|summary|click\s+to\s+increase\s+image\s+size.{{0,80}}
    | kein(?:e)?\s+(?:abstract|zusammenfassung|kurzfassung)(?:\s+(?:verf(?:ü|ue)gbar|vorhanden))?
    | (?:pas\s+de|sans|aucun)\s+r[ée]sum[ée](?:\s+disponible)?|r[ée]sum[ée]\s+non\s+disponible
    | (?:sin|no\s+hay)\s+resumen(?:\s+disponible)?|resumen\s+no\s+disponible|sem\s+resumo|resumo\s+n[ãa]o\s+dispon[íi]vel
    | geen\s+(?:samenvatting|abstract)(?:\s+beschikbaar)?|無摘要|无摘要|аннотация\s+отсутствует
    )[\s\W_]*""",
    re.IGNORECASE | re.VERBOSE,
)
_HEADED = re.compile(
    r"\W{0,3}(?:(?:extended|structured|graphical)\s+)?(?:abstract|summary|synopsis)\b\W{0,2}?(?:\s*[:.—–|]\W*|\s+-+\s+)(?=[\w\"“(\[«])",  # noqa: RUF001
    re.IGNORECASE,
)
_BARE_HEADING = re.compile(r"(?:ABSTRACT|SUMMARY|Abstract)\s+(?=[A-Z\"“(\[][\w'’-]*\s)")  # noqa: RUF001
# "Abstract art in ...": the word as the first of a sentence.
_A_WORD = re.compile(r"Abstract\s+(?:Interpretation|Algebra|Art|Meaning|Syntax|Reasoning|Argumentation|Visual|State|Data|Concepts?)\b")

_YEAR = r"(?:1[89]|20)\d\d"
_SIGN = rf"(?:(?:crown\s+)?copyright\s*(?:©|Ⓒ|\(c\))?|©|Ⓒ|\(c\)(?=\s*(?:{_YEAR}|copyright|the\s+authors?\b)))"
_HOLDER = rf"(?:[\s,:]*(?:\(?{_YEAR}|by\s+(?-i:[A-Z])|by\s+the\b|the\s+authors?\b|applies\s+to\s+all|(?-i:[A-Z])[^.;:?!]{{0,90}}(?:{_YEAR}|\b(?:inc|ltd|llc|press|society|gmbh|elsevier|wiley|springer|ieee|acm)\b)))"  # noqa: E501
# Lines of rights at the beginning, as newer Scopus exports have them: "© 2018 IEEE. We ...".
_RIGHTS_START = re.compile(
    rf"{_SIGN}{_HOLDER}[^.]{{0,160}}\.(?:\s*(?:all\s+rights\s+(?:are\s+)?reserved|published\s+by[^.]{{0,120}}|licensee[^.]{{0,80}}"
    r"|this\s+is\s+an\s+open[\s-]access[^.]{0,200})\.)*\s*",
    re.IGNORECASE,
)
# Where rights may begin: after a sentence.
_RIGHTS = re.compile(
    rf"""(?:(?<=[.!?)\]"”;:])\s*|(?<=\s)(?=©|Ⓒ|copyright|\[abstract))(?P<rights>
      \W{{0,2}}{_SIGN}{_HOLDER}
    | ©|Ⓒ
    | all\s+rights\s+(?:are\s+)?reserved
    | (?:this\s+(?:article|work|paper)\s+is\s+)?protected\s+by\s+copyright
    | the\s+authors?(?:\(s\))?,?\s+{_YEAR}\.?\s*(?:published|$)
    | published\s+(?:in\s+{_YEAR}\s+)?by\s+(?-i:[A-Z])
    | {_YEAR}\s+(?:elsevier|wiley|springer|ieee|acm|john\s+wiley|the\s+authors?)\b.{{0,80}}?(?:$|all\s+rights|published)
    | \(?psyc(?:info|articles|tests)\s+database\s+record
    | \[abstract\s+from\s+(?:author|publisher)
    | copyright\s+of\s+.{{3,200}}?\s+is\s+the\s+property\s+of
    | this\s+(?:is\s+an\s+)?open[\s-]access\s+article\s+(?:is\s+)?(?:distributed|under|published)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# After these everything is rights, however long.
_TO_THE_END = re.compile(r"\[abstract from|is the property of", re.IGNORECASE)
_KEYWORDS = re.compile(
    r"(?<=[.!?)\]\"”;:\s])\s*\W{0,3}(?:key\s*-?\s*words?(?:\s+and\s+phrases)?|index\s+terms?|mots[\s-]cl[ée]s|palabras\s+clave|palavras[\s-]chave"
    r"|schl(?:ü|ue)sselw(?:ö|oe)rter|parole\s+chiave)\W{0,3}\s*[:\-—–.]\s*(?P<words>[^.:]{2,600}?)\.?\s*$",  # noqa: RUF001
    re.IGNORECASE,
)
# Without one of these there is nothing to look for, which is cheaper to find out.
_RIGHTS_SIGNS = ("©", "Ⓒ", "copyright", "rights reserved", "(c)", "published", "elsevier", "wiley", "springer", "database record", "[abstract", "open access", "open-access")  # fmt: skip  # noqa: E501
_KEYWORDS_SIGNS = ("keyword", "key word", "key-word", "index term", "mots", "palabras", "palavras", "schl", "parole")
_HEADS = ("abstract", "summary", "synopsis", "extended", "structured", "graphical")
# A tail that is longer than this belongs to the text.
_TAIL_CHARS = 1_200


@dataclass(frozen=True, slots=True)
class Trimmed:
    """An abstract, empty where there was none, and what stood around it."""

    text: str
    rights: str = ""
    keywords: tuple[str, ...] = ()


def missing(text: str) -> bool:
    """Whether a text says that there is no abstract, or nothing.

    >>> [missing(t) for t in ("[No abstract available]", "N/A", "-", "Abstract Not Available.", "No abstract rules hold here.")]
    [True, True, True, True, False]
    """
    return not any(map(str.isalnum, text)) or (len(text) < 500 and _MISSING.fullmatch(text) is not None)


def trimmed(text: str) -> Trimmed:
    """The plain `text` without the heading "Abstract", lines of rights at either end and a tail of keywords.

    Doing it twice changes nothing more. Where nothing would be left, the text stays.
    """
    rights: list[str] = []
    words: tuple[str, ...] = ()
    rest = text
    end = text[-_TAIL_CHARS:].lower()
    ends = end if len(text) <= _TAIL_CHARS else f"{text[:200].lower()} {end}"
    righted = any(sign in ends for sign in _RIGHTS_SIGNS)
    worded = any(sign in end for sign in _KEYWORDS_SIGNS)
    if not (righted or worded or text[:40].lstrip('*_#[("“ ').lower().startswith(_HEADS)):
        return Trimmed("" if missing(text) else text)
    while True:
        before = rest
        if len(rest) > 20 and (found := _heading(rest)):
            rest = rest[found:].lstrip()
        if (found_rights := _RIGHTS_START.match(rest)) and len(rest) - found_rights.end() > 40:
            rights.append(found_rights[0].strip())
            rest = rest[found_rights.end() :].lstrip()
        if (start := _rights_tail(rest)) is not None:
            rights.append(rest[start:].strip())
            rest = rest[:start].rstrip()
        if (tail := _KEYWORDS.search(rest, max(0, len(rest) - _TAIL_CHARS))) and tail.start() > 40:
            words = words or tuple(w for part in re.split(r"\s*[;,•·|]\s*", tail["words"]) if (w := part.strip(" .")))
            rest = rest[: tail.start()].rstrip()
        if rest == before:
            break
    return Trimmed("" if missing(rest) else rest, " ".join(rights), words)


def _heading(text: str) -> int:
    """Where the text goes on after the heading "Abstract"; 0 where none stands there."""
    found = _HEADED.match(text) or (None if _A_WORD.match(text) else _BARE_HEADING.match(text))
    return found.end() if found else 0


def _rights_tail(text: str) -> int | None:
    """Where the tail with the rights begins: from there on nothing else follows."""
    for found in _RIGHTS.finditer(text, max(40, len(text) - _TAIL_CHARS)):
        start = found.start("rights")
        if _TO_THE_END.search(found[0]) or _only_rights(text[start:]):
            return start
    return None


def _only_rights(tail: str) -> bool:
    """Whether every sentence of a tail speaks of rights, or of what stands with them."""
    pieces = [piece for piece in re.split(r"(?<=[.;])\s+(?=[A-Z©(\[])", tail.strip()) if piece.strip()]
    return all(_LEGAL.search(piece) or len(piece.split()) <= 6 for piece in pieces)


_LEGAL = re.compile(
    r"©|Ⓒ|\(c\)|copyright|rights\s+reserved|publish|licen[cs]e|open[\s-]access|permission|elsevier|wiley|springer|author|database\s+record"
    r"|\bcopied\b|\be?-?mailed\b|\babridged\b|warranty|original\s+version|property\s+of|\binc\b|\bltd\b|\bpress\b|society",
    re.IGNORECASE,
)
