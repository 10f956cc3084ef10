"""`footnote doctor` tells versions, health, and what would leave the machine; it sends nothing itself."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from rag import doctor
from rag.config import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_all_is_well(footnote: Callable[..., Any], bundled: Path) -> None:
    """Versions, papers, embedder, nothing leaves, no problems, exit code 0; the same facts as JSON."""
    ran = footnote("doctor", "--library", str(bundled))
    assert (ran.code, ran.err) == (0, "")
    for part in ("footnote ", "chromadb ", "210 papers", "minilm-int8", "leaves the machine: nothing", "no problems found"):
        assert part in ran.out
    facts = json.loads(footnote("doctor", "--library", str(bundled), "--json").out)
    assert facts["problems"] == facts["leaves_the_machine"] == []
    assert facts["library"]["papers"] == 210


def test_no_library_yet(footnote: Callable[..., Any]) -> None:
    """Nothing was read yet: that is no fault, and the next step is told."""
    ran = footnote("doctor")
    assert ran.code == 0
    assert "footnote ingest" in ran.out


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ({}, []),
        ({"llm_base_url": "http://10.1.2.3/v1"}, []),
        ({"llm_base_url": "http://10.1.2.3/v1", "llm_model": "m"}, ["questions", "http://10.1.2.3/v1"]),
        ({"embedder": "openai:e", "embedder_base_url": "http://10.1.2.3/v1"}, ["abstracts", "http://10.1.2.3/v1"]),
        ({"chroma_url": "http://10.1.2.3:8000"}, ["papers", "http://10.1.2.3:8000"]),
    ],
)
def test_what_would_leave(given: dict[str, str], parts: list[str]) -> None:
    """A line for each server that is set, with its address; no key."""
    lines = doctor.leaving(load(**given, llm_api_key="sk-secret"))
    assert len(lines) == bool(parts)
    assert all(part in lines[0] for part in parts)
    assert "sk-secret" not in str(lines)


def test_another_embedder(footnote: Callable[..., Any], bundled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of one embedder under the settings of another: a problem with its remedy, and exit code 2."""
    monkeypatch.setenv("FOOTNOTE_EMBEDDER", "minilm-fp32")
    ran = footnote("doctor", "--library", str(bundled))
    assert ran.code == 2
    assert "problem: " in ran.out
    assert "rebuild" in ran.out


def test_a_damaged_library(footnote: Callable[..., Any], own_library: Path) -> None:
    """A keyword index that is gone is told, or made good at once; never a stack trace."""
    for part in own_library.iterdir():
        if part.is_dir() and "keyword" in part.name:
            shutil.rmtree(part)
    ran = footnote("doctor", "--library", str(own_library))
    assert ran.code in {0, 2}
    assert "Traceback" not in ran.out + ran.err
    assert "210 papers" in ran.out or "problem: " in ran.out


def test_no_model_is_set(footnote: Callable[..., Any]) -> None:
    """`--llm` without a model says what to set."""
    ran = footnote("doctor", "--llm")
    assert ran.code == 2
    assert "FOOTNOTE_LLM_" in ran.out


def test_the_model_s_server_is_away(footnote: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not answer: its address and the problem in one line, no key."""
    monkeypatch.setenv("FOOTNOTE_LLM_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("FOOTNOTE_LLM_MODEL", "m")
    monkeypatch.setenv("FOOTNOTE_LLM_API_KEY", "sk-secret")
    monkeypatch.setenv("FOOTNOTE_LLM_MAX_RETRIES", "0")
    ran = footnote("doctor", "--llm")
    assert ran.code == 2
    (line,) = [line for line in ran.out.splitlines() if line.startswith("problem: ")]
    assert "127.0.0.1:9" in line
    assert "sk-secret" not in ran.out + ran.err
