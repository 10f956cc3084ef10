"""HTML, JATS and MathML in a text that is otherwise plain: tags become the spaces and signs that they stand for.

Services hand abstracts on with the tags of the publisher. Blocks must not glue (`dusk.</p><p>They`), a heading stays one (`Methods:`),
and a raised or lowered sign keeps its place (`10<sup>6</sup>` is 10⁶, not 106). What only looks like a tag stays: `a <b and c> d`.
"""

# ruff: noqa: RUF001 - minus signs and dashes are what is looked for

# ruff: noqa: SIM905 - lists of words read best as running text

from __future__ import annotations

import re

_ATTRIBUTES = r"(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=]+))"
_TAG = re.compile(rf"<(/?)(?:([A-Za-z][\w.-]*):)?([A-Za-z][\w.-]*)({_ATTRIBUTES}*)\s*(/?)>")
_NO_TEXT = re.compile(r"<!--.*?-->|<!\[CDATA\[|\]\]>|<\?[A-Za-z][^<>]*\?>|<!DOCTYPE[^<>]*>", re.DOTALL)
# Namespaces that texts bring along; a tag of one of these is a tag whatever its name.
_SPACES = frozenset("jats mml m math html xhtml ce sb sec tei xlink oasis ali ns0 ns1 ns2 ns3 ns4".split())
_HEADINGS = frozenset("title h1 h2 h3 h4 h5 h6 dt".split())
_BLOCKS = _HEADINGS | frozenset(
    "p br div li ul ol hr tr td th list list-item sec section abstract trans-abstract table thead tbody blockquote disp-quote dl dd"
    " article header caption pre center para simple-para abstract-sec def def-item def-list verse-group".split()
)
_INLINE = frozenset(
    "i b u it bo em strong italic bold span tt sc scp small-caps smallcaps sup sub inf superscript subscript roman overline underline"
    " monospace sans-serif strike styled-content named-content xref ext-link uri inline-formula disp-formula inline-graphic tex-math"
    " alternatives font big nobr wbr fn bdi bdo abbr acronym"
    " math mrow mi mo mn mtext ms mspace mstyle msup msub msubsup mfrac msqrt mroot mfenced mover munder munderover mtable mtr mtd"
    " mpadded mphantom semantics annotation annotation-xml menclose mmultiscripts mprescripts none".split()
)
# Words that also stand in angle brackets for themselves: tags only in pairs, or with attributes.
_IN_PAIRS = frozenset(
    "title list sec section abstract table article header caption para def none label a code small mark var cite kbd samp text math"
    " annotation semantics big fn font roman strike verse-group del ins q".split()
)
# "n<p>m": a sign that is compared stands right before.
_SINGLE = re.compile(r"(?:^|[\s(])[\w]$")
_SCRIPT = re.compile(r"<(?:\w+:)?(sup|sub|inf|superscript|subscript)>([^<>]{0,200}?)</(?:\w+:)?\1>", re.IGNORECASE)
_SUPERSCRIPTS = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_POWER = re.compile(r"[+\-−–]?\d+(?:\.\d+)?|[+\-−–]?[knmpdijNTxy]")
_CHARGE = re.compile(r"\d{0,2}[+\-−–]")
# Between the parts of a text: the end of a block, and of a heading.
_BLOCK, _HEADING = "\x1e", "\x1d"
_ENDED = (".", "!", "?", ":", ";", ",", "。", "！", "？", "-", "–", "—")

_ALTERNATIVES = re.compile(
    r"<(?:\w+:)?alternatives>(?:(?!</?(?:\w+:)?alternatives>).)*?<(?:\w+:)?tex-math[^<>]*>(.*?)</(?:\w+:)?tex-math>.*?"
    r"</(?:\w+:)?alternatives>",
    re.DOTALL,
)
_LEAF = re.compile(r"<(?:\w+:)?(mi|mn|mo|mtext|ms)(?:\s[^<>]*)?>([^<>\x02\x03]*)</(?:\w+:)?\1>")
_ANNOTATION = re.compile(r"<(?:\w+:)?annotation(?:-xml)?(?:\s[^<>]*)?>.*?</(?:\w+:)?annotation(?:-xml)?>", re.DOTALL)
_PART = r"\s*\x02([^\x02\x03<]*)\x03"
_ROW = re.compile(rf"<(?:\w+:)?(mrow|mstyle|mpadded|msqrt|mtd|mfenced|semantics|math)(?:\s[^<>]*)?>((?:{_PART})*)\s*</(?:\w+:)?\1>")
_PAIR = re.compile(rf"<(?:\w+:)?(msup|msub|mfrac|mover|munder)(?:\s[^<>]*)?>{_PART}{_PART}\s*</(?:\w+:)?\1>")
_TRIPLE = re.compile(rf"<(?:\w+:)?(msubsup|munderover)(?:\s[^<>]*)?>{_PART}{_PART}{_PART}\s*</(?:\w+:)?\1>")


def without_tags(text: str) -> str:
    """`text` without tags; scripts are written as LaTeX writes them (`^{12}`) where no sign is at hand."""
    text = _NO_TEXT.sub("", text)
    if "alternatives" in text:
        text = _ALTERNATIVES.sub(r"\1", text)
    if "<m" in text or ":m" in text:
        text = _formulas(text)
    seen = {(m[3].lower(), m[1] or ('"' if m[4] else "")) for m in _TAG.finditer(text)}
    if not seen:
        return text
    text = _TAG.sub(lambda m: _between(m, seen), text)
    if "<" in text:
        text = _SCRIPT.sub(_script, text)
        text = re.sub(r"</?(?:sup|sub|inf)>", "", text)
    return _joined(text) if _BLOCK in text or _HEADING in text else text


def _between(found: re.Match[str], seen: set[tuple[str, str]]) -> str:
    """What stands in the place of one tag: nothing, the end of a block or heading, the bare tag of a script, or the text as it is."""
    closing, space, name, attributes = bool(found[1]), (found[2] or "").lower(), found[3].lower(), found[4]
    attributed = bool(attributes) or (closing and (name, '"') in seen)
    known = space in _SPACES or name in _BLOCKS or name in _INLINE or '"' in attributes or attributed
    paired = attributed or (name, "" if closing else "/") in seen
    if not space and (name in _IN_PAIRS or (len(name) == 1 and _SINGLE.search(found.string[max(0, found.start() - 2) : found.start()]))):
        known = paired
    if not known:
        return found[0]
    if name in {"sup", "superscript", "sub", "subscript", "inf"}:
        return f"<{found[1]}{'sup' if name.startswith('sup') else 'sub'}>"
    if name in _HEADINGS and closing:
        return _HEADING
    return _BLOCK if name in _BLOCKS else ""


def _script(found: re.Match[str]) -> str:
    """A raised or lowered text in signs that keep its meaning."""
    inner = found[2].strip()
    before = found.string[: found.start()][-2:]
    if found[1].lower() in {"sub", "inf", "subscript"}:
        return f"_{{{inner}}}" if re.fullmatch(r"[A-Za-z]{1,12}", inner) and before[-1:].isalnum() else inner
    if _CHARGE.fullmatch(inner) or (re.fullmatch(r"\d+", inner) and not (before[-1:].isalnum() or before[-1:] in ")]}")):
        return inner.translate(_SUPERSCRIPTS)
    if _POWER.fullmatch(inner) and (before[-1:].isalnum() or before[-1:] in ")]}"):
        return f"^{{{re.sub('[−–]', '-', inner)}}}"
    return inner


def _joined(text: str) -> str:
    """The blocks as running text: a heading ends with a colon, a block of several words with a full stop."""
    done: list[str] = []
    for number, piece in enumerate(re.split(f"([{_BLOCK}{_HEADING}])", text)):
        if number % 2:
            if piece == _HEADING and done and not done[-1].endswith(_ENDED):
                done[-1] += ":"
            continue
        if not (words := piece.strip()):
            continue
        if (
            done
            and not done[-1].endswith((*_ENDED, '"', "”", "'"))
            and len(done[-1].split()) > 4
            and (words[0].isupper() or words[0].isdigit())
        ):
            done[-1] += "." if done[-1][-1] not in ")]" or "." not in done[-1][-3:] else ""
        done.append(words)
    return " ".join(done)


def _formulas(text: str) -> str:
    """MathML as a line of text."""
    text = _LEAF.sub(lambda m: f"\x02{m[2].strip()}\x03", _ANNOTATION.sub("", text))
    for _ in range(30):  # inner ones first
        before = text
        text = _PAIR.sub(_paired, text)
        text = _TRIPLE.sub(lambda m: f"\x02{m[2]}_{{{m[3]}}}^{{{m[4]}}}\x03", text)
        text = _ROW.sub(lambda m: "\x02" + ("√" if m[1] == "msqrt" else "") + re.sub(r"\s*[\x02\x03]\s*", "", m[2]) + "\x03", text)
        if text == before:
            break
    return text.replace("\x02", "").replace("\x03", "")


def _paired(found: re.Match[str]) -> str:
    """A base with what stands above, below or under it."""
    sign = {"msup": "^", "msub": "_", "mfrac": "/"}.get(found[1])
    if sign == "/":
        return f"\x02{found[2]}/{found[3]}\x03"
    return f"\x02{found[2]}{sign}{{{found[3]}}}\x03" if sign else f"\x02{found[2]}\x03"
