"""The general English that twins are made with: opposite words, words of one meaning, verbs whose roles differ, and inflection."""

from __future__ import annotations

import re

# Two sides of one scale, `/` between them; words of one side stand for one another. A use has its own lists since "rise" takes no object
# and "raise" needs one. `_` joins the parts of a verb of two words.
_OPPOSITES = """
transitive: increase raise elevate enhance boost / decrease reduce lower diminish lessen; improve enhance / worsen impair; promote
  stimulate facilitate / inhibit suppress hinder; activate / inhibit deactivate; induce trigger / prevent block; accelerate speed_up /
  delay slow_down; upregulate up-regulate / downregulate down-regulate; strengthen / weaken; confirm support / contradict refute; maximize
  / minimize; extend prolong lengthen / shorten; outperform surpass / underperform; exceed / fall_below; gain / lose; precede / follow;
  stabilize / destabilize; preserve maintain / disrupt abolish; simplify / complicate
intransitive: increase rise grow / decrease fall decline drop; improve / worsen deteriorate; accelerate / slow_down
passive: increase elevate raise enhance / decrease reduce lower diminish; improve enhance / worsen impair; upregulate up-regulate /
  downregulate down-regulate; activate stimulate / inhibit suppress; accelerate / delay; promote / inhibit; strengthen / weaken; prolong
  lengthen / shorten
participle: increased elevated raised heightened / decreased reduced lowered diminished; improved enhanced / worsened impaired;
  upregulated / downregulated; prolonged lengthened / shortened
noun: increase rise / decrease decline; increase / reduction; improvement / worsening deterioration; upregulation up-regulation /
  downregulation down-regulation; gain / loss; presence / absence; majority / minority; advantage / disadvantage; strength / weakness;
  agonist / antagonist
comparative: higher greater / lower; larger bigger / smaller; longer / shorter; faster quicker / slower; better / worse; stronger /
  weaker; earlier sooner / later; older / younger; superior / inferior; easier / harder; heavier / lighter; deeper / shallower; wider
  broader / narrower; richer / poorer
superlative: highest / lowest; largest biggest / smallest; best / worst; longest / shortest; strongest / weakest
adjective: high / low; strong / weak; positive / negative; common frequent / rare uncommon infrequent; effective efficacious /
  ineffective; safe / unsafe; beneficial favourable advantageous / harmful detrimental unfavourable; sufficient adequate / insufficient
  inadequate; sensitive / resistant; stable / unstable; acute / chronic; early / late; short / long; small / large big; rapid fast quick /
  slow gradual; consistent / inconsistent; reversible / irreversible; linear / nonlinear; supervised / unsupervised; convex / non-convex;
  sparse / dense; local / global; shallow / deep; complete / incomplete partial; simple / complex complicated; efficient / inefficient;
  accurate / inaccurate; robust / fragile; protective / harmful; upstream / downstream; anterior / posterior; proximal / distal;
  proinflammatory pro-inflammatory / anti-inflammatory; extracellular / intracellular; benign / malignant; mild / severe; homozygous /
  heterozygous; expensive costly / cheap inexpensive; male / female
predicate: necessary required / unnecessary dispensable; able / unable; likely / unlikely; important crucial essential / unimportant
  minor; possible feasible / impossible infeasible; useful / useless
adverb: positively / negatively inversely; strongly / weakly; rapidly quickly / slowly gradually; frequently often commonly / rarely
  seldom infrequently; efficiently / inefficiently; directly / indirectly; substantially considerably markedly / slightly marginally
  minimally; successfully / unsuccessfully; completely fully entirely / partially partly incompletely
nouns: men males / women females; boys / girls; adults / children
"""
OPPOSITES: tuple[tuple[str, str, str], ...] = tuple(
    (use, *(" ".join(side.split()) for side in pair.split("/")))
    for use, pairs in re.findall(r"(\w+): ([^:]+)(?=\n\w+:|\n\Z)", _OPPOSITES)
    for pair in pairs.split(";")
)

FIXED_LOWER = frozenset(
    [
        "limb",
        "limbs",
        "extremity",
        "extremities",
        "respiratory",
        "urinary",
        "back",
        "bound",
        "bounds",
        "gastrointestinal",
        "urinary",
        "abdominal",
        "leg",
        "half",
    ]
)
"""What "lower" names a part of before these words, and no less."""

# Words of one meaning where a general sentence of science is concerned. The first stands for the others and they for it; one after `>` only
# for the first, since it has other meanings.
_SYNONYMS = """
VERB: demonstrate show; suggest imply; observe >see; identify detect; examine investigate study >explore; evaluate assess; use employ
  utilize; develop >create >design; introduce >propose; propose >put_forward; require need; obtain >acquire; achieve attain >reach;
  provide offer >supply; allow enable permit; perform conduct >carry_out; analyze analyse; begin start commence; occur >arise >happen;
  generate produce; address tackle; combine >merge >integrate; select choose pick; influence affect; participate take_part; appear seem;
  describe >outline; report >describe; highlight underline emphasize; extract >derive; discover >uncover; construct build; estimate
  calculate compute; measure quantify >gauge; solve resolve; leverage exploit; eliminate remove
NOUN: method approach technique; result finding; aim goal objective; effect >impact; illness disease; association relationship link;
  individual >person; participant >subject; capability ability capacity; feature characteristic; challenge difficulty; damage >harm;
  ageing aging; tumor tumour; drug >medication; doctor physician; variation variability
ADJ: important crucial key >vital; significant substantial >notable; novel >new; various >diverse >several; main principal chief; entire
  whole >full; additional further >extra; essential indispensable; current >present; recent >latest; similar comparable; potential
  possible; critical pivotal crucial; adequate sufficient; rapid >quick >fast; numerous >many; difficult hard challenging; distinct
  >separate >different; multiple >several >many; previous >earlier prior; traditional conventional; powerful >strong; simple
  >straightforward; promising encouraging
ADV: significantly markedly substantially considerably; mainly mostly primarily chiefly; usually generally typically; approximately about
  roughly around; rapidly quickly swiftly; frequently often commonly; especially particularly; recently lately; currently presently >now;
  previously >earlier >formerly; completely fully entirely; nearly almost; only solely; highly >very; subsequently >afterwards;
  consistently >invariably reliably; efficiently >effectively; simultaneously concurrently; dramatically drastically sharply
"""
SYNONYMS: dict[str, list[list[str]]] = {
    use: [line.split() for line in lists.split(";")] for use, lists in re.findall(r"(\w+): ([^:]+)(?=\n\w+:|\n\Z)", _SYNONYMS)
}

# Verbs whose subject and object can't change places without saying something else.
ROLE_VERBS = frozenset(
    [
        "inhibit",
        "activate",
        "regulate",
        "promote",
        "suppress",
        "induce",
        "cause",
        "phosphorylate",
        "recruit",
        "target",
        "mediate",
        "control",
        "repress",
        "block",
        "produce",
        "trigger",
        "stimulate",
        "drive",
        "affect",
        "influence",
        "predict",
        "precede",
        "require",
        "generate",
        "outperform",
        "recognize",
        "cleave",
        "degrade",
        "upregulate",
        "downregulate",
        "modulate",
        "determine",
        "enable",
        "prevent",
        "stabilize",
        "enhance",
        "replace",
        "exceed",
        "follow",
        "surpass",
        "limit",
        "facilitate",
        "impair",
        "increase",
        "decrease",
        "reduce",
        "improve",
        "contain",
        "encode",
        "secrete",
        "attenuate",
        "antagonize",
        "antagonise",
        "antagonise",
        "activate",
        "dominate",
        "support",
        "underlie",
        "shape",
        "guide",
        "govern",
        "initiate",
        "accelerate",
        "delay",
        "destroy",
        "kill",
        "infect",
        "invade",
        "colonize",
        "protect",
        "eliminate",
        "catalyze",
        "catalyse",
        "transport",
        "carry",
        "disrupt",
        "abolish",
        "alter",
        "modify",
        "exacerbate",
        "augment",
        "reverse",
        "restore",
        "counteract",
        "potentiate",
        "sensitize",
        "explain",
        "motivate",
    ]
)

_IRREGULAR = """
be was been; have had had; do did done; rise rose risen; fall fell fallen; grow grew grown; find found found; show showed shown; see saw
seen; get got obtained; hold held held; begin began begun; arise arose arisen; choose chose chosen; take took taken; put put put; lose
lost lost; build built built; lead led led; make made made; give gave given; become became become; come came come; go went gone; know knew
known; think thought thought; bind bound bound; drive drove driven; undergo underwent undergone; speed sped sped; keep kept kept; learn
learned learned; leave left left; spread spread spread; meet met met; lie lay lain; feel felt felt; underlie underlay underlain; overcome
overcame overcome; withstand withstood withstood; understand understood understood; write wrote written; speak spoke spoken; bring brought
brought; cut cut cut; set set set; let let let; read read read; run ran run; seek sought sought; send sent sent; spend spent spent; stand
stood stood; tell told told; win won won; wear wore worn; fit fitted fitted; shrink shrank shrunk; beat beat beaten; sleep slept slept;
say said said; draw drew drawn; break broke broken; bear bore borne; split split split; cost cost cost; eat ate eaten; drink drank drunk;
forget forgot forgotten; deal dealt dealt; hit hit hit; recast recast recast; cast cast cast; pay paid paid; sit sat sat
"""
IRREGULAR = {first: (past, done) for first, past, done in (forms.split() for forms in _IRREGULAR.split(";"))}
"""The past and the participle of a verb."""

_DOUBLES = frozenset(
    [
        "stop",
        "drop",
        "plan",
        "map",
        "transfer",
        "refer",
        "occur",
        "control",
        "permit",
        "commit",
        "submit",
        "prefer",
        "regret",
        "trap",
        "wrap",
        "step",
        "slip",
        "spur",
        "knot",
        "bar",
    ]
)
_VOWELS = frozenset("aeiou")


def verb(lemma: str, tag: str) -> str:
    """`lemma` in the form that a Penn tag names; of "carry_out" the first word is inflected."""
    first, _, rest = lemma.partition("_")
    tail = " " + rest if rest else ""
    if tag in {"VB", "VBP"}:
        return ("are" if first == "be" else first) + tail if tag == "VBP" else first + tail
    if tag == "VBZ":
        if first in {"be", "have"}:
            return ("is" if first == "be" else "has") + tail
        return plural(first) + tail
    if tag in {"VBD", "VBN"}:
        if first in IRREGULAR:
            return IRREGULAR[first][tag == "VBN"] + tail
        return _stem(first, "ed") + tail
    return _stem(first, "ing") + tail


def _stem(word: str, ending: str) -> str:
    if word.endswith("ie") and ending == "ing":
        return word[:-2] + "ying"
    if word.endswith("e") and not word.endswith(("ee", "oe", "ye")):
        return word[:-1] + ending
    if word.endswith("ee") and ending == "ed":
        return word + "d"
    if word.endswith("y") and word[-2:-1] not in _VOWELS and ending == "ed":
        return word[:-1] + "ied"
    if word in _DOUBLES or (len(word) == 3 and word[-1] not in "wxy" and word[1] in _VOWELS and word[0] not in _VOWELS):
        return word + word[-1] + ending
    return word + ending


def plural(word: str) -> str:
    """The plural of a noun, which is also the third person of a verb."""
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        return word[:-1] + "ies"
    if word.endswith(("s", "x", "z", "ch", "sh", "do")) or word == "go":
        return word + "es"
    if word.endswith("person"):
        return "people"
    return word + "s"
