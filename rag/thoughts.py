"""What a model thinks before it answers, taken out of its reply as the reply comes.

Servers hand thoughts on in many dresses: `<think>`, `<seed:think>`, `◁think▷`, `[THINK]`, channels between `<|...|>`, a closing mark
whose opening stood in the prompt's template. Whatever has the form of a mark and a name for thinking opens or closes a thought, and so does
any other element that holds what comes first; a name for answering is taken off and what it holds is kept.
"""

# ruff: noqa: E501, RUF001 - patterns are read whole

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAME = r"[A-Za-z][\w:.\- ]{0,40}"
_MARK = re.compile(
    rf"""<\|\s*(?P<bar_close>/)?(?P<bar>{_NAME})\s*\|?> | <(?P<rab_close>)(?P<rab>{_NAME})\|>
    | <(?P<angle_close>/)?(?P<angle>{_NAME})\s*(?:\s[^<>]{{0,80}})?/?>
    | \[(?P<square_close>/)?(?P<square>[A-Z][A-Z_]{{3,30}})\]
    | ◁\s*(?P<tri_close>/)?(?P<tri>{_NAME})\s*▷
    | (?P<spoken>(?<![a-z])assistantfinal|(?:^|(?<=\n))\W{{0,4}}(?:done\ thinking|end\ of\ (?:thoughts?|thinking|reasoning)|here\ is\ my\ (?:response|(?:final\ )?answer))\b\W{{0,4}}(?=\n|\s|$))
    | (?P<label>(?<=\n)\W{{0,4}}(?:final\s+)?(?:answer|response|reply)\s*\W{{0,4}}(?::\W{{0,4}}|\n)|(?<=\n)```\s*?(?=\n))
    | (?P<opened>\A\W{{0,4}}(?:thinking\W{{0,4}}\n|(?:here\ is\ my\ )?(?:thoughts?|thinking|reasoning|analysis|scratchpad|chain\ of\ thoughts?)(?:\ process)?\s*(?::|\*\*|\n)|analysis(?=[A-Z]))|\A```+\s*(?:think|thought|reason)\w*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_THINKING = re.compile(
    r"th(?:ink|ought)|reason|reflect|scratch|analy[sz]|monolog|deliberat|rationale|critique|(?:^|\W|_)co?t(?:$|\W|_)|inner|internal|(?:^|_)plan|unused9[45]|draft|comment|musing|brainstorm|reconsider|self.?(?:check|talk)|step.?by.?step",
    re.IGNORECASE,
)
_ANSWERING = re.compile(
    r"answer|response|output|final|solution|result|reply|message|return|assistant|text|article|body|html|summary", re.IGNORECASE
)
_FORMATTING = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "figure",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "math",
        "mi",
        "mn",
        "mo",
        "mrow",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "svg",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
_LONGEST_MARK, _LONGEST_WORDS, _LONG = 132, 64, 2000
_HALF = re.compile(rf"(?:<\|?|\[|◁)[^<>\[\]▷\n]{{0,{_LONGEST_MARK}}}$")
_VOICE = re.compile(
    r"\b(?:I(?:'|\b(?!\.))|I['’](?:ll|m|ve|d)|me|my|let['’]?s|the user|user (?:asks|wants|question)|we (?:need|should|must|can|have|could)\b(?! to note)|okay|hmm|wait)\b"
)
_CITED = re.compile(r"[\[【(][A-Za-z]\d[A-Za-z]\d\b|[\[【]\s*(?:doc\w*\s*)?\d")
_CHANNEL = re.compile(r"channel", re.IGNORECASE)


@dataclass(slots=True)
class Thoughts:
    """Takes a reply in pieces, gives back what is no thought.

    `closes` tells that this model is known to close a thought that it never opened: nothing is given before that. Otherwise text without
    a citation is kept back at first, since it may turn out to have been a thought; what speaks as one who thinks, until the end.
    """

    closes: bool = False
    found: bool = False
    """Whether any thought was taken out."""
    unopened: bool = False
    """Whether a thought was closed that had not been opened: such a model will do so again."""
    _buffer: str = ""
    _inside: list[str] = field(default_factory=list)
    _kept: str = ""
    """Text that would be given, were it sure that no closing mark follows."""
    _sure: bool = False
    _begun: bool = False
    _channel: bool = False
    _named: str = ""
    _looked_at: int = 0

    def feed(self, piece: str) -> str:
        """What may be read now."""
        self._buffer += piece
        if not self._sure and _LONG < len(self._buffer) < self._looked_at * 1.1:
            return ""  # looked at as it grows by tenths: text that is kept back takes no square of its length
        self._looked_at = len(self._buffer)
        while (mark := self._next()) is not None:
            before, self._buffer = self._buffer[: mark.start()], self._buffer[mark.end() :]
            self._text(before)
            self._meet(mark)
        half = _HALF.search(self._buffer)
        cut = half.start() if half else len(self._buffer)
        if self._inside == ["spoken"]:
            cut = min(cut, max(0, len(self._buffer) - _LONGEST_WORDS))  # what ends it is said in words, and may be half-said
        if self._sure or self._inside or self._channel:
            self._text(self._buffer[:cut])
            self._buffer = self._buffer[cut:]
        elif not self.closes and self._speaks(self._kept + self._buffer[:cut]):
            self._sure = True
            self._text(self._buffer[:cut])
            self._buffer = self._buffer[cut:]
        return self._given()

    def finish(self) -> str:
        """The reply has ended: what was kept back is no thought, unless one is still open."""
        while (mark := _MARK.search(self._buffer)) is not None:
            before, self._buffer = self._buffer[: mark.start()], self._buffer[mark.end() :]
            self._text(before)
            self._meet(mark)
        self._text(self._buffer)
        self._buffer, self._sure = "", True
        return self._given()

    def _next(self) -> re.Match[str] | None:
        mark = _MARK.search(self._buffer)
        # A mark by words needs what follows to be told.
        words = mark is not None and (mark["spoken"] or mark["opened"] or mark["label"])
        return mark if mark is None or mark.end() < len(self._buffer) or not words else None

    def _text(self, text: str) -> None:
        if self._channel:  # the name of a channel, up to its message
            self._named += text
            name, line, text = self._named.lstrip().partition("\n")
            if not line:
                return
            self._in_channel(name)
        if self._inside:
            return
        self._kept += text
        self._begun = self._begun or bool(self._kept.strip())

    @staticmethod
    def _speaks(text: str) -> bool:
        """Whether this is how an answer sounds: it cites, and nobody thinks aloud in it."""
        return _CITED.search(text) is not None and _VOICE.search(text) is None

    def _given(self) -> str:
        if not self._sure:
            return ""
        given, self._kept = self._kept, ""
        return given

    def _meet(self, mark: re.Match[str]) -> None:
        """A mark: a thought begins, ends, or nothing of the kind."""
        if mark["spoken"]:
            self._close()
            return
        if mark["label"]:
            if self._inside == ["spoken"]:
                self._close()
            else:
                self._text(mark[0])
            return
        if mark["opened"]:
            if self._begun or self.found:
                self._text(mark[0])
            else:
                self._open("spoken")
            return
        kind = next(k for k in ("bar", "rab", "angle", "square", "tri") if mark[k])
        name = mark[kind].strip().strip("/").casefold()
        closing = bool(mark[f"{kind}_close"]) or kind == "rab" or bool(re.match(r"end[\W_]", name)) or name == "unused95"
        if kind in {"bar", "rab"}:
            self._bar(name, closing=closing)
            return
        if _THINKING.search(name) and not (kind == "angle" and name in _FORMATTING):
            if closing:
                self._close()
            else:
                self._open(name)
            return
        if self._inside:
            if closing and name == self._inside[-1]:
                self._inside.pop()
            return
        if (kind == "angle" and (name in _FORMATTING or not (_ANSWERING.search(name) or self._is_element(name, closing=closing)))) or (
            kind in {"square", "tri"} and not _ANSWERING.search(name)
        ):
            self._text(mark[0])
        elif kind == "angle" and not _ANSWERING.search(name) and not closing:
            self._open(name)

    def _is_element(self, name: str, *, closing: bool) -> bool:
        """Whether an element of an unknown name holds what comes first."""
        return not closing and not self._begun and " " not in name

    def _bar(self, name: str, *, closing: bool) -> None:
        """A special token: `<|channel|>` with its name behind it, or a thought's own."""
        if _CHANNEL.search(name):
            self._inside, self._channel, self._named = [], not closing, ""
        elif name == "message":
            if self._channel:
                self._in_channel(self._named)
        elif _THINKING.search(name):
            if closing:
                self._close()
            else:
                self._open(name)
        elif _ANSWERING.search(name) or name in {"end", "start", "eot_id", "im_end", "im_start", "eom_id"}:
            if self._inside and not closing and _ANSWERING.search(name) and name not in {"message", "assistant"}:
                self._inside = []
            self._channel = False

    def _in_channel(self, name: str) -> None:
        """The channel's name is complete: all but that of the answer are thoughts."""
        self._channel = False
        if not _ANSWERING.search(name):
            self._open(f"|{name.strip()}")

    def _open(self, name: str) -> None:
        self.found = True
        self._inside.append(name)

    def _close(self) -> None:
        """The end of a thought; where none was open, all that came was one."""
        self.found = True
        if self._inside:
            self._inside.pop()
            if self._inside and not self._inside[-1].startswith("|"):
                return
        else:
            self.unopened = True
            self._kept = ""
        self.closes = False


def without_thoughts(text: str) -> str:
    r"""A whole reply without its thoughts.

    >>> without_thoughts("<seed:think>Hm. <b>Yes</b>.</seed:think>Foo is fast."), without_thoughts("So it is.\n</think>\nFoo.").strip()
    ('Foo is fast.', 'Foo.')
    """
    filtering = Thoughts()
    return filtering.feed(text) + filtering.finish()
