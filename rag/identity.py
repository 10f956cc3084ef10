"""When are two records one paper? Keys to find candidates by, the verdict on a candidate, and the merged record.

Strong keys (DOI, arXiv id, the fingerprint of the abstract) name a paper by themselves. A title or a few shared word runs only
propose a candidate, which `same_paper` then judges, and rather keeps two records apart than merges two papers. Nothing here reads
or writes a library.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
from rapidfuzz.distance import Indel

from rag.text import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rag.schema import Paper

STRONG = ("doi:", "arxiv:", "abstract:")
SHINGLE_WORDS = 3
BANDS, BAND_ROWS = 6, 3
"""Texts whose word runs have the Jaccard similarity J share a band with probability 1 - (1 - J^3)^6: 0.99 at 0.8, 0.9 at 0.68,
0.002 at 0.07 (one common sentence in fifteen), so that stock phrases don't make candidates of half a library.
"""

NEAR = 0.85
"""Share of words in common order above which two abstracts are one text with small repairs."""

_ARXIV_NEW = re.compile(r"(?<!\d)(\d{4}\.\d{4,5})(?:v\d+)?(?!\d)")
_ARXIV_OLD = re.compile(r"(?<![a-z])([a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?!\d)")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_ARXIV_DOI = "10.48550/arxiv."
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


def doi_key(value: str | None) -> str | None:
    """The DOI in `value`, lower case, without resolver address or closing punctuation; None where there is none.

    >>> doi_key("https://doi.org/10.1000/ABC.5.")
    '10.1000/abc.5'
    """
    found = _DOI.search(unquote(value)) if value else None
    return found.group(0).lower().rstrip(".,;)]}>\"'") if found else None


def fingerprint(abstract: str) -> str:
    """24 hex digits of the SHA-256 of the normalised abstract: equal texts up to case, accents' form, punctuation and space."""
    return _digest(_normal(abstract))


_SPACES = {code: " " for code in range(128) if not chr(code).isalnum()}


@lru_cache(maxsize=1024)
def _normal(text: str) -> str:
    """`normalise`, remembered for the texts at hand (each is asked for several times), and quick where the text is ASCII."""
    return " ".join(text.lower().translate(_SPACES).split()) if text.isascii() else normalise(text)


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
    """Every identity key of `paper`, strongest first: `doi:`, `arxiv:`, `abstract:`, `title:`, then the keys the record carries.

    A title counts when a source gives it (or the bundled corpus assigned it) and it is distinctive: four words and twenty letters.
    An abstract counts from eight words on.
    """
    keys: list[str] = []
    doi, arxiv = doi_key(paper.doi), _arxiv_of(paper)
    if doi and not doi.startswith(_ARXIV_DOI):
        keys.append(f"doi:{doi}")
    if arxiv:
        keys.append(f"arxiv:{arxiv}")
    abstract = _normal(paper.abstract)
    if abstract.count(" ") >= 7:
        keys.append(f"abstract:{_digest(abstract)}")
    title = _normal(paper.title)
    if paper.title_origin != "derived" and title.count(" ") >= 3 and len(title) >= 20:
        keys.append(f"title:{_digest(title)}")
    keys.extend(k for k in paper.keys if k.startswith(STRONG))
    return tuple(dict.fromkeys(keys))


_MIX = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = np.array([int.from_bytes(hashlib.sha256(b"%d" % i).digest()[:8], "big") | 1 for i in range(BANDS * BAND_ROWS)], dtype=np.uint64)[
    :, None
]


def sketch(abstract: str) -> tuple[int, ...]:
    """BANDS signed 64-bit numbers, each a hash of BAND_ROWS minima over the abstract's three-word runs (minhash, Broder 1997).

    Two texts that share most runs share a number with near certainty. Texts under twenty words give none.
    """
    words = _normal(abstract).encode().split(b" ")
    if len(words) < 20:
        return ()
    codes = np.fromiter(map(zlib.crc32, words), dtype=np.uint64, count=len(words))
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
    left, right = _normal(a).split(), _normal(b).split()
    whole = float(Indel.normalized_similarity(left, right))
    short = min(len(left), len(right))
    if short >= 50 and short >= max(len(left), len(right)) * 2 / 3:
        return max(whole, float(Indel.normalized_similarity(left[:short], right[:short])))
    return whole


def same_paper(a: Paper, b: Paper) -> bool:
    """Whether two records that share a key are one paper.

    Different DOIs or different arXiv ids say no; a shared strong key says yes. Otherwise the abstracts decide, or an equal title
    together with a shared author, or with a rewritten abstract about the same things.
    """
    if conflict(a, b):
        return False
    shared = set(keys_for(a)) & set(keys_for(b))
    if any(k.startswith(STRONG) for k in shared):
        return True
    if similarity(a.abstract, b.abstract) >= NEAR:
        return _numbers(a.abstract) == _numbers(b.abstract) or _same_title(a, b)
    if not any(k.startswith("title:") for k in shared):
        return False
    if a.authors and b.authors:
        return bool(_surnames(a.authors) & _surnames(b.authors))
    overlap = _shared_vocabulary(a.abstract, b.abstract)
    return overlap >= (0.15 if "rewritten" in {a.abstract_origin, b.abstract_origin} else 0.3)


def conflict(a: Paper, b: Paper) -> bool:
    """Whether both have a DOI, or both an arXiv id, and none in common."""
    keys_a, keys_b = keys_for(a), keys_for(b)
    for kind in ("doi:", "arxiv:"):
        ours, theirs = {k for k in keys_a if k.startswith(kind)}, {k for k in keys_b if k.startswith(kind)}
        if ours and theirs and not ours & theirs:
            return True
    return False


def _same_title(a: Paper, b: Paper) -> bool:
    """Equal titles, or one that a source did not give and that therefore says nothing."""
    return "derived" in {a.title_origin, b.title_origin} or _normal(a.title) == _normal(b.title)


def _numbers(text: str) -> list[str]:
    return sorted(re.findall(r"\d+(?:\.\d+)?", text))


def _surnames(authors: Iterable[str]) -> set[str]:
    """Last names, of `Ada Lovelace` as of `Lovelace, Ada`."""
    names = set()
    for author in authors:
        name = _normal(author.split(",", 1)[0] if "," in author else author)
        if name:
            names.add(name.split(" ")[-1])
    return names


def _shared_vocabulary(a: str, b: str) -> float:
    left, right = ({w for w in _normal(t).split() if len(w) > 3} for t in (a, b))
    return len(left & right) / max(1, min(len(left), len(right)))


def paper_id_for(paper: Paper) -> str:
    """A readable id that depends on the record alone: `arxiv-2304.03442`, else `doi-10.1000-abc`, else `six-words-of-the-title-1a2b3c`.

    The last six digits are those of the abstract's fingerprint.
    """
    arxiv, doi = _arxiv_of(paper), doi_key(paper.doi)
    if arxiv:
        return "arxiv-" + re.sub(r"[^a-z0-9.]+", "-", arxiv)
    if doi:
        return ("doi-" + re.sub(r"[^a-z0-9.]+", "-", doi)).strip("-")[:80]
    words = re.findall(r"[a-z0-9]+", _normal(paper.title).encode("ascii", "ignore").decode())
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
    )
    # Only what the merged record itself no longer shows, such as the fingerprint of the abstract that gave way.
    own = {*keys_for(old), *keys_for(new), *old.keys, *new.keys} - set(keys_for(merged))
    return dataclasses.replace(merged, keys=tuple(sorted(k for k in own if not k.startswith("title:"))))


def _either(a: str | None, b: str | None) -> str | None:
    """The value that is known; of two, the first in the alphabet."""
    return min((v for v in (a, b) if v), default=None)
