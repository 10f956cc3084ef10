"""What a question asks for, part by part: each slot is searched, read and answered by itself.

A text is cut where a further question begins; what stands before the first is a part or names the subject of all. A part that refers back
("and how fast is it?") takes along the subject of the part before it. A comparison becomes its sides. Patterns are over question words
and auxiliaries of English alone: they name no subject, so they hold for any field.
"""

# ruff: noqa: E501 - patterns are read whole on one line

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.questions.framing import framed
from rag.questions.kinds import asked_field, kind_of
from rag.text import STOP_WORDS, stems

Form = Literal[
    "definition", "mechanism", "cause", "verdict", "figure", "limits", "list", "count", "comparison", "survey", "field", "chat", "general"
]

_WH = r"(?:what|which|who|whom|whose|when|where|why|how)"
_AUX = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)"
_PREPOSITION = r"(?:on|in|at|by|for|from|with|to|of|against|over|under|into|through)"
_IF_SO = r"(?:(?:and\s+)?if (?:so|yes|not|any)\b\s*,?\s*)?"
_THEN = r"(?:(?:and|or|but|then)\s+)?(?:also\s+)?"
_POINTED = r"(?:it|they|this|these|those|the|he|she|there)"
_NEXT = re.compile(
    rf"(?:\s*[,;]\s*{_IF_SO}{_THEN}|\s+(?:and|but|&)\s+(?:also\s+)?|(?:\s*\?+|(?<=\w\w)[.!])\s+{_IF_SO}{_THEN}|\s*\?+)"
    rf"(?=(?:{_PREPOSITION}\s+|(?:\w+ly|about)\s+)?{_WH}\b|{_AUX}\s+{_POINTED}\b|(?<=[;?.!]\s){_AUX}\s|(?:(?<=,\s)|(?<=,\sand\s))(?:do|does|did)\s+(?!not\b)|(?<=\?\s)[^?.!,;:]{{2,40}}\?)",
    re.IGNORECASE,
)
"""Where the next question begins: at a question word or an auxiliary, or, behind a question mark, with some words and another mark ("results?")."""
_ASKS = re.compile(
    rf"^(?:(?:and|but|so|ok|please)\s+)?(?:(?:{_PREPOSITION}\s+)?(?:{_WH}|{_AUX})|explain|describe|define|outline)\b", re.IGNORECASE
)
_OTHER = re.compile(r"^(?:and\s+)?(?:what|how)\s+about\s+(?P<things>[^?]+?)\s*\??$", re.IGNORECASE)
"""Asks the same as before of other things."""
_YES_OR_NO = re.compile(rf"^(?:(?!{_WH}\b)[^,;:?]+,\s+)?(?:(?:and|but|so)\s+)?(?:also\s+)?{_AUX}\s", re.IGNORECASE)
"""A question for a yes or a no, also behind a clause ("If it rains, do gulls fly?")."""
_CLAUSE = re.compile(rf"^(?:when|where)\s+(?!.*\b{_AUX}\b)(?:\S+\s+){{2}}\S", re.IGNORECASE)
"""What opens like a question and is none ("when gulls see food")."""
_ORDERED = re.compile(
    rf"(?:{_PREPOSITION}\s+)?(?:{_WH}(?:['\u2019]s)?\s+{_AUX}\b|how\s+(?:many|much|long|often|far|well)\b|(?:what|which|how)\s+(?:(?!{_POINTED}\b)\S+\s+){{1,3}}?{_AUX}\b|(?:what|who)\s+\w+ed\b|{_WH}['\u2019]s\b)|{_AUX}\b",
    re.IGNORECASE,
)
"""A question in its own order of words ("how many were"), which "where they nest" is not."""
_RELATIVE = re.compile(rf"(?:{_PREPOSITION}\s+)?(?:which|who|whom|whose|when|where)\b", re.IGNORECASE)
_TOWARDS = re.compile(
    rf"^(?:(?:I|we)(?:['\u2019]\w+|\s+{_AUX})?\s+\S+\s+|(?:explain|describe|define|outline|tell\s+(?:me|us))\s+)?(?:(?:{_PREPOSITION}|about|regarding|concerning|within|among)\s+)?",
    re.IGNORECASE,
)
"""What leads to the subject in what stands before the parts ("For the ...", "I'm reading about ...")."""
_BACK = re.compile(
    r"\b(?:it|its|they|them|their|theirs|this|these|those|he|she|his|her|the (?:paper|authors?|method|model|approach|system|study|dataset))\b",
    re.IGNORECASE,
)
_IT = re.compile(r"\b(?:it|its|this|the (?:paper|method|model|approach|system|study|dataset))\b", re.IGNORECASE)
_MANY_OF = re.compile(r"\b(?:they|them|their|these|those)\b", re.IGNORECASE)
"""Words that refer back to several."""
_EACH = re.compile(r"\b(?:each(?: of them| one)?|both(?: of them)?|they|them|it|the (?:two|three))\b", re.IGNORECASE)
_BARE = re.compile(
    rf"(?:{_PREPOSITION}\s+)?(?:(?:why(?:\s+or\s+why)?(?:\s+not)?|when|where|who|how much|how many)|{_WH}\s+{_AUX}\s+{_POINTED})\s*\??",
    re.IGNORECASE,
)
"""A question of its own without a word of its own, such as `and why?`, `by how much?` and `when was it`."""
_ASKED_FOR = re.compile(r"[\s,]+(?:please\s+)?(?:give|list|state|name|tell)(?:\s+me)?$", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_TELLS = re.compile(r"(?:explain|describe|define|outline)\b", re.IGNORECASE)
_OPENING = re.compile(
    rf"(?P<head>(?:{_PREPOSITION}|about|regarding|concerning|within|among)\s[^:?]{{2,80}}?)(?<!\bin)(?<!\bof)(?:\s*,\s*|\s+)(?P<rest>(?!whose\b){_WH}\b.+)$",
    re.IGNORECASE,
)
"""What a question is asked of, before its question word ("In PierCam what is the lens made of")."""
_COMPLEMENT = re.compile(
    rf"^(?:what|who|how\s+\w+)(?:['\u2019]s|\s+(?:is|are|was|were))\s+(?P<about>(?!.*\b{_PREPOSITION}\s*\??$)(?!(?:{_POINTED}|known|found|said|done|meant|made)\s*(?:\?|$|\w+ed\b|\b(?:in|about|by|for|to|with)\b))[^,;:?]{{2,60}}?)\s*\??$",
    re.IGNORECASE,
)
"""A question whose whole rest is what it asks about ("how strong is Roman concrete")."""
_AT = re.compile(_PREPOSITION, re.IGNORECASE)
_SMALL = rf"(?:{'|'.join(sorted(STOP_WORDS))})"
_LED = re.compile(rf"^(?:{_SMALL}(?:\s+|$))+", re.IGNORECASE)
_OWN = re.compile(r"[\w-][A-Z\d]|\d\w")
"""A name that names a thing by itself, which a word with nothing but a capital in front may not ("Roman concrete")."""
_AND = re.compile(r"\s+(?:and|or)\b|\s*,", re.IGNORECASE)
_BEHIND = re.compile(
    rf"(?:^(?:\w+ly\s+)?(?:(?:{_PREPOSITION})\s+)?(?:{_WH}(?:['\u2019]s)?\s+(?:(?!{_AUX}\b)\S+\s+){{0,4}}?)?{_AUX}\s+|^(?:who|what)\s+\S+\s+)(?:(?:the|an?|this|these|those|two|three|both)\s+)*",
    re.IGNORECASE,
)
"""The words of a question before what it is about."""
_TAKEN = re.compile(
    rf"^(?:{_PREPOSITION}\s+)?(?:what|which|who|how\s+(?:much|many))\b(?:\s+(?!{_AUX}\b)\S+){{0,4}}?\s+(?:do|does|did)\s+(?P<about>(?:(?:the|an?)\s+)?(?:(?!{_SMALL}\b)\S+\s+){{0,2}}(?!{_SMALL}\b)\S+)\s+(?!{_SMALL}\b)[\w-]+\s*\??$",
    re.IGNORECASE,
)
"""A question that ends in its verb, since it asks what the verb takes ("how much does a small camera cost")."""
_VERB_AHEAD = re.compile(r"\b(?:do|does|did|can|could|will|would|should)\b", re.IGNORECASE)
_SUBJECT_WORDS = 4
"""Most words of a subject that stands in for a pronoun."""
_QUESTION_WORD = re.compile(rf"\b(?:{_WH}|{_AUX}|much|many|also|both)\b", re.IGNORECASE)
_NAME = re.compile(
    r"(?<![\w-])(?:[A-Za-z]*\d[\w.+-]*[A-Za-z][\w.+-]*|[A-Za-z][\w.+-]*\d[\w.+-]*|[A-Z][\w.+-]*[A-Z][\w.+-]*|[A-Z][\w+-]*)(?:\s+(?:[A-Z][\w.+-]*|\d[\w.]*))*"
)
_TITLE = re.compile(rf"{_NAME.pattern}(?:\s+(?:of|to|for|from|in|on|with|the)\s+(?=[A-Z]){_NAME.pattern})*")
"""A name, also of several with small words between."""

_DEFINITION = re.compile(
    r"^(?:so\s+)?what(?:'s|\u2019s| is| are| was| were)\s+(?:an?\s+|the\s+(?=[\w\s-]{3,60}\b(?:problem|effect|task|method|framework|algorithm|theorem|principle|hypothesis|law|bias|paradigm|setting)\b))?(?P<about>(?!(?:the|best|better|most|main|difference|known|there|new|wrong|it|this|that|these|those)\b|(?:\w+ed|found|known|done|made|shown|said|given|built)\s+(?:about|on|in|for|by|with|to|from|of|when|as|at)\b)[^,;:]{2,70}?)\s*\??$"
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
    *_of_sides(r"\b(?:differences?|gap)\s+in\s+(?P<z>[^?,;]{2,60}?)\s+between\s+SIDES\s*\??$", "and"),
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
    *_of_sides(r"\bhow\s+(?:do|does|did)\s+SIDES\s+each\s+(?P<z>[^?]+?)\s*\??$", "and"),
    *_of_sides(r"^SIDES(?:(?:\s*[:,;]\s*|\s+[-\u2013\u2014]+\s+|\u2014)(?P<z>[^?]+?))?\s*\??$", r"vs\.?|versus"),
    *_of_sides(r"^SIDES\s*[:,;\u2013\u2014-]\s*(?P<z>(?:which|who|what)[^?]+?)\s*\??$", "or"),
    *_of_sides(r"^(?P<z>(?:which|who|what)\b[^?:]+?)\s*[,:;]\s*SIDES\s*\??$", "or"),
    *_of_sides(r"^SIDES\s+(?:both|all)\b[^:;]*[:;]\s*(?P<z>[^?]+?)\s*\??$", "and"),
    *_of_sides(r"^(?:which|what)\s+of\s+SIDES\s+(?P<z>(?:is|are|was|were|has|have|does|do|did|can|\w+s)\b[^?]+?)\s*\??$", "and|or"),
)
_STANDS_IN = re.compile(rf"\b(?:ones?|those|that|I|{_WH})\b", re.IGNORECASE)
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
    subject = _headed(head) or subject_of(parts[0])
    placed = bool(head) or _stands(subject, parts[0])
    within = _ARTICLE.sub("", subject) if head and _OPENING.match(text) else ""
    told = head if head[-1:] in set(".!") and len(head.split()) > _HEAD_WORDS else ""
    found: list[Slot] = []
    for n, part in enumerate(parts):
        if found and (other := _OTHER.match(part)):
            found += [_same_of(found[-1], subject, thing) for thing in _JOINT.split(other["things"])]
            continue
        sure = placed and (_many(subject) or not _MANY_OF.search(part) or _IT.search(part) is not None)
        own = f"{told} {part}" if told else about(part, subject, placed=sure) if (n or head) and subject else part
        if n and not head and own == part and asks(part) and _NAME.search(part[1:]):  # the next one leans on this one
            subject = subject_of(part)
            placed = _stands(subject, part)
        if within and within.casefold() not in own.casefold():
            own = f"{own.rstrip('?')} ({within}){'?' * own.endswith('?')}"
        if within and not _BACK.search(part) and (whole := _COMPLEMENT.match(part)):
            subject = whole["about"]
        form = form_of(part if told or (asks(part) and own.rstrip("?").endswith(")")) else own)  # what stands in brackets asks nothing
        if n and _YES_OR_NO.match(part):
            form = "verdict"
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


def _same_of(before: Slot, subject: str, thing: str) -> Slot:
    """The question before, asked of another thing ("and what about rats?"); its form and its field are the same."""
    asked = before.label.rstrip(" ?")
    text = asked.replace(subject, thing) if subject in asked else f"{asked} for {thing}"
    return Slot(form=before.form, text=text, label=f"what about {thing}", leans=True, field=before.field)


def about(part: str, subject: str, *, placed: bool = True) -> str:
    """A part with its subject: in the place of the word that refers back, else in brackets behind it where it says nothing of another.

    What is no question of its own becomes one. Not `placed`: what it refers to is not sure enough to be put in its place.

    >>> about("how does it solve them?", "DCD"), about("which languages are covered?", "BHASA"), about("what is Celadon?", "ToxicCommons")
    ('how does DCD solve them?', 'which languages are covered (BHASA)?', 'what is Celadon?')
    >>> about("its licence", "DCD"), about("the problem it solves", "DCD"), about("on how many GPUs?", "DCD")
    ('What is the licence of DCD?', 'What is the problem DCD solves', 'on how many GPUs (DCD)?')
    """
    bare = _ARTICLE.sub("", subject)
    if bare.casefold() in part.casefold():
        return part
    back = _IT.search(part) or _BACK.search(part)
    whose = re.match(r"(?:its|their|his|her)\s+", part, re.IGNORECASE) if not asks(part) else None
    if whose:
        return f"What is the {part[whose.end() :].rstrip(' ?.')} of {subject}?"
    if back and placed and len(bare.split()) <= _SUBJECT_WORDS:
        owner = "'s" if back[0].casefold() in {"its", "their", "his", "her"} else ""
        part = f"{part[: back.start()]}{subject}{owner}{part[back.end() :]}"
        return part if asks(part) else f"What is {part}"
    if not asks(part):
        thing = _ARTICLE.sub("", part.rstrip(" ?."))
        return f"What is the {thing} of {subject}?"
    asked = _BEHIND.match(part)
    if back or not _NAME.search(part, asked.end() if asked else 1) or not _SAYS.search(part):
        return f"{part.rstrip('?')} ({bare}){'?' if part.endswith('?') else ''}"
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
    return _ASKS.match(text) is not None and not _CLAUSE.match(text)


def laid_out(text: str) -> tuple[str, list[str]]:
    """What stands before the parts and names their subject (may be empty), and the parts, at least one.

    Told by the marks alone: numbered parts, sentences, a list behind a colon or a dash; then `parts_of` for each.

    >>> laid_out("TernBench: 1) licence 2) size")
    ('TernBench', ['licence', 'size'])
    >>> laid_out("TernBench - how many tasks, who wrote it?"), laid_out("About TernBench. Which birds does it hold?")
    (('TernBench', ['how many tasks', 'who wrote it?']), ('About TernBench.', ['Which birds does it hold?']))
    """
    marks = _in_turn(list(_NUMBERED.finditer(text)))
    if marks:
        ends = [*(m.start() for m in marks[1:]), len(text)]
        items = [text[m.end() : end].strip(" ,;.") for m, end in zip(marks, ends, strict=True)]
        items = [part for item in items if item for part in (parts_of(item) if asks(item) else [item])]
        return text[: marks[0].start()].strip(_EDGES), items or [text]
    listed = _LISTED.match(text)
    if listed and len(listed["head"].split()) <= _HEAD_WORDS and (not asks(listed["head"]) or _TELLS.match(listed["head"])):
        items = _items(listed["items"])
        if items:
            head = listed["head"].strip(_EDGES)
            return head, [*([head] if asks(head) else []), *items]
    first, *rest = parts_of(text)
    if not rest or asks(first):
        return "", [first, *rest]
    if opening := _OPENING.match(first):
        return opening["head"].strip(_EDGES), [opening["rest"], *rest]
    comma = re.match(r"\s*,(?!\s*(?:and|or|but)\b)", text[len(first) :])
    if comma and len(rest) == 1:  # one question, in one sentence
        return "", [text]
    if comma or first[-1] in ".!":  # what is told before it asks for nothing
        return first, rest
    return "", [first, *rest]


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
    parts: list[str] = []
    joint = _JOINT_WORDS.match(text)
    start, at = 0, joint.start("rest") if joint else 0
    for match in _NEXT.finditer(text, at):
        part, rest = text[start : match.start()].strip(), text[match.end() :]
        first = _first_of(rest)
        if (
            (_content(part) or _BARE.fullmatch(part))
            and (_content(first) or _BARE.fullmatch(first.strip()))
            and (asks(part) or _OPENING.match(part) or _goes_on(match[0], rest, len(part.split())))
        ):
            parts.append(part + match[0].strip()[:1] * (match[0].strip()[:1] in set("?.!")))
            start = match.end()
    parts.append(text[start:].strip())
    if joint:
        shared = parts[0][len(joint["words"]) :]
        parts[:1] = [word + shared for word in re.split(r"\s*,\s*(?:and\s+)?|\s+(?:and|&)\s+", joint["words"])]
    return parts


def _goes_on(mark: str, rest: str, words: int) -> bool:
    """Whether a question of its own stands behind so many words that ask nothing, and no clause that belongs to them.

    What is told before it, in a sentence that names no mere subject, belongs to it.
    """
    if mark.strip()[:1] in set(".!;") or "but" in mark.split():
        return mark.strip()[:1] in set(".!") and (words <= _HEAD_WORDS or _ORDERED.match(rest) is not None)
    relative = mark.strip() == "," and _RELATIVE.match(rest) and not rest.rstrip().endswith("?")
    return not relative and (_ORDERED.match(rest) is not None or mark.strip()[:1] == "?")


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
            if any(asks(side) or _STANDS_IN.search(side) for side in sides):
                continue
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
    if _YES_OR_NO.match(text):
        return "verdict"
    if _MADE_OF.search(text):
        return "mechanism"
    return {"figure": "figure", "method": "mechanism"}.get(kind, "general")  # type: ignore[return-value]


def subject_of(text: str) -> str:
    """What a question is about: the name it asks about, else its names, what it defines, or the first telling words behind its verb.

    >>> subject_of("What speedup does BiLD give on CIFAR-10?"), subject_of("How strong is the Roman concrete of Ostia?")
    ('BiLD', 'the Roman concrete of Ostia')
    >>> subject_of("Why does a load balancing loss hurt experts")
    'load balancing loss hurt'
    >>> subject_of("How much does a small camera cost")
    'a small camera'
    """
    if _TELLS.match(text):
        return _TOWARDS.sub("", text, count=1).strip(_EDGES + "?")
    opened = _BEHIND.match(text)
    behind = text[opened.end() :] if opened else text
    names = _names(text)
    sole = [name for name in names if _OWN.search(name)]
    first = _TITLE.match(behind)
    if first and _OWN.search(first[0]) and not _AND.match(behind, first.end()):
        return first[0]
    if whole := _COMPLEMENT.match(text) or _TAKEN.match(text):
        return whole["about"]
    if len(dict.fromkeys(sole)) == 1:
        return sole[0]
    if first and opened and not _AND.match(behind, first.end()):
        return first[0]
    defined = _DEFINITION.search(text)
    if defined and defined["about"] and not names:
        return defined["about"]
    if not asks(text) and len(text.split()) <= _HEAD_WORDS and "?" not in text:
        return text.strip(_EDGES)
    telling: list[str] = []
    for word in re.findall(r"[\w'\u2019/+.-]*\w", behind):
        if word.casefold() in STOP_WORDS and word.casefold() != "of":
            if len(telling) == 1 and _AT.fullmatch(word):
                telling.append(word)
            elif telling:
                break
        elif telling or stems(word):
            telling.append(word)
    else:
        if opened and _VERB_AHEAD.search(opened[0]):  # the last word is the verb, or what it takes
            telling = telling[:-1] or telling
    telling = telling[:_SUBJECT_WORDS]
    while telling and telling[-1].casefold() in STOP_WORDS:
        telling.pop()
    phrase = " ".join(telling)
    if not (opened and phrase):
        return " ".join(dict.fromkeys(names)) or phrase or text
    return " ".join(dict.fromkeys([phrase, *(name for name in names if name not in phrase)]))


def _names(text: str) -> list[str]:
    """The names in a text, in order, without words that have a capital only since they open it."""
    found = [_LED.sub("", m[0].rstrip(".")) for m in _NAME.finditer(text)]
    return [name for name in found if name and name.casefold() not in STOP_WORDS]


def _headed(head: str) -> str:
    """The subject that stands before the parts, without what leads to it; of a sentence that tells something, its own subject."""
    core = framed(head).core if head else ""
    named = _ASKED_FOR.sub("", _TOWARDS.sub("", core, count=1)).strip(_EDGES)
    return subject_of(named) if head[-1:] in set(".!") and named == core.strip(_EDGES) and len(named.split()) > _SUBJECT_WORDS else named


def _stands(subject: str, part: str) -> bool:
    """Whether the subject of a question may stand where a word refers back to it: one name, or all that a question asks about."""
    return bool(_NAME.fullmatch(subject) or _COMPLEMENT.match(part) or _TAKEN.match(part) or _DEFINITION.search(part))


def _many(subject: str) -> bool:
    """Whether it stands for several: the noun before any preposition ends like a plural."""
    return re.split(rf"\s+{_PREPOSITION}\s", subject, maxsplit=1, flags=re.IGNORECASE)[0].endswith("s")


def _first_of(rest: str) -> str:
    match = _NEXT.search(rest)
    return rest[: match.start()] if match else rest


def _content(part: str) -> bool:
    """Whether a part has a word of its own beside question words and references back."""
    return any(stems(w) for w in re.findall(r"[\w'-]+", _BACK.sub(" ", _QUESTION_WORD.sub(" ", part))))


def _bare_side(text: str) -> str:
    return re.sub(r"^(?:the|a|an|using|between|how(?=\s\S+$))\s+", "", text.strip(" \"'“”"), flags=re.IGNORECASE)
