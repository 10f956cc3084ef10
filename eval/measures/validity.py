"""Citation validity: the cited paper exists, was read for this answer, and holds the quote at its offsets (or the field's value).

Deliberately not a regular expression over `[n]` in prose: ALCE's reads `[0]` as the last document and drops numbers out of range
from its denominator (Gao et al., EMNLP 2023, `eval.py`). Every emitted citation counts here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")


def canonical(text: str) -> str:
    """NFKC, one kind of hyphen, single spaces: what may differ between a quote and its source.

    >>> canonical("state\u2011of\u2011the  art")
    'state-of-the art'
    """
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).translate(_HYPHENS)).strip()


def quote_stands(abstract: str, quote: str, start: int, end: int) -> bool:
    """Whether `quote` is what stands in `abstract` from `start` to `end`, up to `canonical`.

    >>> quote_stands("We beat BERT by 2 F1.", "beat BERT", 3, 12), quote_stands("We beat BERT by 2 F1.", "beat BERT", 0, 9)
    (True, False)
    """
    return 0 <= start < end <= len(abstract) and bool(quote.strip()) and canonical(abstract[start:end]) == canonical(quote)


def validity(checks: Sequence[bool]) -> float | None:
    """Valid citations ÷ emitted citations; None where none was emitted.

    >>> validity([True, True, False, True])
    0.75
    """
    return sum(checks) / len(checks) if checks else None
