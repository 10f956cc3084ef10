"""Addresses that a visitor names: every way to write one that leads inside, names that change their meaning, redirects."""

from __future__ import annotations

import http.server
import socket
import threading
from contextlib import closing
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fakes.openai_server import FakeOpenAI
from pydantic import SecretStr

from rag.answering.provider import LLMConfig, Provider
from rag.answering.reach import Reach, Reaching, networks
from rag.config import load
from rag.errors import ConfigError, ProviderError
from ui.access import Access
from ui.model import options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PUBLIC, INSIDE = Reach(), Reach(inside=True)

OWN = "127.0.0.1 127.9.9.9 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 ::1 fc00::1 fd12::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1".split()
NEVER = (
    "169.254.169.254 169.254.0.1 0.0.0.0 0.1.2.3 100.100.100.200 100.64.0.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 192.0.0.1 "
    "192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 168.63.129.16 192.88.99.1 :: fe80::1 fec0::1 ff02::1 64:ff9b::7f00:1 ::7f00:1 "
    "2002:7f00:1:: 2001:0:7f00:1::1 2001:db8::1 fd00:ec2::254 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 100::1"
).split()
OUTSIDE = "1.1.1.1 8.8.8.8 93.184.216.34 2606:4700:4700::1111 ::ffff:8.8.8.8".split()


@pytest.mark.parametrize("address", OWN + NEVER)
def test_a_reader_names_nothing_inside(address: str) -> None:
    """Loopback, private, link-local, shared, reserved, multicast, tunnels to them, and where clouds tell secrets."""
    assert not PUBLIC.allows(ip_address(address))
    assert Reach(allowed=networks(address, "X")).allows(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_reader_names_what_is_public(address: str) -> None:
    """And so does the owner."""
    assert PUBLIC.allows(ip_address(address))
    assert INSIDE.allows(ip_address(address))


def test_the_owner_names_machines_inside_but_nothing_that_is_no_models_place() -> None:
    """Loopback and private networks, not what hands out a machine's secrets."""
    assert [a for a in OWN if not INSIDE.allows(ip_address(a))] == []
    assert [a for a in NEVER if INSIDE.allows(ip_address(a))] == []


@pytest.mark.parametrize("text", ["10.0.0.0/33", "example.org", "10.0.0.1;::1", "1"])
def test_networks_are_written_as_such(text: str) -> None:
    """Else one line with the name of the setting."""
    with pytest.raises(ConfigError, match="FOOTNOTE_ALLOWED_ADDRESSES holds"):
        Access(load(allowed_addresses=text))


LOCAL = "127.0.0.1 localhost 127.1 2130706433 0x7f000001 0177.0.0.1 [::1] [::ffff:127.0.0.1] [::ffff:7f00:1] 0 0.0.0.0 127.0.0.1.".split()


@pytest.fixture
def by_number(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, list[list[str]]]], None]:
    """Lets names mean what a test says, another set of addresses at each look; numbers mean what they mean."""
    guard = socket.getaddrinfo

    def use(names: dict[str, list[list[str]]]) -> None:
        def lookup(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
            if host not in names:
                return guard(host, port, *rest, **more)
            now = names[host].pop(0) if len(names[host]) > 1 else names[host][0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in now]

        monkeypatch.setattr(socket, "getaddrinfo", lookup)

    return use


@pytest.mark.parametrize("host", LOCAL)
def test_every_way_to_write_the_loopback_is_the_loopback(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short, decimal, hexadecimal, octal, mapped: what counts is where it leads."""
    from _socket import getaddrinfo  # the guard of the tests knows plain forms only

    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **_: getaddrinfo(host, port))
    with pytest.raises(ConfigError) as caught:
        PUBLIC.check(f"http://{host}:8080/v1")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://", "http:///v1", "https://:80", "http://[::1", "http://127.0.0.1:99999/"])
def test_what_is_no_address_is_told_so(url: str) -> None:
    """In a line."""
    with pytest.raises(ConfigError):
        PUBLIC.check(url)


def test_one_bad_address_among_good_ones_is_enough(by_number: Callable[[dict[str, list[list[str]]]], None]) -> None:
    """A name with a public and a private address is refused: nobody knows which one is called."""
    by_number({"both.example": [["8.8.8.8", "127.0.0.1"]], "good.example": [["8.8.8.8", "1.1.1.1"]]})
    with pytest.raises(ConfigError, match="own network"):
        PUBLIC.check("http://both.example/v1")
    PUBLIC.check("http://good.example/v1")


def test_a_name_that_changes_its_meaning_leads_nowhere(by_number: Callable[[dict[str, list[list[str]]]], None]) -> None:
    """Public when it is typed, the loopback when it is called: no connection is made."""
    with FakeOpenAI() as fake:
        by_number({"rebind.example": [["8.8.8.8"], ["127.0.0.1"]]})
        url = fake.url.replace("127.0.0.1", "rebind.example")
        chosen = options(url, "m", "", None, PUBLIC)
        config = LLMConfig(base_url=chosen.base_url, model="m", reach=chosen.reach, max_retries=0)
        with closing(Provider(config)) as provider, pytest.raises(ProviderError):
            provider.models()
        assert not fake.requests


def test_the_address_that_was_weighed_is_the_one_that_is_called(by_number: Callable[[dict[str, list[list[str]]]], None]) -> None:
    """The name is looked up once for a call, its Host header stays; where the owner allows it, it works."""
    with FakeOpenAI() as fake:
        by_number({"models.example": [["127.0.0.1"], ["8.8.8.8"]]})
        seen = Reach(allowed=networks("127.0.0.0/8", "X"))
        url = httpx.URL(fake.url).copy_with(host="models.example")
        with httpx.Client(transport=Reaching(seen), trust_env=False) as client:
            reply = client.get(f"{url}/models")
        assert reply.status_code == 200
        assert reply.request.url.host == "models.example"


@pytest.fixture
def moving() -> Iterator[tuple[str, list[str]]]:
    """A server that sends everybody on to another place; what it was asked."""
    asked: list[str] = []

    class Moved(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/inside")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Moved)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1", asked
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("reach", [None, INSIDE])
def test_redirects_are_not_followed(moving: tuple[str, list[str]], reach: Reach | None) -> None:
    """Neither by the model's client, whoever named the address, nor by the embedder's."""
    from rag.embedding.openai import OpenAIEmbedder

    url, asked = moving
    with closing(Provider(LLMConfig(base_url=url, model="m", reach=reach, max_retries=0))) as provider, pytest.raises(ProviderError):
        provider.models()
    with closing(OpenAIEmbedder("m", base_url=url, max_retries=0)) as embedder, pytest.raises(ProviderError):
        embedder.embed(["x"])
    assert asked == ["/v1/models", "/v1/embeddings"]


@pytest.mark.parametrize(
    ("given", "reach"),
    [
        ({}, None),
        ({"owner_key": "an owner's key"}, INSIDE),
        ({"host": "0.0.0.0", "api_key": "a key for programs"}, INSIDE),
        ({"allowed_hosts": "papers.example"}, INSIDE),
        ({"user": "me", "password": "a long password"}, PUBLIC),
        ({"api_key": "a key for programs"}, PUBLIC),
    ],
)
def test_who_may_name_what(given: dict[str, str], reach: Reach | None) -> None:
    """Alone on the loopback everything; with a key to show, what is inside too; with nothing but a login, what is public."""
    values: dict[str, Any] = {k: SecretStr(v) if k.endswith(("key", "password")) else v for k, v in given.items()}
    access = Access(load(**values))
    assert access.reach == reach
    assert access.is_owner({}) is not access.needs_key
