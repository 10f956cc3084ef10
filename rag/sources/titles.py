"""A display title for an abstract that came without one: the system it names with what is said of it, else its first clause.

The result is marked as derived wherever it is stored; it says what the paper calls itself, not what its authors titled it.
"""

from __future__ import annotations

import re

from rag.text import sentences

MAX_TITLE_CHARS = 120
_MIN_CUT_CHARS = 40

# A system's name: inner capitals or digits, or capitals alone (MathOctopus, Symbol-LLM, KS-Lottery, mT5, QAlign, DER-GCN).
_NAME = r"(?P<name>(?=[\w.+*/-]*[A-Z])\w[\w.+*/-]*[\w+*])"
_MAKE = r"(?:propose|introduce|present|develop|release|build|design|describe|construct)"
_OFTEN = r"(?:\w+ly\s+|further\s+|also\s+|then\s+|first\s+|next\s+)?"
_BY = r"\b[Ww]e\s+" + _OFTEN + _MAKE
_WORK = r"(?:[Tt]his (?:paper|work|article|study)|[Oo]ur (?:method|model|approach|framework|system))"
_SAID = r"(?P<gloss>(?:an?|the)\s[^.;]+)"
_THEN = r"(?=\s*(?:[,:(.]|series\b|models?\b|for\b|to\b|which\b|that\b|as\b|is\b|--))"
_ALIAS = r"(?:named|called|dubbed|termed|coined|denoted as|referred to as|namely|abbreviated as|code-named)"
_NAMING = tuple(
    re.compile(pattern)
    for pattern in (
        # "we propose KS-Lottery, a method to ...": what follows the name tells what it is
        rf"(?:{_BY}|\band\s+{_OFTEN}{_MAKE})\s+(?:the\s+)?{_NAME}{_THEN}(?:\s*(?:,|:|--|\([^()]{{0,60}}\),?)\s+{_SAID})?",
        rf"\b{_WORK}\s+(?:proposes|introduces|presents|describes),?\s+(?:the\s+)?{_NAME}(?=\s*[,:(.])(?:\s*[,:]\s+{_SAID})?",
        # "we propose a novel Long Name (LN)": the long name stands before it
        rf"{_BY}\s+(?P<gloss>(?:an?|the|our)\s[^.;()]{{3,110}}?)\s*\((?:i\.e\.,?\s+)?{_NAME}\)",
        rf"\b{_ALIAS}\s+(?:as\s+)?(?:the\s+)?[\"“']?{_NAME}",
        rf"\b[Oo]ur\s+(?:\w+\s+){{0,3}}(?:model|method|framework|system|approach|dataset|benchmark),?\s+{_NAME}(?=[\s,.])",
        rf"\b[Tt]he\s+resulting\s+(?:\w+\s+)?model,?\s+{_NAME}",
    )
)
# Names of what others built, or of a field, that such patterns catch as well.
_COMMON = frozenset(
    "AI API BERT ChatGPT CIFAR CLIP CNN CNNs CoT DL DNN DNNs DPO FL GAN GANs GLUE GNN GNNs GPT GPT-2 GPT-3 GPT-4 GPT-4V ICL"  # noqa: SIM905
    " ImageNet KD LLM LLMs LLaMA LSTM LVLM LVLMs ML MLP MT NLG NLI NLP NLU NMT PEFT PLM PLMs QA RAG RL RLHF RNN SFT SGD SOTA SSL"
    " Transformer Transformers VLM VLMs ViT WMT English Chinese We A An The".split()
)
_ORDINARY = re.compile(r"[A-Z][a-z]+(?:-[A-Za-z][a-z]+)*$")
_PRAISE = re.compile(
    r"^(?:(?:an?|the|our)\s+)?"
    r"(?:(?:novel|new|simple|simple yet effective|effective|efficient|unified|general|generic|practical)(?:,| and)?\s+)*"
)
# Where a sentence may be cut: after a clause, else before a little word that would hang.
_CLAUSE = re.compile(r"[,;:]\s|\s[-–—]+\s")  # noqa: RUF001
_LEAD = re.compile(
    r"^(?:[Ii]n this (?:paper|work|article|study|survey),?\s+we\s+\w+\s+|[Tt]o (?:this|that) end,?\s+"
    r"|[Ww]e\s+(?:propose|present|introduce|study|investigate)\s+"
    r"|[Tt]his (?:paper|work|article|study)\s+(?:explores|presents|proposes|studies|investigates|introduces|describes|examines"
    r"|addresses|considers|develops)\s+)"
)
# A sentence that opens so says little up to its first comma.
_SUBORDINATE = re.compile(
    r"(?:Although|As|Because|By|Despite|Due|Given|In|Inspired|Motivated|Since|Thanks|To|Unlike|When|While|With|Without)\b"
)
_HANGING = re.compile(
    r"(?:\s+(?:a|an|the|of|in|on|at|by|for|with|to|and|or|but|as|is|are|was|were|be|been|has|have|that|which|who|their|its|our|from|into|than|can"
    r"|such|these|this|when|while|where))+$",
    re.IGNORECASE,
)


def derived_title(abstract: str) -> str:
    """A title of at most 120 characters for a plain-text abstract; never empty unless the abstract is."""
    name, gloss = named_system(abstract)
    if not name:
        return _first_clause(abstract)
    about = _PRAISE.sub("", gloss).strip()
    # A gloss that only spells out a word or two adds nothing to the name.
    if len(about) < 12 or (room := MAX_TITLE_CHARS - len(name) - 2) < _MIN_CUT_CHARS:
        return name
    return f"{name}: {_cut(about, room)}"


def named_system(abstract: str) -> tuple[str, str]:
    """The name that an abstract gives to what it presents, and what it says it is; both may be empty.

    The strongest pattern goes first, and of its matches the first.
    """
    for pattern in _NAMING:
        for found in pattern.finditer(abstract):
            name = found["name"].strip(".-/")
            if name not in _COMMON and 2 <= len(name) <= 60 and not _ORDINARY.match(name):
                return name, (found.groupdict().get("gloss") or "").strip()
    return "", ""


def _first_clause(abstract: str) -> str:
    """The first sentence, cut at a clause where it is long."""
    spans = sentences(abstract)
    if not spans:
        return ""
    sentence = abstract[spans[0].start : spans[0].end]
    lead = _LEAD.match(sentence)
    if lead and len(sentence) - lead.end() >= _MIN_CUT_CHARS:
        sentence = _PRAISE.sub("", sentence[lead.end() :])
        sentence = sentence[0].upper() + sentence[1:]
    return _cut(sentence, MAX_TITLE_CHARS)


def _cut(sentence: str, room: int) -> str:
    """`sentence` without its full stop, within `room` characters: at the last clause that fits, else at a word with an ellipsis."""
    sentence = sentence.rstrip(" .。,;:")
    if len(sentence) <= room:
        return sentence
    ends = [
        at for at in (found.start() for found in _CLAUSE.finditer(sentence, 0, room + 2)) if at >= _MIN_CUT_CHARS and _closed(sentence[:at])
    ]
    if ends and not _SUBORDINATE.match(sentence):
        return sentence[: ends[-1]].rstrip()
    beginning = sentence[: room - 1]
    whole_words = beginning.rsplit(None, 1)[0] if " " in beginning.strip() else beginning
    return _HANGING.sub("", whole_words).rstrip(",;: ") + "…"


def _closed(text: str) -> bool:
    """Whether every bracket in `text` is closed."""
    return text.count("(") <= text.count(")")
