"""Embeddings from any server that speaks the OpenAI protocol. Nothing is sent anywhere without an address given by the user.

`provider_error` translates every exception of the openai client; the LLM path raises the same family.
"""

from __future__ import annotations

import time
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, cast

import httpx
import numpy as np
import openai

from rag import network, redaction, tokens
from rag.embedding.base import unit_rows
from rag.errors import (
    AuthRejected,
    BadReply,
    ConfigError,
    ContentRefused,
    ContextOverflow,
    ProviderError,
    ProviderTimeout,
    ProviderUnreachable,
    RateLimited,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.embedding.base import Vectors

BATCH = 64
"""Texts a request: 64 chunks are some 15,000 tokens, well below what servers take at once."""

_ENCODING = "cl100k_base"  # of OpenAI's embedding models; a stand-in for others
_DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
_NO_KEY = "none"  # the client insists on a key, local servers ask for none, and OPENAI_API_KEY must not slip in


class OpenAIEmbedder:
    """`model` at `base_url`. The first use of `dimension` asks the server when the model is not a known one."""

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None,
        api_key: str | None = None,
        timeout_s: float = 60.0,
        max_retries: int = 2,
        max_tokens: int | None = None,
    ) -> None:
        """`max_retries`: further tries after 429 and 5xx, `Retry-After` honoured. `max_tokens` None: 8191 for OpenAI's own, else 512."""
        if not model:
            raise ConfigError("'openai:' names no model; set FOOTNOTE_EMBEDDER=openai:<model>")
        if not base_url:
            raise ConfigError(f"'openai:{model}' needs the server's address; set FOOTNOTE_EMBEDDER_BASE_URL, such as https://host/v1")
        self.name = f"openai:{model}"
        self.max_tokens = max_tokens or (8191 if model in _DIMENSIONS else 512)
        self._model, self._base_url = model, base_url
        redaction.know(api_key)
        self._total_s = 4 * timeout_s
        self._client = openai.OpenAI(
            api_key=api_key or _NO_KEY,
            base_url=base_url,
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 10.0)),
            max_retries=max_retries,
            # Texts and key go to the address that was set, not to where it points.
            http_client=openai.DefaultHttpxClient(follow_redirects=False),
        )
        network.watch(self._client._client)  # noqa: SLF001 - the client that it has made

        self._made_of = (model, base_url, api_key, timeout_s, max_retries, max_tokens)

    def __reduce__(self) -> tuple[Any, ...]:
        """As another process gets it: with connections of its own."""
        return _elsewhere, self._made_of

    @cached_property
    def dimension(self) -> int:
        """Known, or the length of one vector asked for."""
        return _DIMENSIONS.get(self._model) or self._request(["dimension"]).shape[1]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`(n, dimension)` float32, unit rows; ProviderError and its kinds when the server fails."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        # Servers refuse an empty text and one beyond the window.
        fitted = [tokens.truncate(text, self.max_tokens, _ENCODING) or " " for text in texts]
        parts = [self._request(fitted[start : start + BATCH]) for start in range(0, len(fitted), BATCH)]
        if len({part.shape[1] for part in parts}) > 1:
            raise BadReply(f"{self._base_url} sent vectors of different lengths for {self._model!r}")
        return np.concatenate(parts)

    def embed_query(self, text: str) -> Vectors:
        """`(dimension,)` float32, unit length."""
        return cast("Vectors", self.embed([text])[0])

    def count(self, text: str) -> int:
        """Tokens of OpenAI's embedding vocabulary, whatever the server uses."""
        return tokens.count(text, _ENCODING)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _request(self, texts: list[str]) -> Vectors:
        try:
            with network.limited(time.monotonic() + self._total_s):
                reply = self._client.embeddings.create(model=self._model, input=texts, encoding_format="float")
            rows = [row.embedding for row in sorted(reply.data, key=lambda row: row.index)]
            matrix = np.array(rows, dtype=np.float32)
        except (openai.OpenAIError, httpx.HTTPError) as error:
            raise provider_error(error, self._base_url) from error
        except (
            ValueError,
            TypeError,
            AttributeError,
            RecursionError,
        ) as error:  # a reply that is JSON, or not even that, but no list of vectors
            raise BadReply(f"{self._base_url} sent no embeddings for {self._model!r}") from error
        if matrix.ndim != 2 or matrix.shape[0] != len(texts) or matrix.shape[1] == 0 or not np.isfinite(matrix).all():
            raise BadReply(f"{self._base_url} sent {len(rows)} unusable vectors for {len(texts)} texts with {self._model!r}")
        return unit_rows(matrix)


def provider_error(error: Exception, server: str) -> ProviderError:
    """Our exception for one of the openai client or of httpx: one line that names the server and the next step, never a key."""
    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException):
        return ProviderTimeout(f"{server} did not answer in time; try again, or raise the time-out")
    if isinstance(error, openai.APIConnectionError | httpx.HTTPError):
        return ProviderUnreachable(f"{server} can't be reached, or broke off; is it running, and is the address right?")
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return AuthRejected(f"{server} refused the key ({error.status_code}); check the key and what it may use")
    if isinstance(error, openai.RateLimitError):
        return RateLimited(f"{server} still says 'too many requests' (429) after the retries; wait, or ask for a higher limit")
    if isinstance(error, openai.ContentFilterFinishReasonError):
        return ContentRefused(f"{server}'s filter refused the content")
    if isinstance(error, openai.LengthFinishReasonError | openai.APIResponseValidationError):
        return BadReply(f"{server} sent a reply that is cut or has the wrong form")
    if isinstance(error, openai.APIStatusError):
        said = _said(error)
        low = said.casefold()
        if "content_filter" in low or "content management policy" in low:
            return ContentRefused(f"{server}'s filter refused the content")
        if error.status_code == 413 or overlong(low):
            return ContextOverflow(f"{server}: the request is longer than the model takes ({said!r})")
        if error.status_code == 404:
            return ProviderError(f"{server} knows no such address or model (404): {said!r}; check the base URL and the model's name")
        return ProviderError(f"{server} failed with status {error.status_code}: {said!r}")
    return BadReply(f"{server} sent a reply that makes no sense")


def overlong(said: str) -> bool:
    """Whether an error, in lower case, says that a request was longer than the model takes."""
    return any(words in said for words in ("context_length", "context length", "maximum context", "available context", "too long"))


def _said(error: openai.APIStatusError) -> str:
    """The server's message on one line, at most 200 characters, with its code."""
    body = error.body if isinstance(error.body, dict) else {}
    parts = [str(body[key]) for key in ("code", "message") if body.get(key)]
    return " ".join(" ".join(parts or [error.message]).split())[:200]


@lru_cache(maxsize=2)
def _elsewhere(
    model: str, base_url: str, api_key: str | None, timeout_s: float, max_retries: int, max_tokens: int | None
) -> OpenAIEmbedder:
    return OpenAIEmbedder(model, base_url=base_url, api_key=api_key, timeout_s=timeout_s, max_retries=max_retries, max_tokens=max_tokens)
