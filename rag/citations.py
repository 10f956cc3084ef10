"""From a model's reply to sentences with their citation codes, and from checked statements to the answer's text with [n].

Pure text work: codes are only sorted into those that the prompt offered and those that it did not. Whether a sentence is supported is
judged elsewhere (`rag.answering.verify`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.schema import Citation
from rag.text import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rag.schema import Paper, Statement

# Evidence is shown to the model without square brackets of its own, so every short bracket of a reply is meant as a citation.
_BRACKET = re.compile(r"[\[【]([^\[\]【】\n]{0,80})[\]】](?:\(https?://[^\s)]*\))?")
_LONGEST_MARKER = 82  # characters, brackets included
_ROUND = re.compile(r"\(([^()\n]{1,80})\)")
_BETWEEN = re.compile(r"\s*(?:[,;&+|/]|\band\b)\s*|\s+", re.IGNORECASE)
_RANGE = re.compile(r"^(\w+)\s*(?:-|–|—|\.\.+|to)\s*(\w+)$")  # noqa: RUF001
_LIST_MARK = re.compile(r"^\s*(?:[-*•>]\s+|\d{1,2}[.)]\s+|#{1,6}\s+)+")
_EMPHASIS = re.compile(r"(\*\*|__|`)(.+?)\1")
_THINKING = re.compile(r"\s*<think(?:ing)?>", re.IGNORECASE)
_THOUGHT = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_UNCLOSED_CHARS = 400  # how far a round bracket may stay open before it is taken for a slip (as in rag.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSentence:
    """A sentence of a reply without its markers. `codes` were offered by the prompt, `unknown` were not; both in order of use."""

    text: str
    codes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class ReplyReader:
    """Cuts a streamed reply into complete sentences with their codes.

    `known` are the codes of the prompt in its order (ranges are resolved by it). A sentence is complete once the next has begun, its
    line has ended or the reply has. A block of thinking before the answer is skipped. Codes that stand between two sentences belong
    to the one before, unless the line began with a code.
    """

    def __init__(self, known: Sequence[str]) -> None:
        """An empty buffer."""
        self._known = {code.lower(): n for n, code in enumerate(known)}
        self._codes = list(known)
        self._buffer = ""
        self._thinking: bool | None = None
        self._leading: bool | None = None

    def feed(self, delta: str) -> list[CitedSentence]:
        """Add what came; the sentences that are now complete."""
        self._buffer += delta
        if not self._past_thinking():
            return []
        found: list[CitedSentence] = []
        while (cut := self._buffer.find("\n")) >= 0:
            found += self._take(self._buffer[:cut], last=True)
            self._buffer, self._leading = self._buffer[cut + 1 :], None
        found += self._take(self._buffer, last=False)
        return found

    def finish(self) -> list[CitedSentence]:
        """The reply has ended: what is left is complete."""
        if not self._past_thinking():
            self._buffer = ""
            return []
        rest, self._buffer = self._buffer, ""
        return self._take(rest, last=True)

    def _past_thinking(self) -> bool:
        if self._thinking is None:
            start = self._buffer.lstrip()
            if any(tag.startswith(start.lower()) for tag in ("<think>", "<thinking>")) and len(start) < len("<thinking>"):
                return bool(_THINKING.match(start)) and self._skip()
            self._thinking = bool(_THINKING.match(self._buffer))
        return self._skip() if self._thinking else True

    def _skip(self) -> bool:
        end = _THOUGHT.search(self._buffer)
        if end is None:
            return False
        self._buffer, self._thinking = self._buffer[end.end() :], False
        return True

    def _take(self, line: str, *, last: bool) -> list[CitedSentence]:
        """The complete sentences of `line`; where it is not the `last` of its kind, the rest goes back to the buffer."""
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
        text = _EMPHASIS.sub(r"\2", _LIST_MARK.sub("", raw))
        text = re.sub(r"\s+([.,;:!?)])", r"\1", re.sub(r"\s+", " ", text)).strip()
        if not any(map(str.isalnum, text)):
            return None
        ordered = list(dict.fromkeys(code.lower() for code in codes))
        return CitedSentence(
            text=text,
            codes=tuple(self._codes[self._known[c]] for c in ordered if c in self._known),
            unknown=tuple(c for c in ordered if c not in self._known),
        )

    def _markers(self, line: str) -> list[tuple[int, int, list[str]]]:
        """Start, end and codes of each marker, in order."""
        found = [(m.start(), m.end(), self._items(m[1])) for m in _BRACKET.finditer(line)]
        for m in _ROUND.finditer(line):
            items = self._items(m[1])
            if items and all(item.lower() in self._known for item in items):
                found.append((m.start(), m.end(), items))
        return sorted(found)

    def _items(self, inside: str) -> list[str]:
        whole = inside.strip().strip("^#@:")
        if ends := _RANGE.match(whole):
            first, last = (self._known.get(end.lower()) for end in ends.groups())
            if first is not None and last is not None:
                return self._codes[min(first, last) : max(first, last) + 1]
            return list(ends.groups())
        return [item.strip("^#@:.'\"") for item in _BETWEEN.split(whole) if item.strip("^#@:.'\"")]


def read_reply(reply: str, known: Sequence[str]) -> list[CitedSentence]:
    """The sentences of a whole reply.

    >>> read_reply("Foo is fast [k3f7]. [zz9] Bar is not [a1b2, k3f7].", ["k3f7", "a1b2"])[0]
    CitedSentence(text='Foo is fast.', codes=('k3f7',), unknown=('zz9',))
    """
    reader = ReplyReader(known)
    return [*reader.feed(reply), *reader.finish()]


def span_citation(paper: Paper, start: int, end: int) -> Citation:
    """The citation of `abstract[start:end]`, quoted verbatim."""
    return Citation(paper_id=paper.paper_id, quote=paper.abstract[start:end], start=start, end=end)


def references_of(statements: Iterable[Statement]) -> tuple[str, ...]:
    """paper_ids in order of first citation by a statement that is shown; [n] is position n, from 1."""
    return tuple(dict.fromkeys(c.paper_id for s in statements if s.status != "withheld" for c in s.citations))


def numbers_of(statement: Statement, references: Sequence[str]) -> tuple[int, ...]:
    """The [n] of a statement, ascending."""
    return tuple(sorted({references.index(c.paper_id) + 1 for c in statement.citations}))


def render(statements: Iterable[Statement], references: Sequence[str]) -> str:
    """The answer's text: shown sentences in order, each with its [n] behind it; unsupported ones say so."""
    parts = []
    for statement in statements:
        if statement.status == "withheld":
            continue
        marks = "".join(f"[{n}]" for n in numbers_of(statement, references))
        if statement.status == "unsupported":
            marks = "(not supported by the abstracts)"
        parts.append(f"{statement.text} {marks}".rstrip())
    return " ".join(parts)
