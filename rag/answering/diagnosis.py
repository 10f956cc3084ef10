"""What is wrong with the configured model, in a line: address, key, name and a reply are tried in turn.

Sends a request for the list of models and a few of some words each, one for each use that is made of a model; no paper, no question.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from rag import prompting
from rag.answering import conversation
from rag.answering.llm import JUDGE_TOKENS
from rag.answering.provider import LLMConfig, Provider
from rag.answering.windows import offers
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
    if offered and not offers(offered, model):
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
    lines += _uses(provider)
    lines += [f"note: the server {found}" for found in provider.quirks.told()]
    if note:
        lines.append(f"note: {note}")
    if not provider.counter()[1]:
        lines.append(f"note: {model!r}'s vocabulary is not known: tokens are counted with another and a tenth is added")
    return lines


def _uses(provider: Provider) -> list[str]:
    """A streamed reply, a follow-up in other words and a second look, one after the other."""
    lines = []
    try:
        stream = provider.stream("You answer in a few words.", "Which colour has a clear sky by day?")
        pieces = sum(1 for _ in stream)
        lines.append(f"ok: it streams ({pieces} piece{'s' if pieces != 1 else ''}{', after thinking' if stream.thought else ''})")
    except ProviderError as error:
        lines.append(f"problem: it does not stream: {error}")
    text, _reply, said = conversation.condense(
        provider, "And on the moon?", [("Which colour has a clear sky?", "Blue.")], offline=lambda: ""
    )
    lines.append(f"ok: it rewrites a follow-up ({text!r})" if said is None else f"note: a follow-up is not rewritten: {said}")
    try:
        judged = provider.chat(*prompting.judge_messages("The sky is blue.", ["The sky is blue by day."]), max_tokens=JUDGE_TOKENS).text
        fit = re.search(r"\b(?:yes|no)\b", judged, re.IGNORECASE)
        lines.append("ok: it gives a second look" if fit else "note: a second look says neither yes nor no; leave FOOTNOTE_LLM_JUDGE off")
    except ProviderError as error:
        lines.append(f"note: it gives no second look: {error}")
    return lines
