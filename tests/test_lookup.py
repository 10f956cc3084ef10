"""Papers by number: what is a number, what comes of it, and that only the two services are asked."""

from __future__ import annotations

import contextlib
import http.server
import json
import shutil
import tempfile
import threading
import time
from typing import TYPE_CHECKING, ClassVar

import pytest

from rag import sources
from rag.config import Settings, load
from rag.errors import ConfigError
from ui import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CSL = {
    "type": "article-journal",
    "title": "Moss on old roofs",
    "DOI": "10.1000/moss.1",
    "author": [{"family": "Fern", "given": "Otto"}],
    "issued": {"date-parts": [[2019, 3]]},
    "abstract": "<jats:p>Moss grows on roofs that face north. It needs 40 days of rain.</jats:p>",
}
ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>ArXiv Query</title><entry><id>http://arxiv.org/abs/2304.03442v2</id>
<published>2023-04-07T01:00:00Z</published><title>Actors of a village</title>
<summary>We build a village of actors. They plan parties on their own.</summary><author><name>Ada One</name></author>
<category term="cs.HC" scheme="http://arxiv.org/schemas/atom"/></entry></feed>"""


class _Service(http.server.BaseHTTPRequestHandler):
    """doi.org and arXiv in one."""

    asked: ClassVar[list[str]] = []

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent."""

    def do_GET(self) -> None:
        """By the number."""
        self.asked.append(self.path)
        if "/api/query" in self.path:
            self._say(200, ATOM.encode())
        elif self.path.endswith("10.1000/moss.1"):
            self._say(302, b"", {"Location": "/crossref/moss"})
        elif self.path == "/crossref/moss":
            self._say(200, json.dumps(CSL).encode())
        elif self.path.endswith("10.1000/away"):
            self._say(302, b"", {"Location": "http://169.254.169.254/latest/meta-data"})
        elif self.path.endswith("10.1000/round"):
            self._say(302, b"", {"Location": self.path})
        elif self.path.endswith("10.1000/large"):
            self._say(200, b" " * (lookup.MOST_BYTES + 1))
        elif self.path.endswith("10.1000/drip"):
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                for _ in range(100):
                    self.wfile.write(b" ")
                    time.sleep(0.1)
        elif self.path.endswith("10.1000/html"):
            self._say(200, b"<html>no</html>")
        else:
            self._say(404, b"")

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def service() -> Iterator[tuple[Settings, list[str]]]:
    """Settings that lead to a service on the loopback, and what it was asked."""
    _Service.asked.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    yield load(lookup=True, lookup_doi_url=url, lookup_arxiv_url=url), _Service.asked
    server.shutdown()
    server.server_close()


def test_numbers_become_papers(service: tuple[Settings, list[str]]) -> None:
    """A DOI and an arXiv number: records that the readers take, with abstracts, authors and dates."""
    settings, asked = service
    files = lookup.fetch(lookup.numbers("https://doi.org/10.1000/moss.1 arXiv:2304.03442v2"), settings)
    papers = {paper.title: paper for file in files for paper in sources.read(file)}
    shutil.rmtree(files[0].parent)
    assert set(papers) == {"Moss on old roofs", "Actors of a village"}
    assert papers["Moss on old roofs"].abstract.startswith("Moss grows on roofs")
    assert papers["Moss on old roofs"].doi == "10.1000/moss.1"
    assert papers["Actors of a village"].arxiv_id == "2304.03442"
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("number", "said"),
    [
        *(("10.1000/away", "169.254.169.254"), ("10.1000/round", "without end"), ("10.1000/large", "longer than")),
        *(("10.1000/html", "can't be read"), ("10.1000/none", "not known"), ("10.1000/drip", "ReadTimeout")),
    ],
)
def test_whatever_the_service_does_is_one_line(
    service: tuple[Settings, list[str]], number: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redirect to a machine that is no registry is not followed; loops, floods, nonsense and unknown numbers are told.

    Nothing of it stays on the disk, and a service that sends a byte now and then is not waited for without end.
    """
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(lookup, "TOTAL_S", 1.0 if said == "ReadTimeout" else lookup.TOTAL_S)
    with pytest.raises(ConfigError, match=said):
        lookup.fetch([("doi", number)], service[0])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["http://127.0.0.1:8080/admin", "moss", "10.1000", "file:///etc/passwd"])
def test_an_address_without_a_number_is_no_address_to_ask(text: str) -> None:
    """Nothing that somebody types is called: it holds a number or is refused."""
    with pytest.raises(ConfigError, match="holds no DOI"):
        lookup.numbers(text)


def test_forms_of_numbers() -> None:
    """As people paste them, each once; too many at once are refused."""
    pasted = "doi:10.1000/a(1), https://www.doi.org/10.1000/a(1); arxiv.org/abs/2304.03442 https://arxiv.org/pdf/2304.03442v1.pdf"
    assert lookup.numbers(pasted) == [("doi", "10.1000/a(1)"), ("arxiv", "2304.03442")]
    assert lookup.numbers("10.48550/arXiv.2304.03442 hep-th/9901001") == [("arxiv", "2304.03442"), ("arxiv", "hep-th/9901001")]
    with pytest.raises(ConfigError, match="at most 20"):
        lookup.numbers(" ".join(f"10.1000/x{n}" for n in range(21)))
