"""Coming back: reload, Back and links; drafts, questions that wait, answers that are stopped or that two pages ask for; undo."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from page_kit import QUESTION, Desk, serve
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fakes.openai_server import FakeOpenAI
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

IN_VIEW = """() => {
  const view = document.getElementById('scroll').getBoundingClientRect();
  const asked = [...document.querySelectorAll('#transcript .asked, #live .asked')].at(-1).getBoundingClientRect();
  return asked.top >= view.top - 4 && asked.bottom <= view.bottom + 4;
}"""
"""Whether the newest question is in the view."""


def test_the_newest_question_is_always_in_view(desk: Desk) -> None:
    """After each of ten answers, short ones, lists and refusals, its question can be seen; scrolled away, a button leads back."""
    questions = [
        *(QUESTION, "Which papers are about language models?", "Who won the chess championship of Reykjavik in 1972?"),
        *("What is Quibbletron?", "How does MathOctopus compare with ChatGPT?", "What does Zibbernet prune?"),
        *("How fast is Quibbletron?", "Which papers are about knowledge distillation?", QUESTION, "What is DB-LLM?"),
    ]
    for question in questions:
        desk.ask(question)
        desk.page.wait_for_function(IN_VIEW)
        desk.page.wait_for_timeout(200)
        assert desk.page.evaluate(IN_VIEW), question
    latest = desk.page.get_by_role("button", name="Latest answer")
    expect(latest).to_be_hidden()
    desk.page.locator("#scroll").hover()
    desk.page.mouse.wheel(0, -20000)
    expect(latest).to_be_visible()
    latest.click()
    desk.page.wait_for_function(IN_VIEW)
    expect(latest).to_be_hidden()


def _slow(desk: Desk, fake: FakeOpenAI, question: str = QUESTION) -> None:
    """An answer by a model that has begun and goes on when `fake.gate` is opened."""
    desk.use_model(fake.behave("slow"))
    desk.box.fill(question)
    desk.box.press("Enter")
    desk.page.locator("#live .st").first.wait_for()


def test_an_answer_under_way_survives_a_reload(desk: Desk, fake: FakeOpenAI) -> None:
    """The page comes back to the same answer, which the model was asked for once, and to the model; what follows is shown as it comes."""
    _slow(desk, fake)
    desk.page.reload(wait_until="commit")
    expect(desk.page.locator("#live .st").first).to_be_visible()
    expect(desk.page.locator(".banner")).to_contain_text(fake.model)
    fake.gate.set()
    turn = desk.answered(0)
    expect(turn.locator(".meta")).to_contain_text(re.compile(r"(\d+) of \1 sentences verified"))
    assert len(fake.requests) == 1
    expect(desk.page.locator(".chats li")).to_have_count(1)


def test_an_answer_that_ends_while_the_page_is_away_is_there_afterwards(desk: Desk, fake: FakeOpenAI) -> None:
    """Left for another address and reopened by Back: the answer was finished meanwhile."""
    _slow(desk, fake)
    desk.page.goto("about:blank")
    fake.gate.set()
    desk.page.go_back(wait_until="commit")
    turn = desk.answered(0)
    expect(turn.locator(".meta")).to_contain_text("sentences verified")
    assert len(fake.requests) == 1


def test_questions_wait_for_one_another(desk: Desk, fake: FakeOpenAI) -> None:
    """A second and a third question sent while the first is answered: none is lost, each in its turn; one that waits can be taken back."""
    _slow(desk, fake)
    for question in ("What is Quibbletron?", "What does Zibbernet prune?"):
        desk.box.fill(question)
        desk.box.press("Enter")
    waiting = desk.page.get_by_role("list", name="Questions that wait").get_by_role("listitem")
    expect(waiting).to_have_count(2)
    desk.page.get_by_role("button", name="Take back: What does Zibbernet prune?").click()
    expect(waiting).to_have_count(1)
    expect(desk.box).to_have_value("What does Zibbernet prune?")
    fake.gate.set()
    expect(desk.turns).to_have_count(2)
    expect(desk.turns.nth(0).locator("h3")).to_have_text(QUESTION)
    expect(desk.turns.nth(1).locator("h3")).to_have_text("What is Quibbletron?")


def test_a_stopped_answer_keeps_its_cards(desk: Desk, fake: FakeOpenAI) -> None:
    """What was checked before Stop has its papers, and is a model's, not a quotation."""
    _slow(desk, fake)
    desk.page.get_by_role("button", name="Stop", exact=True).click()
    turn = desk.answered(0)
    turn.locator("a.cite").first.click()
    expect(desk.page.locator("#sources-1 mark.now").first).to_be_visible()
    assert "may have been removed" not in desk.page.locator("#panel").inner_text()
    expect(turn.locator(".meta")).to_contain_text("verified so far")


def test_numbers_work_while_the_answer_is_written(desk: Desk, fake: FakeOpenAI) -> None:
    """A number of a sentence that has just come opens its card at the sentence."""
    _slow(desk, fake)
    desk.page.locator("#live a.cite").first.click()
    expect(desk.page.locator("#sources-1 mark.now").first).to_be_visible()


def test_a_refusal_shows_no_sources_of_another_answer(desk: Desk) -> None:
    """The panel says that nothing is cited; the answer before has its cards when its number is pressed."""
    desk.ask()
    desk.ask("Who won the chess championship of Reykjavik in 1972?")
    expect(desk.page.locator("#sources-1")).to_be_hidden()
    expect(desk.page.locator("#sources")).to_contain_text("cites no paper")
    desk.turns.first.locator("a.cite").first.click()
    expect(desk.page.locator("#sources-1")).to_be_visible()


def test_a_draft_survives_a_reload(desk: Desk) -> None:
    """What was typed and not sent is in the box again; each chat has its own."""
    desk.box.fill("What about the moss on")
    desk.page.reload(wait_until="commit")
    expect(desk.box).to_have_value("What about the moss on")
    desk.ask()
    desk.box.fill("and further")
    desk.page.get_by_role("button", name="New chat").click()
    expect(desk.box).to_have_value("")
    desk.page.get_by_role("button", name=QUESTION, exact=True).click()
    expect(desk.box).to_have_value("and further")


def test_chats_papers_and_tabs_have_addresses(desks: Callable[..., Desk]) -> None:
    """Back and Forward lead through what was looked at; a reload stays there; an address opened in another tab of the browser works."""
    desk = desks()
    page = desk.page
    desk.ask()
    chat = page.url
    assert "#/chat/" in chat
    desk.tab("Library")
    page.locator("ul.papers button.linklike").first.click()
    title = page.locator("#opened h2").first
    title.wait_for()
    said = title.inner_text()
    page.wait_for_url("**/#/paper/*")
    paper = page.url
    page.go_back()
    expect(page.locator("#papers ul.papers")).to_be_visible()
    page.go_back()
    page.wait_for_url(chat)
    expect(desk.turns.first).to_be_visible()
    page.go_forward()
    page.wait_for_url("**/#/library")
    expect(page.locator("#papers ul.papers")).to_be_visible()
    page.go_forward()
    expect(title).to_have_text(said)
    page.reload(wait_until="commit")
    expect(title).to_have_text(said)
    other = Desk(page.context.new_page(), desk.url)
    other.page.goto(chat, wait_until="commit")
    expect(other.turns.first.locator("h3")).to_have_text(QUESTION)
    other.page.goto(paper, wait_until="commit")
    expect(other.page.locator("#opened h2").first).to_have_text(said)
    other.check()


def test_two_tabs_on_one_chat_add_to_each_other(desks: Callable[..., Desk]) -> None:
    """Each shows what the other asked, and the browser keeps all turns, after the server is started anew as well as before."""
    one = desks()
    one.ask()
    two = Desk(one.page.context.new_page(), one.url)
    two.page.goto(one.page.url, wait_until="commit")
    two.answered(0)
    two.ask("What is Quibbletron?")
    expect(one.turns).to_have_count(2)
    one.ask("What does Zibbernet prune?")
    expect(two.turns).to_have_count(3)
    stored = "JSON.parse(localStorage.getItem(Object.keys(localStorage).find(k => k.startsWith('footnote:chat:')))).length"
    assert one.page.evaluate(stored) == 3
    expect(one.page.locator(".chats li")).to_have_count(1)
    two.check()


def test_a_deleted_chat_comes_back_within_ten_seconds(desk: Desk) -> None:
    """Undo puts it back whole."""
    turn = desk.ask()
    said = turn.locator(".answer").inner_text()
    desk.page.get_by_label(f"More for chat: {QUESTION}").click()
    desk.page.get_by_role("button", name=f"Delete chat: {QUESTION}").click()
    expect(desk.page.locator(".chats li")).to_have_count(0)
    expect(desk.page.locator(".welcome")).to_be_visible()
    desk.page.get_by_role("button", name="Undo").click()
    desk.page.get_by_role("button", name=QUESTION, exact=True).click()
    expect(desk.turns.first.locator(".answer")).to_have_text(said, use_inner_text=True)


def test_with_the_server_gone_the_question_is_not_lost(browser: Browser, own_library: Path, tmp_path: Path) -> None:
    """It is in the box again, and the page says why; with the server back, the saved chat opens and goes on."""
    server = serve(tmp_path / "run", library=str(own_library))
    context = browser.new_context()
    desk = Desk(context.new_page(), server.url).open()
    desk.ask()
    assert server.end() == 0
    desk.box.fill("What is DB-LLM?")
    desk.box.press("Enter")
    expect(desk.box).to_have_value("What is DB-LLM?")
    expect(desk.page.locator("#fn-said")).to_contain_text("can't be reached")
    context.close()


def test_chats_are_searched_renamed_pinned_and_exported(desk: Desk) -> None:
    """By words of any answer; a new name stays; a pinned chat stands first; a whole chat leaves as Markdown, HTML and BibTeX."""
    page = desk.page
    for question in (QUESTION, "What is Quibbletron?", "What does Zibbernet prune?", "What is DB-LLM?"):
        desk.ask(question)
        page.get_by_role("button", name="New chat").click()
        expect(desk.turns).to_have_count(0)
    rows = page.locator(".chats li")
    expect(rows).to_have_count(4)
    page.get_by_role("searchbox", name="Search chats").fill("river pebbles")
    expect(rows).to_have_count(1)
    page.get_by_role("searchbox", name="Search chats").fill("")
    page.get_by_label("More for chat: What is Quibbletron?").click()
    page.get_by_role("button", name="Rename chat: What is Quibbletron?").click()
    page.get_by_label("New name of the chat").fill("Pebbles")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pebbles", exact=True)).to_be_visible()
    page.get_by_label(f"More for chat: {QUESTION}").click()
    page.get_by_role("button", name=f"Pin chat: {QUESTION}").click()
    expect(rows.first).to_contain_text(QUESTION)
    page.reload(wait_until="commit")
    expect(rows.first).to_contain_text(QUESTION)
    expect(page.get_by_role("button", name="Pebbles", exact=True)).to_be_visible()
    for kind, mark in (("Markdown", f"# {QUESTION}"), ("HTML", "<sup>1</sup>"), ("BibTeX", "@")):
        page.get_by_label(f"More for chat: {QUESTION}").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Export chat as {kind}: {QUESTION}").click()
        assert mark in download.value.path().read_text(encoding="utf-8")
    assert json.loads(page.evaluate("localStorage.getItem('footnote:chats')"))[0]["title"]
