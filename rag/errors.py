"""Every exception that Footnote raises on purpose.

FootnoteError                 one clear line: the fact, the value, the next step
├── ConfigError               a setting or an argument
├── SourceError               a document that can't be read; carries path and line
├── IndexMissing              the library holds nothing to search
├── IndexMismatch             built with other settings, or of another version
├── IndexLocked               another process is writing
├── IndexDamaged              a part of the library can't be read, or is none of ours
├── IndexUnwritable           the library can't be written: a read-only medium, a full disk
├── ShardLost                 a part of a sharded library can't be reached
├── PaperNotFound             no such paper
├── AnswerTimeout             the time for an answer is up
└── ProviderError             an LLM or embedding server
    ├── AuthRejected          key refused
    ├── RateLimited           429 after the retries
    ├── ProviderTimeout       no answer in time
    ├── ProviderUnreachable   no connection, or lost half-way
    ├── ContextOverflow       more text than the model takes
    ├── ContentRefused        the provider's filter refused
    └── BadReply              nonsense or a cut reply

Weak evidence is no error: it is an Answer that abstains. The command line and the page catch FootnoteError alone.
"""

from __future__ import annotations

from typing import Any

from rag.redaction import redacted


class FootnoteError(Exception):
    """Base of all; `str()` is one line fit for the user."""

    def __reduce__(self) -> tuple[Any, ...]:
        """As another process gets it: with its line and its fields, whatever it is made of."""
        return _revived, (type(self), self.args, dict(vars(self)))


def _revived(kind: type[FootnoteError], given: tuple[Any, ...], fields: dict[str, Any]) -> FootnoteError:
    error = kind.__new__(kind)
    error.args = given
    vars(error).update(fields)
    return error


class ConfigError(FootnoteError):
    """A setting or an argument is wrong."""


class SourceError(FootnoteError):
    """A document can't be read. `path` names it, `line` counts from 1 (0: the file as a whole)."""

    def __init__(self, reason: str, *, path: str, line: int = 0) -> None:
        """Build the message `path:line: reason`."""
        self.path, self.line, self.reason = path, line, reason
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")


class IndexMissing(FootnoteError):
    """The library holds nothing to search."""


class IndexMismatch(FootnoteError):
    """The index was built with other settings, or by another version."""


class IndexLocked(FootnoteError):
    """Another process is writing to the library."""


class IndexDamaged(FootnoteError):
    """A part of the library is damaged, or is not what Footnote makes. `part` says which: `records`, `manifest`, `keywords`, ..."""

    def __init__(self, message: str, *, part: str = "records") -> None:
        """The whole line, with the command that mends the part."""
        self.part = part
        super().__init__(message)


class IndexUnwritable(FootnoteError):
    """The library can't be written: a read-only medium, missing permission, a full disk."""


class ShardLost(FootnoteError):
    """A shard of a library can't be reached."""


class PaperNotFound(FootnoteError):
    """No paper has this id."""


class AnswerTimeout(FootnoteError):
    """The time for an answer is up."""


class ProviderError(FootnoteError):
    """An LLM or embedding server failed. Whatever looks like a key is taken out of what is said."""

    def __init__(self, message: str) -> None:
        """Redact the message here, so that no way around it exists."""
        super().__init__(redacted(message))


class AuthRejected(ProviderError):
    """The server refused the key."""


class RateLimited(ProviderError):
    """The server still said 429 after the retries."""


class ProviderTimeout(ProviderError):
    """The server did not answer in time."""


class ProviderUnreachable(ProviderError):
    """No connection, or it was lost half-way."""


class ContextOverflow(ProviderError):
    """The request holds more text than the model takes."""


class ContentRefused(ProviderError):
    """The provider's filter refused the content."""


class BadReply(ProviderError):
    """The reply was nonsense, empty or cut."""
