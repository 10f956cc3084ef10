"""The shape of the code: floors, light imports, declared dependencies, and documents that tell the truth."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import subprocess
import sys
import tomllib
import warnings
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rag.config import PREFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGES = ("rag", "ui", "eval")
HEAVY = tuple("chromadb onnx onnxruntime llama_index gradio numpy openai tantivy tiktoken tokenizers torch fastapi uvicorn".split())
LONG_LINES = 250


def modules(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    """Every Python file of the folders, parsed."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> set[str]:
    """Full names of what is imported anywhere in the tree."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def at_start(tree: ast.Module) -> set[str]:
    """What importing the module imports: outside functions and type-checking blocks."""
    kept: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            kept.append(node)
    return imported(ast.Module(body=kept, type_ignores=[]))


def loaded_after(statement: str) -> set[str]:
    """The modules that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, timeout=120)
    return set(ran.stdout.split())


@pytest.mark.parametrize("statement", ["import rag", "import rag.cli"])
def test_imports_are_light(statement: str) -> None:
    """Neither the package nor the command line loads anything heavy before a command runs."""
    assert loaded_after(statement) & set(HEAVY) == set()


def test_the_floors_hold() -> None:
    """import-linter's contracts, as `make check` runs them."""
    ran = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], capture_output=True, text=True, check=False, cwd=ROOT, timeout=120
    )
    assert ran.returncode == 0, ran.stdout[-3000:]


def test_page_evaluation_and_command_line_stand_apart() -> None:
    """None of the three imports another when it is imported."""
    own = {"rag/cli": ("ui", "eval"), "ui": ("rag.cli", "eval"), "eval": ("rag.cli", "ui")}
    for folder, others in own.items():
        for path, tree in modules(folder):
            names = at_start(tree)
            assert not [n for n in names if any(n == o or n.startswith(f"{o}.") for o in others)], path


@pytest.mark.parametrize(
    ("package", "owners"),
    [
        ("chromadb", ("rag/store/",)),
        ("tiktoken", ("rag/tokens.py",)),
        ("tantivy", ("rag/lexical",)),
        ("gradio", ("ui/",)),
        ("citeproc", ("rag/sources/citing.py",)),
        ("onnxruntime", ("rag/embedding/", "rag/reading/")),
    ],
)
def test_a_package_has_one_owner(package: str, owners: tuple[str, ...]) -> None:
    """Each third-party part is spoken to in one place, so that its quirks stay there."""
    users = [str(path) for path, tree in modules(*PACKAGES) if any(n.split(".")[0] == package for n in imported(tree))]
    assert users
    assert [u for u in users if not u.startswith(owners)] == []


def test_the_environment_is_read_in_one_place() -> None:
    """Settings come through rag/config.py: nothing else looks for FOOTNOTE_ variables by name."""
    asking = re.compile(r"(?:environ|getenv)[^\n]{0,20}['\"]FOOTNOTE_")
    found = [path for path, _ in modules(*PACKAGES) if asking.search((ROOT / path).read_text(encoding="utf-8"))]
    assert found == []


def test_rag_is_quiet() -> None:
    """The library neither prints nor configures logging; only the command line speaks."""
    for path, tree in modules("rag"):
        if path.parts[:2] == ("rag", "cli"):
            continue
        calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert not {"print", "logging.basicConfig"} & set(calls), path


def test_every_import_is_declared() -> None:
    """What the code imports directly stands in pyproject.toml, not only somewhere below another dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = [
        re.match(r"[\w.-]+", entry)
        for entry in (*project["dependencies"], *(x for name, own in extras.items() if name != "dev" for x in own))
    ]
    shipped = {normalised(m.group()) for m in named if m}
    dev = shipped | {normalised(m.group()) for m in (re.match(r"[\w.-]+", entry) for entry in extras["dev"]) if m}
    providers = packages_distributions()
    scripts = {path.stem for folder in ("scripts", "training") for path in (ROOT / folder).glob("*.py")}
    local = (
        scripts
        | {path.stem for path in (ROOT / "tests").rglob("*") if path.suffix in {".py", ""}}
        | {
            "rag",
            "ui",
            "eval",
            "bench",
            "tests",
            "scripts",
        }
    )
    for folders, declared in ((PACKAGES, shipped), (("tests", "scripts"), dev)):
        for path, tree in modules(*folders):
            for name in {n.split(".")[0] for n in imported(tree)} - set(sys.stdlib_module_names) - local:
                by = {normalised(d) for d in providers.get(name, [name])}
                assert by & declared, f"{path} imports {name}, of {by}"


def normalised(name: str) -> str:
    """A distribution's name in its one spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-dev.txt"])
def test_constraints_are_exact_and_free_of_addresses(name: str) -> None:
    """Every requirement has one version and hashes; no index, no link."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    assert "://" not in text
    assert "--index" not in text
    assert "find-links" not in text
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) > 50
    assert [line[:60] for line in lines if not re.match(r"\S+==\S+( ;[^#]*?)? .*--hash=sha256:[0-9a-f]{64}", line)] == []
    assert not re.search(r"^(?:torch|sentence-transformers|nvidia-\S+)==", text, re.MULTILINE) or name != "constraints.txt"


def test_files_are_small() -> None:
    """Files keep to one idea; those beyond 250 lines are told, not forbidden."""
    long = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path, _ in modules(*PACKAGES, "tests")}
    long = {path: lines for path, lines in long.items() if lines > LONG_LINES}
    if long:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"beyond {LONG_LINES} lines: {long}", stacklevel=1)


def test_the_settings_table_is_complete() -> None:
    """A row in the README for every setting, with its default and its description as the code has them, and no other row."""
    rows = re.findall(r"^\| `(FOOTNOTE_\w+)` \| (.*?) \| (.*) \|$", README, re.MULTILINE)
    expected = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`" if str(field.default) else ""
        expected.append((PREFIX + name.upper(), default, field.description))
    assert rows == expected


def commands() -> set[str]:
    """Every command as typed: `ask`, `papers list`, ..."""
    from typer.main import get_command

    from rag.cli import app

    found = set()
    top: Any = get_command(app)
    for name, command in top.commands.items():
        inner = getattr(command, "commands", None)
        found |= {f"{name} {sub}" for sub in inner} if inner else {name}
    return found


def told(text: str) -> set[str]:
    r"""The commands that a text names, `footnote papers list\|show` unfolded."""
    found = set()
    for first, rest in re.findall(r"footnote ([a-z]+)(?: ([a-z]+(?:\\?\|[a-z]+)*))?", text):
        found |= {first} | {f"{first} {sub}" for sub in re.split(r"\\?\|", rest) if sub}
    return found


def test_every_command_is_told() -> None:
    """The README names all commands, and none that does not exist."""
    known = commands()
    assert known - told(README) == set()
    quoted = told("\n".join(re.findall(r"`(footnote [^`]*)`", README)))
    groups = {c.split()[0] for c in known}
    assert {c for c in quoted if " " not in c} <= groups


def test_every_make_target_that_is_told_exists() -> None:
    """`make chat` and the others."""
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE)) <= targets
    assert {"chat", "ask", "ingest", "test", "eval", "bench", "check"} <= targets


def test_links_lead_somewhere() -> None:
    """Files that the README links or shows are there."""
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("path", ["README.md", "corpus/README.md"])
def test_nothing_is_left_to_fill_in(path: str) -> None:
    """No placeholder such as SOME_FIGURE remains."""
    text = re.sub(r"FOOTNOTE_\w*|[A-Z_]*OPENAI_\w+|NAME_OR_DIR", "", (ROOT / path).read_text(encoding="utf-8"))
    assert re.findall(r"\b[A-Z]+_[A-Z_]+\b", text) == []


def test_the_readme_s_answer_is_the_answer(footnote: Callable[..., Any], bundled: Path) -> None:
    """The question in the README, asked of the bundled papers, gives the answer that is printed there."""
    examples = re.findall(r'^\$ footnote ask "(.+)"\n(.*?)^```', README, re.MULTILINE | re.DOTALL)
    assert examples
    for question, expected in examples:
        assert footnote("ask", question, "--library", str(bundled)).out.strip() == expected.strip()


@pytest.mark.parametrize("path", [str(p) for p, _ in modules("rag", "eval") if ">>> " in (ROOT / p).read_text(encoding="utf-8")])
def test_examples_in_docstrings(path: str) -> None:
    """What a docstring shows is what happens."""
    module = importlib.import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
