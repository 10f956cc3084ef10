"""The written answer: evidence to a model, its reply read as it comes, each sentence checked before anyone sees it.

Enter a question and the papers found, leave events (`rag.answering.events`); the last carries an `LLMResult`. Nothing unverified leaves
here but in a statement with status `withheld` (never rendered) or, where the setting says so, `unsupported` (rendered with a warning).
A provider that fails, or a reply of which too little survives the check, gives way to the extractive answer with a note. Deliberately
absent: retrieval and the decision that the collection holds nothing; without evidence no model is called.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rag import prompting
from rag.answering import conversation
from rag.answering.events import Event
from rag.answering.prices import Prices
from rag.answering.turns import TURNS, Urgency
from rag.checking.verify import Evidence
from rag.citations import CitedSentence, ReplyReader, numbers_of, references_of, render
from rag.errors import ContextOverflow, ProviderError
from rag.schema import AbstainReason, Answer, Mode, Statement, Usage
from rag.stopping import Stop, Stopped
from rag.text import Span, normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from rag.answering.provider import Provider
    from rag.answering.reply_stream import ReplyStream
    from rag.checking.verify import Verifier
    from rag.prompting import Prompt
    from rag.schema import Paper

PAPERS_READ = 12
"""Papers whose abstracts are offered to the model, best first."""

LEAST_SHARE = 1 / 3
"""Where fewer of a reply's sentences survive the check than this, the extractive answer takes its place."""

_RESERVE_TOKENS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMResult:
    """What a model's answer came to; the fields are those of `rag.schema.Answer`.

    `mode` is `extractive` where the answer gave way: then `fallback` is the answer to show (None where there was none to fall back on)
    and `notes` say why. `error` is the provider's, where one failed.
    """

    mode: Mode
    answer: str
    abstained: bool = False
    abstain_reason: AbstainReason | None = None
    statements: tuple[Statement, ...] = ()
    references: tuple[str, ...] = ()
    context: tuple[dict[str, Any], ...] = ()
    verified: tuple[int, int] = (0, 0)
    usage: Usage | None = None
    notes: tuple[str, ...] = ()
    timing_s: dict[str, float] = field(default_factory=dict)
    fallback: Answer | None = None
    error: ProviderError | None = None


class LLMAnswerer:
    """Writes answers with one model. Thread-safe: each call of `stream` is an answer of its own."""

    def __init__(
        self,
        provider: Provider,
        verifier: Verifier,
        *,
        unsupported: Literal["withhold", "mark"] = "withhold",
        judge: bool = False,
        prices: Prices | None = None,
        answer_words: int = 120,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`judge`: the model checks each verified sentence a second time, and can only take away."""
        self.provider = provider
        self.verifier = verifier
        self.unsupported = unsupported
        self.judge = judge
        self.prices = prices or Prices()
        self.answer_words = answer_words
        self.clock = clock
        self._running: set[AnswerStream] = set()
        self._lock = threading.Lock()

    def prompt(self, question: str, papers: Sequence[Paper]) -> Prompt:
        """Exactly what would be sent for this question over these papers (best first)."""
        window, window_note = self.provider.window()
        count, known = self.provider.counter()
        budget = window - self.provider.config.max_output_tokens - _RESERVE_TOKENS
        with TURNS.take(Urgency.FIRST_SENTENCE):
            built = prompting.build(
                question, papers[:PAPERS_READ], budget_tokens=budget, answer_words=self.answer_words, count=count, relevance=None
            )
        notes = list(built.notes)
        if window_note is not None and built.notes:
            notes.append(window_note)
        if not known and built.notes:
            notes.append(f"tokens of {self.provider.config.model!r} were counted with another model's vocabulary")
        return prompting.Prompt(system=built.system, user=built.user, lines=built.lines, tokens=built.tokens, notes=tuple(notes))

    def stream(
        self, question: str, papers: Sequence[Paper], *, fallback: Callable[[], Answer] | None = None, stop: Stop | None = None
    ) -> AnswerStream:
        """The answer to a standalone question as it comes. `fallback` makes the extractive answer when it is needed.

        `stop` ends it, and has the deadline beyond which the model is not waited for.

        Iterate the result; closing it, or its `stop` from any thread, ends the provider's stream at once.
        """
        running = AnswerStream(self, question, papers, fallback, stop)
        with self._lock:
            self._running.add(running)
        return running

    def answer(self, question: str, papers: Sequence[Paper], *, fallback: Callable[[], Answer] | None = None) -> LLMResult:
        """The whole answer, waited for."""
        result: LLMResult | None = None
        for event in self.stream(question, papers, fallback=fallback):
            if event.kind == "done":
                result = event.result
        assert result is not None
        return result

    def condense(
        self, question: str, history: Sequence[tuple[str, str]], *, offline: Callable[[], str]
    ) -> tuple[str, Usage | None, str | None]:
        """The standalone form of a follow-up, what it took, and a note where `offline()` stood in for the model.

        `history`: (question, answer) pairs, oldest first.
        """
        text, reply, note = conversation.condense(self.provider, question, history, offline=offline)
        if reply is None:
            return text, None, note
        sent = question + "".join(asked + answered for asked, answered in history)
        return text, self.usage([_tokens_of(self.provider, sent, reply.text, reply.prompt_tokens, reply.completion_tokens)]), note

    def stop(self) -> None:
        """Stop every answer under way."""
        with self._lock:
            running = list(self._running)
        for stream in running:
            stream.stop()

    def finished(self, stream: AnswerStream) -> None:
        """Forget a stream that has ended."""
        with self._lock:
            self._running.discard(stream)

    def usage(self, calls: Sequence[tuple[int, int, bool]]) -> Usage | None:
        """The sum of calls given as (prompt tokens, completion tokens, estimated), with its cost; None for no calls."""
        if not calls:
            return None
        sent, received = sum(c[0] for c in calls), sum(c[1] for c in calls)
        model = self.provider.config.model
        return Usage(
            model=model,
            prompt_tokens=sent,
            completion_tokens=received,
            estimated=any(c[2] for c in calls),
            cost_usd=self.prices.cost_usd(model, sent, received),
        )


class AnswerStream:
    """One answer under way: an iterator of events."""

    def __init__(
        self,
        answerer: LLMAnswerer,
        question: str,
        papers: Sequence[Paper],
        fallback: Callable[[], Answer] | None,
        stop: Stop | None = None,
    ) -> None:
        """Nothing is sent before the first `next`."""
        self._answerer = answerer
        self._question = question
        self._papers = papers
        self._fallback = fallback
        self._reply: ReplyStream | None = None
        self._stop = Stop() if stop is None else stop.child()
        self._stop.on_stop(self._shut)
        self._began = 0.0
        self._timing: dict[str, float] = {}
        self._calls: list[tuple[int, int, bool]] = []
        self._notes: list[str] = []
        self._statements: list[Statement] = []
        self._events = self._run()

    def __iter__(self) -> Iterator[Event]:
        """Itself."""
        return self

    def __next__(self) -> Event:
        """The next event."""
        return next(self._events)

    def close(self) -> None:
        """End it; the provider's stream is closed at once."""
        self.stop()
        self._events.close()

    def stop(self) -> None:
        """End it from any thread: what was verified so far stands, and `done` follows."""
        self._stop.now()

    def _shut(self) -> None:
        if self._reply is not None:
            self._reply.stop()

    def _run(self) -> Generator[Event, None, None]:
        answerer = self._answerer
        self._began = answerer.clock()
        try:
            prompt = answerer.prompt(self._question, self._papers)
            if not prompt.lines:
                yield from self._without_evidence()
                return
            self._notes += prompt.notes
            count = len({line.paper.paper_id for line in prompt.lines})
            yield Event(kind="step", text=f"{answerer.provider.config.model} reads {count} abstract{'s' if count != 1 else ''}")
            yield from self._written(prompt)
        finally:
            if self._reply is not None:
                self._reply.stop()
            answerer.finished(self)

    def _without_evidence(self) -> Iterator[Event]:
        note = "no evidence fits into the model's window; raise FOOTNOTE_LLM_CONTEXT_TOKENS" if self._papers else "nothing was found"
        if self._papers:
            self._notes.append(note)
        yield from self._give_way(note, prompt=None, error=None)

    def _written(self, prompt: Prompt) -> Iterator[Event]:
        provider = self._answerer.provider
        evidence = evidence_of(prompt)
        reader = ReplyReader(prompt.codes)
        texts: list[str] = []
        refused = _Refusal()
        self._reply = reply = provider.stream(prompt.system, prompt.user, ends_at=self._stop.ends_at)
        if self._stop:
            reply.stop()
        error: ProviderError | None = None
        try:
            for piece in reply:
                if not texts:
                    self._timing["first_token"] = self._answerer.clock() - self._began
                texts.append(piece)
                if refused.waits_for(piece):
                    continue
                for sentence in reader.feed(refused.held()):
                    yield from self._checked(sentence, evidence)
        except ProviderError as failed:
            error = failed
        self._count_tokens(reply, prompt, "".join(texts))
        if self._stop:
            self._notes.append("stopped before the reply was complete")
        elif error is not None:
            yield from self._give_way(_failure_note(error), prompt=prompt, error=error)
            return
        elif refused.is_refusal:
            yield from self._abstain(prompt)
            return
        else:
            rest = reader.feed(refused.held()) if refused.pending else []
            if reply.finish_reason == "length" or reply.overlong:
                self._notes.append("the reply was cut at its longest length; its last sentence is left out")
            else:
                rest += reader.finish()
            for sentence in rest:
                yield from self._checked(sentence, evidence)
            shown, total = self._tally()
            if not shown or shown < total * LEAST_SHARE:
                reason = (
                    f"only {shown} of the {total} sentences that the model wrote passed the check" if total else "the model wrote nothing"
                )
                yield from self._give_way(reason, prompt=prompt, error=None)
                return
        yield from self._done(prompt)

    def _checked(self, sentence: CitedSentence, evidence: Sequence[Evidence]) -> Iterator[Event]:
        answerer = self._answerer
        began = answerer.clock()
        with TURNS.take(Urgency.FURTHER if self._statements else Urgency.FIRST_SENTENCE):
            verdict = answerer.verifier.check(sentence.text, evidence, [*sentence.codes, *sentence.unknown], question=self._question)
        status, citations, reason = verdict.status, verdict.citations, verdict.reason
        if answerer.judge and status != "unsupported" and not self._stop:
            quoted = [c.quote for c in citations if c.quote]
            if not self._judged(sentence.text, quoted):
                status, citations, reason = "unsupported", (), "the model's second look found no support"
        self._timing["verify"] = self._timing.get("verify", 0.0) + answerer.clock() - began
        if self._stop:
            return
        if status != "unsupported":
            statement = Statement(text=sentence.text, status=status, citations=citations)
        elif answerer.unsupported == "mark":
            statement = Statement(text=sentence.text, status="unsupported")
        else:
            self._statements.append(Statement(text=sentence.text, status="withheld"))
            yield Event(kind="withheld", text=reason)
            return
        self._statements.append(statement)
        references = references_of(self._statements)
        yield Event(kind="statement", statement=statement, numbers=numbers_of(statement, references), references=references)

    def _judged(self, sentence: str, quoted: Sequence[str]) -> bool:
        """The model's second look; a judge that fails or talks takes nothing away, and a note says so."""
        system, user = prompting.judge_messages(sentence, quoted)
        provider = self._answerer.provider
        try:
            with self._stop.watched():
                reply = provider.chat(system, user, max_tokens=8)
        except Stopped:
            return False
        except ProviderError as error:
            self._note(f"the second check did not answer ({error})")
            return True
        self._calls.append(_tokens_of(provider, system + user, reply.text, reply.prompt_tokens, reply.completion_tokens))
        word = re.search(r"\b(yes|no)\b", reply.text, re.IGNORECASE)
        if word is None:
            self._note("the second check's reply was neither yes nor no")
            return True
        return word[1].lower() == "yes"

    def _note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)

    def _tally(self) -> tuple[int, int]:
        """How many statements were verified, and of how many."""
        return sum(s.status in {"verified", "reattributed", "quoted"} for s in self._statements), len(self._statements)

    def _count_tokens(self, reply: ReplyStream, prompt: Prompt, text: str) -> None:
        if not text and reply.prompt_tokens is None:
            return  # nothing was answered, so most likely nothing was charged
        sent = prompt.system + prompt.user
        self._calls.append(_tokens_of(self._answerer.provider, sent, text, reply.prompt_tokens, reply.completion_tokens))

    def _abstain(self, prompt: Prompt) -> Iterator[Event]:
        text = "The abstracts found do not state this."
        self._statements.clear()
        yield self._result(prompt, mode="llm", answer=text, abstained=True, abstain_reason="detail_missing")

    def _give_way(self, reason: str, *, prompt: Prompt | None, error: ProviderError | None) -> Iterator[Event]:
        """The extractive answer in the place of the model's, with a note that says why."""
        other = self._fallback() if self._fallback is not None else None
        if any(s.status != "withheld" for s in self._statements):
            yield Event(kind="restart", text=reason)
        self._statements.clear()
        if other is None or other.abstained:
            self._note(f"{reason[:1].upper()}{reason[1:]}." if reason[-1:] != "." else reason)
        else:
            self._note(f"Quoted from the abstracts instead: {reason}")
            for n, statement in enumerate(other.statements):
                references = references_of(other.statements[: n + 1])
                yield Event(kind="statement", statement=statement, numbers=numbers_of(statement, references), references=references)
        for note in self._notes:
            yield Event(kind="note", text=note)
        yield self._result(
            prompt,
            mode="extractive",
            answer=other.answer if other is not None else "",
            abstained=other is None or other.abstained,
            abstain_reason=other.abstain_reason if other is not None else "none_found",
            statements=other.statements if other is not None else (),
            references=other.references if other is not None else (),
            verified=other.verified if other is not None else (0, 0),
            fallback=other,
            error=error,
        )

    def _done(self, prompt: Prompt) -> Iterator[Event]:
        shown, total = self._tally()
        if total > shown:
            verb = "were withheld" if self._answerer.unsupported == "withhold" else "are marked"
            self._note(f"{total - shown} of {total} sentences {verb}: the abstracts do not support them")
        for note in self._notes:
            yield Event(kind="note", text=note)
        statements = tuple(self._statements)
        references = references_of(statements)
        yield self._result(
            prompt,
            mode="llm",
            answer=render(statements, references),
            statements=statements,
            references=references,
            verified=(shown, total),
        )

    def _result(self, prompt: Prompt | None, **values: Any) -> Event:
        self._timing["llm"] = self._answerer.clock() - self._began
        context = tuple(
            {"paper_id": line.paper.paper_id, "start": line.start, "end": line.end, "text": line.text}
            for line in (prompt.lines if prompt is not None else ())
        )
        usage = self._answerer.usage(self._calls)
        result = LLMResult(context=context, usage=usage, notes=tuple(self._notes), timing_s=dict(self._timing), **values)
        return Event(kind="done", result=result)


class _Refusal:
    """Holds back the beginning of a reply for as long as it may be the refusal phrase.

    >>> refusal = _Refusal()
    >>> refusal.waits_for(prompting.REFUSAL[:7]), refusal.waits_for(" a refusal at all"), refusal.held()
    (True, False, 'NOT STA a refusal at all')
    """

    def __init__(self) -> None:
        self.pending = ""
        self._settled = False
        self._phrase = normalise(prompting.REFUSAL)

    def waits_for(self, piece: str) -> bool:
        """Take a piece in; whether more is needed to tell."""
        self.pending += piece
        if not self._settled:
            said = normalise(self.pending)
            # The phrase, with or without a full stop, and nothing after it that cites.
            self._settled = not (self._phrase.startswith(said) or said.startswith(self._phrase)) or "[" in self.pending.strip()[1:]
        return not self._settled

    def held(self) -> str:
        """Everything held back, once."""
        text, self.pending = self.pending, ""
        return text

    @property
    def is_refusal(self) -> bool:
        """Whether the reply, now that it has ended, is the phrase."""
        return not self._settled and normalise(self.pending).startswith(self._phrase)


def evidence_of(prompt: Prompt) -> list[Evidence]:
    """The prompt's papers in order, each with the spans that its codes stand for."""
    spans: dict[str, dict[str, Span]] = {}
    papers: dict[str, Paper] = {}
    for line in prompt.lines:
        papers[line.paper.paper_id] = line.paper
        spans.setdefault(line.paper.paper_id, {})[line.code] = Span(line.start, line.end)
    return [Evidence(paper=paper, codes=spans[paper_id]) for paper_id, paper in papers.items()]


def _tokens_of(
    provider: Provider, sent: str, received: str, prompt_tokens: int | None, completion_tokens: int | None
) -> tuple[int, int, bool]:
    """Tokens of a call as the server counted them, else estimated."""
    if prompt_tokens is not None and completion_tokens is not None:
        return prompt_tokens, completion_tokens, False
    count, _known = provider.counter()
    return count(sent), count(received), True


def _failure_note(error: ProviderError) -> str:
    if isinstance(error, ContextOverflow):
        return f"{error}; set FOOTNOTE_LLM_CONTEXT_TOKENS to the model's window"
    return str(error)
