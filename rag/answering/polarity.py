"""Which way a sentence points: what grows or shrinks, who beats whom, what is denied, and how surely it is said.

Everything is read from words and their neighbours. Each check compares a claim with the sentences that support it and names the first
thing that is turned round, or nothing: silence is no proof of agreement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.text import STOP_WORDS
from rag.text import stem as snowball

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TOKEN = re.compile(r"[^\W_]+(?:[.'’\-][^\W_]+)*|[,;:()]")  # noqa: RUF001
_BREAKS = frozenset({",", ";", ":", "(", ")", "but", "however", "although", "though", "yet", "while", "whereas", "because", "since"})


_IRREGULAR = {
    **{"lost": "lose", "fell": "fall", "fallen": "fall", "rose": "rise", "risen": "rise", "grew": "grow", "grown": "grow", "held": "hold"},
    **{"built": "build", "found": "find", "shown": "show", "taught": "teach", "wrote": "write", "written": "write", "led": "lead"},
    **{
        "kept": "keep",
        "made": "make",
        "took": "take",
        "taken": "take",
        "gave": "give",
        "given": "give",
        "chose": "choose",
        "chosen": "choose",
    },
    **{
        "broke": "break",
        "broken": "break",
        "went": "go",
        "gone": "go",
        "ran": "run",
        "saw": "see",
        "seen": "see",
        "won": "win",
        "sent": "send",
    },
    **{"learnt": "learn", "meant": "mean", "brought": "bring", "thought": "think", "beaten": "beat", "drew": "draw", "drawn": "draw"},
}


def stem(word: str) -> str:
    """The Snowball stem, of the present form where a past form is irregular."""
    return snowball(_IRREGULAR.get(word, word))


def _stems(*lists: str) -> frozenset[str]:
    return frozenset(stem(word) for words in lists for word in words.split())


_UP = _stems(
    "increase increases increased increasing raise raises raised rise rises rose risen grow grows grew growth higher more",
    "gain gains boost boosts boosted lift lifts lifted climb climbs climbed expand expands amplify amplifies elevated elevate upregulate",
    "strengthen strengthens promote promotes enhance enhances enhanced stimulate stimulates activate activates augment augments widen widens",
)
_DOWN = _stems(
    "decrease decreases decreased decreasing reduce reduces reduced reducing reduction lower lowers lowered fewer less drop drops dropped",
    "fall falls fell decline declines declined shrink shrinks cut cuts lessen lessens diminish diminishes weaken weakens suppress suppresses",
    "inhibit inhibits attenuate attenuates mitigate mitigates alleviate alleviates shorten shortens downregulate curb curbs narrow narrows",
    "minimize minimizes slash slashes",
)
_GOOD = _stems(
    "improve improves improved improving improvement better best",
    "superior stronger advance advances help helps helped benefit benefits succeed succeeds excel excels effective",
)
_BAD = _stems(
    "degrade degrades degraded degradation worse worst worsen worsens hurt hurts harm harms impair impairs",
    "struggle struggles struggled breaks inferior weaker deteriorate deteriorates suffer suffers fail fails failed ineffective hinder hinders",
)
_LARGE = _stems("larger greater bigger longer large big")
_SMALL = _stems("smaller shorter tinier small tiny")
_QUICK = _stems("faster quicker accelerate accelerates accelerated speedup speedups speeds fast quick rapid rapidly quickly")
_SLOW = _stems("slower slow slows slowed slowdown slowly")
_CHEAP = _stems("cheaper cheap inexpensive affordable")
_DEAR = _stems("costlier expensive costly pricier")
_EASY = _stems("easier easy simpler simple")
_HARD = _stems("harder hard difficult challenging complex")
_WAYS: dict[str, tuple[str, int]] = {}
for _axis, _plus, _minus in (
    ("amount", _UP, _DOWN),
    ("quality", _GOOD, _BAD),
    ("size", _LARGE, _SMALL),
    ("speed", _QUICK, _SLOW),
    ("cost", _DEAR, _CHEAP),
    ("ease", _EASY, _HARD),
):
    _WAYS |= dict.fromkeys(_plus, (_axis, 1)) | dict.fromkeys(_minus, (_axis, -1))

# Things of which less is better: "improves" and "reduces" then point the same way.
_UNWANTED = _stems(
    "latency cost costs error errors time memory perplexity loss risk risks bias biases overhead consumption noise complexity variance gap",
    "hallucination hallucinations toxicity leakage forgetting overfitting runtime compute mortality incidence toxicity rate rates harm failure",
)
_NEGATORS = frozenset(
    {
        "not",
        "no",
        "never",
        "without",
        "cannot",
        "neither",
        "nor",
        "lack",
        "lacks",
        "lacked",
        "lacking",
        "fail",
        "fails",
        "failed",
        "failing",
    }
    | {"unable", "hardly", "barely", "rarely", "scarcely", "avoid", "avoids", "avoided", "avoiding", "none", "nothing", "free", "prevent"}
    | {"prevents", "instead", "absence", "absent", "away", "dispense", "dispenses", "removes", "eliminates", "eliminate", "eliminating"}
    | {
        "ignore",
        "ignores",
        "ignored",
        "ignoring",
        "overlook",
        "overlooks",
        "overlooked",
        "neglect",
        "neglects",
        "miss",
        "misses",
        "missing",
        "little",
        "stop",
        "stops",
        "drop",
        "drops",
        "dropping",
    }
    | {"unlike", "n't", "impossible", "unclear", "unknown", "hard", "difficult", "few", "independent", "independently", "refuses"}
)
_PLAIN_NEGATORS = frozenset(
    {"not", "no", "never", "without", "cannot", "neither", "nor", "fails", "fail", "failed", "unable", "hardly", "n't"}
)
_LIKE_DENIAL = _stems("only limited less fewer lower worse below impossible instead rather lag trail remove avoid exclude")
_LIKE_WITHOUT = _stems(
    "preserve preserves preserved preserving keep keeps kept retain retains maintain maintains zero-shot free alone independent training-free",
    "fully unsupervised intact single-stage one-stage end-to-end lossless",
)
_OVERLOOKS = frozenset(
    {"ignore", "ignores", "ignored", "ignoring", "overlook", "overlooks", "overlooked", "overlooking", "neglect", "neglects", "neglected"}
)
_OF_OTHERS = re.compile(
    r"\b(?:previous|prior|earlier|existing|past|most|these|those|other|current|traditional|conventional) (?:\w+ )?"
    r"(?:works?|stud(?:y|ies)|methods?|approach(?:es)?|models?|techniques?|research|systems?|efforts?|literature)\b",
    re.IGNORECASE,
)
_FAINT = _stems(
    "longer yet any more extra additional further prior previous existing significant substantial new model models method methods data training"
)
_UNDONE_AFTER = frozenset({"avoided", "eliminated", "removed", "dropped", "omitted", "unnecessary", "ignored", "needless", "absent"})
_BE = frozenset({"is", "are", "was", "were", "be", "been", "being", "both", "becomes", "become"})
_SCOPE = 6
_BETTER = frozenset(
    {
        "outperform",
        "outperforms",
        "outperformed",
        "outperforming",
        "surpass",
        "surpasses",
        "surpassed",
        "surpassing",
        "beat",
        "beats",
        "beaten",
    }
    | {
        "beating",
        "exceed",
        "exceeds",
        "exceeded",
        "exceeding",
        "overtake",
        "overtakes",
        "outdo",
        "outdoes",
        "outscore",
        "outscores",
        "outclass",
    }
    | {"outclasses", "top", "tops", "dominate", "dominates", "defeat", "defeats", "eclipse", "eclipses", "outstrip", "outstrips", "outpace"}
    | {"outpaces", "outrank", "outranks", "outperforms", "better", "superior", "above", "ahead", "stronger", "faster", "higher", "more"}
    | {"larger", "greater", "over", "bigger", "longer", "cheaper", "simpler", "easier", "quicker", "smarter", "safer", "richer", "slower"}
)
_WORSE = frozenset(
    {
        "underperform",
        "underperforms",
        "underperformed",
        "trail",
        "trails",
        "trailed",
        "trailing",
        "lag",
        "lags",
        "lagged",
        "lagging",
        "worse",
    }
    | {"inferior", "below", "behind", "weaker", "lower", "fewer", "less", "smaller", "shorter", "loses", "lose", "lost", "short"}
)
_COMPARING_VERBS = frozenset(
    w for w in _BETTER | _WORSE if w.startswith(("out", "surpass", "beat", "exceed", "domin", "defeat", "eclips", "under"))
)
_ABSOLUTE = (
    ("always", frozenset({"always", "invariably", "every", "all", "constantly", "consistently", "whenever"})),
    ("never", frozenset({"never", "no", "not", "nothing", "none", "cannot", "without"})),
    (
        "all",
        frozenset(
            {"all", "every", "each", "any", "both", "entire", "entirely", "whole", "universal", "universally", "throughout", "across"}
        ),
    ),
    ("every", frozenset({"all", "every", "each", "any", "both", "entire", "whole", "universal", "universally", "across"})),
    ("only", frozenset({"only", "solely", "exclusively", "just", "alone", "single", "nothing", "purely", "merely", "unique", "sole"})),
    ("solely", frozenset({"only", "solely", "exclusively", "alone", "purely"})),
    ("exclusively", frozenset({"only", "solely", "exclusively", "alone", "purely"})),
    ("guarantees", frozenset({"guarantee", "guarantees", "guaranteed", "guaranteeing", "provable", "provably", "ensure", "ensures"})),
    ("guarantee", frozenset({"guarantee", "guarantees", "guaranteed", "guaranteeing", "provable", "provably", "ensure", "ensures"})),
    (
        "proves",
        frozenset({"prove", "proves", "proved", "proven", "proof", "proofs", "provable", "provably", "theorem", "guarantee", "guarantees"}),
    ),
    ("completely", frozenset({"completely", "entirely", "fully", "totally", "all", "eliminates", "perfectly", "whole"})),
    ("entirely", frozenset({"completely", "entirely", "fully", "totally", "all", "solely", "only", "purely", "whole"})),
    ("fully", frozenset({"completely", "entirely", "fully", "totally", "all", "end"})),
    ("perfect", frozenset({"perfect", "perfectly", "flawless", "100"})),
    ("perfectly", frozenset({"perfect", "perfectly", "flawlessly", "100"})),
    ("eliminates", frozenset({"eliminate", "eliminates", "eliminating", "remove", "removes", "without", "no", "avoids", "avoid", "free"})),
    ("first", frozenset({"first", "novel", "pioneering", "initial", "never", "yet", "previously", "before", "1"})),
    ("certainly", frozenset({"certainly", "definitely", "clearly"})),
    ("definitely", frozenset({"certainly", "definitely", "clearly"})),
    ("conclusively", frozenset({"conclusively", "definitively", "prove", "proves"})),
    ("established", frozenset({"establish", "establishes", "established", "proves", "prove", "shown", "confirmed", "confirm"})),
    ("undoubtedly", frozenset({"undoubtedly", "clearly"})),
    ("universally", frozenset({"universally", "universal", "all", "every", "any", "across"})),
)
_HEDGES = frozenset(
    {"may", "might", "could", "possibly", "perhaps", "potentially", "likely", "seems", "seem", "appears", "appear", "suggest", "suggests"}
    | {"suggesting", "suggested", "potential", "promise", "promising", "hypothesize", "hypothesise", "conjecture", "preliminary", "tend"}
    | {
        "tends",
        "partly",
        "partially",
        "sometimes",
        "often",
        "usually",
        "typically",
        "generally",
        "mostly",
        "most",
        "some",
        "many",
        "certain",
    }
    | {
        "can",
        "frequently",
        "largely",
        "mainly",
        "primarily",
        "probably",
        "expected",
        "believe",
        "believed",
        "argue",
        "plausible",
        "commonly",
    }
    | {
        "hint",
        "hints",
        "indicate",
        "indicates",
        "indicating",
        "occasionally",
        "few",
        "several",
        "limited",
        "toward",
        "towards",
        "almost",
        "nearly",
    }
    | {
        "aim",
        "aims",
        "hope",
        "attempt",
        "attempts",
        "tries",
        "seek",
        "seeks",
        "presumed",
        "alleged",
        "claimed",
        "apparent",
        "prone",
        "risk",
    }
)
_UNSURE = frozenset(
    {
        "may",
        "might",
        "could",
        "possibly",
        "perhaps",
        "potentially",
        "hypothesize",
        "hypothesise",
        "conjecture",
        "sometimes",
        "partly",
        "partially",
    }
    | {"occasionally"}
)
_OPPOSITES = """
before after|first last|upper lower|minimum maximum|minimize maximize|positive negative|supervised unsupervised|labeled unlabeled
online offline|static dynamic|sparse dense|shallow deep|local global|explicit implicit|encoder decoder|generative discriminative|open closed
public private|monolingual multilingual|clean noisy|synthetic real|small large|short long|low high|early late|weak strong|single multiple
symmetric asymmetric|convex nonconvex|linear nonlinear|homogeneous heterogeneous|centralized decentralized|deterministic stochastic
automatic manual|frozen finetuned|teacher student|known unknown|seen unseen|safe unsafe|stable unstable|robust fragile|robust vulnerable
include exclude|allow prevent|enable prevent|support refute|confirm refute|rare common|rare frequent|similar different
underestimate overestimate|balanced imbalanced|unbiased biased|training inference|training test|pretraining finetuning|input output
additional fewer|benign malicious|acceptable unacceptable|sufficient insufficient|necessary unnecessary|consistent inconsistent|easy difficult
easy challenging|simple complex|cheap expensive|rich poor|abundant scarce|majority minority|true false|correct incorrect|accurate inaccurate
reliable unreliable|efficient inefficient|effective ineffective|relevant irrelevant|independent dependent|direct indirect|active passive
discrete continuous|coarse fine|narrow broad|wide narrow|strict loose|hard soft|black white|proprietary opensource|specific general
preserve lose|keep lose|retain lose|maintain lose|reliable fragile|robust brittle|survive vanish|preserve destroy|preserve sacrifice
keep sacrifice|straight curved|agree differ|agree diverge|match differ|gain cost|help hinder|strong fragile|curb encourage|lossless lossy|convergence divergence|overfitting underfitting|best worst|better worse
"""


def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for pair in _OPPOSITES.replace("\n", "|").strip("|").split("|"):
        one, other = (stem(word) for word in pair.split())
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


OPPOSITES = _opposites()


@dataclass(frozen=True, slots=True)
class Way:
    """A word that points up or down. `sign` after any negation, `about` the content stems near it, `objects` those behind it; `versus` where `than` follows."""

    word: str
    axis: str
    sign: int
    about: frozenset[str]
    objects: frozenset[str]
    versus: bool = False


@dataclass(frozen=True, slots=True)
class Contest:
    """A comparison: content stems of the side that is ahead (in its word's sense) and of the side that is behind."""

    word: str
    ahead: frozenset[str]
    behind: frozenset[str]


def tokens_of(text: str) -> list[str]:
    """Lower-case words and clause marks in order; `n't` is set apart, `not only` is dropped, since it denies nothing."""
    text = re.sub(r"(?i)\b(ca|wo)n['’]t\b", r"\1n not", text)  # noqa: RUF001
    text = re.sub(r"n['’]t\b", " not", text)  # noqa: RUF001
    text = re.sub(r"(?i)\bnot yet\b", "not", text)
    text = re.sub(r"(?i)\bnot the same(?: as)?\b", "different", text)
    text = re.sub(r"(?i)\bnot (?:only|just|merely|solely|least)\b|\bno (?:less|fewer|more) than\b|\bno longer than\b", " ", text)
    # "more than 80%" bounds a figure and points nowhere; a failing system denies nothing, failing to do something does.
    text = re.sub(r"(?i)\b(?:more|less|fewer|greater|higher|lower) than(?= [\d$~])", " ", text)
    text = re.sub(r"(?i)\bfail(?:s|ed|ing)?\b(?! to\b)", "breaks", text)
    return [token.lower() for token in _TOKEN.findall(text)]


def _content(tokens: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for token in tokens:
        if token[0].isalnum() and token not in STOP_WORDS:
            found.add(stem(token))
            if "-" in token:
                found |= {stem(part) for part in token.split("-") if part not in STOP_WORDS}
    return frozenset(found)


@lru_cache(maxsize=2048)
def ways(text: str) -> tuple[Way, ...]:
    """The pointing words of a text, with what they are about: content words up to four before and five after, within the clause."""
    tokens = tokens_of(text)
    found = []
    for n, token in enumerate(tokens):
        axis_sign = _WAYS.get(stem(token))
        if axis_sign is None:
            continue
        low, high = n, n
        while low > 0 and n - low < 4 and tokens[low - 1] not in _BREAKS:
            low -= 1
        while high + 1 < len(tokens) and high - n < 5 and tokens[high + 1] not in _BREAKS:
            high += 1
        denied = any(t in _PLAIN_NEGATORS for t in tokens[max(low, n - 3) : n])
        about = _content(tokens[low:n] + tokens[n + 1 : high + 1]) - _WAYS.keys()
        objects = _content(tokens[n + 1 : high + 1]) - _WAYS.keys()
        found.append(
            Way(token, axis_sign[0], -axis_sign[1] if denied else axis_sign[1], about, objects, "than" in tokens[n + 1 : high + 1])
        )
    return tuple(found)


def turned(claim: str, support: Sequence[str]) -> str | None:
    """A word of the claim that points the other way than the support does about the same things."""
    stated = [way for sentence in support for way in ways(sentence)]
    mirrored = _mirrored(claim, support)
    for own in ways(claim):
        if own.versus and mirrored:
            continue
        near = [(len(own.about & way.about), way) for way in stated]
        same = max((n for n, way in near if _agree(own, way) > 0), default=0)
        against = max((n for n, way in near if _agree(own, way) < 0), default=0)
        if against > same:
            other = next(way for n, way in near if n == against and _agree(own, way) < 0)
            return f"{own.word!r} against {other.word!r}"
    return None


def _agree(one: Way, other: Way) -> int:
    """1 for the same way, -1 for opposite ways, 0 where the two can't be compared."""
    if one.axis == other.axis:
        return one.sign * other.sign
    if {one.axis, other.axis} == {"amount", "quality"} and one.objects & other.objects:
        unwanted = bool(one.about & other.about & _UNWANTED)
        return one.sign * other.sign * (-1 if unwanted else 1)
    return 0


@lru_cache(maxsize=2048)
def contests(text: str) -> tuple[Contest, ...]:
    """The comparisons of a text. `A beats B`, `B is beaten by A`, `A is better than B`, `A improves over B`, `B lags behind A`."""
    tokens = tokens_of(text)
    found = []
    for n, token in enumerate(tokens):
        sign = 1 if token in _BETTER else -1 if token in _WORSE else 0
        if not sign:
            continue
        verb = token in _COMPARING_VERBS
        end = _clause_end(tokens, n + 1)
        after = tokens[n + 1 : end]
        if (
            not verb
            and token not in {"over", "above", "below", "behind", "ahead"}
            and "than" not in after
            and token not in {"superior", "inferior"}
        ):
            continue
        if token == "over" and not any(
            t.startswith(("improv", "gain", "advantag", "superior", "win", "advanc", "better")) for t in tokens[max(0, n - 4) : n]
        ):
            continue
        cut = after.index("than") + 1 if not verb and "than" in after else 0
        right = after[cut:]
        left = _subject(tokens[_clause_start(tokens, n) : n])
        if (
            right[:1] == ["by"]
            and (verb or token in {"beaten"})
            and any(t in {"is", "are", "was", "were", "be", "been", "being"} for t in left[-3:])
        ):
            sign, right = -sign, right[1:]
        if any(t in {"not", "never", "cannot", "fails", "fail"} for t in left[-3:]):
            sign = -sign
        one, other = _side(left), _side(_object(right))
        if one and other:
            found.append(Contest(token, one, other) if sign > 0 else Contest(token, other, one))
    return tuple(found)


def _side(tokens: list[str]) -> frozenset[str]:
    """What a side of a comparison is made of; how many of it counts here (`all layers`, `one layer`)."""
    counted = {"one" if t in {"single", "only"} else t for t in tokens if t in {"all", "every", "one", "single", "only", "no", "without"}}
    return _content(tokens) | counted


def _subject(tokens: list[str]) -> list[str]:
    """Who compares: what stands behind the last comma, where that holds anything."""
    for n in range(len(tokens) - 1, -1, -1):
        if tokens[n] in {",", ")"} and _content(tokens[n + 1 :]):
            return tokens[n + 1 :]
    return tokens


def _object(tokens: list[str]) -> list[str]:
    """What is compared with, up to where and by how much."""
    for n, token in enumerate(tokens):
        if n and token in {"by", "on", "at", "when", "under", "while"}:
            return tokens[:n]
    return tokens


def _clause_start(tokens: list[str], at: int) -> int:
    for n in range(at - 1, -1, -1):
        if tokens[n] in _BREAKS - {",", "(", ")"} or (tokens[n] == "," and at - n > 8):
            return n + 1
    return 0


def _clause_end(tokens: list[str], at: int) -> int:
    for n in range(at, len(tokens)):
        if tokens[n] in _BREAKS and n > at:
            return n
    return len(tokens)


def sides_swapped(claim: str, support: Sequence[str]) -> str | None:
    """A comparison of the claim whose sides stand the other way round in the support."""
    stated = [contest for sentence in support for contest in contests(sentence)]
    for own in contests(claim):
        ahead, behind = own.ahead - own.behind, own.behind - own.ahead
        straight = crossed = 0
        for other in stated:
            theirs_ahead, theirs_behind = other.ahead - other.behind, other.behind - other.ahead
            straight = max(straight, len(ahead & theirs_ahead) + len(behind & theirs_behind))
            crossed = max(crossed, min(1, len(ahead & theirs_behind)) * 2 + len(behind & theirs_ahead))
        if crossed > straight and crossed >= 2:
            return f"who is ahead of whom ({own.word!r})"
    return None


def _mirrored(claim: str, support: Sequence[str]) -> bool:
    """Whether a comparison of the claim has the support's sides, in whatever words (`A is faster than B`, `B is slower than A`)."""
    stated = [contest for sentence in support for contest in contests(sentence)]
    for own in contests(claim):
        ahead, behind = own.ahead - own.behind, own.behind - own.ahead
        for other in stated:
            if ahead & (other.ahead - other.behind) and behind & (other.behind - other.ahead):
                return True
    return False


@lru_cache(maxsize=2048)
def denials(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each negator with the content stems that it may deny: up to six words on, within the clause, nearest first."""
    tokens = tokens_of(text)
    found = []
    for n, token in enumerate(tokens):
        word = token.rpartition("-")[2] if token.endswith("-free") else token
        if word not in _NEGATORS:
            continue
        if token.endswith("-free"):
            found.append((word, (stem(token.removesuffix("-free")),)))
            continue
        scope: list[str] = []
        for follower in tokens[n + 1 : n + 1 + _SCOPE]:
            if follower in _BREAKS:
                break
            if follower not in STOP_WORDS:
                scope += sorted(_content([follower]))
        found.append((word, tuple(scope)))
    for n, token in enumerate(tokens):
        if token in _UNDONE_AFTER and any(t in _BE for t in tokens[max(0, n - 3) : n]):
            before = [stem(t) for t in tokens[max(0, n - 8) : n] if t not in STOP_WORDS and t not in _BREAKS]
            found.append((token, tuple(reversed(before))))
    return tuple(found)


def denied_differently(claim: str, support: Sequence[str]) -> str | None:
    """What the claim denies and the support states, or the claim states and the support denies."""
    ours = denials(claim)
    theirs = [denial for sentence in support for denial in denials(sentence)]
    our_scope = {s for _word, scope in ours for s in scope}
    their_scope = {s for _word, scope in theirs for s in scope}
    stated = {s for sentence in support for s in _content(tokens_of(sentence))}
    claimed = _content(tokens_of(claim))
    for word, scope in ours:
        if word not in _PLAIN_NEGATORS or not scope:
            continue
        head = scope[:3]
        if any(s in their_scope for s in scope) or any(_undone(s, stated) for s in head):
            continue
        if any(OPPOSITES.get(s, frozenset()) & stated for s in head):
            continue
        told = [s for s in scope if s not in _FAINT][:1] or list(scope[:1])
        like = _LIKE_DENIAL | _LIKE_WITHOUT if word in {"without", "no"} else _LIKE_DENIAL
        if told[0] in stated or not (theirs or stated & like):
            return f"{word!r} before {head[0]!r}"
    for sentence in support:
        for word, scope in denials(sentence):
            if word not in _PLAIN_NEGATORS | _OVERLOOKS | _UNDONE_AFTER or not scope:
                continue
            if word in _OVERLOOKS and (ours or not re.search(r"(?i)\b(?:previous|prior|earlier|existing|past)\b", claim)):
                continue
            head = (
                [s for s in scope[:3] if s in claimed and s not in _FAINT][:1]
                if word in _OVERLOOKS | {"no", "without"}
                else list(scope[:2])
            )
            if not head or not all(s in claimed for s in head) or any(s in our_scope for s in head):
                continue
            others = {s for other in support if other != sentence for s in _affirmed(other)}
            if all(s in others for s in head) or any(_undone(s, claimed) for s in head):
                continue
            return f"{word!r} is missing before {head[0]!r}"
    return None


def _affirmed(sentence: str) -> frozenset[str]:
    """Content stems that no negator of the sentence reaches."""
    return _content(tokens_of(sentence)) - {s for _word, scope in denials(sentence) for s in scope}


def _undone(word: str, among: Iterable[str]) -> bool:
    """Whether `among` holds the word with a negating prefix (`effective`, `ineffective`)."""
    held = set(among)
    return any(prefix + word in held for prefix in ("un", "in", "im", "ir", "il", "non", "dis", "mis"))


def _prefixed(word: str, among: Iterable[str]) -> str | None:
    """A word of `among` that is `word` with a negating prefix, or without the one it has."""
    if len(word) < 5:
        return None
    prefixes = ("un", "in", "im", "ir", "non", "dis", "mis", "de") if len(word) >= 6 else ("un", "non", "dis")
    held = set(among)
    for prefix in prefixes:
        if prefix + word in held:
            return prefix + word
        if word.startswith(prefix) and len(word) - len(prefix) >= 5 and word.removeprefix(prefix) in held:
            return word.removeprefix(prefix)
    return None


def opposite_word(claim: str, support: Sequence[str]) -> str | None:
    """A word of the claim whose opposite stands in the support, where neither side holds both."""
    stated = {s for sentence in support for s in _content(tokens_of(sentence))}
    raw = {stem(t) for sentence in support for t in tokens_of(sentence)}
    claimed = _content(tokens_of(claim)) | {stem(t) for t in tokens_of(claim) if t in {"before", "after"}}
    for token in tokens_of(claim):
        parts = token.split("-")
        turned_round = "-".join(reversed(parts))
        if (
            len(parts) == 3
            and parts[1] in {"to", "vs"}
            and any(turned_round in tokens_of(s) and token not in tokens_of(s) for s in support)
        ):
            return f"{token!r} against {turned_round!r}"
    for word in sorted(claimed - stated - raw):
        if negating := _prefixed(word, stated - claimed):
            return f"{word!r} against {negating!r}"
        found = OPPOSITES.get(word, frozenset()) & (stated | raw) - claimed
        if found:
            return f"{word!r} against {sorted(found)[0]!r}"
    return None


def overstated(claim: str, support: Sequence[str]) -> str | None:
    """An absolute word of the claim that the support does not carry, or a doubt of the support that the claim drops."""
    ours = tokens_of(claim)
    theirs = {token for sentence in support for token in tokens_of(sentence)}
    for n, token in enumerate(ours):
        for word, backing in _ABSOLUTE:
            if token == word and not theirs & backing:
                if word == "first" and ours[max(0, n - 1) : n] != ["the"]:
                    continue  # "first does this, then that"
                follower = ours[n + 1] if n + 1 < len(ours) else ""
                if word in {"all", "every"} and (follower[:1].isdigit() or follower in {"two", "three", "four", "five", "six", "seven"}):
                    continue
                return f"{token!r} is not said there"
    if not any(token in _HEDGES for token in ours):
        claimed = _content(ours)
        for sentence in support[:1]:
            tokens = tokens_of(sentence)
            for n, token in enumerate(tokens):
                if token in _UNSURE:
                    follow = [stem(t) for t in tokens[n + 1 : n + 6] if t not in STOP_WORDS and t[0].isalnum()][:2]
                    if follow and follow[0] in claimed:
                        return f"{token!r} is dropped"
    return None
