"""What the library says without a model: a question's slots, each searched, read, decided and answered by itself, become one draft.

Enter a Question and its hits, leaves the work half-way to an Answer. `slots` says what is asked, `compose` chooses the sentences, `lists`
looks papers up, `fields` and `summaries` do one kind each; this chooses between them and puts their parts together.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answering import compose, fields, lists, relevance, small_talk, summaries, verdicts
from rag.answering.draft import Draft, context_of, looked_at, refused
from rag.answering.draft import quoted as quoted_sentence
from rag.deciding import decision, signals
from rag.injection import spoken
from rag.questions.followups import without_field_words
from rag.questions.kinds import MANY, is_greeting
from rag.questions.lookups import looked_up
from rag.questions.slots import Slot, asks, form_of, slots_of
from rag.reading.reader import PAPERS_READ
from rag.retrieval import exact
from rag.schema import Filters, Part, Table
from rag.stopping import check
from rag.text import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from rag.answering.relevance import Ranked
    from rag.answering.topics import Embed
    from rag.deciding.decision import Use, Verdict
    from rag.deciding.signals import Signals
    from rag.library import Library
    from rag.questions import Question
    from rag.questions.slots import Form
    from rag.reading.reader import Asked, Read, Reader, Sentence
    from rag.schema import AbstainReason, Hit, Paper, PartStatus, Statement, Voice, YesNo

LIST_READ, SUMMARY_READ = 16, 20
"""Papers read for a list or a summary of many; and those of a selection or a filter that are summarised."""

SOME = 5
"""Papers named where the newest or oldest are asked for without a number."""

LIST_CHANCE, LIST_ANSWERED = 0.24, 0.1
"""The best chance of any paper read, and the decision's, below both of which a topic is refused where no sentence holds all its words: set
between requests for what the original abstracts are about and for 38 other things, of which all but two are refused."""

DECISIVE = 3
"""Papers on which the verdict rests."""

CLEAR = 0.5
"""The chance that one of the decisive papers answers from which on no further one is read, but for a definition, which any paper may hold:
no figure of `python -m eval asked` falls by it."""

OTHERWISE = 0.5
"""The chance that the abstract contradicts the question from which on it is asked first whether it says otherwise."""

EVIDENT, CONTRARY = 0.3, 0.4
"""How much of an answer a sentence must hold to be quoted as saying otherwise, and the chance of a yes up to which it does: of 19 questions
of others whose premise the abstract contradicts 15 are corrected so, by a sentence that says it."""

MOST_PARTS = 24
"""Parts of a question that are searched and read, since each costs what a question costs."""

AGAIN = 0.15
"""Share of the best relevance below which a part is better told by a sentence that another part told already."""

PRESUMING = frozenset({"mechanism", "cause", "general"})
"""Forms of questions that take something for granted."""

BY_TITLE = frozenset({"list", "count", "field"})
"""Kinds of question that a paper without abstract can answer, by its title and its fields."""

_LEADS = {
    "nearest": "No paper says this directly; nearest:",
    "paper": "The paper does not state this; nearest:",
    "correction": "The paper says otherwise:",
}
_OR, _AND_OR = re.compile(r"\s+or\s+", re.IGNORECASE), re.compile(r"\s+(?:and|or)\s+", re.IGNORECASE)
_WHO = re.compile(r"(?:which|who)\b", re.IGNORECASE)
"""How an attribute begins that asks for one of the sides."""

_VERDICTS = {"yes": "Yes.", "no": "No.", "mixed": "Mixed."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The papers that were read against a question, and what they are good for."""

    asked: Asked
    reads: Sequence[Read]
    ranked: Sequence[Ranked]
    signals: Signals
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A question half-way to its answer."""

    question: Question
    hits: Sequence[Hit]
    reads: Sequence[Read] = ()
    ranked: Sequence[Ranked] = ()
    draft: Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A slot with what became of it."""

    slot: Slot
    status: PartStatus
    statements: tuple[Statement, ...] = ()
    seen: Weighed | None = None
    draft: Draft | None = None
    """Where stored fields or a list answered it."""

    @property
    def chance(self) -> float | None:
        """The calibrated chance that the papers answer; None where nothing had to be decided."""
        return self.seen.verdict.answerable if self.seen else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafter:
    """Drafts answers over one library. Thread-safe."""

    library: Library
    reader: Reader
    words: int
    search: Callable[[str, Question], list[Hit]]
    """Papers for a slot's text, under the question's filters."""
    embed: Embed | None = None
    """What makes vectors of texts, where there is one."""

    def work(self, question: Question, hits: Sequence[Hit], *, quoted: bool = True) -> Work:
        """Read the papers, rank their sentences, draft the answer.

        `quoted`: the draft is what will be shown. Where a model writes instead, only as much is read as the decision needs.
        """
        hits = [dataclasses.replace(hit, paper=spoken(hit.paper)) for hit in hits]
        if question.unnamed or is_greeting(question.text):
            said = small_talk.reply("which" if question.unnamed else small_talk.small(question.text), self.library.count())
            return Work(question=question, hits=(), draft=said)
        if question.framed.unstored and not question.topic and not question.filters:
            return Work(question=question, hits=(), draft=fields.unstored(question.framed.unstored))
        if not hits or question.by_fields or question.superlative or question.sides:
            return Work(question=question, hits=hits, draft=self._by_fields(question, hits))
        if question.kind in {"list", "count"} and (found := self._looked_up(question)) is not None:
            return Work(question=question, hits=hits, draft=found)
        texts = hits if question.kind in BY_TITLE else [h for h in hits if h.paper.abstract]
        if not texts:
            return Work(question=question, hits=hits, draft=refused("none_found", [h.paper for h in hits]))
        if quoted and question.kind not in MANY and question.kind != "chat":
            slots = self.slots(question)
            if len(slots) > 1 and normalise(question.core) != normalise(hits[0].paper.title):
                return self._of_parts(question, texts, slots)
        seen = self.weigh(question, texts, quoted=quoted)
        if not quoted and not seen.ranked:  # the first papers hold nothing that may be quoted
            return self.work(question, hits)
        draft = self._draft(question, texts, seen)
        if texts[0] is not hits[0]:
            if draft.abstain_reason is not None:
                draft = refused(draft.abstain_reason, [h.paper for h in hits])
            note = f"“{hits[0].paper.title.rstrip('.')}” is nearest by its title; it has no abstract to quote from."
            draft = dataclasses.replace(draft, notes=(*draft.notes, note))
        return Work(question=question, hits=hits, reads=seen.reads, ranked=seen.ranked, draft=draft)

    def slots(self, question: Question) -> tuple[Slot, ...]:
        """What the question asks for; one slot for a follow-up, whose words lean on earlier ones."""
        if question.follow_up:
            return (Slot(form=form_of(question.core), text=question.topic, label=question.core, leans=True),)
        whole = question.topic if question.asked_field is None else question.core
        slots = slots_of(whole)
        if question.framed.verdict and len(slots) == 1:
            return (dataclasses.replace(slots[0], form="verdict"),)
        if slots[0].side and not self._any_side(slots):
            return (Slot(form=form_of(whole), text=whole, label=whole),)
        return slots

    def weigh(self, question: Question, hits: Sequence[Hit], *, quoted: bool = True) -> Weighed:
        """The first papers read, their sentences ranked, and whether they hold an answer."""
        hits = hits[: read_of(question)]
        asked = self.reader.ask(question.topic)
        reads = self.reader.read(asked, hits, papers=len(hits) if question.kind in MANY else DECISIVE)
        form: Form = "list" if question.kind in MANY or question.kind == "chat" else self.slots(question)[0].form
        if quoted and (form == "definition" or max((read.chance for read in reads), default=0.0) < CLEAR):
            reads += self.reader.read(asked, hits[len(reads) :], papers=len(hits))
        check()
        own = self.reader.read(self.reader.ask(question.core), hits, papers=len(reads)) if question.follow_up else None
        return self._weighed(asked, hits, reads, use_of(question), form, own, question.carried)

    def _weighed(
        self,
        asked: Asked,
        hits: Sequence[Hit],
        reads: Sequence[Read],
        use: Use,
        form: Form,
        own: Sequence[Read] | None = None,
        carried: Sequence[str] = (),
        aside: float = relevance.ASIDE,
    ) -> Weighed:
        found = signals.measure(asked, hits, reads[:DECISIVE])
        verdict = decision.judge(found, use=use)
        return Weighed(asked=asked, reads=reads, ranked=relevance.rank(reads, form, own, carried, aside), signals=found, verdict=verdict)

    # -- one slot ---------------------------------------------------------------------------------------------------------------

    def _draft(self, question: Question, hits: Sequence[Hit], seen: Weighed) -> Draft:
        kind, reason = question.kind, seen.verdict.reason
        papers = [h.paper for h in hits]
        nearest = tuple(p.paper_id for p in papers[:3])
        if kind in MANY and (question.filters or kind != "summary"):
            reason = None
        if kind == "summary" and reason is not None and len(named := self._named(question, papers)) > 1 and all(named):
            reason = None  # hardly any paper is about several topics at once, and a survey needs none that is
        if kind == "chat":
            reason = "out_of_corpus"
        if kind == "field" and reason != "out_of_corpus":
            by_field = fields.field_answer(question, hits[0].paper)
            if by_field is not None:
                return by_field
        if reason is None and not seen.ranked and kind not in BY_TITLE:
            reason = "none_found"
        if kind in MANY or kind == "chat" or not seen.ranked:
            return refused(reason, papers) if reason is not None else self._many(question, seen)
        slot = self.slots(question)[0]
        answered = self._answered(slot, seen, use_of(question))
        if answered.status == "not_stated":
            return dataclasses.replace(refused(reason or "detail_missing", papers), confidence=seen.verdict.answerable)
        return self._single(question, answered, nearest)

    def _single(self, question: Question, answered: Answered, nearest: tuple[str, ...]) -> Draft:
        """The draft of one slot that is answered, nearly answered or contradicted."""
        seen = answered.seen
        assert seen is not None
        voice = voice_of(answered.status)
        reason: AbstainReason | None = seen.verdict.reason or "detail_missing"
        reason = None if voice == "answer" else "false_premise" if voice == "correction" else reason
        verdict = self._verdict(answered) if answered.slot.form == "verdict" else None
        lead = _LEADS["paper" if voice == "nearest" and use_of(question) == "paper" else voice] if voice != "answer" else ""
        if voice == "answer" and verdict in _VERDICTS:
            lead = _VERDICTS[verdict]
        return Draft(
            statements=answered.statements,
            headings={0: lead} if lead else {},
            abstain_reason=None
            if voice == "answer"
            else "false_premise"
            if voice == "correction"
            else seen.verdict.reason or "detail_missing",
            nearest=() if voice == "answer" else nearest,
            context=context_of(seen.reads),
            parts=(_part(answered, tuple(range(len(answered.statements)))),),
            verdict=verdict,
            voice=voice,
            confidence=seen.verdict.answerable,
        )

    def _answered(self, slot: Slot, seen: Weighed, use: Use, told: Collection[int | None] = ()) -> Answered:
        """A slot's sentences and status by what was read for it; not what was `told` before (its start), where another is near."""
        supports = 1 if slot.side else compose.SUPPORTS
        fresh = [r for r in seen.ranked if r.sentence.start not in told]
        ranked = fresh if fresh and fresh[0].score >= AGAIN else seen.ranked
        chosen = compose.choose(slot.text, slot.form, seen.reads, ranked, words=self.words // 2, supports=supports)
        status = self._status(seen, use)
        against = self._contrary(slot, seen)
        if not chosen.sentences:
            status = "not_stated"
        elif against is not None:
            status, chosen = "contradicted", compose.Chosen(sentences=(against,))
        elif status != "answered":
            chosen = dataclasses.replace(chosen, sentences=chosen.sentences[:1])
        return Answered(slot=slot, status=status, statements=() if status == "not_stated" else chosen.statements, seen=seen)

    @staticmethod
    def _status(seen: Weighed, use: Use) -> PartStatus:
        if seen.verdict.reason is None:
            return "answered"
        return "nearest" if decision.nearly(seen.verdict, use=use) else "not_stated"

    def _contrary(self, slot: Slot, seen: Weighed) -> Sentence | None:
        """The most relevant sentence that says otherwise than the question takes for granted; None where none does."""
        pairs = self.reader.pairs
        doubt = {r.hit.paper.paper_id: r.reading.contradicted for r in seen.reads[:DECISIVE] if r.reading is not None}
        if pairs is None:
            return None
        whole = seen.verdict.reason == "false_premise"
        alone = seen.verdict.reason is None and slot.form in PRESUMING and not slot.leans
        for sentence in (r.sentence for r in seen.ranked if r.sentence.evidence >= EVIDENT):
            doubted = doubt.get(sentence.paper.paper_id, 0.0)
            if whole and doubted >= OTHERWISE and verdicts.chance(slot.text, sentence.text, pairs) <= CONTRARY:
                return sentence
            if alone and verdicts.speaks_against(slot.text, sentence.text, pairs):
                return sentence
        return None

    def _verdict(self, answered: Answered) -> YesNo:
        """Yes or no by the papers that answer, read as a claim; mixed where they differ."""
        seen = answered.seen
        if seen is None or self.reader.pairs is None or answered.status not in {"answered", "contradicted"}:
            return "not_stated"
        shown = {c.paper_id for s in answered.statements for c in s.citations}
        own = ([r for r in seen.ranked if r.sentence.paper.paper_id == paper] for paper in sorted(shown))
        said = {verdicts.said(answered.slot.text, ranked, self.reader.pairs) for ranked in own} - {None}
        return "not_stated" if not said else "mixed" if len(said) > 1 else said.pop() or "not_stated"

    # -- several slots ----------------------------------------------------------------------------------------------------------

    def _of_parts(self, question: Question, hits: Sequence[Hit], slots: Sequence[Slot]) -> Work:
        """Each slot searched, read and answered by itself; what is not stated is said."""
        use = use_of(question)
        answered: list[Answered] = []
        for slot in slots[:MOST_PARTS]:
            answered.append(self._slot(question, hits, slot, use, answered))
        statements: list[Statement] = []
        headings: dict[int, str] = {}
        joint = self._joint(question, hits, answered) if slots[0].side else None
        if joint is not None:
            statements.append(joint)
            answered = [_told_by(one, joint) for one in answered]
        parts = []
        firm = {(one.slot.side, s) for one in answered if one.status == "answered" for s in one.statements}
        answered = [  # what answers another part is not merely near
            dataclasses.replace(one, status="not_stated", statements=())
            if one.status == "nearest" and any((one.slot.side, s) in firm for s in one.statements)
            else one
            for one in answered
        ]
        for one in answered:
            own = tuple(s for s in one.statements if s not in statements)
            said = self._verdict(one) if one.slot.form == "verdict" else "not_stated"
            verdict = said if said in _VERDICTS else None
            label = _labelled(one, shared=bool(one.statements) and not own, verdict=_VERDICTS.get(said, ""))
            at = len(statements)
            headings[at] = f"{headings[at]}\n{label}" if at in headings else label
            statements += own
            parts.append(dataclasses.replace(_part(one, tuple(statements.index(s) for s in one.statements)), verdict=verdict))
        told = [one for one in answered if one.status == "answered"]
        near = [one for one in answered if one.status in {"nearest", "contradicted"}]
        titles, nearest = [h.paper.title for h in hits[:3]], tuple(h.paper.paper_id for h in hits[:3])
        seen = next((one.seen for one in answered if one.seen is not None), None)
        chances = [one.chance for one in answered if one.chance is not None]
        confidence = sum(chances) / len(chances) if chances else None
        table = _table(answered, statements) if slots[0].side else None
        left = f"{len(slots)} things are asked, of which the first {MOST_PARTS} are answered; ask the others by themselves."
        notes = (left,) if len(slots) > MOST_PARTS else ()
        shared = {"parts": tuple(parts), "confidence": confidence, "table": table, "notes": notes}
        reads = list({r.hit.paper.paper_id: r for one in answered if one.seen for r in one.seen.reads}.values())
        every = [*hits, *(r.hit for r in reads if r.hit.paper.paper_id not in {h.paper.paper_id for h in hits})]
        found = [dataclasses.replace(h, rank=n) for n, h in enumerate(every, start=1)]
        reasons = [one.seen.verdict.reason for one in answered if one.seen and one.seen.verdict.reason]
        reason: AbstainReason = reasons[0] if reasons else "detail_missing"
        if not told and not near:
            draft = Draft(abstain_reason=reason, refusal=decision.refusal(reason, titles), nearest=nearest, **shared)  # type: ignore[arg-type]
        else:
            voice: Voice = "answer" if told else voice_of(near[0].status)
            if table is not None and not all(any(cell is not None for cell in row) for row in table.cells):
                voice, told = "nearest", []  # one side alone is no comparison
            draft = Draft(
                statements=tuple(statements),
                headings=headings,
                abstain_reason=None if told else reason,
                nearest=() if told else nearest,
                context=context_of(reads),
                voice=voice,
                **shared,  # type: ignore[arg-type]
            )
        return Work(question=question, hits=found, reads=reads, ranked=seen.ranked if seen else (), draft=draft)

    def _slot(self, question: Question, hits: Sequence[Hit], slot: Slot, use: Use, before: Sequence[Answered]) -> Answered:
        """One slot by itself, with an eye on the papers that answered those before it; what they told is not told again."""
        check()
        carried = [c.paper_id for one in before if not slot.side for s in one.statements for c in s.citations]
        if slot.field is not None:
            topic = without_field_words(slot.text)
            own = self.search(topic, question) or list(hits)
            by_field = fields.field_answer(dataclasses.replace(question, asked_field=slot.field, text=slot.text), own[0].paper)
            if by_field is not None:
                return Answered(slot=slot, status="answered" if by_field.statements else "not_stated", statements=by_field.statements)
        own = self.search(slot.text, question) or list(hits)
        if slot.side:
            own = self._of_side(slot.side, [*self.search(slot.side, question), *own])
            if not own:
                return Answered(slot=slot, status="not_stated")
        earlier = [r.hit for one in before if one.seen for r in one.seen.reads if r.hit.paper.paper_id in carried]
        found = {h.paper.paper_id: h for h in (*earlier, *own)} if not slot.side else {h.paper.paper_id: h for h in own}
        own = sorted(found.values(), key=lambda h: h.paper.paper_id not in carried)
        asked = self.reader.ask(slot.text)
        form = form_of(slot.attribute) if slot.attribute and asks(slot.attribute) else slot.form
        aside = relevance.ASIDE if slot.leans else relevance.ASIDE_MILD
        seen = self._weighed(asked, own, self.reader.read(asked, own, papers=DECISIVE), use, form, carried=carried, aside=aside)
        near = [h for h in own if h.paper.paper_id in carried]
        if seen.verdict.reason is not None and near and slot.text != slot.label:  # what it was taken to be about may be wrong
            asked = self.reader.ask(slot.label)
            bare = self._weighed(asked, near, self.reader.read(asked, near, papers=DECISIVE), use, form)
            seen = max((seen, bare), key=lambda one: one.verdict.answerable)
        told = {s.citations[0].start for one in before if one.slot.side == slot.side for s in one.statements if s.citations}
        return self._answered(slot, seen, use, told)

    def _of_side(self, side: str, hits: Sequence[Hit]) -> list[Hit]:
        """The papers that hold every word of a side's name, in order; with as many as any holds where none holds all."""
        wanted = set(self.library.terms(side))
        once = {h.paper.paper_id: h for h in reversed(hits)}
        held = {pid: len(wanted & set(self.library.terms(f"{h.paper.title} {h.paper.abstract}"))) for pid, h in once.items()}
        most = max(held.values(), default=0)
        order = dict.fromkeys(h.paper.paper_id for h in hits)
        return [once[pid] for pid in order if held[pid] == most] if most * 2 >= len(wanted) else []

    def _any_side(self, slots: Sequence[Slot]) -> bool:
        """Whether a side can be looked at by itself: some paper holds each word of its name."""
        sides = {slot.side: set(self.library.terms(slot.side)) for slot in slots}
        return all(sides.values()) and any(all(self.library.doc_freqs(terms).values()) for terms in sides.values())

    def _joint(self, question: Question, hits: Sequence[Hit], answered: Sequence[Answered]) -> Statement | None:
        """The sentence that speaks of all sides at once, the most relevant one; None where there is none.

        It is near the best answer to the question as a whole, or says as much of what is compared as the sides' own answers do.
        """
        sides = [set(self.library.terms(side)) for side in dict.fromkeys(one.slot.side for one in answered)]
        asked = {term for one in answered for term in self.library.terms(one.slot.attribute)} - set().union(*sides)
        own = [set(self.library.terms(one.statements[0].text)) if one.status == "answered" else set() for one in answered]
        least = min((len(asked & held) for held in own), default=0)
        whole = self.weigh(question, hits)
        near = [r.sentence for r in whole.ranked if r.score >= compose.ENOUGH and whole.verdict.reason is None]
        each = sorted((r for one in answered if one.seen for r in one.seen.ranked), key=lambda r: -r.score)
        for sentence in (*near, *(r.sentence for r in each)):
            held = set(self.library.terms(sentence.text))
            enough = sentence in near or len(asked & held) >= least
            if enough and all(side <= held for side in sides) and not sentence.text.endswith("?"):
                return quoted_sentence(sentence)
        return None

    # -- many papers ------------------------------------------------------------------------------------------------------------

    def _looked_up(self, question: Question) -> Draft | None:
        """Papers by the names and phrases that they hold; None where nothing can be looked up."""
        filters, names = question.filters or None, looked_up(question.request)
        found: dict[str, exact.Holding] = {}
        for group in names.groups if names is not None else ():
            for held in exact.holding(self.library, group, filters=filters) or ():
                found.setdefault(held.paper.paper_id, held)
        if names is None or not found:
            return None
        said = " or ".join(" and ".join(f"“{phrase}”" for phrase in group) for group in names.groups)
        unwanted, notes = self._left_out(question)
        wanted = [held for pid, held in found.items() if pid not in unwanted]
        if not wanted:
            return refused("none_found", [held.paper for held in found.values()])
        draft = lists.looked_up(wanted, said, question.framed)
        return dataclasses.replace(draft, context=looked_at([held.paper for held in wanted][: lists.SHOWN]), notes=(*draft.notes, *notes))

    def _left_out(self, question: Question) -> tuple[set[str], list[str]]:
        """The papers that name what the question leaves out, and a note on each thing."""
        unwanted: set[str] = set()
        notes = []
        for said in question.framed.left_out:
            held = exact.on_topic(self.library, said)
            unwanted |= {h.paper.paper_id for h in held or ()}
            notes.append(f"Left out: papers with “{said}” in the title or in a sentence." if held else f"No paper names “{said}”.")
        return unwanted, notes

    def _many(self, question: Question, seen: Weighed) -> Draft:
        """A list, a count or a summary over the papers that belong to the topic."""
        unwanted, notes = self._left_out(question)
        kept = [r for r in lists.relevant(seen.reads, wide=bool(question.filters)) if r.hit.paper.paper_id not in unwanted]
        if question.kind == "summary":  # each of the topics that are joined has its papers
            have = {r.hit.paper.paper_id for r in kept}
            named = self._named(question, [r.hit.paper for r in seen.reads])
            have = have.union(*(ids for ids in named if not ids & have)) - unwanted
            kept = [r for r in seen.reads if r.hit.paper.paper_id in have]
            if kept:
                naming = have.intersection(set[str]().union(*named)) if not question.filters else set[str]()
                draft = self._summary(question, seen, [r.hit.paper for r in kept], naming)
                return dataclasses.replace(draft, context=context_of(kept), notes=(*draft.notes, *notes))
        each = _OR.split(question.topic)
        held = [h for one in each for h in exact.on_topic(self.library, one, filters=question.filters or None) or ()]
        topical = list({h.paper.paper_id: h for h in held if h.paper.paper_id not in unwanted}.values())
        if not kept and not topical:
            return refused("none_found", [r.hit.paper for r in seen.reads])
        far = max((read.chance for read in kept), default=0.0) < LIST_CHANCE and seen.verdict.answerable < LIST_ANSWERED
        if far and not topical and not question.filters:
            return refused("out_of_corpus", [r.hit.paper for r in seen.reads])
        draft = lists.near(kept, topical, question.framed)
        looked = looked_at([h.paper for h in topical][: lists.SHOWN])
        read = tuple(c for c in context_of(kept) if c["paper_id"] not in {h["paper_id"] for h in looked})
        return dataclasses.replace(draft, context=(*looked, *read), notes=(*draft.notes, *notes))

    def _named(self, question: Question, papers: Sequence[Paper]) -> list[set[str]]:
        """For each of the topics that are joined, those of the papers of which a sentence or the title holds all its words."""
        own = Filters(paper_ids=tuple(p.paper_id for p in papers))
        topics = _AND_OR.split(question.topic)
        return [{h.paper.paper_id for h in exact.on_topic(self.library, one, filters=own) or ()} for one in topics]

    def _summary(self, question: Question, seen: Weighed, papers: Sequence[Paper], naming: Collection[str]) -> Draft:
        """A summary of these papers; those that are not `naming` the topic stand last, where any are."""
        if len(papers) == 1:
            return summaries.of_paper(papers[0])
        near = [p for p in papers if naming and p.paper_id not in naming]
        return summaries.of_papers(
            [p for p in papers if p not in near],
            near=near,
            ranked=seen.ranked,
            topic=question.topic,
            weigh=self.reader.weigh,
            embed=self.embed,
        )

    def _by_fields(self, question: Question, hits: Sequence[Hit]) -> Draft:
        """What the stored fields say, without a look at the abstracts."""
        if not hits:
            return fields.none_found(question.filters)
        if question.superlative:
            wanted = question.framed.amount or (min(len(hits), SOME) if question.framed.many else 1)
            return fields.matching(question.filters, min(wanted, len(hits)), [hit.paper for hit in hits[:wanted]])
        if question.by_fields:
            return self._matching(question)
        return fields.earlier(question, hits[0].paper, hits[1].paper)

    def _matching(self, question: Question) -> Draft:
        """Only filters are asked: all papers that match, less those that are not wanted."""
        filters = question.filters
        unwanted, notes = self._left_out(question)
        limit = None if unwanted else fields.LISTED
        papers = [p for p in self.library.list(filters, sort="published", limit=limit) if p.paper_id not in unwanted]
        total = len(papers) if unwanted else self.library.count(filters)
        if question.kind == "summary":
            return summaries.of_papers(papers[:SUMMARY_READ], weigh=self.reader.weigh, embed=self.embed)
        draft = (fields.counted if question.kind == "count" else fields.matching)(filters, total, papers[: fields.LISTED])
        return dataclasses.replace(draft, notes=(*draft.notes, *notes))


def read_of(question: Question) -> int:
    """How many papers are read for an answer."""
    return LIST_READ if question.kind in MANY else PAPERS_READ


def use_of(question: Question) -> Use:
    """What the answer is wanted for (`rag.deciding.decision`)."""
    if question.kind in MANY:
        return "literature"
    chosen = question.filters.paper_ids
    return "paper" if chosen is not None and len(chosen) == 1 else "library"


def voice_of(status: PartStatus) -> Voice:
    """How firmly a part speaks."""
    return {"answered": "answer", "nearest": "nearest", "contradicted": "correction", "not_stated": "refusal"}[status]  # type: ignore[return-value]


def _part(one: Answered, numbers: tuple[int, ...]) -> Part:
    """The part in the record."""
    return Part(form=one.slot.form, text=one.slot.label, status=one.status, statements=numbers)


def _told_by(one: Answered, joint: Statement) -> Answered:
    """A side where one sentence speaks of all: it answers who is ahead, and stands in for a side that nothing else tells of."""
    if one.slot.attribute and _WHO.match(one.slot.attribute):
        return dataclasses.replace(one, status="answered", statements=(joint,))
    return one if one.status == "answered" else dataclasses.replace(one, status="answered", statements=(joint,))


def _table(answered: Sequence[Answered], statements: Sequence[Statement]) -> Table:
    """The sides' values under each attribute: a cell is the statement that tells it first."""
    rows = tuple(dict.fromkeys(one.slot.side for one in answered))
    columns = tuple(dict.fromkeys(one.slot.attribute for one in answered))
    cell = {(one.slot.side, one.slot.attribute): statements.index(one.statements[0]) for one in answered if one.statements}
    return Table(rows=rows, columns=columns, cells=tuple(tuple(cell.get((row, column)) for column in columns) for row in rows))


def _labelled(one: Answered, *, shared: bool, verdict: str = "") -> str:
    """What stands before a part: what was asked, the verdict on it, and what became of it where it is not answered.

    `shared`: a sentence above answers.
    """
    label = one.slot.label[:1].upper() + one.slot.label[1:]
    if one.status == "not_stated":
        return f"{label}: not stated in the papers found."
    if shared:
        return f"{label}: {verdict} See above." if verdict else f"{label}: see above."
    if one.status == "answered":
        return f"{label}: {verdict}".rstrip()
    return f"{label}: {_LEADS[voice_of(one.status)][:1].lower()}{_LEADS[voice_of(one.status)][1:]}"
