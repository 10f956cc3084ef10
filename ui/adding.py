"""The Add papers tab: a file in, a report out. A file with a bad line changes nothing, unless bad lines are to be skipped."""

from __future__ import annotations

import contextlib
import queue
import shutil
import threading
import time
from collections.abc import Iterator  # noqa: TC003 - gradio reads the types of handlers
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag import sources
from rag.errors import ConfigError, FootnoteError, SourceError
from ui import lookup
from ui.markup import tag
from ui.page import NOT_OWNER, PRIVATE, Page, on_load
from ui.visit import Visit  # noqa: TC001 - gradio reads the types of handlers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markupsafe import Markup

    from rag.assistant import Assistant, IngestReport
    from rag.library import Progress

BAD_SHOWN = 20
PAUSE_S = 0.1


@dataclass(slots=True, kw_only=True)
class AddingTab:
    """What other tabs need of this one: `changed` takes a new value whenever papers were added."""

    changed: gr.State


def check(paths: Sequence[Path], *, skip_bad: bool, limit_mb: int) -> int:
    """Read everything without storing anything; how many papers there are. SourceError at what can't be read."""
    size = sum(path.stat().st_size for path in paths)
    if size > limit_mb * 1_000_000:
        raise ConfigError(f"{size / 1e6:.1f} MB is more than the {limit_mb} MB that are allowed here at once")
    return sum(1 for path in paths for _ in sources.read(path, skip_bad=skip_bad))


def add(
    assistant: Assistant, paths: Sequence[Path], *, skip_bad: bool, limit_mb: int, tell: Callable[[float | None, str], None]
) -> IngestReport:
    """Check the files as a whole, then store them; `tell` hears a share of the work and what is being done."""
    tell(None, "checking the files")
    total = check(paths, skip_bad=skip_bad, limit_mb=limit_mb)

    def progress(step: Progress) -> None:
        of = step.total or total
        left = f", about {step.eta_s:.0f} s left" if step.eta_s else ""
        what = "storing" if step.phase == "reading" else "embedding"
        share = step.done / of if of else 0.0
        tell(share * 0.2 if step.phase == "reading" else 0.2 + 0.8 * share, f"{what} {step.done:,} of {of:,}{left}")

    return assistant.ingest([str(path) for path in paths], skip_bad=skip_bad, progress=progress)


def report(found: IngestReport, names: Sequence[str]) -> Markup:
    """What became of the papers."""
    counts = [
        ("added", "new"), ("merged", "known papers that gained metadata"), ("replaced", "known papers that got a fuller text"),
        ("unchanged", "known papers, nothing new"), ("pending", "still without vectors, found by keywords meanwhile"),
    ]  # fmt: skip
    rows = [tag("li", tag("strong", f"{getattr(found, name):,}"), f" {text}") for name, text in counts if getattr(found, name)]
    parts = [tag("p", f"Read: {', '.join(names)}"), tag("ul", *rows) if rows else tag("p", "Nothing in it was new.")]
    if found.without_abstract:
        parts.append(tag("p", f"{found.without_abstract:,} records without an abstract skipped."))
    if found.notes:
        parts.append(tag("ul", *(tag("li", line) for line in found.notes[:BAD_SHOWN])))
    if found.bad:
        shown = [tag("li", line) for line in found.bad[:BAD_SHOWN]]
        more = [tag("li", f"and {len(found.bad) - BAD_SHOWN} more")] if len(found.bad) > BAD_SHOWN else []
        parts += [
            tag("p", f"{len(found.bad)} bad line{'s' if len(found.bad) != 1 else ''} skipped:"),
            tag("ul", *shown, *more, class_="bad"),
        ]
    return tag("div", *parts, class_="report", role="status")


def build(page: Page) -> AddingTab:
    """Lay the tab out and wire it."""
    limit = page.settings.max_upload_mb
    with gr.Column(elem_classes="sheet", elem_id="adding"):
        gr.HTML(
            "<h2>Add papers</h2><p>What Zotero, EndNote, Mendeley, Scopus, Web of Science, PubMed, arXiv, OpenAlex and others write: "
            "BibTeX, RIS, JSON, CSV, Excel, XML, or plain abstracts, also compressed with gzip. You need not say which it is. "
            "Footnote reads titles and abstracts, not PDFs: from a folder of PDFs, let Zotero look up the records and export those. "
            f"At most {limit} MB at once.</p>",
            js_on_load=None,
            apply_default_css=False,
        )
        if page.access.needs_key:
            note = "Adding papers takes the owner's key here: unlock on the Model tab first."
            gr.HTML(str(tag("p", note, class_="hint")), js_on_load=None, apply_default_css=False)
        files = gr.File(label="Files with papers", file_count="multiple", type="filepath", height=150, elem_id="files")
        with gr.Row(elem_classes="tools"):
            go = gr.Button("Add these papers", variant="primary", scale=0, min_width=180)
            # Pressed by the script once what was chosen has arrived: a file on its way would be missing else.
            sent = gr.Button("Add what has arrived", elem_id="arrived", elem_classes="unseen")
            rest = gr.Button("Skip the bad lines and add the rest", elem_id="rest", scale=0, min_width=260, visible=False)
        with gr.Row(elem_classes="tools", visible=page.settings.lookup):
            wanted = gr.Textbox(
                label="Or by number",
                placeholder="10.1000/xyz, arXiv:2304.03442, or an address with one",
                min_width=260,
                max_length=2000,
            )
            look = gr.Button("Look up and add", scale=0, min_width=180)
        outcome = gr.HTML(str(tag("div", data_limit=limit)), elem_id="outcome", js_on_load=on_load("adding"), apply_default_css=False)
        changed = gr.State("")

    def worked(visit: Visit, paths: list[str] | None, request: gr.Request, *, skip_bad: bool) -> Iterator[dict[Any, Any]]:
        found = [Path(path) for path in paths or []]
        if not found:
            yield {outcome: str(tag("p", "Choose a file first.", class_="fn-error", role="alert"))}
            return
        mendable = False
        try:
            if not page.owns(request):
                raise ConfigError(NOT_OWNER)
            assistant = page.assistant(visit)
            steps = Steps(lambda tell: add(assistant, found, skip_bad=skip_bad, limit_mb=limit, tell=tell))
            for share, text in steps:
                yield {outcome: str(_under_way(share, text))}
            shown = report(_named(steps.result(), found), [path.name for path in found])
            yield {outcome: str(shown), files: None, rest: gr.Button(visible=False), changed: f"added:{assistant.library.generation}"}
        except FootnoteError as error:
            # A file with a bad line stays: it can be added without it, by one more press.
            mendable = isinstance(error, SourceError) and bool(error.line) and not skip_bad
            yield {outcome: str(_failed(error, found)), rest: gr.Button(visible=mendable), **({} if mendable else {files: None})}
        finally:
            for path in [] if mendable else found:
                with contextlib.suppress(OSError):
                    path.unlink()

    def added(visit: Visit, paths: list[str] | None, request: gr.Request) -> Iterator[dict[Any, Any]]:
        yield from worked(visit, paths, request, skip_bad=False)

    def added_rest(visit: Visit, paths: list[str] | None, request: gr.Request) -> Iterator[dict[Any, Any]]:
        yield from worked(visit, paths, request, skip_bad=True)

    def looked_up(visit: Visit, text: str, request: gr.Request) -> Iterator[dict[Any, Any]]:
        if not page.settings.lookup:
            return
        try:
            if not page.owns(request):
                raise ConfigError(NOT_OWNER)
            found = lookup.numbers(text or "")
            if not found:
                raise ConfigError("type a DOI or an arXiv number first")
            yield {outcome: str(_under_way(None, "looking up"))}
            assistant, paths = page.assistant(visit), lookup.fetch(found, page.settings)
            try:
                steps = Steps(lambda tell: add(assistant, paths, skip_bad=False, limit_mb=limit, tell=tell))
                for share, line in steps:
                    yield {outcome: str(_under_way(share, line))}
                shown = report(_named(steps.result(), paths), [f"{kind} {number}" for kind, number in found])
            finally:
                shutil.rmtree(paths[0].parent, ignore_errors=True)
            yield {outcome: str(shown), wanted: "", changed: f"added:{assistant.library.generation}"}
        except FootnoteError as error:
            yield {outcome: str(_failed(error, []))}

    out = [outcome, files, rest, changed]
    one: dict[str, Any] = {
        "concurrency_limit": 1, "concurrency_id": "adding", "api_visibility": PRIVATE, "show_progress": "hidden",
    }  # fmt: skip
    go.click(None, js="() => Footnote.whenArrived()", api_visibility=PRIVATE)
    sent.click(added, [page.visit, files], out, **one)
    rest.click(added_rest, [page.visit, files], out, **one)
    gr.on([look.click, wanted.submit], looked_up, [page.visit, wanted], [*out, wanted], **one)
    return AddingTab(changed=changed)


class Steps:
    """Work in a thread of its own; iterate what it tells, as it comes, then ask for its result."""

    def __init__(self, work: Callable[[Callable[[float | None, str], None]], IngestReport]) -> None:
        """It begins at once, and goes on when nobody listens any more."""
        self._told: queue.SimpleQueue[tuple[float | None, str] | None] = queue.SimpleQueue()
        self._done: IngestReport | None = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def _run(self, work: Callable[[Callable[[float | None, str], None]], IngestReport]) -> None:
        try:
            self._done = work(lambda share, text: self._told.put((share, text)))
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            self._error = error
        finally:
            self._told.put(None)

    def __iter__(self) -> Iterator[tuple[float | None, str]]:
        """The newest of what was told, at most ten times a second, until the end."""
        while (told := self._told.get()) is not None:
            yield told
            time.sleep(PAUSE_S)
            while not self._told.empty():
                newer = self._told.get()
                if newer is None:
                    return
                told = newer
            yield told

    def result(self) -> IngestReport:
        """What came of it; raises what it raised."""
        if self._error is not None:
            raise self._error
        assert self._done is not None
        return self._done


def _under_way(share: float | None, text: str) -> Markup:
    bar = tag("progress", value=None if share is None else f"{min(share, 1.0):.3f}", max=1, aria_label="Papers added")
    return tag("div", tag("p", text, role="status"), bar, class_="running")


def _failed(error: FootnoteError, paths: Sequence[Path]) -> Markup:
    """Why nothing was added; the file's own name, not where the server put it."""
    where = f", line {error.line}" if isinstance(error, SourceError) and error.line else ""
    text = f"{Path(error.path).name}{where}: {error.reason}" if isinstance(error, SourceError) else _own_names(str(error), paths)
    return tag("p", tag("strong", "Nothing was added. "), text, class_="fn-error", role="alert")


def _named(done: IngestReport, paths: Sequence[Path]) -> IngestReport:
    import dataclasses

    return dataclasses.replace(
        done, bad=tuple(_own_names(line, paths) for line in done.bad), notes=tuple(_own_names(line, paths) for line in done.notes)
    )


def _own_names(text: str, paths: Sequence[Path]) -> str:
    for path in paths:
        text = text.replace(str(path), path.name)
    return text
