"""What was made last is kept, and no more than that."""

from __future__ import annotations

from rag.recent import Recent


def test_the_longest_unused_goes() -> None:
    """Asking counts as use, and so does putting in once more."""
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert [recent.get(key) for key in "abc"] == [1, None, 3]
    recent.put("a", 4)
    recent.put("d", 5)
    assert [recent.get(key) for key in "acd"] == [4, None, 5]
