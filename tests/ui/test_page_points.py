"""What the page says and does in small things: filters, long questions, drawers, retold abstracts, servers found, dark report."""

from __future__ import annotations

import http.server
import json
import re
import threading
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from page_kit import Desk
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser


def test_the_welcome_stands_where_the_conversation_does(desk: Desk) -> None:
    """The same left and right edge as the box below it."""
    edges = "e => [e.getBoundingClientRect().left, e.getBoundingClientRect().right].map(Math.round)"
    welcome = desk.page.locator(".welcome").evaluate(edges)
    box = desk.page.locator("#picker label").evaluate(edges)
    assert abs(welcome[0] - box[0]) <= 2
    assert welcome[1] < desk.page.locator("#sources").evaluate(edges)[0]


def test_retold_abstracts_are_not_called_quotations(desk: Desk) -> None:
    """The bundled abstracts are retold: banner, answer and card say so, and no quotation marks stand; the authors' own words have them."""
    expect(desk.page.locator(".banner")).to_contain_text("retold in other words")
    assert "word for word" not in desk.page.locator(".banner").inner_text()
    turn = desk.ask()
    assert turn.locator("q").count() == 0
    expect(turn.locator(".meta")).to_contain_text("retold abstracts")
    expect(desk.page.locator("#src-1-1")).to_contain_text("retold in other words")
    own = desk.ask("How many pebbles does Quibbletron sort?")
    assert own.locator("q").count() >= 1
    expect(own.locator(".meta")).to_contain_text("Quoted word for word")


def test_filters_tell_what_they_leave_out_and_are_gone_with_the_chat(desk: Desk) -> None:
    """Before the question: how many papers match and how many have no date; no year is told; a new chat is narrowed to nothing."""
    page = desk.page
    page.get_by_label("Year from").fill("abcd")
    expect(page.locator("#chips")).to_contain_text("a year has four digits")
    page.get_by_label("Year from").fill("2023")
    expect(page.locator("#chips .hint")).to_contain_text(re.compile(r"\d+ papers match\. \d+ have no date"))
    desk.ask("What is DB-LLM?")
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_label("Year from")).to_have_value("")
    turn = desk.ask("How many pebbles does Quibbletron sort?")  # of 2020
    assert turn.locator("a.cite").count() >= 1


def test_a_long_question_is_counted_refused_or_folded(desk: Desk) -> None:
    """Nothing is cut: what is too long stays in the box with its length; a long one that was sent is whole, and folded."""
    long = "How does MathOctopus do? " + "It is about many languages. " * 100
    desk.box.fill("x" * 4100)
    expect(desk.page.locator("#counter")).to_contain_text("4,100 of 4,000 characters: too long")
    desk.box.press("Enter")
    expect(desk.page.locator("#fn-said")).to_contain_text("4,000 characters")
    expect(desk.box).to_have_value("x" * 4100)
    turn = desk.ask(long)
    record = json.loads(turn.get_attribute("data-record") or "")
    assert record["answer"]["question"] == long.strip()
    heading = turn.locator("h3").first
    folded = heading.evaluate("e => e.offsetHeight")
    turn.get_by_role("button", name="Show all of it").click()
    assert heading.evaluate("e => e.offsetHeight") > 2 * folded


def _size(target: Locator) -> tuple[float, float]:
    box = target.bounding_box()
    assert box is not None
    return box["width"], box["height"]


def test_on_a_phone_the_sources_have_ways_out(desks: Callable[..., Desk]) -> None:
    """Close stays in reach when the drawer is scrolled; a tap beside it and Back close it, too; numbers are large enough for a finger."""
    desk = desks(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = desk.page
    turn = desk.ask("How does MathOctopus compare with ChatGPT?")
    number, drawer = turn.locator("a.cite").first, page.locator("#src-1-1")
    assert min(_size(number)) >= 28
    number.tap()
    expect(drawer).to_be_in_viewport()
    page.locator("#sources").evaluate("e => e.scrollTo(0, 100000)")
    close = page.locator("#sources").get_by_role("button", name="Close")
    expect(close).to_be_in_viewport()
    assert min(_size(close)) >= 40
    close.tap()
    expect(drawer).not_to_be_in_viewport()
    number.tap()
    expect(drawer).to_be_in_viewport()
    page.touchscreen.tap(8, 420)
    expect(drawer).not_to_be_in_viewport()
    number.tap()
    expect(drawer).to_be_in_viewport()
    page.go_back()
    expect(drawer).not_to_be_in_viewport()
    expect(turn).to_be_visible()
    for name in ("Evaluation", "Ask"):
        desk.tab(name)
        page.get_by_role("tab", name=name, selected=True).wait_for()


@pytest.fixture
def lister() -> Iterator[str]:
    """A server of models where LM Studio listens, if the place is free."""

    class Models(http.server.BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silent."""

        def do_GET(self) -> None:
            body = json.dumps({"data": [{"id": "tiny-model"}, {"id": "<b>bold</b>"}]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 1234), Models)
    except OSError:
        pytest.skip("port 1234 is taken")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield "tiny-model"
    server.shutdown()
    server.server_close()


def test_servers_of_this_machine_are_found(desk: Desk, lister: str) -> None:
    """Found on its usual port, its models are a list; one press uses one, from the tab or beside the question."""
    desk.tab("Model")
    desk.page.get_by_role("button", name="Look again").click()
    servers = desk.page.locator("#servers")
    expect(servers).to_contain_text("LM Studio")
    expect(servers.get_by_role("button", name="<b>bold</b>")).to_be_visible()
    servers.get_by_role("button", name=lister).click()
    expect(desk.page.locator("#tried")).to_contain_text(f"{lister} writes the answers now")
    expect(desk.page.locator(".banner")).to_contain_text(lister)
    desk.tab("Ask")
    picker = desk.page.get_by_label("Who writes the answers")
    picker.select_option(label="No model: sentences of the abstracts")
    expect(desk.page.locator(".banner")).to_contain_text("Offline")
    picker.select_option(label="tiny-model (LM Studio)")
    expect(desk.page.locator(".banner")).to_contain_text(lister)


def test_an_address_that_does_not_answer_is_not_used(desk: Desk) -> None:
    """The line says why; the banner stays as it was; no name of a setting is shown."""
    desk.tab("Model")
    desk.page.get_by_label("Address").fill("http://127.0.0.1:9/v1")
    desk.page.get_by_label("Model name").fill("m")
    desk.page.get_by_role("button", name="Use this model").click()
    expect(desk.page.locator("#tried")).to_contain_text("Not used")
    assert "writes the answers now" not in desk.page.content()
    expect(desk.page.locator(".banner")).to_contain_text("Offline")
    assert "FOOTNOTE_" not in desk.page.locator("#tabs").inner_text()


def test_answers_stand_in_parts(desk: Desk) -> None:
    """A verdict has a badge; what is not stated is said for its part alone; chips above the answer open the cards."""
    turn = desk.ask("Does semi-supervised learning improve calibration of radio galaxy classification?")
    expect(turn.locator(".verdict")).to_have_text("No")
    chip = turn.locator("a.chip").first
    chip.click()
    expect(desk.page.locator("#src-1-1")).to_be_focused()
    desk.page.get_by_role("button", name="New chat").click()
    expect(desk.turns).to_have_count(0)
    turn = desk.ask("What is MathOctopus and how many languages does it cover and who wrote it?")
    expect(turn.get_by_role("heading", name="Who wrote it", exact=True)).to_be_visible()
    expect(turn.locator(".missing")).to_contain_text("Not stated")


def test_cards_are_folded_to_what_is_cited(desk: Desk) -> None:
    """The cited sentence and its neighbours; the whole abstract at a press."""
    desk.ask()
    card = desk.page.locator("#src-1-1")
    expect(card.locator("mark").first).to_be_visible()
    far = card.locator(".far").first
    expect(far).to_be_hidden()
    card.get_by_role("button", name="Show the whole abstract").click()
    expect(far).to_be_visible()


def test_next_questions_are_offered_and_only_ticked_papers_are_asked(desk: Desk) -> None:
    """A suggestion is asked at a press; papers ticked among the sources are the only ones for the next question."""
    turn = desk.ask("How does MathOctopus compare with ChatGPT?")
    suggested = turn.get_by_role("group", name="Suggested questions").get_by_role("button").first
    text = suggested.inner_text()
    suggested.click()
    desk.answered(1)
    expect(desk.turns.nth(1).locator("h3")).to_have_text(text)
    desk.turns.first.locator("a.cite").first.click()
    desk.page.locator("#src-1-1 input[data-only]").check()
    expect(desk.page.get_by_role("list", name="Narrowed to")).to_contain_text("Breaking Language Barriers")
    desk.ask("Which papers are about language models?")
    expect(desk.page.locator("#sources-3 article.card")).to_have_count(1)
    desk.page.get_by_role("button", name=re.compile("Remove filter: only")).click()
    expect(desk.page.locator("#src-1-1 input[data-only]")).not_to_be_checked()


def test_references_are_copied_in_a_style_and_an_answer_as_rich_text(desk: Desk) -> None:
    """IEEE numbers them; the clipboard holds HTML with raised numbers beside the plain text."""
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    turn = desk.ask("How many pebbles does Quibbletron sort?")
    turn.locator("summary", has_text="References").click()
    desk.page.get_by_role("button", name="APA references of answer 1").click()
    expect(desk.page.get_by_text("Copied")).to_be_visible()
    assert "Pebble, M. (2020)" in desk.page.evaluate("navigator.clipboard.readText()")
    desk.page.get_by_role("button", name="Copy answer 1").click()
    desk.page.wait_for_function("async () => (await navigator.clipboard.readText()).startsWith('How many pebbles')")
    rich = desk.page.evaluate("async () => await (await (await navigator.clipboard.read())[0].getType('text/html')).text()")
    assert "<sup>1</sup>" in rich


def test_the_words_are_for_readers(desk: Desk) -> None:
    """None of the words that only somebody who wrote the page understands."""
    desk.ask()
    desk.ask("Who won the chess championship of Reykjavik in 1972?")
    shown = desk.page.inner_text("body")
    for tab in ("Library", "Add papers", "Model"):
        desk.tab(tab)
        desk.page.get_by_role("tab", name=tab, selected=True).wait_for()
        shown += desk.page.inner_text("body")
    for word in ("rank 1", "Narrow", "gold question", "rather than a guess", "told by the content", "1 chosen papers", "cost unknown"):
        assert word.lower() not in shown.lower(), word


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chosen_number_can_be_read(desks: Callable[..., Desk], scheme: str) -> None:
    """Its contrast is at least 4.5 to 1."""
    desk = desks(color_scheme=scheme)
    link = desk.ask().locator("a.cite").first
    link.click()
    ratio = link.evaluate(
        """e => {
          const light = (text) => {
            const linear = (v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            const [r, g, b] = text.match(/[\\d.]+/g).map((v) => linear(Number(v) / 255));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const style = getComputedStyle(e);
          const [a, b] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
          return (a + 0.05) / (b + 0.05);
        }"""
    )
    assert ratio >= 4.5, ratio
