"""An Ollama on the loopback: its own protocol and its OpenAI-compatible one, a window that it takes from one of them alone.

As the real one, it keeps a model loaded with one window, answers a chat without messages by loading, holds the window to what the
model was trained for, and shortens a longer prompt to half the window and answers all the same, but for requests that forbid it.
A token is a word or a mark.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fakes.openai_server import WAIT_S, Asked, FakeOpenAI, Handler

_KEPT = 4  # tokens at the front that stay when a prompt is cut


@dataclass
class FakeOllama(FakeOpenAI):
    """The server; `url` ends in /v1, as users are told to set it."""

    model: str = "fake-model:latest"
    told: dict[str, Any] = field(default_factory=lambda: {"owned_by": "library"})
    own_window: int = 4096
    """What it gives a model where nobody asks for more."""
    trained: int = 131_072
    """The longest window that the model takes."""
    memory: int = 1 << 20
    """The longest window for which there is memory."""
    tells: bool = True
    """It tells the window of a loaded model, as those since 2025 do."""
    closed_paths: tuple[str, ...] = ()
    """What a proxy before it does not pass on."""
    window: int | None = None
    """What the model is loaded with."""
    loads: list[int] = field(default_factory=list)
    """The windows it was loaded with, one after the other."""
    cut: list[int] = field(default_factory=list)
    """Tokens of the prompts that were shortened."""
    slow_load: bool = False
    """Loading waits for `gate`."""
    loading: threading.Event = field(default_factory=threading.Event)
    """Set once a slow loading has begun."""
    native: list[dict[str, Any]] = field(default_factory=list)
    """The chats in its own form, as received."""

    def load(self, wanted: int | None) -> bool:
        """Have the model loaded with this window, or with its own; False where memory does not suffice."""
        window = min(wanted or self.own_window, self.trained)
        if window > self.memory:
            return False
        if window != self.window:
            self.window = window
            self.loads.append(window)
        return True


class _Handler(Handler):
    """One connection."""

    server_of: ClassVar[FakeOllama]
    _native = False
    _prompt_tokens = 0
    _said = ""

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        """The models, and those loaded."""
        fake = self.server_of
        if self.path in fake.closed_paths or self.path != "/api/ps":
            return super().do_GET()
        fake.paths.append(self.path)
        entry = {"name": fake.model, "model": fake.model, "size": 1} | ({"context_length": fake.window} if fake.tells else {})
        return self._json(200, {"models": [entry] if fake.window else []}) if self._allowed() else None

    def do_POST(self) -> None:  # noqa: N802 - http.server's name
        """A chat in either form."""
        fake = self.server_of
        self._native = self.path == "/api/chat" and self.path not in fake.closed_paths
        if not self._native:
            return super().do_POST()
        fake.paths.append(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        if not self._allowed():
            return None
        fake.native.append(body)
        if body["model"].removesuffix(":latest") != fake.model.removesuffix(":latest"):
            return self._json(404, {"error": f"model '{body['model']}' not found"})
        if fake.slow_load:
            fake.loading.set()
            fake.gate.wait(WAIT_S)
        if not fake.load(body["options"].get("num_ctx")):
            return self._json(500, {"error": "model requires more system memory than is available"})
        if not body["messages"]:
            message = {"role": "assistant", "content": ""}
            return self._json(200, {"model": body["model"], "message": message, "done": True, "done_reason": "load"})
        with fake._lock:
            fake.requests.append(Asked(body, {k.lower(): v for k, v in self.headers.items()}))
        return self._chat(fake.requests[-1], fake.next_behaviour())

    def _chat(self, asked: Asked, behaviour: str) -> None:
        """The prompt goes through the window first."""
        fake = self.server_of
        fake.load(asked.body["options"].get("num_ctx") if self._native else None)
        assert fake.window is not None
        tokens = [(m.start(), m.end()) for m in re.finditer(r"\w+|[^\w\s]", asked.prompt)]
        self._prompt_tokens, self._said = len(tokens), ""
        if len(tokens) >= fake.window:
            if asked.body.get("truncate") is False:
                return self._json(400, {"error": "the request exceeds the available context size, try increasing it"})
            fake.cut.append(len(tokens))
            self._prompt_tokens = fake.window - (fake.window - _KEPT) // 2
            text = asked.prompt[: tokens[_KEPT][0]] + asked.prompt[tokens[_KEPT - self._prompt_tokens][0] :]
            asked = Asked(asked.body | {"messages": [{"role": "user", "content": text}]}, asked.headers)
        return super()._chat(asked, behaviour)

    def send_header(self, keyword: str, value: str) -> None:
        """Lines in place of events."""
        super().send_header(keyword, "application/x-ndjson" if self._native and value == "text/event-stream" else value)

    def _event(self, record: dict[str, Any]) -> None:
        if not self._native:
            return super()._event(record)
        if "error" in record:
            return self._line(json.dumps({"error": record["error"]["message"]}).encode() + b"\n")
        choice = record["choices"][0]
        return self._line(json.dumps(self._record(choice["delta"], choice["finish_reason"])).encode() + b"\n")

    def _line(self, content: bytes) -> None:
        if not (self._native and content.startswith(b"data: [DONE]")):
            super()._line(content)

    def _json(self, status: int, record: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        if self._native and "choices" in record:
            choice = record["choices"][0]
            record = self._record(choice["message"], choice["finish_reason"])
        super()._json(status, record, headers)

    def _record(self, said: dict[str, Any], finish: str | None) -> dict[str, Any]:
        """A piece of a reply, or its end with the counts."""
        message = {"role": "assistant", "content": said.get("content") or ""}
        if thought := said.get(self.server_of.thought_field):
            message["thinking"] = thought
        self._said += message["content"]
        found: dict[str, Any] = {"model": self.server_of.model, "message": message, "done": finish is not None}
        if finish is not None:
            counts = {"prompt_eval_count": self._prompt_tokens, "eval_count": len(self._said.split())}
            found |= {"done_reason": finish, **counts}
        return found


FakeOllama.handler = _Handler
