"""Where a model may be that a visitor of a shared server names: a name is looked up, all its addresses are weighed, one of them is called.

Looking up and calling are one act here (`Reaching`), so that a name that means another machine the next time leads nowhere. Redirects are
not followed (`rag.answering.provider`).
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

import httpx

from rag.errors import ConfigError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_GLOBAL6 = ipaddress.IPv6Network("2000::/3")
_TUNNELS6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2002::/16", "3fff::/20", "5f00::/16")))
"""Teredo, 6to4 and the like carry an IPv4 address that says where a packet really goes."""

_NEVER4 = tuple(map(ipaddress.IPv4Network, ("192.88.99.0/24", "168.63.129.16/32")))
"""The relays of 6to4, and a public address at which a cloud tells its machines their secrets."""

_OWN4 = tuple(map(ipaddress.IPv4Network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_OWN6 = tuple(map(ipaddress.IPv6Network, ("::1/128", "fc00::/7")))
_NEVER6 = ipaddress.IPv6Network("fd00:ec2::/32")  # a cloud's secrets once more


def networks(setting: str, name: str) -> tuple[Network, ...]:
    """The networks of a comma-separated setting, a plain address being one of its own; ConfigError for anything else."""
    found = []
    for part in filter(None, map(str.strip, setting.split(","))):
        try:
            found.append(ipaddress.ip_network(part, strict=False))
        except ValueError as error:
            raise ConfigError(f"{name} holds {part!r}; write addresses or networks such as 10.0.0.5, 10.0.0.0/8") from error
    return tuple(found)


def within(address: Address, these: tuple[Network, ...]) -> bool:
    """Whether an address lies in one of the networks."""
    return any(address.version == network.version and address in network for network in these)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which machines may be called: public ones, those of `allowed`, and, where `inside`, the loopback and private networks.

    Never, unless allowed by name: link-local addresses, multicast, reserved ones, and those at which clouds tell their machines secrets.
    """

    inside: bool = False
    allowed: tuple[Network, ...] = ()

    def allows(self, address: Address) -> bool:
        """Whether this machine may be called.

        >>> [Reach().allows(ipaddress.ip_address(a)) for a in ("1.1.1.1", "127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254")]
        [True, False, False, False]
        """
        if within(address, self.allowed):
            return True
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        if mapped is not None:
            return self.allows(mapped)
        if isinstance(address, ipaddress.IPv4Address):
            own, public = within(address, _OWN4), address.is_global and not address.is_multicast and not within(address, _NEVER4)
        else:
            own = within(address, _OWN6) and address not in _NEVER6
            public = address in _GLOBAL6 and address.is_global and not within(address, _TUNNELS6)
        return (self.inside and own) or (public and (self.inside or not _is_this_machine(address)))

    def addresses(self, host: str, port: int) -> list[str]:
        """All addresses of a host; ConfigError where there is none, or where one of them may not be called."""
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise ConfigError(f"the host {host!r} is not known; check the address") from error
        found = list(dict.fromkeys(str(row[4][0]) for row in rows))
        if not found or not all(self._may(text) for text in found):
            raise ConfigError(
                f"the host {host!r} is within this server's own network, which can't be named here; "
                "the owner can allow it (FOOTNOTE_ALLOWED_ADDRESSES)"
            )
        return found

    def check(self, base_url: str) -> None:
        """ConfigError unless what is at this address may be called now. `Reaching` looks again when it calls."""
        url = _url(base_url)
        self.addresses(url.host, url.port or (443 if url.scheme == "https" else 80))

    def _may(self, text: str) -> bool:
        if "%" in text:  # an address that holds on one interface alone
            return False
        return self.allows(ipaddress.ip_address(text))


class Reaching(httpx.BaseTransport):
    """Calls the addresses that were weighed, never the name; certificates are still checked against the name."""

    def __init__(self, reach: Reach) -> None:
        """No proxy: it would look the name up once more."""
        self._reach, self._inner = reach, httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the first address that takes the connection; the `Host` header is the name's."""
        url = request.url
        try:
            found = self._reach.addresses(url.host, url.port or (443 if url.scheme == "https" else 80))
        except ConfigError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        extensions = request.extensions
        if not _is_address(url.host):
            extensions = {**extensions, "sni_hostname": url.raw_host.decode("ascii")}
        failed: httpx.TransportError | None = None
        for address in found:
            there = httpx.Request(
                request.method, url.copy_with(host=address), headers=request.headers, stream=request.stream, extensions=extensions
            )
            try:
                return self._inner.handle_request(there)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = error
        raise failed or httpx.ConnectError("no address", request=request)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _url(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, ValueError) as error:
        raise ConfigError(f"the address {base_url!r} can't be read; write one such as https://models.example/v1") from error
    if not url.host:
        raise ConfigError(f"the address {base_url!r} names no host; write one such as https://models.example/v1")
    return url


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_this_machine(address: Address) -> bool:
    """Whether one of this machine's own interfaces has the address: only there a socket can be bound to it."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
