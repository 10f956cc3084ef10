"""The report: one offline file that holds nothing foreign, works in a browser, and a summary that fits a comment."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from eval_kit import question, row, shelf, statement, unanswerable

from eval.fingerprint import eval_fingerprint
from eval.finish import finish
from eval.folder import RunFolder
from eval.reader import page as reader_page
from eval.report.plots import interval, latency, risk_coverage, waterfall
from eval.report.summary import LIMIT, markdown
from eval.score import score

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "</script><script>window.hacked = 1</script><img src=x onerror=hacked()> | `x`"


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A finished run of three questions, one of which attacks the page."""
    questions = [question(), unanswerable(id="q2", family="q2"), question(id="q3", family="q3", question=EVIL, answer_ref=EVIL)]
    manifest = {
        "system": {"sha": "0" * 64, "settings": {"fusion": "auto"}, "damage": None},
        "eval": eval_fingerprint(),
        "gold": {"questions": {q.id: q.id for q in questions}},
        "split": "dev",
        "mode": "extractive",
        "jobs": 1,
        "label": EVIL,
        "corpus": ["none.jsonl"],
        "commit": None,
    }
    made = RunFolder.create(tmp_path, manifest, questions)
    good = statement("alpha", "It beats Beta by 2.1 F1 on SQuAD.")
    made.append({**row(good).model_dump(), "id": "q1"})
    made.append({**row(abstained=True, abstain_reason="out_of_corpus", answer=EVIL).model_dump(), "id": "q2"})
    made.append({**row({**good, "text": EVIL}).model_dump(), "id": "q3"})
    shelf().write(made.path / "papers.jsonl")
    finish(made)
    return made


def test_one_file_and_nothing_foreign(folder: RunFolder) -> None:
    """No address is loaded, no question or answer becomes markup, and the policy in the page forbids both."""
    page = (folder.path / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', page)
    assert "@import" not in page
    assert "url(" not in page
    assert "default-src 'none'" in page
    assert "window.hacked" not in page.replace("\\u003cscript>window.hacked", "").replace("&lt;script&gt;window.hacked", "")


def test_the_summary_fits_a_comment(folder: RunFolder) -> None:
    """Headline, losses and wrong questions; short even with thousands of them, and no markup gets through."""
    text = (folder.path / "report.md").read_text(encoding="utf-8")
    assert "Gold paper first" in text
    assert "needed facts" in text
    assert "<script>" not in text
    wrong = score(question(question="a | b <i>"), row(statement("alpha", "Training takes 3 hours.")), shelf())
    many = markdown(folder.manifest, [wrong] * 3000, folder.read_json("metrics.json"))
    assert len(many) < LIMIT
    assert "a \\| b &lt;i&gt;" in many
    assert "2988 more" in many


def test_the_reader_s_figures_where_there_are_any(folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report shows what is known of the reader, names escaped; without a file of figures there is no such part."""
    path = folder.path / "report.html"
    heading = "How well the reader reads"
    monkeypatch.setattr(reader_page, "KEPT", tmp_path / "reader.json")
    finish(folder)
    assert heading not in path.read_text(encoding="utf-8")
    figure = {"value": 0.8, "low": 0.7, "high": 0.9, "n": [40, 30], "few": False}
    bins = [{"start": 0.8, "end": 0.9, "n": 70, "said": 0.85, "found": 0.8, "low": 0.7, "high": 0.88}]
    group = {"rows": 70, "documents": 9, "labels": {"answerable": 40}, "figures": {"auroc:detail_missing": figure}, "reliability": bins}
    forms = {"questions": {"sources": {EVIL: group}, "macro": {}, "pooled": group}}
    figures = {"label": EVIL, "reader": "0" * 64, "commit": None, "rows": 70, "split": EVIL, "files": [{"name": EVIL}], "forms": forms}
    (tmp_path / "reader.json").write_text(json.dumps(figures), encoding="utf-8")
    finish(folder)
    page = path.read_text(encoding="utf-8")
    assert heading in page
    assert ".800 (.70-.90) 40/30" in page
    assert "given 0.85, so 0.80 of 70" in page
    assert "window.hacked" not in page.replace("\\u003cscript>window.hacked", "").replace("&lt;script&gt;window.hacked", "")


def test_plots_say_what_they_show() -> None:
    """Each plot has a text for those who can't see it; without data there is no plot."""
    assert 'aria-label="0.500, 95 % interval 0.400 to 0.600"' in interval(0.5, 0.4, 0.6)
    assert "not said 3" in waterfall({"not indexed": 0, "not said": 3, "told": 5})
    assert waterfall({"told": 0}) == risk_coverage([]) == latency({}) == ""
    assert "whole answer" in latency({"whole answer": [(0.01, 0.5), (0.02, 1.0)]})


@pytest.mark.browser
def test_in_a_browser(folder: RunFolder) -> None:
    """Sorting, filtering and unfolding work; a planted script does not run; nothing is logged; it fits a narrow screen."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 400, "height": 800})
        faults: list[str] = []
        page.on("console", lambda m: faults.append(m.text))
        page.on("pageerror", lambda e: faults.append(str(e)))
        page.goto((folder.path / "report.html").as_uri() + "#q3")
        assert page.locator("tr.detail").count() == 1
        assert page.locator("tr.detail").get_by_text("window.hacked").count() >= 1
        assert page.evaluate("window.hacked") is None
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        page.get_by_label("Search questions").fill("beat")
        assert page.locator("tr.q:visible").count() == 2
        page.get_by_label("Search questions").fill("")
        page.get_by_role("button", name="q1", exact=True).click()
        mark = page.locator("tr.detail mark").first
        assert "2.1 F1" in mark.inner_text()
        page.get_by_role("button", name="facts").click()
        page.get_by_label("Outcome").select_option("rightly refused")
        assert page.locator("tr.q:visible").count() == 1
        page.get_by_role("button", name="Light / dark").click()
        assert page.evaluate("document.documentElement.dataset.theme") in {"light", "dark"}
        assert faults == []
        browser.close()
