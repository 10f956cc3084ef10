"""HTML by construction: whatever is put into a tag is escaped, unless it is a tag itself.

Titles, abstracts and model replies are untrusted; no text of theirs reaches the page but through `tag`. No gradio here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOID = frozenset({"input", "br", "hr", "meta"})

Child = str | int | None


def tag(name: str, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """`<name attributes>children</name>`; None and False attributes are left out, True ones stand alone.

    A trailing underscore is dropped from attribute names (`class_`), the others become hyphens (`aria_label`).

    >>> tag("b", "1 < 2", title='"')
    Markup('<b title="&#34;">1 &lt; 2</b>')
    """
    parts = ["<", name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        parts += [" ", key.rstrip("_").replace("_", "-")]
        if value is not True:
            parts += ['="', escape(value), '"']
    parts.append(">")
    if name not in _VOID:
        parts += [escape(child) for child in children if child is not None]
        parts += ["</", name, ">"]
    # Names are literals of this package; every value went through escape.
    return Markup("".join(parts))  # noqa: S704


def join(parts: Iterable[Child], by: str = "") -> Markup:
    """The parts one after the other, each escaped unless it is a tag; None is left out."""
    return escape(by).join(escape(part) for part in parts if part is not None)


_LOWERED = re.compile(r"(?<![\w\\])([A-Za-z]{1,3})_(?:\{(\w{1,6})\}|([0-9a-z]))(?!\w)")
_RAISED = re.compile(r"(?<=[\w)])\^(?:\{([-+\w]{1,6})\}|([-+]?\d{1,3}|[a-z](?!\w)))")


def formulas(text: str) -> Markup:
    """The text, escaped, with what TeX lowers and raises lowered and raised: `CO_2`, `x_{ij}`, `10^6`. Other underscores stay.

    >>> formulas("CO_2 & snake_case")
    Markup('CO<sub>2</sub> &amp; snake_case')
    """
    if "_" not in text and "^" not in text:
        return escape(text)
    lowered = _LOWERED.sub(lambda m: f"{m[1]}<sub>{m[2] or m[3]}</sub>", str(escape(text)))
    # Only letters, digits and signs went into the new tags.
    return Markup(_RAISED.sub(lambda m: f"<sup>{m[1] or m[2]}</sup>", lowered))  # noqa: S704


def address(url: str | None) -> str | None:
    """The address if a link may lead there (http or https with a host), else None.

    >>> address("https://arxiv.org/abs/1"), address("javascript:alert(1)"), address("//host")
    ('https://arxiv.org/abs/1', None, None)
    """
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else None
