"""Who may do what. On the loopback everybody who reaches the page is its owner; beyond it the owner shows a key once.

The key is exchanged for a cookie with a random token that this process remembers, so it is neither stored in the browser nor sent again.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rag.config import Settings

COOKIE = "footnote_owner"
MOST_TOKENS = 64


def beyond_loopback(host: str) -> bool:
    """Whether a server that listens there can be reached from other machines.

    >>> beyond_loopback("127.0.0.1"), beyond_loopback("localhost"), beyond_loopback("0.0.0.0"), beyond_loopback("::1")
    (False, False, True, False)
    """
    if host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def same(given: str, wanted: str) -> bool:
    """Equality that takes the same time wherever the difference is."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode("utf-8", "surrogatepass"))


class Access:
    """The owner's sessions of one server."""

    def __init__(self, settings: Settings) -> None:
        """`open_to_others` where the server listens beyond the loopback."""
        self.open_to_others = beyond_loopback(settings.host)
        self._key = settings.owner_key.get_secret_value() if settings.owner_key else ""
        self._tokens: dict[str, None] = {}
        self._guard = threading.Lock()

    @property
    def needs_key(self) -> bool:
        """Whether changing the library takes the owner's key here: beyond the loopback, and wherever one is set."""
        return self.open_to_others or bool(self._key)

    @property
    def can_unlock(self) -> bool:
        """Whether there is a key that could be shown."""
        return bool(self._key)

    def unlock(self, key: str) -> str | None:
        """A fresh token for the right key, else None."""
        if not self._key or not same(key, self._key):
            return None
        token = secrets.token_urlsafe(32)
        with self._guard:
            while len(self._tokens) >= MOST_TOKENS:
                self._tokens.pop(next(iter(self._tokens)))
            self._tokens[token] = None
        return token

    def is_owner(self, cookies: Mapping[str, str]) -> bool:
        """Whether a request with these cookies may change things."""
        return not self.needs_key or cookies.get(COOKIE, "") in self._tokens
