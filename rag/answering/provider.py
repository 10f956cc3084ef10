"""The language model's server: LlamaIndex's OpenAI-compatible client with our time-outs, retries, errors and a stop that works at once.

Nothing reaches a server but the messages: the client's own headers about this machine are removed, organisation and project names in
the environment stay there, redirects are not followed, and a server on the loopback is never asked through a proxy.
"""

from __future__ import annotations

import contextlib
import email.utils
import ipaddress
import json
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from rag import network, redaction, stopping, tokens
from rag.answering import ollama
from rag.answering.windows import FALLBACK_WINDOW_TOKENS, known_window, offers, window_in
from rag.errors import BadReply, ConfigError, ContentRefused, ContextOverflow, FootnoteError, ProviderError, ProviderTimeout, RateLimited
from rag.thoughts import without_thoughts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import httpx

    from rag.answering.reach import Reach
    from rag.answering.reply_stream import ReplyStream
    from rag.config import Settings

_T = TypeVar("_T")

LONGEST_WAIT_S = 30.0
"""A server that asks for a longer pause than this is not waited for."""

TOTAL_SHARE = 4
"""A whole reply may take so many times the wait between two bytes, where nothing else is set."""

THINKING_TOKENS = 4096
"""Room on top of the longest reply for a model that was seen to use it up for thinking."""

WINDOW_TIMEOUT_S = 2.0
"""Longest wait for a server that is asked for its model's window."""

LATE = 2
"""So often a server that does not answer in time is asked for its window again."""

AZURE_VERSION = "2024-10-21"
"""`api-version` of Azure's where the address names none."""

_AZURE = (".openai.azure.com", ".cognitiveservices.azure.com")
_FORMS = 5  # how often a request is put in another form
_UNKNOWN = re.compile(r"unsupported|not supported|unknown|unrecognized|unexpected|extra|not permitted|not allowed|invalid|forbidden")
_NO_SYSTEM = re.compile(
    r"system (?:role|message|prompt|instruction)|role[^.]{0,20}system|'system'|\"system\"|developer instruction|alternat"
    r"|first message|only (?:user|supports)"
)
_NO_KEY = "none"  # the client insists on a key; without one OPENAI_API_KEY would slip in


class Secret(str):
    """A string that is not printed with the record that holds it."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Stars."""
        return "'***'" if self else "''"


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMConfig:
    """Plain values of the LLM settings; `api_key` does not show in its repr. `reach` None: the address is the owner's own choice."""

    base_url: str
    model: str
    api_key: Secret = field(default_factory=Secret)
    context_tokens: int | None = None
    max_output_tokens: int = 700
    temperature: float = 0.0
    connect_timeout_s: float = 5.0
    timeout_s: float = 60.0
    total_timeout_s: float | None = None
    max_retries: int = 2
    reach: Reach | None = None
    headers: tuple[tuple[str, Secret], ...] = ()
    """Sent with each request, beside the key."""
    body: str = ""
    """A JSON object whose fields are sent with each request for text."""

    @property
    def total_s(self) -> float:
        """The longest that a reply may take as a whole, further tries included."""
        return TOTAL_SHARE * self.timeout_s if self.total_timeout_s is None else self.total_timeout_s

    @classmethod
    def from_settings(cls, settings: Settings, *, reach: Reach | None = None) -> LLMConfig:
        """From the settings; ConfigError where address or model is not set."""
        if not settings.llm_base_url or not settings.llm_model:
            raise ConfigError("no language model is set up; set FOOTNOTE_LLM_BASE_URL and FOOTNOTE_LLM_MODEL")
        return cls(
            base_url=settings.llm_base_url,
            model=settings.llm_model,
            api_key=Secret(settings.llm_api_key.get_secret_value() if settings.llm_api_key else ""),
            context_tokens=settings.llm_context_tokens,
            max_output_tokens=settings.llm_max_output_tokens,
            temperature=settings.llm_temperature,
            connect_timeout_s=settings.llm_connect_timeout_s,
            timeout_s=settings.llm_timeout_s,
            total_timeout_s=settings.llm_total_timeout_s,
            max_retries=settings.llm_max_retries,
            reach=reach,
            headers=tuple((name, Secret(value)) for name, value in settings.llm_headers_given().items()),
            body=settings.llm_body or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole reply. Token counts are None where the server sent none."""

    text: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(slots=True)
class Quirks:
    """What was found out about a server and its model, remembered as long as the client lives."""

    closes_thoughts: bool = False
    """It ends thoughts that it never began (`rag.thoughts`)."""
    thinks: bool = False
    """It used up its room for thinking once: it gets more."""
    limit: str = "max_tokens"
    """What it calls the longest reply; empty where it knows no such field."""
    usage: bool = True
    """It reports tokens in streams when asked to."""
    temperature: bool = True
    system: bool = True
    """It takes a message of the system, else that stands in the user's."""
    path: str = ""
    """What stands between the address and `/chat/completions`."""
    met: bool = False
    """It was asked for its model's window."""
    late: int = 0
    """How often it did not answer that in time."""
    told_window: int | None = None
    ollama: ollama.Window | None = None

    def told(self) -> list[str]:
        """What was found, a few words each."""
        found = ["ends thoughts that it never began"] if self.closes_thoughts else []
        found += ["needs room to think"] if self.thinks else []
        found += (
            [f"calls the longest reply {self.limit!r}" if self.limit else "takes no longest reply"] if self.limit != "max_tokens" else []
        )
        found += [] if self.usage else ["does not report tokens in streams"]
        found += [] if self.temperature else ["takes no temperature"]
        found += [] if self.system else ["takes no system message"]
        found += [f"answers below {self.path!r}"] if self.path else []
        return found + ([str(self.ollama)] if self.ollama is not None else [])


class Provider:
    """One model at one address. Thread-safe; `close` when done."""

    def __init__(self, config: LLMConfig, *, pause: Callable[[threading.Event, float], bool] = threading.Event.wait) -> None:
        """`pause(stopped, seconds)` waits between tries and returns whether it was stopped meanwhile."""
        import httpx

        self.config = config
        self.quirks = Quirks()
        self._place = _place(config.base_url, config.model)
        self._pause = pause
        redaction.know(str(config.api_key))
        self._current = threading.local()
        timeout = httpx.Timeout(config.timeout_s, connect=config.connect_timeout_s)
        self._timeout = timeout
        client = httpx.Client(
            timeout=timeout,
            follow_redirects=False,
            trust_env=config.reach is None and not _is_loopback(config.base_url),
            transport=_transport(config.reach),
            event_hooks={"request": [_strip_headers], "response": [self._opened]},
        )
        self._http = network.watch(client)
        self._llm = self._client(config)

    @property
    def server(self) -> str:
        """The address, as it may be shown."""
        return self.config.base_url

    @property
    def llm(self) -> Any:
        """The LlamaIndex LLM, for those who compose their own engines."""
        return self._llm

    def window(self, *, ask: bool = True) -> tuple[int, str | None]:
        """The model's window in tokens, and a note where it is a guess or smaller than it might be.

        What an Ollama was told to use, else as set, as the server says, as the list has it, else a cautious guess. `ask`: the server may
        be asked, once.
        """
        if ask:
            self.meet()
        found, known = self.quirks.ollama, self.config.context_tokens
        if found is not None:
            if found.asked is not None and found.tokens is not None:
                return (found.tokens if found.told else min(found.tokens, known_window(self.config.model) or found.tokens)), None
            used = min((size for size in (found.tokens, known) if size), default=self.quirks.told_window or FALLBACK_WINDOW_TOKENS)
            return used, f"the server {found}: {used} tokens are used; set OLLAMA_CONTEXT_LENGTH where it runs"
        known = known or self.quirks.told_window or known_window(self.config.model)
        if known is not None:
            return known, None
        note = f"the window of {self.config.model!r} is not known: {FALLBACK_WINDOW_TOKENS} tokens assumed"
        return FALLBACK_WINDOW_TOKENS, f"{note}; set FOOTNOTE_LLM_CONTEXT_TOKENS"

    def meet(self) -> None:
        """Ask the server for its model's window and, where it is an Ollama, set that; once, or again where nobody listens yet.

        Loading a model may take as long as a reply; a stop of the work at hand ends the wait. Two threads may meet it at once: what they
        ask for is the same.
        """
        import httpx

        if self.quirks.met:
            return
        here = not ollama.passes_on(self.config.model)
        try:
            found = self._ollama() if here and _is_local(self.config.base_url) else None
            told = self._listed() if found is None or found.tokens is None else {}
            if found is None and here and told.get("owned_by") == "library":  # an Ollama's word for models that have no owner
                found = self._ollama() or ollama.Window(tokens=None, asked=None, told=False)
        except (ProviderError, httpx.ConnectError):
            return  # the request itself will say what is wrong
        except (httpx.TimeoutException, TimeoutError):
            self.quirks.late += 1  # busy: it may be an Ollama, and is asked again
            return
        self.quirks.ollama, self.quirks.told_window, self.quirks.met = found, window_in(told), True

    def _ollama(self) -> ollama.Window | None:
        """The window of an Ollama's model, set where it can be; None where the server is none."""

        def listed() -> Any:
            return self._told("/api/ps", "models")

        def load(tokens: int | None) -> bool:
            body = {"model": self.config.model, "messages": [], "options": {"num_ctx": tokens} if tokens else {}}
            try:
                reply = self._waited_for(lambda: self._http.post(f"{self._root}/api/chat", json=body, headers=self._headers()))
            except ProviderTimeout:
                return True  # slow, but not refused
            return reply.status_code == 200

        return ollama.find(listed, load, self.config.model, self.config.context_tokens)

    def _listed(self) -> dict[str, Any]:
        """What the server's list of models says of the model."""
        listed = self._told(f"{self._place.url.rstrip('/').removeprefix(self._root)}{self.quirks.path}/models", "data")
        entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
        return next((one for one in entries if offers([one.get("id"), one.get("name"), one.get("model")], self.config.model)), {})

    def _told(self, path: str, name: str) -> Any:
        """A field of what the server sends for a path, whatever it is; None where it sends nothing that can be read."""
        import httpx

        try:
            with network.limited(time.monotonic() + WINDOW_TIMEOUT_S):
                reply = self._http.get(f"{self._root}{path}", headers=self._headers(), timeout=WINDOW_TIMEOUT_S)
            return reply.json().get(name) if reply.status_code == 200 else None
        except httpx.ConnectError:
            raise
        except (httpx.TimeoutException, TimeoutError):
            if self.quirks.late < LATE:
                raise
            return None
        except Exception:  # noqa: BLE001 - any program may answer there
            return None

    @property
    def _root(self) -> str:
        """The address without its `/v1`."""
        return self._place.url.rstrip("/").removesuffix("/v1")

    def counter(self) -> tuple[Callable[[str], int], bool]:
        """Counts tokens as the model does, and whether its vocabulary is known (else another stands in, with a tenth added)."""
        name, known = tokens.encoding_for(self.config.model)
        if known:
            return lambda text: tokens.count(text, name), True
        return lambda text: -(-tokens.count(text, name) * 11 // 10), False

    def chat(self, system: str, user: str, *, history: Sequence[tuple[str, str]] = (), max_tokens: int | None = None) -> Reply:
        """One reply, waited for; less long where the work at hand is stopped or late. Raises the ProviderError that fits."""
        messages = [("system", system), *history, ("user", user)]
        self.meet()

        def call() -> Reply:
            record = self._posted(messages, stream=False, max_tokens=max_tokens)
            choices = record.get("choices") if isinstance(record, dict) else None
            if not choices:
                raise BadReply(f"{self.server} sent no reply that can be read")
            if choices[0].get("finish_reason") == "content_filter":
                raise ContentRefused(f"{self.server}'s filter refused the content")
            from rag.answering.reply_stream import text_in

            usage = record.get("usage") or {}
            return Reply(
                text=without_thoughts(text_in((choices[0].get("message") or {}).get("content"))).strip(),
                prompt_tokens=usage.get("prompt_tokens"),
                completion_tokens=usage.get("completion_tokens"),
            )

        return self._waited_for(call)

    def stream(self, system: str, user: str, *, ends_at: float | None = None) -> ReplyStream:
        """A reply as it comes; what would come after `ends_at` (monotonic) is a time-out."""
        from rag.answering.reply_stream import ReplyStream

        return ReplyStream(self, [("system", system), ("user", user)], ends_at=ends_at)

    def chunks(self, messages: Sequence[tuple[str, str]]) -> Iterator[Any]:
        """The chunks of a streamed reply as the server sent them: whatever JSON it was. Nothing is sent before the first `next`.

        The client's typed records, and LlamaIndex's events for each token, would be nine tenths of what a reply costs. The last chunk is
        `{"done": true}` where the server said that it has ended.
        """
        stream = self._posted(messages, stream=True)
        yield from stream
        if stream.done:
            yield {"done": True}

    def _posted(self, messages: Sequence[tuple[str, str]], *, stream: bool, max_tokens: int | None = None) -> Any:
        """A request for text, put once more in another form for each field that the server does not know."""
        import openai

        for _ in range(_FORMS):
            try:
                return self._post(self._body(messages, stream=stream, max_tokens=max_tokens), stream=stream)
            except openai.APIStatusError as error:
                if not self._adapted(error):
                    raise
        return self._post(self._body(messages, stream=stream, max_tokens=max_tokens), stream=stream)

    def _post(self, body: dict[str, Any], *, stream: bool) -> Any:
        options: dict[str, Any] = {"timeout": self._timeout, "headers": self._headers(own=False)}
        if self._place.query:
            options["params"] = self._place.query
        client = self._llm._get_client()  # noqa: SLF001
        path, stream_cls = f"{self.quirks.path}/chat/completions", _noting
        window = self.quirks.ollama.asked if self.quirks.ollama is not None else None
        if window is not None:
            path, stream_cls, body = f"{self._root}/api/chat", ollama.lines, ollama.request(body, window)
        if stream:
            return client.post(path, body=body, options=options, cast_to=object, stream=True, stream_cls=stream_cls())
        reply = client.post(path, body=body, options=options, cast_to=object)
        return ollama.chunk(reply) if window is not None else reply

    def _body(self, messages: Sequence[tuple[str, str]], *, stream: bool, max_tokens: int | None) -> dict[str, Any]:
        """The request in the form that the server is known to take."""
        config, quirks = self.config, self.quirks
        body: dict[str, Any] = {"model": config.model, "messages": _turns(messages, system=quirks.system)}
        if quirks.temperature:
            body["temperature"] = config.temperature
        if quirks.limit:
            body[quirks.limit] = (max_tokens or config.max_output_tokens) + (THINKING_TOKENS if quirks.thinks else 0)
        if stream:
            body["stream"] = True
            if quirks.usage:
                body["stream_options"] = {"include_usage": True}
        return body | (json.loads(config.body) if config.body else {})

    def _adapted(self, error: Any) -> bool:
        """Whether the refusal names something that can be left out or said otherwise; it is, from now on."""
        quirks, said = self.quirks, _said(error)
        if error.status_code in {404, 405} and not quirks.path and not self._place.fixed and "model" not in said:
            quirks.path = "/v1"
            return True
        if error.status_code not in {400, 422}:
            return False
        if "stream_options" in said and quirks.usage:
            quirks.usage = False
        elif "max_completion_tokens" in said and quirks.limit == "max_tokens":
            quirks.limit = "max_completion_tokens"
        elif ("max_completion_tokens" in said or "max_tokens" in said) and quirks.limit and _UNKNOWN.search(said):
            quirks.limit = "max_completion_tokens" if quirks.limit == "max_tokens" else ""
        elif "temperature" in said and quirks.temperature:
            quirks.temperature = False
        elif _NO_SYSTEM.search(said) and quirks.system:
            quirks.system = False
        else:
            return False
        return True

    def _headers(self, *, own: bool = True) -> dict[str, str]:
        """The set headers, and the key where the client does not add it (`own`) or the server wants it under another name."""
        key = str(self.config.api_key)
        found = {"Authorization": f"Bearer {key or _NO_KEY}"} if own else {}
        if self._place.azure and key:
            found["api-key"] = key
        return found | {name: str(value) for name, value in self.config.headers}

    def models(self) -> list[str]:
        """The names that the server offers, sorted."""

        def call() -> list[str]:
            url = f"{self._place.url.rstrip('/')}{self.quirks.path}/models"
            reply = self._http.get(url, headers=self._headers(), params=self._place.query or None)
            if reply.status_code in {404, 405} and not self.quirks.path and not self._place.fixed:
                other = self._http.get(f"{self._place.url.rstrip('/')}/v1/models", headers=self._headers())
                reply = other if other.status_code == 200 else reply
            if reply.status_code != 200:
                raise self._llm._get_client()._make_status_error_from_response(reply)  # noqa: SLF001
            listed = reply.json().get("data") or []
            return sorted(str(model["id"]) for model in listed)

        return self._waited_for(call)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _client(self, config: LLMConfig) -> Any:
        from llama_index.llms.openai_like import OpenAILike

        try:
            return OpenAILike(
                model=config.model,
                api_base=self._place.url,
                api_key=str(config.api_key) or _NO_KEY,
                is_chat_model=True,
                context_window=self.window(ask=False)[0],
                max_tokens=config.max_output_tokens,
                temperature=config.temperature,
                timeout=config.timeout_s,
                max_retries=0,  # ours, so that Retry-After and a stop are honoured between tries
                http_client=self._http,
                additional_kwargs={"timeout": self._timeout},
            )
        except ValueError as error:
            raise ConfigError(f"{config.model!r} can't be used: {str(error).splitlines()[0]}") from error

    def _waited_for(self, call: Callable[[], _T]) -> _T:
        """`call()` in this thread, within the time for a whole reply; a stop of the work at hand shuts its connection."""
        stopped = threading.Event()
        sockets: list[socket.socket] = []

        def end() -> None:
            stopped.set()
            for one in sockets:
                shut(one)

        def opened(one: socket.socket) -> None:
            sockets.append(one)
            if stopped.is_set():
                end()

        ends_at = self.ends_at()
        if (stop := stopping.current()) is not None:
            stop.on_stop(end)
            ends_at = ends_at if stop.ends_at is None else min(ends_at, stop.ends_at)
        with network.limited(ends_at, opened):
            return self.tried(call, stopped, ends_at=ends_at)

    def ends_at(self) -> float:
        """When a reply that is asked for now has to be complete, on the monotonic clock."""
        return time.monotonic() + self.config.total_s

    def waiting_here(self, stream: ReplyStream | None) -> None:
        """The stream whose request is made in this thread from now on."""
        self._current.stream = stream

    def _opened(self, response: httpx.Response) -> None:
        """Tells the stream that waits in this thread which response to close at its end."""
        waiting: ReplyStream | None = getattr(self._current, "stream", None)
        if waiting is not None:
            waiting.opened(response)

    def tried(self, call: Callable[[], _T], stopped: threading.Event, *, ends_at: float) -> _T:
        """`call()`, tried again after 429, 5xx and lost connections until the retries or the time are used up; raises a ProviderError."""
        import httpx
        import openai

        attempt = 0
        while True:
            try:
                return call()
            except FootnoteError:
                raise
            except (openai.OpenAIError, httpx.HTTPError, ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
                wait_s = _wait_s(error, attempt)
                ours = self.translated(error)
                late = wait_s is not None and wait_s <= LONGEST_WAIT_S and time.monotonic() + wait_s >= ends_at
                if wait_s is None or late or attempt >= self.config.max_retries or stopped.is_set():
                    raise ours from error
                if wait_s > LONGEST_WAIT_S:
                    raise RateLimited(f"{self.server} asks to wait {wait_s:.0f} s before the next request; try again then") from error
            attempt += 1
            if self._pause(stopped, wait_s):
                raise ProviderError("stopped")

    def translated(self, error: Exception) -> ProviderError:
        """Our exception for one of the client: one line that names the server, never the key."""
        import openai

        from rag.embedding.openai import overlong, provider_error

        if isinstance(error, openai.APIError) and not isinstance(error, openai.APIStatusError | openai.APIConnectionError):
            # Sent inside a stream that had begun well.
            low = f"{error.code or ''} {error.message}".casefold()
            if "content_filter" in low or "content management" in low:
                return ContentRefused(f"{self.server}'s filter refused the content")
            if overlong(low):
                return ContextOverflow(f"{self.server}: the request is longer than the model takes")
            if "rate" in low and "limit" in low:
                return RateLimited(f"{self.server} broke off: too many requests; wait, or ask for a higher limit")
            return BadReply(f"{self.server} broke off with an error in its reply")
        return provider_error(error, self.server)


def _transport(reach: Reach | None) -> httpx.BaseTransport | None:
    """What calls only where it may; None: httpx's own."""
    if reach is None:
        return None
    from rag.answering.reach import Reaching

    return Reaching(reach)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where requests go: the address before `/chat/completions`, what stands behind the `?`, and whether it is Azure's form.

    `fixed`: nothing may be put between address and path.
    """

    url: str
    query: dict[str, str]
    azure: bool = False
    fixed: bool = False


def _place(address: str, model: str) -> _Place:
    """The parts of an address in whatever form it is given: with or without `/v1`, with `/chat/completions`, a deployment of Azure."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query))
    path = re.sub(r"/(?:chat/completions|completions|models)/?$", "", parts.path).rstrip("/")
    azure = (parts.hostname or "").endswith(_AZURE) or "/openai/deployments" in path or "api-version" in query
    if azure and not path.endswith("/v1"):
        if "/deployments/" not in path:
            path = f"{path.removesuffix('/deployments').removesuffix('/openai')}/openai/deployments/{model}"
        query.setdefault("api-version", AZURE_VERSION)
    url = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    return _Place(url, query, azure, fixed=azure or bool(re.search(r"/v\d+(?:beta\d*)?$|/openai$", path)))


def _turns(messages: Sequence[tuple[str, str]], *, system: bool) -> list[dict[str, str]]:
    """Messages as the server takes them: without a system's where it takes none, and user and assistant in turn from the user on."""
    found: list[dict[str, str]] = []
    before = ""
    for role, text in messages:
        if role == "system" and not system:
            before += f"{text}\n\n"
        elif not found or (found[-1]["role"] == "system" and role == "assistant"):
            found += [{"role": "user", "content": "(The conversation so far.)"}] if role == "assistant" else []
            found.append({"role": role, "content": text})
        elif found[-1]["role"] == role:
            found[-1]["content"] += f"\n\n{text}"
        else:
            found.append({"role": role, "content": text})
    if before:
        first = next((m for m in found if m["role"] == "user"), None)
        if first is not None:
            first["content"] = f"{before}{first['content']}"
    return found


def _said(error: Any) -> str:
    """What a refusal says, in lower case: its message and the field that it names."""
    body = error.body if isinstance(error.body, dict) else {}
    return f"{error} {body.get('param') or ''}".casefold()


@lru_cache(maxsize=1)
def _noting() -> Any:
    """The client's stream, which notes whether the server said that it has ended."""
    import openai

    class Noting(openai.Stream[object]):
        done = False

        def _iter_events(self) -> Iterator[Any]:
            for event in super()._iter_events():
                self.done = self.done or event.data.startswith("[DONE]")
                yield event

    return Noting


def _strip_headers(request: httpx.Request) -> None:
    """Remove what the client tells about this machine and about accounts of other servers."""
    for name in [n for n in request.headers if n.lower().startswith(("x-stainless", "openai-"))]:
        del request.headers[name]
    request.headers["User-Agent"] = "footnote"


def _wait_s(error: Exception, attempt: int) -> float | None:
    """Seconds before the next try, or None where another would be no use."""
    import openai

    if isinstance(error, openai.APIStatusError):
        if error.status_code not in {408, 409, 429} and error.status_code < 500:
            return None
        if error.code == "insufficient_quota":
            return None
        asked = _retry_after_s(error.response.headers)
        if asked is not None:
            return asked
    elif not isinstance(error, openai.APIConnectionError):
        return None
    return float(min(8.0, 0.5 * 2**attempt))


def _retry_after_s(headers: httpx.Headers) -> float | None:
    """What the server asks for: milliseconds, seconds or a date; None where it asks for nothing readable."""
    for name, per_second in (("retry-after-ms", 1000), ("retry-after", 1)):
        with contextlib.suppress(ValueError, KeyError):
            return max(0.0, float(headers[name]) / per_second)
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return max(0.0, email.utils.parsedate_to_datetime(headers["retry-after"]).timestamp() - time.time())
    return None


def shut(connection: socket.socket) -> None:
    """Wake the thread that reads from it; closing would not. On TLS it has to go past Python's wrapper, which is in use there.

    Closed afterwards, it is reset: a server that waits for room to write on, where nobody reads, would else be told by nothing.
    """
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _is_local(url: str) -> bool:
    """Whether an address is this machine or one of the own network, where an Ollama may be."""
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_private
    return _is_loopback(url) or "." not in host


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
