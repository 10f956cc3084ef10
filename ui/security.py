"""What stands before every route: host, origin, credentials, sizes; and the headers on every reply. Gradio's own routes included.

Pure ASGI, so that streams pass through unbuffered. On the loopback nobody has to log in, yet a page of another site can't reach the
server: its host name or its origin is not ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import re
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from ui.access import Access
from ui.login import Addresses, Guesses, Login, Welcome, require_credentials
from ui.origins import Hosts, Origins, scope_scheme
from ui.uploads import COOKIE as VISIT
from ui.uploads import Uploads, new_visit, visit_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from rag.config import Settings

    Message = MutableMapping[str, Any]
    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]
    Refusal = tuple[int, str]

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
    "cross-origin-resource-policy": "same-origin",
}
MOST_BODY = 8_000_000
"""Longest body of a request that is no upload, in bytes."""

GRADIO = "/gradio_api/"
UPLOADS = f"{GRADIO}upload"
FILES = f"{GRADIO}file="
_USED = re.compile(
    r"(?:info|openapi\.json|app_id|user|theme\.css|startup-events|upload|upload_progress|cancel|reset|queue/(?:join|data|status))/?"
    r"|(?:heartbeat|run|api|call)/.*|file=.*|mcp(?:/.*)?",
    re.DOTALL,
)
"""Gradio's routes below `GRADIO` that the page and programs need. The rest fetch, record, edit or call what Footnote does not have."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORWARDED = (b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-for", b"forwarded")
_ONCE = (b"host", b"origin", b"authorization", b"sec-fetch-site", b"x-forwarded-host", b"x-forwarded-proto")
"""Headers that decide something here: one who reads the first and one who reads the last must not see two."""

_WITH_VISIT = frozenset({"/", "/config", UPLOADS})
"""Where a browser gets its name: with the page, or at the latest with its first file."""

_WRONG_S = 1.0
"""A wrong try is answered after so long."""


class Guard:
    """The middleware."""

    def __init__(self, app: App, *, settings: Settings, access: Access, uploads: Uploads) -> None:
        """Wrap an app."""
        self._app, self._access, self._uploads = app, access, uploads
        self._hosts = Hosts(settings.host, settings.allowed_hosts)
        self._origins = Origins(settings.allowed_origins, self._hosts)
        self._addresses = Addresses(settings)
        self._login, self._guesses, self._welcome = Login(settings), Guesses(), Welcome()
        self._upload_bytes = settings.max_upload_mb * 1_000_000 + 100_000

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        scope["footnote.address"] = self._addresses.of(scope, headers)
        scope["footnote.secure"] = scope_scheme(scope, headers) == "https"
        origin = headers.get("origin", "")
        lent = Origins.headers(origin) if self._origins.allowed(origin) else []
        refusal = self._foreign(scope, headers)
        if refusal is None and lent and "access-control-request-method" in headers and scope.get("method") == "OPTIONS":
            await _answer(send, 204, b"", Origins.preflight(origin, headers.get("access-control-request-headers", "")))
            return
        if refusal is None and self._login.required:
            refusal = await self._stranger(scope, headers)
        refusal = refusal or self._unfit(scope, headers)
        if refusal is not None:
            await self._refuse(scope, send, *refusal, lent)
            return
        await self._through(scope, receive, send, headers, lent)

    async def _through(self, scope: Scope, receive: Receive, send: Send, headers: dict[str, str], lent: list[tuple[str, str]]) -> None:
        """Hand the request on: its body counted, the reply with our headers."""
        path = scope["path"]
        visit, uploading = visit_of(cookies(headers)), path.startswith(UPLOADS) and scope["type"] == "http" and scope["method"] == "POST"
        named = None if visit or path not in _WITH_VISIT else new_visit()
        if self._login.required:
            self._welcome.take(visit or named or "")
        given = (
            [("set-cookie", f"{VISIT}={named}; HttpOnly; Path=/; SameSite=Lax{'; Secure' if scope['footnote.secure'] else ''}")]
            if named
            else []
        )
        self._trim(scope, headers, plain=uploading)
        started = over = False
        left = self._limit(path)
        said = b""

        async def replying(message: Message) -> None:
            nonlocal started, said
            if over and not started:
                return  # a framework's own word on the body that was cut off; ours follows
            if message["type"] == "http.response.start":
                started = True
                kept = [(k, v) for k, v in message["headers"] if not k.lower().startswith(b"access-control-")]
                own = {k.decode("latin-1").lower() for k, _ in kept}
                added = [(k, v) for k, v in HEADERS.items() if k not in own] + lent + given
                message["headers"] = [*kept, *((k.encode("latin-1"), v.encode("latin-1")) for k, v in added)]
            elif uploading and message["type"] == "http.response.body":
                said += message.get("body", b"")
                if not message.get("more_body"):
                    self._uploads.keep(visit or named or "", _paths(said))
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
            await self._refuse(scope, send, 413, "the request is too long", lent)

    def _foreign(self, scope: Scope, headers: dict[str, str]) -> Refusal | None:
        """Status and reason where a page of another site may be asking, or nobody can tell."""
        names = [k for k, _ in scope["headers"]]
        if any(names.count(name) > 1 for name in _ONCE):
            return 400, "the request names its host, its origin or its credentials twice"
        if not self._hosts.known(headers.get("host", "")):
            return 421, "this server does not answer to that host name; add it to FOOTNOTE_ALLOWED_HOSTS"
        if not self._origins.admits(scope, headers):
            return 403, (
                "requests from pages of other sites are refused; add their origin, scheme and port included, to FOOTNOTE_ALLOWED_ORIGINS, "
                "or have the proxy send X-Forwarded-Proto"
            )
        return None

    async def _stranger(self, scope: Scope, headers: dict[str, str]) -> Refusal | None:
        """Status and reason where the credentials are missing or wrong, or come from where there were many wrong ones."""
        shown = headers.get("authorization")
        if shown is None:
            return 401, "user and password, or the key, are required"
        address, visit = scope["footnote.address"], visit_of(cookies(headers))
        if (wait := self._guesses.wait_s(address)) and not self._welcome.knows(visit):
            return waiting(wait)
        if self._login.accepts(shown):
            return None
        self._guesses.wrong(address)
        self._welcome.forget(visit)
        await asyncio.sleep(_WRONG_S)
        return 401, "user and password, or the key, are required"

    def _unfit(self, scope: Scope, headers: dict[str, str]) -> Refusal | None:
        """Status and reason where a request that came in asks for what is not here, or not for it, or is too long."""
        path = scope["path"]
        below = path.removeprefix(GRADIO)
        if below != path and not _USED.fullmatch(below):
            return 404, "nothing here"
        if path.startswith(FILES) and not self._uploads.holds(visit_of(cookies(headers)), path.removeprefix(FILES)):
            return 404, "nothing here"
        unsafe = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if path.startswith(UPLOADS) and unsafe and not self._access.is_owner(cookies(headers)):
            return 403, "uploading takes the owner's key here"
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > self._limit(path):
            return 413, "the request is too long"
        return None

    def _trim(self, scope: Scope, headers: dict[str, str], *, plain: bool) -> None:
        """Drop a proxy's headers, from which Gradio builds addresses, unless they name one of our hosts; `plain`: ask for a plain reply."""
        forwarded = headers.get("x-forwarded-host")
        dropped = {b"x-gradio-server", *(_FORWARDED if forwarded is None or not self._hosts.known(forwarded) else ())}
        if plain:
            dropped.add(b"accept-encoding")
        scope["headers"] = [(k, v) for k, v in scope["headers"] if k not in dropped]

    def _limit(self, path: str) -> int:
        return self._upload_bytes if path.startswith(UPLOADS) else MOST_BODY

    @staticmethod
    async def _refuse(scope: Scope, send: Send, status: int, reason: str, lent: Iterable[tuple[str, str]] = ()) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": reason[:100]})
            return
        body = json.dumps({"error": {"message": reason, "type": "refused", "code": status}}).encode()
        more = [*lent, ("content-type", "application/json")]
        if status == 401:
            more.append(("www-authenticate", 'Basic realm="Footnote", charset="UTF-8"'))
        if status == 429:
            more.append(("retry-after", "".join(filter(str.isdigit, reason))))
        await _answer(send, status, body, more)


class _TooLong(Exception):
    """A body went over its limit."""


def waiting(seconds: float) -> Refusal:
    """What one who guessed too often is told."""
    return 429, f"too many wrong guesses; wait {math.ceil(seconds)} seconds"


def cookies(headers: dict[str, str]) -> dict[str, str]:
    """The cookies of a request."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


def _paths(said: bytes) -> list[str]:
    """The files that a reply to an upload names."""
    try:
        found = json.loads(said)
    except ValueError:
        return []
    return [path for path in found if isinstance(path, str)] if isinstance(found, list) else []


async def _answer(send: Send, status: int, body: bytes, more: Iterable[tuple[str, str]]) -> None:
    headers = [*more, *HEADERS.items()] + ([("content-length", str(len(body)))] if body else [])
    await send({"type": "http.response.start", "status": status, "headers": [(k.encode(), v.encode("latin-1")) for k, v in headers]})
    await send({"type": "http.response.body", "body": body})


def check(settings: Settings) -> None:
    """ConfigError, before anything is opened, where a setting would let strangers in or makes no sense."""
    require_credentials(settings)
    Access(settings)
    Origins(settings.allowed_origins, Hosts(settings.host, settings.allowed_hosts))
    Addresses(settings)


__all__ = ["Guard", "Hosts", "check", "cookies", "require_credentials", "waiting"]
