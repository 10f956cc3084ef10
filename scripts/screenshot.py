"""docs/screenshot.png: the page with a real answer over the bundled papers, a citation opened. `make screenshot` runs it.

Needs Chromium (scripts/browser.sh). Options take other pictures: `--dark`, `--phone`, `--question`, `--out`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
QUESTION = "How does MathOctopus compare with ChatGPT?"
SERVE = "from rag.config import load; from ui.server import run; run(load(), open_browser=False)"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb"]


def main() -> None:
    """Index, serve, ask, press, look."""
    parser = argparse.ArgumentParser(description="Take a picture of the page.")
    parser.add_argument("--question", default=QUESTION)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshot.png")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--phone", action="store_true")
    chosen = parser.parse_args()
    browser = next((p for n in ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome") if (p := shutil.which(n))), None)
    if browser is None:
        raise SystemExit("Chromium is missing; run scripts/browser.sh")
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"FOOTNOTE_LIBRARY": "papers", "FOOTNOTE_PORT": "0", "XDG_DATA_HOME": folder}
        corpus = str(ROOT / "corpus" / "papers.jsonl")
        command = [sys.executable, "-c", "from rag.cli import main; main()", "ingest", corpus]
        subprocess.run(command, env=env, check=True, capture_output=True)  # noqa: S603
        server = subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True, env=env)  # noqa: S603
        try:
            assert server.stdout is not None
            url = next(word for word in server.stdout.readline().split() if word.startswith("http"))
            take(browser, url, chosen)
        finally:
            server.terminate()
            server.wait(20)


def take(browser: str, url: str, chosen: argparse.Namespace) -> None:
    """Ask on the page and save what it looks like."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, headless=True, args=FLAGS)
        page = opened.new_page(
            viewport={"width": 390, "height": 844} if chosen.phone else {"width": 1280, "height": 760},
            device_scale_factor=2 if chosen.phone else 1.5,
            color_scheme="dark" if chosen.dark else "light",
            reduced_motion="reduce",
        )
        page.goto(url, wait_until="commit")
        page.locator("button.example").first.wait_for()
        page.get_by_role("textbox", name="Ask a question").fill(chosen.question)
        page.get_by_role("button", name="Send", exact=True).click()
        page.locator("#transcript a.cite").first.wait_for()
        if not chosen.phone:
            page.locator("#transcript a.cite").first.click()
            page.locator("#panel mark.now").first.wait_for()
        page.mouse.move(2, 2)
        page.evaluate("document.fonts.ready")
        page.screenshot(path=str(chosen.out))
        opened.close()


if __name__ == "__main__":
    main()
