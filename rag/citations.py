"""From a model's reply to its claims with their citation codes and the layout around them, and back to the answer's text with [n].

Pure text work: a reply is Markdown, of which lists, headings, tables, code and formulas keep their form; codes are only sorted into those
that the prompt offered and those that it did not. Whether a claim is supported is judged elsewhere (`rag.checking.verify`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from rag.markup import HIDDEN
from rag.schema import Citation
from rag.text import normalise, plain, sentences
from rag.thoughts import Thoughts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rag.schema import Paper, Statement

Kind = Literal["claim", "heading", "code", "table", "row"]

# Evidence is shown to the model without square brackets of its own, so every short bracket of a reply is meant as a citation.
_BRACKET = re.compile(r"\^?[\[【]([^\[\]【】\n]{0,80})[\]】]\^?(?:\((?:https?://|#|\./|/|doi:)[^\s)]*\))?")
_LONGEST_MARKER = 82  # characters, brackets included
_ROUND = re.compile(r"\(([^()\n]{1,80})\)")
_BETWEEN = re.compile(r"\s*(?:[,;:&+|/†]|\band\b)\s*|\s+", re.IGNORECASE)
_RANGE = re.compile(r"^(\w+)\s*(?:-|–|—|\.\.+|to)\s*(\w+)$")  # noqa: RUF001
_YEARED = r"[A-Z][\w'’\-]+(?:\s+(?:et\s+al\.?|(?:and|&)\s+[A-Z][\w'’\-]+|[A-Z]\.))*,?\s+(?:19|20)\d\d[a-z]?"  # noqa: RUF001
_AUTHOR_YEAR = re.compile(rf"\((?:(?:see|cf\.?|e\.g\.,?)\s+)?({_YEARED}(?:\s*[;,]\s*{_YEARED})*)\)")
_RAISED = re.compile(r"(?<=[^\W\d_.,)\s])[⁰¹²³⁴⁵⁶⁷⁸⁹]+(?:[,⁾⁽ ]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)*(?=[\s.,;:]|$)|(?<=[.,)])[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_TAGGED = re.compile(r"<(sup|cite|ref|source|citation)\b[^<>]{0,80}>([^<>\n]{0,80})</\1>", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w\[(【])([A-Za-z]\d[A-Za-z]\d)(?=\s*[.,;!?]?\s*$|\s*[.!?]\s)")
_LIST_MARK = re.compile(r"^\s*(?:(?:[-*•▪◦‣–>+]|\d{1,3}[.)]|\(\d{1,2}\)|[a-z][.)])\s+|#{1,6}\s+)+")  # noqa: RUF001
_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_BOLD_LINE = re.compile(r"^\s{0,3}(?:\*\*|__)([^*_\n]{1,100}?)(?:\*\*|__)\s*:?\s*$")
_FENCE = re.compile(r"^\s{0,3}(```+|~~~+)[ \t]*([\w+\-]{0,20})[ \t]*$")
_DISPLAY = re.compile(r"^\s*(?:\$\$|\\\[)")
_RULE = re.compile(r"^\s{0,3}(?:[-*_=]\s*){3,}$")
_DELIMITER = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_NOTE = re.compile(r"^\s*\[\^[^\]]{1,20}\]:")
_LABEL = re.compile(
    r"^\W*(?:(?:the\s+)?(?:evidence|sources?|references?|citations?|bibliography|works?\s+cited|footnotes?|supporting\s+(?:evidence|lines|quotes)|"
    r"evidence\s+(?:lines|codes)(?:\s+used)?|sources?\s+(?:used|cited)|codes?\s+(?:used|cited)|quellen|literatur|referencias|fuentes|fontes|références)"
    r"(?:\s+used)?)\s*\W*(?::|$)",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"^\W*(?:(?:final|short|direct|my|the)\s+)*(?:answer|response|reply|antwort|respuesta|réponse|resposta|risposta)\s*\W*(?::|$)\W*",
    re.IGNORECASE,
)
_ASKS = re.compile(r"^\W*(?:(?:the|your|user)\s+)*(?:question|query|q|frage|pregunta)\s*\W*:", re.IGNORECASE)
_BEGIN, _END_OF = re.compile(r"^\W*BEGIN EVIDENCE\b"), re.compile(r"^\W*END EVIDENCE\b")
FORMULA = re.compile(
    r"\$\$.+?\$\$|\$(?![\s\d])[^$\n]{1,200}?(?<!\s)\$(?!\d)|\\\((?:\\\\|\\(?![\\()])|[^\\])+\\\)|\\\[(?:\\\\|\\(?![\\\[\]])|[^\\])+\\\]",
    re.DOTALL,
)
"""A formula that is opened again before it is closed is none: each is looked for up to the next, in linear time."""

_DEEPEST = 4
"""Most marks of lists and quotations before one line."""

_LONG_LINE = 2000
"""Characters without an end of a sentence: it is looked for as the line grows by tenths then, so that no square of its length is taken."""

_UNCLOSED_CHARS = 400  # how far a round bracket may stay open before it is taken for a slip (as in rag.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSentence:
    """A claim of a reply without its markers. `codes` were offered by the prompt, `unknown` were not; both in order of use.

    `styled` is the text with its emphasis, code and formulas as Markdown. `lead` stands before it where it is the first that is shown of
    its `block` (a paragraph, an item of a list). A `heading` has its `level` (7: a line in bold), `code` its text as it stands, a `table`
    the two lines of its head; the `cells` of a `row` are claims.
    """

    text: str
    codes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    styled: str = field(default="", compare=False)
    kind: Kind = field(default="claim", compare=False)
    lead: str = field(default="", compare=False)
    block: int = field(default=0, compare=False)
    level: int = field(default=0, compare=False)
    cells: tuple[CitedSentence, ...] = field(default=(), compare=False)


class ReplyReader:
    """Cuts a streamed reply into complete claims with their codes, and the layout around them.

    `known` are the codes of the prompt in its order (ranges are resolved by it). A sentence is complete once the next has begun, its
    line has ended or the reply has. Thoughts are skipped (`closes`: see `rag.thoughts`), and so are the evidence, said once more, and
    lists of sources. Codes that stand between two sentences belong to the one before, unless the line began with a code.
    """

    def __init__(self, known: Sequence[str], *, closes: bool = False) -> None:
        """An empty buffer."""
        self._known = {code.lower(): n for n, code in enumerate(known)}
        self._codes = list(known)
        self.thoughts = Thoughts(closes=closes)
        self._buffer = ""
        self._looked_at = 0
        self._leading: bool | None = None
        self._begun = False  # a line of which sentences were taken already
        self._block = 0
        self._lead = ""
        self._fence: list[str] | None = None
        self._fence_mark = ""
        self._table: list[str] = []
        self._skipping = ""  # what is skipped: `evidence` up to its end, `sources` up to a heading or an answer
        self._parted = False

    def feed(self, delta: str) -> list[CitedSentence]:
        """Add what came; what is now complete."""
        self._buffer += HIDDEN.sub("", self.thoughts.feed(delta))
        return self._lines()

    def finish(self) -> list[CitedSentence]:
        """The reply has ended: what is left is complete."""
        self._buffer += HIDDEN.sub("", self.thoughts.finish())
        found = self._lines()
        if self._buffer.strip():
            rest, self._buffer = self._buffer, ""
            found += self._line(rest)
        self._fence = None  # what is not closed has no end that could be trusted
        return found

    # -- lines ------------------------------------------------------------------------------------------------------------------

    def _lines(self) -> list[CitedSentence]:
        found: list[CitedSentence] = []
        while (cut := self._buffer.find("\n")) >= 0:
            line, self._buffer, self._looked_at = self._buffer[:cut], self._buffer[cut + 1 :], 0
            found += self._line(line)
        if len(self._buffer) > max(_LONG_LINE, self._looked_at * 1.1):
            self._looked_at = len(self._buffer)
        elif len(self._buffer) > _LONG_LINE:
            return found
        if self._plain_so_far(self._buffer):
            found += self._take(self._buffer, last=False)
        return found

    def _plain_so_far(self, line: str) -> bool:
        """Whether a line that is not complete is running text, of which sentences may be taken."""
        start = line.lstrip()
        if self._begun:
            return True
        if len(start) < 12 or self._fence is not None or self._skipping or _LABEL.match(start):
            return False
        return start[0] not in "|#`~$<" and not start.startswith(("**", "__", "\\[", "[^", "BEGIN EVIDENCE", "END EVIDENCE"))

    def _line(self, line: str) -> list[CitedSentence]:
        begun, self._begun = self._begun, False
        if begun:
            return self._ended(line)
        if self._fence is not None:
            return self._in_code(line)
        if not line.strip():
            self._parted = True
            self._table = []
            if self._skipping == "quote":
                self._skipping = ""
            return []
        if (skipped := self._skips(line)) is not None:
            return skipped
        if line.lstrip().startswith("|") or (self._table and "|" in line):
            return self._row(line)
        self._table = []
        if fence := _FENCE.match(line):
            self._fence, self._fence_mark = [line], fence[1]
            return []
        if line.lstrip().startswith(("```", "~~~")):
            return []  # a fence that says more than a language
        if _DISPLAY.match(line):
            self._fence, self._fence_mark = [], "$$" if "$$" in line else "\\]"
            return self._in_code(line)
        if _RULE.match(line) or _NOTE.match(line):
            self._parted = True
            return []
        if heading := _HEADING.match(line):
            return self._heading(heading[2], len(heading[1]))
        if (bold := _BOLD_LINE.match(line)) and not re.search(r"[.!?]$", bold[1].strip()):
            return self._heading(bold[1], 7)
        return self._ended(line)

    def _ended(self, line: str) -> list[CitedSentence]:
        """What is left of a complete line of running text."""
        found = self._take(line, last=True)
        self._leading, self._begun = None, False
        return found

    def _skips(self, line: str) -> list[CitedSentence] | None:
        """What a line gives that is passed over; None for one that is not."""
        bare = "".join(part for part in _BRACKET.split(line)[::2])
        if self._skipping == "evidence":
            if _END_OF.match(line):
                self._skipping = ""
            return []
        if _BEGIN.match(line):
            self._skipping = "evidence"
            return []
        if answers := _ANSWERS.match(line):
            self._skipping, self._parted = "", True
            rest = line[answers.end() :]
            return (self._line(rest) if rest.strip() else []) if not _BRACKET.match(line) else None
        if _LABEL.match(bare) and (len(bare.split()) <= 4 or bare.partition(":")[2].strip()) and not re.search(r":.*[.!?]\s+\w", bare):
            self._skipping = "sources"
            return []
        if self._skipping == "sources":
            if _HEADING.match(line) or _BOLD_LINE.match(line):
                self._skipping = ""
                return None
            return []
        if _END_OF.match(line) or _ASKS.match(line):
            return []
        return None

    def _opens(self, mark: str) -> None:
        """A new block begins."""
        self._block += 1
        self._lead = ("\n\n" if self._parted or not mark else "\n") + mark
        self._parted = False

    def _heading(self, text: str, level: int) -> list[CitedSentence]:
        text, styled = inline(self._without_marks(text)[0])
        self._parted = True
        return [CitedSentence(text=text, styled=styled, kind="heading", level=level)] if any(map(str.isalnum, text)) else []

    # -- code and tables --------------------------------------------------------------------------------------------------------

    def _in_code(self, line: str) -> list[CitedSentence]:
        assert self._fence is not None
        self._fence.append(line)
        opened = len(self._fence) == 1 and line.strip().startswith(("$$", "\\["))
        if self._fence_mark[0] in "`~":
            ends = line.strip().startswith(self._fence_mark) and not line.strip().strip(self._fence_mark[0])
        else:
            ends = line.strip().endswith(self._fence_mark) and (not opened or len(line.strip()) > 4)
        return self._code_ends() if ends else []

    def _code_ends(self) -> list[CitedSentence]:
        lines, self._fence, self._parted = self._fence or [], None, True
        return [CitedSentence(text="\n".join(lines), kind="code")]

    def _row(self, line: str) -> list[CitedSentence]:
        if not self._table:
            self._table = [line]
            return []
        if len(self._table) == 1:
            self._table.append(line)
            if _DELIMITER.match(line):
                head = " | ".join(as_cell(inline(self._without_marks(c)[0])[1]) for c in cells_of(self._table[0]))
                self._opens("")
                rule = "|".join(" --- " for _ in cells_of(self._table[0]))
                return [CitedSentence(text=f"| {head} |\n|{rule}|", kind="table", cells=tuple(self._cells(self._table[0])))]
            self._opens("")
            return [self._row_of(self._table[0]), self._row_of(line)]
        return [self._row_of(line)]

    def _row_of(self, line: str) -> CitedSentence:
        cells = self._cells(line)
        codes = tuple(dict.fromkeys(c for cell in cells for c in cell.codes))
        unknown = tuple(dict.fromkeys(c for cell in cells for c in cell.unknown))
        return CitedSentence(text=" | ".join(c.text for c in cells), kind="row", codes=codes, unknown=unknown, cells=tuple(cells))

    def _cells(self, line: str) -> list[CitedSentence]:
        found = []
        for cell in cells_of(line):
            bare, codes = self._without_marks(cell)
            found.append(self._sentence(bare, codes) or CitedSentence(text="", **self._sorted(codes)))
        return found

    # -- running text -----------------------------------------------------------------------------------------------------------

    def _take(self, line: str, *, last: bool) -> list[CitedSentence]:
        """The complete sentences of `line`; where it is not the `last` of its kind, the rest goes back to the buffer."""
        if not self._begun and (listed := _LIST_MARK.match(line)) is not None and not line[: listed.end()].lstrip().startswith("#"):
            mark = listed[0].rstrip() + " "
            if len(mark.split()) > _DEEPEST:  # lists in lists without end
                mark = f"{mark.split()[-1]} "
            inner = line[listed.end() :]
            if last and (bold := _BOLD_LINE.match(inner)) and not re.search(r"[.!?]$", bold[1]):
                return [CitedSentence(text=bold[1], styled=f"{mark}**{bold[1]}**", kind="heading", level=8)]
            self._opens(mark.replace("•", "-").replace("▪", "-").replace("◦", "-").replace("‣", "-").replace("–", "-"))  # noqa: RUF001
        elif not self._begun and (self._parted or not self._block):
            self._opens("")
        marks = self._markers(line)
        bare = list(line)
        for start, end, _codes in marks:
            bare[start:end] = " " * (end - start)
        text = "".join(bare)
        half = text.lstrip()[:1] in {"[", "【"}  # a code may be half-written
        if self._leading is None and (last or (text.strip() and not half)):
            first = len(text) - len(text.lstrip())
            listed = _LIST_MARK.match(text)
            head = listed.end() if listed else first
            self._leading = any(start < max(head, first) for start, _end, _codes in marks)
        spans = sentences(text)
        ready = len(spans) if last else self._settled(line, text, [(span.start, span.end) for span in spans])
        edges = [span.start for span in spans]
        found: list[CitedSentence] = []
        for n in range(ready):
            after = edges[n + 1] if n + 1 < len(spans) else len(line)
            begin = spans[n - 1].end if n and self._leading else (0 if n == 0 else spans[n].start)
            end = after if not self._leading or n + 1 == len(spans) else spans[n].end
            codes = [code for start, _end, items in marks if begin <= start < end for code in items]
            sentence = self._sentence(text[spans[n].start : spans[n].end], codes)
            if sentence is not None:
                found.append(sentence)
        if not last:
            cut = 0
            if ready:
                cut = spans[ready - 1].end if self._leading else edges[ready]
            self._buffer = line[cut:]
            self._begun = self._begun or ready > 0
        return found

    def _settled(self, line: str, text: str, spans: list[tuple[int, int]]) -> int:
        """How many sentences can't change any more, whatever comes next."""
        ready = 0
        for n in range(len(spans) - 1):
            start, end = spans[n]
            opened = text.rfind("(", start, end)
            if opened > text.rfind(")", start, end) and len(line) - opened <= _UNCLOSED_CHARS:
                break
            opened = max(text.rfind(mark, start, end) for mark in "[【")
            if opened > max(text.rfind(mark, start, end) for mark in "]】") and len(line) - opened <= _LONGEST_MARKER:
                break  # a marker, whatever stands in it, once it is closed
            # The word after decides doubtful cases ("et al. The"), so it has to be whole, and no code be half-written.
            follower = text[spans[n + 1][0] :].split(maxsplit=1)
            half = line.rfind("[", end) > line.rfind("]", end) or line.rfind("【", end) > line.rfind("】", end)
            if len(follower) < 2 or (half and n + 2 == len(spans)):
                break
            ready = n + 1
        return ready

    def _sentence(self, raw: str, codes: list[str]) -> CitedSentence | None:
        text, styled = inline(_LIST_MARK.sub("", raw))
        if not any(map(str.isalnum, text)):
            return None
        return CitedSentence(text=text, styled=styled if styled != text else "", lead=self._lead, block=self._block, **self._sorted(codes))

    def _sorted(self, codes: Sequence[str]) -> dict[str, Any]:
        ordered = list(dict.fromkeys(code.lower() for code in codes))
        known = tuple(self._codes[self._known[c]] for c in ordered if c in self._known)
        # Beside a code, words such as `source` or `line` say what it is.
        unknown = tuple(c for c in ordered if c not in self._known and not (known and c.isalpha() and c.isascii()))
        return {"codes": known, "unknown": unknown}

    def _markers(self, line: str) -> list[tuple[int, int, list[str]]]:
        """Start, end and codes of each marker, in order."""
        found = [(m.start(), m.end(), self._items(m[1])) for m in _BRACKET.finditer(line)]
        found += [(m.start(), m.end(), [" ".join(p.split()) for p in re.split(r";", m[1])]) for m in _AUTHOR_YEAR.finditer(line)]
        found += [(m.start(), m.end(), [m[0]]) for m in _RAISED.finditer(line)]
        found += [(m.start(), m.end(), self._items(m[2])) for m in _TAGGED.finditer(line) if self._are_codes(self._items(m[2]))]
        for m in _ROUND.finditer(line):
            items = self._items(m[1])
            if self._are_codes(items):
                found.append((m.start(), m.end(), items))
        taken = [(start, end) for start, end, _items in found]
        for m in _BARE.finditer(line):
            if m[1].lower() in self._known and not any(a <= m.start() < b for a, b in taken):
                found.append((m.start(), m.end(), [m[1]]))
        return sorted(found)

    def _are_codes(self, items: Sequence[str]) -> bool:
        """Whether a bracket or an element cites: codes, perhaps beside words such as `source`."""
        codes = [item for item in items if item.lower() in self._known]
        return bool(codes) and all(item in codes or item.isalpha() for item in items) and len(items) <= len(codes) + 2

    def _without_marks(self, text: str) -> tuple[str, list[str]]:
        """The text without its markers, and their codes."""
        marks = self._markers(text)
        bare = list(text)
        for start, end, _codes in marks:
            bare[start:end] = " " * (end - start)
        return "".join(bare), [code for _start, _end, codes in marks for code in codes]

    def _items(self, inside: str) -> list[str]:
        whole = inside.strip().strip("^#@:")
        if ends := _RANGE.match(whole):
            first, last = (self._known.get(end.lower()) for end in ends.groups())
            if first is not None and last is not None:
                return self._codes[min(first, last) : max(first, last) + 1]
            return list(ends.groups())
        return [item.strip("^#@:.'\"") for item in _BETWEEN.split(whole) if item.strip("^#@:.'\"")]


def read_reply(reply: str, known: Sequence[str]) -> list[CitedSentence]:
    r"""The claims of a whole reply, with its layout.

    >>> read_reply("Foo is fast [k3f7]. [zz9] Bar is not [a1b2, k3f7].", ["k3f7", "a1b2"])[0]
    CitedSentence(text='Foo is fast.', codes=('k3f7',), unknown=('zz9',), styled='', kind='claim', lead='\n\n', block=1, level=0, cells=())
    """
    reader = ReplyReader(known)
    return [*reader.feed(reply), *reader.finish()]


def cells_of(line: str) -> list[str]:
    r"""The cells of a line of a table.

    >>> cells_of("| a | `b|c` \\| d |")
    ['a', '`b|c` | d']
    """
    found, cell, code = [], "", False
    for piece in re.findall(r"\\.|[`|]|[^\\`|]+|\\", line.strip().removeprefix("|")):
        code = code != (piece == "`")
        if piece == "|" and not code:
            found.append(cell.strip())
            cell = ""
        else:
            cell += "|" if piece == "\\|" else piece
    return [*found, cell.strip()] if cell.strip() else found


def as_cell(text: str) -> str:
    r"""What stands in a cell of a table, so that it stays one.

    >>> as_cell("a | b")
    'a \\| b'
    """
    return re.sub(r"(?<!\\)\|", r"\|", text)


@lru_cache(maxsize=1)
def _markdown() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable("strikethrough").disable("text_join")


_SIGNS = re.compile("[\ue000\ue001]")
"""What a formula's number stands between while the rest is parsed; a reply has none of its own."""

_WRAPS = {"strong_open": "**", "strong_close": "**", "em_open": "*", "em_close": "*", "s_open": "", "s_close": ""}


def inline(raw: str) -> tuple[str, str]:
    """A stretch of running text as plain text, and as Markdown with no more than emphasis, code and formulas.

    >>> inline("**Foo** is `fast` at $x_i$ ([here](http://a.b)) .")
    ('Foo is fast at $x_i$ (here).', '**Foo** is `fast` at $x_i$ (here).')
    """
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\ue000{len(kept) - 1}\ue001"

    held = FORMULA.sub(keep, _SIGNS.sub("\ufffd", raw))
    bare = styled = ""
    if re.search(r"[*_`\\<\[&~!]", held):
        for block in _markdown().parseInline(held.strip()):
            for token in block.children or ():
                said = {"softbreak": " ", "hardbreak": " ", "html_inline": ""}.get(token.type, token.content)
                if token.type == "text_special":  # a character by its number
                    said = _SIGNS.sub("\ufffd", said)
                bare += said
                styled += f"`{said}`" if token.type == "code_inline" else _WRAPS.get(token.type, said)
    else:
        bare = styled = held

    def tidy(text: str) -> str:
        text = re.sub(r"\s+([.,;:!?)])", r"\1", re.sub(r"\s+", " ", text)).strip()
        return re.sub("\ue000(\\d+)\ue001", lambda m: kept[int(m[1])], text)

    return tidy(bare).replace("**", ""), tidy(styled)


def formulas(text: str) -> list[str]:
    """The formulas of a sentence as they stand."""
    return FORMULA.findall(text)


def claimed(text: str) -> str:
    r"""What of a sentence is checked: formulas of signs alone say nothing that words could bear out; figures in them do.

    >>> claimed("Singular values $\\lambda_i$ are pruned, $W = PQ$.")
    'Singular values are pruned.'
    """

    def said(match: re.Match[str]) -> str:
        signs = re.sub(r"\\(?!text|mathrm|mbox|operatorname)[A-Za-z]+", " ", match[0])
        return plain(match[0]) if re.search(r"\d|(?<!\\)\b[^\W\d_]{4,}", signs) else " "

    return re.sub(r"[\s,]+([.,;:!?)])", r"\1", re.sub(r"\s+", " ", FORMULA.sub(said, text))).strip()


def same(one: str, other: str) -> bool:
    """Whether two sentences are the same but for signs and case."""
    return normalise(one) == normalise(other)


def span_citation(paper: Paper, start: int, end: int) -> Citation:
    """The citation of `abstract[start:end]`, quoted verbatim."""
    return Citation(paper_id=paper.paper_id, quote=paper.abstract[start:end], start=start, end=end)


def references_of(statements: Iterable[Statement]) -> tuple[str, ...]:
    """paper_ids in order of first citation by a statement that is shown; [n] is position n, from 1."""
    return tuple(dict.fromkeys(c.paper_id for s in statements if s.status != "withheld" for c in s.citations))


def numbers_of(statement: Statement, references: Sequence[str]) -> tuple[int, ...]:
    """The [n] of a statement, ascending."""
    return tuple(sorted({references.index(c.paper_id) + 1 for c in statement.citations}))


def marked(statement: Statement, numbers: Sequence[int]) -> str:
    """A statement as it is shown, with its layout and its [n]."""
    marks = "".join(f"[{n}]" for n in numbers)
    if statement.status == "unsupported":
        marks = "(not supported by the abstracts)"
    return f"{statement.before}{f'{statement.styled or statement.text} {marks}'.rstrip()}{statement.after}"


def render(statements: Iterable[Statement], references: Sequence[str]) -> str:
    """The answer's text: shown sentences in order, each in its layout with its [n] behind it; unsupported ones say so."""
    text = ""
    for statement in statements:
        if statement.status != "withheld":
            text += ("" if statement.before or not text else " ") + marked(statement, numbers_of(statement, references))
    return text.strip()
