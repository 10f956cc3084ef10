"""Asking on the page: cited answers, steps, stop, retry, edit, follow-ups, abstention, narrowing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.openai_server import FakeOpenAI
    from page_kit import Desk

pytestmark = pytest.mark.browser


def test_an_answer_has_cited_sentences_and_only_the_cited_papers_as_cards(desk: Desk) -> None:
    """Each sentence carries [n]; the sources beside it are the papers behind these numbers, no more."""
    turn = desk.ask()
    sentences, citations = turn.locator(".st"), turn.locator("a.cite")
    assert sentences.count() >= 1
    for place in range(sentences.count()):
        assert sentences.nth(place).locator("a.cite").count() >= 1
    numbers = {int(text.strip("[]")) for text in citations.all_inner_texts()}
    cards = desk.page.locator("#sources-1 article.card")
    assert cards.count() == len(numbers) == max(numbers)
    assert "MathOctopus" in cards.first.inner_text()


def test_the_banner_says_that_nothing_leaves_this_machine(desk: Desk) -> None:
    """Without a model the page says so, and how many papers it answers from."""
    banner = desk.page.locator(".banner")
    expect(banner).to_contain_text("Offline")
    expect(banner).to_contain_text("nothing leaves this machine")
    expect(banner).to_contain_text(re.compile(r"\d+ papers"))


def test_a_citation_opens_its_card_at_the_cited_sentence(desk: Desk) -> None:
    """Pressing [1] marks the quoted sentence in the abstract, brings it into view and moves the focus to the card."""
    turn = desk.ask()
    link = turn.locator("a.cite").first
    quote = link.get_attribute("data-quote") or ""
    link.click()
    mark = desk.page.locator("#sources-1 mark.now").first
    expect(mark).to_be_in_viewport()
    assert mark.inner_text()[:40] == quote[:40]
    expect(desk.page.locator("#src-1-1")).to_be_focused()


def test_hovering_a_citation_shows_the_quote(desk: Desk) -> None:
    """The little window names the paper and quotes the sentence; it goes when the pointer leaves."""
    link = desk.ask().locator("a.cite").first
    link.hover()
    tip = desk.page.get_by_role("tooltip")
    expect(tip).to_contain_text((link.get_attribute("data-quote") or "")[:60])
    desk.box.hover()
    expect(tip).to_be_hidden()


def test_an_example_is_answered(desk: Desk) -> None:
    """The examples are made from the papers at hand, and each has been tried before it is offered."""
    example = desk.page.locator("button.example").first
    question = example.inner_text()
    example.click()
    turn = desk.answered(0)
    expect(turn.locator("h3")).to_have_text(question)
    assert turn.locator("a.cite").count() >= 1


def test_a_question_outside_the_papers_is_refused_with_the_nearest_papers(desk: Desk) -> None:
    """No answer rather than a guess; the nearest papers are offered and can be opened."""
    turn = desk.ask("Who won the chess championship of Reykjavik in 1972?")
    expect(turn.locator(".abstains")).to_contain_text("I don't know")
    assert turn.locator("a.cite").count() == 0
    near = turn.locator(".abstains button").first
    title = near.inner_text()
    near.click()
    expect(desk.page.locator("#opened h2").first).to_have_text(title)


def test_a_follow_up_leans_on_the_turn_before(desk: Desk) -> None:
    """`and on which test sets?` is understood with the paper of the first answer; numbering starts anew."""
    desk.ask()
    turn = desk.ask("and how well does it do on GSM8K?")
    assert "MathOctopus" in desk.page.locator("#sources-2 article.card").first.inner_text()
    assert turn.locator("a.cite").first.inner_text() == "[1]"


def test_narrowing_shows_chips_and_is_honoured(desk: Desk) -> None:
    """A year and an author become chips; the answer's papers satisfy them; taking a chip off empties its control."""
    desk.page.get_by_label("Year from").fill("2020")
    desk.page.get_by_label("Year to").fill("2020")
    chips = desk.page.get_by_role("list", name="Narrowed to").get_by_role("listitem")
    expect(chips).to_have_count(2)
    turn = desk.ask("How many pebbles does Quibbletron sort?")
    assert turn.locator("a.cite").count() >= 1
    for card in desk.page.locator("#sources-1 article.card").all():
        assert "2020" in card.inner_text()
    desk.page.get_by_role("button", name="Remove filter: from 2020").click()
    expect(chips).to_have_count(1)
    expect(desk.page.get_by_label("Year from")).to_have_value("")


def test_a_filter_that_nothing_matches_ends_in_a_plain_refusal(desk: Desk) -> None:
    """No paper of that year: the answer says so and cites nothing."""
    desk.page.get_by_label("Year from").fill("1900")
    desk.page.get_by_label("Year to").fill("1901")
    expect(desk.page.get_by_role("list", name="Narrowed to").get_by_role("listitem")).to_have_count(2)
    turn = desk.ask()
    expect(turn.locator(".abstains")).to_contain_text("no paper")


def test_a_question_can_be_edited(desk: Desk) -> None:
    """Editing the first question replaces it and what followed; cancelling leaves all as it was."""
    desk.ask()
    desk.ask("What is Quibbletron?")
    desk.page.get_by_role("button", name="Edit question 1").click()
    expect(desk.box).to_have_value("What is MathOctopus trained on?")
    desk.page.get_by_role("button", name="Cancel").click()
    expect(desk.box).to_have_value("")
    assert desk.turns.count() == 2
    desk.page.get_by_role("button", name="Edit question 1").click()
    expect(desk.box).to_have_value("What is MathOctopus trained on?")
    desk.box.fill("How fast is Quibbletron?")
    desk.box.press("Enter")
    expect(desk.turns).to_have_count(1)
    expect(desk.turns.first.locator("h3")).to_have_text("How fast is Quibbletron?")


def test_retry_asks_the_last_question_again(desk: Desk) -> None:
    """The last turn is replaced, not repeated."""
    desk.ask()
    before = desk.page.evaluate("document.querySelector('[data-record]').dataset.record")
    desk.page.get_by_role("button", name="Retry question 1").click()
    desk.page.wait_for_function(
        "before => document.querySelectorAll('#transcript article.turn').length === 1 "
        "&& document.querySelector('#live article') === null && document.querySelector('[data-record]').dataset.record !== before",
        arg=before,
    )
    expect(desk.turns).to_have_count(1)


def test_the_address_can_carry_a_question(desks: Callable[..., Desk]) -> None:
    """`?q=` puts a question into the box, as text."""
    desk = desks("/?q=What+is+%3Cb%3EFoo%3C/b%3E")
    expect(desk.box).to_have_value("What is <b>Foo</b>")


def test_enter_sends_and_the_keyboard_is_enough(desk: Desk) -> None:
    """Ask, reach the citation, open it, read the card, come back: without a mouse."""
    desk.page.keyboard.press("/")
    expect(desk.box).to_be_focused()
    desk.page.keyboard.type("What is MathOctopus trained on?")
    desk.page.keyboard.press("Enter")
    turn = desk.answered(0)
    link = turn.locator("a.cite").first
    for _ in range(40):
        if link.evaluate("e => e === document.activeElement"):
            break
        desk.page.keyboard.press("Shift+Tab")
    expect(link).to_be_focused()
    expect(desk.page.get_by_role("tooltip")).to_be_visible()
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#src-1-1")).to_be_focused()
    desk.page.keyboard.press("Escape")
    expect(link).to_be_focused()


def test_stop_ends_the_answer_and_keeps_what_was_verified(desk: Desk, fake: FakeOpenAI) -> None:
    """The model's stream is closed at once; the sentences that were checked stay, marked as cut short."""
    desk.use_model(fake.behave("slow"))
    desk.box.fill("What is MathOctopus trained on?")
    desk.box.press("Enter")
    desk.page.locator("#live .st").first.wait_for()
    desk.page.get_by_role("button", name="Stop", exact=True).click()
    turn = desk.answered(0)
    expect(turn).to_contain_text("Stopped before the answer was complete")
    assert turn.locator("a.cite").count() >= 1
    assert fake.closed.wait(10)


def test_the_steps_are_shown_while_it_works(desk: Desk, fake: FakeOpenAI) -> None:
    """What is being read, and how many sentences passed the check so far."""
    desk.use_model(fake.behave("slow"))
    desk.box.fill("What is MathOctopus trained on?")
    desk.box.press("Enter")
    expect(desk.page.locator("#live .steps")).to_contain_text(re.compile(r"reads \d+ abstract|passed the check|writing"))
    fake.gate.set()
    turn = desk.answered(0)
    expect(turn.locator(".meta")).to_contain_text(re.compile(r"\d of \d sentences verified"))
