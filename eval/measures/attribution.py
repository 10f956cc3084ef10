"""Gold citations: are the papers that should be cited cited, and no others? Deterministic, with and without an LLM.

ResearchQA's finding that matching citations separates systems better than judges do is the reason that this stands beside support.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def gold_citation_recall(cited: Collection[str], groups: Sequence[Collection[str]]) -> float | None:
    """Evidence groups of which a paper is cited ÷ groups; None without groups.

    >>> gold_citation_recall({"a"}, [{"a", "b"}, {"c"}])
    0.5
    """
    return sum(not set(cited).isdisjoint(group) for group in groups) / len(groups) if groups else None


def gold_citation_precision(cited: Collection[str], groups: Sequence[Collection[str]]) -> float | None:
    """Cited papers that belong to a group ÷ cited papers; None where nothing is cited.

    >>> gold_citation_precision({"a", "x"}, [{"a", "b"}, {"c"}])
    0.5
    """
    wanted = {paper_id for group in groups for paper_id in group}
    return len(wanted.intersection(cited)) / len(set(cited)) if cited else None
