"""The words that `rag.checking.polarity` reads: what points up or down, denies, compares, doubts, and what is the opposite of what."""

# ruff: noqa: E501 - lists of words

from __future__ import annotations

import re

from rag.text import stem as snowball

_IRREGULAR_FORMS = """
lost=lose fell=fall fallen=fall rose=rise risen=rise grew=grow grown=grow shrank=shrink shrunk=shrink held=hold built=build found=find
shown=show taught=teach wrote=write written=write led=lead kept=keep made=make took=take taken=take gave=give given=give chose=choose
chosen=choose broke=break broken=break went=go gone=go ran=run saw=see seen=see won=win sent=send learnt=learn meant=mean brought=bring
thought=think beaten=beat drew=draw drawn=draw
"""
_IRREGULAR = dict(pair.split("=") for pair in _IRREGULAR_FORMS.split())


def stem(word: str) -> str:
    """The Snowball stem, of the present form where a past form is irregular."""
    return snowball(_IRREGULAR.get(word, word))


def _words(*lists: str) -> frozenset[str]:
    return frozenset(word for words in lists for word in words.split())


def _stems(*lists: str) -> frozenset[str]:
    return frozenset(map(stem, _words(*lists)))


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
AVOIDS = frozenset(
    f"{verb}{end}"
    for verb in ("avoid", "circumvent", "bypass", "sidestep", "eschew", "forgo", "obviat", "eliminat", "remov", "skip", "dispens")
    for end in ("", "e", "s", "es", "ing", "ed", "ping", "ped")
) | {"training-free"}
LACKS = _words("lacks lacking absence absent struggle struggles struggled struggling")
"""Words that deny what follows, as `not` does: what is lacking, and what somebody struggles to do."""

NEGATORS = (
    _words(
        "not no never without cannot neither nor lack lacked fail fails failed failing unable hardly barely rarely scarcely none nothing",
        "free prevent prevents instead away ignore ignores ignored ignoring overlook overlooks overlooked neglect neglects miss misses",
        "missing little stop stops drop drops dropping unlike n't impossible unclear unknown hard difficult few independent independently",
        "refuses",
    )
    | AVOIDS
    | LACKS
)
PLAIN_NEGATORS = _words("not no never without cannot neither nor fails fail failed unable hardly n't")
LIKE_DENIAL = _stems(
    "only limited less fewer lower worse below impossible instead rather lag trail remove avoid exclude",
    "minimal little negligible slight marginal",
)
LIKE_WITHOUT = _stems(
    "preserve preserves preserved preserving keep keeps kept retain retains maintain maintains zero-shot free alone independent training-free",
    "fully unsupervised intact single-stage one-stage end-to-end lossless",
)
STEADY = _stems(
    "constant consistent same stable unchanged steady fixed preserved preserve preserves maintain maintains maintained retained retain retains"
    " regardless independent invariant identical"
)
NEEDED = _stems("need needs needed require requires required requiring necessary necessitate demand demands rely relies depend depends")
OVERLOOKS = _words("ignore ignores ignored ignoring overlook overlooks overlooked overlooking neglect neglects neglected")
OF_OTHERS = re.compile(
    r"\b(?:previous|prior|earlier|existing|past|most|these|those|other|current|traditional|conventional) (?:\w+ )?"
    r"(?:works?|stud(?:y|ies)|methods?|approach(?:es)?|models?|techniques?|research|systems?|efforts?|literature)\b",
    re.IGNORECASE,
)
FAINT = _stems(
    "longer yet any more extra additional further prior previous existing significant substantial new model models method methods data training"
)
UNDONE_AFTER = _words("avoided eliminated removed dropped omitted unnecessary ignored needless absent")
BE = _words("is are was were be been being both becomes become")
SCOPE = 6
BETTER = _words(
    "outperform outperforms outperformed outperforming surpass surpasses surpassed surpassing beat beats beaten beating exceed exceeds",
    "exceeded exceeding overtake overtakes outdo outdoes outscore outscores outclass outclasses top tops dominate dominates defeat",
    "defeats eclipse eclipses outstrip outstrips outpace outpaces outrank outranks better superior above ahead stronger faster higher",
    "more larger greater over bigger longer cheaper simpler easier quicker smarter safer richer",
)
TRAILING = _words("trail trails trailed trailing lag lags lagged lagging")
WORSE = TRAILING | _words(
    "underperform underperforms underperformed worse inferior below behind weaker slower lower fewer less smaller shorter loses lose lost short",
)
COMPARING_VERBS = frozenset(
    w for w in BETTER | WORSE if w.startswith(("out", "surpass", "beat", "exceed", "domin", "defeat", "eclips", "under"))
)
_ABSOLUTE = """
always: always invariably every all constantly consistently whenever
never: never no not nothing none cannot without
all: all every each any both entire entirely whole universal universally throughout across
every: all every each any both entire whole universal universally across
only: without only solely exclusively just alone single nothing purely merely unique sole
solely: only solely exclusively alone purely
exclusively: only solely exclusively alone purely
guarantees: guarantee guarantees guaranteed guaranteeing provable provably ensure ensures
guarantee: guarantee guarantees guaranteed guaranteeing provable provably ensure ensures
proves: prove proves proved proven proof proofs provable provably theorem guarantee guarantees
completely: completely entirely fully totally all eliminates perfectly whole
entirely: completely entirely fully totally all solely only purely whole
fully: completely entirely fully totally all end
perfect: perfect perfectly flawless 100
perfectly: perfect perfectly flawlessly 100
eliminates: eliminate eliminates eliminating remove removes without no avoids avoid free
first: first novel pioneering initial never yet previously before 1
certainly: certainly definitely clearly
definitely: certainly definitely clearly
conclusively: conclusively definitively prove proves
established: establish establishes established proves prove shown confirmed confirm
undoubtedly: undoubtedly clearly
universally: universally universal all every any across
"""
ABSOLUTE = tuple((word, _words(backing)) for word, _, backing in (line.partition(": ") for line in _ABSOLUTE.strip().splitlines()))
"""Words that say all or nothing, with those of which the support has to have one."""

UNSURE = _words(
    "may might could possibly perhaps potentially hypothesize hypothesise conjecture sometimes partly partially occasionally",
)
HEDGES = (
    _words(
        "likely seems seem appears appear suggest suggests suggesting suggested potential promise promising preliminary tend tends often",
        "usually typically generally mostly most some many certain can frequently largely mainly primarily probably expected believe",
        "believed argue plausible commonly hint hints indicate indicates indicating few several limited toward towards almost nearly aim",
        "aims hope attempt attempts tries seek seeks presumed alleged claimed apparent prone risk",
    )
    | UNSURE
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
