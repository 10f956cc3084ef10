"""Papers by number: a DOI or an arXiv number, or an address that holds one, becomes a record from doi.org or arXiv.

Off unless the owner allows it. Two services are asked, never an address that somebody typed; redirects lead to the registries alone.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urljoin, urlsplit

import httpx

from rag import network
from rag.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.config import Settings

MOST, MOST_BYTES, WAIT_S, TOTAL_S, HOPS = 20, 2_000_000, 20.0, 60.0, 5
CSL = "application/vnd.citationstyles.csl+json"
REGISTRIES = ("doi.org", "crossref.org", "datacite.org", "medra.org", "arxiv.org")

_ARXIV = re.compile(
    r"(?:arxiv[:./]\s*|arxiv\.org/(?:abs|pdf|html)/)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?", re.IGNORECASE
)
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(\d{4}\.\d{4,5})", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>?#]+")


def numbers(text: str) -> list[tuple[str, str]]:
    """("doi" or "arxiv", number) for each word of the text; ConfigError for a word that is none, or for too many.

    >>> numbers("https://doi.org/10.1000/x.1, arXiv:2304.03442v2")
    [('doi', '10.1000/x.1'), ('arxiv', '2304.03442')]
    """
    found: list[tuple[str, str]] = []
    for word in re.split(r"[\s,;]+", text.strip()):
        plain = unquote(word).rstrip(".")
        if not plain:
            continue
        of_arxiv = _ARXIV_DOI.search(plain)
        doi = None if of_arxiv else _DOI.search(plain)
        arxiv = of_arxiv or (None if doi else _ARXIV.fullmatch(re.sub(r"^https?://(?:www\.|export\.)?", "", plain)))
        if doi is None and arxiv is None:
            raise ConfigError(f"{word[:60]!r} holds no DOI (10.1000/…) and no arXiv number (2304.03442)")
        one = ("doi", doi[0].rstrip("/")) if doi else ("arxiv", arxiv[1] if arxiv else "")
        if one not in found:
            found.append(one)
    if len(found) > MOST:
        raise ConfigError(f"{len(found)} papers at once are too many; look up at most {MOST}")
    return found


def fetch(found: Sequence[tuple[str, str]], settings: Settings) -> list[Path]:
    """The records as files that `rag.sources` reads, in a folder of their own, which is the caller's to remove. ConfigError, in a line."""
    folder = Path(tempfile.mkdtemp(prefix="looked-up-"))
    try:
        with network.limited(time.monotonic() + TOTAL_S):
            return _fetched(found, settings, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _fetched(found: Sequence[tuple[str, str]], settings: Settings, folder: Path) -> list[Path]:
    files: list[Path] = []
    with network.watch(httpx.Client(timeout=WAIT_S, follow_redirects=False)) as http:
        records = [
            json.loads(_asked(http, f"{settings.lookup_doi_url}/{quote(number, safe='/')}", CSL, f"the DOI {number}"))
            for kind, number in found
            if kind == "doi"
        ]
        if records:
            files.append(folder / "doi.org.json")
            files[-1].write_text(json.dumps(records), encoding="utf-8")
        if ids := [number for kind, number in found if kind == "arxiv"]:
            url = f"{settings.lookup_arxiv_url}/api/query?id_list={quote(','.join(ids), safe=',/')}&max_results={len(ids)}"
            files.append(folder / "arxiv.org.xml")
            files[-1].write_bytes(_asked(http, url, "application/atom+xml", f"arXiv {', '.join(ids)}"))
    return files


def _asked(http: httpx.Client, url: str, accept: str, what: str) -> bytes:
    home = urlsplit(url).netloc
    try:
        for _ in range(HOPS):
            with http.stream("GET", url, headers={"accept": accept}) as reply:
                if reply.is_redirect:
                    url = urljoin(url, reply.headers.get("location", ""))
                    parts = urlsplit(url)
                    known = any(f".{parts.hostname}".endswith(f".{name}") for name in REGISTRIES) and parts.scheme == "https"
                    if parts.netloc != home and not known:
                        raise ConfigError(f"{what} leads to {parts.hostname or 'nowhere'}, which is no registry")
                    continue
                if reply.status_code == 404:
                    raise ConfigError(f"{what} is not known there")
                if reply.status_code != 200:
                    raise ConfigError(f"{what} can't be looked up now: {home} answers {reply.status_code}; try again later")
                body = b""
                for piece in reply.iter_raw():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise ConfigError(f"the reply for {what} is longer than {MOST_BYTES:,} bytes")
                if accept == CSL:
                    json.loads(body)
                return body
    except httpx.HTTPError as error:
        raise ConfigError(f"{home} can't be reached: {type(error).__name__}; is there a network?") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"what {home} says of {what} can't be read") from error
    raise ConfigError(f"{what} leads from one address to the next without end")
