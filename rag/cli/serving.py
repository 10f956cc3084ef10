"""`footnote chat` and `footnote serve`: the page; a chat in the terminal; and MCP on standard input and output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import options
from rag.cli.bundled import fill

if TYPE_CHECKING:
    from rag.config import Settings

Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.", show_default=False)]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65_535, help="Port; 0 picks a free one.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(chat)
    app.command()(serve)
    app.command()(mcp)


def chat(
    library: options.LibraryName = None,
    host: Host = None,
    port: Port = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="Chat here instead of in a browser.")] = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
) -> None:
    """Open the chat page. An empty library is filled with the bundled papers first."""
    settings = options.settings(library, host=host, port=port)
    if terminal:
        fill(settings)
        _terminal(settings)
        return
    _fit(settings)
    fill(settings)
    from ui.server import run

    run(settings, open_browser=browser)


def serve(library: options.LibraryName = None, host: Host = None, port: Port = None) -> None:
    """Serve the page and the API without opening a browser."""
    settings = options.settings(library, host=host, port=port)
    _fit(settings)
    fill(settings)
    from ui.server import run

    run(settings, open_browser=False)


def mcp(library: options.LibraryName = None) -> None:
    """Speak MCP on standard input and output: the tools ask, search and paper, for desktop assistants and editors."""
    import sys

    from rag.assistant import Assistant
    from rag.mcp import Tools
    from rag.mcp import serve as speak

    with Assistant.open(options.settings(library)) as assistant:
        speak(Tools(lambda: assistant), sys.stdin.buffer, sys.stdout)


def _fit(settings: Settings) -> None:
    """Say what is wrong with the server's settings before a library is filled for it."""
    from ui.security import check

    check(settings)


def _terminal(settings: Settings) -> None:
    """Question and answer until an empty line or the end of input."""
    from rag.assistant import Assistant, Turn
    from rag.cli import render

    turns: list[Turn] = []
    with Assistant.open(settings) as assistant:
        typer.echo(f"{assistant.library.count()} papers; an empty line ends the chat.")
        while True:
            try:
                question = input("\n> ").strip()
            except EOFError:
                break
            if not question:
                break
            record = assistant.ask(question, turns=turns)
            typer.echo(render.answer(record))
            turns.append(Turn(question=question, references=record.references))
