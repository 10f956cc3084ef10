"""The syntax of BibTeX, read as leniently as its users write it: a stream of entries with their fields as written.

An entry may lack its key, stand on one line with others, be closed by a round bracket, use a `@string` that nobody defined, lack a
comma, have text between its fields, and hold `@` in its text. One that doesn't close costs itself alone. The libraries that
there are stop at some of these (docs/decisions/0070).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.sources.opening import Document

MAX_ENTRY_CHARS = 1 << 20
MAX_STRING_CHARS, MAX_EXPANDED_CHARS, MAX_GROWTH = 2_000, 20_000, 10
"""What a `@string` may come to (each may name others twice, and so double at every step), the names in one entry, and how many times as
much as it holds a file may become by its names.
"""

MAX_MENDED = 8
"""Values with a brace too many in one entry; each is looked through to the entry's end."""

_WINDOW = 1 << 16
START = re.compile(r"\s*@\s*([A-Za-z][\w.+-]*)\s*[{(]")
# In a line that something else begins, an entry must go on as one: with a key and a comma, or with a field.
_ENTRY = re.compile(
    r"^[ \t\ufeff]*@[ \t]*([A-Za-z][\w.+-]*)\s*[{(]|(?<=[\s,;)}])@([A-Za-z][\w.+-]*)[{(](?=\s*[^\s{}\"=,]*\s*,|\s*[\w-]+\s*=)", re.MULTILINE
)
_BRACE = re.compile(r"[{}]")
_UNESCAPED = re.compile(r"(?<!\\)[{}]")
_ROUND = re.compile(r"[{}()\"]")
# After an entry that a stray brace closed too early.
_GOES_ON = re.compile(r"\s*,\s*[A-Za-z][\w-]*\s*=\s*[{\"\w]")
_KEY = re.compile(r"\s*([^,={}\"\s]*(?:[ \t]+[^,={}\"\s]+)*)\s*(?:,|$|\n(?=\s*[A-Za-z][\w-]*\s*=))")
_FIELD = re.compile(r"[\s,]*([A-Za-z_][^\s=,{}\"#%'()]*)\s*=\s*")
_NAME = re.compile(r"[A-Za-z_][^\s=,{}\"#%'()]*")
_NEXT = re.compile(r"[,\n}\"]\s{0,80}([A-Za-z_][\w:.+/-]*)\s*=\s*(?=[{\"\w])")
_BARE = re.compile(r"[^\s,#{}\"]+")
_JOINED = re.compile(r"\s*#\s*(?=[{\"\w])")
_ENDS = re.compile(r"\s*(?:[,}]|$|[A-Za-z_][\w:.+/-]*\s*=\s*[{\"\w])")
_QUOTE_ENDS = re.compile(r"\"(?=\s*(?:[,#}]|$|\n\s*[A-Za-z_][\w-]*\s*=))")
# Where a value ends that has one brace too many inside: before the next line that begins a field, or at the end.
_BRACE_ENDS = re.compile(r"\}(?=\s{0,80},?[ \t]{0,80}(?:$|\n\s{0,80}[A-Za-z_][\w-]*\s*=\s*[{\"\d]))")
_LINE_ENDS = re.compile(r",\s{0,80}(?=\n|$|[A-Za-z_][\w-]*\s{0,80}=)|\n\s{0,80}(?=[A-Za-z_][\w-]*\s{0,80}=|$)|$")


@dataclass(frozen=True, slots=True)
class Raw:
    """An entry as written: its first line, its type in lower case, its key and its fields' values; or the `fault` it has instead."""

    line: int
    kind: str = ""
    key: str = ""
    fields: dict[str, str] | None = None
    fault: str | None = None


def entries(document: Document) -> Iterator[Raw]:
    """The entries in order, names of `@string` resolved; `@comment`, `@preamble` and text between entries are passed over."""
    strings = _Strings()
    for line, kind, text in _blocks(_Window(document)):
        strings.begin(len(text))
        if kind == "fault":
            yield Raw(line, fault=text)
        elif kind not in {"comment", "preamble"}:
            key, at = ("", 0) if kind == "string" else _key(text)
            try:
                fields = _fields(text, at, strings)
            except _TooMuchError as error:
                if kind == "string":
                    strings.values.update(dict.fromkeys(map(str.lower, _NAME.findall(text)[:1])))
                else:
                    yield Raw(line, fault=str(error))
                continue
            except ValueError as error:
                yield Raw(line, fault=str(error))
                continue
            if kind == "string":
                strings.values.update({name: value if len(value) <= MAX_STRING_CHARS else None for name, value in fields.items()})
            else:
                yield Raw(line, kind, key, fields) if fields else Raw(line, fault="the BibTeX entry has no field")


class _TooMuchError(ValueError):
    """Names of `@string` stand for too much."""

    def __init__(self) -> None:
        super().__init__(
            "the BibTeX entry can't be read: the pieces that its names of @string stand for expand to more than"
            f" {MAX_STRING_CHARS:,} characters a name, {MAX_EXPANDED_CHARS:,} an entry, or {MAX_GROWTH} times the file"
        )


class _Strings:
    """The names of `@string` and what they stand for (None: more than may be), with bounds on what comes of them."""

    def __init__(self) -> None:
        self.values: dict[str, str | None] = {}
        self._room, self._left = MAX_ENTRY_CHARS, 0
        self.mended = 0

    def begin(self, chars: int) -> None:
        """A block of so many characters begins."""
        self._room += MAX_GROWTH * chars
        self._left = MAX_EXPANDED_CHARS
        self.mended = 0

    def value(self, name: str) -> str:
        """What a name stands for: itself where nobody said (months, journals of a style)."""
        found = self.values.get(name.lower(), name)
        if found is None:
            raise _TooMuchError
        self._left -= len(found)
        self._room -= len(found)
        if self._left < 0 or self._room < 0:
            raise _TooMuchError
        return found


class _Window:
    """The text of a document as far as it was needed; what was used is dropped."""

    def __init__(self, document: Document) -> None:
        self._lines = document.lines()
        self.text, self.line = "", 1
        self.faults: list[tuple[int, str]] = []
        self.whole = False

    def more(self) -> bool:
        """Take in some more lines; False at the end. A line that can't be read is a fault and leaves a blank."""
        texts, size = [], 0
        for line in self._lines:
            if line.fault:
                self.faults.append((line.number, line.fault))
            texts.append("" if line.fault else line.text)
            size += len(line.text) + 1
            if size >= _WINDOW:
                break
        else:
            self.whole = True
        self.text += "".join(f"{text}\n" for text in texts)
        return bool(texts)

    def drop(self, end: int) -> None:
        """Forget the first `end` characters."""
        self.line += self.text.count("\n", 0, end)
        self.text = self.text[end:]

    def faults_before(self, line: int) -> list[tuple[int, str]]:
        """The faults of lines before this one, once."""
        found = [fault for fault in self.faults if fault[0] < line]
        self.faults = self.faults[len(found) :]
        return found


def _blocks(window: _Window) -> Iterator[tuple[int, str, str]]:
    """First line, type and inside of each `@...{...}`; a block that doesn't close, and a line that can't be read, are of type `fault`."""
    at = wary = 0  # up to `wary` an entry was found open: there, a line that begins an entry ends the one before
    while True:
        if at > _WINDOW:
            window.drop(at)
            at, wary = 0, max(0, wary - at)
        found = _ENTRY.search(window.text, at)
        if found is None:
            at = max(at, window.text.rfind("\n") + 1)
            if window.more():
                continue
            break
        start, inside = found.start(), found.end()
        closer = window.text[inside - 1]
        kind = (found[1] or found[2]).lower()
        line = window.line + window.text.count("\n", 0, start + len(window.text[start:inside]) - len(window.text[start:inside].lstrip()))
        end = _close(window, inside, round_=closer == "(", until=start + MAX_ENTRY_CHARS if start >= wary else _next(window.text, inside))
        if end is None:
            wary = max(wary, min(len(window.text), start + MAX_ENTRY_CHARS))
        if end is None and kind in {"comment", "preamble"}:
            at = window.text.find("\n", inside) + 1 or len(window.text)
            continue
        if end is None:
            stop = _next(window.text, inside)
            end = _balanced(window.text, inside, stop, _UNESCAPED) or _last(window.text, inside, stop)
            if end is None:
                broken = window.line + window.text.count("\n", 0, stop)
                held = window.faults_before(broken)
                yield from ((number, "fault", reason) for number, reason in held)
                if not held:
                    yield line, "fault", "the BibTeX entry can't be read: a brace or quotation mark is open"
                at = stop
                continue
        last = window.line + window.text.count("\n", 0, end)
        before = window.faults_before(line)
        within = window.faults_before(last + 1)
        yield from ((number, "fault", reason) for number, reason in (*before, *within))
        if not within:
            yield line, kind, window.text[inside : end - 1]
        at = end
    yield from ((number, "fault", reason) for number, reason in window.faults)


def _next(text: str, at: int) -> int:
    """Where the next line begins an entry; the end of the text where none does."""
    while found := _ENTRY.search(text, at):
        if text[found.start()] != "@" or found.start() == 0 or text[found.start() - 1] == "\n":
            return found.start()
        at = found.end()
    return len(text)


def _close(window: _Window, inside: int, *, round_: bool, until: int) -> int | None:
    """The place behind the bracket that closes the one before `inside`; None where none does before `until`."""
    at, depth, quoted = inside, 1, False
    tokens = _ROUND if round_ else _BRACE
    while True:
        for found in tokens.finditer(window.text, at, min(until, len(window.text))):
            sign = found[0]
            if round_:
                # Round brackets count outside of braces and quotation marks.
                if sign == '"':
                    quoted ^= depth == 1
                elif sign in "{}":
                    depth += 1 if sign == "{" else -1
                elif sign == ")" and depth == 1 and not quoted:
                    return found.end()
                continue
            depth += 1 if sign == "{" else -1
            if depth == 0:
                while len(window.text) - found.end() < 200 and not window.whole and window.more():
                    pass
                if not _GOES_ON.match(window.text, found.end()):
                    return found.end()
                depth = 1
        at = min(until, len(window.text))
        if at >= until or not window.more():
            return None


def _balanced(text: str, at: int, until: int, tokens: re.Pattern[str]) -> int | None:
    """The place behind the brace that closes the one before `at`; None where none does before `until`."""
    depth = 1
    for found in tokens.finditer(text, at, until):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.end()
    return None


def _last(text: str, at: int, until: int) -> int | None:
    """The place behind the closing bracket with which an entry ends that has one brace too many inside; None where none stands there."""
    end = max(text.rfind("}", at, until), text.rfind(")", at, until)) + 1
    after = text[end:until]
    closes = text[at:end].endswith(("\n}", "\n)", "}}", "},}", '"}')) and (not after.strip() or after.lstrip(" \t").startswith("\n"))
    return end if closes and "=" in text[at:end] and "=" not in after else None


def _key(text: str) -> tuple[str, int]:
    """An entry's key and where its fields begin; no key where a field stands in its place."""
    found = _KEY.match(text)
    return (found[1], found.end()) if found else ("", 0)


def _fields(text: str, at: int, strings: _Strings) -> dict[str, str]:
    """The fields from `at` on, by name in lower case, the first of a name counting. ValueError for one that is open or too long."""
    fields: dict[str, str] = {}
    while found := _FIELD.match(text, at) or _NEXT.search(text, max(0, at - 1)):
        value, at = _value(text, found.end(), strings)
        name = found[1].lower()
        if value and not fields.get(name):
            fields[name] = value
    return fields


def _value(text: str, at: int, strings: _Strings) -> tuple[str, int]:
    """The value that begins at `at`, its pieces joined, and where it ends."""
    pieces: list[str] = []
    while True:
        sign = text[at : at + 1]
        if sign == "{":
            end = _balanced(text, at + 1, len(text), _BRACE) or _balanced(text, at + 1, len(text), _UNESCAPED)
            if end is None and strings.mended < MAX_MENDED and (found := _BRACE_ENDS.search(text, at)):
                strings.mended += 1
                end = found.end()
            if end is None:
                raise ValueError("the BibTeX entry can't be read: a brace is open")
            pieces.append(text[at + 1 : end - 1])
        elif sign == '"':
            end = _quoted(text, at + 1)
            pieces.append(text[at + 1 : end - 1])
        elif word := _BARE.match(text, at):
            end = word.end()
            pieces.append(strings.value(word[0]))
            if not pieces[1:] and not _JOINED.match(text, end) and not _ENDS.match(text, end):
                # Words that should have stood in braces.
                stop = _LINE_ENDS.search(text, end)
                end = stop.start() if stop else len(text)
                pieces[0] = text[at:end]
        else:
            return "".join(pieces), at
        joined = _JOINED.match(text, end)
        if not joined:
            return "".join(pieces), end
        at = joined.end()


def _quoted(text: str, at: int) -> int:
    """The place behind the mark that closes a quotation: the first outside of braces behind which a value can end, else the first."""
    depth, first = 0, 0
    for found in _QUOTED.finditer(text, at):
        if found[0] != '"':
            depth += 1 if found[0] == "{" else -1
        elif depth <= 0:
            if _QUOTE_ENDS.match(text, found.start()):
                return found.end()
            first = first or found.end()
    if not first:
        raise ValueError("the BibTeX entry can't be read: a quotation mark is open")
    return first


_QUOTED = re.compile(r"[{}\"]")
