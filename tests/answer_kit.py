"""What holds for every Answer, whatever was asked: the record of schema 1, checked against the stored papers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = (
    "schema question standalone_question filters mode abstained abstain_reason answer statements references retrieved papers context "
    "nearest verified usage notes timing_s parts verdict table voice confidence"
).split()
STATUSES = {"quoted", "verified", "reattributed", "unsupported", "withheld"}
REASONS = {"out_of_corpus", "detail_missing", "false_premise", "none_found"}
PAPER_KEYS = (
    "paper_id title title_origin authors authors_truncated published categories has_code listing_score url doi arxiv_id source abstract"
).split()


def check(answer: Mapping[str, Any], stored: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise AssertionError where the record breaks its word. `stored` holds the library's papers by id."""
    assert list(answer) == KEYS
    assert answer["schema"] == 2
    assert answer["mode"] in {"extractive", "llm"}
    ranks = [hit["rank"] for hit in answer["retrieved"]]
    assert ranks == list(range(1, len(ranks) + 1))
    assert all(0 <= hit["score"] <= 1 for hit in answer["retrieved"])
    assert len({hit["paper_id"] for hit in answer["retrieved"]}) == len(ranks)
    papers = {p["paper_id"]: p for p in answer["papers"]}
    assert set(papers) >= {hit["paper_id"] for hit in answer["retrieved"]} | set(answer["references"])
    for paper_id, paper in papers.items():
        assert all(paper[key] == stored[paper_id][key] for key in PAPER_KEYS)
    for read in answer["context"]:
        assert stored[read["paper_id"]]["abstract"][read["start"] : read["end"]] == read["text"]
    assert 0 <= answer["verified"]["n"] <= answer["verified"]["m"]
    assert all(isinstance(v, float) and v >= 0 for v in answer["timing_s"].values())
    assert answer["abstained"] == (answer["voice"] != "answer")
    assert answer["confidence"] is None or 0 <= answer["confidence"] <= 1
    for part in answer["parts"]:
        assert part["status"] in {"answered", "not_stated", "contradicted", "nearest"}
        assert (part["statements"] == []) == (part["status"] == "not_stated")
        assert all(0 <= n < len(answer["statements"]) for n in part["statements"])
    if answer["voice"] == "refusal":
        _check_abstention(answer, stored)
    else:
        _check_statements(answer, stored)


def _check_abstention(answer: Mapping[str, Any], stored: Mapping[str, Mapping[str, Any]]) -> None:
    assert answer["abstain_reason"] in REASONS
    assert answer["statements"] == answer["references"] == []
    assert "\n" not in answer["answer"]
    assert answer["answer"].startswith("I ") or not answer["retrieved"]  # small talk looks nothing up
    assert answer["answer"].endswith((".", "?"))
    assert set(answer["nearest"]) <= set(stored)
    assert not re.search(r"\[\d+\]", answer["answer"])


def _check_statements(answer: Mapping[str, Any], stored: Mapping[str, Mapping[str, Any]]) -> None:
    assert (answer["abstain_reason"] is None) == (answer["voice"] == "answer")
    assert answer["statements"]
    cited: list[str] = []
    for statement in answer["statements"]:
        assert statement["status"] in STATUSES
        assert statement["citations"]
        assert statement["text"] in answer["answer"]
        for citation in statement["citations"]:
            check_citation(citation, stored)
            cited += [citation["paper_id"]] * (citation["paper_id"] not in cited)
        if answer["mode"] == "extractive":
            assert statement["status"] == "quoted"
    assert answer["references"] == cited
    marks = [int(n) for n in re.findall(r"\[(\d+)\]", answer["answer"])]
    assert list(dict.fromkeys(marks)) == list(range(1, len(cited) + 1))


def check_citation(citation: Mapping[str, Any], stored: Mapping[str, Mapping[str, Any]]) -> None:
    """A span is the stored abstract's own text at its offsets; a field's value is what the paper has there."""
    paper = stored[citation["paper_id"]]
    if "field" not in citation:
        assert set(citation) == {"paper_id", "quote", "start", "end"}
        assert citation["quote"] == paper["abstract"][citation["start"] : citation["end"]] != ""
        return
    assert set(citation) == {"paper_id", "field", "value"}
    value = paper[citation["field"]]
    if citation["field"] == "source":
        assert citation["value"] == value["document"]
    elif isinstance(value, list):
        assert all(part in citation["value"] for part in value)
        assert value
    else:
        assert value is not None
        assert citation["value"].lower() == str(value).lower()


def matches(paper: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """Whether the stored paper fulfils every condition; one that lacks a field fulfils none on it."""
    return all(_fulfils(paper, name, value) for name, value in filters.items())


def _fulfils(paper: Mapping[str, Any], name: str, value: Any) -> bool:
    date = paper["published"]
    if name in {"year_from", "year_to", "date_from", "date_to"}:
        own = date and (int(date[:4]) if name.startswith("year") else date)
        return date is not None and bool(own >= value if name.endswith("from") else own <= value)
    if name == "category":
        return any(c.lower() == value.lower() or c.lower().startswith(f"{value.lower()}.") for c in paper["categories"])
    if name == "author":
        return any(value.lower() in a.lower() for a in paper["authors"])
    if name == "has_code":
        return paper["has_code"] is value
    if name == "source":
        return paper["source"] is not None and paper["source"]["document"].lower().startswith(value.lower())
    assert name == "paper_ids"
    return paper["paper_id"] in value


def words(answer: Mapping[str, Any]) -> int:
    """The answer's length without its marks."""
    return len(re.sub(r"\[\d+\]", "", answer["answer"]).split())
