"""What a question asks for, part by part: each slot is searched, read and answered by itself.

A question with several question words is cut where the next one begins; a part that only refers back ("and how fast is it?") takes the
names of the first along. A comparison becomes its sides. Patterns are over question words and auxiliaries of English alone: they name no
subject, so they hold for any field.
"""

# ruff: noqa: E501 - patterns are read whole on one line

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.questions.framing import framed
from rag.questions.kinds import asked_field, kind_of
from rag.text import sentences, stems

Form = Literal[
    "definition", "mechanism", "cause", "verdict", "figure", "limits", "list", "count", "comparison", "survey", "field", "chat", "general"
]

_WH = r"(?:what|which|who|whom|whose|when|where|why|how)"
_AUX = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)"
_PREPOSITION = r"(?:on|in|at|by|for|from|with|to|of|against|over|under|into|through)"
_IF_SO = r"(?:(?:and\s+)?if (?:so|yes|not|any)\b\s*,?\s*)?"
_NEXT = re.compile(
    rf"(?:\s*[,;]\s*{_IF_SO}(?:(?:and|or|but|then)\s+)?(?:also\s+)?|\s+(?:and|but|&)\s+(?:also\s+)?|\s*\?+\s*{_IF_SO}(?:(?:and|but|or)\s+)?(?:also\s+)?)"
    rf"(?=(?:{_PREPOSITION}\s+)?{_WH}\b|{_AUX}\s+(?:it|they|this|these|those|the|he|she|there)\b|(?<=\?\s)[^?.!,;:]{{2,40}}\?)",
    re.IGNORECASE,
)
"""Where the next question begins: at a question word, or, behind a question mark, with some words and another mark ("results?")."""
_ASKS = re.compile(rf"^(?:(?:and|but|so|ok|please)\s+)?(?:{_PREPOSITION}\s+)?(?:{_WH}|{_AUX})\b", re.IGNORECASE)
_BACK = re.compile(
    r"\b(?:it|its|they|them|their|theirs|this|these|those|he|she|his|her|the (?:paper|authors?|method|model|approach|system|study|dataset))\b",
    re.IGNORECASE,
)
_IT = re.compile(r"\b(?:it|its|this|the (?:paper|method|model|approach|system|study|dataset))\b", re.IGNORECASE)
_EACH = re.compile(r"\b(?:each(?: of them| one)?|both(?: of them)?|they|them|it|the (?:two|three))\b", re.IGNORECASE)
_SUBJECT_WORDS = 4
"""Most words of a subject that stands in for a pronoun."""
_QUESTION_WORD = re.compile(rf"\b(?:{_WH}|{_AUX}|much|many|also|both)\b", re.IGNORECASE)
_NAME = re.compile(
    r"(?<![\w-])(?:[A-Za-z]*\d[\w.+-]*[A-Za-z][\w.+-]*|[A-Za-z][\w.+-]*\d[\w.+-]*|[A-Z][\w.+-]*[A-Z][\w.+-]*|[A-Z][\w+-]*)(?:\s+(?:[A-Z][\w.+-]*|\d[\w.]*))*"
)

_DEFINITION = re.compile(
    r"^(?:so\s+)?what(?:'s|\u2019s| is| are| was| were)\s+(?:an?\s+|the\s+(?=[\w\s-]{3,60}\b(?:problem|effect|task|method|framework|algorithm|theorem|principle|hypothesis|law|bias|paradigm|setting)\b))?(?P<about>(?!(?:the|best|better|most|main|difference|known|there|new|wrong|it|this|that)\b|(?:\w+ed|found|known|done|made|shown|said|given|built)\s+(?:about|on|in|for|by|with|to|from|of|when|as|at)\b)[^,;:]{2,70}?)\s*\??$"
    r"|^(?:please\s+)?define\b|\bwhat (?:is|are) meant by\b|\bwhat does .{2,60}? (?:mean|stand for|refer to)\b|\bwhat do(?:es)? .{2,60}? denote\b"
    r"|^what\s+(?!is\b|are\b)(?:an?\s+)?[^,;:?]{2,60}?\s+(?:is|are|means?|stands?\s+for)\s*\??$|^(?:the\s+)?(?:meaning|definition)\s+of\b",
    re.IGNORECASE,
)
_CAUSE = re.compile(
    r"^(?:and\s+|but\s+)?(?:why|how come|for what reasons?|what (?:causes?|explains?|makes?|leads? to|drives?|is the (?:reason|cause)))\b",
    re.IGNORECASE,
)
_LIMITS = re.compile(
    r"\b(?:limit(?:s|ation|ations)?|drawbacks?|weakness(?:es)?|shortcomings?|disadvantages?|downsides?|caveats?|open (?:problems?|questions?))\b|\bwhat\s+(?:\w+\s+){0,2}(?:problems?|challenges?|issues?)\b",
    re.IGNORECASE,
)

_MADE_OF = re.compile(r"\b(?:consists? of|compris(?:es?|ing)|(?:made|composed|built) (?:up )?(?:of|from))\b", re.IGNORECASE)

_TERMS = r"(?:in terms of|with respect to|regarding|when it comes to|in|on|for|by)"
# A side neither begins nor ends with a blank, and blanks at a comma are taken once: else each comma would double the ways to read a list.
_ONE = r"(?!\s)(?:(?!\b(?:and|or|versus|vs)\b)[^,;:?]){1,70}?(?<!\s)"
_PAIR = r"(?P<a>[^,;:?]{1,70}?)\s+(?:%s)\s+(?P<b>[^,;:?]{1,70}?)"
_MANY = rf"(?P<sides>{_ONE}(?:\s*+,\s*+{_ONE})+\s*+,?+\s*+\b(?:%s)\s+{_ONE}|{_ONE}(?:\s+(?:%s)\s+{_ONE}){{{{2,}}}})".replace(
    "{{", "{"
).replace("}}", "}")
"""Two sides, or three and more; the words that join them are put in."""


def _of_sides(pattern: str, joined: str) -> tuple[re.Pattern[str], ...]:
    """The pattern for three and more sides, then for two."""
    return tuple(re.compile(pattern.replace("SIDES", sides), re.IGNORECASE) for sides in (_MANY % (joined, joined), _PAIR % joined))


_COMPARISONS = (
    *_of_sides(
        rf"\b(?:differences?|distinction|trade-?offs?|gap)\s+(?:between|among)\s+SIDES(?:\s+{_TERMS}\s+(?P<z>[^?]+?))?\s*\??$", "and"
    ),
    *_of_sides(
        rf"^(?:compare|contrast)\s*:?\s+SIDES(?:(?:\s*[,:;]|\s+[-\u2013\u2014]|\s*\b{_TERMS})\s+(?P<z>[^?]+?))?\s*\??$",
        r"and|with|to|versus|vs\.?|against",
    ),
    *_of_sides(rf"^(?:and\s+)?how\s+(?:do|does|did)\s+SIDES\s+(?:differ|compare)(?:\s+{_TERMS}\s+(?P<z>[^?]+?))?\s*\??$", "and"),
    *_of_sides(
        rf"^(?:and\s+)?how\s+(?:do|does|did|is|are)\s+SIDES(?:\s+{_TERMS}\s+(?P<z>[^?]+?))?\s*\??$",
        r"differ(?:ent)?\s+from|compare\s+(?:to|with)",
    ),
    *_of_sides(r"^SIDES\s*[:,]\s*(?P<z>how\s+do\b[^?]+?\b(?:differ|compare)\b[^?]*?)\s*\??$", r"compared\s+(?:to|with)|and|versus|vs\.?"),
    *_of_sides(r"^SIDES(?:(?:\s*[:,;]\s*|\s+[-\u2013\u2014]+\s+|\u2014)(?P<z>[^?]+?))?\s*\??$", r"vs\.?|versus"),
    *_of_sides(r"^SIDES\s*[:,;\u2013\u2014-]\s*(?P<z>(?:which|who|what)[^?]+?)\s*\??$", "or"),
    *_of_sides(r"^(?P<z>(?:which|who|what)\b[^?:]+?)\s*[,:;]\s*SIDES\s*\??$", "or"),
    *_of_sides(r"^SIDES\s+(?:both|all)\b[^:;]*[:;]\s*(?P<z>[^?]+?)\s*\??$", "and"),
    *_of_sides(r"^(?:which|what)\s+of\s+SIDES\s+(?P<z>(?:is|are|was|were|has|have|does|do|did|can|\w+s)\b[^?]+?)\s*\??$", "and|or"),
)
_COMPARE, _BESIDE = re.compile(r"(?:compare|contrast)\b", re.IGNORECASE), re.compile(r"\s*;\s*|\s+/\s+")
_JOINT = re.compile(r"\s*,\s*(?:(?:and|or|versus|vs\.?)\s+)?|\s+(?:and|or|with|to|versus|vs\.?|against)\s+", re.IGNORECASE)


_OF = re.compile(r"^\s*the\s+(?P<what>[^,;:]{2,40}?)\s+(?:of|between)\s+(?P<side>.+)$", re.IGNORECASE)
"""A first side behind what is asked of all of them ("the accuracy of LoRA")."""

_NUMBERED = re.compile(r"(?:(?<=\s)|^)\(?(?P<n>[1-9]\d?|[a-i])(?:\)|\.(?=\s))\s*", re.IGNORECASE)
_LISTED = re.compile(r"^(?P<head>[^:;?]{2,80}?)(?:\s*:\s+|\s*(?:\.{2,}|\u2026)\s+|\s+[-\u2013\u2014]\s+)(?P<items>.+)$")
"""Something, then a colon or a dash, then what is asked of it."""
_WHICH = rf"(?:(?:what|which)\s+(?!{_AUX}\b)\w+|{_WH})"
_JOINT_WORDS = re.compile(
    rf"^(?P<words>{_WHICH}(?:(?:\s*,\s*(?:and\s+)?|\s+(?:and|&)\s+)(?:{_PREPOSITION}\s+)?{_WHICH})+)\s+(?P<rest>(?!{_WH}\b).+)$",
    re.IGNORECASE,
)
"""Question words that share what follows ("who, when and with what result tested it?")."""
_SAYS = re.compile(rf"\b{_AUX}\b|^(?:who|what)\s+\w+(?:s|ed)\b|^{_WH}\s+(?:\S+\s+){{1,3}}\w+(?:s|ed)\b", re.IGNORECASE)
"""A part with a verb, which says of what it asks; "on how many GPUs" does not."""
_EDGES = " .,;:-\u2013\u2014"
_HEAD_WORDS, _ITEM_WORDS = 9, 9
"""Most words of what names the subject of a list, and of a thing in the list."""
_LONG = 2_000
_TERM_WORDS = 3

_ATTRIBUTE_WORDS = 4
"""Most words of an attribute in a list of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One thing that is asked. `text` stands by itself and is what is searched and read; `label` is how it was said.

    `side`: which of the things compared it is about, and `attribute` what of it; empty elsewhere. `field`: the stored field that is asked for.
    """

    form: Form
    text: str
    label: str
    side: str = ""
    attribute: str = ""
    leans: bool = False
    """It refers back to a part before it."""
    field: str | None = None


def slots_of(text: str) -> tuple[Slot, ...]:
    """The slots of a standalone question, at least one, in the order in which they are asked.

    >>> [s.text for s in slots_of("Who developed BiLD and what speedup does it give?")]
    ['Who developed BiLD', 'what speedup does BiLD give?']
    >>> [s.text for s in slots_of("for BiLD give: data set; speedup")]
    ['What is the data set of BiLD?', 'What is the speedup of BiLD?']
    """
    if (sides := compared(text)) is not None:
        *names, asked = sides
        attributes = attributes_of(asked)
        return tuple(
            Slot(
                form="comparison",
                text=_of_side(attribute, side),
                label=f"{side}, {attribute}" if len(attributes) > 1 else side,
                side=side,
                attribute=attribute,
            )
            for attribute in attributes
            for side in names
        )
    head, parts = laid_out(text)
    subject = subject_of(head or parts[0])
    found = []
    for n, part in enumerate(parts):
        own = about(part, subject) if (n or head) and subject else part
        form = form_of(own if not asks(part) else part)
        if form == "general" and len(parts) == 1 and not asks(part) and len(part.split()) <= _TERM_WORDS:
            form = "definition"  # a bare term
        found.append(
            Slot(
                form=form,
                text=own,
                label=part.strip(" ?"),
                leans=bool(head or (n and (_BACK.search(part) or not asks(part)))),
                field=asked_field(own) if form == "field" else None,
            )
        )
    return tuple(found)


def about(part: str, subject: str) -> str:
    """A part with its subject: in the place of the word that refers back, else in brackets behind it where it says nothing of another.

    What is no question of its own becomes one.

    >>> about("how does it solve them?", "DCD"), about("which languages are covered?", "BHASA"), about("what is Celadon?", "ToxicCommons")
    ('how does DCD solve them?', 'which languages are covered (BHASA)?', 'what is Celadon?')
    >>> about("its licence", "DCD"), about("the problem it solves", "DCD"), about("on how many GPUs?", "DCD")
    ('What is the licence of DCD?', 'What is the problem DCD solves', 'on how many GPUs (DCD)?')
    """
    if subject.casefold() in part.casefold():
        return part
    back = _IT.search(part) or _BACK.search(part)
    whose = re.match(r"(?:its|their|his|her)\s+", part, re.IGNORECASE) if not asks(part) else None
    if whose:
        return f"What is the {part[whose.end() :].rstrip(' ?.')} of {subject}?"
    if back and len(subject.split()) <= _SUBJECT_WORDS:
        owner = "'s" if back[0].casefold() in {"its", "their", "his", "her"} else ""
        part = f"{part[: back.start()]}{subject}{owner}{part[back.end() :]}"
        return part if asks(part) else f"What is {part}"
    if not asks(part):
        thing = re.sub(r"^(?:the|an?)\s+", "", part.rstrip(" ?."), flags=re.IGNORECASE)
        return f"What is the {thing} of {subject}?"
    if back or not _NAME.search(part[1:]) or not _SAYS.search(part):
        return f"{part.rstrip('?')} ({subject}){'?' if part.endswith('?') else ''}"
    return part


def _of_side(attribute: str, side: str) -> str:
    """What is asked of one side of a comparison.

    >>> _of_side("how do they choose ranks", "DyLoRA"), _of_side("memory", "DyLoRA"), _of_side("", "DyLoRA")
    ('how do DyLoRA choose ranks', 'DyLoRA: memory', 'What is DyLoRA?')
    """
    if not attribute:
        return f"What is {side}?"
    back = _EACH.search(attribute)
    return f"{attribute[: back.start()]}{side}{attribute[back.end() :]}" if back else f"{side}: {attribute}"


def asks(text: str) -> bool:
    """Whether it opens like a question."""
    return _ASKS.match(text) is not None


def laid_out(text: str) -> tuple[str, list[str]]:
    """What stands before the parts and names their subject (may be empty), and the parts, at least one.

    Told by the marks alone: numbered parts, sentences, a list behind a colon or a dash; then `parts_of` for each.

    >>> laid_out("TernBench: 1) licence 2) size")
    ('TernBench', ['licence', 'size'])
    >>> laid_out("TernBench - how many tasks, who wrote it?"), laid_out("About TernBench. Which birds does it hold?")
    (('TernBench', ['how many tasks', 'who wrote it?']), ('About TernBench', ['Which birds does it hold?']))
    """
    marks = _in_turn(list(_NUMBERED.finditer(text)))
    if marks:
        ends = [*(m.start() for m in marks[1:]), len(text)]
        items = [text[m.end() : end].strip(" ,;.") for m, end in zip(marks, ends, strict=True)]
        items = [part for item in items if item for part in (parts_of(item) if asks(item) else [item])]
        return text[: marks[0].start()].strip(_EDGES), items or [text]
    whole = [text[span.start : span.end] for span in sentences(text)] if len(text) < _LONG else [text]
    if len(whole) > 1 and not asks(whole[0]) and all(map(asks, whole[1:])) and len(whole[0].split()) <= _HEAD_WORDS:
        return whole[0].strip(_EDGES), [part for sentence in whole[1:] for part in parts_of(sentence)]
    listed = _LISTED.match(text)
    if listed and not asks(listed["head"]) and len(listed["head"].split()) <= _HEAD_WORDS:
        items = _items(listed["items"])
        if items:
            return listed["head"].strip(_EDGES), items
    return "", parts_of(text)


def _in_turn(marks: list[re.Match[str]]) -> list[re.Match[str]]:
    """The marks that number something from the first on, at least two; else none."""
    order = [m["n"].casefold() for m in marks]
    run = [str(n) for n in range(1, 100)] if order and order[0].isdecimal() else list("abcdefghi")
    return marks if len(order) > 1 and order == run[: len(order)] else []


def _items(text: str) -> list[str]:
    """What a list asks for, one by one: questions, or things in a few words each; none where it is no list."""
    if asks(text) and ";" not in text:
        return parts_of(text)
    split = r"\s*;\s*(?:and\s+)?" if ";" in text else r"\s*[,?]\s*(?:and\s+)?(?=\w)|\s+(?:and|&)\s+"
    items = [item for item in re.split(split, text.strip(_EDGES + "?")) if item]
    return items if len(items) > 1 and all(len(item.split()) <= _ITEM_WORDS for item in items) else []


def parts_of(text: str) -> list[str]:
    """The questions in a text: cut before each further question word that opens a question of its own, or shares what follows.

    >>> parts_of("What licence is TripoSR under, how fast is it, and what architecture does it build on?")
    ['What licence is TripoSR under', 'how fast is it', 'what architecture does it build on?']
    >>> parts_of("who, when and with what result tested PierCam?")
    ['who tested PierCam?', 'when tested PierCam?', 'with what result tested PierCam?']
    """
    if joint := _JOINT_WORDS.match(text):
        return [f"{word} {joint['rest']}" for word in re.split(r"\s*,\s*(?:and\s+)?|\s+(?:and|&)\s+", joint["words"])]
    if not asks(text):
        return [text]
    parts: list[str] = []
    start = 0
    for match in _NEXT.finditer(text):
        part = text[start : match.start()].strip()
        rest = text[match.end() :]
        if _content(part) and (_content(_first_of(rest)) or _bare(_first_of(rest))):
            parts.append(part + ("?" if "?" in match.group() else ""))
            start = match.end()
    return [*parts, text[start:].strip()]


def compared(text: str) -> tuple[str, ...] | None:
    """The sides of a comparison, two or more, and last what is compared (may be empty); None where no things are compared by name.

    >>> compared("SMPLer-X vs SMPLest-X: how many datasets did each use?")
    ('SMPLer-X', 'SMPLest-X', 'how many datasets did each use')
    >>> compared("Compare LoRA, DyLoRA and AdaLoRA on memory")
    ('LoRA', 'DyLoRA', 'AdaLoRA', 'memory')
    >>> compared("Compare the accuracy of LoRA with DyLoRA on GLUE")
    ('LoRA', 'DyLoRA', 'accuracy on GLUE')
    >>> compared("Is mortality lower compared with placebo?") is None
    True
    """
    text = _BESIDE.sub(" and ", text.strip()) if _COMPARE.match(text) else text.strip()
    for pattern in _COMPARISONS:
        match = pattern.search(text)
        if match:
            found = match.groupdict()
            named = _JOINT.split(found["sides"]) if "sides" in found else [found["a"], found["b"]]
            asked = (found["z"] or "").strip(" ?,")
            of = None if asks(asked) or any(map(_OF.match, named[1:])) else _OF.match(named[0])
            if of:
                named[0], asked = of["side"], f"{of['what']}{f' on {asked}' if asked else ''}"
            sides = [_bare_side(side) for side in named]
            if all(map(stems, sides)) and len({side.casefold() for side in sides}) == len(sides):
                return *sides, asked
    return None


def attributes_of(asked: str) -> list[str]:
    """What is compared, one by one; a single empty one where nothing is named.

    >>> attributes_of("accuracy, speed and size"), attributes_of("which is better and how big are they"), attributes_of("")
    (['accuracy', 'speed', 'size'], ['which is better', 'how big are they'], [''])
    """
    if asks(asked):
        return parts_of(asked)
    found = [re.sub(r"^(?:the|their|its)\s+", "", part) for part in re.split(r"\s*(?:[,;]\s*(?:and\s+)?|\band\b|&)\s*", asked)]
    return [part for part in found if part] or [""] if all(len(part.split()) <= _ATTRIBUTE_WORDS for part in found) else [asked]


def form_of(text: str) -> Form:
    """The form of the answer that a part expects."""
    if _CAUSE.match(text):
        return "cause"
    kind = kind_of(text, said=False, framed=framed(text))
    if kind in {"count", "list", "field", "chat"}:
        return kind
    if kind == "summary":
        return "survey"
    if _LIMITS.search(text):
        return "limits"
    if _DEFINITION.search(text):
        return "definition"
    if re.match(rf"^(?:(?:and|but|so)\s+)?{_AUX}\b", text, re.IGNORECASE):
        return "verdict"
    if _MADE_OF.search(text):
        return "mechanism"
    return {"figure": "figure", "method": "mechanism"}.get(kind, "general")  # type: ignore[return-value]


def subject_of(text: str) -> str:
    """What a question is about: its names, else its telling words."""
    opening = re.match(r"[A-Z][a-z]*\s+", text)
    names = [m[0] for m in _NAME.finditer(text) if m.start() or not _QUESTION_WORD.fullmatch(m[0].split()[0])]
    if opening and names and text.startswith(names[0]):  # a sentence's first word has a capital and is no part of a name
        names = [m[0] for m in _NAME.finditer(text, opening.end())] or names
    defined = _DEFINITION.search(text)
    if not names and defined and defined["about"]:
        return defined["about"]
    return " ".join(dict.fromkeys(names)) or " ".join(
        w for w in re.findall(r"[\w'-]+", text) if stems(w) and not _QUESTION_WORD.fullmatch(w)
    )


def _first_of(rest: str) -> str:
    match = _NEXT.search(rest)
    return rest[: match.start()] if match else rest


def _content(part: str) -> bool:
    """Whether a part has a word of its own beside question words and references back."""
    return any(stems(w) for w in re.findall(r"[\w'-]+", _BACK.sub(" ", _QUESTION_WORD.sub(" ", part))))


def _bare(part: str) -> bool:
    """Whether it is a question of its own though it has no word of its own, such as `and why?` and `and by how much?`."""
    return re.fullmatch(rf"(?:{_PREPOSITION}\s+)?(?:why|when|where|who|how much|how many)\s*\??", part.strip(), re.IGNORECASE) is not None


def _bare_side(text: str) -> str:
    return re.sub(r"^(?:the|a|an|using|between)\s+", "", text.strip(" \"'“”"), flags=re.IGNORECASE)
