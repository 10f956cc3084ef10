"""The commands' tree, and the one place where errors become a line and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer

from rag import __version__, memory
from rag.cli import answering, options, papers, reading, serving
from rag.cli import library as libraries

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
libraries.register(app)
serving.register(app)


_NEXT = {
    errno.ENOSPC: "free some, then run this again: what was stored is kept",
    errno.EMFILE: "raise the limit (`ulimit -n`), then run this again: what was stored is kept",
    errno.ENOMEM: "close other programs, or raise the limit (`ulimit -v`)",
}


def _version(value: bool) -> None:
    if value:
        typer.echo(f"footnote {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version_flag: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
    library: options.LibraryName = None,
) -> None:
    """Questions over research-paper abstracts, answered with a checkable footnote after every sentence."""
    if library is not None:
        # The same as `--library` behind the command, which wins.
        from rag.config import use_library

        use_library(library)


def main() -> None:
    """Run the command line; no stack trace reaches the user."""
    # Nothing that Footnote imports may call home.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    from rag.errors import FootnoteError

    try:
        sys.exit(app(prog_name="footnote", standalone_mode=False) or 0)
    except FootnoteError as error:
        _fail(str(error), 2)
    except (KeyboardInterrupt, typer.Abort):
        _fail("stopped; what was finished is kept", 130)
    except BrokenPipeError:
        # The reader of our output (head, less) went away: not our error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        where = f" {error.filename!r}" if error.filename else ""
        _fail(f"{error.strerror or error}{where}; {_NEXT.get(error.errno or 0, 'check the path, its permissions and the free space')}", 2)
    except MemoryError:
        _fail(f"there is not enough memory; {_NEXT[errno.ENOMEM]}", 2)
    except Exception as error:
        # What typer raises for a wrong option or argument: its message in a line, its help where nothing was asked.
        message = error.format_message() if hasattr(error, "format_message") else None
        if message is None:
            if memory.was_short():
                _fail(f"there is not enough memory; {_NEXT[errno.ENOMEM]}", 2)
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            typer.echo(message)
            sys.exit(2)
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "footnote"
        _fail(f"{message.rstrip('.')}; see `{command} --help`", getattr(error, "exit_code", 2))


def _fail(message: str, code: int) -> None:
    sys.stderr.write(f"footnote: {' '.join(message.split())}\n")
    sys.exit(code)
