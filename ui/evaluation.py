"""The Evaluation tab: the latest report, a run started from here with its progress, and what readers marked as wrong."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator  # noqa: TC003 - gradio reads the types of handlers
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui import votes
from ui.guard import guarded, number, sent
from ui.markup import tag
from ui.page import NOT_OWNER, PRIVATE, Page, on_load
from ui.visit import Visit  # noqa: TC001 - gradio reads the types of handlers

if TYPE_CHECKING:
    from pathlib import Path

    from markupsafe import Markup

QUICK, WHOLE = "A sample of 25 questions", "All development questions"
_COUNT = re.compile(r"^(\d+) of (\d+)\b")


def latest_report() -> Path | None:
    """report.html of the newest run that has one."""
    from eval.folder import runs_folder

    found = sorted(runs_folder().glob("*/report.html"))
    return found[-1] if found else None


def frame() -> Markup:
    """The latest report in a frame of its own, which may run the report's script and nothing else."""
    found = latest_report()
    if found is None:
        return tag("p", "No run has been made yet. Start one above; a sample takes about a minute.", class_="hint")
    # The name in the address makes the frame load again after a new run.
    return tag(
        "iframe",
        src=f"page/report?run={found.parent.name}",
        title=f"Evaluation report {found.parent.name}",
        sandbox="allow-scripts",
        class_="report-frame",
    )


def state(text: str, done: int = 0, total: int = 0, *, failed: bool = False) -> Markup:
    """One line with a bar."""
    bar = tag("progress", value=done, max=total, aria_label="Questions answered") if total else None
    return tag("div", tag("p", text, role="alert" if failed else "status", class_="fn-error" if failed else None), bar, class_="running")


async def run(limit: int | None) -> AsyncIterator[tuple[str, int, int, bool]]:
    """Run the suite in a process of its own; (text, done, total, failed), the last when it has ended."""
    command = [sys.executable, "-m", "eval", "run", "--split", "dev", *(["--limit", str(limit)] if limit else [])]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    done = total = 0
    last = "starting"
    try:
        if process.stderr is None:
            raise RuntimeError("the process was started with a pipe")
        async for raw in process.stderr:
            line = raw.decode("utf-8", "replace").strip()
            if not line:
                continue
            last = line[:300]
            if found := _COUNT.match(line):
                done, total = int(found[1]), int(found[2])
            yield last, done, total, False
        code = await process.wait()
        yield (last if code else "finished"), done, total, code != 0
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def build(page: Page) -> None:
    """Lay the tab out and wire it."""
    with gr.Column(elem_classes="sheet"):
        gr.HTML(
            "<h2>Evaluation</h2><p>Gold questions with known answers: what is found, told, cited and refused. It runs offline.</p>",
            js_on_load=None,
            apply_default_css=False,
        )
        with gr.Row(elem_classes="tools"):
            size = gr.Radio([QUICK, WHOLE], value=QUICK, label="Questions", scale=1)
            go = gr.Button("Run the evaluation", variant="primary", scale=0, min_width=180)
            halt = gr.Button("Stop the run", scale=0, min_width=120, visible=False)
        progress = gr.HTML("", elem_id="eval-state", js_on_load=None, apply_default_css=False)
        report = gr.HTML("", elem_id="eval-report", js_on_load=on_load("report"), apply_default_css=False)
        marked = gr.HTML("", elem_id="candidates", js_on_load=None, apply_default_css=False)

    def shown() -> dict[Any, Any]:
        count = votes.count()
        words = f"{count} answer{'s' if count != 1 else ''} marked by readers, kept as candidates for gold questions."
        link = tag("a", "Download them", href="page/candidates", download="gold-candidates.jsonl") if count else None
        return {report: str(frame()), marked: str(tag("p", words, " ", link, class_="hint"))}

    async def started(how: str, request: gr.Request) -> AsyncIterator[dict[Any, Any]]:
        if not page.owns(request):
            yield {progress: str(state(NOT_OWNER, failed=True))}
            return
        yield {progress: str(state("starting")), go: gr.Button(visible=False), halt: gr.Button(visible=True)}
        text, failed = "", False
        async for text, done, total, failed in run(25 if how == QUICK else None):
            yield {progress: str(state(text, done, total, failed=failed))}
        said = state(f"The run ended with an error: {text}" if failed else "The run is finished.", failed=failed)
        yield {progress: str(said), go: gr.Button(visible=True), halt: gr.Button(visible=False), **shown()}

    def halted() -> dict[Any, Any]:
        return {progress: str(state("Stopped.")), go: gr.Button(visible=True), halt: gr.Button(visible=False)}

    def voted(visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        place = number(event, "turn") - 1
        vote = sent(event, "vote")
        if vote in votes.KINDS and 0 <= place < len(visit.turns):
            before = [t.answer.question for t in visit.turns[:place]]
            votes.save(visit.turns[place].answer, vote=vote, history=before, library=page.library_name(visit))
        return shown()

    out = [progress, go, halt, report, marked]
    quick: dict[str, Any] = {"api_visibility": PRIVATE, "show_progress": "hidden"}
    run_event = go.click(started, size, out, concurrency_limit=1, **quick)
    halt.click(halted, None, out, cancels=[run_event], queue=False, **quick)
    page.ask.transcript.like(guarded(voted), page.visit, out, concurrency_limit=4, **quick)
    page.blocks.load(shown, None, out, concurrency_limit=None, **quick)
