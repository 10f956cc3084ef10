"""A follow-up becomes a question that stands alone, by the model with the conversation before its eyes.

Earlier turns are kept in LlamaIndex's chat memory, which drops the oldest until the rest fits its token limit. Whatever the model
sends back is only a search query and a prompt line: where it looks like anything else, the offline way is taken.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag import prompting, tokens
from rag.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.answering.provider import Provider, Reply

HISTORY_TOKENS = 1500
"""Most of a conversation that is sent; less where the model's window is small."""

CONDENSE_TOKENS = 1024
"""Room for one line, which a model that thinks needs for its thoughts."""

_LONGEST_CHARS = 400
_MARK = re.compile(r"\s*\[\d+\]")


def condense(
    provider: Provider,
    question: str,
    history: Sequence[tuple[str, str]],
    *,
    offline: Callable[[], str],
) -> tuple[str, Reply | None, str | None]:
    """The standalone question, the call it took (None: none was made), and a note where the offline way stood in.

    `history` holds (question, answer) pairs, oldest first; an empty answer is left out. Without history nothing is asked.
    """
    if not history:
        return question, None, None
    try:
        reply = provider.chat(
            prompting.CONDENSE, f"Last question: {_flat(question)}", history=remembered(provider, history), max_tokens=CONDENSE_TOKENS
        )
    except ProviderError as error:
        return offline(), None, f"the follow-up was put together offline: {error}"
    text = _flat(reply.text).removeprefix("Standalone question:").strip().strip("\"'“”`")
    if not text or len(text) > _LONGEST_CHARS or "\n" in reply.text.strip() or prompting.REFUSAL.lower() in text.lower():
        return offline(), reply, "the follow-up was put together offline: the model sent no question"
    return text, reply, None


def remembered(provider: Provider, history: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The latest turns as (role, text), within the token limit; [n] marks are dropped, since numbering starts anew per answer."""
    from llama_index.core.llms import ChatMessage
    from llama_index.core.memory import ChatMemoryBuffer

    window, _note = provider.window()
    count, _known = provider.counter()
    limit = min(HISTORY_TOKENS, window // 4)
    memory = ChatMemoryBuffer.from_defaults(token_limit=limit, tokenizer_fn=lambda text: [0] * count(text))
    for asked, answered in history:
        for role, text in (("user", asked), ("assistant", _MARK.sub("", answered))):
            if text.strip():
                memory.put(ChatMessage(role=role, content=tokens.truncate(_flat(text), limit // 2)))
    return [(message.role.value, str(message.content)) for message in memory.get()]


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
