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
    parts = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        shown = key.rstrip("_").replace("_", "-")
        parts.append(Markup(" ") + shown if value is True else Markup(' {}="{}"').format(shown, value))
    opening = Markup("<{}{}>").format(Markup(name), join(parts))  # noqa: S704 - tag names are literals of this package
    if name in _VOID:
        return opening
    return opening + join(children) + Markup("</{}>").format(Markup(name))  # noqa: S704 - as above


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
