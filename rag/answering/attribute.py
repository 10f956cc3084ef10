"""The asked attribute: what kind of thing must stand in the paper for the question to have an answer there.

"How many parameters" wants a figure beside "parameters"; "what F1" a figure in a sentence with F1; "how long" a span of time; "which
dataset" a name beside a dataset word; "the seven perspectives" no other figure than seven before "perspectives". Each check answers
1 (missing or in conflict), 0 (there), or 0 where the question asks for nothing of the kind.
"""

# ruff: noqa: E501 - patterns and word lists are read whole on one line

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.answering.figures import NUMBER_WORDS, has_number, value_of
from rag.text import stem, words

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOW_MANY = re.compile(
    r"\b(?:how many|number of|(?:the )?count of|how much)\s+((?:[\w.'’-]+\s+){0,3}?[\w.'’-]+)(?=\s+(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|in|on|of|for|at|by|from|"  # noqa: RUF001
    r"with|that|to|used|took|take|and|there)\b|[?.,]|$)",
    re.IGNORECASE,
)
METRICS = {
    stem(w): frozenset(stem(x) for x in others.split())
    for w, others in (
        ("accuracy", "accuracy accurate accuracies correct correctly top-1 %"),
        ("f1", "f1 f-score f-measure f1-score macro-f1 micro-f1"),
        ("bleu", "bleu sacrebleu bleu-4"),
        ("wer", "wer word-error error"),
        ("rouge", "rouge rouge-l rouge-1 rouge-2"),
        ("perplexity", "perplexity ppl"),
        ("psnr", "psnr"),
        ("map", "map ap"),
        ("auc", "auc auroc roc"),
        ("recall", "recall recall@1 r@1"),
        ("precision", "precision ap map"),
        ("fid", "fid"),
        ("dice", "dice"),
        ("iou", "iou miou"),
        ("mrr", "mrr"),
        ("ndcg", "ndcg"),
        ("elo", "elo"),
        ("correlation", "correlation correlate r pearson spearman"),
        ("speedup", "speedup speed-up faster times speed accelerate"),
        ("latency", "latency ms millisecond seconds faster"),
    )
}
_UNITS = (
    (
        re.compile(
            r"\bhow long\b|\b(?:gpu|tpu|training|wall-?clock)[- ](?:hours|days|time)\b|\bhow many (?:gpu |tpu |training )?(?:hours|days|minutes|weeks|months)\b",
            re.IGNORECASE,
        ),
        re.compile(r"\b(?:hours?|days?|minutes?|weeks?|months?|seconds?|ms)\b", re.IGNORECASE),
    ),
    (
        re.compile(
            r"\bhow expensive\b|\b(?:dollars?|usd|euros?|price|pay|paid|fee)\b|\bcost in\b|\bwhat (?:does|did|do)\b.*\bcost\b",
            re.IGNORECASE,
        ),
        re.compile(r"[$€£]\s?\d|\b\d[\d,.]*\s?(?:dollars?|usd|euros?|cents?)\b", re.IGNORECASE),
    ),
    (
        re.compile(r"\b(?:gpu|vram|video)?\s*memory\b.*\b(?:how much|gb)|how much (?:gpu |video )?memory\b", re.IGNORECASE),
        re.compile(r"\b\d[\d.]*\s?(?:gb|gib|mb|tb)\b|\bmemory\b[^.]{0,40}\d", re.IGNORECASE),
    ),
)
_KIND_OF_NAME = {
    "dataset": "dataset datasets corpus corpora benchmark benchmarks data collection",
    "benchmark": "dataset datasets benchmark benchmarks leaderboard task tasks suite",
    "corpus": "corpus corpora dataset datasets data",
    "language": "language languages english chinese german french spanish",
    "journal": "journal conference proceedings",
    "university": "university institute lab college",
    "company": "company corporation inc google microsoft",
    "bank": "bank",
    "country": "country",
}
_PARTICULARS = tuple(
    (re.compile(asks, re.IGNORECASE), re.compile(holds, re.IGNORECASE))
    for asks, holds in (
        (r"\bbatch(?:es)?[- ]?sizes?\b|\bhow (?:large|big)\b.{0,20}\bbatch", r"\bbatch"),
        (r"\blearning[- ]rates?\b|\bstep[- ]size", r"\blearning[- ]rate|\bstep[- ]size"),
        (r"\bhow many (?:training )?(?:epochs|steps|iterations|updates)\b|\bepochs\b", r"\bepoch|\bsteps?\b|\biteration|\bupdates\b"),
        (r"\b(?:which|what) optimi[sz]er", r"\boptimi[sz]er|\badam|\bsgd\b"),
        (r"\bseeds?\b|\bhow many (?:runs|repetitions)\b", r"\bseeds?\b|\bruns?\b|\brepeat"),
        (r"\blicen[cs]e|\blicen[cs]ing", r"\blicen[cs]|\bMIT\b|\bapache\b|\bcreative commons\b|\bCC[- ]|\bBSD\b|\bGPL"),
        (r"\bfund(?:ed|ing|ers?|s)?\b|\bgrants?\b|\bsponsor|\bfinanced?\b", r"\bfund|\bgrants?\b|\bsponsor|\bfinanc"),
        (
            r"\b(?:which|what|how many|kind of|type of|number of)\b.{0,20}\b(?:gpus?|tpus?|hardware|accelerators?|cpus?|machines|graphics cards?)\b",
            r"\b(?:gpus?|tpus?|hardware|accelerators?|[avh]100s?|cpus?|dgx\S*|chips?|machines)\b",
        ),
        (
            r"\baffiliat|\b(?:which|what) (?:universit|institut|compan|lab\b|country)|\bwhere do(?:es)? the authors?\b",
            r"\buniversit|\binstitut|\blab\b|\bacademy\b|\binc\b|\bgoogle|\bmicrosoft|\bopenai|\bmeta\b|\bcompan",
        ),
        (
            r"\b(?:which|what) (?:conference|journal|venue)|\baccepted (?:at|to|by)\b|\bpresented at\b",
            r"\baccepted\b|\bconference|\bjournal|\bworkshop|\bproceedings|\b(?:ICLR|NeurIPS|ACL|EMNLP|CVPR|ICML|AAAI|IJCAI|COLING|WMT\d*)\b",
        ),
        (r"\bannotators?\b|\braters?\b|\bcrowd ?workers?\b|\bkappa\b", r"\bannotat|\brater|\bcrowd|\bkappa|\bhuman|\bexpert"),
        (
            r"\bcarbon\b|\bco2\b|\bemissions?\b|\benergy\b|\belectricity\b|\bkwh\b|\bwatts?\b",
            r"\bcarbon|\bco2|\bemission|\benergy|\belectric|\bpower|\bwatt",
        ),
        (r"\bdropout\b", r"\bdropout"),
        (r"\bweight decay\b", r"\bweight decay"),
        (r"\bwarm-?up\b", r"\bwarm-?up"),
        (r"\bhyper-?param", r"\bhyper-?param"),
        (
            r"\bp[- ]values?\b|\bconfidence intervals?\b|\bstandard deviations?\b|\berror bars?\b",
            r"\bp\s?[<=]|\bp[- ]value|\bconfidence|\bdeviation",
        ),
        (r"\bvocabulary size\b|\bsize of (?:the|its) vocabulary\b", r"\bvocabular"),
        (r"\b(?:hidden|embedding) (?:size|dimension)", r"\bdimension|\bhidden"),
        (r"\b(?:how many|number of) (?:\w+ )?layers\b", r"\blayers?\b"),
        (r"\b(?:how many|number of) (?:attention )?heads\b", r"\bheads?\b"),
        (
            r"\bprogramming language\b|\b(?:implemented|written|coded) in (?:which|what)\b",
            r"\bpython|\bpytorch|\btensorflow|\bjax\b|\bc\+\+|\bjava",
        ),
        (r"\bhow old\b|\b(?:average|mean|median) age\b", r"\bage[sd]?\b|\bold\b|\byears\b"),
        (r"\be-?mail\b|\bcorresponding author\b|\bphone number\b", r"\bmail|\bcorrespond|\bphone"),
    )
)
"""Particulars of a study that are asked for by name, and the words of which one must stand where they are told."""

_NAME = re.compile(r"\b(?:[A-Z][a-z]*[A-Z0-9][\w-]*|[A-Z]{2,}[\w-]*|[A-Za-z]+-?\d+[\w-]*|(?<=[a-z,(] )[A-Z][a-z]+(?:-[A-Z]\w+)*)")


def count_missing(question: str, sentences: Sequence[str]) -> float:
    """1 where "how many X" finds no figure close before or behind X in any sentence."""
    match = _HOW_MANY.search(question)
    if match is None:
        return 0.0
    heads = [stem(w) for w in words(match[1])][-2:]
    if not heads:
        return 0.0
    return float(not any(_figure_near(s, heads[-1]) for s in sentences))


def _figure_near(sentence: str, head: str, reach: int = 5) -> bool:
    own = _plain_words(sentence)
    at = [n for n, w in enumerate(own) if stem(w) == head or (len(head) > 4 and stem(w).startswith(head[:5]))]
    figures = [n for n, w in enumerate(own) if value_of(w) is not None]
    return any(0 < a - f <= reach or 0 < f - a <= 3 for a in at for f in figures)


def _plain_words(text: str) -> list[str]:
    """Words in order, hyphened number words taken apart (`two-stage` gives `two`, `stage`), figures with their unit letter kept."""
    found: list[str] = []
    for word in re.findall(r"[\w.,%$×+'’@-]+", text):  # noqa: RUF001
        low = word.strip(".,'’-").lower()  # noqa: RUF001
        head, _, tail = low.partition("-")
        if tail and (head in NUMBER_WORDS or head.isdigit()):
            found += [head, tail]
        elif low:
            found.append(low)
    return found


def metric_missing(question: str, sentences: Sequence[str]) -> float:
    """1 where the question names a metric and no sentence holds a figure together with it."""
    asked = [METRICS[s] for s in (stem(w) for w in words(question)) if s in METRICS]
    if not asked:
        return 0.0
    held = [{stem(w) for w in _plain_words(s)} | ({"%"} if "%" in s else set()) for s in sentences if has_number(s)]
    return float(not any(h & wanted for h in held for wanted in asked))


def unit_missing(question: str, sentences: Sequence[str]) -> float:
    """1 where a span of time, money or memory is asked for and no sentence has one with a figure."""
    for asks, holds in _UNITS:
        if asks.search(question):
            return float(not any(holds.search(s) and has_number(s) for s in sentences))
    return 0.0


def name_missing(question: str, sentences: Sequence[str]) -> float:
    """1 where a dataset, benchmark, language, ... is asked for by "which" or "what" and no sentence names one beside its kind."""
    match = re.search(
        r"\b(?:which|what)\s+(?:(?:is|are|was|were|the)\s+)?((?:[\w-]+\s+){0,3}?)(" + "|".join(_KIND_OF_NAME) + r")(?:s|es)?\b",
        question,
        re.IGNORECASE,
    )
    if match is None:
        return 0.0
    kinds = {stem(w) for w in _KIND_OF_NAME[match[2].lower()].split()}
    asked = {w.lower() for w in re.findall(r"[\w-]+", question)}
    for sentence in sentences:
        own = {stem(w) for w in words(sentence)}
        names = [n for n in _NAME.findall(sentence) if n.lower() not in asked]
        if names and own & kinds:
            return 0.0
    return 1.0


def particular_missing(question: str, whole: str) -> float:
    """1 where a particular (batch size, licence, funding, ...) is asked for and the paper speaks of nothing like it."""
    return float(any(asks.search(question) and not holds.search(whole) for asks, holds in _PARTICULARS))


_COUNTED = re.compile(
    r"\b(\d+|" + "|".join(w for w, n in NUMBER_WORDS.items() if n >= 2) + r")[\s-]+((?:[\w-]+\s+){0,2}?)([A-Za-z][\w-]+)", re.IGNORECASE
)


def count_conflict(question: str, sentences: Sequence[str]) -> float:
    """1 where the question counts things ("the five categories") and the paper counts the same things differently and never so."""
    for match in _COUNTED.finditer(question):
        value = value_of(match[1].lower())
        if value is None or 1990 <= value <= 2035:
            continue
        nouns = {stem(w) for w in re.findall(r"[a-z-]+", (match[2] + match[3]).lower()) if len(w) > 2}
        other = same = False
        for sentence in sentences:
            for found in _COUNTED.finditer(sentence):
                if nouns & {stem(w) for w in re.findall(r"[a-z-]+", (found[2] + found[3]).lower())}:
                    same = same or value_of(found[1].lower()) == value
                    other = other or value_of(found[1].lower()) != value
        if other and not same:
            return 1.0
    return 0.0
