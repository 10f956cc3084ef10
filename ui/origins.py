"""Which names this server answers to, and whose pages may talk to it: one rule for every method, for streams and for sockets."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rag.errors import ConfigError
from ui.access import beyond_loopback, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from typing import Any

_PORTS = {"http": 80, "https": 443}
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_NAME = re.compile(r"[\w.:-]+")
_TOKENS = re.compile(r"[\w!#$%&'*+.^`|~ ,-]{1,2000}", re.ASCII)


class Hosts:
    """Which host names this server answers to. A page that rebinds its own name to our address has the wrong one."""

    def __init__(self, host: str, more: str) -> None:
        """`more` is comma-separated. Beyond the loopback every literal address will do, since only names can be rebound."""
        self._any_address = beyond_loopback(host)
        self._names = {"localhost", "127.0.0.1", "::1", *listed(more)}
        if self._any_address:
            self._names |= {host.lower(), socket.gethostname().lower()} - {"0.0.0.0", "::"}  # noqa: S104 - taken out, not bound

    def known(self, host: str) -> bool:
        """Whether a Host header, with or without its port, names this server."""
        found = origin_of(f"http://{host}")
        if found is None:
            return False
        name = found[1]
        if name in self._names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return self._any_address or address.is_loopback


Origin = tuple[str, str, int]
"""Scheme, host and port."""


def origin_of(text: str) -> Origin | None:
    """The parts of an origin as browsers write it; None for anything else, `null` included.

    >>> origin_of("https://Chat.Example"), origin_of("http://[::1]:7860"), origin_of("null"), origin_of("http://a.example/x")
    (('https', 'chat.example', 443), ('http', '::1', 7860), None, None)
    """
    if set(text) & set("\\@ ?#") or not text.isprintable():
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    name = (parts.hostname or "").lower()
    if parts.scheme not in _PORTS or not _NAME.fullmatch(name) or parts.path:
        return None
    return parts.scheme, name, _PORTS[parts.scheme] if port is None else port


def scope_scheme(scope: MutableMapping[str, Any], headers: Mapping[str, str]) -> str:
    """`http` or `https`, as the browser sees it; a proxy in between says so."""
    proxied = headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return proxied if proxied in _PORTS else _SCHEMES[scope.get("scheme") or "http"]


class Origins:
    """Whose pages may make requests: the server's own, and those of `FOOTNOTE_ALLOWED_ORIGINS`."""

    def __init__(self, allowed: str, hosts: Hosts) -> None:
        """`allowed` is comma-separated; ConfigError for what is no origin, `*` included."""
        self._hosts = hosts
        self._allowed: set[Origin] = set()
        for text in listed(allowed):
            found = origin_of(text.rstrip("/"))
            if found is None:
                raise ConfigError(f"FOOTNOTE_ALLOWED_ORIGINS holds {text!r}; write origins such as https://chat.example, one by one")
            self._allowed.add(found)

    def admits(self, scope: MutableMapping[str, Any], headers: Mapping[str, str]) -> bool:
        """Whether a browser says that one of those pages asks. Programs say nothing and pass.

        A link from elsewhere may open the page: whoever follows it reads the reply, the page with the link does not.
        """
        origin = headers.get("origin")
        if origin is not None and self.allowed(origin):
            return True
        if headers.get("sec-fetch-site", "") in {"cross-site", "same-site"}:
            opened = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest", "document") == "document"
            return origin is None and opened and scope.get("method") in {"GET", "HEAD"}
        return origin is None or origin_of(origin) in self._own(scope, headers)

    def allowed(self, origin: str) -> bool:
        """Whether it is on the list of other origins."""
        return origin_of(origin) in self._allowed

    def _own(self, scope: MutableMapping[str, Any], headers: Mapping[str, str]) -> set[Origin | None]:
        """The origins that the request itself names as this server's; no page of another can set any of these headers."""
        scheme = scope_scheme(scope, headers)
        hosts = [headers.get("host", ""), headers.get("x-forwarded-host", "")]
        return {origin_of(f"{scheme}://{host}") for host in hosts if host and self._hosts.known(host)}

    @staticmethod
    def headers(origin: str) -> list[tuple[str, str]]:
        """What lets a page of an allowed origin read a reply. Cookies and logins that the browser keeps are not lent to it."""
        return [("access-control-allow-origin", origin), ("vary", "Origin"), ("access-control-expose-headers", "Retry-After")]

    @staticmethod
    def preflight(origin: str, wanted: str) -> list[tuple[str, str]]:
        """The reply to a browser that asks first; `wanted` are the headers that the page would send."""
        allowed = [("access-control-allow-headers", wanted)] if _TOKENS.fullmatch(wanted) else []
        methods = ("access-control-allow-methods", "GET, HEAD, POST")
        return [*Origins.headers(origin), methods, *allowed, ("access-control-max-age", "600")]
