"""A typed question to its papers: understood, with its filters and the papers that a follow-up leans on, then retrieved.

Enter a question and the earlier turns, leave a Question and hits. Where nothing but filters is asked, the stored fields alone answer.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.questions import Question, is_follow_up, understand
from rag.questions.followups import among_earlier, of_earlier
from rag.questions.framing import framed
from rag.questions.kinds import MANY
from rag.schema import Filters, Hit
from rag.stopping import check
from rag.text import same_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.library import Library
    from rag.retrieval import HybridRetriever
    from rag.schema import Paper

_WORD = re.compile(r"[^\W_]+(?:[.-][^\W_]+)*")
_RARE_LEAST, _RARE_MOST = 2, 20
"""A name is rare where at most this many papers hold it: the least, and the most in a large library."""

_LONG_WORD = re.compile(r"(?<![\w-])[^\W_]{5,40}(?![\w-])")

HISTORY_TURNS, HISTORY_CHARS = 20, 20_000
"""Most of a conversation that is read for a question, the latest first: a subject that was left so long ago is named again."""

NEARER = 0.05
"""Cosine by which the words as typed must find a nearer paper than the corrected ones to be preferred."""

CARRIED = 3
"""Most papers of the last turn that a follow-up keeps in view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An earlier turn of a conversation: its question, the papers its answer cited, and the answer's text (for a model's memory)."""

    question: str
    references: tuple[str, ...] = ()
    answer: str = ""


def recent(turns: Sequence[Turn]) -> tuple[list[Turn], str | None]:
    """The latest turns within the budget, and a note where others were left out. Nothing is done for those that were.

    A turn that does not fit as a whole ends it; the very last one is cut instead.
    """
    kept: list[Turn] = []
    room = HISTORY_CHARS
    for turn in itertools.islice(reversed(turns), HISTORY_TURNS):
        size = len(turn.question) + len(turn.answer)
        if size > room and kept:
            break
        half = room // 2
        fits = size <= room
        kept.append(turn if fits else dataclasses.replace(turn, question=turn.question[:half], answer=turn.answer[:half]))
        room -= size
    dropped = len(turns) - len(kept)
    return kept[::-1], f"Earlier in this conversation, {dropped:,} turns were left out of account." if dropped else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Finds papers in one library. Thread-safe."""

    library: Library
    retriever: HybridRetriever
    k: int

    def find(
        self,
        text: str,
        *,
        turns: Sequence[Turn] = (),
        filters: Filters | None = None,
        k: int | None = None,
        standalone: str | None = None,
        asking: bool = True,
        as_words: bool = False,
        exact: bool = False,
    ) -> tuple[Question, list[Hit]]:
        """The question as understood and its papers, best first. `standalone` is a follow-up's full form where a model wrote it.

        Where somebody asks (`asking`) rather than searches, a rare name decides: measured on summaries used as queries, it costs a point.
        `as_words`: words that look like filters are searched as words. `exact`: no slip of the pen is corrected.
        """
        question = self._understand(text, turns, filters)
        if standalone is not None and standalone != text:
            alone = self._understand(standalone, (), filters)
            question = dataclasses.replace(
                question,
                standalone=standalone,
                core=alone.core,
                topic=alone.topic,
                request=alone.request,
                framed=alone.framed,
                filters=alone.filters,
                said=alone.said,
            )
        question = self._meant(question, filters, as_words=as_words)
        typed = question
        question = question if exact else self._spelled(question)
        if question.follow_up and (among := among_earlier(text)) and len(turns[-1].references) > 1:
            question = self._among(question, among, turns[-1].references, filters)
        elif question.follow_up and (named := of_earlier(text, turns[-1].references)):
            own = dataclasses.replace(question.filters, paper_ids=named)
            question = dataclasses.replace(question, filters=own, kind="summary" if len(named) > 1 else question.kind)
        check()
        question = dataclasses.replace(question, carried=tuple(self._carried(question, turns, filters)))
        wanted = max(k or self.k, 1)
        if question.by_fields or question.superlative:
            return question, self._by_fields(question, wanted)
        if question.sides is not None:
            if hits := self._two(question, wanted):
                return question, hits
            question = dataclasses.replace(question, sides=None)
        hits = self._search(question, wanted)
        if question.topic != typed.topic:
            as_typed = dataclasses.replace(question, topic=typed.topic, request=typed.request, corrected=())
            question, hits = self._of_two_spellings(question, hits, as_typed, wanted)
        if asking:
            hits = self._named_first(question.topic, hits)
        return question, _carried_first(hits, question.carried)

    def _meant(self, question: Question, given: Filters | None, *, as_words: bool) -> Question:
        """The question without filters said in its words that leave nothing: those words were about something else."""
        if not question.said or question.by_fields or not (as_words or not self.library.count(question.filters)):
            return question
        whole = framed(question.standalone)
        return dataclasses.replace(
            question, filters=given or Filters(), topic=whole.core, request=whole.request, framed=whole, said=(), dropped=question.said
        )

    def _among(self, question: Question, among: str, references: Sequence[str], given: Filters | None) -> Question:
        """The question asked of the papers of the last answer alone; by their stored fields where it asks for nothing else."""
        alone = self._understand(among, (), given)
        own = dataclasses.replace(alone.filters, paper_ids=tuple(references))
        if alone.by_fields:
            return dataclasses.replace(alone, text=question.text, filters=own)
        kind = alone.kind if alone.kind in MANY else "list"
        return dataclasses.replace(question, topic=alone.topic, request=alone.request, framed=alone.framed, filters=own, kind=kind)

    def for_slot(self, text: str, question: Question) -> list[Hit]:
        """Papers for one part of a question, under its filters."""
        return self._named_first(text, self.retriever.search(text, k=self.k, filters=question.filters or None))

    def _two(self, question: Question, wanted: int) -> list[Hit]:
        """The papers of both sides first; nothing where they are one paper, or not both dated."""
        assert question.sides is not None
        kept = question.filters or None
        found = [self._named_first(side, self.retriever.search(side, k=wanted, filters=kept)) for side in question.sides]
        if not all(found):
            return []
        papers = [hits[0].paper for hits in found]
        for side, paper in zip(question.sides, papers, strict=True):
            asked = set(self.library.terms(side))
            if len(asked & set(self.library.terms(f"{paper.title} {paper.abstract}"))) * 2 < len(asked):
                return []
        if papers[0].paper_id == papers[1].paper_id or not all(paper.published for paper in papers):
            return []
        chosen = dict.fromkeys(hit.paper.paper_id for hits in zip(*found, strict=False) for hit in hits)
        held = {hit.paper.paper_id: hit for hits in found for hit in hits}
        return [dataclasses.replace(held[pid], rank=n) for n, pid in enumerate(list(chosen)[:wanted], start=1)]

    def _understand(self, text: str, turns: Sequence[Turn], filters: Filters | None) -> Question:
        def knows(name: str) -> bool:
            return self.library.count(Filters(author=name)) > 0

        def stored(name: str) -> bool:
            return self.library.count(Filters(source=name)) > 0

        return understand(text, history=[t.question for t in turns], filters=filters, knows_author=knows, knows_source=stored)

    def _spelled(self, question: Question) -> Question:
        """The question searched with slips of the pen corrected, where a word that no paper holds is surely meant to be another."""
        check()
        found = {
            w: right
            for w, right in self.library.spelled(dict.fromkeys(_LONG_WORD.findall(question.topic))).items()
            if right.lower() != w.lower()
        }
        topic, request = question.topic, question.request
        for word, right in found.items():
            topic, request = topic.replace(word, right), request.replace(word, right)
        corrected = tuple((word, right) for word, right in found.items() if not same_word(word, right))
        return dataclasses.replace(question, topic=topic, request=request, corrected=corrected) if found else question

    def _search(self, question: Question, wanted: int) -> list[Hit]:
        return self.retriever.search(question.topic, k=wanted, filters=question.filters or None, boost_paper_ids=question.carried)

    def _of_two_spellings(self, corrected: Question, hits: list[Hit], typed: Question, wanted: int) -> tuple[Question, list[Hit]]:
        """The spelling whose first paper is nearer in meaning, the corrected one where nothing tells; papers of the other stand behind."""
        others = self._search(typed, wanted)
        if others and hits and (others[0].dense or 0.0) > (hits[0].dense or 0.0) + NEARER:
            corrected, hits, others = typed, others, hits
        once = {hit.paper.paper_id: hit for hit in (*others, *hits)}
        order = dict.fromkeys(hit.paper.paper_id for hit in (*hits, *others))
        least = min((hit.score for hit in hits), default=1.0)
        there = {hit.paper.paper_id for hit in hits}
        found = [once[pid] if pid in there else dataclasses.replace(once[pid], score=min(once[pid].score, least)) for pid in order]
        return corrected, [dataclasses.replace(hit, rank=n) for n, hit in enumerate(found[:wanted], start=1)]

    def _named_first(self, topic: str, hits: list[Hit]) -> list[Hit]:
        """Papers that hold the rare names of the question come before those that don't; otherwise the order stays.

        A name that few papers hold ("MGSM8KInstruct") says more than all the common words around it.
        """
        limit = min(_RARE_MOST, max(_RARE_LEAST, self.library.count() // 500))
        said = {t for word in _WORD.findall(topic) if _is_name(word) for t in self.library.terms(word) if len(t) > 2}
        names = {t for t, held in self.library.doc_freqs(said).items() if 0 < held <= limit}
        if not names:
            return hits
        held = {h.paper.paper_id: len(names & set(self.library.terms(f"{h.paper.title} {h.paper.abstract}"))) for h in hits}
        ordered = sorted(hits, key=lambda h: -held[h.paper.paper_id])
        top = max((h.score for h in hits), default=0.0)
        # A paper moved to the front is as near as the one it passed.
        return [
            dataclasses.replace(h, rank=n, score=top if n == 1 else h.score) if h.rank != n else h for n, h in enumerate(ordered, start=1)
        ]

    def _carried(self, question: Question, turns: Sequence[Turn], filters: Filters | None) -> list[str]:
        """The papers that a follow-up leans on: cited in the last turn, else found first for the earlier questions, turn by turn."""
        if not question.follow_up:
            return []
        if turns[-1].references:
            return list(turns[-1].references[:CARRIED])
        carried: list[str] = []
        # What stands before a question that leans on nothing has no say.
        first = max((n for n, turn in enumerate(turns) if not is_follow_up(turn.question)), default=0)
        for n, turn in enumerate(turns[first:], start=first):
            check()
            earlier = self._understand(turn.question, turns[:n], filters)
            kept = carried if earlier.follow_up else []
            found = self.retriever.search(earlier.topic, k=1, filters=earlier.filters or None, boost_paper_ids=kept)
            carried = kept[:1] or [h.paper.paper_id for h in found]
        return carried

    def _by_fields(self, question: Question, k: int) -> list[Hit]:
        """Papers by stored fields alone: the newest first, or as the superlative says."""
        chosen = question.superlative
        papers = self.library.list(question.filters or None, sort="published", limit=k if chosen is None else None)
        if chosen == "top":
            papers.sort(key=lambda p: (-(p.listing_score if p.listing_score is not None else -1.0), p.paper_id))
        elif chosen is not None:
            papers = [p for p in papers if p.published]
            if chosen == "oldest":
                papers.sort(key=lambda p: (p.published or "", p.paper_id))
        return hits_of(papers[:k])


def _is_name(word: str) -> bool:
    """A word with a letter, and a digit or a capital behind its first character: `MGSM8KInstruct`, `BLEU`, `Qwen2.5`."""
    return any(map(str.isalpha, word)) and any(c.isdigit() or c.isupper() for c in word[1:])


def hits_of(papers: Sequence[Paper]) -> list[Hit]:
    """Papers chosen by their fields, as hits of equal score."""
    return [Hit(paper=p, rank=n, score=1.0, why="matches the filters") for n, p in enumerate(papers, start=1)]


def _carried_first(hits: Sequence[Hit], carried: Sequence[str]) -> list[Hit]:
    """A follow-up speaks of the papers it leans on: those come first, in the order in which they were found; the rest keeps its own."""
    ahead = [h for h in hits if h.paper.paper_id in carried]
    behind = [h for h in hits if h.paper.paper_id not in carried]
    top = max((h.score for h in hits), default=0.0)
    ahead = [dataclasses.replace(h, score=max(h.score, top)) for h in ahead]
    return [dataclasses.replace(h, rank=n) for n, h in enumerate([*ahead, *behind], start=1)]
