"""The library on the page: search, sort, page through, open, summarise, ask about, add and remove."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from page_kit import Desk
    from playwright.sync_api import Route

pytestmark = pytest.mark.browser


def _papers(count: int, word: str) -> str:
    """Papers of one invented word, as JSON lines."""
    records = [
        {
            "title": f"{word}{n}: a device",
            "abstract": f"{word}{n} is a device for measuring {word} dust. {word}{n} weighs {n + 3} grams and is made of tin.",
        }
        for n in range(count)
    ]
    return "".join(json.dumps(record) + "\n" for record in records)


def _upload(desk: Desk, path: Path, expected: str) -> str:
    """Add a file through the page; the report, which says what is expected."""
    desk.tab("Add papers")
    desk.page.locator("input[type=file]").set_input_files(path)
    desk.page.get_by_role("button", name="Add these papers").click()
    said = desk.page.locator("#outcome").locator(".report, .fn-error")
    expect(said).to_contain_text(expected)
    return str(said.inner_text())


def test_papers_are_added_found_summarised_and_removed(desk: Desk, tmp_path: Path) -> None:
    """Upload with a report; the papers answer at once; chosen ones are summarised; removing asks first."""
    file = tmp_path / "florbs.jsonl"
    file.write_text(_papers(3, "Florb"), encoding="utf-8")
    _upload(desk, file, "3 new")
    desk.tab("Ask")
    turn = desk.ask("How much does Florb1 weigh?")
    expect(turn.locator(".answer")).to_contain_text("4 grams")

    desk.tab("Library")
    desk.page.get_by_label("Search papers").fill("Florb")
    rows = desk.page.locator("ul.papers li")
    expect(rows).to_have_count(3)
    for n in range(3):
        desk.page.get_by_role("checkbox", name=f"Choose Florb{n}: a device").check()
    expect(desk.page.get_by_text("3 chosen")).to_be_visible()
    desk.page.get_by_role("button", name="Summarise chosen").click()
    expect(desk.turns).to_have_count(2)
    expect(desk.page.locator("#sources-2 article.card")).to_have_count(3)

    desk.tab("Library")
    desk.page.get_by_role("button", name="Remove chosen").click()
    expect(desk.page.get_by_text("Remove 3 papers from the library for good?")).to_be_visible()
    desk.page.get_by_role("button", name="Keep them").click()
    expect(desk.page.get_by_text("Remove 3 papers from the library for good?")).to_be_hidden()
    expect(rows).to_have_count(3)
    desk.page.get_by_role("button", name="Remove chosen").click()
    desk.page.get_by_role("button", name="Remove for good").click()
    expect(desk.page.get_by_role("checkbox", name="Choose Florb1: a device")).to_have_count(0)


def test_a_bad_file_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    """A bad line names file and line, and nothing of the file is stored; one more press adds the rest and reports it."""
    lines = _papers(2, "Wuggle").splitlines()
    file = tmp_path / "wuggles.jsonl"
    file.write_text(f"{lines[0]}\n{{broken\n{lines[1]}\n", encoding="utf-8")
    report = _upload(desk, file, "Nothing was added")
    assert "wuggles.jsonl, line 2" in report
    desk.tab("Library")
    desk.page.get_by_label("Search papers").fill("Wuggle")
    expect(desk.page.get_by_role("checkbox", name="Choose Wuggle0: a device")).to_have_count(0)
    desk.tab("Add papers")
    desk.page.get_by_role("button", name="Skip the bad lines and add the rest").click()
    said = desk.page.locator("#outcome .report")
    expect(said).to_contain_text("2 new")
    report = said.inner_text()
    assert "1 bad line skipped" in report
    assert "/tmp" not in report


def test_a_paper_opens_with_its_cited_summary_and_can_be_asked_about(desk: Desk) -> None:
    """Problem, method and findings lead into the marked abstract; the chat is then narrowed to this paper."""
    desk.tab("Library")
    desk.page.get_by_label("Search papers").fill("Quibbletron")
    desk.page.get_by_role("button", name="Quibbletron: sorting of river pebbles by sound").click()
    opened = desk.page.locator("#opened")
    opened.locator("a.cite").first.click()
    expect(opened.locator("mark.now").first).to_be_in_viewport()
    opened.get_by_role("button", name="Ask about this paper").click()
    expect(desk.page.get_by_role("list", name="Narrowed to")).to_contain_text("Quibbletron")
    desk.ask("How many pebbles a minute?")
    expect(desk.page.locator("#sources-1 article.card")).to_have_count(1)


def test_the_list_is_sorted_and_paged(desk: Desk) -> None:
    """Twenty papers a page; the next page begins where the first ended; newest first puts dated papers on top."""
    desk.tab("Library")
    rows = desk.page.locator("ul.papers li")
    expect(rows).to_have_count(20)
    first = rows.first.inner_text()
    desk.page.get_by_role("button", name="Next").click()
    expect(desk.page.get_by_role("navigation", name="Pages of the list")).to_contain_text("21 to 40")
    assert rows.first.inner_text() != first
    desk.page.get_by_role("button", name="Previous").click()
    expect(desk.page.get_by_role("navigation", name="Pages of the list")).to_contain_text("1 to 20")
    desk.page.get_by_label("Sort by").click()
    desk.page.get_by_role("option", name="Newest first").click()
    expect(rows.first.locator(".facts")).to_contain_text(re.compile(r"20\d\d"))


def test_adding_does_not_block_chatting(desks: Callable[..., Desk], tmp_path: Path) -> None:
    """While one visitor's file is being added, another one's question is answered."""
    file = tmp_path / "many.jsonl"
    file.write_text(_papers(150, "Snorple"), encoding="utf-8")
    adding, asking = desks(), desks()
    adding.tab("Add papers")
    adding.page.locator("input[type=file]").set_input_files(file)
    adding.page.get_by_text(file.name).first.wait_for()
    adding.page.get_by_role("button", name="Add these papers").click()
    turn = asking.ask()
    assert turn.locator("a.cite").count() >= 1
    said = adding.page.locator("#outcome").locator(".report, .fn-error")
    said.wait_for()
    assert "150 new" in said.inner_text()


def test_adding_waits_for_a_file_that_is_on_its_way(desk: Desk, tmp_path: Path) -> None:
    """Pressed while the file is being sent, as a quick reader or a slow machine does: the file is added when it has come."""
    file = tmp_path / "slow.jsonl"
    file.write_text(_papers(2, "Brimble"), encoding="utf-8")

    def late(route: Route) -> None:
        desk.page.wait_for_timeout(1500)
        route.continue_()

    desk.page.route("**/gradio_api/upload*", late)
    _upload(desk, file, "2 new")


def test_a_file_that_is_too_large_is_told_at_once(desk: Desk, tmp_path: Path) -> None:
    """Its size and the limit, in one line, before anything of it is sent; and a PDF is told what to export."""
    file = tmp_path / "large.jsonl"
    file.write_bytes(b" " * 26_000_000)
    desk.tab("Add papers")
    desk.page.locator("input[type=file]").set_input_files(file)
    expect(desk.page.locator("#fn-said")).to_contain_text("large.jsonl has 26.0 MB; at most 25 MB")
    assert not [url for url in desk.requests if "/upload" in url]
    pdf = tmp_path / "paper.pdf"
    pdf.write_bytes(b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n<<>>\nendobj\n")
    assert "export the records as BibTeX" in _upload(desk, pdf, "PDF")
