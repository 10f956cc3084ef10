"""The library as a workplace: filters, choosing all, export, one's own tags, collections and notes, pictures, papers by number."""

from __future__ import annotations

import http.server
import json
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rispy
from page_kit import Desk, serve
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_papers_are_filtered_chosen_and_exported(desk: Desk) -> None:
    """By year; all that match are chosen at a press, on other pages too, and leave as RIS; a further page begins at its top."""
    page = desk.page
    desk.tab("Library")
    rows = page.locator("ul.papers li")
    expect(rows).to_have_count(20)
    rows.last.scroll_into_view_if_needed()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("navigation", name="Pages of the list")).to_contain_text("21 to 40")
    expect(rows.first).to_be_in_viewport()
    page.get_by_label("From year").fill("2023")
    page.get_by_label("To year").fill("2023")
    expect(rows.first.locator(".facts")).to_contain_text("2023")
    page.get_by_role("button", name="Choose all that match").click()
    chosen = page.get_by_text(re.compile(r"^\d+ chosen$"))
    chosen.wait_for()
    count = int(chosen.inner_text().split()[0])
    assert count > 3
    page.locator("summary", has_text="Export chosen").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export chosen as RIS").click()
    records = rispy.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert len(records) == count
    assert {str(record.get("year", record.get("date", "")))[:4] for record in records} == {"2023"}


def test_tags_collections_and_notes_of_ones_own(desk: Desk) -> None:
    """Tags on chosen papers and a note on one; they narrow list and questions; an answer's papers become a collection."""
    page = desk.page
    desk.tab("Library")
    page.get_by_label("Search papers").fill("Quibbletron")
    page.get_by_role("checkbox", name=re.compile("Choose Quibbletron")).check()
    page.get_by_role("button", name="Tag or collect chosen").click()
    page.get_by_label("Tags", exact=True).fill("pebbly, for later")
    page.get_by_role("button", name="Add to chosen").click()
    expect(page.locator(".fact.own", has_text="pebbly")).to_be_visible()
    page.locator("ul.papers button.linklike").first.click()
    expect(page.get_by_label("Tags of this paper")).to_have_value("pebbly, for later")
    page.get_by_label("Note on this paper").fill("Compare with the moss paper <b>soon</b>")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("Kept with the paper")).to_be_visible()
    page.get_by_role("button", name="Back to the library").click()
    expect(page.locator(".fact.own", has_text="note")).to_have_attribute("title", "Compare with the moss paper <b>soon</b>")
    desk.tab("Ask")
    page.get_by_label("Tag", exact=True).click()
    page.get_by_role("option", name="pebbly · 1 paper").click()
    expect(page.get_by_role("list", name="Narrowed to")).to_contain_text("tagged pebbly")
    desk.ask("How many pebbles are sorted a minute?")
    expect(page.locator("#sources-1 article.card")).to_have_count(1)
    page.get_by_role("button", name="Make a collection of the papers of answer 1").click()
    expect(page.get_by_text("in the collection “How many pebbles are sorted a minute”")).to_be_visible()


def test_the_map_and_the_timeline_lead_to_papers_and_questions(desk: Desk) -> None:
    """A dot opens its paper; a topic narrows the chat to its papers; a bar narrows to its year."""
    page = desk.page
    desk.tab("Library")
    page.get_by_text("Map", exact=True).click()
    first = page.locator("#chart .dot").nth(5)
    title = first.locator("title").text_content()
    first.click()
    expect(page.locator("#opened h2").first).to_have_text(title or "")
    page.get_by_role("button", name="Back to the library").click()
    page.get_by_text("Map", exact=True).click()
    page.get_by_role("list", name="Topics").get_by_role("button").first.click()
    expect(page.get_by_role("list", name="Narrowed to")).to_contain_text("chosen papers")
    page.get_by_role("button", name=re.compile("Remove filter: only")).click()
    desk.tab("Library")
    page.get_by_text("Timeline", exact=True).click()
    page.locator("#chart [data-year='2023']").first.click()
    expect(page.get_by_label("Year from")).to_have_value("2023")
    turn = desk.ask("What is DB-LLM?")
    assert turn.is_visible()


def test_the_pictures_show_what_the_filters_let_through(desk: Desk) -> None:
    """Map and timeline count the papers that match, follow a filter while they stand, come back after a paper, and ask the same papers."""
    page = desk.page
    desk.tab("Library")
    page.get_by_text("Map", exact=True).click()
    dots = page.locator("#chart .dot")
    hint = page.locator("#chart .hint")
    expect(hint).to_contain_text("papers by what their abstracts are about")
    whole, every = hint.inner_text(), dots.count()
    page.get_by_label("From year").fill("2023")
    page.get_by_label("To year").fill("2023")
    expect(hint).not_to_have_text(whole)
    page.get_by_text("List", exact=True).click()
    top = page.locator("#papers .every span")
    expect(top).to_contain_text(re.compile(r"of \d+"))
    count = int(top.inner_text().rpartition(" ")[2])
    assert 3 < count < every
    page.get_by_text("Map", exact=True).click()
    expect(dots).to_have_count(count)
    dots.first.click()
    page.get_by_role("button", name="Back to the library").click()
    expect(dots).to_have_count(count)
    page.get_by_text("Timeline", exact=True).click()
    expect(hint).to_contain_text(f"{count} papers with a date")
    assert {bar[:4] for bar in page.locator("#chart .bar").evaluate_all("found => found.map((one) => one.dataset.year)")} == {"2023"}
    page.get_by_label("Search papers").fill("no title holds this")
    expect(page.locator("#chart")).to_contain_text("No paper matches")
    page.get_by_label("Search papers").fill("")
    page.locator("#chart [data-year='2023']").first.click()
    expect(page.get_by_role("list", name="Narrowed to")).to_contain_text(re.compile(rf"only {count} chosen papers"))


class _Doi(http.server.BaseHTTPRequestHandler):
    """A registry that knows one DOI."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent."""

    def do_GET(self) -> None:
        """One record."""
        abstract = "Gnarfle is a fence of 12 metres that keeps geese out."
        body = json.dumps({"type": "article-journal", "title": "Gnarfle: a fence", "DOI": "10.1000/gnarfle", "abstract": abstract}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_a_paper_is_added_by_its_number_where_the_owner_allows_it(browser: Browser, own_library: Path, tmp_path: Path, desk: Desk) -> None:
    """Off unless set; where it is, the banner says where numbers go, and the paper can be asked about at once."""
    desk.tab("Add papers")
    expect(desk.page.get_by_role("button", name="Add these papers")).to_be_visible()
    expect(desk.page.get_by_label("Or by number")).to_have_count(0)
    registry = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Doi)
    threading.Thread(target=registry.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    url = f"http://127.0.0.1:{registry.server_address[1]}"
    server = serve(tmp_path / "run", library=str(own_library), lookup="true", lookup_doi_url=url)
    context = browser.new_context()
    own = Desk(context.new_page(), server.url).open()
    expect(own.page.locator(".banner")).to_contain_text(url.removeprefix("http://"))
    own.tab("Add papers")
    own.page.get_by_label("Or by number").fill("http://127.0.0.1/admin")
    own.page.get_by_role("button", name="Look up and add").click()
    expect(own.page.locator("#outcome")).to_contain_text("holds no DOI")
    own.page.get_by_label("Or by number").fill("https://doi.org/10.1000/gnarfle")
    own.page.get_by_role("button", name="Look up and add").click()
    expect(own.page.locator("#outcome")).to_contain_text("1 new")
    own.tab("Ask")
    expect(own.ask("How long is Gnarfle?").locator(".answer")).to_contain_text("12 metres")
    own.check()
    context.close()
    server.end()
    registry.shutdown()
    registry.server_close()
