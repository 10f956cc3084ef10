"""An answer goes back to where the papers are kept: as RIS with notes, as a notes file, or, only when asked, into Zotero itself.

Zotero's local server (https://www.zotero.org/support/dev/client_coding/connector_http_server) speaks on this machine alone. Papers that
came from Zotero are linked there and not sent again.
"""

from __future__ import annotations

import ipaddress
import re
import uuid
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag.errors import ConfigError
from rag.sources import write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rag.schema import Answer, Paper

ZOTERO = "http://127.0.0.1:23119"
TIMEOUT_S = 20.0
FORMS = (".ris", ".html", ".md")


def save(answer: Answer, path: Path, markdown: str) -> None:
    """Write an answer to a file whose ending tells the form; `markdown` is its Markdown form. ConfigError for another ending."""
    form = path.suffix.lower()
    if form not in FORMS:
        raise ConfigError(f"an answer can't be saved as {path.name!r}; choose an ending: {', '.join(FORMS)}")
    text = {".ris": ris, ".html": note}[form](answer) if form != ".md" else markdown
    path.write_text(text, encoding="utf-8")


def ris(answer: Answer) -> str:
    """The cited papers, each with a note that holds the question and what was quoted from it."""
    return "".join(_noted("".join(write([paper], "ris")), _remark(answer, paper)) for paper in _cited(answer))


def note(answer: Answer) -> str:
    """The answer as a note in Zotero's HTML: question, answer, references with links, quotations."""
    parts = [f"<h1>{escape(answer.question)}</h1>", *(f"<p>{escape(line)}</p>" for line in answer.answer.splitlines() if line.strip())]
    papers = _cited(answer)
    if papers:
        parts.append("<h2>References</h2>")
    for n, paper in enumerate(papers, 1):
        address = str(paper.extra.get("zotero") or paper.url or (f"https://doi.org/{paper.doi}" if paper.doi else ""))
        title = f'<a href="{escape(address)}">{escape(paper.title)}</a>' if _linkable(address) else escape(paper.title)
        people = ", ".join(paper.authors) + (" et al." if paper.authors_truncated else "")
        key = f"@{paper.citation_key}" if paper.citation_key else ""
        facts = [people, (paper.published or "")[:4], paper.venue or "", key, paper.retraction or ""]
        parts.append(f"<p>[{n}] {title}. {escape('. '.join(f for f in facts if f))}</p>")
        parts += [f"<blockquote><p>{escape(quote)}</p></blockquote>" for quote in _quotes(answer, paper)]
    parts += [f"<p><em>{escape(line)}</em></p>" for line in answer.notes]
    return "\n".join(parts) + "\n"


def send(answer: Answer, *, url: str = ZOTERO) -> int:
    """Put the answer into the running Zotero, as a note, with the cited papers that did not come from there; how many papers.

    ConfigError where Zotero does not answer or refuses, and for an address beyond this machine.
    """
    import httpx

    host = urlsplit(url).hostname or ""
    if host != "localhost" and not _loopback(host):
        raise ConfigError(f"{url!r} is not on this machine; Zotero's server is at {ZOTERO}")
    new = [paper for paper in _cited(answer) if "zotero" not in paper.extra]
    held: dict[str, Any] = {
        "itemType": "document",
        "id": "footnote",
        "title": f"Footnote: {answer.question}"[:250],
        "tags": [{"tag": "Footnote"}],
        "notes": [{"note": note(answer)}],
        "attachments": [],
        "creators": [],
    }
    kept = {"sessionID": uuid.uuid4().hex, "uri": "http://127.0.0.1/", "items": [held]}
    headers = {"X-Zotero-Connector-API-Version": "3", "User-Agent": "Footnote"}
    try:
        # No proxy: the request must not leave the machine.
        with httpx.Client(base_url=url, timeout=TIMEOUT_S, headers=headers, trust_env=False, follow_redirects=False) as client:
            if new:
                text = "".join(_noted("".join(write([paper], "ris")), _remark(answer, paper)) for paper in new)
                _done(
                    client.post(
                        f"/connector/import?session={uuid.uuid4().hex}",
                        content=text.encode(),
                        headers={"Content-Type": "application/x-research-info-systems"},
                    )
                )
            _done(client.post("/connector/saveItems", json=kept))
    except httpx.HTTPError as error:
        raise ConfigError(f"Zotero does not answer at {url} ({type(error).__name__}); start it, or save a file instead") from error
    return len(new)


def _done(response: Any) -> None:
    if response.status_code not in {200, 201}:
        raise ConfigError(f"Zotero refused ({response.status_code}); is a library chosen there that can be written to?")


def _cited(answer: Answer) -> list[Paper]:
    papers = {paper.paper_id: paper for paper in answer.papers}
    return [papers[paper_id] for paper_id in answer.references if paper_id in papers]


def _quotes(answer: Answer, paper: Paper) -> Sequence[str]:
    """What the answer cites of a paper, each sentence once."""
    cited = (c.quote for s in answer.statements for c in s.citations if c.paper_id == paper.paper_id)
    return list(dict.fromkeys(quote for quote in cited if quote))


def _remark(answer: Answer, paper: Paper) -> str:
    """A note in plain text, in one line."""
    said = [f"Cited for: {answer.question}", *(f"“{quote}”" for quote in _quotes(answer, paper)), paper.retraction or ""]
    return re.sub(r"\s+", " ", " ".join(filter(None, said))).strip()


def _noted(record: str, remark: str) -> str:
    """A RIS record with a note."""
    return re.sub(r"^ER {2}-", lambda found: f"N1  - {remark}\n{found[0]}", record, count=1, flags=re.MULTILINE)


def _linkable(address: str) -> bool:
    return address.startswith(("https://", "http://", "zotero://"))


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
