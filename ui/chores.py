"""What chat programs ask of a model beside questions: a title, tags, follow-ups, search words. Answered from the conversation's own words.

Nothing is searched and no model is called. A chore is told by its form: it speaks of the conversation that it carries, or stands behind, and
asks for one of these things.
"""

# ruff: noqa: E501 - patterns are read whole

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from rag.text import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

_ABOUT = re.compile(
    r"\b(?:chat|conversation|dialogue|discussion|message)(?:\s+history|s)?\b|<chat_history>|\bMESSAGES\b|^\W*#+\s*task\b",
    re.IGNORECASE | re.MULTILINE,
)
_ORDER = re.compile(
    r"\b(?:generate|create|provide|suggest|write|give|produce|summari[sz]e|come up with|return|analy[sz]e|complete|determine)\b",
    re.IGNORECASE,
)
_KINDS = (
    ("follow_ups", re.compile(r"\bfollow[\s-]?ups?\b|\bsuggest\w*\s+(?:\S+\s+){0,4}questions\b", re.IGNORECASE)),
    ("queries", re.compile(r"\bsearch\s+quer(?:y|ies)\b|\bretrieval\s+quer(?:y|ies)\b", re.IGNORECASE)),
    ("tags", re.compile(r"\btags?\b", re.IGNORECASE)),
    ("title", re.compile(r"\btitles?\b|\bname\s+(?:for|of)\s+(?:the|this)\s+(?:chat|conversation)", re.IGNORECASE)),
    ("emoji", re.compile(r"\bemoji\b", re.IGNORECASE)),
    ("text", re.compile(r"\bautocomplet\w+\b|\bcompletion\s+of\s+the\b", re.IGNORECASE)),
)
_SAID = re.compile(
    r"(?:^|\n|>)\s*\W{0,3}(?:user|human)\W{0,3}:\s*(.+?)(?=\n\s*\W{0,3}(?:user|human|assistant|ai|bot|model)\W{0,3}:|</|\n\n|$)",
    re.IGNORECASE | re.DOTALL,
)
_TITLE_WORDS, _TAGS, _LEAST_CHARS = 6, 3, 60
_OPENING = re.compile(
    r"^(?:what|how|why|which|who|when|where|can|could|does|do|is|are|was|were|please|tell me(?:\s+about)?|explain|the|a|an|did|has|have|you|me)\s+",
    re.IGNORECASE,
)


def chore(asked: Sequence[str]) -> str | None:
    """The reply to the last of the user's messages where that is a chore; None for a question. `asked` are all of them, oldest first."""
    text = asked[-1]
    if len(text) < _LEAST_CHARS or not (_ABOUT.search(text) and _ORDER.search(text)):
        return None
    head = re.split(r"<chat_history>|\n\s*(?:user|human)\W{0,3}:", text, maxsplit=1, flags=re.IGNORECASE)[0]
    kind = next((name for name, pattern in _KINDS if pattern.search(head)), None)
    if kind is None:
        return None
    said = [" ".join(m[1].split()) for m in _SAID.finditer(text)] or [" ".join(t.split()) for t in asked[:-1]]
    value = _made(kind, said)
    if re.search(r"\bjson\b", text, re.IGNORECASE) or kind in {"follow_ups", "queries"}:
        return json.dumps({kind: value}, ensure_ascii=False)
    return ", ".join(value) if isinstance(value, list) else value


def _made(kind: str, said: Sequence[str]) -> str | list[str]:
    first = said[0] if said else ""
    if kind == "title":
        return _title(first)
    if kind == "tags":
        return _telling(first)[:_TAGS] or ["Papers"]
    if kind == "queries":
        return [said[-1]] if said else []
    return [] if kind == "follow_ups" else "📄" if kind == "emoji" else ""


def _title(question: str) -> str:
    """The first words of what was asked, without those that every question begins with."""
    text = question.strip(" ?!.\"'“”")
    while (shorter := _OPENING.sub("", text, count=1)) != text and len(shorter.split()) >= 2:
        text = shorter
    words = text.split()[:_TITLE_WORDS]
    while len(words) > 2 and words[-1].casefold() in STOP_WORDS:
        words.pop()
    title = " ".join(words)
    return title[:1].upper() + title[1:] if title else "Papers"


def _telling(question: str) -> list[str]:
    """The content words, names first."""
    words = [w.strip("?!.,:;\"'()“”") for w in question.split()]
    content = [w for w in dict.fromkeys(words) if len(w) > 2 and w.casefold() not in STOP_WORDS]
    names = [w for w in content if any(c.isupper() for c in w[1:]) or any(map(str.isdigit, w))]
    return [w[:1].upper() + w[1:] for w in [*names, *(w for w in content if w not in names and len(w) > 4)]]
