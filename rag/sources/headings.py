"""Headings in which title and authors are glued together, taken apart.

`... Image-Text RetrievalJun Rao, Fei Wang et al.`: the place is not marked, so every capital that directly follows a character is a
candidate if what comes after it can be a row of names. Each candidate gets points for how well the left side ends as a title and the
right side begins as a person, and the best one wins (the earlier of two equals). The abstract, where given, tells which words are words:
a title's last word mostly stands in it.
What can't be told from the text: a first author whose name begins in lower case, and a title's last word glued from two names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.sources.names import PARTICLES
from rag.sources.vocabulary import ENDINGS, GIVEN, PINYIN, WORDLIKE

_ET_AL = re.compile(r"[,;]?\s*(?:\band\s+)?\b(?:et\.?\s+al\b\.?|and others)\s*$", re.IGNORECASE)
_PARTS = re.compile(r"\s*[,;]\s*(?:and\s+|&\s+)?|\s+(?:and|&)\s+")
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV|Ph\.?D\.?")
# Upper case first, then letters with inner hyphen, apostrophe or full stop: Jean-Pierre, O'Brien, J.-P., St.
_TOKEN = re.compile(r"[^\W\d_](?:[^\W\d_]|['’ʼ`-](?=[^\W\d_])|\.(?=-?[^\W\d_]|$))*")  # noqa: RUF001 - as names are typed
_INITIAL = re.compile(r"(?:[^\W\d_]\.?-?){1,3}\.?")
# A capital inside a name: McCallum, MacDonald, DeVries, LeCun, LaPlante, VanGogh, FitzGerald, O'Brien, D'Angelo, AlBaraa.
_JOINED = re.compile(r"(?:Mc|Mac|Mag|De|Del|Della|Des|Di|Du|Da|Dal|Dos|La|Le|Lo|Las|Los|Van|Von|Fitz|St|San|El|Al|Ap|Ben|Ter|Ten)(?=[A-Z])")
_NO_TITLE_END = frozenset(" \t-/([{:,;&_@\\=<~^|–—‐‑")  # noqa: RUF001 - dashes of all kinds end no title
_CLOSING = frozenset("?!)]}\"'”’»…%+.#*$°")  # noqa: RUF001 - quotation marks of all kinds may end one
_MAX_NAME_WORDS = 6
# With neither a comma nor "et al." a heading may well have no authors.
_LEAST = -2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading's parts; no `authors` where none were found, `truncated` where the row ends in "et al."."""

    title: str
    authors: tuple[str, ...] = ()
    truncated: bool = False


def split_heading(heading: str, context: str = "") -> Heading:
    """Title and authors of a glued heading. `context` is the abstract below it, if there is one.

    >>> split_heading("A Case Study on SuperGLUEQihuang Zhong, Liang Ding et al.")
    Heading(title='A Case Study on SuperGLUE', authors=('Qihuang Zhong', 'Liang Ding'), truncated=True)
    """
    heading = " ".join(heading.split())
    shortened = _ET_AL.sub("", heading)
    truncated = shortened != heading
    known = _known(context)
    best: tuple[float, int, tuple[str, ...]] | None = None
    sure: int | None = None
    for at in _candidates(shortened):
        names = _people(shortened[at:])
        if names is None:
            continue
        ending = _ending(shortened[:at], known | _known(shortened[:at].rpartition(" ")[0]))
        score = ending + _person(names[0], known) + sum(_inner(token, later=True) for name in names[1:] for token in name.split())
        # Inside a later author's name, when the row of names began before.
        if sure is not None and "," in shortened[sure:at]:
            score -= 4
        elif ending >= 0 and " " in names[0]:
            sure = at
        if best is None or score > best[0]:
            best = score, at, names
    if best is None or (best[0] < _LEAST and not truncated and len(best[2]) == 1):
        return Heading(title=heading)
    return Heading(title=shortened[: best[1]].strip(), authors=best[2], truncated=truncated)


def _candidates(text: str) -> list[int]:
    """Where a name could begin: a capital right after a character that may end a title, with a word before it."""
    return [at for at in range(1, len(text)) if text[at].isupper() and text[at - 1] not in _NO_TITLE_END and _may_part(text, at)]


def _may_part(text: str, at: int) -> bool:
    """Not inside an acronym (`BE|RT`) or a row of initials (`A.|K.`), nor after an apostrophe that closes no quotation."""
    if text[at - 1] == "." and text[at - 2 : at - 1].isupper() and not text[:at].endswith(("U.S.", "U.K.", "E.U.", "Ph.D.")):
        return False
    if text[at - 1].isupper():
        return text[at + 1 : at + 2].islower() or text[at + 1 : at + 2] == "."
    return text[at - 1] not in "'’" or bool(re.search(r"(?:^|[\s(])['‘`]", text[:at]))  # noqa: RUF001


def _people(text: str) -> tuple[str, ...] | None:
    """The names in `text`, or None where any part of it can't be one."""
    names: list[str] = []
    for part in _PARTS.split(text.strip()):
        if names and _SUFFIX.fullmatch(part):
            names[-1] += f", {part}"
            continue
        tokens = part.split()
        if not 1 <= len(tokens) <= _MAX_NAME_WORDS or not all(map(_nameable, tokens)) or tokens[-1].endswith("-"):
            return None
        names.append(" ".join(tokens))
    return tuple(names)


def _nameable(token: str) -> bool:
    """Whether a word can stand in a name."""
    if token.lower() in PARTICLES and token[0].islower():
        return True
    if not _TOKEN.fullmatch(token) or token[0].islower():
        return token.startswith(("d'", "d’", "al-", "el-")) and len(token) > 3  # noqa: RUF001
    # "GPT." is no initial: only single letters take a full stop, apart from St. and the like.
    return not (
        token.endswith(".") and len(token) > 2 and not _INITIAL.fullmatch(token) and token not in {"St.", "Jr.", "Sr.", "Md.", "Mohd."}
    )


def _known(text: str) -> frozenset[str]:
    """The words of `text` that stand for themselves: as they are, and in lower case where they are written so."""
    return frozenset(re.findall(r"[^\W\d_][\w+]*", text))


def _ending(title: str, known: frozenset[str]) -> float:
    """Points for `title` as a title's end."""
    if title[-1] in _CLOSING or title[-1].isdigit():
        return 1.0
    word = re.split(r"[^\w+]", title)[-1]
    if word in known or word.lower() in known or word.capitalize() in known:
        return 2.0 if len(word) > 2 or word.isupper() else -1.0
    if len(word) > 1 and word.isupper():
        return 1.0
    if word.lower() in ENDINGS:
        return 1.7
    if re.search(r"[^\W\d_A-Z][A-Z]", word):
        # Camel case that isn't a system's name from the abstract; one that ends in capitals (SuperGLUE) is likelier than GloVe.
        return 0.3 if re.search(r"[A-Z0-9]{2}s?$", word) else -1.5
    if len(word) <= 2:
        return -2.0
    if re.search(r"[A-Z]{2}[^\W\d_A-Z]+(?<!s)$", word) or re.search(r"[?!)\]\d][^\W\d_]+$", title.rsplit(None, 1)[-1]):
        return -0.7  # the beginning of a name after an acronym, a number or a mark
    return 1.5 if WORDLIKE.search(word) else 0.0


def _person(name: str, known: frozenset[str]) -> float:
    """Points for `name` as the first author's."""
    tokens = name.split(",", maxsplit=1)[0].split()
    given, family = tokens[0], tokens[-1]
    points = {1: -4.0, 2: 1.0, 3: 1.0, 4: 0.0}.get(len(tokens), -2.0)
    if len(tokens) == 1 and re.search(r"[a-z][A-Z]{2,}$", given):
        points += 1.0  # an organisation
    if _INITIAL.fullmatch(given) and "." in given:
        points += 1.0
    elif given.split("-")[0].lower() in GIVEN:
        points += 2.0
    elif PINYIN.fullmatch(given.lower()):
        points += 1.0
    elif given.lower() in known or given.lower() in ENDINGS:
        points -= 2.0
    if len(tokens) > 1 and (family.lower() in known or family.lower() in ENDINGS) and family.lower() not in GIVEN:
        points -= 2.0
    if head := re.match(r"([A-Z][^\W\d_A-Z]+)[A-Z]", given):
        points -= 3.0 if head[1].lower() in known | ENDINGS and not _JOINED.match(given) else 0.0
    return points + _inner(given, later=False) + sum(_inner(token, later=True) for token in tokens[1:])


def _inner(token: str, *, later: bool) -> float:
    """Points off for capitals inside a name, which mostly means that it holds a title's end as well."""
    token = _JOINED.sub("", token)
    worst = 0.0
    if not later and re.fullmatch(r"[A-Z][a-z]+[A-Z]{2,}", token):
        return 0.0  # an organisation such as OpenAI
    for piece in re.split(r"[-'’ʼ`.]", token):  # noqa: RUF001
        if len(piece) < 2 or piece[1:].islower():
            continue
        if piece.isupper():
            worst = min(worst, -0.5)
        elif piece[:2].isupper():
            worst = min(worst, -2.0 if later else -6.0)
        elif re.fullmatch(r"[^\W\d_][^\W\d_A-Z]{1,5}[A-Z][^\W\d_A-Z]+", piece):
            worst = min(worst, -0.5 if later else -1.5)
        else:
            worst = min(worst, -2.0 if later else -4.0)
    return worst
