"""The door: secrets that are too weak, guessers who wait, origins, and the owner's cookie."""

from __future__ import annotations

import base64
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fakes.openai_server import FakeOpenAI
from page_kit import Server, outcomes, serve
from pydantic import SecretStr

from rag.config import load
from rag.errors import ConfigError
from ui.access import OWNER_S, Access
from ui.login import LONGEST_WAIT_S, MOST_ADDRESSES, Addresses, Guesses, Welcome, require_credentials
from ui.origins import Hosts, Origins, origin_of
from ui.security import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Ran

USER, PASSWORD, OWNER = "reader", "a long password", "the owner's own key"


# -- what a server may start with -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["password", "api_key", "owner_key"])
@pytest.mark.parametrize(
    "value", ["", " ", "x", "seven77", "\t\n", "aaaaaaaaaaaa", "abababababab", " a long password", "a long\x00password"]
)
def test_weak_secrets_are_refused(name: str, value: str) -> None:
    """Blank, short, one letter over and over, or with what can't be typed: one line, in which the secret does not stand."""
    given: dict[str, Any] = {name: SecretStr(value)} | ({"user": "me"} if name == "password" else {})
    with pytest.raises(ConfigError, match=f"FOOTNOTE_{name.upper()}") as caught:
        require_credentials(load(**given))
    assert "\n" not in str(caught.value)
    assert not value.strip() or value.strip() not in str(caught.value) or value == "x"


@pytest.mark.parametrize("user", ["", " ", "a:b", ":", "a\nb"])
def test_user_names_that_no_browser_can_send_are_refused(user: str) -> None:
    """A colon would end the name; blank ones are none."""
    with pytest.raises(ConfigError, match="FOOTNOTE_USER"):
        require_credentials(load(user=user, password=SecretStr(PASSWORD)))


@pytest.mark.parametrize("variable", ["FOOTNOTE_OWNER_KEY=x", "FOOTNOTE_ALLOWED_ORIGINS=*", "FOOTNOTE_TRUSTED_PROXIES=proxy"])
def test_the_command_says_so_in_a_line(footnote: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Exit status 2, before a library is filled or anything listens."""
    name, _, value = variable.partition("=")
    monkeypatch.setenv(name, value)
    for command in (("serve",), ("chat", "--no-browser")):
        ran = footnote(*command)
        assert ran.code == 2
        assert ran.err.startswith("footnote: ")
        assert name in ran.err
        assert ran.err.count("\n") == 1


def test_good_ones_are_taken() -> None:
    """Eight characters are enough; letters of any language."""
    check(load(user="me", password=SecretStr("pass wörd"), api_key=SecretStr("12345678"), owner_key=SecretStr("abcabcab")))
    check(load(allowed_origins="https://a.example, http://b.example:8080/", trusted_proxies="127.0.0.1, 10.0.0.0/8"))


# -- guessing ---------------------------------------------------------------------------------------------------------------------


class Clock:
    """Time as a test wants it."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_after_ten_wrong_guesses_each_further_one_costs_twice_as_long() -> None:
    """Up to a bound; other addresses are not concerned; a day's rest starts over."""
    clock = Clock()
    guesses = Guesses(clock)
    for _ in range(9):
        guesses.wrong("a")
        assert guesses.wait_s("a") == 0
    waits = []
    for _ in range(2000):
        guesses.wrong("a")
        waits.append(guesses.wait_s("a"))
        clock.now += waits[-1]
    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-1] == max(waits) == LONGEST_WAIT_S
    assert guesses.wait_s("b") == 0
    clock.now += 2 * 24 * 3600
    guesses.wrong("a")
    assert guesses.wait_s("a") == 0


def test_what_is_remembered_of_guessers_is_bounded() -> None:
    """However many addresses there are."""
    guesses, welcome = Guesses(), Welcome()
    for n in range(MOST_ADDRESSES + 50):
        guesses.wrong(f"a{n}")
        welcome.take(f"v{n}")
    assert len(guesses._wrong) == len(welcome._visits) == MOST_ADDRESSES
    assert welcome.knows(f"v{MOST_ADDRESSES}")
    assert not welcome.knows("")


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "address"),
    [
        ("", "127.0.0.1", "8.8.8.8", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "8.8.8.8", "8.8.8.8"),
        ("127.0.0.1", "127.0.0.1", "1.1.1.1, 8.8.8.8", "8.8.8.8"),
        ("127.0.0.1, 10.0.0.0/8", "127.0.0.1", "1.1.1.1, 8.8.8.8, 10.0.0.7", "8.8.8.8"),
        ("127.0.0.1", "9.9.9.9", "8.8.8.8", "9.9.9.9"),
        ("127.0.0.1", "127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("", "2001:db8:1:2:ffff::9", "", "2001:db8:1:2::/64"),
        ("", "::ffff:9.9.9.9", "", "9.9.9.9"),
    ],
)
def test_whose_guess_it_is(proxies: str, peer: str, forwarded: str, address: str) -> None:
    """The other end's, unless that is a proxy that we were told of; then the one that it names last."""
    found = Addresses(load(trusted_proxies=proxies)).of({"client": (peer, 1)}, {"x-forwarded-for": forwarded})
    assert found == address


def test_the_owners_cookie_ends_and_can_be_given_back() -> None:
    """After some hours, and at once when it is given back; others are not concerned."""
    clock = Clock()
    access = Access(load(owner_key=SecretStr(OWNER)), clock)
    one, two = ({"footnote_owner": access.unlock(OWNER) or ""} for _ in range(2))
    assert access.is_owner(one)
    access.lock(one)
    access.lock({})
    assert not access.is_owner(one)
    assert access.is_owner(two)
    clock.now += OWNER_S + 1
    assert not access.is_owner(two)
    assert not access.is_owner({"footnote_owner": ""})


@pytest.fixture(scope="module")
def guarded(bundled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With a login, an owner's key, and a chat surface that is allowed."""
    secrets = {"user": USER, "password": PASSWORD, "owner_key": OWNER, "allowed_origins": "https://chat.example"}
    proxied = {"trusted_proxies": "127.0.0.1", "allowed_hosts": "papers.example"}
    server = serve(tmp_path_factory.mktemp("guarded"), library=str(bundled), **secrets, **proxied)
    yield server
    server.end()


def login(password: str = PASSWORD) -> dict[str, str]:
    """The header of a login."""
    return {"Authorization": "Basic " + base64.b64encode(f"{USER}:{password}".encode()).decode()}


def test_guessing_the_login_ends_in_waiting_and_shuts_nobody_else_out(guarded: Server) -> None:
    """429 with a time, for the right password too; browsers that were in before and other addresses behind the proxy go on."""
    guesser = {"X-Forwarded-For": "8.8.4.4"}
    with httpx.Client(base_url=guarded.url, trust_env=False, timeout=60, headers=guesser) as before:
        assert before.get("/", headers=login()).status_code == 200
        with httpx.Client(base_url=guarded.url, trust_env=False, timeout=60, headers=guesser) as http:
            assert [http.get("/healthz", headers=login(f"guess {n}")).status_code for n in range(10)] == [401] * 10
            for password in ("guess 11", PASSWORD):
                late = http.get("/healthz", headers=login(password))
                assert late.status_code == 429
                assert 0 < int(late.headers["retry-after"]) <= 5
            assert http.get("/healthz").status_code == 401
        assert before.get("/healthz", headers=login()).status_code == 200
        late = httpx.get(f"{guarded.url}/healthz", headers=login("guess 12") | guesser, trust_env=False)
        assert late.status_code == 429, "one who knows forgives nothing to one who guesses"
    elsewhere = {"X-Forwarded-For": "8.8.4.4, 9.9.9.9"}
    assert httpx.get(f"{guarded.url}/healthz", headers=login() | elsewhere, trust_env=False).status_code == 200


def test_guessing_the_owners_key_ends_in_waiting(guarded: Server) -> None:
    """Whoever has the login guesses no further than anybody else, whatever cookies come along."""
    headers = login() | {"X-Forwarded-For": "8.8.1.1"}
    with httpx.Client(base_url=guarded.url, trust_env=False, timeout=60, headers=headers) as http:
        http.get("/")
        assert [http.post("/page/owner", json={"key": f"guess {n}"}).status_code for n in range(10)] == [403] * 10
        late = http.post("/page/owner", json={"key": OWNER})
        assert late.status_code == 429
        assert int(late.headers["retry-after"]) > 0
        assert http.get("/healthz").status_code == 200


def test_signing_out_ends_what_the_key_opened(guarded: Server) -> None:
    """The cookie has an end, is taken away by the route, and a copy of it is worth nothing afterwards."""
    with httpx.Client(base_url=guarded.url, trust_env=False, headers=login()) as http:
        given = http.post("/page/owner", json={"key": OWNER}, headers={"X-Forwarded-Proto": "https"}).headers["set-cookie"]
        assert f"Max-Age={OWNER_S}" in given
        assert "HttpOnly" in given
        assert "Secure" in given
        copy = {"Cookie": given.partition(";")[0]}
        files = {"files": ("x.jsonl", b"{}")}
        assert http.post("/gradio_api/upload", files=files, headers=copy).status_code == 200
        assert "footnote_owner" in http.post("/page/sign-out", headers=copy).headers["set-cookie"]
        assert http.post("/gradio_api/upload", files=files, headers=copy).status_code == 403


def test_a_reader_makes_the_server_call_nothing(guarded: Server) -> None:
    """Behind a proxy the loopback is others' too: naming a model's address, trying it and choosing a library take the owner's key."""
    with FakeOpenAI() as fake, httpx.Client(base_url=guarded.url, trust_env=False, timeout=60, headers=login()) as http:
        ids = {event["api_name"]: event["id"] for event in http.get("/config").json()["dependencies"]}
        asked = [
            {"fn_index": ids["checked"], "data": [None, fake.url, fake.model, ""]},
            {"fn_index": ids["used"], "data": [None, fake.url, fake.model, "", "For this visit"]},
            {"fn_index": ids["used"], "data": [None, fake.url, fake.model, "", "For everybody, until the server stops"]},
            {"fn_index": ids["left"], "data": [None, "For everybody, until the server stops"]},
            {"fn_index": ids["switch"], "data": [None, "/etc"]},
        ]
        for said in outcomes(http, asked):
            assert "writes the answers now" not in str(said)
            assert "quoted offline now" not in str(said)
        assert not fake.requests
        http.post("/page/owner", json={"key": OWNER})
        [said] = outcomes(http, asked[:1])
        assert "replies" in str(said)
        before = len(fake.requests)
        elsewhere = fake.url.replace("127.0.0.1", "169.254.169.254")
        [said] = outcomes(http, [{"fn_index": ids["checked"], "data": [None, elsewhere, fake.model, ""]}])
        assert "answers" not in str(said["output"].get("data"))
        assert len(fake.requests) == before > 0


# -- whose pages may ask ----------------------------------------------------------------------------------------------------------

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
PATHS = ("/", "/healthz", "/v1/models", "/v1/chat/completions", "/gradio_api/queue/data", "/gradio_api/queue/join", "/page/candidates")


@pytest.mark.parametrize(
    "origin",
    [
        *("http://127.0.0.1:1", "http://localhost:3000", "https://127.0.0.1:{port}", "http://localhost:{port}", "http://127.0.0.1", "null"),
        *("http://evil.example", "http://127.0.0.1:{port}.evil.example", "http://evil@127.0.0.1:{port}", "ws://127.0.0.1:{port}", ""),
        *("http://chat.example", "https://chat.example:8443", "https://chat.example.evil.example", "http://127.0.0.1:{port}/", "file://"),
    ],
)
def test_one_rule_for_every_method(guarded: Server, origin: str) -> None:
    """Another port, another scheme, another name: refused with credentials and without, and nothing lets the page read the reply."""
    port = guarded.url.rpartition(":")[2]
    with httpx.Client(base_url=guarded.url, trust_env=False, headers={"Origin": origin.format(port=port)}) as http:
        for path in PATHS:
            for method in METHODS:
                for more in ({}, login(), login() | {"Access-Control-Request-Method": "POST"}):
                    reply = http.request(method, path, headers=more)
                    assert reply.status_code == 403, (method, path, more)
                    assert not [name for name in reply.headers if name.startswith("access-control-")]


def test_what_another_page_embeds_is_refused_and_a_link_is_not(guarded: Server) -> None:
    """Without an origin the browser says where a request comes from: an image, a script, a frame, a form; only a link opens the page."""
    for site in ("cross-site", "same-site"):
        for mode, dest in (("no-cors", "image"), ("no-cors", "script"), ("navigate", "iframe"), ("cors", "empty")):
            said = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
            assert httpx.get(guarded.url, headers=login() | said, trust_env=False).status_code == 403
        link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        assert httpx.get(guarded.url, headers=login() | link, trust_env=False).status_code == 200
        assert httpx.post(guarded.url, headers=login() | link, trust_env=False).status_code == 403


def test_our_own_pages_and_programs_may_ask(guarded: Server) -> None:
    """Through a proxy too, which says under which scheme and name it is known."""
    asked: list[dict[str, str]] = [
        {},
        {"Origin": guarded.url},
        {"Origin": "https://papers.example", "Host": "papers.example", "X-Forwarded-Proto": "https"},
        {"Origin": "https://papers.example", "X-Forwarded-Host": "papers.example", "X-Forwarded-Proto": "https"},
        {"Origin": guarded.url, "Sec-Fetch-Site": "same-origin"},
    ]
    for headers in asked:
        assert httpx.get(f"{guarded.url}/v1/models", headers=login() | headers, trust_env=False).status_code == 200, headers
    wrong = {"Origin": "https://papers.example", "Host": "papers.example"}
    assert "X-Forwarded-Proto" in httpx.get(guarded.url, headers=login() | wrong, trust_env=False).text


def test_an_allowed_origin_may_ask_and_read_but_lends_no_login(guarded: Server) -> None:
    """A chat surface brings its own key: it asks first, without credentials, and reads refusals as well."""
    chat = {"Origin": "https://chat.example"}
    first = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type, x-stainless-os"}
    asked = httpx.options(f"{guarded.url}/v1/chat/completions", headers=chat | first, trust_env=False)
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == chat["Origin"]
    assert "authorization" in asked.headers["access-control-allow-headers"]
    for headers, status in ((login(), 200), ({}, 401)):
        reply = httpx.get(f"{guarded.url}/v1/models", headers=chat | headers, trust_env=False)
        assert reply.status_code == status
        assert reply.headers["access-control-allow-origin"] == chat["Origin"]
        assert "Origin" in reply.headers["vary"]
        assert "access-control-allow-credentials" not in reply.headers


@pytest.mark.parametrize("twice", ["Host", "Origin", "Authorization", "Sec-Fetch-Site", "X-Forwarded-Host", "X-Forwarded-Proto"])
def test_what_decides_may_stand_once(guarded: Server, twice: str) -> None:
    """Two of them, even the same: refused, since a proxy may have read the other one."""
    host = guarded.url.removeprefix("http://")
    headers = {"Host": host, "Authorization": login()["Authorization"]}
    values = {"Origin": guarded.url, "Sec-Fetch-Site": "same-origin", "X-Forwarded-Host": host, "X-Forwarded-Proto": "http"}
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"{twice}: {(headers | values)[twice]}"] * (1 if twice in headers else 2)
    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port)), timeout=20) as line:
        line.sendall("\r\n".join(["GET /healthz HTTP/1.1", *lines, "Connection: close", "", ""]).encode())
        assert line.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "text", ["*", "chat.example", "https://*.example", "https://a.example/path", "null", "ftp://a.example", "https://"]
)
def test_the_list_of_origins_holds_origins(text: str) -> None:
    """Anything wider is refused at the start."""
    with pytest.raises(ConfigError, match="FOOTNOTE_ALLOWED_ORIGINS"):
        Origins(f"https://good.example, {text}", Hosts("127.0.0.1", ""))


def test_sockets_come_under_the_same_rule() -> None:
    """A WebSocket's scheme counts as the page's."""
    origins = Origins("", Hosts("127.0.0.1", ""))
    scope = {"type": "websocket", "scheme": "ws"}
    assert origins.admits(scope, {"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:7860"})
    assert not origins.admits(scope, {"host": "127.0.0.1:7860", "origin": "https://127.0.0.1:7860"})
    assert not origins.admits(scope, {"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:7861"})
    assert not origins.admits(scope, {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"})
    assert origin_of("http://127.0.0.1:80") == origin_of("http://127.0.0.1")
