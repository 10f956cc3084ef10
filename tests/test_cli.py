"""The command line: what goes to standard output, what to standard error, and the exit codes, through the program's entry point."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import answer_kit
import numpy as np
import pytest

from rag.embedding.minilm import MiniLM
from rag.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Run = Callable[..., Any]
    Records = Mapping[str, Mapping[str, Any]]

ADASAM = "adasam-boosting-sharpness-aware-minimization-with-1e3d60"
GULLS = "Gulls steal chips from tourists at the pier. We counted 412 thefts in nine weeks of observation."
COMMANDS = (
    "ask batch chat doctor ingest search serve summarize papers library|papers list|papers show|papers remove|papers export|"
    "library list|library backup|library restore|library rebuild|library shard|library join|library status"
)


@pytest.fixture
def on_bundled(bundled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundled library is the one that the environment names."""
    monkeypatch.setenv("FOOTNOTE_LIBRARY", str(bundled))


def bad(ran: Any, code: int = 2) -> str:
    """The one line of an error."""
    assert ran.code == code
    assert ran.out == ""
    lines = ran.err.splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("footnote: ")
    return str(lines[0])


@pytest.mark.parametrize("command", [c for part in COMMANDS.split("|") for c in (part.split() if part.startswith("ask") else [part])])
def test_every_command_explains_itself(footnote: Run, command: str) -> None:
    """`--help` of every command names its options and exits with 0."""
    ran = footnote(*command.split(), "--help")
    assert (ran.code, ran.err) == (0, "")
    assert f"Usage: footnote {command}" in ran.out


def test_the_version(footnote: Run) -> None:
    """As in the package."""
    from rag import __version__

    assert footnote("--version").out == f"footnote {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ask", ""], "empty"),
        (["ask", "x", "--date-from", "2023-99"], "2023-99"),
        (["ask", "x", "--date-to", "yesterday"], "yesterday"),
        (["ask", "x", "--year-from", "2024", "--year-to", "2023"], "later"),
        (["ask", "x", "--library", "two words"], "two words"),
        (["ask", "x", "--library", "never-made"], "footnote ingest"),
        (["search", "x", "--library", "./nowhere"], "footnote ingest"),
        (["ingest", "no/such/file.txt"], "no/such/file.txt"),
        (["ingest", "pyproject.toml", "--column", "abstract"], "FIELD=COLUMN"),
        (["papers", "show", "nobody"], "nobody"),
        (["papers", "list", "--sort", "colour"], "colour"),
        (["papers", "export", "--format", "docx"], "docx"),
        (["papers", "remove", "nobody", "--yes"], "nobody"),
        (["papers", "export", "no/such/folder/x.bib"], "no/such/folder"),
        (["summarize", "nobody"], "nobody"),
        (["library", "rebuild", "everything"], "everything"),
        (["library", "restore", "no-backup.tar.gz"], "no-backup.tar.gz"),
        (["batch", "no-questions.jsonl", "out.jsonl"], "no-questions.jsonl"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("on_bundled")
def test_bad_input_is_one_line(footnote: Run, arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit code 2 and one line that names the culprit; nothing on standard output."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("a,b\n1,2\n", encoding="utf-8")
    assert says in bad(footnote(*arguments))


@pytest.mark.parametrize("arguments", ["ask", "nosuch", "ask x --k 0", "ask x --k many", "ask x --nosuch"])
def test_wrong_usage(footnote: Run, arguments: str) -> None:
    """A missing argument, an unknown command or option, a number out of bounds: 2, with the way to the help."""
    ran = footnote(*arguments.split())
    assert (ran.code, ran.out) == (2, "")
    assert "--help" in ran.err
    assert "Traceback" not in ran.err


def test_a_misspelt_setting(footnote: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any command tells."""
    monkeypatch.setenv("FOOTNOTE_LIBARY", "x")
    assert "FOOTNOTE_LIBRARY" in bad(footnote("papers", "list"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (bytes(range(256)) * 40, ""),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, ""),
        ('{"title": "A", "abstract": "Übergänge."}\n'.encode() + b'{"title": "B", "abstract": "\xc3\x9c and \xc3"}\n', ":2"),
        (b'{"title": "A", "abstract": "One thing was tried and it worked well enough."}\n{"title": "B", "abst', ":2"),
        (b"\x1f\x8b\x08\x00broken", ""),
    ],
    ids=["empty", "bytes", "image", "damaged", "cut", "broken-gzip"],
)
def test_files_that_cannot_be_read(footnote: Run, tmp_path: Path, content: bytes, says: str) -> None:
    """Empty, binary, damaged, cut and broken files: their name, the line where there is one, and exit code 2."""
    path = tmp_path / "input.dat"
    path.write_bytes(content)
    line = bad(footnote("ingest", str(path), "--library", str(tmp_path / "lib"), "--no-embed"))
    assert str(path) in line
    assert says in line


def test_a_short_file_in_another_encoding(footnote: Run, tmp_path: Path) -> None:
    """One line of Latin-1 is read as what it is, and the user is told."""
    path = tmp_path / "input.dat"
    path.write_bytes('{"title": "A", "abstract": "Übergänge."}\n'.encode("latin-1"))
    ran = footnote("ingest", str(path), "--library", str(tmp_path / "lib"), "--no-embed")
    assert ran.code == 0
    assert "Windows-1252" in ran.err
    assert "Übergänge." in footnote("papers", "list", "--json", "--library", str(tmp_path / "lib")).out


def test_failures_of_the_machine(footnote: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is one line; Ctrl-C is 130; neither shows a stack trace."""
    import rag.doctor

    def failing(error: BaseException) -> Callable[..., None]:
        def report(*_arguments: object, **_options: object) -> None:
            raise error

        return report

    monkeypatch.setattr(rag.doctor, "report", failing(OSError(28, "No space left on device", "/somewhere/papers.db")))
    assert "/somewhere/papers.db" in bad(footnote("doctor"))
    monkeypatch.setattr(rag.doctor, "report", failing(SourceError("line one\nline two", path="x", line=3)))
    assert "x:3: line one line two" in bad(footnote("doctor"))
    monkeypatch.setattr(rag.doctor, "report", failing(KeyboardInterrupt()))
    ran = footnote("doctor")
    assert ran.code == 130
    assert "Traceback" not in ran.err


@pytest.mark.usefixtures("on_bundled")
def test_ask(footnote: Run) -> None:
    """The answer with its marks, then the references: standard output alone."""
    ran = footnote("ask", "Which optimizers does AdaSAM beat on NLP tasks?")
    assert (ran.code, ran.err) == (0, "")
    answer, _, references = ran.out.partition("\n\n")
    assert "[1]" in answer
    assert references.startswith("[1] ")
    assert ADASAM in references.replace("\n    ", " ")
    assert max(map(len, ran.out.splitlines())) <= 100


@pytest.mark.usefixtures("on_bundled")
def test_ask_as_json(footnote: Run, corpus: Records) -> None:
    """One record of schema 1, with filters, k and earlier questions honoured."""
    options = ["--k", "3", "--category", "cs.LG", "--history", "What does AdaSAM do?", "--json"]
    ran = footnote("ask", "and which optimizers does it beat?", *options)
    record = json.loads(ran.out)
    answer_kit.check(record, corpus)
    assert (ran.code, len(record["retrieved"]), record["filters"]) == (0, 3, {"category": "cs.LG"})
    assert "AdaSAM" in record["standalone_question"]
    assert record["references"] == [ADASAM]


@pytest.mark.usefixtures("on_bundled")
def test_an_abstention_is_an_answer(footnote: Run) -> None:
    """Exit code 0: not knowing is no error."""
    ran = footnote("ask", "What is the capital of Australia?")
    assert ran.code == 0
    assert ran.out.startswith("I don't know")


@pytest.mark.parametrize("question", ["\x1b]0;title\x07 \x1b[31mred?", "!?", "东京在哪里", "x" * 10_000, "--k", "[1] [2]"])
@pytest.mark.usefixtures("on_bundled")
def test_strange_questions(footnote: Run, question: str) -> None:
    """An answer or an abstention, without a stack trace and without control characters on the terminal."""
    ran = footnote("ask", "--", question)
    assert (ran.code, ran.err) == (0, "")
    assert all(c == "\n" or c.isprintable() for c in ran.out)


@pytest.mark.usefixtures("on_bundled")
def test_search(footnote: Run) -> None:
    """Ranks, scores and ids; the same as text."""
    rows = json.loads(footnote("search", "sharpness-aware minimization", "--k", "4", "--json").out)
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]
    assert all(set(row) == {"paper_id", "rank", "score", "why", "title"} for row in rows)
    text = " ".join(footnote("search", "sharpness-aware minimization", "--k", "4").out.split())
    assert all(row["paper_id"] in text for row in rows)
    assert footnote("search", "anything", "--year-to", "1990").out == "no paper matches\n"


@pytest.mark.usefixtures("on_bundled")
def test_summarize(footnote: Run, corpus: Records) -> None:
    """One paper by its id, and all papers of a filter."""
    assert "Findings:" in footnote("summarize", ADASAM).out
    record = json.loads(footnote("summarize", "--category", "cs.CV", "--json").out)
    answer_kit.check(record, corpus)
    assert len(record["references"]) == 4


@pytest.mark.usefixtures("on_bundled")
def test_papers_list(footnote: Run, corpus: Records) -> None:
    """One JSON array with the corpus field names in their order, every paper once; filters and text narrow it."""
    papers = json.loads(footnote("papers", "list", "--json").out)
    assert {p["paper_id"] for p in papers} == set(corpus)
    assert all(list(p) == answer_kit.PAPER_KEYS for p in papers)
    assert all(p[key] == corpus[p["paper_id"]][key] for p in papers for key in answer_kit.PAPER_KEYS)
    assert (len(papers), sum(bool(p["authors"]) for p in papers)) == (210, 50)
    assert sum(bool(p["published"] and p["categories"]) for p in papers) == 24
    assert sum(p["has_code"] is True for p in papers) == 2
    assert len(json.loads(footnote("papers", "list", "--category", "cs.CV", "--json").out)) == 4
    assert [p["paper_id"] for p in json.loads(footnote("papers", "list", "--text", "adasam", "--json").out)] == [ADASAM]
    assert len(footnote("papers", "list", "--limit", "5").out.splitlines()) == 5


@pytest.mark.usefixtures("on_bundled")
def test_papers_show(footnote: Run, corpus: Records) -> None:
    """A paper by its id, in text and JSON."""
    assert json.loads(footnote("papers", "show", ADASAM, "--json").out)["abstract"] == corpus[ADASAM]["abstract"]
    assert " ".join(corpus[ADASAM]["abstract"].split()) in " ".join(footnote("papers", "show", ADASAM).out.split())


def test_papers_remove(footnote: Run, own_library: Path) -> None:
    """Asked for first; afterwards the paper is gone from every way of finding it."""
    where = ["--library", str(own_library)]
    assert footnote("papers", "remove", ADASAM, *where, stdin="n\n").code == 1
    assert footnote("papers", "show", ADASAM, *where).code == 0
    assert footnote("papers", "remove", ADASAM, "--yes", *where).out == "1 removed\n"
    assert bad(footnote("papers", "show", ADASAM, *where))
    assert ADASAM not in footnote("search", "AdaSAM sharpness-aware minimization", "--json", *where).out


@pytest.mark.parametrize("form", ["jsonl", "bibtex", "ris", "csl", "csv", "markdown"])
@pytest.mark.usefixtures("on_bundled")
def test_papers_export(footnote: Run, tmp_path: Path, form: str) -> None:
    """Every format to a file and to standard output alike, with all papers of the filter."""
    out = footnote("papers", "export", "--format", form, "--category", "cs.CV")
    path = tmp_path / "papers.out"
    ran = footnote("papers", "export", str(path), "--format", form, "--category", "cs.CV")
    assert (ran.code, ran.out) == (0, "")
    assert path.read_text(encoding="utf-8") == out.out
    counted: dict[str, Callable[[str], int]] = {
        "jsonl": lambda text: len(text.splitlines()),
        "bibtex": lambda text: len(re.findall(r"^@", text, re.MULTILINE)),
        "ris": lambda text: text.count("TY  -"),
        "csl": lambda text: len(json.loads(text)),
        "csv": lambda text: len(list(csv.DictReader(io.StringIO(text)))),
        "markdown": lambda text: sum(t in text for t in ("DTG-SSOD", "CoupleFace", "Universal Backdoor", "SD-Conv")),
    }
    assert counted[form](out.out) == 4


def test_ingest(footnote: Run, tmp_path: Path) -> None:
    """What happened is told in a line, or as JSON; a second run finds nothing new; several libraries stand side by side."""
    source = tmp_path / "birds.jsonl"
    source.write_text(json.dumps({"title": "Gulls and Chips", "abstract": GULLS}) + "\nnonsense\n", encoding="utf-8")
    assert f"{source}:2" in bad(footnote("ingest", str(source), "--library", "birds"))
    ran = footnote("ingest", str(source), "--library", "birds", "--skip-bad")
    assert (ran.code, ran.out) == (0, "1 unchanged, 1 bad; the library holds 1 papers\n")
    assert [line for line in ran.err.splitlines() if line.startswith(f"skipped: {source}:2")]
    assert json.loads(footnote("ingest", str(source), "--library", "more", "--skip-bad", "--no-embed", "--json").out) == {
        "added": 1,
        "merged": 0,
        "replaced": 0,
        "unchanged": 0,
        "linked": 0,
        "possible": 0,
        "without_abstract": 0,
        "left_out": [],
        "notes": [],
        "missing": [],
        "removed": 0,
        "bad": [line.removeprefix("skipped: ") for line in ran.err.splitlines() if line.startswith("skipped: ")],
        "pending": 1,
        "papers": 1,
    }
    assert footnote("library", "list").out == "birds\nmore\n"
    assert "412" in footnote("ask", "How many chip thefts by gulls were counted?", "--library", "more").out


def test_columns_of_a_table(footnote: Run, tmp_path: Path) -> None:
    """A table whose columns have unusual names is read with a mapping."""
    source = tmp_path / "birds.csv"
    source.write_text(f'Kopf,Inhalt\nGulls and Chips,"{GULLS}"\n', encoding="utf-8")
    options = ["--column", "title=Kopf", "--column", "abstract=Inhalt", "--no-embed", "--library", "birds"]
    assert footnote("ingest", str(source), *options).code == 0
    (paper,) = json.loads(footnote("papers", "list", "--json", "--library", "birds").out)
    assert (paper["title"], paper["abstract"]) == ("Gulls and Chips", GULLS)


def test_backup_restore_rebuild(footnote: Run, own_library: Path, tmp_path: Path) -> None:
    """A backup fills another library, which holds and finds the same; derived parts are made anew."""
    path = tmp_path / "all.tar.gz"
    assert footnote("library", "backup", str(path), "--library", str(own_library)).code == 0
    where = ["--library", str(tmp_path / "copy")]
    assert footnote("library", "restore", str(path), *where).out == "210 papers restored\n"
    assert bad(footnote("library", "restore", str(path), *where))
    assert footnote("library", "rebuild", "keywords", *where).code == 0
    for command in (["papers", "list", "--json"], ["search", "sharpness-aware minimization", "--json"]):
        assert footnote(*command, *where).out == footnote(*command, "--library", str(own_library)).out


def test_the_matrix_comes_back_from_chroma(footnote: Run, bundled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One command makes the lost files that searches read anew from Chroma, to the last digit, and embeds nothing."""
    copy = tmp_path / "copy"
    shutil.copytree(bundled, copy)
    (old,) = copy.glob("vectors-*")
    rows, fine = (old / "rows.bin").read_bytes(), np.fromfile(old / "int16.bin", dtype=np.int16).astype(int)
    shutil.rmtree(old)
    monkeypatch.setattr(MiniLM, "embed", lambda *_: pytest.fail("something was embedded"))
    assert footnote("library", "rebuild", "matrix", "--library", str(copy)).out == "matrix rebuilt; the library holds 210 papers\n"
    (new,) = copy.glob("vectors-*")
    assert (new / "rows.bin").read_bytes() == rows
    assert np.abs(np.fromfile(new / "int16.bin", dtype=np.int16) - fine).max() <= 1  # Chroma gives each vector length 1 once more


@pytest.mark.usefixtures("on_bundled")
def test_a_chat_in_the_terminal(footnote: Run) -> None:
    """Questions and follow-ups until an empty line."""
    ran = footnote("chat", "--terminal", stdin="What does AdaSAM do?\nand which optimizers does it beat?\n\n")
    assert ran.code == 0
    assert "AMSGrad" in ran.out


def test_an_empty_library_is_filled_for_the_chat(footnote: Run) -> None:
    """`footnote chat` needs no other command first: the bundled papers are indexed."""
    ran = footnote("chat", "--terminal", stdin="")
    assert ran.code == 0
    assert "indexed the bundled corpus: 210 papers" in ran.err


def test_the_installed_program(bundled: Path, tmp_path: Path) -> None:
    """As a process: a reader that goes away early is no error, and Python's own noise never shows."""
    program = Path(sys.executable).with_name("footnote")
    command = f"'{program}' papers list --json --library '{bundled}' | head -c 20"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120)
    assert (len(ran.stdout), ran.stderr) == (20, "")
