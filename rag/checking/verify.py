"""Is a sentence what the cited abstract says? The gate between a model and its reader.

Enter a sentence, the papers that were read and what it cites; leaves a verdict with the quotes that carry it. A sentence passes where
one paper holds every name and figure in it, no rule with a veto objects, and what the cross-encoder says, which reads the two together,
weighs more than the rest (`rag.checking.weighing`). Without the cross-encoder every rule has a veto: another unit, bound, owner or
direction, something denied or said more surely, too few of its words in the best sentences (`rag.checking.support`). What fails under its
own citation is tried under the other papers that were read. All of it runs offline; a judge may be added, and can only take away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from rag import injection, languages
from rag.checking import exchange, figures_match, polarity, roles, sums, unclaimed, weighing
from rag.checking.clauses import clauses
from rag.checking.figures_match import Fault
from rag.checking.support import Claim, Read, Reader, Support, lexical_overlap, texts_of
from rag.citations import claimed, formulas, span_citation
from rag.reading import names
from rag.reading.crossencoder import ClaimReading
from rag.text import sentences, words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rag.reading.crossencoder import CrossEncoder
    from rag.schema import Citation, Paper
    from rag.text import Span

Verified = Literal["verified", "reattributed", "unsupported"]

LEAST_COVERAGE = 0.60
"""Share of a claim's weight that its sentences have to carry; see docs/decisions for how it was set."""

HARDLY = 0.3
"""Below this the cross-encoder is not asked: it was taught with claims about the abstract, and takes what says nothing for carried."""

_OF_FIGURES = frozenset({"absent", "unit", "bound", "word"})
_LABELLED = re.compile(r"^([^:.]{2,40}):\s+(\S.{12,})$")
_FIGURE = re.compile(r"\d+(?:\.\d+)*")
_COGNATE = 5  # letters that a word has to share with one of another language
_LEAST_QUOTED = 4  # words: fewer may stand anywhere
_FEW = 3  # content words of a claim; and sentences of an abstract: one of fewer tells too little of what it is about
_OTHERS_TRIED = 6
_LEAST_OVERLAP = 0.4
_NOT_STATED = 0.5
"""The chance that an abstract answers from which on it can't be said that it does not."""
_WORKED_CONTRARY = 0.85
"""Where figures are worked out, the claim passes unless the reader finds the contrary this likely: its own sums are no strength of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A paper that was read. `codes` name sentences of its abstract; without any, it can only be cited by its paper_id."""

    paper: Paper
    codes: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`citations` are quotes in order of place, empty where unsupported or where it is verified that nothing is stated.

    `reason` is empty where verified.
    """

    status: Verified
    citations: tuple[Citation, ...] = ()
    reason: str = ""
    worked: tuple[str, ...] = ()
    """Calculations behind figures that the quotes do not give themselves (`92.96 - 40.08 = 52.88`)."""
    partly: bool = False
    """Whether only names and figures could be checked, since the sentence is in another language than the evidence."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One paper against one claim: `fault` is the first thing wrong, empty where nothing is."""

    claim: str
    read: Read
    support: Support
    reading: ClaimReading | None
    """What the reader says of claim and abstract; None where it was not asked."""
    fault: str
    worked: tuple[sums.Sum, ...] = ()
    chance: float | None = None
    """That the claim is carried (`rag.checking.weighing`); None where nothing was weighed."""

    @property
    def score(self) -> float:
        """How sure, in [0, 1]: the chance, else by shared words."""
        return self.chance if self.chance is not None else self.support.coverage


_LONGEST = 4000
"""Characters of a sentence that is checked; what is longer is none, and the check takes more than its length."""


class Verifier:
    """Checks sentences against abstracts. Thread-safe."""

    def __init__(
        self, embedder: Any = None, *, pairs: CrossEncoder | None = None, judge: Callable[[str, Sequence[str]], bool] | None = None
    ) -> None:
        """`embedder`: with `read` (tokens shown) best, any other good, None by words alone. `pairs` reads claim and abstract together.

        `judge(sentence, quotes)` may veto.
        """
        self.reader = Reader(embedder)
        self._pairs = pairs
        self._judge = judge

    def check(self, sentence: str, evidence: Sequence[Evidence], cited: Sequence[str], *, question: str = "") -> Verdict:
        """The verdict on `sentence`, which cites `cited`: codes or paper_ids of `evidence`, or things that stand for nothing.

        A few words of which none is asked about in `question`, nor stands anywhere else in the papers that carry them, are no statement.
        `verified`: the cited papers carry it. `reattributed`: another paper does, or a citation stood for nothing. Ties between papers
        go to the one that stands first in `evidence`.
        """
        if len(sentence) > _LONGEST:
            return Verdict(status="unsupported", reason="it is too long to be checked as one sentence")
        text = unclaimed.without_source(claimed(sentence)).rstrip(" :")
        known = unclaimed.words_of(question, *(e.paper.title for e in evidence), *(e.paper.abstract for e in evidence))
        whole = "\n".join(f"{e.paper.title}\n{e.paper.abstract}" for e in evidence) or " "
        if strange := unclaimed.unsafe(sentence, whole):
            return Verdict(status="unsupported", reason=f"the abstracts do not hold {strange!r}")
        if odd := [f for f in formulas(sentence) if f not in whole and not unclaimed.formula_allowed(f, known)]:
            return Verdict(status="unsupported", reason=f"the formula {odd[0]!r} holds words or figures that the abstracts lack")
        lacking = unclaimed.missing(text)
        if lacking is not None:
            if question and not unclaimed.topic_allowed(text, lacking.topic, known):
                return Verdict(
                    status="unsupported", reason="what it says to be not stated is in words of neither the question nor the abstracts"
                )
            return self._lacking(lacking, evidence, question)
        if question and not languages.in_english(question) and not languages.in_english(text):
            return _in_another_language(text, evidence, cited)
        label = _LABELLED.match(text)
        verdict = self._checked(text, evidence, cited)
        if verdict.status == "unsupported":
            verdict = self._by_clause(text, evidence, cited, question) or verdict
        if label is not None and unclaimed.heading_allowed(label[1], known):
            found = self._checked(label[2], evidence, cited) if verdict.status == "unsupported" else verdict
            verdict = verdict if found.status == "unsupported" else found
        elif label is not None and verdict.status != "unsupported" and unclaimed.states(label[1]):
            verdict = next((v for v in [self._checked(label[1], evidence, cited)] if v.status == "unsupported"), verdict)
        if verdict.status == "unsupported" or _at_home(text, verdict.citations, evidence, question):
            return verdict
        return Verdict(status="unsupported", reason="it says nothing of what was asked, nor of what the abstract is about")

    def _lacking(self, lacking: unclaimed.Missing, evidence: Sequence[Evidence], question: str) -> Verdict:
        """Whether it is true that none of the papers says so: the reader finds no answer in them."""
        asked = lacking.topic or question
        told = names.names(asked)
        reads = [self.reader.paper(e.paper) for e in evidence]
        about = [r for r in reads if all(names.named(r.whole).holds(n) for n in told)] if told else reads
        if lacking.compares:
            sides = {n.key: n for n in names.names(question)}
            both = [t for r in reads for t in r.texts if sum(names.named(t).holds(n) for n in sides.values()) > 1]
            said = bool(both) or len(sides) < 2
        elif self._pairs is None:
            wanted = unclaimed.words_of(asked)
            said = any(wanted <= own | r.title_stems for r in about for own in r.stems)
        else:
            if lacking.topic and not told and (subjects := [n.text for n in names.names(question)]):
                asked = f"{asked} of {' and '.join(subjects)}"
            asked = asked if asked.endswith("?") or not asked else f"{asked[:1].upper()}{asked[1:]}?"
            readings = (self._pairs.question(asked, r.paper.title, r.texts) for r in about[:_OTHERS_TRIED])
            said = any(found.answerable >= _NOT_STATED for found in readings)
        if said:
            return Verdict(status="unsupported", reason="it is stated in the abstracts")
        return Verdict(status="verified")

    def _by_clause(self, text: str, evidence: Sequence[Evidence], cited: Sequence[str], question: str) -> Verdict | None:
        """A claim about several papers, each clause under one that carries it; None where it has no clauses or one of them fails."""
        parts = clauses(text)
        own, unknown = _resolve(evidence, cited)
        if parts is None or (len(own) == 1 and not unknown and not names.missing(text, self.reader.paper(own[0].paper).whole)):
            return None
        if parts.frame:
            known = unclaimed.words_of(question, *(e.paper.title for e in own), *(e.paper.abstract for e in own))
            if not unclaimed.allowed(parts.frame, known):
                return None
        if parts.each and len(own) < 2:
            return None
        elsewhere = False
        quotes: list[tuple[Citation, ...]] = []
        taken: set[str] = set()
        for clause in parts.parts:
            claim = self.reader.claim(clause)
            found = [(e, f) for e in own if not (f := self.against(claim, e.paper)).fault]
            if parts.each and len(found) < len(own):
                return None
            if parts.apart:
                found = [(e, f) for e, f in found if e.paper.paper_id not in taken]
            if not found:
                other = self._elsewhere(claim, evidence, own)
                if other is None or (parts.apart and other[0].paper.paper_id in taken):
                    return None
                found, elsewhere = [other], True
            chosen = found if parts.each else [_best(found)]
            taken |= {e.paper.paper_id for e, _f in chosen}
            quotes += [self._quotes(e.paper, f.support) for e, f in chosen]
        citations = tuple(dict.fromkeys(c for some in quotes for c in some))
        return self._settled(text, "reattributed" if elsewhere or unknown else "verified", citations)

    def _checked(self, sentence: str, evidence: Sequence[Evidence], cited: Sequence[str]) -> Verdict:
        own, unknown = _resolve(evidence, cited)
        if quotes := tuple(c for e in own for c in _word_for_word(sentence, e.paper)):
            return self._settled(sentence, "reattributed" if unknown else "verified", quotes)
        claim = self.reader.claim(sentence)
        if not claim.terms:
            return Verdict(status="unsupported", reason="it says nothing that could be checked")
        found = [(e, self.against(claim, e.paper)) for e in own]
        sound = [(e, f) for e, f in found if not f.fault]
        if not sound and len(own) > 1 and clauses(sentence) is None:
            joint = self._together(claim, own)
            if joint is not None:
                return self._settled(sentence, "reattributed" if unknown else "verified", joint)
        if sound:
            if len(sound) > 1:
                best = max(f.score for _e, f in sound)
                sound = [(e, f) for e, f in sound if f.score >= best - 0.15]
            return self._carried_by(sentence, "reattributed" if unknown else "verified", sound)
        other = self._elsewhere(claim, evidence, own)
        if other is not None:
            return self._carried_by(sentence, "reattributed", [other])
        if found:
            return Verdict(status="unsupported", reason=_best(found)[1].fault)
        why = f"its citation {unknown[0]!r} stands for nothing" if unknown else "it cites nothing"
        return Verdict(status="unsupported", reason=f"{why}, and no paper that was read supports it")

    def _carried_by(self, sentence: str, status: Verified, sound: Sequence[tuple[Evidence, Finding]]) -> Verdict:
        citations = tuple(dict.fromkeys(c for e, f in sound for c in self._quotes(e.paper, f.support, f.worked)))
        worked = tuple(dict.fromkeys(w.text for _e, f in sound for w in f.worked))
        return self._settled(sentence, status, citations, worked)

    def against(self, claim: Claim | str, paper: Paper) -> Finding:
        """One paper alone: what carries the claim, what is wrong, how sure."""
        claim = self.reader.claim(claim) if isinstance(claim, str) else claim
        read = self.reader.paper(paper)
        support = self.reader.lay(claim, read)
        if _word_for_word(claim.text, paper):
            return Finding(claim=claim.text, read=read, support=support, reading=ClaimReading(1.0, 0.0, 0.0, ()), fault="", chance=1.0)
        found = faults_in(claim.text, read, support)
        if any(f.kind in _OF_FIGURES for f in found) and (worked := sums.worked_out(claim.text, read.texts)) is not None:
            return self._worked(claim, read, support, found, worked)
        return self._weighed(claim, read, support, found)

    def _weighed(self, claim: Claim, read: Read, support: Support, found: Sequence[Fault]) -> Finding:
        """A claim without a fault that nothing outweighs: what is seen and read is put together; without a reader every rule has a veto."""
        if sure := [f.text for f in found if f.kind not in weighing.WEIGHED]:
            return Finding(claim=claim.text, read=read, support=support, reading=None, fault=sure[0])
        strange, seen = weighing.foreign(claim, support), [f.text for f in found]
        if self._pairs is None or not read.texts:
            seen += [f"of {strange.text!r} nothing stands in the abstract"] if strange.altogether else []
            seen += ["too little of it stands in the abstract"] if support.coverage < LEAST_COVERAGE else []
            fault = next(iter(seen), "")
            return Finding(claim=claim.text, read=read, support=support, reading=None, fault=fault)
        reading = self._pairs.claim(claim.text, read.paper.title, read.texts)
        chance = weighing.chance(weighing.signals(claim.text, read.texts, reading, strange, {f.kind for f in found}))
        fault = "" if chance >= weighing.enough() else next(iter(seen), _said_of(reading))
        return Finding(claim=claim.text, read=read, support=support, reading=reading, fault=fault, chance=chance)

    def _worked(self, claim: Claim, read: Read, support: Support, found: list[Fault], worked: tuple[list[sums.Sum], str]) -> Finding:
        """A claim whose figures are worked out from the abstract's: names, order and denials have to be right as ever."""
        done, wrong = worked
        rest = [f.text for f in found if f.kind not in _OF_FIGURES and f.kind != "nothing"]
        bare = self.reader.claim(sums.plain(claim.text))
        if (strange := weighing.foreign(bare, self.reader.lay(bare, read))).altogether:
            rest.append(f"of {strange.text!r} nothing stands in the abstract")
        fault, reading = wrong or next(iter(rest), ""), None
        if not fault and self._pairs is not None:
            reading = self._pairs.claim(claim.text, read.paper.title, read.texts)
            fault = "the abstract says otherwise" if reading.contradicted >= _WORKED_CONTRARY else ""
        return Finding(claim=claim.text, read=read, support=support, reading=reading, fault=fault, worked=tuple(done))

    def _together(self, claim: Claim, own: Sequence[Evidence]) -> tuple[Citation, ...] | None:
        """Several cited papers that carry the claim only together: each has to carry a part, and none may contradict it."""
        reads = [self.reader.paper(e.paper) for e in own]
        joint = _joined(reads)
        support = self.reader.lay(claim, joint)
        if self._weighed(claim, joint, support, faults_in(claim.text, joint, support)).fault:
            return None
        offsets = [0]
        for read in reads:
            offsets.append(offsets[-1] + len(read.texts))
        citations = []
        for n, read in enumerate(reads):
            for at in sorted(support.chosen):
                if offsets[n] <= at < offsets[n + 1]:
                    span = read.spans[at - offsets[n]]
                    citations.append(span_citation(read.paper, span.start, span.end))
        return tuple(citations)

    def _elsewhere(self, claim: Claim, evidence: Sequence[Evidence], own: Sequence[Evidence]) -> tuple[Evidence, Finding] | None:
        tried = {e.paper.paper_id for e in own}
        others = [e for e in evidence if e.paper.paper_id not in tried]
        overlaps = [lexical_overlap(claim, self.reader.paper(e.paper)) for e in others]
        said = {n.key for n in names.names(claim.text)}
        named = [bool(said & names.main_names(e.paper.title)) for e in others]  # it speaks of that paper's own
        order = sorted(range(len(others)), key=lambda n: (not named[n], -overlaps[n], n))[:_OTHERS_TRIED]
        found = [(others[n], self.against(claim, others[n].paper)) for n in order if named[n] or overlaps[n] >= _LEAST_OVERLAP]
        homes = [self.reader.paper(e.paper) for e in own]
        sound = [(e, f) for e, f in found if not f.fault and not _left_behind(claim, homes, f.read)]
        return _best(sound) if sound else None

    def _quotes(self, paper: Paper, support: Support, worked: Sequence[sums.Sum] = ()) -> tuple[Citation, ...]:
        read = self.reader.paper(paper)
        of_sums = {read.texts.index(w.sentence) for w in worked}
        return tuple(span_citation(paper, read.spans[n].start, read.spans[n].end) for n in sorted(of_sums or support.chosen))

    def _settled(self, sentence: str, status: Verified, citations: tuple[Citation, ...], worked: tuple[str, ...] = ()) -> Verdict:
        if self._judge is not None and not self._judge(sentence, [c.quote for c in citations if c.quote]):
            return Verdict(status="unsupported", reason="the second check found no support")
        return Verdict(status=status, citations=citations, worked=worked)


def _left_behind(claim: Claim, homes: Sequence[Read], other: Read) -> bool:
    """Whether a word of the claim stands in a paper that it cites and not in the one that is to stand in for that: it mixes the two."""
    there = other.title_stems.union(*other.stems)
    return any(
        term.weight >= 1 and not set(term.stems) & there and set(term.stems) <= home.title_stems.union(*home.stems)
        for home in homes
        for term in claim.terms
    )


def _said_of(reading: ClaimReading) -> str:
    """Why a claim that no rule objects to is stopped."""
    return "the abstract says otherwise" if reading.contradicted > reading.not_said else "the abstract does not say so"


def _best(found: Sequence[tuple[Evidence, Finding]]) -> tuple[Evidence, Finding]:
    """The first of those with the highest score."""
    return found[0] if len(found) == 1 else max(found, key=lambda pair: pair[1].score)


def faults_in(claim: str, read: Read, support: Support) -> list[Fault]:
    """What in the claim the paper does not bear out, in the order in which it is told; empty where there is nothing."""
    if not support.chosen:
        return [Fault("nothing", "the abstract holds nothing to compare")]
    whole = f"{read.whole}\n{'; '.join(read.paper.authors)}"
    found = [Fault("name", f"the abstract does not mention {lost!r}") for lost in names.missing(claim, whole)[:1]]
    chosen = texts_of(support, read)
    found += figures_match.faults(claim, chosen, list(read.texts), whole=read.whole)
    if support.coverage < HARDLY:
        found.append(Fault("nothing", "hardly anything of it stands in the abstract"))
    texts, context = list(read.texts), [*chosen, read.paper.title]
    own = frozenset(names.main_names(read.paper.title) | names.own_names(read.paper.title, texts))
    another, denied = exchange.replaced(claim, texts, title=read.paper.title, own=own), polarity.denied_differently(claim, chosen, texts)
    told = {
        "replaced" if another and another[1] else "another": another and another[0],
        "moved": exchange.moved(claim, texts),
        "misplaced": roles.misplaced(claim, texts, own=own),
        "denied": denied and denied[0],
        "swapped": polarity.sides_swapped(claim, context),
        "turned": polarity.turned(claim, context),
        "steady": polarity.steady(claim, context),
        "opposite": polarity.opposite_word(claim, context),
        "overstated": polarity.overstated(claim, context),
    }
    found += [Fault(kind, text) for kind, text in told.items() if text]
    return found


def _at_home(sentence: str, citations: Sequence[Citation], evidence: Sequence[Evidence], question: str) -> bool:
    """Whether a claim of few words has one in common with the question, or with a cited paper beside the sentences that carry it.

    Those sentences themselves say nothing on that: a stranger may have put them there. Where no question is known, two words are few.
    """
    content = injection.content_of(sentence)
    if len(content) > (_FEW if question else _FEW - 1) or content & injection.content_of(question):
        return True
    papers = {e.paper.paper_id: e.paper for e in evidence}
    for paper_id in {c.paper_id for c in citations}:
        paper = papers[paper_id]
        quoted = {(c.start, c.end) for c in citations if c.paper_id == paper_id}
        spans = sentences(paper.abstract)
        texts = [paper.abstract[s.start : s.end] for s in spans]
        orders = injection.orders_in(texts, paper.title)
        rest = [t for n, (s, t) in enumerate(zip(spans, texts, strict=True)) if n not in orders and (s.start, s.end) not in quoted]
        if len(texts) - len(orders) < _FEW or content & injection.content_of(" ".join((injection.spoken(paper).title, *rest))):
            return True
    return False


def _in_another_language(text: str, evidence: Sequence[Evidence], cited: Sequence[str]) -> Verdict:
    """A sentence that the reader can't read: its figures and its names have to stand in the sentences that it cites, and it needs one.

    Names are told by digits and capitals inside; words that the two languages share (`Median`) count as well.
    """
    spans = [(e.paper, e.codes[c]) for c in cited for e in evidence if c in e.codes]
    quotes = [span_citation(paper, s.start, s.end) for paper, s in dict.fromkeys(spans)]
    if not quotes:
        return Verdict(status="unsupported", reason="it is not in English, and cites no line of the evidence")
    there = " ".join(c.quote or "" for c in quotes)
    whole = " ".join((there, *(p.title for p, _s in spans), *(p.abstract for p, _s in spans)))
    figures = set(_FIGURE.findall(text.replace(",", ".")))
    if lost := sorted(figures - set(_FIGURE.findall(there)) - set(_FIGURE.findall(there.replace(",", "")))):
        return Verdict(status="unsupported", reason=f"the cited line has no figure {lost[0]!r}")
    told = [
        m[0] for m in names.TOKEN.finditer(text) if any(map(str.isupper, m[0][1:])) or (any(map(str.isdigit, m[0])) and not m[0].isdigit())
    ]
    index = names.named(whole)
    if strange := [n for n in told if not index.holds(names.Name(n, names.key_of(n), 0, len(n)))]:
        return Verdict(status="unsupported", reason=f"the abstract does not mention {strange[0]!r}")
    shared = {w[:_COGNATE] for w in words(text) if len(w) >= _COGNATE and w.isalpha()} & {w[:_COGNATE] for w in words(there)}
    if not figures and not shared and not [n for n in told if names.named(there).has(names.key_of(n))]:
        return Verdict(status="unsupported", reason="it is not in English, and shares no name and no figure with the line that it cites")
    return Verdict(status="verified", citations=tuple(quotes), partly=True)


def _word_for_word(sentence: str, paper: Paper) -> list[Citation]:
    """The sentences of the abstract that say the same to the letter; orders to a model are none. Nothing has to be read for that."""
    wanted = _plain(sentence)
    if len(wanted.split()) < _LEAST_QUOTED:
        return []
    spans = sentences(paper.abstract)
    same = [n for n, s in enumerate(spans) if _plain(paper.abstract[s.start : s.end]) == wanted]
    orders = injection.orders_in([paper.abstract[s.start : s.end] for s in spans], paper.title) if same else ()
    return [span_citation(paper, spans[n].start, spans[n].end) for n in same if n not in orders]


def _plain(text: str) -> str:
    """A sentence without what may differ in a quotation: spaces, quotation marks and the full stop."""
    return " ".join(text.split()).strip(" .\"“”'")


def _resolve(evidence: Sequence[Evidence], cited: Sequence[str]) -> tuple[list[Evidence], list[str]]:
    """The cited papers in the order of `evidence`, and what stands for none."""
    wanted: dict[str, None] = {}
    unknown = []
    for item in cited:
        owner = next((e for e in evidence if item in e.codes or item == e.paper.paper_id), None)
        if owner is None:
            unknown.append(item)
        else:
            wanted[owner.paper.paper_id] = None
    return [e for e in evidence if e.paper.paper_id in wanted], unknown


def _joined(reads: Sequence[Read]) -> Read:
    """Several papers as one, for a claim about all of them."""
    vectors = [r.vectors for r in reads if r.vectors is not None]
    titles = "; ".join(r.paper.title.rstrip(".") for r in reads)
    return Read(
        replace(reads[0].paper, title=titles),
        tuple(s for r in reads for s in r.spans),
        tuple(t for r in reads for t in (*r.texts,)),
        tuple(s for r in reads for s in r.stems),
        frozenset(),  # each has to carry its part itself
        np.concatenate(vectors) if vectors else None,
        tuple(t for r in reads for t in r.tokens),
    )
