"""The words that `rag.checking.polarity` reads: what points up or down, denies, compares, and what is the opposite of what."""

# ruff: noqa: E501, SIM905 - lists of words

from __future__ import annotations

from rag.text import stem as snowball

_IRREGULAR: dict[str, str] = dict(
    pair.split()
    for pair in """
lost lose, fell fall, fallen fall, rose rise, risen rise, grew grow, grown grow, shrank shrink, shrunk shrink, held
hold, built build, found find, shown show, taught teach, wrote write, written write, led lead, kept keep, made make,
took take, taken take, gave give, given give, chose choose, chosen choose, broke break, broken break, went go, gone go,
ran run, saw see, seen see, won win, sent send, learnt learn, meant mean, brought bring, thought think, beaten beat,
drew draw, drawn draw
""".split(",")
)


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
    "degrade degrades degraded degradation worse worsen worsens hurt hurts harm harms impair impairs",
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
WAYS: dict[str, tuple[str, int]] = {}
for _axis, _plus, _minus in (
    ("amount", _UP, _DOWN),
    ("quality", _GOOD, _BAD),
    ("size", _LARGE, _SMALL),
    ("speed", _QUICK, _SLOW),
    ("cost", _DEAR, _CHEAP),
    ("ease", _EASY, _HARD),
):
    WAYS |= dict.fromkeys(_plus, (_axis, 1)) | dict.fromkeys(_minus, (_axis, -1))

# Things of which less is better: "improves" and "reduces" then point the same way.
UNWANTED = _stems(
    "latency cost costs error errors time memory perplexity loss risk risks bias biases overhead consumption noise complexity variance gap",
    "hallucination hallucinations toxicity leakage forgetting overfitting runtime compute mortality incidence toxicity rate rates harm failure",
)
NEGATORS = frozenset(
    """
    cannot fail failed fails hardly lack lacking lacks n't neither never no nor not unable without
    """.split()
)
BETTER = frozenset(
    """
    above ahead beat beaten beating beats better bigger cheaper defeat defeats dominate dominates easier eclipse eclipses exceed
    exceeded exceeding exceeds faster greater higher larger longer more outclass outclasses outdo outdoes outpace outpaces
    outperform outperformed outperforming outperforms outrank outranks outscore outscores outstrip outstrips over overtake
    overtakes quicker richer safer simpler smarter stronger superior surpass surpassed surpasses surpassing top tops
    """.split()
)
WORSE = frozenset(
    """
    behind below fewer inferior lag lagged lagging lags less lose loses lost lower short shorter slower smaller trail trailed
    trailing trails underperform underperformed underperforms weaker worse
    """.split()
)
COMPARING_VERBS = frozenset(
    w for w in BETTER | WORSE if w.startswith(("out", "surpass", "beat", "exceed", "domin", "defeat", "eclips", "under"))
)
_ABSOLUTE = """
always: all always consistently constantly every invariably whenever
never: cannot never no none not nothing without
all: across all any both each entire entirely every throughout universal universally whole
every: across all any both each entire every universal universally whole
only: alone exclusively just merely nothing only purely single sole solely unique without
solely exclusively: alone exclusively only purely solely
guarantees guarantee: ensure ensures guarantee guaranteed guaranteeing guarantees provable provably
proves: guarantee guarantees proof proofs provable provably prove proved proven proves theorem
completely: all completely eliminates entirely fully perfectly totally whole
entirely: all completely entirely fully only purely solely totally whole
fully: all completely end entirely fully totally
perfect: 100 flawless perfect perfectly
perfectly: 100 flawlessly perfect perfectly
eliminates: avoid avoids eliminate eliminates eliminating free no remove removes without
first: 1 before first initial never novel pioneering previously yet
certainly definitely: certainly clearly definitely
conclusively: conclusively definitively prove proves
established: confirm confirmed establish established establishes prove proves shown
undoubtedly: clearly undoubtedly
universally: across all any every universal universally
"""
ABSOLUTE: dict[str, frozenset[str]] = {
    word: frozenset(backing.split())
    for words, _, backing in (line.partition(":") for line in _ABSOLUTE.strip().splitlines())
    for word in words.split()
}
"""Words that leave no exception, each with those by which an abstract bears it out."""

HEDGES = frozenset(
    """
    aim aims alleged almost apparent appear appears argue attempt attempts believe believed can certain claimed commonly
    conjecture could expected few frequently generally hint hints hope hypothesise hypothesize indicate indicates indicating
    largely likely limited mainly many may might most mostly nearly occasionally often partially partly perhaps plausible
    possibly potential potentially preliminary presumed primarily probably promise promising prone risk seek seeks seem seems
    several some sometimes suggest suggested suggesting suggests tend tends toward towards tries typically usually
    """.split()
)
UNSURE = frozenset(
    """
    conjecture could hypothesise hypothesize may might occasionally partially partly perhaps possibly potentially sometimes
    """.split()
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
keep sacrifice|straight curved|agree differ|agree diverge|match differ|gain cost|help hinder|strong fragile|curb encourage|lossless lossy|convergence divergence|flatter sharper|smoother rougher|smoother sharper|tighter looser|thicker thinner|denser sparser|heavier lighter|
closer farther|older newer|younger older|wider narrower|deeper shallower|noisier cleaner|weaker stronger|flat sharp|smooth sharp|smooth rough|thick thin|tight loose|dense sparse|heavy light|
lightweight heavyweight|unnecessary required|unnecessary needed|optional required|optional mandatory|superior inferior|optimal suboptimal|high poor
gradual sudden|gradual abrupt|continuous abrupt|fixed learned|fixed adaptive|fixed varying|fixed dynamic|constant varying|fast slow|quick slow
close distant|near far|same different|identical different|internal external|inner outer|forward backward|top bottom|increase decrease
reward penalty|encourage discourage|accept reject|agree disagree|success failure|succeed fail|strength weakness|advantage disadvantage
benefit drawback|benefit harm|growth decline|presence absence|present absent|complete partial|complete incomplete|full partial|partial whole
permanent temporary|parallel sequential|parallel serial|synchronous asynchronous|ascending descending|bidirectional unidirectional
parametric nonparametric|interpretable opaque|transparent opaque|merge split|join split|add remove|attach detach|compress expand
encode decode|lengthen shorten|widen narrow|old new|young old|novel conventional|trainable frozen|familiar unfamiliar|novice expert
individual collective|optimistic pessimistic|upstream downstream|source target|inside outside|major minor|primary secondary|left right
favorable unfavorable|marginal significant|negligible significant|negligible substantial|slight substantial|slight drastic|minimal substantial
highest lowest|largest smallest|biggest smallest|most least|most fewest|fastest slowest|strongest weakest|longest shortest|cheapest costliest|easiest hardest
earliest latest|richest poorest|deepest shallowest|highest worst|greatest smallest|greatest least|evenly adaptively|uniformly adaptively|evenly unevenly
uniform adaptive|always sometimes|consistent inconsistent|faithful unfaithful|limited extensive|limited ample|limited comprehensive|limited unlimited|scarce extensive|little extensive|perfect poor|near-perfect poor|challenge confirm
challenge support|challenge accept|question confirm|contradict confirm|contradict support|dispute confirm|reject confirm|oppose support|overcome suffer|resolve cause
solve cause|simplify complicate|speed delay|unify separate|combine separate|homogeneous diverse|similar diverse|diversify unify|excellent poor|good poor|strong poor|good bad|well poor|superior poor|great poor|everyday rare|often rarely|frequently rarely|always never|everywhere nowhere|beginning end|maximal minimal|overfitting underfitting|best worst|better worse
"""


def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for pair in filter(str.strip, _OPPOSITES.replace("\n", "|").split("|")):
        one, other = (stem(word) for word in pair.split())
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


OPPOSITES = _opposites()
