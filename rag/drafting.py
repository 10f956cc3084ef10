"""What the library says without a model: hits become a draft of quoted statements, or an abstention.

Enter a Question and its hits, leaves the work half-way to an Answer: papers read, sentences ranked, the draft. `summaries`,
`fields`, `extractive` and `abstain` each do one kind; this chooses between them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answering import abstain, extractive, fields, ranking, signals, summaries
from rag.answering.draft import Draft
from rag.answering.reading import PAPERS_READ
from rag.embedding.crossencoder import QUESTION_SENTENCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answering.abstain import Verdict
    from rag.answering.ranking import Ranked
    from rag.answering.reading import Asked, Read, Reader
    from rag.answering.signals import Signals
    from rag.embedding.crossencoder import CrossEncoder
    from rag.library import Library
    from rag.questions import Question
    from rag.schema import Hit

LIST_READ = 16
"""Papers read for a list or a summary of many."""

LIST_FAR, LIST_NEAR = 0.2, 0.43
"""Cosine of the first paper below which a list is refused, and from which on it is not."""

LIST_ANSWERABLE = 0.1
"""Between these, a list is refused only below this probability: its papers share a topic, and seldom each word of the question."""

DECISIVE = 2
"""Papers on which the verdict rests, and the cross-encoder's look at the second one."""

MANY = frozenset({"list", "count", "summary"})
ALONE = MANY | {"field", "chat"}
"""Kinds of question that no single abstract answers: they are not read together with one."""

DOUBTED = 0.5
"""Where the first paper is less likely than this to answer, the second is read as well."""

CERTAIN = 0.7
"""From this probability on an answer is taken to be there, and no paper is read together with the question: half of the questions that
have an answer come here, and few of those without one that reading together would have told (docs/decisions/0051)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A question half-way to its answer."""

    question: Question
    hits: Sequence[Hit]
    reads: Sequence[Read] = ()
    ranked: Sequence[Ranked] = ()
    draft: Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The papers that were read against a question, and what they are good for."""

    asked: Asked
    reads: Sequence[Read]
    ranked: Sequence[Ranked]
    signals: Signals
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafter:
    """Drafts answers over one library. Thread-safe."""

    library: Library
    reader: Reader
    words: int
    pairs: CrossEncoder | None = None
    certain: float = CERTAIN

    def work(self, question: Question, hits: Sequence[Hit], *, quoted: bool = True) -> Work:
        """Read the papers, rank their sentences, draft the answer.

        `quoted`: the draft is what will be shown. Where a model writes instead, only as much is read as the decision needs.
        """
        if not hits or question.by_fields or question.superlative or question.sides:
            return Work(question=question, hits=hits, draft=self._by_fields(question, hits))
        seen = self.weigh(question, hits, quoted=quoted)
        if not quoted and not seen.ranked:  # the first papers have no abstract
            return self.work(question, hits)
        return Work(question=question, hits=hits, reads=seen.reads, ranked=seen.ranked, draft=self._draft(question, hits, seen))

    def weigh(self, question: Question, hits: Sequence[Hit], *, quoted: bool = True) -> Weighed:
        """The first papers read, their sentences ranked, and whether they hold an answer.

        The cross-encoder, which takes longer than all else together, is asked where its word can change something: the verdict, or
        which figure is quoted.
        """
        hits = hits[: read_of(question)]
        asked = self.reader.ask(question.topic)
        reads = self.reader.read(asked, hits, papers=len(hits) if quoted or question.kind in MANY else DECISIVE)
        ranked = self._ranked(question, asked, reads)
        found = signals.measure(asked, hits, reads, [r.sentence for r in ranked], kind=question.kind)
        verdict = abstain.judge(found)
        figure = question.kind == "figure"
        if self.pairs is not None and question.kind not in ALONE and (verdict.answerable < self.certain or (quoted and figure)):
            reads = read_together(self.pairs, asked.text, reads)
            if figure:
                ranked = self._ranked(question, asked, reads)
                found = signals.measure(asked, hits, reads, [r.sentence for r in ranked], kind=question.kind)
            else:
                found = dataclasses.replace(found, **signals.together(reads))
            verdict = abstain.judge(found)
        return Weighed(asked=asked, reads=reads, ranked=ranked, signals=found, verdict=verdict)

    def _ranked(self, question: Question, asked: Asked, reads: Sequence[Read]) -> list[Ranked]:
        """The sentences of the papers, best first."""
        ranked = ranking.rank(asked, reads, kind=question.kind)
        return self._by_own_words(question, [read.hit for read in reads], ranked) if question.follow_up else ranked

    def _by_own_words(self, question: Question, hits: Sequence[Hit], ranked: Sequence[Ranked]) -> list[Ranked]:
        """Sentences by what the follow-up itself asks; the words carried along have found the paper and say little about the sentence."""
        own = self.reader.ask(question.text)
        reads = self.reader.read(own, hits, papers=len(hits))
        by_own = {(r.sentence.paper.paper_id, r.sentence.start): r.score for r in ranking.rank(own, reads, kind=question.kind)}
        joint = [
            dataclasses.replace(r, score=0.4 * r.score + 0.6 * by_own.get((r.sentence.paper.paper_id, r.sentence.start), r.score))
            for r in ranked
        ]
        return sorted(joint, key=lambda r: -r.score)

    def _by_fields(self, question: Question, hits: Sequence[Hit]) -> Draft:
        """What the stored fields say, without a look at the abstracts."""
        if not hits:
            return fields.none_found(question.filters)
        if question.superlative:
            return fields.matching(question.filters, 1, [hits[0].paper])
        if question.by_fields:
            return self._matching(question)
        return fields.earlier(question, hits[0].paper, hits[1].paper)

    def _draft(self, question: Question, hits: Sequence[Hit], seen: Weighed) -> Draft:
        kind, verdict = question.kind, seen.verdict
        titles = [h.paper.title for h in hits[:3]]
        nearest = tuple(h.paper.paper_id for h in hits[:3])
        reason = verdict.reason
        if kind in MANY:  # filters were matched already; and a list has no single detail to miss and no premise
            dense = seen.signals.dense
            near = dense >= LIST_FAR and (verdict.answerable >= LIST_ANSWERABLE or dense >= LIST_NEAR)
            reason = None if question.filters or near else "out_of_corpus"
        if kind == "field" and verdict.answerable >= LIST_ANSWERABLE:
            reason = None  # the field tells by itself whether it is there
        if kind == "chat":
            reason = "out_of_corpus"
        if kind == "field" and reason != "out_of_corpus":
            by_field = fields.field_answer(question, hits[0].paper)
            if by_field is not None:
                return by_field
        if reason is None and not seen.ranked:
            reason = "none_found"
        if reason is not None:
            return Draft(abstain_reason=reason, refusal=abstain.refusal(reason, titles), nearest=nearest)
        if kind in MANY:
            return self._many(question, seen)
        return extractive.compose(seen.asked, seen.reads, seen.ranked, kind=kind, words=self.words)

    def _matching(self, question: Question) -> Draft:
        """Only filters are asked: all papers that match."""
        filters = question.filters
        papers = self.library.list(filters, sort="published", limit=fields.LISTED)
        if question.kind == "summary":
            return summaries.of_papers(papers[:LIST_READ], weigh=self.reader.weigh)
        return (fields.counted if question.kind == "count" else fields.matching)(filters, self.library.count(filters), papers)

    def _many(self, question: Question, seen: Weighed) -> Draft:
        """A list, a count or a summary over the papers that belong to the topic."""
        ranked = seen.ranked
        kept = extractive.relevant(seen.asked, seen.reads, filtered=bool(question.filters))
        if question.kind == "summary":
            papers = [r.hit.paper for r in kept]
            draft = (
                summaries.of_paper(papers[0]) if len(papers) == 1 else summaries.of_papers(papers, ranked=ranked, weigh=self.reader.weigh)
            )
            return dataclasses.replace(draft, context=extractive.context_of(kept))
        draft = extractive.listed(kept, ranked)
        if question.kind == "count":
            lead = fields.on_topic([r.hit.paper for r in kept])
            headings = dict.fromkeys(range(1, len(draft.statements) + 1), "")
            note = f"{len(kept)} papers found on the topic; more may touch on it."
            draft = dataclasses.replace(draft, statements=(lead, *draft.statements), headings=headings, notes=(*draft.notes, note))
        return draft


def read_of(question: Question) -> int:
    """How many papers are read for an answer."""
    return LIST_READ if question.kind in MANY else PAPERS_READ


def read_together(pairs: CrossEncoder, text: str, reads: Sequence[Read]) -> list[Read]:
    """The first paper read together with the question, and the second where the first is in doubt."""
    found = list(reads)
    for n, read in enumerate(reads[:DECISIVE]):
        nearest = sorted(sorted(read.sentences, key=lambda s: -s.cosine)[:QUESTION_SENTENCES], key=lambda s: s.place)
        joint = pairs.question(text, read.hit.paper.title, [s.text for s in nearest])
        found[n] = dataclasses.replace(read, together=joint, evidence=dict(zip((s.place for s in nearest), joint.evidence, strict=True)))
        if joint.answerable >= DOUBTED:
            break
    return found
