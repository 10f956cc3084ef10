"""What a model can do with papers and quotations can't: work with figures, set things side by side, write something.

Told by the form of the request alone. Such questions reach the model where the decision about quotations would have refused them.
"""

from __future__ import annotations

import re

_PRODUCT = (
    r"(?:table|matrix|chart|paragraph|section|summary|overview|synopsis|synthesis|essay|notes?|bullets?|bullet\s+points?|list|comparison|outline|slides?|review|introduction|blurb|caption"
    r"|(?:related|prior|previous)[\s-]+works?|background|sentences?|explanation|timeline|checklist|abstract|report|faq|tabelle|absatz|zusammenfassung|vergleich|tableau|paragraphe|résumé|tabla|párrafo|resumen)"
)
_WRITE = re.compile(
    rf"^\W*(?:(?:please|can\s+you|could\s+you|would\s+you|i\s+(?:need|want|would\s+like)(?:\s+you\s+to)?|help\s+me(?:\s+to)?)\s+)*"
    rf"(?:write|draft|compose|prepare|create|make|produce|generate|build|give|put\s+together|draw\s+up|show|set|turn|schreib\w*|erstell\w*|mach\w*|écri\w*|escrib\w*|crea\w*)\b"
    rf"(?:\s+(?:me|us|mir|uns))?\s+(?:[\w\-]+\s+){{0,4}}?{_PRODUCT}\b(?:\s+{_PRODUCT}\b)?(?:\s+(?:of|on|about|for|from|comparing|that\s+(?:compares|summari[sz]es|covers)|with|which\s+compares|über|von|sur|de|sobre)\b)?\s*",
    re.IGNORECASE,
)
_EXPLAIN = re.compile(
    r"^\W*(?:please\s+)?(?:explain|rewrite|rephrase|paraphrase|summari[sz]e|contrast|compare|relate|synthesi[sz]e|tabulate)\b\s*",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"\bhow\s+(?:many|much)\s+(?:more|less|fewer|better|worse|faster|slower|larger|smaller|higher|lower|longer|shorter|times)\b|\bby\s+(?:how\s+much|what\s+(?:factor|percentage|margin|amount))\b"
    r"|\bwhat\s+(?:is\s+the\s+)?(?:percentage|fraction|share|ratio|proportion|difference|gap|sum|total|average|mean)\b|\b(?:difference|gap|ratio)\s+between\b|\b(?:in\s+total|altogether|combined|on\s+average|add(?:s|ed)?\s+up|relative\s+improvement|per\s+cent\s+of)\b",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"\b(?:compare[ds]?|comparison|contrast|versus|vs\.?|differ(?:s|ence|ences|ent)?|in\s+common|similarit(?:y|ies)|trade-?offs?|pros\s+and\s+cons|side\s+by\s+side|better\s+than|rather\s+than)\b",
    re.IGNORECASE,
)


def beyond_quotes(text: str) -> bool:
    """Whether a model can do more with the question than quote.

    >>> beyond_quotes("Make a table of Foo and Bar."), beyond_quotes("How many more points does Foo score?"), beyond_quotes("What is Foo?")
    (True, True, False)
    """
    return any(pattern.search(text) for pattern in (_WRITE, _EXPLAIN, _SUM, _BESIDE))


def topic_of(text: str) -> str | None:
    """What a request to write is about; None for anything else.

    >>> topic_of("Write a related-work paragraph on pruning language models.")
    'pruning language models'
    """
    for pattern in (_WRITE, _EXPLAIN):
        found = pattern.match(text)
        if found and (rest := text[found.end() :].strip(" .?!:")):
            return rest
    return None
