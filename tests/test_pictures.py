"""Every picture a notebook shows is there, is small, and is told to those who cannot see it."""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path

import nbformat
import pytest
from conftest import REPOSITORY

from labkit.bank import load_bank
from labkit.labs import load_lab
from labkit.paths import Course

_PICTURE = re.compile(r"!\[(?P<told>[^\]]*)\]\((?P<path>[^)\s]+)\)")
NOTEBOOKS = [
    path
    for folder in (REPOSITORY.notebooks, REPOSITORY.labs, REPOSITORY.solutions)
    for path in sorted(folder.glob("*.ipynb"))
]
#: Bytes; a chapter with ten pictures still opens at once.
MOST = 120_000


def pictures(notebook: Path) -> list[tuple[str, Path]]:
    """What each picture in a notebook's texts shows, and its file."""
    cells = nbformat.read(notebook, as_version=4).cells
    found = [_PICTURE.finditer(cell.source) for cell in cells if cell.cell_type == "markdown"]
    return [(one["told"], notebook.parent / one["path"]) for group in found for one in group]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_pictures_are_there_small_and_described(notebook: Path) -> None:
    for told, path in pictures(notebook):
        assert len(told.split()) >= 5, f"{path.name} has no description worth the name"
        assert path.is_file(), f"{path} is missing"
        assert path.stat().st_size <= MOST, f"{path.name} is larger than {MOST} bytes"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_pictures_that_are_drawn_are_told_in_words(notebook: Path) -> None:
    for cell in nbformat.read(notebook, as_version=4).cells:
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", ())):
            told = str(cell.metadata.get("alt", ""))
            assert len(told.split()) >= 10, f"nothing tells what is drawn by {cell.source[:60]!r}"


def test_every_picture_beside_the_chapters_is_shown_by_one() -> None:
    shown = {path.resolve() for one in NOTEBOOKS for _, path in pictures(one)}
    assert {path.resolve() for path in REPOSITORY.notebooks.glob("images/*")} <= shown


def test_the_readmes_picture_is_taken_of_an_answer_that_is_in_the_bank(
    course: Course, tmp_path: Path
) -> None:
    taking = runpy.run_path(str(REPOSITORY.root / "docs" / "screenshots.py"))
    shutil.copytree(course.labs, tmp_path / "labs")
    notebook = nbformat.read(tmp_path / "labs" / taking["filled_in"](tmp_path), as_version=4)
    bank = {(one.exercise, one.name): one for one in load_bank(load_lab(course, taking["LAB"]))}
    answer = bank[taking["EXERCISE"], taking["ANSWER"]]
    assert answer.source.strip() in {cell.source for cell in notebook.cells}
