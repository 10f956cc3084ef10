"""What events of the page carry: whatever somebody sends in them is a notice, nothing else."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from rag.errors import ConfigError
from ui.guard import guarded, number, sent, texts

ODD: list[Any] = [None, 5, "place", [], ["place"], {}]
INSIDE: list[Any] = [None, "x", [], {}, float("inf"), float("nan"), "9" * 5000]


@pytest.mark.parametrize("data", [*ODD, *({"place": odd} for odd in INSIDE)])
def test_what_is_no_number_or_list_is_said(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data of any make, or none: one line, and the page stays as it is."""
    said: list[str] = []
    monkeypatch.setattr(gr, "Warning", said.append)
    event = gr.EventData(None, data)
    with pytest.raises(ConfigError, match="place"):
        number(event, "place")
    guarded(lambda: number(event, "place"))()
    assert len(said) == 1
    if not (isinstance(data, dict) and isinstance(data.get("place"), list)):
        with pytest.raises(ConfigError, match="place"):
            texts(event, "place", 3)


def test_what_is_right_is_taken() -> None:
    """Numbers as the page sends them, also as text, and no more of a list than may be."""
    event = gr.EventData(None, {"place": "3", "turn": 2, "chosen": ["a", 1, "c"]})
    assert (number(event, "place"), number(event, "turn"), texts(event, "chosen", 2), sent(event, "none")) == (3, 2, ["a", "1"], None)
