"""Are two records one paper, two versions of one work, two papers, or can't that be told? The verdict, by what speaks for and against.

Titles, authors, years, places and texts each say something or nothing. A shared identifier names a paper only as long as they don't
speak against it (chapters carry their book's DOI), and near-identical texts make one paper only where they all agree: series, yearly
reports and errata repeat their abstracts. What is likely and not certain is `unsure`, which is kept apart and told.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rapidfuzz.distance import Indel, Levenshtein

from rag.identity import NAMED, WITHDRAWN, keys_for, normal, similarity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rag.schema import Paper

Verdict = Literal["same", "version", "unsure", "apart"]
"""`version`: a preprint and what it became."""

NEAR, ALIKE = 0.85, 0.6
"""Share of words in common order above which two abstracts are one text with small repairs, and one text rewritten in parts."""

REWRITTEN = 0.15
"""Share of the longer words that a summary in other words has in common with its original."""

BETWEEN_VERSIONS = 6
"""Most years from a preprint to what it became."""

_Titles = Literal["equal", "near", "like", "longer", "unknown", "other", "marked"]
"""`near`: a slip of the pen or a subtitle more. `like`: words spelt otherwise. `longer`: a subtitle that may make another paper.
`marked`: what they differ by tells two papers apart."""
_Voice = Literal["agree", "unknown", "differ"]

_PREPRINT = re.compile(
    r"10\.(?:48550/arxiv\.|(?:1101|64898)/(?:\d{4}\.\d\d\.\d\d\.\d+|\d{6})\b|21203/rs|20944/preprints|26434/chemrxiv|2139/ssrn|36227/|22541/au|31219/"
    r"|3122\d/|3123\d/|17605/osf|35542/|1590/scielopreprints|5194/egusphere-|7287/peerj\.preprints|12688/\w+research\.\d+\.1$|14293/|32388/"
    r"|1002/essoar|55277/researchhub|51094/jxiv|33774/|31730/osf)"
)
_SERVER = re.compile(
    r"^corr\b|\b(?:arxiv|biorxiv|medrxiv|ssrn|chemrxiv|psyarxiv|socarxiv|eartharxiv|techrxiv|research square|preprints?(?:\.org)?|authorea"
    r"|osf|hal)\b",
    re.IGNORECASE,
)
_VERSION = re.compile(r"[./]v\d+$")
_ROMAN = re.compile(r"x{0,3}(?:ix|iv|v?i{0,3})")
# Words that one title has and the other lacks, and that make two papers of two titles that are alike: notices and parts always, the
# others where there is nothing but the texts to say that it is one paper.
_PARTS = frozenset(
    """one two three four five six seven eight nine ten eleven twelve first second third fourth fifth sixth seventh eighth ninth tenth
    part parts volume vol chapter section episode phase stage series supplement supplementary supplemental appendix annex edition
    erratum errata corrigendum corrigenda correction corrections addendum retraction withdrawal concern comment comments commentary
    reply replies response responses rejoinder letter editorial preface foreword poster""".split()  # noqa: SIM905
)
_MARKS = _PARTS | frozenset(
    """review discussion introduction index abstract abstracts summary protocol update updated revisited continued corrected notice
    author authors editor editors january february march april may june july august september october november december spring summer
    autumn winter annual north south east west northern southern eastern western upper lower left right male female men women boys
    girls positive negative increase decrease high low early late pre post before after with without not no non""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """How two abstracts stand to one another: one text, one text rewritten in parts, others; None where one has none."""

    one: bool
    alike: bool
    numbers: bool
    known: bool


def compare(a: Paper, b: Paper) -> Verdict:
    """The verdict on two records. Symmetric; says nothing of what was stored or decided about them."""
    keys_a, keys_b = keys_for(a), keys_for(b)
    shared = {k for k in keys_a if k.startswith(NAMED)} & set(keys_b)
    kinds = _kinds(a, b, keys_a, keys_b)
    titles = _titles(a, b)
    if shared and not _conflict(keys_a, keys_b, shared):
        return _named(a, b, titles, shared)
    if kinds == "apart":
        return "unsure" if shared and titles in {"equal", "near"} else "apart"
    authors, text = _authors(a, b), _text(a, b, keys_a, keys_b)
    if kinds == "version":
        return _version(a, b, titles, authors, text)
    return _unnamed(a, b, titles, authors, text)


def _named(a: Paper, b: Paper, titles: _Titles, shared: set[str]) -> Verdict:
    """The verdict on two records with an identifier in common."""
    if titles == "marked":
        return "unsure"
    authors, text = _authors(a, b), _text(a, b)
    own = any(not k.startswith("doi:") for k in shared)
    if titles != "other":
        if authors == "differ" and not text.alike:
            return "unsure"
        # The abstracts of a meeting may share the DOI of their volume.
        differs = text.known and not text.alike
        paged = _first_page(a) and _first_page(b) and normal(_first_page(a)) != normal(_first_page(b))
        against = (differs and paged) if titles == "equal" else (differs or paged)
        return "unsure" if against and not own else "same"
    if authors == "agree" and _first_page(a) and normal(_first_page(a)) == normal(_first_page(b)) and not _elsewhere(a, b):
        return "same"
    # A DOI may be that of the book. The numbers of arXiv and PubMed are one paper's, whose title changes or is translated.
    if own and (authors == "agree" or text.one):
        return "same"
    return "apart" if authors == "differ" and not text.alike else "unsure"


def _version(a: Paper, b: Paper, titles: _Titles, authors: _Voice, text: _Text) -> Verdict:
    """The verdict on a preprint and a published record."""
    if titles not in {"equal", "near"}:
        return "unsure" if titles != "marked" and text.one and authors == "agree" else "apart"
    if authors == "differ":
        return "apart"
    years = _years(a, b)
    close = years is None or years <= BETWEEN_VERSIONS
    if close and ((authors == "agree" and (text.alike or not text.known)) or text.one):
        return "version"
    return "unsure"


def _unnamed(a: Paper, b: Paper, titles: _Titles, authors: _Voice, text: _Text) -> Verdict:
    """The verdict on two records whose identifiers say nothing."""
    rewritten = "rewritten" in {a.abstract_origin, b.abstract_origin}
    years = _years(a, b)
    if rewritten and text.one and titles != "marked":
        return "same"  # a summary names the text that it was made of
    if titles in {"like", "longer"}:
        return "unsure" if text.one and text.numbers and authors == "agree" and not years else "apart"
    if titles == "marked" or authors == "differ":
        return "apart"
    if titles == "unknown":
        if not text.one:
            return "apart"
        return "same" if text.numbers and not years and not _elsewhere(a, b) else "unsure"
    if titles == "other":
        return "unsure" if text.one and text.numbers and authors == "agree" and not years and not _elsewhere(a, b) else "apart"
    known = authors == "agree" and years == 0
    if years or _elsewhere(a, b):
        return "unsure" if titles == "equal" and (text.alike or not text.known) else "apart"
    if titles == "near":
        return "same" if known and text.one and text.numbers else "unsure" if text.alike or (known and not text.known) else "apart"
    if rewritten:
        return "same" if _shared_vocabulary(a.abstract, b.abstract) >= REWRITTEN else "unsure"
    if text.one:
        return "same" if known or (text.numbers and (_telling(a) or _long(a, b))) else "unsure"
    if text.alike:
        return "same" if known and text.numbers else "unsure"
    if not text.known:
        return "same" if known and _telling(a) else "unsure"
    return "unsure" if authors == "agree" and _telling(a) else "apart"


# -- identifiers ------------------------------------------------------------------------------------------------------------------


def _conflict(keys_a: Iterable[str], keys_b: Iterable[str], shared: set[str]) -> bool:
    """Whether identifiers of some kind differ altogether, though others are shared."""
    return any(_disjoint(keys_a, keys_b, kind) for kind in NAMED if not any(k.startswith(kind) for k in shared))


def _disjoint(keys_a: Iterable[str], keys_b: Iterable[str], kind: str) -> bool:
    ours, theirs = {k for k in keys_a if k.startswith(kind)}, {k for k in keys_b if k.startswith(kind)}
    return bool(ours and theirs and not ours & theirs)


def _kinds(a: Paper, b: Paper, keys_a: Sequence[str], keys_b: Sequence[str]) -> Literal["apart", "version", "open"]:
    """What identifiers and venues alone allow: two papers, a preprint and what it became, or anything."""
    if _disjoint(keys_a, keys_b, "arxiv:") or _disjoint(keys_a, keys_b, "pmid:"):
        return "apart"
    early_a, early_b = preprint(a, keys_a), preprint(b, keys_b)
    dois_a, dois_b = ([k.removeprefix("doi:") for k in keys if k.startswith("doi:")] for keys in (keys_a, keys_b))
    if dois_a and dois_b:
        if set(dois_a) & set(dois_b):
            return "open"
        if early_a and early_b:
            return "version" if {_VERSION.sub("", d) for d in dois_a} & {_VERSION.sub("", d) for d in dois_b} else "apart"
        return "version" if early_a != early_b else "apart"
    return "version" if early_a != early_b and (_out(a, keys_a) or _out(b, keys_b)) else "open"


def preprint(paper: Paper, keys: Sequence[str] | None = None) -> bool:
    """Whether a record (with these keys) is a preprint's alone: it is on a server for preprints, and in no journal."""
    keys = keys_for(paper) if keys is None else keys
    dois = [k.removeprefix("doi:") for k in keys if k.startswith("doi:")]
    if dois:
        return all(map(_PREPRINT.match, dois))
    if paper.venue:
        return _SERVER.search(paper.venue) is not None
    return any(k.startswith("arxiv:") for k in keys) or _SERVER.search(paper.publisher or "") is not None


def _out(paper: Paper, keys: Sequence[str]) -> bool:
    """Whether a record says that the paper came out: a DOI that is no preprint's, or a venue that is no server."""
    dois = [k.removeprefix("doi:") for k in keys if k.startswith("doi:")]
    return not all(map(_PREPRINT.match, dois)) or bool(paper.venue and not _SERVER.search(paper.venue))


# -- titles -----------------------------------------------------------------------------------------------------------------------


def _titles(a: Paper, b: Paper) -> _Titles:
    """How two titles stand to one another; `marked` where what they differ by tells two papers apart."""
    left, right = (normal(WITHDRAWN.sub("", p.title)) for p in (a, b))
    if left.replace(" ", "") == right.replace(" ", ""):
        return "equal" if left else "unknown"
    if {a.title_origin, b.title_origin} != {"source"}:
        return "unknown"
    words_a, words_b = left.split(), right.split()
    count_a, count_b = Counter(words_a), Counter(words_b)
    only_a, only_b = list((count_a - count_b).elements()), list((count_b - count_a).elements())
    marks_a, marks_b = any(map(_marks, only_a)), any(map(_marks, only_b))
    short, long = sorted((words_a, words_b), key=len)
    if len(short) >= 4 and long[: len(short)] == short and _subtitled(a, b, len(short)):
        extra = long[len(short) :]
        return "marked" if _PARTS & set(extra) or _marks(extra[0]) else "longer" if any(map(_marks, extra)) else "near"
    much = 2 * (len(only_a) + len(only_b)) > len(words_a) + len(words_b)
    signs = [any(len(w) == 1 and not w.isascii() for w in only) for only in (only_a, only_b)]  # alpha and beta in Greek letters
    hard = all(any(map(_counts, only)) for only in (only_a, only_b))
    if all(signs) or hard or ((marks_a or marks_b) and not (much and only_a and only_b)):
        return "marked"
    if len(only_a) == len(only_b) <= 2 and len(words_a) == len(words_b) and all(map(_slip, sorted(only_a), sorted(only_b))):
        return "near"
    if not much and all(_spelt(w, only_b) for w in only_a) and all(_spelt(w, only_a) for w in only_b):
        return "like"
    return "other"


def _spelt(word: str, others: Iterable[str]) -> bool:
    """Whether a word may be another spelling of one of the others: half its letters, or letters that are written in many ways."""
    if not word.isascii() or len(word) < 4:
        return True
    return any(not other.isascii() or Indel.normalized_similarity(word, other) >= 0.5 for other in others)


def _marks(word: str) -> bool:
    """A word that makes another paper of a title."""
    return word in _MARKS or _counts(word)


def _counts(word: str) -> bool:
    """A number in any form, a single letter, or the word of a part or a notice."""
    single = len(word) == 1 and word != "a" and word.isascii()
    return single or word in _PARTS or any(map(str.isdigit, word)) or bool(_ROMAN.fullmatch(word))


def _subtitled(a: Paper, b: Paper, words: int) -> bool:
    """Whether the longer title goes on, behind that many words, with a subtitle."""
    long = max((a.title, b.title), key=lambda t: len(normal(t)))
    marks = re.finditer(r"[:.?!\u2014\u2013(\[]|\s-\s", long)
    return any(len(normal(long[: mark.start()]).split()) == words for mark in marks)


def _slip(one: str, other: str) -> bool:
    """One letter too many or too few in a word of five or more; another letter may be another word (adsorption, absorption)."""
    return min(len(one), len(other)) >= 5 and abs(len(one) - len(other)) == 1 and Levenshtein.distance(one, other) == 1


def _telling(paper: Paper) -> bool:
    """Whether a title is one that two papers hardly share: four words and twenty letters."""
    title = normal(paper.title)
    return title.count(" ") >= 3 and len(title) >= 20


# -- people, years, places --------------------------------------------------------------------------------------------------------


def _authors(a: Paper, b: Paper) -> _Voice:
    """`agree` where most family names of the shorter list stand in the other, `differ` where none does."""
    left, right = surnames(a.authors), surnames(b.authors)
    if not left or not right:
        return "unknown"
    both = len({n for n in left if n in _tokens(b.authors)} | {n for n in right if n in _tokens(a.authors)})
    if not both:
        return "differ"
    return "agree" if 2 * both >= min(len(left), len(right)) else "unknown"


def surnames(authors: Iterable[str]) -> set[str]:
    """Family names without accents, of `Ada Lovelace` as of `Lovelace, Ada` and `Lovelace A.`."""
    names = set()
    for author in authors:
        words = _plain(author.split(",", 1)[0] if "," in author else author).split()
        if words:
            names.add(words[-1] if len(words[-1]) > 2 or len(words) == 1 else max(words, key=len))
    return names


def _tokens(authors: Iterable[str]) -> set[str]:
    return {word for author in authors for word in _plain(author).split() if len(word) > 1}


def _plain(name: str) -> str:
    """A name's words without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", normal(name)) if not unicodedata.combining(c))


def _years(a: Paper, b: Paper) -> int | None:
    """The years between two records; None where one has none."""
    if not a.published or not b.published:
        return None
    return abs(int(a.published[:4]) - int(b.published[:4]))


def _elsewhere(a: Paper, b: Paper) -> bool:
    """Whether both say where they stand, in which edition or as what, and not the same."""
    if any(x and y and normal(x) != normal(y) for x, y in ((a.volume, b.volume), (_first_page(a), _first_page(b)))):
        return True
    if a.volume and b.volume and a.issue and b.issue and normal(a.issue) != normal(b.issue):
        return True
    if a.isbn and b.isbn and not {_isbn(i) for i in a.isbn} & {_isbn(i) for i in b.isbn}:
        return True
    editions = [normal(str(p.extra["edition"])) for p in (a, b) if p.extra.get("edition")]
    return len(set(editions)) > 1 or (a.type != b.type and bool(a.type and b.type) and bool({a.type, b.type} & _THINGS))


_THINGS = {"dataset", "software", "patent", "review-book", "thesis"}
"""Types that no tool gives to a paper by mistake."""


def _first_page(paper: Paper) -> str:
    return paper.pages.split("-")[0].strip() if paper.pages else ""


def _isbn(text: str) -> str:
    """The nine digits that ISBNs of ten and of thirteen have in common."""
    digits = re.sub(r"[^\dXx]", "", text)
    return digits[-10:-1]


# -- texts ------------------------------------------------------------------------------------------------------------------------


def _text(a: Paper, b: Paper, keys_a: Sequence[str] | None = None, keys_b: Sequence[str] | None = None) -> _Text:
    """How the abstracts stand to one another, and whether their numbers allow one text."""
    if not a.abstract or not b.abstract:
        return _Text(one=False, alike=False, numbers=False, known=False)
    prints = [{k for k in keys or keys_for(p) if k.startswith("abstract:")} for p, keys in ((a, keys_a), (b, keys_b))]
    if prints[0] & prints[1]:
        return _Text(one=True, alike=True, numbers=True, known=True)
    share = similarity(a.abstract, b.abstract)
    left, right = _numbers(a.abstract), _numbers(b.abstract)
    # A text that stops early lacks the numbers of the rest.
    numbers = left == right or ((left <= right or right <= left) and abs(len(a.abstract) - len(b.abstract)) > 20)
    return _Text(one=share >= NEAR, alike=share >= ALIKE, numbers=numbers, known=True)


def _long(a: Paper, b: Paper) -> bool:
    return min(len(normal(p.abstract).split()) for p in (a, b)) >= 30


def _numbers(text: str) -> Counter[str]:
    return Counter(re.findall(r"\d+(?:\.\d+)?", text.replace(",", "")))


def _shared_vocabulary(a: str, b: str) -> float:
    left, right = ({w for w in normal(t).split() if len(w) > 3} for t in (a, b))
    return len(left & right) / max(1, min(len(left), len(right)))
