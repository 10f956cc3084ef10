"""A folder of exports is followed, a list of retractions is taken in, and both are told on every surface."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest
import rispy

from rag import keeping
from rag.assistant import Assistant
from rag.cli import render
from rag.cli.watching import Watcher
from rag.config import load
from rag.errors import ConfigError, SourceError
from rag.sources.retractions import read_notices
from ui import cards
from ui.exports import markdown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOSS = "Moss carpets hold water on steep roofs. We weighed 64 roof plots over one winter. Plots with moss released rain 11 hours later."
BELLS = "Church bells drift out of tune as they age. We recorded 23 bells in three towns. The lowest partial fell by 4 cents per decade."


def ris(title: str, abstract: str, doi: str) -> str:
    """One record."""
    return f"TY  - JOUR\nTI  - {title}\nAU  - Fern, Otto\nPY  - 2019\nAB  - {abstract}\nDO  - {doi}\nER  - \n"


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    """An empty library without embedder."""
    with Assistant.open(load(library=str(tmp_path / "lib"), embedder="none"), create=True) as opened:
        yield opened


def watcher(assistant: Assistant, folder: Path, said: list[str]) -> Watcher:
    """One that notes what it says."""
    return Watcher(assistant, folder, mapping=None, embed=False, tell=said.append)


def test_a_folder_is_followed(tmp_path: Path, assistant: Assistant) -> None:
    """A file is read once it stands still, again when it changed, and not again by the next start; a bad one is told once."""
    folder, said = tmp_path / "exports", list[str]()
    folder.mkdir()
    (folder / "a.ris").write_text(ris("Moss on steep roofs", MOSS, "10.5555/m")[:60])
    watching = watcher(assistant, folder, said)
    assert watching.look() == 0  # it may still grow
    (folder / "a.ris").write_text(ris("Moss on steep roofs", MOSS, "10.5555/m"))
    assert watching.look() == 0
    assert watching.look() == 1
    assert watching.look() == 0
    assert assistant.library.count() == 1
    (folder / "half.ris.part").write_text(ris("Bells out of tune", BELLS, "10.5555/b"))
    (folder / "bad.pdf").write_bytes(b"%PDF-1.4\x00\x01\x02")
    watching.look()
    said.clear()
    watching.look()
    watching.look()
    assert len([line for line in said if "bad.pdf" in line]) <= 1
    assert assistant.library.count() == 1
    (folder / "half.ris.part").rename(folder / "half.ris")
    again = watcher(assistant, folder, said)
    again.look()
    assert again.look() == 1
    assert assistant.library.count() == 2
    (folder / "a.ris").write_text(ris("Moss on steep roofs", MOSS, "10.5555/m") + ris("Crows and mussels", BELLS + " Crows.", "10.5555/c"))
    os.utime(folder / "a.ris", ns=(1, time.time_ns() + 10**9))
    again.look()
    assert again.look() == 1
    assert assistant.library.count() == 3


def test_a_folder_is_followed_for_titles(tmp_path: Path, assistant: Assistant) -> None:
    """Records without abstract are kept where they are to be, also those of a file that an earlier watch skipped them in."""
    folder, said = tmp_path / "exports", list[str]()
    folder.mkdir()
    (folder / "a.ris").write_text("TY  - JOUR\nTI  - Moss on steep roofs\nDO  - 10.5555/m\nER  - \n")
    watching = watcher(assistant, folder, said)
    assert [watching.look(), watching.look(), assistant.library.count()] == [0, 1, 0]
    keeping_them = Watcher(assistant, folder, mapping=None, embed=False, keep_without_abstract=True, tell=said.append)
    assert [keeping_them.look(), keeping_them.look(), keeping_them.look(), assistant.library.count()] == [0, 1, 0, 1]
    assert "kept by title" in said[-1]


def test_ctrl_c_ends_following_cleanly(tmp_path: Path) -> None:
    """The command reads what is there, and ends at an interrupt with what it read kept and exit code 0."""
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "a.ris").write_text(ris("Moss on steep roofs", MOSS, "10.5555/m"))
    command = [sys.executable, "-c", "from rag.cli import main; main()", "ingest", "--watch", str(folder), "-L", str(tmp_path / "lib")]
    env = {**os.environ, "FOOTNOTE_EMBEDDER": "none", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as running:
        assert running.stdout is not None
        line = running.stdout.readline()
        running.send_signal(signal.SIGINT)
        _, err = running.communicate()
    assert "a.ris: 1 added" in line
    assert running.returncode == 0
    assert "no longer following" in err
    assert "Traceback" not in err


HEADER = "Record ID,Title,RetractionDate,RetractionDOI,OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature,Reason\n"


def test_retractions_are_marked_and_shown(tmp_path: Path, assistant: Assistant) -> None:
    """By DOI and by PMID; the weightiest notice since a reinstatement counts; each surface shows it beside the citation."""
    source = tmp_path / "a.ris"
    source.write_text(ris("Moss on steep roofs", MOSS, "10.5555/m") + ris("Bells out of tune", BELLS, "10.5555/b"))
    assistant.ingest([source])
    listing = tmp_path / "rw.csv"
    listing.write_text(
        HEADER
        + '1,Moss,8/16/2023 0:00,10.5555/notice,10.5555/M,0,Retraction,"+Error in Data;+Unreliable Results;"\n'
        + "2,Moss,9/1/2023 0:00,,10.5555/m,0,Expression of concern,\n"
        + "3,Bells,1/2/2020 0:00,,10.5555/b,0,Retraction,\n"
        + "4,Bells,1/2/2021 0:00,,10.5555/b,0,Reinstatement,\n"
        + "5,Other,1/2/2021 0:00,,unavailable,0,Retraction,\n"
        + "6,Bells,1/2/2022 0:00,,10.5555/b,0,Correction,\n"
    )
    found = assistant.library.mark_retracted(read_notices(listing))
    assert [p.doi for p in found.marked] == ["10.5555/m"]
    paper = assistant.library.get("doi:10.5555/m")
    assert paper.retraction == "Retracted 2023-08-16 (doi:10.5555/notice): Error in Data; Unreliable Results"
    assert assistant.library.get("doi:10.5555/b").retraction is None
    answer = assistant.ask("How many hours later did plots with moss release rain?")
    assert answer.references == (paper.paper_id,)
    assert any("Retracted 2023-08-16" in note for note in answer.notes)
    assert "Retracted 2023-08-16" in json.dumps(answer.to_dict())
    assert "Retracted 2023-08-16" in render.answer(answer)
    assert "Retracted 2023-08-16" in markdown(answer)
    assert "Retracted 2023-08-16" in str(cards.card(paper, 1, 1, [], ""))
    listing.write_text(HEADER + "7,Moss,1/1/2024 0:00,,10.5555/m,0,Reinstatement,\n")
    assert assistant.library.mark_retracted(read_notices(listing)).cleared == 1
    assert assistant.library.get("doi:10.5555/m").retraction is None
    listing.write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match="Retraction Watch"):
        list(read_notices(listing))


class _Zotero(BaseHTTPRequestHandler):
    """Answers as Zotero's local server does, and keeps what it was sent."""

    sent: ClassVar[list[tuple[str, dict[str, str], str]]] = []
    status = 201

    def do_POST(self) -> None:
        """Take a request in."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.sent.append((self.path, dict(self.headers), body))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def zotero_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server in Zotero's place; its address."""
    monkeypatch.setattr(_Zotero, "sent", [])
    monkeypatch.setattr(_Zotero, "status", 201)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Zotero)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_answer_goes_back(tmp_path: Path, assistant: Assistant, zotero_server: str) -> None:
    """As RIS with the quotation as a note, as a note in HTML, and into Zotero; a paper that is there already is linked, not sent."""
    source = tmp_path / "a.ris"
    source.write_text(ris("Moss on <steep> roofs", MOSS, "10.5555/m"))
    assistant.ingest([source])
    answer = assistant.ask("How many hours later did plots with moss release rain?")
    keeping.save(answer, tmp_path / "answer.ris", "")
    (record,) = rispy.loads((tmp_path / "answer.ris").read_text())
    assert record["doi"] == "10.5555/m"
    assert any("11 hours later" in text and "How many hours" in text for text in record["notes"])
    html = keeping.note(answer)
    assert "<steep>" not in html
    assert "11 hours later" in html
    with pytest.raises(ConfigError, match=r"\.ris"):
        keeping.save(answer, tmp_path / "answer.docx", "")
    assert keeping.send(answer, url=zotero_server) == 1
    (imported, headers, body), (saved, _, items) = _Zotero.sent
    assert imported.startswith("/connector/import?session=")
    assert headers["Content-Type"] == "application/x-research-info-systems"
    assert "10.5555/m" in body
    assert saved == "/connector/saveItems"
    (item,) = json.loads(items)["items"]
    assert "11 hours later" in item["notes"][0]["note"]
    there = dataclasses.replace(
        answer, papers=tuple(dataclasses.replace(p, extra={"zotero": "zotero://select/library/items/A"}) for p in answer.papers)
    )
    _Zotero.sent.clear()
    assert keeping.send(there, url=zotero_server) == 0
    assert [path for path, _, _ in _Zotero.sent] == ["/connector/saveItems"]
    assert "zotero://select/library/items/A" in _Zotero.sent[0][2]
    _Zotero.status = 500
    with pytest.raises(ConfigError, match="refused"):
        keeping.send(answer, url=zotero_server)
    with pytest.raises(ConfigError, match="not on this machine"):
        keeping.send(answer, url="http://example.org:23119")
    with pytest.raises(ConfigError, match="does not answer"):
        keeping.send(answer, url="http://127.0.0.1:9")
