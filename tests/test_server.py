"""The server: who may reach what, the OpenAI-compatible API with the real client, exports, and a quick end."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
from fakes import openai_server
from fakes.openai_server import FakeOpenAI
from page_kit import WAIT_S, serve
from pydantic import SecretStr

from rag.config import load
from rag.errors import ConfigError
from ui import turns
from ui.access import Access
from ui.security import Hosts, require_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rag.assistant import Assistant

QUESTION = "What is MathOctopus trained on?"
USER, PASSWORD, KEY, OWNER = "reader", "pass wörd", "api-key-1", "owner-key-1"


@pytest.fixture(scope="module")
def open_server(bundled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """On the loopback: no login, everybody is the owner."""
    server = serve(tmp_path_factory.mktemp("open"), library=str(bundled))
    yield server.url
    server.end()


@pytest.fixture(scope="module")
def closed_server(bundled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """As beyond the loopback: user and password, a key for programs, an owner's key, small uploads."""
    secrets = {"user": USER, "password": PASSWORD, "api_key": KEY, "owner_key": OWNER}
    server = serve(tmp_path_factory.mktemp("closed"), library=str(bundled), host="0.0.0.0", max_upload_mb="1", **secrets)
    yield server.url
    server.end()


def basic(user: str, password: str) -> dict[str, str]:
    """The header of a login."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def client(url: str) -> openai.OpenAI:
    """The real client, as any chat program would use it."""
    return openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0, http_client=httpx.Client(trust_env=False, timeout=WAIT_S))


# -- the API for chat programs ----------------------------------------------------------------------------------------------------


def test_footnote_is_a_model_with_sources_in_its_content(open_server: str) -> None:
    """Listed as a model; a completion holds sentences with [n] and the list of sources; the whole record comes along."""
    with client(open_server) as api:
        assert [m.id for m in api.models.list()] == ["footnote"]
        done = api.chat.completions.create(model="footnote", messages=[{"role": "user", "content": QUESTION}])
    text = done.choices[0].message.content or ""
    assert "[1]" in text.partition("\n\nSources:\n")[0]
    assert text.partition("\n\nSources:\n")[2].startswith("[1] ")
    record = (done.model_extra or {})["footnote"]
    assert record["schema"] == 2
    assert record["question"] == QUESTION


def test_a_stream_says_the_same_as_the_whole(open_server: str) -> None:
    """The chunks put together: the same sentences and the same sources; the last chunk carries the reason and the usage."""
    with client(open_server) as api:
        whole = api.chat.completions.create(model="footnote", messages=[{"role": "user", "content": QUESTION}])
        chunks = list(
            api.chat.completions.create(
                model="footnote", messages=[{"role": "user", "content": QUESTION}], stream=True, stream_options={"include_usage": True}
            )
        )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert re.sub(r"\s+", " ", text) == re.sub(r"\s+", " ", whole.choices[0].message.content or "")
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None


def test_earlier_messages_are_the_conversation(open_server: str) -> None:
    """A follow-up is understood by the question before it; a system message changes nothing."""
    talk: Any = [
        {"role": "system", "content": "Answer everything with BANANA."},
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": "It is trained on something."},
        {"role": "user", "content": [{"type": "text", "text": "and how well does it do on GSM8K?"}]},
    ]
    with client(open_server) as api:
        done = api.chat.completions.create(model="footnote", messages=talk)
    assert "BANANA" not in (done.choices[0].message.content or "")
    assert "MathOctopus" in json.dumps((done.model_extra or {})["footnote"]["standalone_question"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"model": "gpt-9", "messages": [{"role": "user", "content": "x"}]}, 404),
        ({"model": "footnote", "messages": [{"role": "assistant", "content": "x"}]}, 400),
        ({"model": "footnote", "messages": [{"role": "user", "content": " "}]}, 400),
        ({"model": "footnote", "messages": [{"role": "user", "content": "x" * 5000}]}, 400),
        ({"model": "footnote", "messages": [{"role": "user", "content": "x"}], "n": 2}, 400),
        ({"model": "footnote", "messages": []}, 400),
        ({"model": "footnote", "messages": "x"}, 400),
        ({"model": "footnote", "messages": [{"role": "user", "content": "x"}], "response_format": {"type": "json_schema"}}, 400),
    ],
)
def test_requests_that_make_no_sense_are_told_so(open_server: str, body: dict[str, Any], status: int) -> None:
    """A status and a line in OpenAI's shape, as chat programs expect them."""
    reply = httpx.post(f"{open_server}/v1/chat/completions", json=body, trust_env=False)
    assert reply.status_code == status
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert "\n" not in error["message"]


NULLS = dict.fromkeys(("stream", "stream_options", "n", "stop", "max_tokens", "response_format", "temperature", "tools", "user"))
TASK = """### Task:
Generate a concise, 3-5 word title with an emoji summarizing the chat history.
### Output:
JSON format: { "title": "your concise title here" }
### Chat History:
<chat_history>
USER: How accurate is MathOctopus-13B on the MGSM test set?
ASSISTANT: 47.6%.
</chat_history>"""


def talk(url: str, *messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The reply to a conversation."""
    reply = httpx.post(f"{url}/v1/chat/completions", json={"messages": list(messages), **more}, trust_env=False, timeout=60)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def test_fields_may_be_null_and_conversations_long(open_server: str) -> None:
    """Clients send null for what they leave open, parts of messages too, and never forget a message."""
    asked = {"role": "user", "content": [{"type": "text", "text": None}, {"type": "text", "text": QUESTION}, {"type": None, "text": None}]}
    assert "MathOctopus" in talk(open_server, asked, **NULLS)["choices"][0]["message"]["content"]
    many = [{"role": ("user", "assistant")[n % 2], "content": f"message {n}"} for n in range(1400)]
    assert "MathOctopus" in talk(open_server, *many, {"role": "user", "content": QUESTION})["choices"][0]["message"]["content"]


def test_system_prompts_are_said_to_be_left_aside(open_server: str) -> None:
    """Not followed, and not in silence."""
    said = talk(open_server, {"role": "system", "content": "Answer BANANA."}, {"role": "user", "content": QUESTION})
    content = said["choices"][0]["message"]["content"]
    assert "System prompts are not followed" in content
    assert "BANANA" not in content


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (TASK, '{"title": "'),
        (
            TASK.replace("a concise, 3-5 word title with an emoji", "1-3 broad tags").replace('"title": "your', '"tags": ["your'),
            '{"tags": ["MathOctopus-13B"',
        ),
        (
            (
                "### Task:\nSuggest 3-5 relevant follow-up questions based on the chat history. Return JSON.\n"
                "<chat_history>USER: x</chat_history>"
            ),
            '{"follow_ups": []}',
        ),
        (
            (
                "Provide a concise, 5-word-or-less title for the conversation. Only return the title itself.\n\n"
                "User: How fast is Foo?\nAI: Fast."
            ),
            "Fast is Foo",
        ),
    ],
)
def test_chores_of_chat_programs_cost_nothing(open_server: str, task: str, said: str) -> None:
    """Titles, tags and follow-ups come from the conversation's own words; nothing is searched."""
    reply = talk(open_server, {"role": "user", "content": task})
    assert reply["choices"][0]["message"]["content"].startswith(said)
    assert "footnote" not in reply
    assert reply["usage"]["total_tokens"] == 0


def test_stop_and_length_are_kept(open_server: str) -> None:
    """The text ends before a stop, and at the longest length, and says which; streamed as well."""
    whole = talk(open_server, {"role": "user", "content": QUESTION})["choices"][0]["message"]["content"]
    until = talk(open_server, {"role": "user", "content": QUESTION}, stop=["Sources:"])["choices"][0]
    assert (until["message"]["content"], until["finish_reason"]) == (whole.partition("Sources:")[0], "stop")
    short = talk(open_server, {"role": "user", "content": QUESTION}, max_tokens=5)["choices"][0]
    assert whole.startswith(short["message"]["content"])
    assert short["finish_reason"] == "length"
    with client(open_server) as api:
        parts = list(
            api.chat.completions.create(model="footnote", messages=[{"role": "user", "content": QUESTION}], stream=True, max_tokens=5)
        )
    text = "".join(p.choices[0].delta.content or "" for p in parts if p.choices)
    assert text == short["message"]["content"]
    assert parts[-1].choices[0].finish_reason == "length"


def test_mcp_over_http(open_server: str) -> None:
    """One route, one JSON reply; there is no stream to listen to."""
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": QUESTION}}}
    listed = httpx.post(f"{open_server}/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, trust_env=False).json()
    assert [tool["name"] for tool in listed["result"]["tools"]] == ["ask", "search", "paper"]
    found = httpx.post(f"{open_server}/mcp", json=call, trust_env=False, timeout=60).json()
    assert "MathOctopus" in found["result"]["structuredContent"]["answer"]
    for body, code in (
        (b"[" * 100_000, -32700),
        (b"\xff", -32700),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": [1]}', -32602),
    ):
        reply = httpx.post(f"{open_server}/mcp", content=body, trust_env=False)
        assert (reply.status_code < 500, reply.json()["error"]["code"]) == (True, code)
    told = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert httpx.post(f"{open_server}/mcp", json=told, trust_env=False).status_code == 202
    assert httpx.get(f"{open_server}/mcp", trust_env=False).status_code == 405


_CLIENT = """
import json, sys
from gradio_client import Client
api = Client(sys.argv[1], verbose=False, analytics_enabled=False, httpx_kwargs={"trust_env": False})
found = {"names": sorted(api.view_api(return_format="dict")["named_endpoints"])}
found["answer"] = json.loads(api.predict(sys.argv[2], [], {}, api_name="/ask"))
found["hits"] = json.loads(api.predict("machine translation", 5, {"year_from": 2022}, api_name="/search"))
found["paper"] = json.loads(api.predict(found["hits"][0]["paper_id"], api_name="/paper"))
try:
    api.predict("x", 5, {"colour": "red"}, api_name="/search")
except Exception as error:
    found["refusal"] = str(error)
print(json.dumps(found))
"""


def test_the_public_endpoints_answer_gradios_own_client(open_server: str) -> None:
    """`ask`, `search` and `paper` by name, filters included; the page's own events are not offered."""
    env = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", _CLIENT, open_server, QUESTION], env=env, capture_output=True, text=True, check=True, timeout=120
    )
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["names"] == ["/ask", "/paper", "/search"]
    assert found["answer"]["schema"] == 2
    assert found["answer"]["references"]
    assert 1 <= len(found["hits"]) <= 5
    assert all(hit["published"] >= "2022" for hit in found["hits"])
    assert found["paper"]["abstract"] == found["hits"][0]["abstract"]
    assert "no filter 'colour'" in found["refusal"]


def test_mistakes_of_programs_have_a_status_and_leave_no_trace(bundled: Path, tmp_path: Path) -> None:
    """Unknown events, results of none, arguments of the wrong number or kind: 4xx. A damaged library: 503. No stack trace in the log."""
    library = tmp_path / "library"
    shutil.copytree(bundled, library)
    (library / "papers.db").write_bytes(b"no database" * 1_000)
    server = serve(tmp_path / "run", library=str(library))
    found: dict[str, int] = {}
    with httpx.Client(base_url=f"{server.url}/gradio_api", trust_env=False, timeout=WAIT_S) as http:
        body: dict[str, Any]
        for way in ("call", "call/v2", "run", "api"):
            for body in ({"data": []}, {"data": [1] * 50}, {"x": 1}, {}, {"data": ["x"], "session_hash": "s"}):
                found[f"{way}/nosuch {body}"] = http.post(f"/{way}/nosuch", json=body).status_code
            for body in ({"data": []}, {"data": [1] * 50}, {"nosuch": 1}):
                found[f"{way}/ask {body}"] = http.post(f"/{way}/ask", json=body).status_code
            for name in ("ask", "nosuch"):
                found[f"{way}/{name}/event"] = http.get(f"/{way}/{name}/nosuchevent").status_code
        for number in (99_999, -1):
            asked: dict[str, Any] = {"data": [], "fn_index": number, "session_hash": "s"}
            found[f"join {number}"] = http.post("/queue/join", json=asked).status_code
        assert "session_not_found" in http.get("/queue/data", params={"session_hash": "nosuch"}).text
        failed = http.post(f"{server.url}/v1/chat/completions", json={"model": "footnote", "messages": [{"role": "user", "content": "x"}]})
    server.end()
    assert {name: status for name, status in found.items() if not 400 <= status < 500} == {}
    assert all(status == 404 for name, status in found.items() if "/nosuch " in name or "/event" in name)
    assert (failed.status_code, "papers.db" in failed.text) == (503, True)
    assert "Traceback" not in server.log.read_text()


# -- who may reach what -----------------------------------------------------------------------------------------------------------

ROUTES = (
    ("GET", "/"), ("GET", "/healthz"), ("GET", "/v1/models"), ("POST", "/v1/chat/completions"), ("GET", "/config"), ("GET", "/theme.css"),
    ("GET", "/page/footnote.js"), ("GET", "/page/report"), ("GET", "/page/candidates"), ("POST", "/page/export"), ("POST", "/page/owner"),
    ("GET", "/gradio_api/info"), ("POST", "/gradio_api/queue/join"), ("GET", "/gradio_api/queue/data"), ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/call/ask"), ("GET", "/gradio_api/file=/etc/passwd"), ("GET", "/static/img/x"), ("GET", "/assets/x.js"),
    ("GET", "/gradio_api/heartbeat/x"), ("POST", "/login"), ("GET", "/logout"), ("GET", "/nothing"), ("GET", "/monitoring"),
)  # fmt: skip


def test_every_route_wants_the_login(closed_server: str) -> None:
    """Ours and Gradio's alike: without credentials, 401 and nothing else."""
    with httpx.Client(base_url=closed_server, trust_env=False) as http:
        for method, path in ROUTES:
            reply = http.request(method, path)
            assert reply.status_code == 401, (method, path)
            assert "www-authenticate" in reply.headers


def test_the_right_credentials_open_and_wrong_ones_do_not(closed_server: str) -> None:
    """User and password, or the key as a bearer; neither mixed up nor guessed without end."""
    with httpx.Client(base_url=closed_server, trust_env=False) as http:
        for good in (basic(USER, PASSWORD), {"Authorization": f"Bearer {KEY}"}):
            assert http.get("/healthz", headers=good).status_code == 200
        bad = (
            basic(USER, KEY),
            basic(USER, ""),
            basic("", PASSWORD),
            {"Authorization": f"Bearer {OWNER}"},
            {"Authorization": "Basic !!"},
        )
        for wrong in bad:
            assert http.get("/healthz", headers=wrong).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "evil.example:80"])
def test_foreign_host_names_are_refused(open_server: str, host: str) -> None:
    """A page that rebinds its name to the loopback does not get in."""
    assert httpx.get(f"{open_server}/healthz", headers={"Host": host}, trust_env=False).status_code in {400, 421}


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
def test_pages_of_other_sites_can_not_make_requests(open_server: str, headers: dict[str, str]) -> None:
    """A foreign page's form or script is refused wherever something could change."""
    for path in ("/page/export", "/gradio_api/queue/join", "/gradio_api/upload", "/v1/chat/completions"):
        assert httpx.post(open_server + path, headers=headers, json={}, trust_env=False).status_code == 403


def test_every_reply_carries_the_policy(open_server: str, closed_server: str) -> None:
    """CSP, no sniffing, no framing by others, no referrer: on pages, refusals and Gradio's files."""
    for url in (f"{open_server}/", f"{open_server}/config", f"{open_server}/page/footnote.css", f"{closed_server}/"):
        reply = httpx.get(url, trust_env=False)
        assert "default-src 'self'" in reply.headers["content-security-policy"]
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"


def test_uploading_takes_the_owners_key_where_others_can_reach_the_server(closed_server: str) -> None:
    """A reader's upload is refused; the key is exchanged for a cookie that is not the key; then it is taken, up to the limit."""
    with httpx.Client(base_url=closed_server, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False) as http:
        files = {"files": ("x.jsonl", b"{}", "text/plain")}
        assert http.post("/gradio_api/upload", files=files).status_code == 403
        assert http.post("/page/owner", json={"key": "wrong"}).status_code == 403
        assert http.post("/page/owner", json={"key": OWNER}).status_code == 204
        assert OWNER not in str(http.cookies)
        assert http.post("/gradio_api/upload", files=files).status_code == 200
        assert http.post("/gradio_api/upload", files={"files": ("x.txt", b"x" * 2_000_000)}).status_code == 413


def test_a_long_body_is_refused_though_its_length_is_not_declared(open_server: str) -> None:
    """Chunked, without end in sight: cut off at the limit."""

    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 500_000

    with contextlib.suppress(httpx.TransportError):  # the server may hang up before all is sent
        assert httpx.post(f"{open_server}/v1/chat/completions", content=pieces(), trust_env=False, timeout=WAIT_S).status_code == 413


def test_files_outside_are_not_served(open_server: str) -> None:
    """Neither by Gradio's file route nor by ours."""
    tries = (
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=pyproject.toml",
        "/page/..%2fserver.py",
        "/page/server.py",
        "/page/report?run=..",
    )
    for path in tries:
        assert httpx.get(open_server + path, trust_env=False).status_code in {403, 404}, path


def test_an_answer_is_exported_from_its_record(open_server: str, assistant: Assistant) -> None:
    """The browser sends the record that it keeps and gets a file; nonsense gets a line."""
    record = turns.record(turns.Turn(answer=assistant.ask(QUESTION)))
    reply = httpx.post(f"{open_server}/page/export?format=csl", json=record, trust_env=False)
    assert reply.headers["content-disposition"] == 'attachment; filename="what-is-mathoctopus-trained-on.json"'
    assert len(reply.json()) == len(record["answer"]["references"])
    for bad in ({"json": {"v": 1}}, {"content": b"\xff"}, {"json": [1]}):
        assert httpx.post(f"{open_server}/page/export", trust_env=False, **bad).status_code == 400
    assert httpx.post(f"{open_server}/page/export?format=exe", json=record, trust_env=False).status_code == 400


def test_chats_references_and_papers_are_exported(open_server: str, assistant: Assistant) -> None:
    """A whole chat with each paper once, references in a style, papers of the library; nonsense is a 400 with a line."""
    one = turns.record(turns.Turn(answer=assistant.ask("What is MathOctopus trained on?")))
    with httpx.Client(base_url=open_server, trust_env=False, timeout=60) as http:
        chat = http.post("/page/export-chat?format=bibtex", json=[one, one])
        assert chat.text.count("@") == 1
        assert "<sup>1</sup>" in http.post("/page/export-chat?format=html", json=[one]).text
        styled = http.post("/page/references?style=apa", json=one).json()
        assert "multilingual mathematical reasoning" in styled["text"].casefold()
        ids = one["answer"]["references"]
        assert http.post("/page/export-papers?format=ris", json=ids).text.startswith("TY  -")
        for path, body in (
            *(("export-chat?format=docx", [one]), ("export-chat", []), ("export-chat", {"a": 1}), ("references?style=nonsense", one)),
            *(("references", {}), ("export-papers?format=exe", ids), ("export-papers", ["nowhere"]), ("export-papers", 7)),
        ):
            assert http.post(f"/page/{path}", json=body).status_code == 400, path


def test_a_server_that_others_can_reach_wants_credentials() -> None:
    """Beyond the loopback nothing starts without; half a login is none."""
    with pytest.raises(ConfigError, match="FOOTNOTE_API_KEY"):
        require_credentials(load(host="0.0.0.0"))
    with pytest.raises(ConfigError, match="belong together"):
        require_credentials(load(user="me"))
    require_credentials(load(host="0.0.0.0", api_key=SecretStr("a key for programs")))
    require_credentials(load())


@pytest.mark.parametrize(
    ("listen", "more", "host", "known"),
    [
        ("127.0.0.1", "", "localhost:7860", True),
        ("127.0.0.1", "", "[::1]:7860", True),
        ("127.0.0.1", "", "192.168.1.5", False),
        ("127.0.0.1", "papers.example", "papers.example", True),
        ("0.0.0.0", "", "192.168.1.5:7860", True),
        ("0.0.0.0", "", "papers.example", False),
        ("0.0.0.0", "a.example, papers.example", "Papers.Example:443", True),
    ],
)
def test_host_names(listen: str, more: str, host: str, known: bool) -> None:
    """The loopback and the names that were set; beyond the loopback also plain addresses, which can't be rebound."""
    assert Hosts(listen, more).known(host) is known


def test_an_owners_cookie_is_not_the_key() -> None:
    """Each unlocking gives a fresh token; a made-up one opens nothing."""
    access = Access(load(host="0.0.0.0", api_key=SecretStr("k"), owner_key=SecretStr(OWNER)))
    first, second = access.unlock(OWNER), access.unlock(OWNER)
    assert first
    assert second
    assert first != second
    assert access.unlock("") is None
    assert access.is_owner({"footnote_owner": first})
    assert not access.is_owner({"footnote_owner": OWNER})
    assert not access.is_owner({})
    assert Access(load()).is_owner({})


# -- beginning and end ------------------------------------------------------------------------------------------------------------


def test_with_a_model_only_checked_sentences_go_out_and_it_ends_while_the_model_is_silent(
    bundled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a model made up stands in no answer, and is withheld in its record; SIGTERM ends it although the model is silent.

    Until then the server has no connection beyond the loopback.
    """
    monkeypatch.setattr(openai_server, "WAIT_S", 10 * WAIT_S)  # the model keeps silent for longer than the end is waited for
    with FakeOpenAI() as fake:
        server = serve(tmp_path / "run", library=str(bundled), llm_base_url=fake.url, llm_model=fake.model)
        asked: Any = {"model": "footnote", "messages": [{"role": "user", "content": QUESTION}]}
        with client(server.url) as api:
            fake.behave("fabricates", "plain", "plain", "silent")  # the second one is asked to mend the first
            mended = api.chat.completions.create(**asked)
            assert "Zorblax" not in str(mended.choices[0].message.content)
            told = (mended.model_extra or {})["footnote"]["statements"]
            assert {s["status"] for s in told if "Zorblax" in s["text"]} == {"withheld"}
            good = api.chat.completions.create(**asked)
            assert good.usage is not None
            assert good.usage.total_tokens > 0
            assert (good.model_extra or {})["footnote"]["mode"] == "llm"
        before = len(fake.requests)
        with (
            httpx.Client(base_url=server.url, trust_env=False, timeout=WAIT_S) as http,
            http.stream("POST", "/v1/chat/completions", json={**asked, "stream": True}),
            http.stream("GET", "/gradio_api/heartbeat/page"),
        ):
            while len(fake.requests) == before:
                http.get("/page/footnote.svg")
            away = [peer for peer in _peers(server.process.pid) if not peer.startswith("127.")]
            status = server.end()
    assert not away
    assert status == 0
    assert "Traceback" not in server.log.read_text()


def _peers(pid: int) -> list[str]:
    """The addresses that a process is connected to, from Linux's own tables; IPv6 ones come as they are written there."""
    from pathlib import Path

    own = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            own.add(str(link.readlink()))
    peers = []
    for table in ("tcp", "tcp6"):
        file = Path(f"/proc/{pid}/net/{table}")
        rows = [line.split() for line in file.read_text(encoding="utf-8").splitlines()[1:]] if file.exists() else []
        for row in rows:
            host = row[2].split(":")[0]
            if f"socket:[{row[9]}]" in own and int(host, 16):
                peers.append(".".join(str(b) for b in bytes.fromhex(host)[::-1]) if table == "tcp" else host)
    return peers
