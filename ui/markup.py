"""HTML by construction: whatever is put into a tag is escaped, unless it is a tag itself.

Titles, abstracts and model replies are untrusted; no text of theirs reaches the page but through `tag`. No gradio here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOID = frozenset({"input", "br", "hr"})

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
