"""The whole road on one screen: documents in, cited answers out. The one place where the parts are wired.

ingest:  sources.read -> library.add (identity, keywords) -> library.embed_pending (chunks, vectors)
ask:     questions.understand -> retrieval.search -> reading -> signals -> abstain | fields | extractive | summaries | llm -> Answer
"""

from __future__ import annotations

import dataclasses
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rag import config, embedding
from rag.answering import abstain, extractive, fields, ranking, signals, summaries
from rag.answering.draft import Draft, number, text_of
from rag.answering.events import Event
from rag.answering.reading import PAPERS_READ, Reader
from rag.errors import ConfigError, SourceError
from rag.library import Library
from rag.questions import Question, understand
from rag.retrieval import HybridRetriever, load_reranker
from rag.schema import Answer, Filters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

    from rag.answering.ranking import Ranked
    from rag.answering.reading import Asked, Read
    from rag.embedding.base import Embedder
    from rag.library import AddReport, Progress
    from rag.schema import Hit, Paper

LIST_READ = 12
"""Papers read for a list or a summary of many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What became of the papers read; `bad` holds a line for each bad record that was skipped."""

    added: int = 0
    merged: int = 0
    replaced: int = 0
    unchanged: int = 0
    bad: tuple[str, ...] = ()
    pending: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An earlier turn of a conversation: its question and the papers its answer cited."""

    question: str
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMOptions:
    """A model for one visit, in place of the configured one."""

    base_url: str
    model: str
    api_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A question half-way: what was understood, found and read, and what could be said offline."""

    question: Question
    hits: Sequence[Hit]
    asked: Asked
    reads: Sequence[Read]
    ranked: Sequence[Ranked]
    draft: Draft
    answerable: float
    timing_s: dict[str, float] = field(default_factory=dict)


class Assistant:
    """A library with everything around it. Made by `open`; a context manager; safe for many threads."""

    def __init__(self, library: Library, embedder: Embedder | None, settings: config.Settings, *, notes: Sequence[str] = ()) -> None:
        """Used by `open`. `notes` go under every answer (an embedder that could not be had)."""
        self.library, self.settings, self._notes = library, settings, tuple(notes)
        self.retriever = HybridRetriever(library, embedder, fusion=settings.fusion, reranker=load_reranker(settings.reranker))
        reader = embedder if hasattr(embedder, "read") else None
        self._reader = Reader(encoder=reader, weigh=self.weigh)  # type: ignore[arg-type]

    @classmethod
    def open(cls, settings: config.Settings | None = None, *, create: bool = False) -> Assistant:
        """The configured library with its embedder. IndexMissing where there is none and `create` is off.

        Where the weights can't be had, keyword search alone works, and every answer says so.
        """
        settings = settings or config.load()
        embedder, notes = load_embedder(settings)
        library = Library.open(settings.library, embedder=embedder, chroma_url=settings.chroma_url, create=create)
        return cls(library, embedder, settings, notes=notes)

    def __enter__(self) -> Self:
        """The assistant itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the library."""
        self.close()

    def close(self) -> None:
        """Let go of the library's files."""
        self.library.close()

    # -- documents in -----------------------------------------------------------------------------------------------------------

    def ingest(
        self,
        paths: Sequence[Path | str],
        *,
        skip_bad: bool = False,
        mapping: Mapping[str, str] | None = None,
        progress: Callable[[Progress], None] | None = None,
        embed: bool = True,
    ) -> IngestReport:
        """Read, store, index and embed; every paper before a bad record is kept. SourceError at the first bad record unless `skip_bad`."""
        from rag import sources

        bad: list[str] = []

        def papers() -> Iterator[Paper]:
            for path in paths:
                yield from sources.read(Path(path), skip_bad=skip_bad, mapping=mapping, on_bad=lambda e: bad.append(str(e)))

        report: AddReport = self.library.add(papers(), progress=progress)
        if embed and self.library.embedder is not None:
            self.library.embed_pending(progress=progress)
        return IngestReport(
            added=report.added,
            merged=report.merged,
            replaced=report.replaced,
            unchanged=report.unchanged,
            bad=tuple(bad),
            pending=self.library.pending,
        )

    # -- answers out ------------------------------------------------------------------------------------------------------------

    def search(self, query: str, *, k: int | None = None, filters: Filters | None = None) -> list[Hit]:
        """The first `k` papers for a query, filters said in its words included."""
        return self.find(query, k=k, filters=filters)[1]

    def ask(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        turns: Sequence[Turn] = (),
        filters: Filters | None = None,
        k: int | None = None,
        llm: LLMOptions | None = None,
        mode: str | None = None,
    ) -> Answer:
        """The answer to a question. `history` holds earlier questions, `turns` earlier questions with their references."""
        for event in self.stream(question, history=history, turns=turns, filters=filters, k=k, llm=llm, mode=mode):
            if event.kind == "done":
                answer: Answer = event.result
                return answer
        raise AssertionError("a stream ends with its answer")

    def stream(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        turns: Sequence[Turn] = (),
        filters: Filters | None = None,
        k: int | None = None,
        llm: LLMOptions | None = None,
        mode: str | None = None,
    ) -> Iterator[Event]:
        """The same, step by step; the last event is `done` with the Answer. Closing the iterator stops the work."""
        if not question.strip():
            raise ConfigError("the question is empty; type one")
        begun = time.perf_counter()
        yield Event(kind="step", text=f"searching {self.library.count(filters):,} papers")
        work = self._work(question, history=history, turns=turns, filters=filters, k=k)
        yield Event(kind="step", text=f"reading {len(work.reads)}")
        references: list[str] = []
        for statement in work.draft.statements:
            references += [c.paper_id for c in statement.citations if c.paper_id not in references]
            own = tuple(dict.fromkeys(references.index(c.paper_id) + 1 for c in statement.citations))
            yield Event(kind="statement", statement=statement, text=statement.text, numbers=own, references=tuple(references))
        work.timing_s["total"] = time.perf_counter() - begun
        yield Event(kind="done", result=self._answer(work))

    def summarize(self, paper_id: str) -> Answer:
        """Problem, method and findings of one paper, each sentence cited. PaperNotFound."""
        return self.summarize_many([paper_id])

    def summarize_many(self, paper_ids: Sequence[str] | None = None, *, filters: Filters | None = None) -> Answer:
        """A cited summary of chosen papers, or of all that match the filters, grouped by what they share."""
        begun = time.perf_counter()
        total = len(paper_ids) if paper_ids is not None else self.library.count(filters)
        papers = (
            self.library.get_many(paper_ids) if paper_ids is not None else self.library.list(filters, sort="published", limit=LIST_READ)
        )
        papers = papers[:LIST_READ]
        notes = [f"The first {len(papers)} of {total} papers are summarised."] if total > len(papers) else []
        if len(papers) == 1:
            draft = summaries.of_paper(papers[0])
        elif papers:
            draft = summaries.of_papers(papers, weigh=self.weigh)
        else:
            draft = fields.none_found(filters or Filters())
        text = f"Summary of {papers[0].title}" if len(papers) == 1 else f"Summary of {len(papers)} papers"
        question = Question(text=text, standalone=text, topic=text, kind="summary", filters=filters or Filters())
        work = _Work(
            question=question,
            hits=_hits_of(papers),
            asked=self._reader.ask(text),
            reads=(),
            ranked=(),
            draft=dataclasses.replace(draft, notes=(*draft.notes, *notes)),
            answerable=1.0,
            timing_s={"total": time.perf_counter() - begun},
        )
        return self._answer(work)

    def weigh(self, stems: Sequence[str]) -> list[float]:
        """How telling stems are in this library: idf over the idf of a stem that one paper holds; 1.5 for one that none holds."""
        total = max(2, self.library.count())
        largest = math.log(1 + (total - 0.5) / 1.5)
        found = []
        for stem in stems:
            held = self.library.doc_freq(stem)
            found.append(math.log(1 + (total - held + 0.5) / (held + 0.5)) / largest if held else 1.5)
        return found

    # -- inside -----------------------------------------------------------------------------------------------------------------

    def _understand(self, text: str, history: Sequence[str], filters: Filters | None) -> Question:
        return understand(text, history=history, filters=filters, knows_author=lambda name: self.library.count(Filters(author=name)) > 0)

    def find(
        self, text: str, *, history: Sequence[str] = (), turns: Sequence[Turn] = (), filters: Filters | None = None, k: int | None = None
    ) -> tuple[Question, list[Hit]]:
        """The question as understood, and its papers: by retrieval, or by fields alone where only fields are asked for."""
        question = self._understand(text, [*history, *(t.question for t in turns)], filters)
        question = dataclasses.replace(question, carried=tuple(self._carried(question, history, turns, filters)))
        wanted = max(k or self.settings.k, 1)
        if question.by_fields or question.superlative:
            return question, self._by_fields(question.filters, question.superlative, wanted)
        hits = self.retriever.search(question.topic, k=wanted, filters=question.filters or None, boost_paper_ids=question.carried)
        return question, _carried_first(hits, question.carried)

    def read(self, question: Question, hits: Sequence[Hit]) -> tuple[Asked, list[Read]]:
        """The question's terms, and the papers read against them."""
        asked = self._reader.ask(question.topic)
        return asked, self._reader.read(asked, hits, papers=len(hits))

    def _work(self, text: str, *, history: Sequence[str], turns: Sequence[Turn], filters: Filters | None, k: int | None) -> _Work:
        """Understand, retrieve, read, and say what can be said offline."""
        clock = time.perf_counter()
        question, hits = self.find(text, history=history, turns=turns, filters=filters, k=k)
        retrieved_s = time.perf_counter() - clock
        many = question.kind in {"list", "summary", "count"}
        to_read = [] if question.by_fields else hits[: LIST_READ if many else PAPERS_READ]
        asked, reads = self.read(question, to_read)
        ranked = ranking.rank(asked, reads, kind=question.kind)
        if question.follow_up and reads:
            ranked = self._follow_up_ranking(question, to_read, ranked)
        draft, answerable = self._draft(question, hits, asked, reads, ranked)
        timing = {"retrieve": retrieved_s, "answer": time.perf_counter() - clock - retrieved_s}
        return _Work(
            question=question, hits=hits, asked=asked, reads=reads, ranked=ranked, draft=draft, answerable=answerable, timing_s=timing
        )

    def _carried(self, question: Question, history: Sequence[str], turns: Sequence[Turn], filters: Filters | None) -> list[str]:
        """The papers that a follow-up leans on: cited in the last turn, else found first for the earlier questions."""
        if not question.follow_up:
            return []
        if turns and turns[-1].references:
            return list(turns[-1].references[:3])
        carried: list[str] = []
        for n, text in enumerate(history):
            earlier = self._understand(text, history[:n], filters)
            found = self.retriever.search(
                earlier.topic, k=1, filters=earlier.filters or None, boost_paper_ids=carried if earlier.follow_up else ()
            )
            carried = [h.paper.paper_id for h in found]
        return carried

    def _follow_up_ranking(self, question: Question, hits: Sequence[Hit], ranked: Sequence[Ranked]) -> list[Ranked]:
        """Sentences by what the follow-up itself asks; the words carried along have found the paper and say little about the sentence."""
        own = self._reader.ask(question.text)
        reads = self._reader.read(own, hits, papers=len(hits))
        by_own = {(r.sentence.paper.paper_id, r.sentence.start): r.score for r in ranking.rank(own, reads, kind=question.kind)}
        joint = [
            dataclasses.replace(r, score=0.4 * r.score + 0.6 * by_own.get((r.sentence.paper.paper_id, r.sentence.start), r.score))
            for r in ranked
        ]
        return sorted(joint, key=lambda r: -r.score)

    def _by_fields(self, filters: Filters, superlative: str | None, k: int) -> list[Hit]:
        """Papers by stored fields alone."""
        papers = self.library.list(filters or None, sort="published", limit=None if superlative in {"oldest", "top"} else k)
        if superlative == "oldest":
            papers = [p for p in reversed(papers) if p.published][:k]
        elif superlative == "top":
            papers = sorted(papers, key=lambda p: (-(p.listing_score if p.listing_score is not None else -1), p.paper_id))[:k]
        elif superlative == "newest":
            papers = [p for p in papers if p.published][:k]
        return _hits_of(papers)

    def _draft(
        self,
        question: Question,
        hits: Sequence[Hit],
        asked: Asked,
        reads: Sequence[Read],
        ranked: Sequence[Ranked],
    ) -> tuple[Draft, float]:
        """What the library says without a model, and how probable it is that the papers answer."""
        kind, filters = question.kind, question.filters
        if not hits:
            return fields.none_found(filters), 0.0
        if question.by_fields and not question.superlative:
            total = self.library.count(filters)
            papers = self.library.list(filters, sort="published", limit=fields.LISTED)
            if kind == "summary":
                return summaries.of_papers(papers[:LIST_READ], weigh=self.weigh), 1.0
            return (fields.counted if kind == "count" else fields.matching)(filters, total, papers), 1.0
        if question.superlative and kind not in {"method", "figure"}:
            return fields.matching(filters, 1, [hits[0].paper]), 1.0
        titles = [h.paper.title for h in hits[:3]]
        nearest = tuple(h.paper.paper_id for h in hits[:3])
        measured = signals.measure(asked, reads, [r.sentence for r in ranked], kind=kind)
        verdict = abstain.judge(measured)
        reason = "out_of_corpus" if kind == "chat" else verdict.reason
        by_field = fields.field_answer(question, hits[0].paper) if kind == "field" else None
        if by_field is not None and reason != "out_of_corpus":
            return by_field, verdict.answerable
        if kind in {"list", "count", "summary"} and reason in {"detail_missing", "false_premise"}:
            reason = None
        if reason is not None or not ranked:
            reason = reason or "none_found"
            return Draft(abstain_reason=reason, refusal=abstain.refusal(reason, titles), nearest=nearest), verdict.answerable
        if kind in {"list", "count", "summary"}:
            return self._many(question, asked, reads, ranked), verdict.answerable
        return extractive.compose(asked, reads, ranked, kind=kind, words=self.settings.answer_words), verdict.answerable

    def _many(self, question: Question, asked: Asked, reads: Sequence[Read], ranked: Sequence[Ranked]) -> Draft:
        """A list, a count or a summary over the papers that belong to the topic."""
        kept = extractive.relevant(asked, reads)
        if question.kind == "summary":
            draft = (
                summaries.of_paper(kept[0].hit.paper)
                if len(kept) == 1
                else summaries.of_papers([r.hit.paper for r in kept], ranked=ranked, weigh=self.weigh)
            )
            return dataclasses.replace(draft, context=extractive.context_of(kept))
        draft = extractive.listed(kept, ranked)
        if question.kind == "count":
            return dataclasses.replace(draft, notes=(*draft.notes, f"{len(kept)} papers found on the topic; more may touch on it."))
        return draft

    def _answer(self, work: _Work) -> Answer:
        """The record (schema 1)."""
        draft, question = work.draft, work.question
        references = number(draft.statements)
        by_id = {h.paper.paper_id: h.paper for h in work.hits}
        papers = [by_id.get(p) or self.library.get(p) for p in references]
        papers += [p for pid, p in by_id.items() if pid not in references]
        return Answer(
            question=question.text,
            standalone_question=question.standalone,
            filters=question.filters,
            abstained=draft.abstain_reason is not None,
            abstain_reason=draft.abstain_reason,
            answer=draft.refusal if draft.abstain_reason else text_of(draft.statements, draft.headings),
            statements=draft.statements,
            references=references,
            retrieved=tuple(work.hits),
            papers=tuple(papers),
            context=draft.context or extractive.context_of(work.reads[:1]),
            nearest=draft.nearest,
            verified=(len(draft.statements), len(draft.statements)),
            notes=(*self._notes, *self._filter_notes(question), *draft.notes),
            timing_s=dict(work.timing_s),
        )

    def _filter_notes(self, question: Question) -> list[str]:
        """What the filters were, and how many papers lack the fields they speak of."""
        if not question.filters:
            return []
        notes = [f"Only papers with {fields.described(question.filters)}."]
        names = {"published": "a date", "categories": "a category", "authors": "authors", "has_code": "word on code", "source": "a source"}
        lacking = {f: n for f, n in self.library.lacking(question.filters).items() if n}
        notes += [f"{n} papers carry no {names.get(f, f).removeprefix('a ')} and can't match." for f, n in lacking.items()]
        return notes


def load_embedder(settings: config.Settings) -> tuple[Embedder | None, list[str]]:
    """The configured embedder, or None with a note where `none` is set or the bundled weights can't be had."""
    if settings.embedder == "none":
        return None, ["Keyword search alone: no embedder is set."]
    key = settings.embedder_api_key.get_secret_value() if settings.embedder_api_key else None
    try:
        return embedding.load(settings.embedder, base_url=settings.embedder_base_url, api_key=key), []
    except ConfigError as error:
        if not settings.embedder.startswith("minilm"):
            raise
        return None, [f"Keyword search alone: {error}"]


def _carried_first(hits: Sequence[Hit], carried: Sequence[str]) -> list[Hit]:
    """A follow-up speaks of the papers it leans on: those come first, in the order in which they were found; the rest keeps its own."""
    ahead = [h for h in hits if h.paper.paper_id in carried]
    behind = [h for h in hits if h.paper.paper_id not in carried]
    top = max((h.score for h in hits), default=0.0)
    return [
        dataclasses.replace(h, rank=n, score=max(h.score, top) if h in ahead else h.score) for n, h in enumerate([*ahead, *behind], start=1)
    ]


def _hits_of(papers: Sequence[Paper]) -> list[Hit]:
    """Papers chosen by their fields, as hits of equal score."""
    from rag.schema import Hit

    return [Hit(paper=p, rank=n + 1, score=1.0, why="matches the filters") for n, p in enumerate(papers)]


__all__ = ["Assistant", "IngestReport", "LLMOptions", "SourceError", "Turn", "load_embedder"]
