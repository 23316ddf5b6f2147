"""A lab: its text, its exercises, its checks, all from one folder in ``content/labs``.

``checks.py`` and ``hidden.py`` (or packages of those names) declare the checks; ``lab.py`` is a
jupytext percent file in which cells say what they are::

    # %% role="answer" exercise="1.1"
    ### BEGIN SOLUTION
    ...
    ### END SOLUTION
    # %% role="check" exercise="1.1"
    labkit.check("1.1")
"""

from __future__ import annotations

import hashlib
import importlib
import re
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from labkit.checks import Check, Probe
from labkit.errors import CourseError
from labkit.paths import Course

if TYPE_CHECKING:
    from nbformat import NotebookNode

# jupytext and nbformat take 1.5 s to import: only those pay who want a notebook, not the check
# service, which needs the headings and the checks.

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
PLACEHOLDER = "# Your answer here.\n..."

_SOLUTION = re.compile(rf"^[ \t]*{BEGIN}[ \t]*\n(.*?)^[ \t]*{END}[ \t]*$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"^# # (.+?)\s*$", re.MULTILINE)
_HEADING = re.compile(r"^# ##\s+Exercise\s+(\d+\.\d+)\s*[:\-]\s*(.+?)\s*$", re.MULTILINE)
_PROMISED = re.compile(r"^# \*(\d+(?:\.\d+)?) points?:", re.MULTILINE)
_IMPORT = re.compile(r"^(?:import|from)\s+([a-zA-Z_][\w.]*)", re.MULTILINE)
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


@dataclass(frozen=True, slots=True)
class Exercise:
    """One task of a lab.

    Args:
        id: its number, e.g. ``"1.1"``.
        title: of its heading.
        points: what its text promises, those of hidden checks included; 0 if it promises none.
    """

    id: str
    title: str
    points: float = 0.0


@dataclass(frozen=True)
class Lab:
    """A lab's folder, read when asked for."""

    name: str
    folder: Path

    @cached_property
    def text(self) -> str:
        """The text of ``lab.py``."""
        return (self.folder / "lab.py").read_text(encoding="utf-8")

    @cached_property
    def source(self) -> NotebookNode:
        """The lab as written, solutions between their markers."""
        import jupytext

        return jupytext.reads(self.text, fmt="py:percent")

    @property
    def title(self) -> str:
        """The first heading of the lab."""
        found = _TITLE.search(self.text)
        return found[1] if found else self.name

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises, in the order of their headings."""
        found = list(_HEADING.finditer(self.text))
        ends = [one.start() for one in found[1:]] + [len(self.text)]
        return tuple(
            Exercise(one[1], one[2], _promised(self.text[one.end() : end]))
            for one, end in zip(found, ends, strict=True)
        )

    def exercise(self, number: str) -> Exercise:
        """The exercise of a number that the lab has."""
        return next(one for one in self.exercises if one.id == number)

    @property
    def imports(self) -> tuple[str, ...]:
        """The modules its text imports, in that order; its solutions are part of its text."""
        return tuple(dict.fromkeys(_IMPORT.findall(self.text)))

    @cached_property
    def public_checks(self) -> tuple[Check, ...]:
        """The checks a student sees run."""
        return _in_order(_declared(self._module("checks"), Check))

    @cached_property
    def hidden_checks(self) -> tuple[Check, ...]:
        """The checks that run only when submissions are graded; none in a student's kit."""
        return _in_order(_declared(self._module("hidden"), Check))

    @cached_property
    def probes(self) -> tuple[Probe, ...]:
        """The models to ask before hidden checks run."""
        return _declared(self._module("hidden"), Probe)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Public checks, then hidden ones."""
        return self.public_checks + self.hidden_checks

    def student_notebook(self) -> NotebookNode:
        """The lab as a student gets it: no solution, no output, stable cell ids."""
        return self._notebook(without_solutions)

    def solution_notebook(self) -> NotebookNode:
        """The lab with its solutions, not executed."""
        return self._notebook(
            lambda text: _SOLUTION.sub(lambda found: _dedent_last(found[1]), text)
        )

    def with_answers(self, answers: dict[str, str]) -> NotebookNode:
        """The student's lab with the given source in the answer cells of some exercises.

        Args:
            answers: source by exercise id; other exercises stay as the student got them.
        """
        notebook = self.student_notebook()
        for cell in notebook.cells:
            role = cell.metadata.get("labkit", {})
            if role.get("role") == "answer" and role["exercise"] in answers:
                cell.source = answers[role["exercise"]]
        return notebook

    def solution_lines(self) -> set[str]:
        """Every line between solution markers that says something."""
        found = "\n".join(
            text for cell in self.source.cells for text in _SOLUTION.findall(cell.source)
        )
        lines = {line.strip() for line in found.splitlines()}
        return {line for line in lines if len(line) > 3 and not line.startswith("#")}

    def _notebook(self, solve: Any) -> NotebookNode:
        from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

        cells, seen = [], set[str]()
        for cell in self.source.cells:
            role = {key: cell.metadata[key] for key in ("role", "exercise") if key in cell.metadata}
            source = solve(cell.source) if role.get("role") == "answer" else cell.source
            make = new_code_cell if cell.cell_type == "code" else new_markdown_cell
            made = make(source, id=stable_id(role, cell, seen), metadata=_metadata(role, cell))
            cells.append(made)
        return new_notebook(
            cells=cells, metadata={"kernelspec": KERNEL, "labkit": {"lab": self.name}}
        )

    def _module(self, name: str) -> ModuleType | None:
        if not any(
            (self.folder / place).is_file() for place in (f"{name}.py", f"{name}/__init__.py")
        ):
            return None
        return importlib.import_module(f".{name}", package=self._package())

    def _package(self) -> str:
        """A package that stands for the lab's folder, so that its files can import each other."""
        name = f"labkit_lab_{hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]}"
        if name not in sys.modules:
            package = ModuleType(name)
            package.__path__ = [str(self.folder)]
            sys.modules[name] = package
        return name


def _declared(module: ModuleType | None, kind: type[Any]) -> tuple[Any, ...]:
    return tuple(value for value in vars(module or object).values() if isinstance(value, kind))


def _dedent_last(text: str) -> str:
    return text.rstrip("\n")


def _in_order(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """Checks as a reader of their files meets them, however they were imported."""
    return tuple(sorted(checks, key=lambda one: (one.exercise, one.decide.__code__.co_firstlineno)))


def stable_id(role: dict[str, str], cell: NotebookNode, seen: set[str]) -> str:
    """An id that stays the same when cells are added elsewhere."""
    if role:
        stem = f"{role['role']}-{role['exercise'].replace('.', '-')}"
    else:
        stem = f"{cell.cell_type}-{hashlib.sha256(cell.source.encode()).hexdigest()[:8]}"
    name, count = stem, 1
    while name in seen:
        count += 1
        name = f"{stem}-{count}"
    seen.add(name)
    return name


def _metadata(role: dict[str, str], cell: NotebookNode) -> dict[str, Any]:
    """What a front end may change: only answers are edited, and nothing is deleted."""
    tags = {"tags": cell.metadata["tags"]} if "tags" in cell.metadata else {}
    if role.get("role") == "answer":
        return {"labkit": role, "deletable": False, **tags}
    return {**({"labkit": role} if role else {}), "deletable": False, "editable": False, **tags}


def without_solutions(text: str) -> str:
    """A text with a placeholder for whatever stands between solution markers."""
    return _SOLUTION.sub(PLACEHOLDER, text)


def all_labs(course: Course) -> tuple[Lab, ...]:
    """Every lab of a course, in order of name."""
    found = sorted(course.lab_sources.glob("*/lab.py"))
    return tuple(Lab(path.parent.name, path.parent) for path in found)


def load_lab(course: Course, name: str) -> Lab:
    """One lab by the name of its folder.

    Raises:
        CourseError: there is no such lab; the message lists those there are.
    """
    labs = {lab.name: lab for lab in all_labs(course)}
    if name not in labs:
        raise CourseError(
            f"There is no lab called {name}.",
            why=f"content/labs of this course has: {', '.join(labs) or 'no labs'}.",
            next_step="Give one of these names.",
        )
    return labs[name]


def lab_of(course: Course, exercise: str) -> Lab:
    """The lab an exercise belongs to.

    Raises:
        CourseError: no lab has this exercise.
    """
    for lab in all_labs(course):
        if any(exercise == known.id for known in lab.exercises):
            return lab
    raise CourseError(
        f"There is no exercise {exercise}.",
        why="No lab of this course has a heading with that number.",
        next_step="Compare the number in the check cell with the heading above it.",
    )


def _promised(text: str) -> float:
    found = _PROMISED.search(text)
    return float(found[1]) if found else 0.0
