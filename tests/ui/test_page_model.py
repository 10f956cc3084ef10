"""A model on the page: set for a visit, tried, its key never seen again; its failures end in a cited answer and a note."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.openai_server import Asked, FakeOpenAI
    from page_kit import Desk, Server

pytestmark = pytest.mark.browser

KEY = "sk-never-shown-again-4711"


def test_a_written_answer_is_verified_and_the_banner_tells_where_the_text_goes(desk: Desk, fake: FakeOpenAI) -> None:
    """N of m verified, a sign and a word for each sentence, and the model with its address at the top."""
    desk.use_model(fake)
    banner = desk.page.locator(".banner")
    expect(banner).to_contain_text("fake-model")
    expect(banner).to_contain_text("127.0.0.1")
    turn = desk.ask()
    expect(turn.locator(".meta")).to_contain_text(re.compile(r"(\d+) of \1 sentences verified"))
    expect(turn.locator(".sign").first).to_contain_text("verified")
    expect(turn.locator(".meta")).to_contain_text("no price known")


def _formed(asked: Asked) -> list[str]:
    """A reply as models write them: headings, bold, lists, a table, code."""

    def code(words: str) -> str:
        return next(line.code for line in asked.evidence if words in line.text)

    first = (
        f"## MathOctopus\n\n- **MathOctopus** is a *family* of LLMs for Multilingual Math Reasoning (xMR) [{code('family of LLMs')}].\n"
        f"- The data covers `ten` languages [{code('ten languages')}].\n\n"
    )
    rest = (
        f"### Results\n\n| Model | Accuracy on MGSM |\n| --- | --- |\n| MathOctopus-13B | 47.6% [{code('47.6%')}] |\n"
        f"| ChatGPT | 46.3% [{code('47.6%')}] |\n\n```python\naccuracy = correct / total\n```\n"
    )
    return [first, rest]


def test_a_written_answer_keeps_its_form(desk: Desk, fake: FakeOpenAI) -> None:
    """Heading, bullets, bold and code while it is written, the table when it has come; each claim has its number, none of the rest."""
    fake.writer = _formed
    desk.use_model(fake.behave("slow"))
    desk.box.fill("How accurate is MathOctopus, and on what is it trained?")
    desk.box.press("Enter")
    under_way = desk.page.locator("#live .answer")
    expect(under_way.locator("h4")).to_have_text("MathOctopus")
    expect(under_way.locator("li strong").first).to_have_text("MathOctopus")
    fake.gate.set()
    turn = desk.answered(0)
    expect(turn.locator(".answer li .st")).to_have_count(2)
    expect(turn.locator(".answer li code")).to_have_text("ten")
    expect(turn.get_by_role("columnheader")).to_have_text(["Model", "Accuracy on MGSM"])
    expect(turn.get_by_role("row", name="MathOctopus-13B")).to_contain_text("47.6%")
    expect(turn.locator(".answer pre code")).to_have_text("accuracy = correct / total\n")
    assert turn.locator(".answer a.cite").count() == turn.locator(".answer .st").count() == 4
    assert not {"#", "*", "|", "`"} & set(turn.locator(".answer").inner_text())
    turn.locator("td a.cite").first.click()
    expect(desk.page.locator("#sources-1 mark.now").first).to_contain_text("47.6%")


def test_the_key_is_sent_to_the_model_and_nowhere_else(desk: Desk, fake: FakeOpenAI, server: Server) -> None:
    """The box is empty afterwards; neither the page, the browser's storage, the server's log nor its files hold the key."""
    fake.key = KEY
    desk.use_model(fake, key=KEY)
    desk.ask()
    assert fake.requests
    desk.tab("Model")
    expect(desk.page.get_by_label("Key", exact=True)).to_have_value("")
    stored = desk.page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie")
    assert KEY not in stored
    assert KEY not in desk.page.content()
    assert KEY not in server.log.read_text()
    written = [path for path in server.data.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert not written


def test_trying_tells_what_is_wrong(desk: Desk, fake: FakeOpenAI) -> None:
    """A wrong key, and an address where nobody answers, each in a line."""
    fake.key = KEY
    desk.tab("Model")
    desk.page.get_by_label("Address").fill(fake.url)
    desk.page.get_by_label("Model name").fill(fake.model)
    desk.page.get_by_label("Key", exact=True).fill("wrong")
    desk.page.get_by_role("button", name="Try it").click()
    expect(desk.page.locator(".tried .problem")).to_contain_text("key")
    desk.page.get_by_label("Key", exact=True).fill(KEY)
    desk.page.get_by_role("button", name="Try it").click()
    expect(desk.page.locator(".tried .ok").nth(1)).to_contain_text("replies")
    desk.page.get_by_label("Address").fill("http://127.0.0.1:9/v1")
    desk.page.get_by_role("button", name="Try it").click()
    expect(desk.page.locator(".tried .problem")).to_be_visible()
    expect(desk.page.locator(".tried .ok")).to_have_count(0)


NOTES = {"cut": "ended its reply half-way", "gone": "can't be reached, or broke off"}
"""Where a sentence may have been shown before: whether it was depends on how fast it was read."""


@pytest.mark.parametrize("failure", ["gone", "cut", "unauthorised", "nonsense", "broken"])
def test_a_model_that_fails_leaves_a_cited_answer_and_a_note(desk: Desk, fake: FakeOpenAI, failure: str) -> None:
    """Whatever the provider does, the turn ends with cited sentences and says in a line what happened; the page goes on working.

    What was shown before a reply broke off stays.
    """
    desk.use_model(fake.behave(failure))
    turn = desk.ask()
    assert turn.locator("a.cite").count() >= 1
    expect(turn.locator(".notes")).to_contain_text(NOTES.get(failure, "Quoted from the abstracts instead"))
    expect(desk.page.get_by_role("button", name="Stop", exact=True)).to_be_hidden()


def test_withheld_sentences_are_counted_and_never_shown(desk: Desk, fake: FakeOpenAI) -> None:
    """An invented claim does not reach the page, not even the record that the browser keeps."""
    desk.use_model(fake.behave("fabricates"))
    turn = desk.ask()
    assert "Zorblax" not in desk.page.content()
    assert "Zorblax" not in desk.page.evaluate("JSON.stringify(localStorage)")
    assert turn.locator("a.cite").count() >= 1


def test_answering_offline_again(desk: Desk, fake: FakeOpenAI) -> None:
    """One button goes back to quoting."""
    desk.use_model(fake)
    desk.tab("Model")
    desk.page.get_by_role("button", name="Answer offline").click()
    expect(desk.page.locator(".banner")).to_contain_text("Offline")
    desk.tab("Ask")
    desk.ask()
    assert not fake.requests


def test_one_visitors_chat_and_model_are_not_anothers(desks: Callable[..., Desk], fake: FakeOpenAI) -> None:
    """Two visitors at once: neither sees the other's questions, model or narrowing."""
    one, two = desks(), desks()
    one.use_model(fake, key=KEY)
    one.page.get_by_label("Author").fill("Pebble")
    expect(one.page.get_by_role("list", name="Narrowed to")).to_contain_text("Pebble")
    two.ask("What is MathOctopus trained on?")
    one.page.get_by_role("button", name=re.compile("Remove filter")).click()
    one.ask("How many pebbles does Quibbletron sort?")
    assert len(fake.requests) == 1
    expect(two.page.locator(".banner")).to_contain_text("Offline")
    assert "Quibbletron" not in two.page.locator("#transcript").inner_text()
    assert "MathOctopus" not in one.page.locator("#transcript").inner_text()
    assert two.page.locator("#chips li").count() == 0
    second = two.ask("and how well does it do on GSM8K?")
    assert "Quibbletron" not in second.inner_text()
    shown = json.loads(two.turns.first.get_attribute("data-record") or "")
    assert shown["answer"]["mode"] == "extractive"
