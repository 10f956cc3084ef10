"""Who may do what. On the loopback everybody who reaches the page is its owner; where others come too, the owner shows a key once.

The key is exchanged for a cookie with a random token that this process remembers, so it is neither stored in the browser nor sent again.
The token ends after some hours, and when it is given back.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import threading
import time
from typing import TYPE_CHECKING

from rag.answering.reach import Reach, networks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rag.config import Settings

COOKIE = "footnote_owner"
OWNER_S = 12 * 3600
"""How long an owner's cookie lasts."""

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


def listed(setting: str) -> list[str]:
    """The parts of a comma-separated setting, in small letters."""
    return [part.strip().lower() for part in setting.split(",") if part.strip()]


def same(given: str, wanted: str) -> bool:
    """Equality that takes the same time wherever the difference is."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode("utf-8", "surrogatepass"))


class Access:
    """The owner's sessions of one server."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        """`open_to_others` where the server listens beyond the loopback, or answers to a name that a proxy has for it."""
        self.open_to_others = beyond_loopback(settings.host) or any(map(beyond_loopback, listed(settings.allowed_hosts)))
        self._key = settings.owner_key.get_secret_value() if settings.owner_key else ""
        self._shared = self.needs_key or bool(settings.password) or bool(settings.api_key)
        self._allowed = networks(settings.allowed_addresses, "FOOTNOTE_ALLOWED_ADDRESSES")
        self._clock = clock
        self._tokens: dict[str, float] = {}
        self._guard = threading.Lock()

    @property
    def needs_key(self) -> bool:
        """Whether changing the library takes the owner's key here: where others come, and wherever one is set."""
        return self.open_to_others or bool(self._key)

    @property
    def can_unlock(self) -> bool:
        """Whether there is a key that could be shown."""
        return bool(self._key)

    @property
    def reach(self) -> Reach | None:
        """Where a model may be that is named on the page by whoever may name one; None: anywhere, since nobody else is here.

        Who has shown the owner's key may name machines of the own network too, a reader who merely has the login may not.
        """
        return Reach(inside=self.needs_key, allowed=self._allowed) if self._shared else None

    def unlock(self, key: str) -> str | None:
        """A fresh token for the right key, else None."""
        if not self._key or not same(key, self._key):
            return None
        token = secrets.token_urlsafe(32)
        with self._guard:
            while len(self._tokens) >= MOST_TOKENS:
                self._tokens.pop(next(iter(self._tokens)))
            self._tokens[token] = self._clock() + OWNER_S
        return token

    def lock(self, cookies: Mapping[str, str]) -> None:
        """Give a token back: it opens nothing any more, wherever there is a copy."""
        with self._guard:
            self._tokens.pop(cookies.get(COOKIE, ""), None)

    def is_owner(self, cookies: Mapping[str, str]) -> bool:
        """Whether a request with these cookies may change things."""
        return not self.needs_key or self._clock() < self._tokens.get(cookies.get(COOKIE, ""), 0.0)
