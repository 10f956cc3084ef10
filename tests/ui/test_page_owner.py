"""A server that others can reach: the login, and what takes the owner's key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from page_kit import Desk, serve
from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_readers_ask_and_the_owner_adds(browser: Browser, own_library: Path, tmp_path: Path) -> None:
    """Without the login nothing is shown; with it questions are answered; choosing a model and adding take the owner's key.

    The key is not kept in the browser: a cookie that no script can read stands for it.
    """
    server = serve(
        tmp_path / "run", library=str(own_library), host="0.0.0.0", user="reader", password="some words", owner_key="the own key"
    )
    url = server.url.replace("0.0.0.0", "127.0.0.1")
    assert httpx.get(url, trust_env=False).status_code == 401

    context = browser.new_context(http_credentials={"username": "reader", "password": "some words"})
    desk = Desk(context.new_page(), url).open()
    assert desk.ask().locator("a.cite").count() >= 1
    desk.tab("Model")
    desk.page.get_by_label("Address").fill("http://127.0.0.1:9/v1")
    desk.page.get_by_label("Model name").fill("m")
    desk.page.get_by_role("button", name="Use this model").click()
    expect(desk.page.get_by_text("Only the owner of this server can do that").first).to_be_visible()
    expect(desk.page.locator(".banner")).to_contain_text("Offline")

    desk.page.get_by_label("Owner's key").fill("the own key")
    desk.page.get_by_role("button", name="Unlock").click()
    expect(desk.page.get_by_text("Unlocked for this browser")).to_be_visible()
    expect(desk.page.get_by_label("Owner's key")).to_have_value("")
    assert "the own key" not in desk.page.evaluate("document.cookie + JSON.stringify(localStorage)")
    file = tmp_path / "gnarf.jsonl"
    paper = {"title": "Gnarf: a fence", "abstract": "Gnarf is a fence that is 12 metres long and green all over."}
    file.write_text(json.dumps(paper) + "\n", encoding="utf-8")
    desk.tab("Add papers")
    desk.page.locator("input[type=file]").set_input_files(file)
    desk.page.get_by_text(file.name).first.wait_for()
    desk.page.get_by_role("button", name="Add these papers").click()
    expect(desk.page.locator("#outcome")).to_contain_text("1 new")

    desk.tab("Model")
    desk.page.get_by_role("button", name="Sign out").click()
    expect(desk.page.get_by_text("Signed out")).to_be_visible()
    desk.page.get_by_role("button", name="Try it").click()
    expect(desk.page.get_by_text("Only the owner of this server can do that").first).to_be_visible()
    desk.check()
    context.close()
    assert server.end() == 0
