"""A run's folder: manifest, questions, answers, papers, scores, figures, reports. Everything is text, and can be read without us.

answers.jsonl grows line by line and is flushed to disk, so a run that is killed goes on where it stopped; at the end it is put into the
order of the questions.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.fingerprint import ROOT
from eval.gold import Question, read_gold, to_line
from eval.recorded import Row
from eval.shelf import Shelf
from rag.errors import FootnoteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class RunMissing(FootnoteError):
    """No such run."""


def runs_folder() -> Path:
    """Where runs are kept: `eval/runs` in a checkout, `footnote-eval-runs` in the working folder of an installed package."""
    return ROOT / "eval" / "runs" if (ROOT / "pyproject.toml").is_file() else Path.cwd() / "footnote-eval-runs"


class RunFolder:
    """One run on disk."""

    def __init__(self, path: Path) -> None:
        """Bind to a folder; nothing is read yet."""
        self.path = path

    @property
    def name(self) -> str:
        """`<UTC time>-<first 8 of the system's fingerprint>`."""
        return self.path.name

    @classmethod
    def create(cls, base: Path, manifest: Mapping[str, Any], questions: Sequence[Question]) -> RunFolder:
        """A new folder below `base` with its manifest and questions."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        name = f"{stamp}-{manifest['system']['sha'][:8]}"
        path = next(p for n in range(1000) if not (p := base / (name if not n else f"{name}-{n}")).exists())
        path.mkdir(parents=True)
        folder = cls(path)
        (path / "questions.jsonl").write_text("".join(to_line(q) + "\n" for q in questions), encoding="utf-8")
        folder.write_json("manifest.json", {**manifest, "started": stamp, "state": "running"})
        return folder

    @classmethod
    def find(cls, name: str, base: Path) -> RunFolder:
        """A run by path, by name, by the start of its name, or `latest`. RunMissing says what there is."""
        if (Path(name) / "manifest.json").is_file():
            return cls(Path(name))
        found = sorted(p.parent for p in base.glob("*/manifest.json"))
        if name == "latest" and found:
            return cls(found[-1])
        matching = [p for p in found if p.name.startswith(name)]
        if len(matching) == 1:
            return cls(matching[0])
        there = ", ".join(p.name for p in found[-5:]) or "none yet; begin with `python -m eval run`"
        raise RunMissing(f"{'several runs match' if matching else 'no run is called'} {name!r} in {base} (last: {there})")

    def write_json(self, name: str, value: Any) -> None:
        """Write a JSON file whole or not at all, keys in the order given."""
        temporary = self.path / f".{name}.part"
        temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        temporary.replace(self.path / name)

    def read_json(self, name: str) -> Any:
        """A JSON file of the run. RunMissing where the run did not get that far."""
        path = self.path / name
        if not path.is_file():
            raise RunMissing(f"{self.path} has no {name}; finish it with `python -m eval run --resume`")
        return json.loads(path.read_text(encoding="utf-8"))

    @property
    def manifest(self) -> dict[str, Any]:
        """What was run, on what, with what."""
        return dict(self.read_json("manifest.json"))

    @property
    def questions(self) -> list[Question]:
        """The questions with their gold resolved."""
        return read_gold(self.path / "questions.jsonl")

    @property
    def shelf(self) -> Shelf:
        """The papers concerned."""
        return Shelf.read(self.path / "papers.jsonl")

    def raw_answers(self) -> dict[str, dict[str, Any]]:
        """Lines of answers.jsonl as JSON, by question id. A line torn by a kill, always the last, is dropped."""
        found: dict[str, dict[str, Any]] = {}
        path = self.path / "answers.jsonl"
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    row = json.loads(line)
                except json.JSONDecodeError:
                    continue
                found[row["id"]] = row
        return found

    @property
    def rows(self) -> dict[str, Row]:
        """Recorded answers by question id."""
        return {i: Row.model_validate(row) for i, row in self.raw_answers().items()}

    def append(self, row: Mapping[str, Any]) -> None:
        """Add an answer and see it to the disk."""
        path = self.path / "answers.jsonl"
        with path.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")  # what a kill left of a line stays a line of its own
            file.write((json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n").encode())
            file.flush()
            os.fsync(file.fileno())

    def settle(self, order: Iterable[str]) -> None:
        """Rewrite answers.jsonl in the order of the questions."""
        rows = self.raw_answers()
        temporary = self.path / ".answers.part"
        with temporary.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(rows[i], ensure_ascii=False, sort_keys=True) + "\n" for i in order if i in rows)
        temporary.replace(self.path / "answers.jsonl")
