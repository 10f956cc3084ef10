"""LaTeX, Markdown and HTML remains to plain text.

Abstracts arrive with macros, mathematics, emphasis marks and entities in them. `plain` takes these off once, at the door, so that the
text that is stored, shown and counted in characters is the same. It is no renderer: what it does not know it leaves readable.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from typing import Any

from rag.tags import without_tags

_SPACES = re.compile(r"\s+")
# Control characters, bidirectional overrides, zero-width marks, soft hyphens and lone surrogates: none can be seen, all can mislead.
HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_MARKUP = re.compile(r"[\\$~`*_<&{^\[#]|''")

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31}\d{0,2});")
_DROPPED = re.compile(
    r"\\(?:cite[a-zA-Z]*|[cC]?ref|eqref|autoref|label|footnote(?:mark|text)?|vspace|hspace|thanks|index)\*?\s?(?:\[[^\[\]]*\])*\{[^{}]*\}"
)
_SECOND = re.compile(r"\\(?:textcolor|colorbox|href|fontsize|raisebox|scalebox)\*?\s?(?:\[[^\[\]]*\])?\{[^{}]*\}\s?(?=\{)")
_FRACTION = re.compile(r"\\[dt]?frac\s?\{([^{}]*)\}\s?\{([^{}]*)\}")
_ROOT = re.compile(r"\\sqrt\s?\{([^{}]*)\}")
_ACCENT = re.compile(
    r"\\([`'^~=.])(?:\{\\?([A-Za-z])\}|\\?([A-Za-z]))"
    r"|\\([uvHcrkbd])(?:\{\\?([A-Za-z])\}|\s([A-Za-z])(?![A-Za-z]))"
    # \" is as often a quotation mark that was escaped once too often: an umlaut only inside a word, in braces or on a capital
    r"|(?<=[A-Za-z])\\(\")([aeiouy])|(?<=\{)\\(\")([A-Za-z])|\\(\")([AOU])(?=[a-z])|\\(\")\{\\?([A-Za-z])\}"
)
_SWITCHES = (
    r"\\(?:it|bf|rm|sf|tt|sc|em|sl|cal|tiny|scriptsize|footnotesize|small|normalsize|large|Large|LARGE|huge|left|right"
    r"|bigl?|bigr?|Bigl?|Bigr?|displaystyle|limits|xspace|noindent|centering|protect)(?![a-zA-Z])\s?"
)
_SWITCH = re.compile(_SWITCHES)
_SWITCHED = re.compile(r"\{" + _SWITCHES + r"([^{}]*)\}")
_ARGUMENT = re.compile(r"\\[a-zA-Z]+\*?\s?(?:\[[^\[\]]*\])?\{([^{}]+)\}")
_MACRO = re.compile(r"\\([a-zA-Z]+)\*?(?:\{\})?")
_ESCAPED = re.compile(r"\\([%&_#$ {}\"'])")
_SPACING = re.compile(r"\\[,;:!/\-]|\\\\(?:\[[^\[\]]*\])?")
# A formula as a whole LaTeX document, as Springer hands it on.
_DOCUMENT = re.compile(r"\\documentclass\b.{0,3000}?\\begin\s?\{document\}(.{0,3000}?)\\end\s?\{document\}", re.DOTALL)
_MATHS = re.compile(
    r"\$\$([^$]{1,2000})\$\$"
    # as in Pandoc: no space inside the marks and no digit after them; nor an amount of money with words after it
    r"|\$(?![\s$])(?!\d[\d.,]*[kMB]?\s+[A-Za-z]{2})([^$]{0,999}[^$\s\\])\$(?!\d)"
    r"|\\\(((?:(?!\\[()]).){1,2000})\\\)|\\\[((?:(?!\\[\[\]]).){1,2000})\\\]"
)
_TILDE = re.compile(r"(?<=[A-Za-z.,;:)\]}])~(?=\S)|~(?=\\)|(?<=\d)~(?=[A-Za-z(])")
_RAISED = re.compile(r"\^(?:\{(\d)\}|(\d)(?![\d.]))")
_SCRIPT = re.compile(r"([_^])\{([^{}]*)\}")
_GROUP = re.compile(r"(?<![\\_^])\{([^{}]*)\}")
_LINK = re.compile(r"!?\[([^\[\]]{1,500})\]\((?:<?)(https?://[^\s()<>]+)(?:>?)\)")
_STARS = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*]{1,1000}?)(?<=[^\s*])\1(?![\w*])")
_UNDERLINES = re.compile(r"(?<![\w_])(_{1,2})(?=[^\s_])([^_]{1,1000}?)(?<=[^\s_])\1(?![\w_])")
_BRACED_LETTER = re.compile(r"\{([^\W\d_a-zA-Z][\u0300-\u036f]?)\}")
"""As Google Scholar leaves accented letters in formats that know no LaTeX: `B{é}nou{é}`."""
_HEADING = re.compile(r"(?m)^#{1,6}\s+")
_CODE = re.compile(r"(?<!`)`([^`'\n]{1,500})`(?!`)")
_RAISED_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "r": "\u030a", "k": "\u0328", "b": "\u0331", "d": "\u0323",
}  # fmt: skip
# Abbreviations that authors define for themselves, more often than not in these letters.
_OWN = {
    "eg": "e.g.",
    "ie": "i.e.",
    "etal": "et al.",
    "wrt": "w.r.t.",
    "cf": "cf.",
    "vs": "vs.",
    "aka": "a.k.a.",
    "quad": " ",
    "qquad": " ",
    "LaTeX": "LaTeX",
    "TeX": "TeX",
}
# Styles that were given nothing to style.
_STYLES = frozenset(
    {"emph", "textbf", "textit", "texttt", "textsc", "textrm", "textsf", "text", "mbox", "underline", "mathbf", "mathcal", "mathrm"}
)
# More rounds than any honest text nests.
_ROUNDS = 12


def plain(text: str) -> str:
    r"""`text` without LaTeX, Markdown and HTML remains, in NFC, white space collapsed; applying it twice changes nothing more.

    An unknown macro leaves its name (`\method` gives `method`), a citation or reference nothing. Amounts of money, `~20`, `F_0.5`
    and `A*` stay as they are.
    """
    if text.isascii() and (not text or text.isalnum()):
        return text
    text = _tidy(text)
    for _ in range(_ROUNDS):
        if not _MARKUP.search(text):
            return text
        cleaned = _tidy(_clean(text))
        if cleaned == text:
            return text
        text = cleaned
    # Nested beyond reason: take off every mark that could start another round.
    return _tidy(re.sub(r"[\\$~`*_<&{}^\[\]#']", "", text))


def _tidy(text: str) -> str:
    """NFC without hidden characters, single-spaced."""
    if text.isascii() and text.isprintable():
        return text.strip() if "  " not in text else " ".join(text.split())
    return _SPACES.sub(" ", unicodedata.normalize("NFC", HIDDEN.sub("", text))).strip()


def _clean(text: str) -> str:
    """One round over the remains; inner groups go first, so nesting takes several rounds."""
    if "&" in text:
        text = _ENTITY.sub(lambda m: html.unescape(m[0]), text)
    if "{" in text:
        text = _BRACED_LETTER.sub(r"\1", text)
    if "<" in text:
        text = without_tags(text)
    latex = "\\" in text or "$" in text
    if latex:
        text = _DOCUMENT.sub(r"\1", text)
        text = _MATHS.sub(lambda m: _formula(m[1] or m[2] or m[3] or m[4]), text)
    if "\\" in text:
        text = _macros(text)
    if latex or "^{" in text or "_{" in text:
        text = _scripts(text)
    text = _TILDE.sub(" ", text)
    text = _LINK.sub(lambda m: m[2] if m[1] in m[2] else f"{m[1]} ({m[2]})", text)
    text = _UNDERLINES.sub(r"\2", _STARS.sub(r"\2", _HEADING.sub("", text)))
    text = _CODE.sub(r"\1", text)
    return text.replace("``", '"').replace("''", '"').replace("`", "'")


def _formula(inner: str) -> str:
    """Mathematics as text: symbols for macros, no grouping braces."""
    text = _macros(inner)
    while (bare := _GROUP.sub(r"\1", _scripts(text))) != text:
        text = bare
    return text


def _scripts(text: str) -> str:
    """Superscript digits, and sub- and superscripts without their braces; empty groups go."""
    return _SCRIPT.sub(_bare, _RAISED.sub(lambda m: (m[1] or m[2]).translate(_RAISED_DIGITS), text)).replace("{}", "")


def _bare(found: re.Match[str]) -> str:
    """A script without its braces; round ones stay where it holds more than a word or number."""
    inner = found[2]
    return found[1] + (inner if re.fullmatch(r"[+-]?[\w.]*", inner) else f"({inner})")


def _macros(text: str) -> str:
    """Macros replaced by what they print."""
    text = _SECOND.sub(r"\\text", _DROPPED.sub("", text))
    text = _ACCENT.sub(_accented, text)
    text = _SWITCH.sub("", _SWITCHED.sub(r"\1", text))
    text = _ROOT.sub("√(\\1)", _FRACTION.sub(r"\1/\2", text))
    for _ in range(_ROUNDS):  # inner first
        text, found = _ARGUMENT.subn(r"\1", text)
        if not found:
            break
    text = _MACRO.sub(lambda m: _printed(m[1]), text)
    return _SPACING.sub(" ", _ESCAPED.sub(r"\1", text))


def _accented(found: re.Match[str]) -> str:
    """A letter with its accent, composed."""
    mark, letter = (group for group in found.groups() if group)
    return unicodedata.normalize("NFC", letter + _ACCENTS[mark])


@lru_cache(maxsize=4096)
def _printed(name: str) -> str:
    """What a macro without argument prints: its symbol, else its name."""
    if name in _STYLES:
        return ""
    if name in _OWN:
        return _OWN[name]
    spec: Any = _symbols().get_macro_spec(name)
    symbol = spec.simplify_repl if spec is not None else None
    return symbol if isinstance(symbol, str) and symbol.strip() and "%" not in symbol else name


@lru_cache(maxsize=1)
def _symbols() -> Any:
    """The table of macros that pylatexenc brings."""
    from pylatexenc.latex2text import get_default_latex_context_db

    return get_default_latex_context_db()
