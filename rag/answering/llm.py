"""The written answer: evidence to a model, its reply read as it comes, each sentence checked before anyone sees it.

Enter a question and the papers found, leave events (`rag.answering.events`); the last carries an `LLMResult`. Nothing unverified leaves
here but in a statement with status `withheld` (never rendered) or, where the setting says so, `unsupported` (rendered with a warning).
A provider that fails, or a reply of which too little survives the check, gives way to the extractive answer with a note. Deliberately
absent: retrieval and the decision that the collection holds nothing; without evidence no model is called.
"""

from __future__ import annotations

import dataclasses
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rag import prompting
from rag.answering import conversation
from rag.answering.events import Event
from rag.answering.layout import Layout
from rag.answering.prices import Prices
from rag.answering.turns import TURNS, Urgency
from rag.checking import unclaimed
from rag.checking.verify import Evidence
from rag.citations import CitedSentence, ReplyReader, as_cell, numbers_of, read_reply, references_of, render, same, span_citation
from rag.errors import ContextOverflow, ProviderError
from rag.injection import is_order
from rag.schema import AbstainReason, Answer, Mode, Statement, Usage
from rag.stopping import Stop, Stopped
from rag.text import Span, normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from rag.answering.provider import Provider, Reply
    from rag.answering.reply_stream import ReplyStream
    from rag.checking.verify import Verifier
    from rag.prompting import Prompt
    from rag.schema import Paper

PAPERS_READ, MOST_PAPERS, LARGE_WINDOW = 12, 20, 32_000
"""Papers whose abstracts are offered to the model, best first; and to one with a window of so many tokens."""

LEAST_SHARE = 1 / 3
"""Where fewer of a reply's sentences survive the check than this, the extractive answer takes its place."""

REPAIRED = 12
"""Most sentences of one reply that go back to the model."""

JUDGE_TOKENS = 1024
"""Room for the one word of a second look, which a model that thinks needs for its thoughts."""

_SHORT_CELL = 4
"""Words of a cell that says nothing without the name of its column."""

_RESERVE_TOKENS = 64
_STOPPED = "stopped before the reply was complete"


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
        unsupported: Literal["withhold", "mark", "quote"] = "withhold",
        judge: bool = False,
        repair: bool = True,
        prices: Prices | None = None,
        answer_words: int = 120,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`judge`: the model checks each verified sentence a second time, and can only take away. `repair`: what fails goes back once."""
        self.provider = provider
        self.verifier = verifier
        self.unsupported = unsupported
        self.judge = judge
        self.repair = repair
        self.prices = prices or Prices()
        self.answer_words = answer_words
        self.clock = clock
        self._running: set[AnswerStream] = set()
        self._lock = threading.Lock()

    def prompt(self, question: str, papers: Sequence[Paper], slots: Sequence[str] = ()) -> Prompt:
        """Exactly what would be sent for this question over these papers (best first). `slots`: what it asks for, where several things."""
        window, window_note = self.provider.window()
        count, known = self.provider.counter()
        budget = window - self.provider.config.max_output_tokens - _RESERVE_TOKENS
        with TURNS.take(Urgency.FIRST_SENTENCE):
            built = prompting.build(
                question,
                papers[: MOST_PAPERS if window >= LARGE_WINDOW else PAPERS_READ],
                budget_tokens=budget,
                answer_words=self.answer_words,
                count=count,
                slots=slots,
            )
        notes = list(built.notes)
        if window_note is not None and built.notes:
            notes.append(window_note)
        if not known and built.notes:
            notes.append(f"tokens of {self.provider.config.model!r} were counted with another model's vocabulary")
        return prompting.Prompt(system=built.system, user=built.user, lines=built.lines, tokens=built.tokens, notes=tuple(notes))

    def stream(
        self,
        question: str,
        papers: Sequence[Paper],
        *,
        slots: Sequence[str] = (),
        fallback: Callable[[], Answer] | None = None,
        stop: Stop | None = None,
    ) -> AnswerStream:
        """The answer to a standalone question as it comes. `fallback` makes the extractive answer when it is needed.

        `stop` ends it, and has the deadline beyond which the model is not waited for.

        Iterate the result; closing it, or its `stop` from any thread, ends the provider's stream at once.
        """
        running = AnswerStream(self, question, papers, fallback, stop, slots)
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
        return text, self.taken(question + "".join(asked + answered for asked, answered in history), reply), note

    def taken(self, sent: str, reply: Reply | None) -> Usage | None:
        """What one call took: as the server counted, else estimated from what was sent; None where there was no call."""
        if reply is None:
            return None
        return self.usage([_tokens_of(self.provider, sent, reply.text, reply.prompt_tokens, reply.completion_tokens)])

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
        slots: Sequence[str] = (),
    ) -> None:
        """Nothing is sent before the first `next`."""
        self._slots = slots
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
        self._failed: list[_Failed] = []
        self._refused = False
        self._seen: list[str] = []
        self._columns: list[str] = []
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
            try:
                with self._stop.watched():  # the server may be asked for its window, and load the model
                    prompt = answerer.prompt(self._question, self._papers, self._slots)
            except Stopped:
                self._notes.append(_STOPPED)
                yield from self._done(None, "", None)
                return
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
        evidence = evidence_of(prompt)
        layout = Layout(self._question, prompt.lines)
        error = yield from self._read(prompt, evidence, layout)
        if self._stop:
            self._notes.append(_STOPPED)
        else:
            if error is None and self._failed and self._answerer.repair:
                yield from self._repaired(prompt, evidence)
            if self._failed and self._answerer.unsupported == "quote":
                yield from self._quoted(prompt)
            shown, total = self._tally()
            claims = [s for s in self._statements if s.citations and s.status != "withheld"]
            if error is None and not claims and (self._refused or any(s.status == "verified" for s in self._statements)):
                yield from self._abstain(prompt)
                return
            if error is not None or not shown or shown < total * LEAST_SHARE:
                said = f"only {shown} of the {total} sentences that the model wrote passed the check"
                reason = _failure_note(error) if error is not None else said if total else "the model wrote nothing"
                if not any(s.status != "withheld" for s in self._statements):
                    yield from self._give_way(reason, prompt=prompt, error=error)
                    return
                yield from self._filled_up(reason)
        yield from self._done(prompt, layout.rest(), error)

    def _read(self, prompt: Prompt, evidence: Sequence[Evidence], layout: Layout) -> Generator[Event, None, ProviderError | None]:
        """The reply as it comes, each claim checked; a second try with more room where the model only thought. The error that ended it."""
        provider = self._answerer.provider
        for further in (False, True):
            reader = ReplyReader(prompt.codes, closes=provider.quirks.closes_thoughts)
            self._reply = reply = provider.stream(prompt.system, prompt.user, ends_at=self._stop.ends_at)
            if self._stop:
                reply.stop()
            texts: list[str] = []
            error: ProviderError | None = None
            try:
                for piece in reply:
                    if not texts:
                        self._timing.setdefault("first_token", self._answerer.clock() - self._began)
                    texts.append(piece)
                    for part in reader.feed(piece):
                        yield from self._met(part, evidence, layout)
            except ProviderError as failed:
                error = failed
            self._count_tokens(reply, prompt, "".join(texts))
            if self._stop or error is not None:
                return error
            cut = reply.finish_reason == "length" or reply.overlong
            rest = reader.finish()
            if cut:
                self._note("the reply was cut at its longest length; its last sentence is left out")
                rest = rest[:-1]
            for part in rest:
                yield from self._met(part, evidence, layout)
            if reader.thoughts.unopened:
                provider.quirks.closes_thoughts = True
            if further or self._seen or not cut or not (reader.thoughts.found or reply.thought):
                return None
            provider.quirks.thinks = True  # it had no room left to say anything
        return None

    def _met(self, part: CitedSentence, evidence: Sequence[Evidence], layout: Layout) -> Iterator[Event]:
        """A part of the reply: layout is kept, what claims nothing dropped, claims are checked."""
        if part.kind == "row":
            yield from self._row(part, evidence, layout)
        elif part.kind != "claim":
            self._columns = [cell.text for cell in part.cells] if part.kind == "table" else self._columns
            layout.take(part)
        elif normalise(part.text) == normalise(prompting.REFUSAL):
            self._refused = True
        elif not self._claims_nothing(part, evidence, layout):
            self._seen.append(part.text)
            yield from self._checked(part, evidence, layout)

    def _claims_nothing(self, part: CitedSentence, evidence: Sequence[Evidence], layout: Layout) -> bool:
        """Whether a sentence is an echo, courtesy, or leads up to something."""
        if same(part.text, self._question) or any(same(part.text.removeprefix("Paper:"), e.paper.title) for e in evidence):
            return True
        if part.codes or part.unknown or unclaimed.missing(part.text) is not None:
            return False
        if part.text.rstrip().endswith(":") or (unclaimed.courtesy(part.text) and part.text.rstrip()[-1:] in {":", ","}):
            if not unclaimed.courtesy(part.text):
                layout.lead(part)
            return True
        return unclaimed.courtesy(part.text)

    def _row(self, row: CitedSentence, evidence: Sequence[Evidence], layout: Layout) -> Iterator[Event]:
        """A row of a table, cell by cell; what fails leaves its place empty."""
        head, *cells = row.cells or (row,)
        if not cells:
            yield from self._checked(head, evidence, layout)
            return
        self._seen.append(row.text)
        found: list[Statement | None] = []
        for n, cell in enumerate(cells, start=1):
            column = self._columns[n] if n < len(self._columns) else ""
            codes = (*cell.codes, *cell.unknown) or (*head.codes, *head.unknown) or (*row.codes, *row.unknown)
            made = None
            if cell.text and layout.allows(head.text):
                made = self._verified(_cell_claims(head.text, column, cell.text), codes, evidence)
            if cell.text and (made is None or made.status == "withheld"):
                self._statements.append(Statement(text=f"{head.text}: {cell.text}", status="withheld"))
            found.append(made)
        shown = [n for n, made in enumerate(found) if made is not None and made.status != "withheld"]
        if not shown:
            yield Event(kind="withheld", text="nothing of a row is supported")
            return
        before = f"{layout.before_row()}| {as_cell(head.styled or head.text)} | "
        for n, made in enumerate(found):
            if n not in shown or made is None:
                before += "— | " if cells[n].text else "| "
                continue
            after = " |" + "".join(" — |" if c.text else " |" for c in cells[n + 1 :]) if n == shown[-1] else ""
            styled = cells[n].styled or cells[n].text
            yield from self._shown(dataclasses.replace(made, before=before, after=made.after + after, styled=styled))
            before = " | "

    def _checked(self, sentence: CitedSentence, evidence: Sequence[Evidence], layout: Layout) -> Iterator[Event]:
        made = self._verified([sentence.text], [*sentence.codes, *sentence.unknown], evidence)
        if made is None:
            return
        if made.status == "withheld":
            reason = made.before
            self._failed.append(_Failed(sentence, reason, len(self._statements)))
            self._statements.append(Statement(text=sentence.text, status="withheld"))
            yield Event(kind="withheld", text=reason)
            return
        yield from self._shown(dataclasses.replace(made, before=layout.before(sentence), styled=sentence.styled))

    def _verified(self, claims: Sequence[str], cited: Sequence[str], evidence: Sequence[Evidence]) -> Statement | None:
        """The first of the wordings of one claim that passes; withheld, with the reason in `before`, where none does; None when stopped."""
        answerer = self._answerer
        began = answerer.clock()
        reason = ""
        for claim in claims:
            with TURNS.take(Urgency.FURTHER if self._statements else Urgency.FIRST_SENTENCE):
                verdict = answerer.verifier.check(claim, evidence, cited, question=self._question)
            if verdict.status != "unsupported" and answerer.judge and verdict.citations and not self._stop:
                quoted = [c.quote for c in verdict.citations if c.quote]
                if not self._judged(claim, quoted):
                    reason = "the model's second look found no support"
                    continue
            if self._stop:
                return None
            if verdict.status != "unsupported":
                self._timing["verify"] = self._timing.get("verify", 0.0) + answerer.clock() - began
                if verdict.partly:
                    self._note("The evidence is in English: of sentences in another language only names and figures were checked.")
                after = f" ({'; '.join(verdict.worked)})" if verdict.worked else ""
                return Statement(text=claim, status=verdict.status, citations=verdict.citations, after=after)
            reason = reason or verdict.reason
        self._timing["verify"] = self._timing.get("verify", 0.0) + answerer.clock() - began
        if self._stop:
            return None
        if answerer.unsupported == "mark":
            return Statement(text=claims[0], status="unsupported")
        return Statement(text=claims[0], status="withheld", before=reason)

    def _shown(self, statement: Statement) -> Iterator[Event]:
        if not any(s.status != "withheld" for s in self._statements):
            statement = dataclasses.replace(statement, before=statement.before.lstrip())
        self._statements.append(statement)
        references = references_of(self._statements)
        yield Event(kind="statement", statement=statement, numbers=numbers_of(statement, references), references=references)

    def _repaired(self, prompt: Prompt, evidence: Sequence[Evidence]) -> Iterator[Event]:
        """What failed goes back once, all of it with the reasons; what comes is checked like anything else and stands at the end."""
        provider, failed = self._answerer.provider, self._failed[:REPAIRED]
        yield Event(kind="step", text=f"{provider.config.model} looks again at {len(failed)} sentence{'s' if len(failed) != 1 else ''}")
        system, user = prompting.repair_messages(prompt, [(f.sentence.text, f.reason) for f in failed])
        try:
            with self._stop.watched():
                reply = provider.chat(system, user)
        except (Stopped, ProviderError) as error:
            if isinstance(error, ProviderError):
                self._note(f"sentences that failed the check were not written again: {error}")
            return
        self._calls.append(_tokens_of(provider, system + user, reply.text, reply.prompt_tokens, reply.completion_tokens))
        known = {normalise(text) for text in self._seen}
        for part in read_reply(reply.text, prompt.codes):
            number = re.match(r"\s*(\d{1,2})[.)]", part.lead.strip() + part.text)
            own = next((f for n, f in enumerate(failed, start=1) if number is not None and int(number[1]) == n), None)
            text = re.sub(r"^\d{1,2}[.)]\s*", "", part.text)
            if part.kind != "claim" or normalise(text) in known or normalise(text) in {"nothing", "none"} or self._stop:
                continue
            known.add(normalise(text))
            if not (part.codes or part.unknown) and (unclaimed.courtesy(text) or text.endswith(":")):
                continue
            made = self._verified([text], [*part.codes, *part.unknown], evidence)
            if made is None or made.status in {"withheld", "unsupported"} or not made.citations:
                continue
            lead = own.sentence.lead if own is not None and own.sentence.lead.strip() else " "
            if own is not None and own in self._failed:
                self._failed.remove(own)
                self._statements[own.at] = dataclasses.replace(self._statements[own.at], text="")  # it was put right
            yield from self._shown(dataclasses.replace(made, before=lead))

    def _quoted(self, prompt: Prompt) -> Iterator[Event]:
        """For what failed for good, the sentence that it cites, in its own words, where the answer without a model would quote it too."""
        told = {(c.paper_id, c.start) for s in self._statements for c in s.citations}
        other = self._fallback() if self._fallback is not None else None
        chosen = [c for s in other.statements for c in s.citations] if other is not None and not other.abstained else []
        for failed in self._failed:
            line = next((x for code in failed.sentence.codes for x in prompt.lines if x.code == code), None)
            if line is None or is_order(line.text):
                continue
            fits = any(c.paper_id == line.paper.paper_id and c.start is not None and c.start <= line.start < (c.end or 0) for c in chosen)
            if fits and (line.paper.paper_id, line.start) not in told:
                told.add((line.paper.paper_id, line.start))
                citation = span_citation(line.paper, line.start, line.end)
                yield from self._shown(
                    Statement(text=line.text, status="quoted", citations=(citation,), before=failed.sentence.lead or " ")
                )

    def _filled_up(self, reason: str) -> Iterator[Event]:
        """Too little is left of the reply, but what was shown stands: the abstracts are quoted behind it."""
        other = self._fallback() if self._fallback is not None else None
        told = {(c.paper_id, c.start, c.field) for s in self._statements for c in s.citations}
        added = False
        for statement in other.statements if other is not None and not other.abstained else ():
            if not {(c.paper_id, c.start, c.field) for c in statement.citations} <= told:
                yield from self._shown(dataclasses.replace(statement, before=" " if added else "\n\n"))
                added = True
        self._note(f"{'Completed from the abstracts' if added else 'Incomplete'}: {reason}")

    def _judged(self, sentence: str, quoted: Sequence[str]) -> bool:
        """The model's second look. A judge that fails, or says neither yes nor no, has not seen that the sentence is right."""
        system, user = prompting.judge_messages(sentence, quoted)
        provider = self._answerer.provider
        try:
            with self._stop.watched():
                reply = provider.chat(system, user, max_tokens=JUDGE_TOKENS)
        except Stopped:
            return False
        except ProviderError as error:
            self._note(f"the second check did not answer ({error})")
            return False
        self._calls.append(_tokens_of(provider, system + user, reply.text, reply.prompt_tokens, reply.completion_tokens))
        word = re.search(r"\b(yes|no)\b", reply.text, re.IGNORECASE)
        if word is None:
            self._note("the second check's reply was neither yes nor no")
            return False
        return word[1].lower() == "yes"

    def _note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)

    def _tally(self) -> tuple[int, int]:
        """How many statements were verified, and of how many; what was put right counts once."""
        told = [s for s in self._statements if s.text and (s.citations or s.status != "verified")]  # what is not stated has no footnote
        return sum(s.status in {"verified", "reattributed", "quoted"} for s in told), len(told)

    def _count_tokens(self, reply: ReplyStream, prompt: Prompt, text: str) -> None:
        if not text and reply.prompt_tokens is None:
            return  # nothing was answered, so most likely nothing was charged
        sent = prompt.system + prompt.user
        self._calls.append(_tokens_of(self._answerer.provider, sent, text, reply.prompt_tokens, reply.completion_tokens))

    def _abstain(self, prompt: Prompt) -> Iterator[Event]:
        """The model says that it is not stated, in the phrase it was given or in its own words, which stand."""
        said = tuple(s for s in self._statements if s.status != "withheld")
        text = render(said, ()) or "The abstracts found do not state this."
        yield self._result(prompt, mode="llm", answer=text, abstained=True, abstain_reason="detail_missing", statements=said)

    def _give_way(self, reason: str, *, prompt: Prompt | None, error: ProviderError | None) -> Iterator[Event]:
        """The extractive answer in the place of the model's, with a note that says why."""
        other = self._fallback() if self._fallback is not None else None
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

    def _done(self, prompt: Prompt | None, rest: str, error: ProviderError | None) -> Iterator[Event]:
        shown, total = self._tally()
        if total > shown:
            verb = "were withheld" if self._answerer.unsupported == "withhold" else "are marked"
            self._note(f"{total - shown} of {total} sentences {verb}: the abstracts do not support them")
        for note in self._notes:
            yield Event(kind="note", text=note)
        statements = tuple(s for s in self._statements if s.text)
        if rest and statements:
            statements = (*statements[:-1], dataclasses.replace(statements[-1], after=statements[-1].after + rest))
        references = references_of(statements)
        yield self._result(
            prompt,
            mode="llm",
            answer=render(statements, references),
            statements=statements,
            references=references,
            verified=(shown, total),
            error=error,
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


@dataclass(frozen=True, slots=True)
class _Failed:
    """A sentence that failed the check, why, and its place among the statements."""

    sentence: CitedSentence
    reason: str
    at: int


def _cell_claims(head: str, column: str, cell: str) -> list[str]:
    """How a cell may be meant: what it says of its row, under its column's name where it is short."""
    if not head:
        return [cell]
    plain = [f"{head} {cell}", f"{head}: {cell}"] if cell[:1].islower() or cell[:1].isdigit() else [f"{head}: {cell}", f"{head} {cell}"]
    if not column or len(cell.split()) > _SHORT_CELL:
        return plain
    low = column[:1].lower() + column[1:] if column[1:2].islower() else column
    if re.match(r"\W*(?:yes|✓|✔)\W*$", cell, re.IGNORECASE):
        return [f"{head} has {low}", f"{head} {low}"]
    named = [f"{head} reaches {cell} {low}", f"The {low} of {head} is {cell}"]
    return named if any(map(str.isdigit, cell)) else [*named, *plain]


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
