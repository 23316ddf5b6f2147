"""What is built from what: one target per notebook people open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from labkit.labs import BEGIN, END, KERNEL, Lab, all_labs, stable_id
from labkit.paths import Course

_LEFT_OVER = re.compile(rf"{BEGIN}|{END}")
#: What a chapter's cell may say besides its text: tags, and its picture in words, which becomes the
#: picture's alternative text where a notebook is shown as a page.
_KEPT = ("tags", "alt")


@dataclass(frozen=True, slots=True)
class Target:
    """One notebook to build.

    Args:
        path: where it is written.
        source: the notebook as its sources give it, without outputs.
        executed: whether people get it with outputs.
    """

    path: Path
    source: NotebookNode
    executed: bool

    @property
    def name(self) -> str:
        """Folder and file name, as a person would say it."""
        return f"{self.path.parent.name}/{self.path.name}"

    def built(self) -> NotebookNode | None:
        """What lies at ``path``; None where nothing does, or nothing that is a notebook."""
        try:
            return nbformat.read(self.path, as_version=4)
        except (OSError, ValueError):
            return None

    def problems(self) -> list[str]:
        """Why what lies at ``path`` is not what the sources give; empty where it is."""
        built = self.built()
        if built is None:
            return [f"{self.name} is missing or not a notebook"]
        if _text(built) != _text(self.source):
            return [
                f"{self.name} is not what its source gives{_first_difference(built, self.source)}"
            ]
        code = [cell for cell in built.cells if cell.cell_type == "code"]
        if self.executed and not all(cell.execution_count for cell in code):
            return [f"{self.name} has cells that were not executed"]
        if not self.executed and any(cell.outputs for cell in code):
            return [f"{self.name} has outputs"]
        return []


def all_targets(course: Course) -> list[Target]:
    """Every notebook of a course: chapters, then each lab as the student's and as solved."""
    targets = [
        Target(course.notebooks / f"{source.stem}.ipynb", chapter_notebook(source), executed=True)
        for source in sorted(course.chapter_sources.glob("*.py"))
    ]
    for lab in all_labs(course):
        targets.append(Target(course.labs / f"{lab.name}.ipynb", lab.student_notebook(), False))
        targets.append(
            Target(course.solutions / f"{lab.name}.ipynb", lab.solution_notebook(), executed=True)
        )
    return targets


def chapter_notebook(source: Path) -> NotebookNode:
    """A chapter as written, with stable cell ids, not executed."""
    written = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    seen = set[str]()
    cells = []
    for cell in written.cells:
        make = new_code_cell if cell.cell_type == "code" else new_markdown_cell
        kept = {name: value for name, value in cell.metadata.items() if name in _KEPT}
        cells.append(make(cell.source, id=stable_id({}, cell, seen), metadata=kept))
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


def stale_files(course: Course, targets: Iterable[Target]) -> list[Path]:
    """Notebooks in the built folders that no source gives (any more)."""
    wanted = {target.path for target in targets}
    folders = (course.notebooks, course.labs, course.solutions)
    found = (path for folder in folders for path in folder.glob("*.ipynb"))
    return sorted(path for path in found if path not in wanted)


def leaks(lab: Lab, notebook: NotebookNode) -> list[str]:
    """The lines of a lab's solution that a notebook holds in a code cell, and left-over markers.

    A line the lab itself shows to students elsewhere is no leak.
    """
    shown = {
        line.strip()
        for cell in lab.source.cells
        if cell.metadata.get("role") != "answer"
        for line in cell.source.splitlines()
    }
    secret = lab.solution_lines() - shown
    lines = [line.strip() for cell in notebook.cells for line in cell.source.splitlines()]
    return [line for line in lines if line in secret or _LEFT_OVER.search(line)]


def _text(notebook: NotebookNode) -> list[tuple[str, str, str, object]]:
    return [(cell.id, cell.cell_type, cell.source, {**cell.metadata}) for cell in notebook.cells]


def _first_difference(built: NotebookNode, source: NotebookNode) -> str:
    for number, (one, other) in enumerate(zip(_text(built), _text(source), strict=False), start=1):
        if one != other:
            return f": cell {number} differs"
    return f": {len(built.cells)} cells instead of {len(source.cells)}"
