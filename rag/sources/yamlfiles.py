"""CSL-YAML: a list of items, or under `references` as Pandoc and Better BibTeX write it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rag.sources.entry import Entry
from rag.sources.records import record_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.sources.opening import Document

_MAX_CHARS = 64 << 20


def read_yaml(document: Document) -> Iterator[Entry]:
    """A record an item. The file is held in memory; aliases, which could multiply it, are refused."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    parts: list[str] = []
    size = 0
    for line in document.lines():
        if line.fault:
            yield Entry(line=line.number, fault=line.fault)
            return
        if line.number > 1 and re.fullmatch(r"(?:---|\.\.\.)\s*", line.text) and any(parts):
            break  # the document behind the metadata of Pandoc
        parts.append(line.text)
        size += len(line.text)
        if size > _MAX_CHARS:
            yield Entry(line=line.number, fault=f"a YAML file of more than {_MAX_CHARS >> 20} million characters; export it as JSON")
            return
    text = "\n".join(parts)
    try:
        root = yaml.compose(text, Loader=loader)
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=loader)):
            yield Entry(line=1, fault="the YAML uses aliases, which are not read")
            return
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        yield Entry(line=mark.line + 1 if mark else 1, fault=f"not valid YAML: {getattr(error, 'problem', None) or type(error).__name__}")
        return
    for node in _items(root, yaml):
        maker = loader("")
        try:
            found = maker.construct_document(node)
        except (yaml.YAMLError, ValueError) as error:
            yield Entry(line=node.start_mark.line + 1, fault=f"not valid YAML: {error}")
            continue
        finally:
            maker.dispose()
        if isinstance(found, dict):
            yield Entry(line=node.start_mark.line + 1, record=record_from({str(key): value for key, value in found.items()}))
        else:
            yield Entry(line=node.start_mark.line + 1, fault="not an item with fields")


def _items(root: Any, yaml: Any) -> list[Any]:
    """The nodes of the items."""
    if isinstance(root, yaml.SequenceNode):
        return list(root.value)
    if isinstance(root, yaml.MappingNode):
        lists = [
            value
            for key, value in root.value
            if isinstance(value, yaml.SequenceNode) and key.value in {"references", "bibliography", "items"}
        ]
        return list(lists[0].value) if lists else [root]
    return []
