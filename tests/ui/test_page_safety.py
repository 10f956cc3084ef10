"""Untrusted text on the page, and the page for everybody: hostile papers and replies, axe-core, a phone, dark mode."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from fakes.openai_server import WRITERS
from page_kit import XSS
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.openai_server import Asked, FakeOpenAI
    from page_kit import Desk

pytestmark = pytest.mark.browser

UPSTREAM = {"nested-interactive"}
"""Rules that Gradio's own components break; see docs/decisions/0041-page.md."""


def _unharmed(desk: Desk) -> None:
    """Nothing of the hostile text became markup."""
    assert desk.page.title() != "owned"
    made = desk.page.evaluate(
        "() => ['img[src=x]', 'form[action*=evil]', 'img[src*=evil]', '#transcript script', '#panel script', '#papers script', "
        "'a[href^=\"javascript\"]']"
        ".filter(s => document.querySelector(s))"
    )
    assert not made, made


def test_hostile_papers_are_shown_as_text(desk: Desk) -> None:
    """Scripts, forms, beacons and templates in title, author, address and abstract are shown letter by letter and do nothing."""
    turn = desk.ask("What does Zibbernet prune?")
    assert turn.locator("a.cite").count() >= 1
    desk.page.locator("a.cite").first.hover()
    desk.page.locator("a.cite").first.click()
    expect(desk.page.locator("#sources-1 article.card").first).to_contain_text("onerror=")
    _unharmed(desk)
    desk.tab("Library")
    desk.page.get_by_label("Search papers").fill("Zibbernet")
    desk.page.locator("ul.papers button.linklike", has_text="Zibbernet").click()
    expect(desk.page.locator("#opened h2").first).to_contain_text("Zibbernet")
    _unharmed(desk)
    desk.page.reload(wait_until="commit")
    expect(desk.page.locator("#opened h2").first).to_contain_text("Zibbernet")
    _unharmed(desk)
    desk.tab("Ask")
    desk.page.locator(".chats .open").first.click()
    expect(desk.turns).to_have_count(1)
    _unharmed(desk)


def test_orders_in_an_abstract_change_nothing(desk: Desk, fake: FakeOpenAI) -> None:
    """A model that would obey an order planted in an abstract does not get its answer onto the page."""
    desk.use_model(fake.behave("obeys"))
    turn = desk.ask("How many pebbles a minute does Quibbletron sort?")
    assert "BANANA" not in turn.inner_text()
    assert turn.locator("a.cite").count() >= 1


def test_hostile_replies_and_questions_are_shown_as_text(desk: Desk, fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model's markup and a question's markup stay text, while it streams and afterwards."""

    def hostile(asked: Asked) -> list[str]:
        return [f"{line.text.rstrip('.')} {XSS} ![x](https://evil.example/p.png) [{line.code}]." for line in asked.best(2)]

    monkeypatch.setitem(WRITERS, "faithful", hostile)
    fake.writer = hostile
    desk.use_model(fake)
    desk.ask(f"What is MathOctopus? {XSS}")
    _unharmed(desk)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_of_accessibility(desks: Callable[..., Desk], fake: FakeOpenAI, scheme: str) -> None:
    """axe-core finds nothing, whatever its weight: answers quoted and written, every tab, the pictures, an open paper."""
    desk = desks(color_scheme=scheme)
    page = desk.page

    def clean(where: str) -> None:
        run = Axe().run(page, options={"resultTypes": ["violations"]})
        found = [v for v in run.response["violations"] if v["id"] not in UPSTREAM]
        assert not found, (where, [(v["id"], [n["target"] for n in v["nodes"]][:4]) for v in found])

    clean("first screen")
    desk.ask()
    desk.use_model(fake)
    desk.ask()
    clean("answers")
    for name in ("Library", "Add papers", "Model", "Evaluation"):
        desk.tab(name)
        page.get_by_role("tab", name=name, selected=True).wait_for()
        clean(name)
    desk.tab("Library")
    page.get_by_role("button", name="Choose all that match").click()
    page.get_by_text(re.compile(r"^\d+ chosen$")).wait_for()
    for view, drawn in (("Map", "svg.map"), ("Timeline", "svg.timeline")):
        page.get_by_text(view, exact=True).click()
        page.locator(f"#chart {drawn}").wait_for()
        clean(view)
    page.get_by_text("List", exact=True).click()
    page.locator("ul.papers button.linklike").first.click()
    page.locator("#opened h2").first.wait_for()
    clean("open paper")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_the_page_fits_and_its_drawers_work(desks: Callable[..., Desk], scheme: str) -> None:
    """390 pixels: nothing sticks out; a citation opens the sources over the chat and Escape brings it back; so for chats and filters."""
    desk = desks(viewport={"width": 390, "height": 844}, color_scheme=scheme, has_touch=True, is_mobile=True)
    turn = desk.ask()
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 390
    card = desk.page.locator("#src-1-1")
    expect(card).not_to_be_in_viewport()
    turn.locator("a.cite").first.tap()
    expect(desk.page.locator("#sources-1 mark.now").first).to_be_in_viewport()
    desk.page.locator("#sources").get_by_role("button", name="Close").tap()
    expect(card).not_to_be_in_viewport()
    desk.page.get_by_role("button", name="Chats and filters").tap()
    expect(desk.page.get_by_label("Author")).to_be_in_viewport()
    desk.page.keyboard.press("Escape")
    expect(desk.page.get_by_label("Author")).not_to_be_in_viewport()


def test_dark_mode_follows_the_system_and_can_be_switched(desks: Callable[..., Desk]) -> None:
    """Dark where the system is; the button switches, and the choice outlives a reload. Text stays readable in both."""
    desk = desks(color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    desk.ask()
    assert desk.page.evaluate(background) == "rgb(22, 24, 28)"
    found = Axe().run(desk.page, options={"runOnly": ["color-contrast"]}).response["violations"]
    assert not found, [n["target"] for v in found for n in v["nodes"]]
    desk.page.get_by_role("button", name="Switch between light and dark").click()
    assert desk.page.evaluate(background) == "rgb(250, 249, 247)"
    desk.page.reload(wait_until="commit")
    desk.page.locator(".banner").wait_for()
    desk.page.wait_for_function(f"{background} === 'rgb(250, 249, 247)'")


def test_an_answer_can_be_marked_as_a_candidate(desk: Desk) -> None:
    """`Wrong citation` keeps question, answer and references for a gold question; the Evaluation tab counts it."""
    desk.ask()
    desk.page.locator("#transcript summary", has_text="Rate").click()
    desk.page.get_by_role("button", name="Wrong citation: answer 1").click()
    desk.tab("Evaluation")
    expect(desk.page.locator("#candidates")).to_contain_text("marked by readers")
    expect(desk.page.get_by_role("link", name="Download them")).to_be_visible()


def test_a_page_that_is_left_breaks_no_stream(desk: Desk) -> None:
    """Gradio's client aborts its stream when the page is left or the server has said all; that is no error to its events."""
    desk.page.route("**/queue/data?session_hash=nobody", lambda route: route.fulfill(content_type="text/event-stream", body="data: {}"))
    told = desk.page.evaluate(
        """async () => {
            const stop = new AbortController();
            const url = "gradio_api/queue/data?session_hash=nobody";
            const reply = await fetch(new Request(new URL(url, document.baseURI), { signal: stop.signal }));
            stop.abort();
            try { await reply.text(); return "read"; } catch (error) { return error.name; }
        }"""
    )
    assert told == "read"
