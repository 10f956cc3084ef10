"""A claim about several papers in the clauses that one paper each has to carry.

`A does X, whereas B does Y` is two claims, `Both A and B do X` is one about each, `One paper does X, another Y` one of each kind. Told by
conjunctions and by where names stand; what can't be taken apart is left whole.
"""

# ruff: noqa: E501, RUF001, SIM905 - patterns and lists of words are read whole

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.checking.segments import names_in
from rag.reading.names import TOKEN

_PAPERS = r"(?:papers?|stud(?:y|ies)|works?|articles?|abstracts?|methods?|approach(?:es)?|models?|techniques?|authors|systems?|teams?)"
_CUT = re.compile(
    r"(?:,\s*|;\s*|\s+|\s+[-–—]+\s+)(?:whereas|while|but|yet|although|though|whilst)\s+(?!\w+ing\b)"
    r"|;\s+(?:(?:however|by contrast|in contrast|meanwhile|conversely|and|or),?\s+)?"
    r"|,\s+(?:and\s+)?(?=(?:another|the (?:other|second|third|latter|former)|a (?:second|third))\b)"
    r"|,\s+and\s+(?=(?:the|its?|they|this|one|both|neither)\b|(?:[A-Z]|\w+[A-Z\d])[\w\-]*\s+[a-z])"
    r"|\s+[-–—]+\s+(?=[A-Z]\w*[A-Z\d\-])",
)
_OPENING = re.compile(r"^(?:while|whereas|although|though|whilst)\s+(?!\w+ing\b)(.{12,}?),\s+(.{12,})$", re.IGNORECASE)
_ASIDE = re.compile(
    r"^(?:(?:by|in) contrast|in comparison|conversely|however|overall|in short|in (?:sum|summary|brief)|taken together|together|meanwhile|likewise"
    r"|similarly|so|thus|hence|therefore|instead|on the other hand|on the one hand|finally|also|moreover|furthermore|additionally|in addition"
    r"|that said|then|still|notably|in other words|as a result|in conclusion|to summari[sz]e|briefly)\s*[,:]?\s+(?=\S)",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    r"\s*,?\s*\b(?:by contrast|in contrast|in turn|instead|on the other hand|however|meanwhile|respectively),?(?=\s|,|\.|$)", re.IGNORECASE
)
_EACH = re.compile(
    rf"^(?:both|all|each)(?:\s+(?:of\s+)?(?:the|these|them|those|two|three|four|\d)\b)*(?:\s+{_PAPERS})?(?:\s+of\s+them)?\s+(?=(?-i:[a-z]))"
    rf"|^(?:(?:the|these)\s+)?(?:two|three|four|both)\s+{_PAPERS}\s+(?:all\s+|both\s+|each\s+)?(?=(?-i:[a-z]))"
    rf"|^(?:(?:the|these)\s+{_PAPERS}|they)\s+(?:all|both|each|agree\s+that|share)\s+",
    re.IGNORECASE,
)
_ONE = re.compile(
    rf"^(?:the\s+)?(?:one|another|a\s+(?:first|second|third|further)|(?:first|second|third|other|latter|former))(?:\s+(?:of\s+them|{_PAPERS}))?\s+(?=(?-i:[a-z]))",
    re.IGNORECASE,
)
_NEITHER = re.compile(r"^neither\s+(.+?)\s+nor\s+(.+)$", re.IGNORECASE)
_ENDS_SO = frozenset("need feed exceed proceed succeed embed shed speed apply rely reply imply supply pass express address process".split())
_FRAME = re.compile(r"^([^:]{8,90}):\s+(.{20,})$")
_NOT_VERBS = frozenset(
    {"and", "or", "of", "in", "on", "for", "with", "by", "from", "at", "to", "as", "that", "which", "who", "the", "a", "an"}
)


@dataclass(frozen=True, slots=True)
class Clauses:
    """`parts` have each to be carried by a paper; with `each`, every part by every cited paper. `frame` is what stands before a colon."""

    parts: tuple[str, ...]
    each: bool = False
    apart: bool = False
    """Whether the parts speak of different papers (`one ..., another ...`)."""
    frame: str = ""


def clauses(claim: str) -> Clauses | None:
    """The claim in parts; None where it has but one.

    >>> clauses("Foo reads logs, whereas Bar writes them.").parts
    ('Foo reads logs.', 'Bar writes them.')
    >>> clauses("Both Foo-1 and Bar-2 need no labels.").parts
    ('Foo-1 needs no labels.', 'Bar-2 needs no labels.')
    >>> clauses("Foo-1 reads logs.") is None
    True
    """
    text, frame = _unframed(_ASIDE.sub("", claim.strip()))
    text = _capital(_ASIDE.sub("", text))
    if each := _EACH.match(text):
        rest = text[each.end() :]
        if not names_in(text[: each.end()]) and not re.match(r"(?:of|and)\b", rest):
            said = rest if re.search(r"agree\s+that\s+$", each[0], re.IGNORECASE) else f"It {_singular(rest)}"
            said = re.sub(r"\bthey (\w+)", lambda m: f"it {_singular(m[1])}", said)
            return Clauses((_sentence(said),), each=True, frame=frame)
    if opening := _OPENING.match(text):
        pieces = [opening[1], opening[2]]
    else:
        pieces = [p for p in _CUT.split(text) if p and p.strip(" .")]
        if any(len(p.split()) < 3 for p in pieces):
            pieces = [text]
    apart = len(pieces) > 1 and all(_ONE.match(_capital(p)) for p in pieces)
    parts: list[str] = []
    subject = ""
    for piece in pieces:
        own = _capital(_INSTEAD.sub("", _ASIDE.sub("", piece.strip(" ,;"))))
        if _ONE.match(own):
            own = f"It {own[_ONE.match(own).end() :]}"  # type: ignore[union-attr]
        elif parts and subject and not names_in(own) and _begins_with_verb(own):
            own = f"{subject} {own[:1].lower()}{own[1:]}"
        parts += _distributed(own)
        subject = subject or _subject(own)
    if len(parts) < 2 and not frame:
        return None
    return Clauses(tuple(_sentence(p) for p in parts), apart=apart, frame=frame)


def _unframed(text: str) -> tuple[str, str]:
    """The text behind a colon and what stood before, where that has neither names nor figures."""
    found = _FRAME.match(text)
    if found and not names_in(found[1]) and not any(c.isdigit() for c in found[1]) and len(found[1].split()) <= 10:
        return _capital(found[2]), found[1]
    return text, ""


def _distributed(text: str) -> list[str]:
    """`A and B do X` as one clause for each name; the text alone where it does not begin so."""
    if neither := _NEITHER.match(text):
        head = _subject(f"{neither[2]}")
        rest = neither[2][len(head) :].strip() if head and neither[2].startswith(head) else ""
        if rest:
            return [f"{neither[1]} does not {_base(rest)}", f"{head} does not {_base(rest)}"]
    body = re.sub(r"^both\s+", "", text, flags=re.IGNORECASE)
    found = names_in(body)
    if len(found) < 2 or found[0].start > 4 or "respectively" in body.lower():
        return [text]
    groups: list[tuple[int, int]] = []
    for name in found:
        gap = body[groups[-1][1] : name.start] if groups else body[: name.start]
        if groups and gap.isspace():
            groups[-1] = (groups[-1][0], name.end)
        elif not groups or re.fullmatch(r"\s*(?:,|,?\s*and|,?\s*as well as|&)\s*(?:the\s+)?", gap):
            groups.append((name.start, name.end))
        else:
            break
    if len(groups) < 2:
        return [text]
    rest = re.sub(r"^\s*(?:both|all|each|also|,)?\s*", "", body[groups[-1][1] :])
    if not rest or not rest[:1].islower() or rest.split()[0] in _NOT_VERBS or _mutual(rest):
        return [text]
    return [f"{body[a:b]} {_singular(rest)}" for a, b in groups]


def _mutual(rest: str) -> bool:
    """Whether what is said is said of the two together."""
    return (
        re.match(
            r"(?:differ|agree|disagree|compete|complement|share|interact|contrast|resemble|overlap|combine|(?:are|were)\s+(?:compared|combined|similar|different|complementary|the same))\b",
            rest,
        )
        is not None
    )


def _singular(rest: str) -> str:
    """A verb in the plural for one."""
    first, _, more = rest.partition(" ")
    low = first.lower()
    known = {"are": "is", "were": "was", "have": "has", "do": "does"}
    if low in known:
        first = known[low]
    elif (
        low in {"can", "may", "might", "could", "will", "would", "should", "must", "not"}
        or (low.endswith(("s", "ed", "ly")) and low not in _ENDS_SO)
        or not low.isalpha()
    ):
        if low.endswith("ly") and low not in _ENDS_SO and more:
            return f"{first} {_singular(more)}"
    else:
        first += "es" if low.endswith(("ch", "sh", "x", "o", "ss")) else "s" if not re.search(r"[^aeiou]y$", low) else ""
        first = re.sub(r"([^aeiou])y$", r"\1ies", first) if low.endswith("y") and first.lower() == low else first
    return f"{first} {more}".strip()


def _base(rest: str) -> str:
    """A verb of the third person as it stands behind `does not`."""
    first, _, more = rest.partition(" ")
    return f"{re.sub(r'(?<=[a-z])s$', '', first) if not first.endswith('ss') else first} {more}".strip()


def _subject(text: str) -> str:
    """The names that a text begins with."""
    end = -1
    for name in names_in(text):
        if (end < 0 and name.start > 4) or (end >= 0 and not text[end : name.start].isspace()):
            break
        end = name.end
    return text[:end] if end > 0 else ""


def _begins_with_verb(text: str) -> bool:
    """Whether a clause has no subject of its own (`needs no labels`)."""
    first = TOKEN.match(text)
    return (
        first is not None
        and re.fullmatch(r"[a-z]+(?:s|ed)|is|was|has|can|does", first[0].lower()) is not None
        and not re.match(r"(?i)its|this|these|those|his|models|results", first[0])
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if re.match(r"[a-z]+\b(?!-)", text) else text


def _sentence(text: str) -> str:
    text = text.strip(" ,;:")
    return _capital(text if text[-1:] in {".", "!", "?"} else f"{text}.")
