"""Any LlamaIndex LLM in the place of the configured server: what is needed of a provider, through its own chat and stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rag.answering.provider import LLMConfig, Provider, Reply
from rag.answering.windows import FALLBACK_WINDOW_TOKENS, known_window
from rag.errors import FootnoteError, ProviderError
from rag.thoughts import without_thoughts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llama_index.core.llms import LLM


class WrappedLLM(Provider):
    """One LlamaIndex LLM. Thread-safe where that is; its time-outs and retries are its own."""

    def __init__(self, llm: LLM) -> None:
        """Nothing is sent."""
        known = llm.metadata
        self._wrapped = llm
        super().__init__(LLMConfig(base_url="http://127.0.0.1:9/v1", model=known.model_name or type(llm).__name__))

    @property
    def server(self) -> str:
        """What an error names."""
        return self.config.model

    @property
    def llm(self) -> Any:
        """The LLM itself."""
        return self._wrapped

    def window(self, *, ask: bool = True) -> tuple[int, str | None]:  # noqa: ARG002
        """As the LLM's metadata says, else by its name."""
        told = int(self._wrapped.metadata.context_window or 0)
        return (told or known_window(self.config.model) or FALLBACK_WINDOW_TOKENS), None

    def chat(self, system: str, user: str, *, history: Sequence[tuple[str, str]] = (), max_tokens: int | None = None) -> Reply:  # noqa: ARG002
        """One reply, waited for; raises a ProviderError for whatever the LLM raises."""
        try:
            response = self._wrapped.chat(_messages([("system", system), *history, ("user", user)]))
        except Exception as error:
            raise _translated(self, error) from error
        return Reply(text=without_thoughts(response.message.content or "").strip())

    def stream(self, system: str, user: str, *, ends_at: float | None = None) -> Any:  # noqa: ARG002
        """A reply as it comes."""
        return _Stream(self, [("system", system), ("user", user)])


class _Stream:
    """A stream of the LLM in the form of `rag.answering.reply_stream.ReplyStream`."""

    def __init__(self, provider: WrappedLLM, messages: Sequence[tuple[str, str]]) -> None:
        self.finish_reason: str | None = "stop"
        self.prompt_tokens: int | None = None
        self.completion_tokens: int | None = None
        self.overlong = self.thought = self._stopped = False
        self._provider, self._messages = provider, messages

    def __iter__(self) -> Iterator[str]:
        """Pieces of text in order."""
        try:
            for piece in self._provider.llm.stream_chat(_messages(self._messages)):
                if self._stopped:
                    return
                if piece.delta:
                    yield piece.delta
        except Exception as error:
            raise _translated(self._provider, error) from error

    def stop(self) -> None:
        """End it with the next piece."""
        self._stopped = True


def _messages(turns: Sequence[tuple[str, str]]) -> list[Any]:
    from llama_index.core.llms import ChatMessage

    return [ChatMessage(role=role, content=text) for role, text in turns]


def _translated(provider: WrappedLLM, error: Exception) -> FootnoteError:
    """Our exception for whatever an LLM raises, in one line."""
    if isinstance(error, FootnoteError):
        return error
    import httpx
    import openai

    if isinstance(error, (openai.OpenAIError, httpx.HTTPError)):
        return provider.translated(error)
    return ProviderError(f"{provider.server} failed: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
