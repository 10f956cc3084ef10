"""arXiv's categories by the short codes that listings print: `LG` is `cs.LG`, `IV` is `eess.IV`.

A code that several archives use stands for the one named first in `_ARCHIVES`, as listings of machine-learning papers mean it, except
where arXiv itself treats the other as the name proper (`_SETTLED`). Taxonomy: https://arxiv.org/category_taxonomy
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# In order of preference.
_ARCHIVES = {
    "cs": "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE NI OH OS PF PL RO SC SD SE SI SY",
    "stat": "AP CO ME ML OT TH",
    "eess": "AS IV SP SY",
    "q-bio": "BM CB GN MN NC OT PE QM SC TO",
    "math": "AC AG AP AT CA CO CT CV DG DS FA GM GN GR GT HO IT KT LO MG MP NA NT OA OC PR QA RA RT SG SP ST",
    "econ": "EM GN TH",
    "q-fin": "CP EC GN MF PM PR RM ST TR",
    "nlin": "AO CD CG PS SI",
    "astro-ph": "CO EP GA HE IM SR",
}
# cs.SY is an alias of eess.SY, cs.NA of math.NA, stat.TH of math.ST; "TH" then is econ.TH.
_SETTLED = {"SY": "eess.SY", "NA": "math.NA", "ST": "math.ST", "TH": "econ.TH"}
_BY_CODE = {code: f"{archive}.{code}" for archive, codes in reversed(_ARCHIVES.items()) for code in codes.split()} | _SETTLED


def category(code: str) -> str:
    """The full name of a code; a full name, or a code that arXiv doesn't have, as it stands.

    >>> [category(code) for code in ("LG", "ML", "AS", "QM", "AP", "hep-th")]
    ['cs.LG', 'stat.ML', 'eess.AS', 'q-bio.QM', 'stat.AP', 'hep-th']
    """
    return _BY_CODE.get(code, code)


_PHYSICS = r"gr-qc|hep-(?:ex|lat|ph|th)|math-ph|nucl-(?:ex|th)|quant-ph|(?:cond-mat|physics)(?:\.[a-z-]+)?|astro-ph"
_FULL = re.compile(rf"(?:{_PHYSICS})|(?:{'|'.join(_ARCHIVES)})\.[A-Z]{{2}}")


def apart(words: Iterable[str]) -> tuple[list[str], list[str]]:
    """The categories of arXiv, and the other words, which are keywords.

    >>> apart(["cs.LG", "moss", "hep-th"])
    (['cs.LG', 'hep-th'], ['moss'])
    """
    found: tuple[list[str], list[str]] = [], []
    for word in words:
        found[0 if _FULL.fullmatch(word) else 1].append(word)
    return found
