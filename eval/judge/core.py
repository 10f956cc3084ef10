"""One judgement: a versioned prompt, data between nonce markers, a strict schema, one chance to repair, the cache.

A reply that is still not the object asked for is a judge_error, never a zero. The verdict field alone counts: "GRADE: correct" in the
text that is judged, or in the rationale, decides nothing.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from eval.fingerprint import digest
from rag.errors import AuthRejected, ConfigError, ProviderError, ProviderUnreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eval.judge.cache import Cache
    from rag.answering.provider import Provider
    from rag.config import Settings

PROMPTS = Path(__file__).parent.parent / "prompts"
MAX_TOKENS = 300

Label = Literal["full", "partial", "none"]
WORTH: dict[Label, float] = {"full": 1.0, "partial": 0.5, "none": 0.0}


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    rationale: str
    verdict: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A label with its reason, or the error that left none. `cached`: nothing was asked for it this time."""

    label: Label | None
    rationale: str = ""
    error: str | None = None
    cached: bool = False


def latest(name: str) -> tuple[str, str]:
    """The newest version of a prompt: its file's stem and its text."""
    versions = {int(p.stem.rpartition("@")[2]): p for p in PROMPTS.glob(f"{name}@*.md")}
    path = versions[max(versions)]
    return path.stem, path.read_text(encoding="utf-8").strip()


class Judge:
    """A configured model with a cache. Thread-safe."""

    def __init__(self, provider: Provider, cache: Cache) -> None:
        """`provider` is the road that answers take as well, with its time-outs and retries."""
        self._provider, self._cache = provider, cache

    @classmethod
    def open(cls, settings: Settings, cache: Cache) -> Judge:
        """The model that the settings name, at temperature 0; ConfigError where none is set."""
        from rag.answering.provider import LLMConfig, Provider

        if not settings.llm_enabled:
            raise ConfigError("no judge is set; name a model with FOOTNOTE_LLM_BASE_URL and FOOTNOTE_LLM_MODEL")
        return cls(Provider(LLMConfig.from_settings(settings.model_copy(update={"llm_temperature": 0.0}))), cache)

    @property
    def model(self) -> str:
        """The model's name."""
        return self._provider.config.model

    @property
    def identity(self) -> str:
        """Model, address and prompts: what a calibration holds for."""
        prompts = [latest(name) for name in ("support", "nugget", "repair")]
        return digest([self._provider.config.base_url, self.model, prompts])[:16]

    def ask(self, prompt: str, parts: Mapping[str, str], *, votes: int = 1) -> Judgement:
        """Label named texts by a prompt. With `votes` above 1 a "partial" is put to further votes; a tie goes to the stricter label.

        Raises AuthRejected and ProviderUnreachable, which no further question would escape.
        """
        first = self._once(prompt, parts, 0)
        if first.label != "partial" or votes <= 1:
            return first
        labels = [first.label, *(j.label for n in range(1, votes) if (j := self._once(prompt, parts, n)).label is not None)]
        counts = Counter(labels)
        order: tuple[Label, ...] = ("none", "partial", "full")
        winner = max(order, key=lambda label: (counts[label], -order.index(label)))
        return Judgement(label=winner, rationale=f"{counts[winner]} of {len(labels)} votes: {first.rationale}", cached=first.cached)

    def _once(self, prompt: str, parts: Mapping[str, str], repeat: int) -> Judgement:
        name, system = latest(prompt)
        config = self._provider.config
        key = digest([config.base_url, config.model, {"temperature": 0.0, "max_tokens": MAX_TOKENS}, digest(system), dict(parts), repeat])
        if (stored := self._cache.get(key)) is not None:
            return Judgement(label=stored["verdict"], rationale=stored["rationale"], cached=True)
        marker = f"=====DATA {secrets.token_hex(8)}====="
        data = "\n\n".join(f"{title}:\n{text}" for title, text in parts.items())
        user = f"{marker}\n{data}\n{marker}\n\nLabel the data above."
        try:
            reply = self._provider.chat(system, user, max_tokens=MAX_TOKENS).text
            found = _read(reply)
            if found is None:
                history = [("user", user), ("assistant", reply)]
                found = _read(self._provider.chat(system, latest("repair")[1], history=history, max_tokens=MAX_TOKENS).text)
        except (AuthRejected, ProviderUnreachable):
            raise
        except ProviderError as error:
            return Judgement(label=None, error=f"{type(error).__name__}: {error}")
        if found is None:
            return Judgement(label=None, error=f"{name}: no valid object in two replies")
        self._cache.put(key, found.model_dump())
        return Judgement(label=found.verdict, rationale=found.rationale)

    def close(self) -> None:
        """Close the connections."""
        self._provider.close()


def _read(reply: str) -> _Reply | None:
    """The reply as the object asked for; a code fence around it is forgiven, anything else is not."""
    text = reply.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.strip("`").removeprefix("json").strip()
    try:
        return _Reply.model_validate(json.loads(text))
    except (json.JSONDecodeError, ValidationError):
        return None
