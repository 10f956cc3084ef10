"""A file of questions to a file of answers: each line's contract, resuming, and bad lines that stop nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import answer_kit
import pytest

from rag import batch
from rag.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rag.assistant import Assistant
    from rag.library import Progress

    Records = Mapping[str, Mapping[str, Any]]

QUESTIONS: list[dict[str, Any]] = [
    {"id": "a", "question": "How many languages does the MGSM8KInstruct dataset cover?"},
    {"id": 2, "question": "and how accurate is it on GSM8K?", "history": ["How many languages does the MGSM8KInstruct dataset cover?"]},
    {"id": "c", "question": "How are models trained faster?", "filters": {"category": "cs.LG", "year_from": 2022, "year_to": 2023}},
    {"id": "d", "question": "What is the capital of Australia?", "history": None, "filters": None, "note": "further keys are ignored"},
    {"id": "e", "question": "Which papers were posted in 1999?", "filters": {"has_code": True, "author": "x", "source": "0"}},
]


def written(path: Path, *lines: Any) -> Path:
    """The lines as a file; strings as they are."""
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """The answers."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_a_question(assistant: Assistant, corpus: Records, tmp_path: Path) -> None:
    """The id and the whole record, in order, with twenty papers or all that match; progress counts every line."""
    told: list[Progress] = []
    out = tmp_path / "answers.jsonl"
    report = batch.run(assistant, written(tmp_path / "q.jsonl", *QUESTIONS), out, progress=told.append)
    assert (report.answered, report.skipped, report.bad) == (5, 0, ())
    answers = read(out)
    assert [a.pop("id") for a in answers] == ["a", 2, "c", "d", "e"]
    for question, answer in zip(QUESTIONS, answers, strict=True):
        answer_kit.check(answer, corpus)
        assert answer["question"] == question["question"]
        matching = [p for p in corpus.values() if answer_kit.matches(p, answer["filters"])]
        assert len(answer["retrieved"]) == min(20, len(matching)) or len(answer["retrieved"]) > 20
        assert all(answer_kit.matches(corpus[hit["paper_id"]], answer["filters"]) for hit in answer["retrieved"])
    assert answers[1]["references"] == ["mathoctopus-e95c89"]
    assert answers[2]["filters"] == {"category": "cs.LG", "year_from": 2022, "year_to": 2023}
    assert answers[3]["abstained"]
    assert answers[4]["abstain_reason"] == "none_found"
    assert [(t.done, t.total) for t in told] == [(n, 5) for n in range(1, 6)]


def test_at_least_twenty(assistant: Assistant, tmp_path: Path) -> None:
    """A smaller k is raised, a larger one kept."""
    for k, n in ((3, 20), (40, 40)):
        out = tmp_path / f"answers-{k}.jsonl"
        batch.run(assistant, written(tmp_path / "q.jsonl", QUESTIONS[0]), out, k=k)
        assert len(read(out)[0]["retrieved"]) == n


def test_a_stopped_run_resumes(assistant: Assistant, tmp_path: Path) -> None:
    """Finished ids are not asked again; a torn last line is cut off and its question answered anew; the result is the same."""
    questions = written(tmp_path / "q.jsonl", *QUESTIONS)
    whole, resumed = tmp_path / "whole.jsonl", tmp_path / "resumed.jsonl"
    batch.run(assistant, questions, whole)
    content = whole.read_bytes()
    second = content.index(b"\n") + 1
    resumed.write_bytes(content[: second + 100])
    report = batch.run(assistant, questions, resumed)
    assert (report.answered, report.skipped) == (4, 1)
    assert [{**a, "timing_s": 0} for a in read(resumed)] == [{**a, "timing_s": 0} for a in read(whole)]
    assert batch.run(assistant, questions, resumed).skipped == 5


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("not json", "q.jsonl:2"),
        ("[1, 2]", "q.jsonl:2"),
        ('"text"', "q.jsonl:2"),
        ({"question": "no id"}, "id"),
        ({"id": "x"}, "question"),
        ({"id": "x", "question": ""}, "question"),
        ({"id": "x", "question": "  "}, "blank"),
        ({"id": "x", "question": 7}, "question"),
        ({"id": "x", "question": "y" * 30_000}, "question"),
        ({"id": None, "question": "y"}, "id"),
        ({"id": "x", "question": "y", "filters": {"colour": "red"}}, "colour"),
        ({"id": "x", "question": "y", "filters": {"date_from": "soon"}}, "date_from"),
        ({"id": "x", "question": "y", "filters": {"date_from": "2023-13-45"}}, "date_from"),
        ({"id": "x", "question": "y", "filters": {"year_from": "many"}}, "year_from"),
        ({"id": "x", "question": "y", "filters": [1]}, "filters"),
        ({"id": "x", "question": "y", "history": "not a list"}, "history"),
        ({"id": "x", "question": "y", "history": [{"q": 1}]}, "history"),
    ],
    ids=range(17),
)
def test_a_bad_line_is_reported(assistant: Assistant, tmp_path: Path, line: Any, says: str) -> None:
    """File, line and field are told; the lines around it are answered."""
    out = tmp_path / "answers.jsonl"
    report = batch.run(assistant, written(tmp_path / "q.jsonl", {"id": 1, "question": "hello"}, line, "", {"id": 3, "question": "hi"}), out)
    assert report.answered == 2
    (told,) = report.bad
    assert "q.jsonl:2" in told
    assert says in told
    assert "\n" not in told
    assert [a["id"] for a in read(out)] == [1, 3]


def test_files_that_are_none(assistant: Assistant, tmp_path: Path) -> None:
    """No questions file, questions in another encoding, and an answers file that holds something else are named."""
    with pytest.raises(SourceError, match="No such file"):
        batch.run(assistant, tmp_path / "none.jsonl", tmp_path / "a.jsonl")
    (tmp_path / "latin.jsonl").write_bytes('{"id": 1, "question": "Größe?"}\n'.encode("latin-1"))
    with pytest.raises(SourceError, match="UTF-8"):
        batch.run(assistant, tmp_path / "latin.jsonl", tmp_path / "a.jsonl")
    questions = written(tmp_path / "q.jsonl", QUESTIONS[0])
    other = written(tmp_path / "diary.txt", "Dear diary,", "today")
    with pytest.raises(SourceError, match=r"diary\.txt:1"):
        batch.run(assistant, questions, other)
    assert other.read_text(encoding="utf-8") == "Dear diary,\ntoday\n"


def test_from_the_command_line(footnote: Callable[..., Any], bundled: Path, tmp_path: Path) -> None:
    """Bad lines go to standard error and make the exit code 2, after everything else was answered; a clean run exits with 0."""
    questions = written(tmp_path / "q.jsonl", "nonsense", {"id": 1, "question": "hello"})
    out = tmp_path / "answers.jsonl"
    ran = footnote("batch", str(questions), str(out), "--library", str(bundled))
    assert (ran.code, ran.out) == (2, "")
    assert f"footnote: {questions}:1: " in ran.err
    assert "1 answered, 0 already there, 1 bad lines" in ran.err
    written(questions, {"id": 1, "question": "hello"})
    assert footnote("batch", str(questions), str(out), "--library", str(bundled)).code == 0
    assert len(read(out)) == 1
