"""A display title for an abstract that came without one: the system it names, else its first clause.

The result is marked as derived wherever it is stored; it says what the paper calls itself, not what its authors titled it.
"""

from __future__ import annotations

import re

from rag.text import sentences

MAX_TITLE_CHARS = 120
_MIN_CUT_CHARS = 40

# A system's name: inner capitals or digits, or capitals alone (MathOctopus, Symbol-LLM, KS-Lottery, mT5, QAlign, DER-GCN).
_NAME = r"(?P<name>(?=[\w.+*/-]*[A-Z])[\w][\w.+*/-]*[\w+*])"
_NAMING = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:named|called|dubbed|termed|coined|denoted as|referred to as|namely|abbreviated as|code-named)\s+(?:as\s+)?(?:the\s+)?[\"“']?{_NAME}",
        rf"\b[Ww]e\s+(?:\w+ly\s+)?(?:further\s+|also\s+|then\s+|first\s+)?(?:propose|introduce|present|develop|release|build|design|describe)\s+(?:the\s+)?{_NAME}"
        r"(?=\s*(?:[,:(]|series\b|models?\b|for\b|to\b|which\b|that\b|as\b|is\b|--|\.))",
        r"\b[Ww]e\s+(?:\w+ly\s+)?(?:propose|introduce|present|develop|release|build|design|describe)\b[^.;]{0,160}?\((?:i\.e\.,?\s+)?"
        rf"{_NAME}\)",
        rf"\b(?:[Tt]his (?:paper|work|article|study)|[Oo]ur (?:method|model|approach|framework|system))\s+(?:proposes|introduces|presents|describes),?\s+(?:the\s+)?{_NAME}"
        r"(?=\s*[,:(.])",
        rf"\b[Oo]ur\s+(?:\w+\s+){{0,3}}(?:model|method|framework|system|approach|dataset|benchmark),?\s+{_NAME}(?=[\s,.])",
        rf"\b[Tt]he\s+resulting\s+(?:\w+\s+)?model,?\s+{_NAME}",
    )
)
# Names of what others built, or of a field, that such patterns catch as well.
_COMMON = frozenset(
    "AI API BERT ChatGPT CIFAR CLIP CNN CNNs CoT DL DNN DNNs DPO FL GAN GANs GLUE GNN GNNs GPT GPT-2 GPT-3 GPT-4 GPT-4V ICL ImageNet KD LLM LLMs LLaMA LSTM LVLM"  # noqa: SIM905
    " LVLMs ML MLP MT NLG NLI NLP NLU NMT PEFT PLM PLMs QA RAG RL RLHF RNN SFT SGD SOTA SSL Transformer Transformers VLM VLMs ViT WMT English Chinese We A An The".split()
)
_ORDINARY = re.compile(r"[A-Z][a-z]+(?:-[A-Za-z][a-z]+)*$")
# Where a sentence may be cut: after a clause, else before a little word that would hang.
_CLAUSE = re.compile(r"[,;:]\s|\s[-–—]+\s")  # noqa: RUF001
_LEAD = re.compile(
    r"^(?:[Ii]n this (?:paper|work|article|study|survey),?\s+|[Tt]his (?:paper|work|article|study)\s+(?=\w+s\b)|[Tt]o (?:this|that) end,?\s+)", re.UNICODE
)
_HANGING = re.compile(
    r"(?:\s+(?:a|an|the|of|in|on|at|by|for|with|to|and|or|but|as|is|are|was|were|be|been|has|have|that|which|who|their|its|our|from|into|than|can|such|these|this))+$",
    re.IGNORECASE,
)


def derived_title(abstract: str) -> str:
    """A title of at most 120 characters for a plain-text abstract; never empty unless the abstract is."""
    clause = _first_clause(abstract)
    name = system_name(abstract)
    if name is None or name in clause:
        return clause
    room = MAX_TITLE_CHARS - len(name) - 2
    return f"{name}: {_cut(clause, room)}" if room >= _MIN_CUT_CHARS else name[:MAX_TITLE_CHARS]


def system_name(abstract: str) -> str | None:
    """The name that an abstract gives to what it presents, or None. Of several, the one of the strongest pattern and then the first."""
    for pattern in _NAMING:
        for found in pattern.finditer(abstract):
            name = found["name"].strip(".-/")
            if name in _COMMON or len(name) < 2 or len(name) > 60 or _ORDINARY.match(name):
                continue
            return name
    return None


def _first_clause(abstract: str) -> str:
    """The first sentence, cut at a clause where it is long."""
    spans = sentences(abstract)
    if not spans:
        return ""
    sentence = abstract[spans[0].start : spans[0].end]
    lead = _LEAD.match(sentence)
    if lead and len(sentence) - lead.end() >= _MIN_CUT_CHARS:
        sentence = sentence[lead.end() :]
        sentence = sentence[0].upper() + sentence[1:]
    return _cut(sentence, MAX_TITLE_CHARS)


def _cut(sentence: str, room: int) -> str:
    """`sentence` without its full stop, within `room` characters: at the last clause that fits, else at a word with an ellipsis."""
    sentence = sentence.rstrip(" .。")
    if len(sentence) <= room:
        return sentence
    ends = [found.start() for found in _CLAUSE.finditer(sentence) if _MIN_CUT_CHARS <= found.start() <= room]
    if ends:
        return sentence[: ends[-1]].rstrip()
    words = sentence[: room - 1].rsplit(None, 1)[0] if " " in sentence[: room - 1] else sentence[: room - 1]
    return _HANGING.sub("", words).rstrip(",;: ") + "…"
