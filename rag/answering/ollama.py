"""Ollama's own protocol. Its OpenAI-compatible route takes no window and cuts longer prompts without a word; `/api/chat` takes one.

An Ollama is told by its list of loaded models (`/api/ps`). A chat without messages loads the model, so the window is set, and what
is in use is known, before any evidence is planned for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WANTED_TOKENS = 16_384
"""Window that a model is given where none is set and its own is smaller: evidence, instructions and a reply, with room for thoughts."""

LEAST_TOKENS, MOST_TOKENS = 256, 16_777_216
"""A window beyond these is no window that a server means."""

_TOP = frozenset({"model", "messages", "stream", "format", "keep_alive", "think", "truncate", "shift"})
_LIMITS = frozenset({"max_tokens", "max_completion_tokens"})
_EFFORTS: dict[Any, Any] = {"none": False, "minimal": "low"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A model's window in tokens: what is in use, as far as the server tells (`told`), and what each request asks for.

    `tokens` None: neither told nor set. `asked` None: it can't be set, and the OpenAI-compatible route is all there is.
    """

    tokens: int | None
    asked: int | None
    told: bool

    def __str__(self) -> str:
        """What was set and what is used, in words that follow `the server`."""
        used = f"{self.tokens} tokens" if self.tokens is not None else "unknown size"
        if self.asked is None:
            return f"is an Ollama whose window can't be set ({used}{'' if self.told else ', as far as known'})"
        if not self.told:
            return f"is an Ollama; its window was set to {self.asked} tokens, and it does not say what it uses"
        more = "" if self.tokens == self.asked else f" of {self.asked} that were asked for"
        return f"is an Ollama; its window was set, and it uses {self.tokens} tokens{more}"


def find(listed: Callable[[], Any], load: Callable[[int | None], bool], model: str, wanted: int | None) -> Window | None:
    """The window of `model`, set where that can be done; None where the server is no Ollama.

    `listed()` is the list of loaded models, whatever it is elsewhere; `load(tokens)` loads the model with a window, or with its own
    (None), and says whether that was not refused. Without a `wanted` window, a larger one of its own stays: nothing is loaded anew.
    """
    loaded = listed()
    if not isinstance(loaded, list):
        return None
    own = in_use(loaded, model)
    if wanted is None and own is None and load(None):
        own = in_use(listed(), model)
    asked = wanted or max(own or 0, WANTED_TOKENS)
    if not load(asked):
        return Window(tokens=own, asked=None, told=own is not None)
    used = in_use(listed(), model)
    return Window(tokens=min(asked, used or asked), asked=asked, told=used is not None)


def passes_on(model: str) -> bool:
    """Whether an Ollama has this model run by its makers, where it has its whole window.

    >>> passes_on("gpt-oss:120b-cloud"), passes_on("my-cloud")
    (True, False)
    """
    return model.casefold().rpartition(":")[2].endswith("cloud") and ":" in model


def in_use(listed: Any, model: str) -> int | None:
    """The window that the list of loaded models tells of `model`; None where it is not loaded, or an older Ollama tells none."""
    names = {model.casefold(), f"{model.casefold()}:latest"}
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and {str(entry.get(key)).casefold() for key in ("name", "model")} & names:
            found = entry.get("context_length")
            return found if type(found) is int and LEAST_TOKENS <= found <= MOST_TOKENS else None
    return None


def request(body: dict[str, Any], window: int) -> dict[str, Any]:
    """A chat in OpenAI's form as Ollama's: what is no field there is an option. A prompt beyond the window is refused, not cut.

    >>> request({"model": "m", "messages": [], "max_tokens": 9, "reasoning_effort": "none"}, 8192)["options"]
    {'num_predict': 9, 'num_ctx': 8192}
    """
    top: dict[str, Any] = {"stream": False, "truncate": False}
    options: dict[str, Any] = {}
    for name, value in body.items():
        if name in _TOP:
            top[name] = value
        elif name == "reasoning_effort":
            top["think"] = _EFFORTS.get(value, value)
        elif name == "options" and isinstance(value, dict):
            options |= value
        elif name != "stream_options":
            options["num_predict" if name in _LIMITS else name] = value
    return top | {"options": options | {"num_ctx": window}}


def chunk(record: Any) -> Any:
    """A reply, or a line of one that is streamed, in OpenAI's form; anything else as it is."""
    message = record.get("message") if isinstance(record, dict) else None
    if not isinstance(message, dict):
        return record
    said = {"content": message.get("content"), "reasoning": message.get("thinking")}
    if not record.get("done"):
        return {"choices": [{"delta": said}]}
    usage = {"prompt_tokens": record.get("prompt_eval_count"), "completion_tokens": record.get("eval_count")}
    return {"choices": [{"delta": said, "message": said, "finish_reason": record.get("done_reason") or "stop"}], "usage": usage}


@lru_cache(maxsize=1)
def lines() -> Any:
    """The client's stream, which reads a record a line in place of events."""
    import openai

    class Lines(openai.Stream[object]):
        done = False

        def __stream__(self) -> Iterator[Any]:
            for line in _lines(self.response.iter_bytes()):
                record = json.loads(line)
                if isinstance(record, dict) and "error" in record:
                    raise openai.APIError(str(record["error"]), self.response.request, body=None)
                yield chunk(record)

    return Lines


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Lines that are not empty. httpx's own would end at characters, too, that may stand in a JSON string."""
    held: list[bytes] = []
    for piece in pieces:
        first, *more = piece.split(b"\n")
        held.append(first)
        for following in more:
            if (line := b"".join(held)).strip():
                yield line
            held = [following]
    if (line := b"".join(held)).strip():
        yield line
