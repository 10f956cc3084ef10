"""One true line about how answers come about, and what leaves this machine."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ui.markup import tag

if TYPE_CHECKING:
    from markupsafe import Markup

    from rag.assistant import LLMOptions
    from rag.config import Settings


def on_loopback(url: str) -> bool:
    """Whether an address names this machine itself.

    >>> on_loopback("http://127.0.0.1:11434/v1"), on_loopback("https://models.example/v1")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def banner(settings: Settings, model: LLMOptions | None, library: str, papers: int, *, retold: bool = False) -> Markup:
    """The line: mode, library, and where what goes. `retold`: there are abstracts that are not the authors' own words."""
    remote_embedder = (settings.embedder.startswith("openai:") and settings.embedder_base_url) or ""
    count = f"{papers:,} paper{'s' if papers != 1 else ''}"
    if model is None:
        mode = tag("strong", "Offline")
        what = "answers are sentences of abstracts, which are retold in other words here" if retold else "answers are quoted word for word"
        leaves = "nothing leaves this machine"
    else:
        mode = tag("strong", f"Model {model.model}")
        what = "writes, every sentence is checked"
        place = f"{urlsplit(model.base_url).scheme}://{urlsplit(model.base_url).netloc.rpartition('@')[2]}"
        sent = "question, chat and abstracts read"
        leaves = f"{sent} go to {place}" + (", on this machine" if on_loopback(model.base_url) else " and leave this machine")
    if remote_embedder and not on_loopback(remote_embedder):
        leaves += f"; questions and papers also go to {urlsplit(remote_embedder).netloc.rpartition('@')[2]} to be embedded"
    if settings.lookup:
        places = {urlsplit(url).netloc for url in (settings.lookup_doi_url, settings.lookup_arxiv_url)}
        leaves += f"; numbers looked up under Add papers go to {' and '.join(sorted(places))}"
    away = " away" if "leave this" in leaves or "also go" in leaves else ""
    return tag(
        "p",
        mode,
        tag("span", f"{what}", class_="part"),
        tag("span", f"{count} in “{library}”", class_="part"),
        tag("span", leaves, class_="part"),
        class_="banner" + away,
        role="status",
    )
