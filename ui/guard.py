"""Errors of ours become a notice on the page; never raised into Gradio, whose overlay would hide what is there."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ParamSpec

import gradio as gr

from rag.errors import FootnoteError

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
