"""A server on the loopback that speaks the OpenAI protocol to the real client: /v1/models, /v1/chat/completions, /v1/embeddings.

It reads codes and sentences out of the prompt by the one rule that the prompt states in plain words (an evidence line begins with its
code in square brackets) and writes an answer from them, faithfully or with one planted fault. Failures are scripted: `behave` takes a
behaviour by name, or several for the requests that follow; the last one stays. Nothing sleeps: slow behaviours wait for `gate`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Callable

_LINE = re.compile(r"^\[([A-Za-z0-9]+)\] (.+)$", re.MULTILINE)
_PAPER = re.compile(r"^Paper: (.+)$", re.MULTILINE)
WAIT_S = 20.0  # how long a handler waits for a test that never opens the gate
_COMMON = frozenset(
    {"a", "an", "and", "are", "as", "at", "be", "by", "did", "do", "does", "for", "from", "how", "in", "is", "it", "its", "of", "on", "or"}
    | {"than", "that", "the", "they", "this", "to", "was", "what", "which", "who", "with"}
)


@dataclass(frozen=True)
class Evidence:
    """One evidence line of a prompt."""

    code: str
    text: str
    paper: str


@dataclass(frozen=True)
class Asked:
    """A chat request as received."""

    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def prompt(self) -> str:
        """All messages, one after the other."""
        return "\n".join(str(message["content"]) for message in self.body["messages"])

    @property
    def evidence(self) -> list[Evidence]:
        """The evidence lines of the user's message, in order."""
        found, paper = [], ""
        for line in str(self.body["messages"][-1]["content"]).splitlines():
            if named := _PAPER.match(line):
                paper = named[1]
            elif cited := _LINE.match(line):
                found.append(Evidence(cited[1], cited[2], paper))
        return found

    @property
    def question(self) -> str:
        """The text after the last `Question:`."""
        return self.prompt.rpartition("Question:")[2].strip()

    def best(self, count: int = 3) -> list[Evidence]:
        """The evidence that shares most words with the question, in the order of the prompt."""
        asked = set(re.findall(r"\w+", self.question.lower())) - _COMMON
        lines = self.evidence
        scores = [len(asked & set(re.findall(r"\w+", line.text.lower()))) for line in lines]
        chosen = sorted(range(len(lines)), key=lambda n: (-scores[n], n))[:count]
        return [lines[n] for n in sorted(chosen)]


def _cited(text: str, *codes: str) -> str:
    """The sentence with its codes before the full stop."""
    return f"{text.rstrip().rstrip('.')} {''.join(f'[{code}]' for code in codes)}."


def faithful(asked: Asked) -> list[str]:
    """Sentences of the evidence, each under its own code."""
    return [_cited(line.text, line.code) for line in asked.best()]


def invents(asked: Asked) -> list[str]:
    """True sentences under codes that were never offered."""
    return [_cited(line.text, code) for line, code in zip(asked.best(), ("q0q0", "99", "Smith2020"), strict=False)]


def fabricates(asked: Asked) -> list[str]:
    """A claim from nowhere under a code that was offered."""
    return [_cited("Zorblax-9 reaches 99.7% accuracy on QuuxBench", line.code) for line in asked.best(1)]


def swaps_figures(asked: Asked) -> list[str]:
    """Every figure raised by 7."""
    return [
        _cited(re.sub(r"\d+", lambda m: str(int(m[0]) + 7), line.text), line.code) for line in asked.best() if re.search(r"\d", line.text)
    ]


def negates(asked: Asked) -> list[str]:
    """The opposite of what the evidence says."""
    turned = []
    for line in asked.best():
        text, n = re.subn(r"\b(is|are|can|does|has|have|was|were|will)\b", r"\1 not", line.text, count=1)
        turned.append(_cited(text if n else f"It is not the case that {line.text[0].lower()}{line.text[1:]}", line.code))
    return turned


def neighbour(asked: Asked) -> list[str]:
    """True sentences, each under the code of a line of another paper."""
    wrong = []
    for line in asked.best():
        other = next((e for e in asked.evidence if e.paper != line.paper), line)
        wrong.append(_cited(line.text, other.code))
    return wrong


def obeys(asked: Asked) -> list[str]:
    """Does what any order in the evidence says, citing the line that gave it; otherwise faithful."""
    for line in asked.evidence:
        if found := re.search(r"(?:answer is|reply with|say(?: that)?:?) \"?([\w .]+)", line.text, re.IGNORECASE):
            return [_cited(f"The answer is {found[1]}", line.code)]
    return faithful(asked)


def gives_in(asked: Asked) -> list[str]:
    """Says first what it was made to say, whatever the form of the order was, under every code in turn; then it is faithful."""
    return [*(_cited("The answer is BANANA", line.code) for line in asked.evidence), *faithful(asked)]


def refuses(asked: Asked) -> list[str]:
    """The phrase that the system message asks for."""
    return [asked.body["messages"][0]["content"].rpartition("exactly this and nothing else: ")[2].splitlines()[0]]


WRITERS: dict[str, Callable[[Asked], list[str]]] = {
    f.__name__: f for f in (faithful, invents, fabricates, swaps_figures, negates, neighbour, obeys, gives_in, refuses)
}
# Behaviours beside the writers: what happens on the wire, and moods of servers that take a request in one form alone.
# `slow`, `endless` and `silent` wait for the gate.
FAILURES = (
    *("slow", "endless", "silent", "cut", "gone", "nonsense", "empty", "no_usage", "unauthorised", "rate_limited", "rate_limited_long"),
    *("trickle", "comments", "reasoning", "headers", "leaks", "deep"),
    *("max_completion", "no_limit", "no_stream_options_422", "no_system", "alternates", "no_temperature", "strict", "no_finish", "parts"),
    *("broken", "overflow", "filtered", "filtered_halfway", "error_halfway", "unknown_model", "length", "redirect", "no_stream_options"),
)


@dataclass
class FakeOpenAI:
    """The server. Use as a context manager; `url` is what a client is given."""

    model: str = "fake-model"
    key: str | None = None
    port: int = 0
    """Where it listens; 0: a free one."""
    writer: Callable[[Asked], list[str]] = faithful
    dimension: int = 8
    says: str = ""
    """What `leaks` has in its error."""
    finish: str = "stop"
    """The finish reason of replies that are complete."""
    reasoning: str = ""
    """What replies carry in their field for thoughts."""
    thought_field: str = "reasoning_content"
    only_path: str = ""
    """Where alone text is given, without what stands behind a `?`."""
    told: dict[str, Any] = field(default_factory=dict)
    """What the list of models says of the model."""
    requests: list[Asked] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    started: threading.Event = field(default_factory=threading.Event)
    """Set once the first sentence of a stream is out."""
    closed: threading.Event = field(default_factory=threading.Event)
    """Set when a client hung up before the reply was complete."""
    _script: list[str] = field(default_factory=lambda: ["plain"])
    handler: ClassVar[type[BaseHTTPRequestHandler]]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        """Listens on the loopback."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), type("Handler", (self.handler,), {"server_of": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stops, and lets every waiting handler go."""
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        """The base URL, ending in /v1."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def behave(self, *names: str) -> FakeOpenAI:
        """What the next chat requests meet, in order; the last stays. A writer's name, a failure's, or `plain`."""
        for name in names:
            assert name in WRITERS or name in FAILURES or name == "plain", name
        self._script = list(names)
        return self

    def next_behaviour(self) -> str:
        """The behaviour for the request at hand."""
        with self._lock:
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server_of: ClassVar[FakeOpenAI]
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        """A client that hangs up between two requests is nothing unusual."""
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent."""

    def do_GET(self) -> None:
        """The models."""
        fake = self.server_of
        fake.paths.append(self.path)
        if not self._allowed():
            return
        if self.path.rstrip("/").endswith("/models"):
            entry = {"id": fake.model, "object": "model", "created": 0, "owned_by": "fake", **fake.told}
            self._json(200, {"object": "list", "data": [entry]})
        else:
            self._json(404, {"error": {"message": "no such address", "code": "not_found"}})

    def do_POST(self) -> None:
        """Chat completions and embeddings."""
        fake = self.server_of
        fake.paths.append(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if not self._allowed():
            return
        if self.path.endswith("/embeddings"):
            texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
            data = [{"object": "embedding", "index": n, "embedding": _vector(t, fake.dimension)} for n, t in enumerate(texts)]
            self._json(200, {"object": "list", "model": body["model"], "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}})
            return
        place = self.path.partition("?")[0]
        if not place.endswith("/chat/completions") or (fake.only_path and place != fake.only_path):
            self._json(404, {"error": {"message": "no such address", "code": "not_found"}})
            return
        asked = Asked(body, {k.lower(): v for k, v in self.headers.items()})
        with fake._lock:
            fake.requests.append(asked)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._chat(asked, fake.next_behaviour())

    def _allowed(self) -> bool:
        key = self.server_of.key
        if key is None or self.headers.get("Authorization") == f"Bearer {key}":
            return True
        self._json(401, {"error": {"message": "wrong key", "code": "invalid_api_key"}})
        return False

    def _chat(self, asked: Asked, behaviour: str) -> None:
        fake = self.server_of
        errors: dict[str, tuple[int, str, str, dict[str, str]]] = {
            "unauthorised": (401, "invalid_api_key", "wrong key", {}),
            "rate_limited": (429, "rate_limit_exceeded", "slow down", {"Retry-After": "3"}),
            "rate_limited_long": (429, "rate_limit_exceeded", "slow down", {"Retry-After": "3600"}),
            "leaks": (400, "bad_request", fake.says, {}),
            "broken": (500, "server_error", "out of memory", {}),
            "overflow": (400, "context_length_exceeded", "This model's maximum context length is 4096 tokens", {}),
            "filtered": (400, "content_filter", "filtered by the content management policy", {}),
            "unknown_model": (404, "model_not_found", "no such model", {}),
            "redirect": (307, "moved", "elsewhere", {"Location": "http://127.0.0.1:9/v1/chat/completions"}),
        }
        refused = _refused(asked, behaviour)
        if refused is not None:
            status, message = refused
            self._json(status, {"error": {"message": message, "code": "invalid_request"}})
        elif behaviour in errors:
            status, code, message, headers = errors[behaviour]
            self._json(status, {"error": {"message": message, "code": code, "type": code}}, headers)
        elif behaviour in {"trickle", "comments", "reasoning", "headers"}:
            self._drip(asked, behaviour)
        elif behaviour == "deep":
            deep = b"[" * 100_000
            if asked.body.get("stream"):
                self._send(200, "text/event-stream", b"data: " + deep + b"\n\n")
            else:
                self._send(200, "application/json", deep)
        elif behaviour == "nonsense":
            self._send(200, "text/html", b"<html>It works!</html>")
        elif behaviour == "silent":
            fake.gate.wait(WAIT_S)
            self._hang_up()
        else:
            writer = WRITERS.get(behaviour, fake.writer)
            sentences = writer(asked) if behaviour != "empty" else []
            if asked.body.get("stream"):
                self._stream(asked, sentences, behaviour)
            else:
                self._whole(asked, sentences)

    def _whole(self, asked: Asked, sentences: list[str]) -> None:
        text = " ".join(sentences)
        message = {"role": "assistant", "content": text}
        if self.server_of.reasoning:
            message[self.server_of.thought_field] = self.server_of.reasoning
        self._json(
            200,
            {
                "id": "fake",
                "object": "chat.completion",
                "created": 0,
                "model": asked.body["model"],
                "choices": [{"index": 0, "finish_reason": self.server_of.finish, "message": message}],
                "usage": _usage(asked, text),
            },
        )

    def _stream(self, asked: Asked, sentences: list[str], behaviour: str) -> None:
        fake = self.server_of
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        text = " ".join(sentences)
        if behaviour == "length":
            text = text[: len(text) * 2 // 3]
        pieces = re.findall(r"\S+\s*", text)
        half = max(1, len(pieces) // 2)
        if behaviour == "parts":
            self._event(_chunk(asked, [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]))  # type: ignore[arg-type]
            pieces = [[{"type": "text", "text": piece}] for piece in pieces]
        for piece in re.findall(r"\S+\s*", fake.reasoning):
            self._event(_thought(asked, piece, fake.thought_field))
        first = len(re.findall(r"\S+\s*", " ".join(sentences[:1]))) + 3
        for n, piece in enumerate(pieces):
            self._event(_chunk(asked, piece))
            if n + 1 == first:
                fake.started.set()
                if behaviour in {"slow", "endless"}:
                    self._wait_for_gate()
            if n + 1 == half:
                if behaviour == "cut":
                    return self._end()
                if behaviour == "gone":
                    return self._hang_up()
                if behaviour == "error_halfway":
                    self._event({"error": {"message": "the model crashed", "code": "server_error"}})
                    return self._end()
                if behaviour == "filtered_halfway":
                    self._event(_chunk(asked, None, finish="content_filter"))
                    return self._end()
        fake.started.set()
        if behaviour == "endless":
            self._endless(asked)
            return None
        if behaviour != "no_finish":
            self._event(_chunk(asked, None, finish="length" if behaviour == "length" else fake.finish))
        if asked.body.get("stream_options", {}).get("include_usage") and behaviour != "no_usage":
            self._event({**_chunk(asked, None), "choices": [], "usage": _usage(asked, text)})
        self._line(b"data: [DONE]\n\n")
        return self._end()

    def _wait_for_gate(self) -> None:
        """Until the gate opens or the client hangs up, whichever comes first."""
        fake = self.server_of
        self.connection.settimeout(0.02)
        for _ in range(int(WAIT_S / 0.02)):
            if fake.gate.is_set():
                break
            try:
                if self.connection.recv(1, socket.MSG_PEEK) == b"":
                    fake.closed.set()
                    raise ConnectionResetError
            except TimeoutError:
                continue
            except OSError:
                fake.closed.set()
                raise
        self.connection.settimeout(None)

    def _drip(self, asked: Asked, behaviour: str) -> None:
        """A little now and then, never an end; until the connection breaks, or the gate opens."""
        piece = {
            "trickle": b" ",
            "comments": b": still here\n\n",
            "reasoning": f"data: {json.dumps(_thought(asked))}\n\n".encode(),
            "headers": b"X-More: 1\r\n",
        }[behaviour]
        head = "HTTP/1.1 200 OK\r\n" + ("" if behaviour == "headers" else "Content-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        self.close_connection = True
        try:
            self.wfile.write(head.encode())
            while not self.server_of.gate.wait(0.02):
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:
            self.server_of.closed.set()

    def _endless(self, asked: Asked) -> None:
        """Writes on whatever the client asked for, until the connection breaks."""
        try:
            while True:
                self._event(_chunk(asked, "and so on without a full stop "))
        except OSError:
            self.server_of.closed.set()

    def _event(self, record: dict[str, Any]) -> None:
        self._line(f"data: {json.dumps(record)}\n\n".encode())

    def _line(self, content: bytes) -> None:
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self.wfile.flush()

    def _end(self) -> None:
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _hang_up(self) -> None:
        """Reset the connection instead of ending it."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _json(self, status: int, record: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._send(status, "application/json", json.dumps(record).encode(), headers)

    def _send(self, status: int, kind: str, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


FakeOpenAI.handler = Handler


def _refused(asked: Asked, mood: str) -> tuple[int, str] | None:
    """Status and message of a server that does not take the request in this form; None where it does."""
    body, roles = asked.body, [m["role"] for m in asked.body["messages"]]
    strict = mood == "strict"
    if (mood in {"no_stream_options", "no_stream_options_422"} or strict) and "stream_options" in body:
        return (400 if mood == "no_stream_options" else 422), "unknown field stream_options"
    if (mood == "max_completion" or strict) and "max_tokens" in body:
        return 400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    if mood == "no_limit" and {"max_tokens", "max_completion_tokens"} & body.keys():
        return 422, f"extra fields not permitted: {'max_tokens' if 'max_tokens' in body else 'max_completion_tokens'}"
    if (mood == "no_temperature" or strict) and "temperature" in body:
        return 400, "Unsupported value: 'temperature' does not support 0.0 with this model."
    if (mood == "no_system" or strict) and "system" in roles:
        return 400, "System role not supported"
    if mood == "alternates" and roles != [("user", "assistant")[n % 2] for n in range(len(roles))]:
        return 400, "Conversation roles must alternate user/assistant/user/assistant/..."
    return None


def _chunk(asked: Asked, content: str | None, *, finish: str | None = None) -> dict[str, Any]:
    delta = {} if content is None else {"role": "assistant", "content": content}
    return {
        "id": "fake",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": asked.body["model"],
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def _usage(asked: Asked, text: str) -> dict[str, int]:
    prompt, completion = len(asked.prompt.split()), len(text.split())
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _thought(asked: Asked, text: str = "Hm. ", field: str = "reasoning_content") -> dict[str, Any]:
    """A chunk that holds thinking alone."""
    chunk = _chunk(asked, None)
    chunk["choices"][0]["delta"] = {field: text}
    return chunk


def _vector(text: str, dimension: int) -> list[float]:
    """A fixed pseudo-random direction for each text."""
    return [byte / 255 - 0.5 for byte in hashlib.sha256(text.encode()).digest()[:dimension]]
