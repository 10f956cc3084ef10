"""What the page's events are given: over every event and every value that the running page says it has, and over every road to them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import httpx
import pytest
from page_kit import WAIT_S, Server, outcomes, serve

from rag.config import load
from ui import app as page
from ui.access import Access
from ui.intake import Blocks, Refused
from ui.shelf import Shelf
from ui.uploads import MOST, Uploads, new_visit, visit_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "the-words-in-a-file-of-the-servers-user"
PAPER = {"title": "Gnarf: a fence", "abstract": "Gnarf is a fence that is 12 metres long and green all over."}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server runs, its upload folder beside it."""
    return tmp_path_factory.mktemp("intake")


@pytest.fixture(scope="module")
def server(bundled: Path, folder: Path) -> Iterator[Server]:
    """On the loopback, where everybody may upload: whoever is not the owner can do less."""
    import shutil

    secret = folder / "run" / "secret.txt"
    secret.parent.mkdir()
    secret.write_text(SECRET, encoding="utf-8")
    os.mkfifo(folder / "run" / "pipe")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "uploads"))
        running = serve(folder / "run", library=str(shutil.copytree(bundled, folder / "papers")))
    yield running
    running.end()


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    """A browser: it keeps its cookies."""
    with httpx.Client(base_url=server.url, trust_env=False, timeout=WAIT_S) as client:
        client.get("/config")
        yield client


def record(path: str | Path, **more: Any) -> dict[str, Any]:
    """A file as Gradio's own client writes it."""
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}, **more}


def copied(folder: Path) -> list[str]:
    """Every file in the upload folder with the secret in it."""
    files = [path for path in (folder / "uploads").rglob("*") if path.is_file()]
    return [str(path) for path in files if SECRET.encode() in path.read_bytes()]


def arguments(config: dict[str, Any]) -> Iterator[tuple[int, int, str, list[Any]]]:
    """Event, place of the value, kind of its component, and plain values for all of them; server-side state is none."""
    kinds = {component["id"]: component["type"] for component in config["components"]}
    for event in config["dependencies"]:
        of = [kinds[one] for one in event["inputs"]]
        for place, kind in enumerate(of):
            if kind != "state":
                yield event["id"], place, kind, [False if k == "checkbox" else None if k in {"state", "file"} else "" for k in of]


def test_no_event_takes_a_file_of_the_servers_user(http: httpx.Client, folder: Path) -> None:
    """Every value of every event, as sent by a page: a file that was not uploaded is refused; nothing is copied, nothing told."""
    places = list(arguments(http.get("/config").json()))
    assert len(places) > 40
    assert {kind for _, _, kind, _ in places} >= {"textbox", "dropdown", "file", "api"}
    secret = record(folder / "run" / "secret.txt")
    events = [{"fn_index": event, "data": [*values[:place], secret, *values[place + 1 :]]} for event, place, _, values in places]
    for event, said in zip(events, outcomes(http, events), strict=True):
        assert not said["success"], (event, said)
        assert "is not taken here" in said["output"]["error"], (event, said)
        assert "secret.txt" not in json.dumps(said), event
    assert copied(folder) == []
    assert http.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/stdin", "pipe"])
def test_what_never_ends_is_not_read(http: httpx.Client, folder: Path, path: str) -> None:
    """Devices and named pipes as files: refused at once, and the server goes on."""
    places = list(arguments(http.get("/config").json()))
    by_kind = {kind: (event, place, values) for event, place, kind, values in places}
    events = [
        {"fn_index": event, "data": [*values[:place], wrap(record(folder / "run" / path)), *values[place + 1 :]]}
        for event, place, values in by_kind.values()
        for wrap in (lambda one: one, lambda one: [one])
    ]
    assert not any(said["success"] for said in outcomes(http, events))
    assert http.get("/healthz").status_code == 200


def test_no_other_road_takes_one(http: httpx.Client, folder: Path) -> None:
    """Direct calls, calls by name, values in the place of state, a batch, event data: none copies or tells anything."""
    secret = record(folder / "run" / "secret.txt")
    config = http.get("/config").json()
    narrowed = next(event for event in config["dependencies"] if event["api_name"] == "narrowed")
    values = [secret, *[None] * (len(narrowed["inputs"]) - 1)]
    shifted = [None, secret, *values[2:]]
    for data in (values, shifted, [[secret]], {"data": secret}):
        body = {"fn_index": narrowed["id"], "data": data, "session_hash": "s", "batched": True}
        for road in ("run/narrowed", "api/narrowed", "run/halt", "call/narrowed", "queue/join"):
            assert f"{folder}/uploads" not in http.post(f"/gradio_api/{road}", json=body).text, road
    begun = http.post("/gradio_api/call/v2/ask", json={"question": secret}).json()
    assert "event: error" in http.get(f"/gradio_api/call/v2/ask/{begun['event_id']}").text
    for name, given in (("ask", [secret, None, None]), ("ask", ["x", [secret], None]), ("search", ["x", 1, {"author": secret}])):
        begun = http.post(f"/gradio_api/call/{name}", json={"data": given}).json()
        assert "event: error" in http.get(f"/gradio_api/call/{name}/{begun['event_id']}").text
    [said] = outcomes(http, [{"fn_index": narrowed["id"], "data": [None] * len(values), "event_data": {"field": secret}}])
    assert not said["success"]
    assert copied(folder) == []


def test_gradios_other_routes_are_not_there(http: httpx.Client, folder: Path) -> None:
    """What fetches, records, edits or calls for a page that Footnote does not have is answered like any unknown address."""
    body = {"data": record(folder / "run" / "secret.txt"), "component_id": 1, "session_hash": "s", "fn_name": "preprocess"}
    routes = (
        *("proxy=http://127.0.0.1:9/", "proxy=https://x.hf.space/", "file=http://127.0.0.1:9/", "file=https://x.example/"),
        *("component_server", "component_server/", "process_recording", "stream/x", "stream/x/close", "deep_link", "runs", "dev/reload"),
        *("vibe-edit", "vibe-code", "run-history/connect", "custom_component/1/client/component/index.js", "profiling/traces", "token"),
        f"file={folder}/run/secret.txt",
        f"file={folder}/uploads/../run/secret.txt",
        f"file/{folder}/run/secret.txt",
        "file=/proc/self/environ",
        "file=%2e%2e/%2e%2e/etc/passwd",
    )
    for route in routes:
        assert http.get(f"/gradio_api/{route}").status_code == 404, route
        assert http.post(f"/gradio_api/{route}", json=body).status_code == 404, route


def test_an_upload_is_its_senders_alone(server: Server, http: httpx.Client, folder: Path) -> None:
    """Another browser neither reads the file nor has it read into the library; its sender does both."""
    content = json.dumps(PAPER).encode() + b"\n"
    [path] = http.post("/gradio_api/upload", files={"files": ("gnarf.jsonl", content)}).json()
    config = http.get("/config").json()
    added = next(event for event in config["dependencies"] if event["api_name"] == "added")
    event = {"fn_index": added["id"], "data": [None, [record(path, orig_name="gnarf.jsonl", size=3)]]}
    with httpx.Client(base_url=server.url, trust_env=False, timeout=WAIT_S) as other:
        other.get("/")
        assert other.get(f"/gradio_api/file={path}").status_code == 404
        assert other.get(f"/gradio_api/file={path}", headers={"Cookie": "footnote_visit="}).status_code == 404
        [said] = outcomes(other, [event])
        assert "has not uploaded" in said["output"]["error"]
    assert http.get(f"/gradio_api/file={path}").content == content
    link = folder / "uploads" / "link.jsonl"
    link.symlink_to(folder / "run" / "secret.txt")
    for elsewhere in (str(link), f"{Path(path).parent}/./gnarf.jsonl", str(Path(path).parent)):
        [said] = outcomes(http, [{**event, "data": [None, [record(elsewhere)]]}])
        assert not said["success"]
    link.unlink()
    [said] = outcomes(http, [event])
    assert said["success"], said
    assert "<strong>1</strong> new" in said["output"]["data"][0]


def test_a_browser_without_cookies_yet_gets_its_name_with_its_first_file(server: Server) -> None:
    """Whoever uploads before opening the page can still use what was uploaded; the cookie can't be read by scripts."""
    with httpx.Client(base_url=server.url, trust_env=False, timeout=WAIT_S) as client:
        sent = client.post("/gradio_api/upload", files={"files": ("one.jsonl", b"{}\n")}, headers={"Accept-Encoding": "br"})
        assert "HttpOnly" in sent.headers["set-cookie"]
        assert client.get(f"/gradio_api/file={sent.json()[0]}").content == b"{}\n"


# -- the check itself -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def blocks(bundled: Path) -> Blocks:
    """The page, not served."""
    settings = load(library=str(bundled))

    async def built() -> Blocks:  # without a loop that runs, Gradio makes some and leaves them open
        return page.build(settings, Shelf(settings), Access(settings), Uploads())

    return asyncio.run(built())


@pytest.mark.parametrize(
    "value",
    [
        record("/proc/self/environ"),
        [record("/proc/self/environ")],
        {"value": {"deeper": [{"still": record("/etc/passwd")}]}},
        record("/etc/passwd", is_stream=True),
        record("/tmp/gradio/../../etc/passwd", orig_name="a.txt", url="/gradio_api/file=x"),
        record("http://127.0.0.1:9/x", url="http://127.0.0.1:9/x"),
        {"path": "/etc/passwd"},
        {"url": "http://127.0.0.1:9/x", "meta": {"_type": "gradio.FileData"}},
        {"path": {"path": "/etc/passwd", "meta": {}}, "meta": {}},
    ],
)
def test_no_value_of_any_event_holds_a_file(blocks: Blocks, value: object) -> None:
    """Whatever a record of a file looks like and however deeply it is buried: for each value of each event it is refused."""
    for event, place, _, values in arguments(blocks.get_config_file()):
        with pytest.raises(Refused):
            blocks.taken(blocks.fns[event], [*values[:place], value, *values[place + 1 :]], None)


@pytest.mark.parametrize("value", [{"a": 1}, ["x"], 1, 1.5, True, b"x", object()])
def test_a_text_is_a_text(blocks: Blocks, value: object) -> None:
    """Nothing else is taken where a text belongs, whatever it holds."""
    narrowed = next(fn for fn in blocks.fns.values() if fn.api_name == "narrowed")
    with pytest.raises(Refused):
        blocks.taken(narrowed, [None, value, "", "", "", False, "", "", ""], None)
    assert blocks.taken(narrowed, [{"state": 1}, "1999", "", "", None, True, "", "", None], None) == [
        *(None, "1999", "", "", None, True, "", "", None)
    ]


def test_a_component_that_nobody_thought_of_takes_plain_values_alone() -> None:
    """A new kind of component on the page is closed until it is given a check of its own."""

    async def built() -> Blocks:
        blocks = Blocks()
        blocks.uploads = Uploads()
        with blocks:
            box = gr.JSON()
            box.change(lambda one: one, box, box)
        return blocks

    made = asyncio.run(built())
    event = next(iter(made.fns.values()))
    assert made.taken(event, [1.5], None) == [1.5]
    for value in ({"a": "b"}, [record("/etc/passwd")], ["a"]):
        with pytest.raises(Refused):
            made.taken(event, [value], None)


def test_values_nested_without_end_are_refused(blocks: Blocks) -> None:
    """JSON as deep as its reader allows ends in a refusal, not in a recursion."""
    ask = next(fn for fn in blocks.fns.values() if fn.api_name == "ask")
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(Refused):
        blocks.taken(ask, ["x", deep, None], None)


def test_uploads_are_forgotten_one_by_one_and_safely(tmp_path: Path) -> None:
    """Many threads at once; beyond the bound the oldest are nobody's; a name that is none of ours opens nothing."""
    uploads, mine = Uploads(), new_visit()
    file = tmp_path / "a"
    file.touch()
    uploads.keep(mine, [str(file)])
    assert uploads.holds(mine, str(file))
    assert not uploads.holds(new_visit(), str(file))
    assert not uploads.holds("", str(file))
    assert visit_of({"footnote_visit": mine}) == mine
    assert [visit_of({"footnote_visit": bad}) for bad in ("", "x", "é" * 32, f"{mine} ", "a" * 33)] == [""] * 5
    workers = [threading.Thread(target=uploads.keep, args=(mine, [f"{n}/{m}" for m in range(MOST // 4)])) for n in range(5)]
    with contextlib.ExitStack() as stack:
        for worker in workers:
            worker.start()
            stack.callback(worker.join)
    assert not uploads.holds(mine, str(file))
