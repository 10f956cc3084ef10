"""What is wrong with the configured model, in a line: address, key, name and a reply are tried in turn.

Sends one request for the list of models and one of a few words; no paper, no question.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from rag.answering.provider import LLMConfig, Provider
from rag.errors import AuthRejected, ConfigError, ProviderError, ProviderTimeout, ProviderUnreachable
from rag.redaction import redacted

if TYPE_CHECKING:
    from rag.config import Settings

_SHOWN_MODELS = 8


def doctor_llm(settings: Settings, *, provider: Provider | None = None) -> list[str]:
    """Lines for `footnote doctor --llm`, each beginning with `ok:` or `problem:`; stops at the first problem."""
    try:
        found = provider or Provider(LLMConfig.from_settings(settings))
    except ConfigError as error:
        return [f"problem: {error}"]
    try:
        return [redacted(line) for line in _tried(found)]
    finally:
        if provider is None:
            found.close()


def _tried(provider: Provider) -> list[str]:
    model = provider.config.model
    lines: list[str] = []
    try:
        offered = provider.models()
    except (ProviderUnreachable, ProviderTimeout, AuthRejected) as error:
        return [f"problem: {error}"]
    except ProviderError:
        offered = []  # not every server lists its models; the next request tells
    lines.append(f"ok: {provider.server} answers{'' if provider.config.api_key else ' (no key is set)'}")
    if offered and model not in offered:
        near = difflib.get_close_matches(model, offered, n=3) or offered[:_SHOWN_MODELS]
        more = " and others" if len(offered) > len(near) else ""
        return [*lines, f"problem: it does not offer {model!r}; it offers {', '.join(near)}{more}; set FOOTNOTE_LLM_MODEL"]
    try:
        reply = provider.chat("Reply with the word: ready", "Are you ready?", max_tokens=16)
    except ProviderError as error:
        return [*lines, f"problem: {error}"]
    window, note = provider.window()
    lines.append(f"ok: {model!r} replies; window {window} tokens")
    if not reply.text.strip():
        lines.append(f"note: its reply to a short question was empty; if answers are too, {model!r} may be no chat model")
    if note:
        lines.append(f"note: {note}")
    if not provider.counter()[1]:
        lines.append(f"note: {model!r}'s vocabulary is not known: tokens are counted with another and a tenth is added")
    return lines
