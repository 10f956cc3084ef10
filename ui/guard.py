"""Errors of ours become a notice on the page; never raised into Gradio, whose overlay would hide what is there."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ParamSpec

import gradio as gr

from rag.errors import ConfigError, FootnoteError

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")


def guarded(handler: Callable[_P, Any]) -> Callable[_P, Any]:
    """The handler, with a notice and no change to the page where it raises a FootnoteError."""

    @functools.wraps(handler)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> Any:
        try:
            return handler(*args, **kwargs)
        except FootnoteError as error:
            gr.Warning(str(error))
            return gr.skip()

    return run


def sent(event: gr.EventData, name: str) -> Any:
    """What an event of the page carries by a name; None where it carries nothing by it. Anybody can send an event, of any make."""
    try:
        return getattr(event, name, None)
    except TypeError:  # its data is no object
        return None


def number(event: gr.EventData, name: str) -> int:
    """A number that an event of the page carries; ConfigError where it carries none."""
    try:
        return int(sent(event, name))
    except (TypeError, ValueError, OverflowError) as error:
        raise ConfigError(f"the page sent no number as {name!r}; load it anew") from error


def texts(event: gr.EventData, name: str, most: int) -> list[str]:
    """The first of the texts that an event of the page carries; ConfigError where it carries no list."""
    found = sent(event, name)
    if not isinstance(found, list | tuple):
        raise ConfigError(f"the page sent no list as {name!r}; load it anew")
    return [str(one) for one in found[:most]]
