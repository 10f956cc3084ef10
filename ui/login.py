"""The door: which credentials a server may start with, which open it, and how long a guesser waits."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from rag.answering.reach import networks, within
from rag.errors import ConfigError
from ui.access import beyond_loopback, same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from rag.config import Settings

SHORTEST = 8
"""Characters of a password or key."""

FREE_GUESSES = 10
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 900.0
FORGOTTEN_S = 24 * 3600.0
MOST_ADDRESSES = 10_000
MOST_VISITS = 10_000


def require_credentials(settings: Settings) -> None:
    """ConfigError where a server that others can reach would let everybody in, for half a login, and for secrets that are soon guessed."""
    if settings.user is not None:
        _sound("FOOTNOTE_USER", settings.user)
        if ":" in settings.user:
            raise ConfigError("FOOTNOTE_USER holds a colon, which browsers can't send in a user name; choose another")
    for name, secret in (("PASSWORD", settings.password), ("API_KEY", settings.api_key), ("OWNER_KEY", settings.owner_key)):
        if secret is not None:
            _strong(f"FOOTNOTE_{name}", secret.get_secret_value())
    if bool(settings.user) != bool(settings.password):
        raise ConfigError("FOOTNOTE_USER and FOOTNOTE_PASSWORD belong together; set both")
    if beyond_loopback(settings.host) and not (settings.password or settings.api_key):
        raise ConfigError(
            f"the server would listen on {settings.host!r}, where others can reach it; set FOOTNOTE_USER and FOOTNOTE_PASSWORD, "
            "or FOOTNOTE_API_KEY, or listen on 127.0.0.1"
        )


def _sound(name: str, value: str) -> None:
    if not value.strip():
        raise ConfigError(f"{name} is blank; set it, or do not mention it")
    if value != value.strip() or not value.isprintable():
        raise ConfigError(f"{name} begins or ends with a blank, or holds a character that can't be typed; take that away")


def _strong(name: str, value: str) -> None:
    _sound(name, value)
    if len(value) < SHORTEST or len(set(value)) < 3:
        raise ConfigError(f"{name} is soon guessed; set at least {SHORTEST} characters, not the same ones over and over")


class Login:
    """Checks credentials: user and password (Basic), or the key (Bearer; as a Basic password where no password is set)."""

    def __init__(self, settings: Settings) -> None:
        """`required` where any are set."""
        self._user = settings.user or ""
        self._password = settings.password.get_secret_value() if settings.password else ""
        self._key = settings.api_key.get_secret_value() if settings.api_key else ""
        self.required = bool(self._password or self._key)

    def accepts(self, header: str) -> bool:
        """Whether an Authorization header opens the door."""
        scheme, _, rest = header.strip().partition(" ")
        if scheme.lower() == "bearer":
            return bool(self._key) and same(rest.strip(), self._key)
        if scheme.lower() != "basic":
            return False
        try:
            user, _, password = base64.b64decode(rest.strip(), validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return False
        if self._password:
            # Both are compared, so that the time tells nothing about the user's name.
            return bool(int(same(user, self._user)) & int(same(password, self._password)))
        return same(password, self._key)


class Guesses:
    """How long an address waits after wrong guesses: not at all after a few, then twice as long each time. Kept in memory, bounded.

    A right one forgives nothing: behind one address there may be a guesser and others who know. A day without guesses does.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody has guessed."""
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """Seconds until this address may try again; 0 where it may now."""
        return max(0.0, self._wrong.get(address, (0, 0.0))[1] - self._clock())

    def wrong(self, address: str) -> None:
        """It guessed wrong."""
        now = self._clock()
        count, until = self._wrong.pop(address, (0, now))
        count = 1 if now - until > FORGOTTEN_S else count + 1
        over = count - FREE_GUESSES
        wait = 0.0 if over < 0 else LONGEST_WAIT_S if over > 10 else min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**over)
        self._wrong[address] = (count, now + wait)
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.popitem(last=False)


class Welcome:
    """Browsers that have logged in: they do not wait for what others guess behind the same proxy. Bounded; the oldest are forgotten."""

    def __init__(self) -> None:
        """Nobody has."""
        self._visits: OrderedDict[str, None] = OrderedDict()

    def knows(self, visit: str) -> bool:
        """Whether this browser has logged in before."""
        return bool(visit) and visit in self._visits

    def take(self, visit: str) -> None:
        """It has logged in."""
        if visit:
            self._visits[visit] = None
            self._visits.move_to_end(visit)
            if len(self._visits) > MOST_VISITS:
                self._visits.popitem(last=False)

    def forget(self, visit: str) -> None:
        """It guesses, too."""
        self._visits.pop(visit, None)


class Addresses:
    """Who asks: the other end of the connection, or, where that is a proxy of ours, whom the proxy names last."""

    def __init__(self, settings: Settings) -> None:
        """`FOOTNOTE_TRUSTED_PROXIES`; ConfigError where it is none."""
        self._proxies = networks(settings.trusted_proxies, "FOOTNOTE_TRUSTED_PROXIES")

    def of(self, scope: MutableMapping[str, Any], headers: Mapping[str, str]) -> str:
        """A name for the address; one for the whole network that an IPv6 customer gets, within which addresses cost nothing."""
        client = scope.get("client")
        found = str(client[0]) if client else ""
        for text in [found, *reversed(headers.get("x-forwarded-for", "").split(","))]:
            try:
                address = ipaddress.ip_address(text.strip())
            except ValueError:
                break
            address = getattr(address, "ipv4_mapped", None) or address
            found = str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
            if not within(address, self._proxies):
                break
        return found
