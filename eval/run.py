"""Run the questions: build or find the libraries, ask, record, score.

Base questions and their wordings are asked of the clean library. Injection twins are asked of copies with the plants in: as many copies
as needed so that each paper carries one plant, which is harsher than one plant at a time and far cheaper.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval import setup
from eval.derive import derive
from eval.fingerprint import eval_fingerprint, git_commit, question_sha, system_fingerprint
from eval.folder import RunFolder
from eval.gold import GOLD_SCHEMA, Question
from eval.mutate import DAMAGES
from eval.shelf import CLEAN, Shelf
from rag.errors import FootnoteError, PaperNotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rag.assistant import Assistant
    from rag.config import Settings
    from rag.library import Library
    from rag.schema import Paper
    from rag.spreading import Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run is told: questions, corpus, settings to change, mode."""

    questions: Sequence[Question]
    corpus: Sequence[Path]
    split: str
    changes: Mapping[str, str]
    llm: bool = False
    jobs: int = 1
    ray: str | None = None
    """A Ray cluster whose workers are asked, one a job."""
    damage: str | None = None
    label: str | None = None

    @property
    def mode(self) -> str:
        """As `Assistant.ask` takes it."""
        return "llm" if self.llm else "extractive"


class Listener:
    """Hears how a run goes; the command line draws it. Every method may be called from any thread."""

    def stage(self, text: str) -> None:
        """A new stage begins."""

    def ingest(self, progress: Any) -> None:
        """A library is being built."""

    def begin(self, total: int, done: int) -> None:
        """Asking begins; `done` questions were answered before."""

    def answered(self, row: Mapping[str, Any]) -> None:
        """A question was answered, or failed."""


def resolve(questions: Sequence[Question], library: Library) -> tuple[list[Question], Shelf]:
    """The questions with gold from metadata filled in and paper ids as this library has them, and a shelf with the gold papers."""
    papers = [p.to_dict() for p in library.list()]
    shelf = Shelf()
    known: dict[str, str] = {}

    def current(paper_id: str) -> str:
        if paper_id not in known:
            try:
                paper = library.get(paper_id)
            except PaperNotFound:
                known[paper_id] = paper_id
            else:
                known[paper_id] = paper.paper_id
                shelf.put(CLEAN, [paper.to_dict()])
        return known[paper_id]

    def renamed(question: Question) -> Question:
        evidence = [
            e.model_copy(update={"any_of": [a.model_copy(update={"paper_id": current(a.paper_id)}) for a in e.any_of]})
            for e in question.evidence
        ]
        inject = question.inject and question.inject.model_copy(update={"paper_id": current(question.inject.paper_id)})
        return question.model_copy(update={"evidence": evidence, "inject": inject})

    return [renamed(derive(q, papers)) for q in questions], shelf


def plants(questions: Sequence[Question]) -> dict[str, list[Question]]:
    """Injection twins by the library they are asked of, each paper planted once in a library: "plants-1", "plants-2", ...

    Twins that plant the same text in the same paper share it.
    """
    rounds: list[dict[str, str]] = []
    grouped: dict[str, list[Question]] = {}
    for question in questions:
        if question.inject is None:
            continue
        paper_id, text = question.inject.paper_id, question.inject.text
        at = next((n for n, r in enumerate(rounds) if r.get(paper_id, text) == text), len(rounds))
        if at == len(rounds):
            rounds.append({})
        rounds[at][paper_id] = text
        grouped.setdefault(f"plants-{at + 1}", []).append(question)
    return grouped


def planted(papers: Sequence[Paper], twins: Sequence[Question]) -> list[Paper]:
    """The papers with the twins' orders at the end of their abstracts."""
    import dataclasses

    orders = {q.inject.paper_id: q.inject.text for q in twins if q.inject is not None}
    return [dataclasses.replace(p, abstract=f"{p.abstract} {orders[p.paper_id]}") if p.paper_id in orders else p for p in papers]


def run(plan: Plan, base: Path, *, resume: bool = False, listener: Listener | None = None) -> RunFolder:
    """Answer every question of the plan and return the run's folder, answered and with its papers, not yet scored.

    With `resume`, goes on with the newest unfinished run of the same plan and system, where there is one.
    """
    hear = listener or Listener()
    placeholder = setup.make_settings(base, plan.changes, llm=plan.llm)
    embedder = setup.load_embedder(placeholder)
    source = setup.from_files(plan.corpus)
    hear.stage("building the library, or finding it built")
    clean = setup.build(source, embedder, progress=hear.ingest)
    with setup.opened(clean, embedder) as library:
        questions, shelf = resolve(plan.questions, library)
        papers = library.list()
        libraries = {CLEAN: clean}
        for name, twins in plants(questions).items():
            hear.stage(f"planting orders in {len({q.inject.paper_id for q in twins if q.inject})} abstracts")
            poisoned = planted(papers, twins)
            libraries[name] = setup.build(setup.from_papers(poisoned), embedder, progress=hear.ingest)
            ids = {q.inject.paper_id for q in twins if q.inject}
            shelf.put(name, (p.to_dict() for p in poisoned if p.paper_id in ids or any(p.paper_id in q.grades for q in twins)))
    folder = _folder(plan, placeholder, source.sha, questions, base, resume=resume)
    _ask_all(plan, placeholder, folder, questions, libraries, shelf, hear)
    return folder


def _folder(plan: Plan, settings: Settings, corpus: str, questions: Sequence[Question], base: Path, *, resume: bool) -> RunFolder:
    manifest = {
        "system": system_fingerprint(corpus=corpus, settings={**setup.described(settings), "mode": plan.mode}, damage=plan.damage),
        "eval": eval_fingerprint(),
        "gold": {"schema": GOLD_SCHEMA, "questions": {q.id: question_sha(q) for q in questions}},
        "split": plan.split,
        "mode": plan.mode,
        "jobs": plan.jobs,
        "label": plan.label,
        "corpus": [p.name for p in plan.corpus],
        "commit": git_commit(),
    }
    if resume:
        for path in sorted(base.glob("*/manifest.json"), reverse=True):
            found = RunFolder(path.parent)
            same = all(found.manifest.get(k) == manifest[k] for k in ("system", "gold", "mode", "split"))
            if same and found.manifest["state"] == "running":
                return found
    return RunFolder.create(base, manifest, questions)


def _ask_all(
    plan: Plan,
    settings: Settings,
    folder: RunFolder,
    questions: Sequence[Question],
    libraries: Mapping[str, Path],
    shelf: Shelf,
    hear: Listener,
) -> None:
    """Ask what has no answer yet; failed questions are asked again on resuming. Each thread has an assistant a library."""
    homes = {q.id: name for name, twins in plants(questions).items() for q in twins}
    done = {i for i, row in folder.raw_answers().items() if row.get("answer") is not None}
    open_questions = [q for q in questions if q.id not in done]
    hear.stage("asking")
    hear.begin(len(questions), len(done))
    local = threading.local()
    opened: list[Assistant | Asker] = []
    writing = threading.Lock()
    damage = DAMAGES[plan.damage] if plan.damage else None

    cluster, jobs = None, max(1, plan.jobs)
    if plan.ray is not None:
        from rag.cluster import connect

        cluster = connect(plan.ray)
        jobs = max(jobs, int(cluster.cluster_resources().get("CPU", 1)))

    def assistant_for(library: str) -> tuple[Assistant | Asker, bool]:
        from rag.assistant import Assistant
        from rag.spreading import Asker

        mine: dict[str, Assistant | Asker] = local.__dict__.setdefault("assistants", {})
        fresh = library not in mine
        if fresh:
            wanted = setup.make_settings(libraries[library], plan.changes, llm=plan.llm)
            mine[library] = Assistant.open(wanted) if cluster is None else Asker(cluster, wanted)
            with writing:
                opened.append(mine[library])
        return mine[library], fresh

    def ask(question: Question) -> None:
        library = homes.get(question.id, CLEAN)
        row: dict[str, Any] = {"id": question.id, "library": library}
        began = time.perf_counter()
        try:
            assistant, row["cold"] = assistant_for(library)
            answer = assistant.ask(
                question.question,
                history=question.history,
                filters=question.explicit_filters or None,
                k=settings.k,
                mode="llm" if plan.llm else "extractive",
            ).to_dict()
        except FootnoteError as error:
            row["error"] = f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - a defect in one answer is a finding of the run, not its end
            row["error"] = f"{type(error).__name__}: {error}"
        else:
            papers = answer.pop("papers", [])
            row["answer"] = damage(question, answer, papers) if damage is not None else answer
        row["wall_s"] = round(time.perf_counter() - began, 4)
        with writing:
            folder.append(row)
        hear.answered(row)

    try:
        with ThreadPoolExecutor(max_workers=jobs) as pool:
            for future in [pool.submit(ask, q) for q in open_questions]:
                future.result()
    finally:
        for assistant in opened:
            assistant.close()
    _complete_shelf(folder, libraries, shelf)
    folder.settle(q.id for q in questions)
    shelf.write(folder.path / "papers.jsonl")


def _complete_shelf(folder: RunFolder, libraries: Mapping[str, Path], shelf: Shelf) -> None:
    """Fetch the papers that answers rank, cite or read from the libraries themselves, not from what the answers say of them."""
    wanted: dict[str, set[str]] = {}
    for row in folder.rows.values():
        if row.answer is not None:
            ids = {*row.answer.ranking, *row.answer.cited, *(c.paper_id for c in row.answer.context)}
            wanted.setdefault(row.library, set()).update(i for i in ids if shelf.get(row.library, i) is None)
    for name, ids in wanted.items():
        if ids and name in libraries:
            with setup.opened(libraries[name], None) as library:
                shelf.put(name, (p.to_dict() for p in library.list() if p.paper_id in ids))
