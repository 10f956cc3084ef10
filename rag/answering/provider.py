"""The language model's server: LlamaIndex's OpenAI-compatible client with our time-outs, retries, errors and a stop that works at once.

Nothing reaches a server but the messages: the client's own headers about this machine are removed, organisation and project names in
the environment stay there, redirects are not followed, and a server on the loopback is never asked through a proxy.
"""

from __future__ import annotations

import contextlib
import email.utils
import ipaddress
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from rag import network, redaction, stopping, tokens
from rag.errors import BadReply, ConfigError, ContentRefused, ContextOverflow, FootnoteError, ProviderError, RateLimited
from rag.thoughts import without_thoughts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import httpx

    from rag.answering.reach import Reach
    from rag.answering.reply_stream import ReplyStream
    from rag.config import Settings

_T = TypeVar("_T")

FALLBACK_WINDOW_TOKENS = 4096
"""Window assumed for a model that nobody knows: the smallest among models in common use."""

LONGEST_WAIT_S = 30.0
"""A server that asks for a longer pause than this is not waited for."""

TOTAL_SHARE = 4
"""A whole reply may take so many times the wait between two bytes, where nothing else is set."""

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


class Provider:
    """One model at one address. Thread-safe; `close` when done."""

    def __init__(self, config: LLMConfig, *, pause: Callable[[threading.Event, float], bool] = threading.Event.wait) -> None:
        """`pause(stopped, seconds)` waits between tries and returns whether it was stopped meanwhile."""
        import httpx

        self.config = config
        self.quirks = Quirks()
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

    def window(self) -> tuple[int, str | None]:
        """The model's window in tokens: as set, as known to LlamaIndex, else a cautious guess with a note that says so."""
        if self.config.context_tokens is not None:
            return self.config.context_tokens, None
        from llama_index.llms.openai.utils import openai_modelname_to_contextsize

        try:
            return int(openai_modelname_to_contextsize(self.config.model)), None
        except ValueError:
            note = f"the window of {self.config.model!r} is not known: {FALLBACK_WINDOW_TOKENS} tokens assumed"
            return FALLBACK_WINDOW_TOKENS, f"{note}; set FOOTNOTE_LLM_CONTEXT_TOKENS"

    def counter(self) -> tuple[Callable[[str], int], bool]:
        """Counts tokens as the model does, and whether its vocabulary is known (else another stands in, with a tenth added)."""
        name, known = tokens.encoding_for(self.config.model)
        if known:
            return lambda text: tokens.count(text, name), True
        return lambda text: -(-tokens.count(text, name) * 11 // 10), False

    def chat(self, system: str, user: str, *, history: Sequence[tuple[str, str]] = (), max_tokens: int | None = None) -> Reply:
        """One reply, waited for; less long where the work at hand is stopped or late. Raises the ProviderError that fits."""
        llm = self._llm if max_tokens is None else self._llm.model_copy(update={"max_tokens": max_tokens})

        def call() -> Reply:
            response = llm.chat(_messages(system, user, history))
            choice = response.raw.choices[0]
            if choice.finish_reason == "content_filter":
                raise ContentRefused(f"{self.server}'s filter refused the content")
            usage = getattr(response.raw, "usage", None)
            return Reply(
                text=without_thoughts(response.message.content or "").strip(),
                prompt_tokens=getattr(usage, "prompt_tokens", None),
                completion_tokens=getattr(usage, "completion_tokens", None),
            )

        return self._waited_for(call)

    def without_usage(self) -> None:
        """From now on the server is not asked to report tokens in streams: it does not know the field."""
        self._llm = self._llm.model_copy(update={"additional_kwargs": {"timeout": self._timeout}})

    def stream(self, system: str, user: str, *, ends_at: float | None = None) -> ReplyStream:
        """A reply as it comes; what would come after `ends_at` (monotonic) is a time-out."""
        from rag.answering.reply_stream import ReplyStream

        return ReplyStream(self, _messages(system, user, ()), ends_at=ends_at)

    def chunks(self, messages: Sequence[Any]) -> Iterator[Any]:
        """The chunks of a streamed reply as the server sent them: whatever JSON it was. Nothing is sent before the first `next`.

        LlamaIndex names the parameters and the client. Its own stream would build, for each token, an event for listeners that are
        not there and the whole message once more, and the client's typed one a dozen records: nine tenths of what a reply costs.
        """
        import openai
        from llama_index.llms.openai.utils import to_openai_message_dicts

        llm = self._llm
        asked = to_openai_message_dicts(messages, model=llm.model)
        body = {"messages": asked, **llm._get_model_kwargs(stream=True)}  # noqa: SLF001
        yield from llm._get_client().post(  # noqa: SLF001
            "/chat/completions",
            body=body,
            options={"timeout": body.pop("timeout")},
            cast_to=object,
            stream=True,
            stream_cls=openai.Stream[object],
        )

    def models(self) -> list[str]:
        """The names that the server offers, sorted."""

        def call() -> list[str]:
            return sorted(model.id for model in self._llm._get_client().models.list(timeout=self._timeout))  # noqa: SLF001

        return self._waited_for(call)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _client(self, config: LLMConfig) -> Any:
        from llama_index.llms.openai_like import OpenAILike

        try:
            return OpenAILike(
                model=config.model,
                api_base=config.base_url,
                api_key=str(config.api_key) or _NO_KEY,
                is_chat_model=True,
                context_window=self.window()[0],
                max_tokens=config.max_output_tokens,
                temperature=config.temperature,
                timeout=config.timeout_s,
                max_retries=0,  # ours, so that Retry-After and a stop are honoured between tries
                http_client=self._http,
                additional_kwargs={"timeout": self._timeout, "stream_options": {"include_usage": True}},
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

        from rag.embedding.openai import provider_error

        if isinstance(error, openai.APIError) and not isinstance(error, openai.APIStatusError | openai.APIConnectionError):
            # Sent inside a stream that had begun well.
            low = f"{error.code or ''} {error.message}".casefold()
            if "content_filter" in low or "content management" in low:
                return ContentRefused(f"{self.server}'s filter refused the content")
            if "context_length" in low or "context length" in low or "maximum context" in low or "too long" in low:
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


def _messages(system: str, user: str, history: Sequence[tuple[str, str]]) -> list[Any]:
    """LlamaIndex messages: the system's, earlier (role, text) pairs, the user's."""
    from llama_index.core.llms import ChatMessage

    return [ChatMessage(role=role, content=text) for role, text in [("system", system), *history, ("user", user)]]


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
    """Wake the thread that reads from it; closing would not. On TLS it has to go past Python's wrapper, which is in use there."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
