"""The commands' tree, and the one place where errors become a line and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from rag import __version__
from rag.cli import answering, library, papers, reading, serving

app = typer.Typer(
    name="footnote",
    help="Questions over research-paper abstracts, answered with a checkable footnote after every sentence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
reading.register(app)
answering.register(app)
papers.register(app)
library.register(app)
serving.register(app)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"footnote {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version_flag: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Questions over research-paper abstracts, answered with a checkable footnote after every sentence."""


def main() -> None:
    """Run the command line; no stack trace reaches the user."""
    # Nothing that Footnote imports may call home.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    from rag.errors import FootnoteError

    try:
        app(prog_name="footnote")
    except FootnoteError as error:
        _fail(str(error), 2)
    except KeyboardInterrupt:
        _fail("stopped; what was finished is kept", 130)
    except BrokenPipeError:
        # The reader of our output (head, less) went away: not our error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        where = f" {error.filename!r}" if error.filename else ""
        _fail(f"{error.strerror or error}{where}; check the path, its permissions and the free space", 2)


def _fail(message: str, code: int) -> None:
    sys.stderr.write(f"footnote: {' '.join(message.split())}\n")
    sys.exit(code)
