"""The whole road on one screen: documents in, cited answers out. The one place where the parts are wired.

ingest: sources.read -> library.add (identity, keywords) -> library.embed_pending (chunks, vectors)
ask:    finding (questions.understand, retrieval.search) -> drafting (read, rank, abstain or quote) -> writing (a model, checked) -> Answer
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rag import config, embedding, reading
from rag.answering import fields, summaries
from rag.answering.draft import context_of, number, text_of
from rag.answering.events import Event
from rag.deciding import decision
from rag.drafting import SUMMARY_READ, Drafter, Work, read_of
from rag.errors import ConfigError
from rag.finding import Finder, Turn, hits_of, recent
from rag.injection import spoken
from rag.library import Library, is_sharded
from rag.questions import Question, tasks
from rag.questions.kinds import MANY
from rag.reading.reader import KEPT_PAPERS, Reader
from rag.retrieval import HybridRetriever, load_reranker
from rag.schema import Answer, Filters, Usage
from rag.stopping import Stop, Stopped, current
from rag.writing import LLMOptions, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from types import TracebackType

    from rag.answering.llm import LLMResult
    from rag.embedding.base import Embedder
    from rag.library import Progress
    from rag.questions.slots import Slot
    from rag.schema import Hit, Paper

__all__ = ["Assistant", "IngestReport", "LLMOptions", "Stop", "Turn", "load_embedder"]


_READ_AHEAD = 8

NEAR = 0.3
"""Cosine of the first paper from which on a model is asked for more than quotations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What became of the papers read; `bad` holds a line for each bad record that was skipped.

    `without_abstract` records have none: they are kept by title or skipped, as it was asked. `left_out` names each file of a folder that
    was not read, with the reason; `notes` say what else the user should know of how files were read. `linked` of the new ones are versions
    of works that were there; `possible` may be duplicates and were kept apart. `missing` are gone from Zotero, `removed` of them from the
    library too.
    """

    added: int = 0
    merged: int = 0
    replaced: int = 0
    unchanged: int = 0
    linked: int = 0
    possible: int = 0
    bad: tuple[str, ...] = ()
    without_abstract: int = 0
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    removed: int = 0
    pending: int = 0


class Assistant:
    """A library with everything around it. Made by `open`; a context manager; safe for many threads."""

    def __init__(self, library: Library, embedder: Embedder | None, settings: config.Settings, *, notes: Sequence[str] = ()) -> None:
        """Used by `open`. `notes` go under every answer (an embedder that could not be had)."""
        self.library, self.settings, self._notes = library, settings, tuple(notes)
        self._embed = embedder.embed if embedder is not None else None
        retriever = HybridRetriever(library, embedder, fusion=settings.fusion, reranker=load_reranker(settings.reranker))
        self.finder = Finder(library=library, retriever=retriever, k=settings.k)
        reader = Reader(pairs=reading.load() if embedder is not None else None, weigh=self._weigh)
        self.drafter = Drafter(library=library, reader=reader, words=settings.answer_words, search=self.finder.for_slot, embed=self._embed)
        self.writer = Writer(settings, embedder, reader.pairs)

    @classmethod
    def open(cls, settings: config.Settings | None = None, *, create: bool = False) -> Assistant:
        """The configured library with its embedder. IndexMissing where there is none and `create` is off.

        Where the weights can't be had, keyword search alone works, and every answer says so.
        """
        settings = settings or config.load()
        embedder, notes = load_embedder(settings)
        library = opened(settings, embedder, create=create)
        return cls(library, embedder, settings, notes=notes)

    def __enter__(self) -> Self:
        """The assistant itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """End answers under way and let go of the library's files."""
        self.writer.close()
        self.library.close()

    def read_ahead(self, ended: Callable[[], bool]) -> int:
        """Read the papers of a library that is small enough to be kept in memory; how many. Looks at `ended` now and then."""
        papers = self.library.list() if self.library.count() <= KEPT_PAPERS else []
        for start in range(0, len(papers), _READ_AHEAD):
            if ended():
                return start
            for paper in papers[start : start + _READ_AHEAD]:
                self.drafter.reader.cut(paper)
                self.library.terms(f"{paper.title} {paper.abstract}")
        return len(papers)

    # -- documents in -----------------------------------------------------------------------------------------------------------

    def ingest(
        self,
        paths: Sequence[Path | str],
        *,
        skip_bad: bool = False,
        mapping: Mapping[str, str] | None = None,
        progress: Callable[[Progress], None] | None = None,
        embed: bool = True,
        keep_without_abstract: bool = False,
    ) -> IngestReport:
        """Read, store, index and embed; every paper before a bad record is kept. SourceError at the first bad record unless `skip_bad`.

        A record without an abstract is skipped and counted; with `keep_without_abstract` it is a paper that is found by its title.
        """
        from rag import sources

        account, cluster = sources.Account(), self.settings.ray
        how: dict[str, Any] = {"skip_bad": skip_bad, "mapping": mapping, "keep_without_abstract": keep_without_abstract}
        if cluster is not None:
            from rag.cluster import embed as embed_there
            from rag.cluster import read as read_there

            papers = read_there(cluster, paths, account, **how)
        else:
            papers = itertools.chain.from_iterable(sources.read(Path(path), account=account, **how) for path in paths)
        report = self.library.add(papers, progress=progress)
        if embed and self.library.embedder is not None:
            if cluster is not None:
                embed_there(cluster, self.library, progress=progress)
            else:
                self.library.embed_pending(progress=progress)
        return IngestReport(
            added=report.added,
            merged=report.merged,
            replaced=report.replaced,
            unchanged=report.unchanged,
            linked=report.linked,
            possible=report.possible,
            bad=(*map(str, account.bad), *([f"and {account.more_bad:,} more bad records"] if account.more_bad else [])),
            without_abstract=account.without_abstract,
            left_out=tuple(account.left_out),
            notes=tuple(account.notes),
            pending=self.library.pending,
        )

    def ingest_zotero(
        self,
        path: Path | None = None,
        *,
        remove_missing: bool = False,
        progress: Callable[[Progress], None] | None = None,
        embed: bool = True,
        keep_without_abstract: bool = False,
    ) -> IngestReport:
        """Take over what changed in a Zotero database since it was last read; SourceError where there is none that can be read.

        Items without abstract as in `ingest`; those that were skipped before are looked at again where they are to be kept.
        """
        from rag.sources import zotero

        place = zotero.find(path)
        bad: list[str] = []
        with zotero.Zotero(place) as source:
            items = {item.name: item for item in source.items()}

            def read(names: Sequence[str]) -> Iterator[tuple[str, Paper | None]]:
                chosen = [items[name] for name in names]
                for item, paper, reason in source.papers(chosen, keep_without_abstract=keep_without_abstract):
                    if reason:
                        bad.append(reason)
                    yield item.name, paper

            stamps = {name: item.stamp for name, item in items.items()}
            found = self.library.follow(
                f"zotero:{place.resolve()}",
                stamps,
                read,
                remove_missing=remove_missing,
                again=keep_without_abstract,
                progress=progress,
            )
            lacking = source.without_abstract
        if embed and found.pending and self.library.embedder is not None:
            self.library.embed_pending(progress=progress)
        counts = {name: getattr(found, name) for name in ("added", "merged", "replaced", "unchanged", "linked", "possible")}
        return IngestReport(
            **counts,
            bad=tuple(bad),
            without_abstract=lacking,
            missing=found.missing,
            removed=found.removed,
            pending=self.library.pending,
        )

    # -- answers out ------------------------------------------------------------------------------------------------------------

    def search(self, query: str, *, k: int | None = None, filters: Filters | None = None) -> list[Hit]:
        """The first `k` papers for a query, filters said in its words included, unless nothing matches those."""
        query = query.encode("utf-8", "replace").decode()
        found = self.finder.find(query, k=k, filters=filters, asking=False)[1]
        return found or self.finder.retriever.search(query, k=k or self.settings.k, filters=filters)

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
        """The answer, waited for: the last event of `stream`."""
        answer: Answer | None = None
        for event in self.stream(question, history=history, turns=turns, filters=filters, k=k, llm=llm, mode=mode):
            answer = event.result if event.kind == "done" else answer
        assert answer is not None
        return answer

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
        stop: Stop | None = None,
        exact: bool = False,
        hits: Sequence[Hit] | None = None,
    ) -> Iterator[Event]:
        """The answer step by step; the last event is `done` with the Answer. Closing the iterator stops the work.

        `hits`: papers that were found already, in the place of a search.

        `history` holds earlier questions, `turns` earlier questions with their references. A model writes where one is given or
        configured, unless `mode` is `extractive`. `exact`: the words as they were typed, no slip of the pen corrected. `stop` ends the
        work from another thread: then there is no `done`, unless a model had begun to write.
        AnswerTimeout where the time for an answer is up.
        """
        question = question.encode("utf-8", "replace").decode()  # half a character, from a terminal in another encoding
        if not question.strip():
            raise ConfigError("the question is empty; type one")
        if mode == "llm" and llm is None and not self.settings.llm_enabled:
            raise ConfigError("no language model is set up; set FOOTNOTE_LLM_BASE_URL and FOOTNOTE_LLM_MODEL")
        stop = current() if stop is None else stop
        stop = Stop() if stop is None else stop  # one that has not stopped yet is false
        stop.limit(self.settings.answer_timeout_s)
        earlier, left_out = recent([*(Turn(question=q) for q in history), *turns])
        begun, notes = time.monotonic(), [left_out] if left_out else []
        events = self._stream(question, earlier, notes, filters=filters, k=k, llm=llm, mode=mode, stop=stop, given=hits, exact=exact)
        try:
            for event in events:
                yield self._told(event, begun)
        except Stopped:
            return
        finally:
            events.close()

    def _told(self, event: Event, begun: float) -> Event:
        """The event; an answer says where a part of the library was out of reach meanwhile."""
        lost = self.library.unsearched(begun) if event.kind == "done" else None
        if lost is None or event.result is None:
            return event
        return dataclasses.replace(event, result=dataclasses.replace(event.result, notes=(*event.result.notes, lost)))

    def _stream(
        self,
        question: str,
        turns: Sequence[Turn],
        notes: list[str],
        *,
        filters: Filters | None,
        k: int | None,
        llm: LLMOptions | None,
        mode: str | None,
        stop: Stop,
        exact: bool,
        given: Sequence[Hit] | None,
    ) -> Generator[Event, None, None]:
        begun = time.perf_counter()
        by_model = mode != "extractive" and (llm is not None or self.settings.llm_enabled)
        yield Event(kind="step", text=f"searching {self.library.count(filters):,} papers")
        standalone, used = None, None
        if by_model and turns:
            offline = lambda: self.finder.find(question, turns=turns, filters=filters, k=1)[0].standalone  # noqa: E731
            with stop.watched():
                standalone, used, note = self.writer.condense(question, turns, llm, offline=offline)
            notes += [note] if note else []
        with stop.watched():
            asked, hits = self.finder.find(question, turns=turns, filters=filters, k=k, standalone=standalone, exact=exact)
            if standalone is None:
                asked, hits = self._of_two_readings(asked, hits, filters=filters, k=k)
                asked, hits = self._with_filters_meant(asked, hits, turns, filters=filters, k=k)
            if (
                by_model and (topic := tasks.topic_of(asked.standalone)) is not None
            ):  # what is to be written says nothing of where it stands
                about, found = self.finder.find(topic, filters=asked.filters or filters, k=k)
                kind = about.kind if about.kind not in {"chat", "field"} else "summary"
                asked, hits = dataclasses.replace(about, kind=kind, text=asked.text, standalone=asked.standalone), found or hits
            hits = hits if given is None else list(given)
        found_s = time.perf_counter() - begun
        yield Event(kind="step", text=f"reading {min(len(hits), read_of(asked))}")
        by_model = by_model and asked.kind != "field"
        with stop.watched():
            work = self.drafter.work(asked, hits, quoted=not by_model)
        timing = {"retrieve": found_s, "answer": time.perf_counter() - begun - found_s}

        def quoted() -> Answer:
            with stop.watched():
                return self._answer(self.drafter.work(asked, hits), timing=timing | {"total": time.perf_counter() - begun})

        with stop.watched():
            by_model, slots = self._asks_model(asked, work) if by_model else (False, ())
        if not by_model:
            answer = self._answer(work, timing=timing | {"total": time.perf_counter() - begun})
            yield from _statements(answer)
            yield Event(kind="done", result=dataclasses.replace(answer, notes=(*answer.notes, *notes), usage=used))
            return
        yield Event(kind="step", text="writing")
        with stop.watched():
            if given is None:
                hits = self._for_slots(asked, hits, slots)
                more, used_for_words, said = self.writer.further(asked.standalone, llm)
                hits = self._beside(asked, hits, more)
                hits, used_for_order, said_of_order = self.writer.ordered(asked.standalone, hits, llm)
                notes += [*said, *said_of_order]
                used = Usage.together([used, used_for_words, used_for_order])
            work = dataclasses.replace(work, hits=hits)
        labels = [slot.label for slot in slots] if len(slots) > 1 else []
        for event in self.writer.stream(asked.standalone, hits, llm, slots=labels, fallback=quoted, stop=stop):
            if not stop:
                stop.check()
            if event.kind == "done":
                written = self._written(work, event.result, timing | {"total": time.perf_counter() - begun})
                whole = Usage.together([used, written.usage])
                yield Event(kind="done", result=dataclasses.replace(written, notes=(*written.notes, *notes), usage=whole))
            else:
                yield event

    def _asks_model(self, asked: Question, work: Work) -> tuple[bool, tuple[Slot, ...]]:
        """Whether the model is called, and what is asked for: where papers answer, and where a model can do more with what is near.

        Parts, comparisons, sums and things to write are refused as quotations sooner than a model needs to refuse them. Without evidence
        there is no call.
        """
        if not work.reads:
            return False, ()
        slots = self.drafter.slots(asked) if asked.kind not in MANY else ()
        if work.draft.abstain_reason is None:
            return True, slots
        if len(slots) > 1:
            return bool(self.drafter.work(asked, work.hits).draft.statements), slots
        near = (work.hits[0].dense or 0.0) >= NEAR
        return near and tasks.beyond_quotes(asked.standalone), slots

    def _for_slots(self, asked: Question, hits: list[Hit], slots: Sequence[Slot]) -> list[Hit]:
        """The papers to write from, each part of the question with its share of the first places."""
        if len(slots) < 2:
            return hits
        return self._beside(asked, hits, [slot.side or slot.text for slot in slots])

    def _beside(self, asked: Question, hits: list[Hit], queries: Sequence[str]) -> list[Hit]:
        """The hits and those of further queries in turn, as many as before."""
        if not queries:
            return hits
        rows = [hits, *(self.finder.for_slot(query, asked) for query in queries)]
        once = {hit.paper.paper_id: hit for column in itertools.zip_longest(*rows) for hit in column if hit is not None}
        return [dataclasses.replace(hit, rank=n) for n, hit in enumerate(list(once.values())[: max(len(hits), self.settings.k)], start=1)]

    def _of_two_readings(self, asked: Question, hits: list[Hit], *, filters: Filters | None, k: int | None) -> tuple[Question, list[Hit]]:
        """A short question after others may lean on them or stand alone: the reading that the papers answer better."""
        if not asked.follow_up or asked.leans or not hits:
            return asked, hits
        alone, found = self.finder.find(asked.text, filters=filters, k=k)
        if not found or alone.kind == "chat":
            return asked, hits
        if alone.kind in MANY or alone.by_fields:  # a list names its own topic
            return alone, found
        together, single = (self.drafter.weigh(q, h, quoted=False).verdict.answerable for q, h in ((asked, hits), (alone, found)))
        return (alone, found) if single >= together else (asked, hits)

    def _with_filters_meant(
        self, asked: Question, hits: list[Hit], turns: Sequence[Turn], *, filters: Filters | None, k: int | None
    ) -> tuple[Question, list[Hit]]:
        """Filters said in words cut off what answers at times, since the words were about the subject: then they are searched as words."""
        if not asked.said or asked.by_fields or asked.superlative or asked.kind in {"count", "field"} or asked.sides:
            return asked, hits
        wider, found = self.finder.find(asked.text, turns=turns if asked.follow_up else (), filters=filters, k=k, as_words=True)
        if not found or (hits and found[0].paper.paper_id == hits[0].paper.paper_id):
            return asked, hits
        held = self.drafter.weigh(asked, hits, quoted=False).verdict if hits else None
        if held is not None and held.reason is None:
            return asked, hits
        for whole in (wider, dataclasses.replace(wider, topic=asked.topic, request=asked.request)):  # the words may say nothing of it
            if self.drafter.weigh(whole, found, quoted=False).verdict.reason is None:
                return whole, found
        return asked, hits

    def summarize(self, paper_id: str) -> Answer:
        """Problem, method and findings of one paper, each sentence cited. PaperNotFound."""
        return self.summarize_many([paper_id])

    def summarize_many(self, paper_ids: Sequence[str] | None = None, *, filters: Filters | None = None) -> Answer:
        """A cited summary of chosen papers, or of all that match the filters, grouped by what they share."""
        begun = time.perf_counter()
        if paper_ids is not None:
            total, papers = len(paper_ids), self.library.get_many(paper_ids[:SUMMARY_READ])
        else:
            total, papers = self.library.count(filters), self.library.list(filters, sort="published", limit=SUMMARY_READ)
        papers = [spoken(paper) for paper in papers]
        if len(papers) == 1:
            draft, text = summaries.of_paper(papers[0]), f"Summary of {papers[0].title}"
        elif papers:
            draft, text = summaries.of_papers(papers, weigh=self._weigh, embed=self._embed), f"Summary of {len(papers)} papers"
        else:
            draft, text = fields.none_found(filters or Filters()), "Summary"
        if total > len(papers):
            draft = dataclasses.replace(draft, notes=(*draft.notes, f"The first {len(papers)} of {total} papers are summarised."))
        question = Question(text=text, core=text, standalone=text, topic=text, request=text, kind="summary", filters=filters or Filters())
        work = Work(question=question, hits=hits_of(papers), draft=draft)
        return self._answer(work, timing={"total": time.perf_counter() - begun})

    # -- the record -------------------------------------------------------------------------------------------------------------

    def _answer(self, work: Work, *, timing: dict[str, float]) -> Answer:
        """The record of a draft."""
        draft, question = work.draft, work.question
        references = number(draft.statements)
        return Answer(
            question=question.text,
            standalone_question=question.standalone,
            filters=question.filters,
            abstained=draft.abstain_reason is not None,
            abstain_reason=draft.abstain_reason,
            answer=text_of(draft.statements, draft.headings) if draft.statements else draft.refusal,
            statements=draft.statements,
            references=references,
            retrieved=tuple(work.hits),
            papers=self._papers(work, references),
            context=draft.context or context_of(work.reads[:1]),
            nearest=draft.nearest,
            verified=(len(draft.statements), len(draft.statements)),
            notes=(*self._notes, *self._retracted(work, references), *self._search_notes(question), *draft.notes),
            timing_s=timing,
            parts=draft.parts,
            verdict=draft.verdict,
            table=draft.table,
            voice="refusal" if draft.abstain_reason is not None and not draft.statements else draft.voice,
            confidence=draft.confidence,
        )

    def _written(self, work: Work, result: LLMResult, timing: dict[str, float]) -> Answer:
        """The record of a model's answer; the quoted answer where that gave way."""
        if result.fallback is not None:
            given = result.fallback
            return dataclasses.replace(given, usage=result.usage, notes=(*given.notes, *result.notes), timing_s=timing | result.timing_s)
        base = self._answer(work, timing=timing | result.timing_s)
        nearest: tuple[str, ...] = ()
        text = result.answer
        if result.abstained:
            nearest = tuple(h.paper.paper_id for h in work.hits[:3])
            said = decision.refusal(result.abstain_reason or "detail_missing", [h.paper.title for h in work.hits[:3]])
            text = text if result.statements else said
        cited = () if result.abstained else result.references
        return dataclasses.replace(
            base,
            mode=result.mode,
            abstained=result.abstained,
            abstain_reason=result.abstain_reason,
            answer=text,
            statements=result.statements,
            references=cited,
            papers=self._papers(work, cited),
            context=result.context,
            nearest=nearest,
            verified=result.verified,
            usage=result.usage,
            parts=(),
            verdict=None,
            table=None,
            voice="refusal" if result.abstained else "answer",
            notes=(*self._notes, *self._retracted(work, cited), *self._search_notes(work.question), *result.notes),
        )

    def _papers(self, work: Work, references: Sequence[str]) -> tuple[Paper, ...]:
        """The records of all cited and retrieved papers, cited ones first."""
        by_id = {h.paper.paper_id: h.paper for h in work.hits}
        cited = [by_id.get(p) or self.library.get(p) for p in references]
        return (*cited, *(p for pid, p in by_id.items() if pid not in references))

    def _retracted(self, work: Work, references: Sequence[str]) -> list[str]:
        """A note for each cited paper that was retracted."""
        papers = self._papers(work, references)[: len(references)]
        return [f"[{n}] “{p.title.rstrip('.')}”: {p.retraction.rstrip('.')}." for n, p in enumerate(papers, 1) if p.retraction]

    def _search_notes(self, question: Question) -> list[str]:
        """Slips of the pen that were corrected, the filters, and how many papers lack the fields they speak of."""
        slips = [f"Searched for “{right}” instead of “{wrong}”." for wrong, right in question.corrected]
        slips += [f"“{phrase}” was searched as words: as a filter it leaves no paper that answers." for phrase in question.dropped]
        if not question.filters:
            return slips
        names = {"published": "date", "categories": "category", "authors": "authors", "has_code": "word on code", "source": "source"}
        lacking = {f: n for f, n in self.library.lacking(question.filters).items() if n}
        return [
            *slips,
            f"Only papers that match: {fields.described(question.filters)}.",
            *(f"{n} papers carry no {names.get(f, f)} and can't match." for f, n in lacking.items()),
        ]

    def _weigh(self, stems: Sequence[str]) -> list[float]:
        """How telling stems are in this library: idf over the idf of a stem that one paper holds; 1.5 for one that none holds."""
        total = max(2, self.library.count())
        largest = math.log(1 + (total - 0.5) / 1.5)
        # The index takes compounds with digits apart (`gpt-4`), which stay whole here.
        terms = [self.library.terms(stem) or [stem] for stem in stems]
        frequencies = self.library.doc_freqs({term for own in terms for term in own})
        found = []
        for own in terms:
            held = min(frequencies[term] for term in own)
            found.append(math.log(1 + (total - held + 0.5) / (held + 0.5)) / largest if held else 1.5)
        return found


def opened(settings: config.Settings, embedder: Embedder | None, *, create: bool = False) -> Library:
    """The configured library; one in shards is searched by a Ray cluster where one is set."""
    if settings.ray is not None and is_sharded(settings.library):
        from rag.cluster import Clustered

        return Clustered.on(settings.ray, settings.library, embedder=embedder, replicas=settings.ray_replicas)
    return Library.open(settings.library, embedder=embedder, chroma_url=settings.chroma_url, create=create)


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


def _statements(answer: Answer) -> Iterator[Event]:
    """The statements of a complete answer, as events with their numbers."""
    for statement in answer.statements:
        own = tuple(dict.fromkeys(answer.references.index(c.paper_id) + 1 for c in statement.citations))
        yield Event(kind="statement", text=statement.text, statement=statement, numbers=own, references=answer.references)
