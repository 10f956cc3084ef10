"""One question of a run in the terminal: what was asked, found, said and missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from eval import console
from eval.finish import score_all
from eval.folder import RunMissing

if TYPE_CHECKING:
    from eval.folder import RunFolder

_SIGN = {"full": "[green]✓[/]", "partial": "[yellow]◐[/]", "none": "[red]✗[/]"}


def show(folder: RunFolder, question_id: str) -> None:
    """Print the question. RunMissing where the run did not ask it."""
    scored, rows = score_all(folder)
    found = next((s for s in scored if s.question.id == question_id), None)
    if found is None:
        raise RunMissing(f"{folder.name} has no question {question_id!r}; its report lists them")
    q, row, say = found.question, rows[question_id], console.out.print
    say(f"[bold]{escape(q.question)}[/]  [dim]{q.type}, {q.split}, {q.variant}[/]")
    for earlier in q.history:
        say(f"  [dim]after:[/] {escape(earlier)}")
    say(f"outcome: {found.detail['outcome']}" + (f" (not answerable: {q.unanswerable_reason})" if not q.answerable else ""))
    if row.answer is None:
        say(f"[red]{escape(str(row.error))}[/]")
        return
    answer, shelf = row.answer, folder.shelf
    if answer.abstained:
        say(f"refused ({answer.abstain_reason}): {escape(answer.answer)}")
    for n, said in enumerate(answer.statements):
        held = found.detail.get("supported", [])
        mark = "[green]│[/]" if n < len(held) and held[n] else "[red]│[/]"
        say(f"{mark} {escape(said.text)} [dim]{escape(', '.join(dict.fromkeys(c.paper_id for c in said.citations)))}[/]")
    details = {n["id"]: n for n in found.detail.get("nuggets", ())}
    for nugget in q.nuggets:
        detail = details[nugget.id]
        missing = f"; missing: {'; '.join(detail['missing'])}" if detail["missing"] else ""
        say(f"{_SIGN[detail['presence']]} {escape(nugget.text)} [dim]{nugget.importance}, {detail['stage']}{escape(missing)}[/]")
    for text in found.detail.get("forbidden", ()):
        say(f"[red]said, though forbidden:[/] {escape(text)}")
    for rank, paper_id in enumerate(answer.ranking[:5], 1):
        paper = shelf.get(row.library, paper_id)
        gold = "[green]" if q.grades.get(paper_id, 0) else "[default]"
        say(f"{rank}. {gold}{escape(str(paper['title'] if paper else paper_id))}[/]")
    for paper_id in sorted(set(q.grades) - set(answer.ranking[:5])):
        rank_text = answer.ranking.index(paper_id) + 1 if paper_id in answer.ranking else "not found"
        say(f"   [yellow]gold at {rank_text}:[/] {paper_id}")
    say("[dim]" + ", ".join(f"{n} {s.value:.3g}" for n, s in sorted(found.scores.items()) if s.value is not None) + "[/]")
