"""The pictures in docs/: an answer (screenshot.png), the first screen, a comparison, a phone, dark, the map of topics.

Over the bundled papers, without a model. `make screenshot` runs it. Needs Chromium (scripts/browser.sh).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
QUESTION, COMPARISON = "Summarise what is known about knowledge distillation", "How does MathOctopus compare with ChatGPT?"
SERVE = "from rag.config import load; from ui.server import run; run(load(), open_browser=False)"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb"]


PICTURES = ("screenshot", "first", "table", "phone", "dark", "map")


def main() -> None:
    """Index, serve, and take every picture."""
    parser = argparse.ArgumentParser(description="Take pictures of the page.")
    parser.add_argument("names", nargs="*", default=PICTURES, help=f"which ones; default: {', '.join(PICTURES)}")
    parser.add_argument("--question", default=QUESTION)
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="the folder")
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
            with sync_playwright() as playwright:
                opened = playwright.chromium.launch(executable_path=browser, headless=True, args=FLAGS)
                for name in chosen.names:
                    take(opened, url, name, chosen.question, chosen.out / f"{name}.png")
                opened.close()
        finally:
            server.terminate()
            server.wait(20)


def take(browser: Browser, url: str, name: str, question: str, out: Path) -> None:
    """Bring the page to what a picture shows, and save what it looks like."""
    phone = name == "phone"
    context = browser.new_context(
        viewport={"width": 390, "height": 844} if phone else {"width": 1280, "height": 1160 if name == "map" else 760},
        device_scale_factor=2 if phone else 1.5,
        color_scheme="dark" if name == "dark" else "light",
        reduced_motion="reduce",
        is_mobile=phone,
        has_touch=phone,
    )
    page = context.new_page()
    page.goto(url, wait_until="commit")
    page.locator("button.example").first.wait_for()
    if name == "map":
        page.get_by_role("tab", name="Library").click()
        page.get_by_text("Map", exact=True).click()
        page.locator("#chart svg.map").wait_for()
    elif name != "first":
        page.get_by_role("textbox", name="Ask a question").fill(COMPARISON if name == "table" else question)
        page.get_by_role("button", name="Send", exact=True).click()
        page.locator("#transcript a.cite").first.wait_for()
        if not phone:
            page.locator("#transcript a.cite").first.click()
            page.locator("#panel mark.now").first.wait_for()
    page.mouse.move(2, 2)
    page.evaluate("document.fonts.ready")
    page.screenshot(path=str(out))
    context.close()
    with Image.open(out) as taken:  # a third of the size, and no eye sees it
        small = taken.convert("RGB").quantize(192)
    small.save(out, optimize=True)


if __name__ == "__main__":
    main()
