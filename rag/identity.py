"""When are two records one paper? Keys to find candidates by, the merged record, and the id.

Nothing here reads or writes a library. A key proposes a candidate and decides nothing: `rag.sameness` does, and rather keeps two
records apart than merges two papers.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from rapidfuzz.distance import Indel

from rag.doi import doi as doi_key
from rag.text import normalise

if TYPE_CHECKING:
    from rag.schema import Paper

NAMED = ("doi:", "arxiv:", "pmid:")
"""Keys that somebody gave to one paper."""

STRONG = (*NAMED, "abstract:")

SHINGLE_WORDS = 3
BANDS, BAND_ROWS = 6, 3
"""Texts whose word runs have the Jaccard similarity J share a band with probability 1 - (1 - J^3)^6: 0.99 at 0.8, 0.9 at 0.68,
0.002 at 0.07 (one common sentence in fifteen), so that stock phrases don't make candidates of half a library.
"""

_ARXIV_NEW = re.compile(r"(?<!\d)(\d{4}\.\d{4,5})(?:v\d+)?(?!\d)")
_ARXIV_OLD = re.compile(r"(?<![a-z])([a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?!\d)")
_ARXIV_DOI = "10.48550/arxiv."
WITHDRAWN = re.compile(
    r"^\W*(?:retracted|withdrawn|temporary removal|removed)(?:\s+(?:article|paper|chapter))?\s*[\]:.\-\u2013\u2014]+\s*"
    r"|\s*[\[(]\s*(?:retracted|withdrawn)(?:\s+(?:article|paper|chapter))?[^\])]*[\])]\s*$",
    re.IGNORECASE,
)
"""What publishers put around the title of a withdrawn paper, which stays the same paper."""

_TITLE_RANK = {"source": 2, "assigned": 1, "derived": 0}


def arxiv_key(value: str | None) -> str | None:
    """The arXiv id in `value` (an id, an address, an `arXiv:` form), lower case and without version; None where there is none.

    >>> arxiv_key("https://arxiv.org/abs/2304.03442v2")
    '2304.03442'
    """
    if not value:
        return None
    found = _ARXIV_NEW.search(value) or _ARXIV_OLD.search(value.lower())
    return found.group(1).lower() if found else None


def fingerprint(abstract: str) -> str:
    """24 hex digits of the SHA-256 of the normalised abstract: equal texts up to case, accents' form, punctuation and space."""
    return _digest(normal(abstract))


_SPACES = {code: " " for code in range(128) if not chr(code).isalnum()}


@lru_cache(maxsize=1024)
def normal(text: str) -> str:
    """`normalise`, remembered for the texts at hand (each is asked for several times), and quick where the text is ASCII."""
    return " ".join(text.lower().translate(_SPACES).split()) if text.isascii() else normalise(text)


@lru_cache(maxsize=1024)
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _arxiv_of(paper: Paper) -> str | None:
    doi = doi_key(paper.doi)
    if doi and doi.startswith(_ARXIV_DOI):
        return arxiv_key(doi.removeprefix(_ARXIV_DOI))
    if paper.arxiv_id:
        return arxiv_key(paper.arxiv_id) or paper.arxiv_id.strip().lower()
    return arxiv_key(paper.url) if paper.url and "arxiv.org/" in paper.url.lower() else None


def keys_for(paper: Paper) -> tuple[str, ...]:
    """Every identity key of `paper`, strongest first: `doi:`, `arxiv:`, `pmid:`, `abstract:`, `title:`, then those the record carries.

    A title counts when a source gives it (or the bundled corpus assigned it) and it is distinctive: four words and twenty letters;
    a shorter one together with year and first author. An abstract counts from eight words on. `work:` is shared by a work's versions.
    """
    keys: list[str] = []
    doi, arxiv = doi_key(paper.doi), _arxiv_of(paper)
    if doi and not doi.startswith(_ARXIV_DOI):
        keys.append(f"doi:{doi}")
    if arxiv:
        keys.append(f"arxiv:{arxiv}")
    if paper.pmid:
        keys.append(f"pmid:{paper.pmid}")
    abstract = normal(paper.abstract)
    if abstract.count(" ") >= 7:
        keys.append(f"abstract:{_digest(abstract)}")
    if paper.title_origin != "derived":
        title = normal(WITHDRAWN.sub("", paper.title) if "]" in paper.title or ":" in paper.title else paper.title)
        if title.count(" ") >= 3 and len(title) >= 20:
            keys.append(f"title:{_digest(title)}")
        elif title and paper.authors and paper.published:
            first = normal(paper.authors[0])
            keys.append(f"title:{_digest(f'{title} {first[-4:]} {paper.published[:4]}')}")
    if paper.work_id:
        keys.append(f"work:{paper.work_id}")
    keys.extend(k for k in paper.keys if k.startswith(STRONG))
    return tuple(dict.fromkeys(keys))


_MIX = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = np.array([int.from_bytes(hashlib.sha256(b"%d" % i).digest()[:8], "big") | 1 for i in range(BANDS * BAND_ROWS)], dtype=np.uint64)[
    :, None
]


class _Codes(dict[bytes, int]):
    """Words to numbers; those of the texts before are remembered, for most words come again."""

    def __missing__(self, word: bytes) -> int:
        """The checksum, remembered while there is room."""
        code = zlib.crc32(word)
        if len(self) < _REMEMBERED:
            self[word] = code
        return code


_REMEMBERED = 100_000
_CODES = _Codes()


def sketch(abstract: str) -> tuple[int, ...]:
    """BANDS signed 64-bit numbers, each a hash of BAND_ROWS minima over the abstract's three-word runs (minhash, Broder 1997).

    Two texts that share most runs share a number with near certainty. Texts under twenty words give none.
    """
    words = normal(abstract).encode().split(b" ")
    if len(words) < 20:
        return ()
    codes = np.array([_CODES[word] for word in words], dtype=np.uint64)
    runs = np.zeros(len(words) - SHINGLE_WORDS + 1, dtype=np.uint64)
    for offset in range(SHINGLE_WORDS):
        runs = runs * _MIX + codes[offset : offset + len(runs)]
        runs ^= runs >> np.uint64(29)
    minima = (runs * _FACTORS).min(axis=1).reshape(BANDS, BAND_ROWS)
    bands = np.arange(BANDS, dtype=np.uint64)
    for column in range(BAND_ROWS):
        bands = (bands ^ minima[:, column]) * _MIX
        bands ^= bands >> np.uint64(31)
    return tuple(bands.astype(np.int64).tolist())


def similarity(a: str, b: str) -> float:
    """How much of two abstracts is one text, in [0, 1]: words in common order (Indel, normalised).

    Where one stops early, the part that both have is compared, if it is fifty words or more and two thirds of the longer.
    """
    left, right = normal(a).split(), normal(b).split()
    if not left or not right:
        return 0.0
    whole = float(Indel.normalized_similarity(left, right))
    short = min(len(left), len(right))
    if short >= 50 and short >= max(len(left), len(right)) * 2 / 3:
        return max(whole, float(Indel.normalized_similarity(left[:short], right[:short])))
    return whole


def paper_id_for(paper: Paper) -> str:
    """A readable id that depends on the record alone: `arxiv-2304.03442`, else `doi-10.1000-abc`, else `six-words-of-the-title-1a2b3c`.

    The last six digits are those of the abstract's fingerprint.
    """
    arxiv, doi = _arxiv_of(paper), doi_key(paper.doi)
    if arxiv:
        return "arxiv-" + re.sub(r"[^a-z0-9.]+", "-", arxiv)
    if doi:
        return ("doi-" + re.sub(r"[^a-z0-9.]+", "-", doi)).strip("-")[:80]
    words = re.findall(r"[a-z0-9]+", normal(paper.title).encode("ascii", "ignore").decode())
    return "-".join([*(w[:20] for w in words[:6]), fingerprint(paper.abstract)[:6]])


def merge(old: Paper, new: Paper) -> Paper:
    """One record with the fullest metadata of both and `old`'s paper_id; apart from the id, the order of the two does not matter.

    An original abstract replaces a rewritten one and never the reverse, else the longer stays. A source's title beats an assigned
    one, which beats a derived one. Where both know a field, the more precise or longer value stays; full ties go by the alphabet.
    """
    text = max((old, new), key=lambda p: (p.abstract_origin == "source", len(p.abstract), p.abstract))
    named = max((old, new), key=lambda p: (_TITLE_RANK[p.title_origin], len(p.title), p.title))
    written = max((old, new), key=lambda p: (bool(p.authors), not p.authors_truncated, len(p.authors), p.authors))
    first, second = sorted((old.categories, new.categories), key=lambda c: (-len(c), c))
    scores = [p.listing_score for p in (old, new) if p.listing_score is not None]
    sources = [p.source for p in (old, new) if p.source is not None]
    codes = {old.has_code, new.has_code}
    merged = dataclasses.replace(
        old,
        title=named.title,
        title_origin=named.title_origin,
        authors=written.authors,
        authors_truncated=written.authors_truncated,
        published=max((p.published for p in (old, new) if p.published), key=lambda d: (len(d), d), default=None),
        categories=tuple(dict.fromkeys((*first, *second))),
        has_code=True if True in codes else (False if False in codes else None),
        listing_score=max(scores, default=None),
        url=_either(old.url, new.url),
        doi=min((p.doi for p in (old, new) if p.doi), key=lambda d: (_ARXIV_DOI in d.lower(), d), default=None),
        arxiv_id=_either(old.arxiv_id, new.arxiv_id),
        source=min(sources, key=lambda s: (s.document, s.record), default=None),
        abstract=text.abstract,
        abstract_origin=text.abstract_origin,
        keys=(),
        names=written.names,
        editors=max((old.editors, new.editors), key=lambda people: (len(people), str(people))),
        extra={k: max((p.extra[k] for p in (old, new) if k in p.extra), key=repr) for k in sorted({*old.extra, *new.extra})},
        **_publication(old, new),
    )
    # Only what the merged record itself no longer shows, such as the fingerprint of the abstract that gave way.
    own = {*keys_for(old), *keys_for(new), *old.keys, *new.keys} - set(keys_for(merged))
    return dataclasses.replace(merged, keys=tuple(sorted(k for k in own if not k.startswith(("title:", "work:")))))


_TEXTS = ("type", "venue", "volume", "issue", "pages", "publisher", "pmid", "pmcid", "language", "citation_key", "retraction", "work_id")
_LISTS = ("isbn", "issn", "keywords", "tags", "collections")


def _publication(old: Paper, new: Paper) -> dict[str, Any]:
    """The fields that tell where and how a paper came out, and the user's own."""
    found: dict[str, Any] = {name: _fuller(getattr(old, name), getattr(new, name)) for name in _TEXTS}
    return found | {name: _joined(getattr(old, name), getattr(new, name)) for name in _LISTS}


def _fuller(a: str | None, b: str | None) -> str | None:
    """The longer of two texts; of two as long, the first in the alphabet."""
    return min((v for v in (a, b) if v), key=lambda v: (-len(v), v), default=None)


def _joined(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    """What either holds, the longer first."""
    first, second = sorted((a, b), key=lambda v: (-len(v), v))
    return tuple(dict.fromkeys((*first, *second)))


def _either(a: str | None, b: str | None) -> str | None:
    """The value that is known; of two, the first in the alphabet."""
    return min((v for v in (a, b) if v), default=None)
