"""Takes the picture of the README from a running course, in a headless browser.

    pip install playwright            # its own environment will do; no browser of its own needed
    python docs/screenshots.py JUPYTERLAB_URL --chromium /usr/bin/chromium

JUPYTERLAB_URL is what ``python course.py start`` printed, token included. The picture shows
lab 1 with a typical mistake in exercise 1.1. Take it of a course that begins afresh (delete
``.course/``): who asks again gets the second of two hints.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parents[1]
LAB = "lab01_tracking"
EXERCISE, ANSWER = "1.1", "accuracy_as_param"


def filled_in(course: Path) -> str:
    """Write a copy of the lab with the answer above beside it; returns its name."""
    notebook = json.loads((course / "labs" / f"{LAB}.ipynb").read_text(encoding="utf-8"))
    file = ROOT / "content" / "labs" / LAB / "answers" / f"{EXERCISE.replace('.', '_')}.py"
    bank = file.read_text(encoding="utf-8")
    found = re.search(rf'# %% name="{ANSWER}".*?\n(.*?)(?=\n# %%|\Z)', bank, re.DOTALL)
    assert found is not None
    for cell in notebook["cells"]:
        role = cell["metadata"].get("labkit", {})
        if role.get("role") == "answer" and role["exercise"] == EXERCISE:
            cell["source"] = found[1].strip()
    path = course / "labs" / "my_lab01.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path.name


def picture(page: Any, base: str, token: str, notebook: str, out: Path) -> None:
    """Open the notebook, run all of it, and photograph the verdict."""
    page.goto(f"{base}/lab/tree/labs/{notebook}?token={token}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_selector("[title*='Python 3'], [title*='Idle']", timeout=60_000)
    page.wait_for_timeout(3_000)
    page.click(".lm-MenuBar-itemLabel:text-is('Run')")
    page.click("text=Run All Cells")
    last = page.locator(".jp-OutputArea-output", has_text=re.compile(r"Exercise 1\.4: \d"))
    last.first.wait_for(state="attached", timeout=120_000)
    words = re.compile(rf"Exercise {re.escape(EXERCISE)}: \d")
    card = page.locator(".jp-OutputArea-output", has_text=words).first
    card.evaluate("it => it.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(1_500)
    page.screenshot(path=str(out / "verdict-failed.png"))


def main() -> None:
    """Take the picture."""
    from playwright.sync_api import sync_playwright

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("url")
    options.add_argument("--course", type=Path, default=ROOT, help="the course folder that runs")
    options.add_argument("--chromium", default="/usr/bin/chromium")
    options.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    options.add_argument("--dark", action="store_true")
    chosen = options.parse_args()
    parts = urlsplit(chosen.url)
    token = parse_qs(parts.query)["token"][0]
    chosen.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as tools:
        browser = tools.chromium.launch(
            executable_path=chosen.chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(
            viewport={"width": 1280, "height": 900},
            color_scheme="dark" if chosen.dark else "light",
        )
        base = f"{parts.scheme}://{parts.netloc}"
        picture(page, base, token, filled_in(chosen.course), chosen.out)
        browser.close()


if __name__ == "__main__":
    main()
