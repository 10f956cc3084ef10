"""The page in a browser: how long until something is seen and a question can be typed; and the map of topics of a large library."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
from typing import TYPE_CHECKING, Any

from bench.cold import FOOTNOTE
from bench.measure import ROOT, WORK, Span
from bench.memory import served
from rag.errors import FootnoteError

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
READY = "() => window.Footnote && document.querySelector('#question textarea')?.offsetParent ? performance.now() : 0"
"""Milliseconds since the page was asked for, once the box is there and what sends a question has been loaded."""


def opened(repeats: int = 9) -> dict[str, Any]:
    """Medians over new visitors of a running server with the bundled papers, nothing in the browser's cache."""
    from playwright.sync_api import sync_playwright

    path = next((where for name in ("chromium", "chromium-browser", "google-chrome") if (where := shutil.which(name))), None)
    if path is None:
        raise FootnoteError("Chromium is missing; scripts/browser.sh installs it")
    folder = WORK / "cold"
    WORK.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "FOOTNOTE_LIBRARY": str(folder)}
    subprocess.run([str(FOOTNOTE), "ingest", str(ROOT / "corpus" / "papers.jsonl")], check=True, capture_output=True, env=environment)
    with served(folder) as (port, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        found = [_visit(browser, f"http://127.0.0.1:{port}") for _ in range(repeats + 1)][1:]  # the first finds the server warming
        browser.close()
    return {**{key: statistics.median(one[key] for one in found) for key in found[0]}, "visitors": repeats}


def _visit(browser: Browser, url: str) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(url, wait_until="commit")
    ready = page.wait_for_function(READY, timeout=120_000).json_value()
    page.locator("button.example").first.wait_for(timeout=120_000)
    examples = page.evaluate("performance.now()")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    context.close()
    return {"painted_ms": float(painted), "ready_ms": float(ready), "examples_ms": float(examples)}


def drawn(folder: Path) -> dict[str, Any]:
    """The map of a library, from its files to its HTML."""
    from rag.library import Library
    from ui import charts

    with Library.open(folder, embedder=None) as library, Span() as span:
        of = library.overview()
        html = str(charts.picture(of, charts.topics(of)))
    return {"papers": len(of.paper_ids), "s": span.s, "cpu_s": span.cpu_s, "html_kb": len(html) / 1e3}
