"""What stands before every route: host, origin, credentials, sizes; and the headers on every reply. Gradio's own routes included.

Pure ASGI, so that streams pass through unbuffered. On the loopback nobody has to log in, yet a page of another site can't reach the
server: its host name or its origin is not ours.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import ipaddress
import json
import socket
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag.errors import ConfigError
from ui.access import Access, beyond_loopback, same

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from rag.config import Settings

    Message = MutableMapping[str, Any]
    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; frame-src 'self'; frame-ancestors 'self'; form-action 'self'; "
    "object-src 'none'; base-uri 'self'"
)
"""Without `unsafe-eval` Gradio's page stays blank."""

HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
}
MOST_BODY = 8_000_000
"""Longest body of a request that is no upload, in bytes."""

UPLOADS = "/gradio_api/upload"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORWARDED = (b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-for", b"forwarded")
_WRONG_S = 1.0
"""A wrong try is answered after so long. Locking out would let anybody lock out everybody behind the same proxy."""


def require_credentials(settings: Settings) -> None:
    """ConfigError where a server that others can reach would let everybody in, and for half a login."""
    if bool(settings.user) != bool(settings.password):
        raise ConfigError("FOOTNOTE_USER and FOOTNOTE_PASSWORD belong together; set both")
    if beyond_loopback(settings.host) and not (settings.password or settings.api_key):
        raise ConfigError(
            f"the server would listen on {settings.host!r}, where others can reach it; set FOOTNOTE_USER and FOOTNOTE_PASSWORD, "
            "or FOOTNOTE_API_KEY, or listen on 127.0.0.1"
        )


class Hosts:
    """Which host names this server answers to. A page that rebinds its own name to our address has the wrong one."""

    def __init__(self, host: str, more: str) -> None:
        """`more` is comma-separated. Beyond the loopback every literal address will do, since only names can be rebound."""
        self._any_address = beyond_loopback(host)
        self._names = {"localhost", "127.0.0.1", "::1", *(n.strip().lower() for n in more.split(",") if n.strip())}
        if self._any_address:
            self._names |= {host.lower(), socket.gethostname().lower()} - {"0.0.0.0", "::"}  # noqa: S104 - taken out, not bound

    def known(self, host: str) -> bool:
        """Whether a Host header, with or without its port, names this server."""
        name = (urlsplit(f"//{host}").hostname or "").lower() if host and not set(host) & set("/\\@ ") else ""
        if name in self._names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return self._any_address or address.is_loopback


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
        except (binascii.Error, UnicodeDecodeError):
            return False
        if self._password:
            # Both are compared, so that the time tells nothing about the user's name.
            return bool(int(same(user, self._user)) & int(same(password, self._password)))
        return same(password, self._key)


class _TooLong(Exception):
    """A body went over its limit."""


class Guard:
    """The middleware."""

    def __init__(self, app: App, *, settings: Settings, access: Access) -> None:
        """Wrap an app."""
        self._app, self._access = app, access
        self._hosts = Hosts(settings.host, settings.allowed_hosts)
        self._login = Login(settings)
        self._upload_bytes = settings.max_upload_mb * 1_000_000 + 100_000

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            if refusal[0] == 401 and "authorization" in headers:
                await asyncio.sleep(_WRONG_S)
            await _refuse(scope, send, *refusal)
            return
        self._trim(scope, headers)
        started = over = False
        left = self._limit(scope["path"])

        async def replying(message: Message) -> None:
            nonlocal started
            if over and not started:
                return  # a framework's own word on the body that was cut off; ours follows
            if message["type"] == "http.response.start":
                started = True
                own = {k.decode("latin-1").lower() for k, _ in message["headers"]}
                added = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k not in own]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        async def counting() -> Message:
            """The body, counted: a length that was not declared, or not true, ends the same way."""
            nonlocal over, left
            message = await receive()
            left -= len(message.get("body", b"")) if message["type"] == "http.request" else 0
            if left < 0:
                over = True
                raise _TooLong
            return message

        with contextlib.suppress(_TooLong):
            await self._app(scope, counting, replying)
        if over and not started:
            await _refuse(scope, send, 413, "the request is too long")

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and reason where the request may not pass."""
        if not self._hosts.known(headers.get("host", "")):
            return 421, "this server does not answer to that host name; add it to FOOTNOTE_ALLOWED_HOSTS"
        unsafe = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if unsafe and not self._own_origin(headers):
            return 403, "requests from pages of other sites are refused"
        if self._login.required and not self._login.accepts(headers.get("authorization", "")):
            return 401, "user and password, or the key, are required"
        path = scope["path"]
        if path.startswith(UPLOADS) and unsafe and not self._access.is_owner(cookies(headers)):
            return 403, "uploading takes the owner's key here"
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > self._limit(path):
            return 413, "the request is too long"
        return None

    def _own_origin(self, headers: dict[str, str]) -> bool:
        """Whether a browser says that our own page asks; programs say nothing and pass."""
        if headers.get("sec-fetch-site", "") in {"cross-site", "same-site"}:
            return False
        origin = headers.get("origin")
        if origin is None:
            return True
        host = urlsplit(origin).netloc.lower()
        return host in {headers.get("host", "").lower(), headers.get("x-forwarded-host", "").lower()} and self._hosts.known(host)

    def _trim(self, scope: Scope, headers: dict[str, str]) -> None:
        """Drop a proxy's headers, from which Gradio builds addresses, unless they name one of our hosts."""
        forwarded = headers.get("x-forwarded-host")
        if forwarded is None or not self._hosts.known(forwarded):
            scope["headers"] = [(k, v) for k, v in scope["headers"] if k not in _FORWARDED]

    def _limit(self, path: str) -> int:
        return self._upload_bytes if path.startswith(UPLOADS) else MOST_BODY


def cookies(headers: dict[str, str]) -> dict[str, str]:
    """The cookies of a request."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


async def _refuse(scope: Scope, send: Send, status: int, reason: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    body = json.dumps({"error": {"message": reason, "type": "refused", "code": status}}).encode()
    more: Iterable[tuple[str, str]] = [("www-authenticate", 'Basic realm="Footnote", charset="UTF-8"')] if status == 401 else []
    headers = [("content-type", "application/json"), ("content-length", str(len(body))), *more, *HEADERS.items()]
    await send({"type": "http.response.start", "status": status, "headers": [(k.encode(), v.encode()) for k, v in headers]})
    await send({"type": "http.response.body", "body": body})
