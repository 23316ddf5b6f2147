"""Takes the pictures of the chapter on MLflow's pages, from what that chapter itself makes.

    .venv/bin/python -m pip install playwright      # no browser of its own needed
    .venv/bin/python docs/ui_pictures.py --chromium /usr/bin/chromium

The chapter runs against a fresh server, then its pages are photographed, so that text, code and
pictures tell the same. Run it again after a change of the chapter or of MLflow, and look at what
it took.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from PIL import Image
from playwright.sync_api import sync_playwright

from labkit.build.execute import FIXED, run_notebook
from labkit.build.targets import chapter_notebook
from labkit.paths import Course
from labkit.servers.environment import course_environment
from labkit.servers.run import running_servers
from labkit.servers.template import template_database
from labkit.workspace import make_workspace

COURSE = Course(Path(__file__).resolve().parents[1])
CHAPTER = COURSE.chapter_sources / "07_06_ui_tour.py"
EXPERIMENT, FOREST = "chapter-07-06", "forest-churn-tour"
#: Whom the pages name as the user, instead of whoever runs this.
READER = {"USER": "reader", "LOGNAME": "reader", "USERNAME": "reader"}
WIDTH, LOW, MIDDLE, TALL = 1200, 480, 640, 860
#: Colours a picture is reduced to: a page has few, and its file becomes a third.
COLOURS = 256
#: Chromium's: no sandbox for root, and no calls home.
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@contextmanager
def filled_server() -> Iterator[str]:
    """The address of a server that holds what the chapter makes, and nothing else."""
    with tempfile.TemporaryDirectory(prefix="ui-pictures-") as room:
        workspace = make_workspace(
            Path(room) / "course",
            course=COURSE,
            template=template_database(COURSE.state / "template"),
            artifact_root="mlflow-artifacts:",
        )
        os.environ.update(READER)
        with running_servers(workspace, jupyter=False, checks=False) as servers:
            environment = {**course_environment(workspace, servers.tracking_uri), **FIXED}
            run_notebook(chapter_notebook(CHAPTER), workspace.notebooks, environment)
            yield servers.tracking_uri


class Tour:
    """A browser that goes from page to page and photographs each."""

    def __init__(self, page: Any, base: str, out: Path) -> None:
        self.page, self.base, self.out = page, base, out

    def visit(self, address: str, wait_for: str, height: int) -> None:
        """Open a page in a window of that height; ``wait_for`` shows when it is complete."""
        self.page.set_viewport_size({"width": WIDTH, "height": height})
        self.page.goto(f"{self.base}/#{address}")
        self.text(wait_for).wait_for(timeout=60_000)

    def text(self, words: str) -> Any:
        """The first element with exactly these words."""
        return self.page.get_by_text(words, exact=True).first

    def button(self, words: str) -> Any:
        """The first button whose label has these words."""
        return self.page.get_by_role("button", name=words).first

    def photograph(self, name: str, height: int | None = None) -> None:
        """Write what the window, of another height if given, shows to ``ui-NAME.png``."""
        if height:
            self.page.set_viewport_size({"width": WIDTH, "height": height})
        self.page.wait_for_timeout(2_000)  # fonts, charts and animations tell nobody they are done
        picture = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        path = self.out / f"ui-{name}.png"
        picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def runs(tour: Tour, experiment: str) -> None:
    """The start page, an experiment's runs, three of them compared, and a file of one."""
    page, address = tour.page, f"/experiments/{experiment}/runs"
    tour.visit("/", "Welcome to MLflow", MIDDLE)
    tour.photograph("home")
    page.get_by_role("button", name="Close", exact=True).click()  # the assistant
    tour.text("Model training").click()
    tour.visit(address, "forest depth 3", TALL)
    tour.button("Columns").click()
    menu = page.get_by_role("dialog")
    for column in ("Dataset", "Source", "Models", "f1_valid", "recall_valid", "max_depth"):
        menu.get_by_text(column, exact=True).click()
    page.keyboard.press("Escape")
    tour.photograph("runs", LOW)
    for row in (1, 2, 3):  # the forests; the newest is the regression
        page.get_by_label("Press Space to toggle row selection").nth(row).check()
    tour.button("Compare").click()
    tour.text("Parallel Coordinates Plot").wait_for()
    tour.photograph("compare", MIDDLE)
    tour.visit(address, "forest depth 6", TALL)
    tour.text("forest depth 6").click()
    page.get_by_role("tab", name="Artifacts").click()
    tour.text("confusion.png").click()
    tour.photograph("artifacts")


def registry(tour: Tour) -> None:
    """The models, one of them, one of its versions, and both as the older pages show them."""
    model, version = f"/models/{FOREST}", f"/models/{FOREST}/versions/3"
    tour.visit("/models", "Try it now", LOW)
    tour.text("Try it now").click()
    tour.photograph("models")
    tour.visit(model, "Who leaves next month?", TALL)
    tour.photograph("model")
    tour.visit(version, "Inputs (6)", TALL)
    tour.text("Inputs (6)").click()
    tour.photograph("version")
    tour.page.get_by_role("switch", name="New model registry UI").click()
    tour.button("Disable").click()
    tour.visit(model, "Who leaves next month?", TALL)
    tour.photograph("stages")
    tour.visit(version, "Inputs (6)", LOW)
    tour.text("Staging").click()
    tour.photograph("transition")


def main() -> None:
    """Take the pictures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--chromium", default="/usr/bin/chromium")
    options.add_argument("--out", type=Path, default=COURSE.notebooks / "images")
    chosen = options.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with filled_server() as base, sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=chosen.chromium, args=SWITCHES)
        tour = Tour(browser.new_page(color_scheme="light"), base, chosen.out)
        found = MlflowClient(base).get_experiment_by_name(EXPERIMENT)
        assert found is not None
        runs(tour, found.experiment_id)
        registry(tour)
        browser.close()


if __name__ == "__main__":
    main()
