"""Keeping: chats saved in the browser, reopened with their references; answers exported, each format read back by a library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import bibtexparser
import pytest
import rispy
from playwright.sync_api import expect

if TYPE_CHECKING:
    from page_kit import Desk

pytestmark = pytest.mark.browser


def test_a_saved_chat_opens_again_with_its_references(desk: Desk) -> None:
    """After a reload the chat is in the list; opened, it has its answers, numbers, cards and marks, and can be continued."""
    turn = desk.ask()
    said = turn.locator(".answer").inner_text()
    desk.page.reload(wait_until="commit")
    desk.page.get_by_role("button", name="What is MathOctopus trained on?", exact=True).click()
    expect(desk.turns.first.locator(".answer")).to_have_text(said, use_inner_text=True)
    desk.turns.first.locator("a.cite").first.click()
    expect(desk.page.locator("#sources-1 mark.now").first).to_be_in_viewport()
    second = desk.ask("and how well does it do on GSM8K?")
    assert second.locator("a.cite").count() >= 1
    expect(desk.page.locator(".chats li")).to_have_count(1)


def test_a_new_chat_is_a_new_entry_and_chats_can_be_deleted(desk: Desk) -> None:
    """New chat empties the page and keeps the old one; deleting takes it out of the browser."""
    desk.ask()
    desk.page.get_by_role("button", name="New chat").click()
    expect(desk.page.locator(".welcome")).to_be_visible()
    expect(desk.page.locator("#panel .sources")).to_have_count(0)
    desk.ask("How fast is Quibbletron?")
    rows = desk.page.locator(".chats li")
    expect(rows).to_have_count(2)
    desk.page.get_by_label("More for chat: What is MathOctopus trained on?").click()
    desk.page.get_by_role("button", name="Delete chat: What is MathOctopus trained on?").click()
    expect(rows).to_have_count(1)
    kept = desk.page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('footnote:chat:')).length")
    assert kept == 1


def test_a_spoilt_record_is_refused(desk: Desk) -> None:
    """What the browser hands back is checked: nonsense gives a notice and changes nothing."""
    desk.ask()
    desk.page.evaluate(
        "() => { const key = Object.keys(localStorage).find(k => k.startsWith('footnote:chat:'));"
        " localStorage.setItem(key, JSON.stringify([{v: 1, answer: {question: 7, statements: 'x'}}])); }"
    )
    desk.page.get_by_role("button", name="What is MathOctopus trained on?", exact=True).click()
    expect(desk.page.get_by_text("the saved chat can't be read")).to_be_visible()
    expect(desk.turns).to_have_count(1)


def test_answers_are_exported_with_only_the_cited_papers(desk: Desk) -> None:
    """Markdown, BibTeX, RIS and CSL-JSON; the parsers find exactly the papers behind [1..n]."""
    desk.ask("How many pebbles does Quibbletron sort?")
    titles = desk.page.locator("#sources-1 article.card h4 > span:last-child").all_inner_texts()
    files = {}
    for name in ("Markdown", "BibTeX", "RIS", "CSL-JSON"):
        desk.page.locator("#transcript summary", has_text="Export").click()
        with desk.page.expect_download() as download:
            desk.page.get_by_role("button", name=f"Export answer 1 as {name}").click()
        files[name] = Path(download.value.path()).read_text(encoding="utf-8")
    assert [e["title"].replace("{", "").replace("}", "") for e in bibtexparser.loads(files["BibTeX"]).entries] == titles
    assert [entry["title"] for entry in rispy.loads(files["RIS"])] == titles
    assert [entry["title"] for entry in json.loads(files["CSL-JSON"])] == titles
    assert "# How many pebbles does Quibbletron sort?" in files["Markdown"]
    assert all(title.split(":")[0] in files["Markdown"] for title in titles)


def test_a_citation_and_an_answer_can_be_copied(desk: Desk) -> None:
    """The clipboard gets the reference as a line, and the answer as text with its references: no markup."""
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.ask()
    desk.page.get_by_role("button", name="Copy citation [1]").click()
    expect(desk.page.get_by_text("Copied")).to_be_visible()
    line = desk.page.evaluate("navigator.clipboard.readText()")
    assert line
    assert "<" not in line
    assert "\n" not in line
    desk.page.get_by_role("button", name="Copy answer 1").click()
    desk.page.wait_for_function("async () => (await navigator.clipboard.readText()).startsWith('What is MathOctopus')")
    text = desk.page.evaluate("navigator.clipboard.readText()")
    assert "[1]" in text
    assert "<" not in text
