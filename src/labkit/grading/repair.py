"""Puts a submission back in order: answers are the student's, everything else is the lab's.

A student's cell is recognised by its id, then by the lab's metadata, then by what it says (a check
cell, a heading, a given cell), and an answer at last by its place between these. Cells the student
added stay where they are and run; an exercise is judged after the last of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from labkit.grading.addresses import put_right
from labkit.grading.cells import StudentCell
from labkit.grading.match import (
    alike,
    exercise_of,
    is_check,
    is_work,
    match,
    role_of,
    without_checks,
)
from labkit.grading.outcome import Repair
from labkit.labs import Lab

__all__ = ["Repaired", "exercise_of", "is_check", "repair"]


@dataclass(frozen=True, slots=True)
class Repaired:
    """The notebook to execute, what was mended, and whether any answer is in it."""

    notebook: NotebookNode
    repairs: tuple[Repair, ...]
    untouched: bool


def repair(cells: Sequence[StudentCell], lab: Lab) -> Repaired:
    """Build the notebook to execute from the pristine lab and a student's answers.

    Args:
        cells: what was handed in.
        lab: the lab it was handed in for.

    Returns:
        The notebook, without outputs. Where only white space differs, nothing is reported.
    """
    pristine = lab.student_notebook()
    places = match(pristine.cells, cells)
    extras = _extras(cells, places)
    answered = any(cell.cell_type == "code" for after in extras.values() for cell in after)
    repairs = list(_repairs(pristine.cells, cells, places))
    for index, place in places.items():
        cell, theirs = pristine.cells[index], cells[place]
        if role_of(cell) == "answer":
            answered |= is_work(theirs) and not alike(theirs.source, cell.source)
            cell.source = theirs.source
        answered |= is_check(cell) and bool(_beside(theirs))
    pristine.cells = list(_in_order(pristine.cells, cells, places, extras))
    repairs += _addresses(pristine.cells)
    return Repaired(pristine, tuple(dict.fromkeys(repairs)), untouched=not answered)


def _extras(
    cells: Sequence[StudentCell], places: dict[int, int]
) -> defaultdict[int, list[NotebookNode]]:
    """The student's own cells, by the position of the lab's cell they come after (-1: the top)."""
    become = {place: index for index, place in places.items()}
    extras: defaultdict[int, list[NotebookNode]] = defaultdict(list)
    last = -1
    for place, cell in enumerate(cells):
        if place in become:
            last = become[place]
        elif is_work(cell):
            extras[last].append(_extra(cell.source, f"extra-{place}", cell.kind))
    return extras


def _extra(source: str, id_: str, kind: str = "code") -> NotebookNode:
    make = new_code_cell if kind == "code" else new_markdown_cell
    return make(source, id=id_, metadata={"labkit": {"role": "extra"}})


def _in_order(
    pristine: Sequence[NotebookNode],
    cells: Sequence[StudentCell],
    places: dict[int, int],
    extras: defaultdict[int, list[NotebookNode]],
) -> Iterator[NotebookNode]:
    """All cells as they are to run."""
    yield from extras[-1]
    for index, cell in enumerate(pristine):
        theirs = cells[places[index]] if index in places else None
        if is_check(cell):
            if theirs and _beside(theirs):
                yield _extra(_beside(theirs), f"beside-{index}")
            # Whoever goes on working below the check cell runs the check again afterwards.
            yield from extras[index]
            yield cell
            continue
        if theirs and _was_changed(cell, theirs):
            # The imports a student added to a given cell are needed; what it set is set again.
            yield _extra(theirs.source, f"given-{index}")
        yield cell
        yield from extras[index]


def _was_changed(cell: NotebookNode, theirs: StudentCell) -> bool:
    """Whether a given cell holds other code now."""
    return (
        not role_of(cell)
        and (cell.cell_type, theirs.kind) == ("code", "code")
        and is_work(theirs)
        and not alike(cell.source, theirs.source)
    )


def _beside(theirs: StudentCell) -> str:
    """The code a student wrote into a check cell, above or below the call of the check."""
    code = without_checks(theirs.source)
    work = (line for line in code.split("\n") if line.strip() and not line.startswith("#"))
    return code if theirs.kind == "code" and code != theirs.source and any(work) else ""


def _repairs(
    pristine: Sequence[NotebookNode], cells: Sequence[StudentCell], places: dict[int, int]
) -> Iterator[Repair]:
    if not places:
        yield Repair("", "No cell of this lab is in it; it seems to be another notebook.")
        return
    order = [places[index] for index in sorted(places) if pristine[index].cell_type == "code"]
    if order != sorted(order):
        yield Repair("", "Cells had been moved; they were put back in the order of the lab.")
    for index, cell in enumerate(pristine):
        if cell.cell_type != "code":
            continue
        exercise = exercise_of(cell) or next(filter(None, map(exercise_of, pristine[index:])), "")
        what = {"answer": "answer cell", "check": "check cell"}.get(role_of(cell), "given cell")
        theirs = cells[places[index]] if index in places else None
        if theirs is None:
            lost = "nothing was handed in there" if what == "answer cell" else "it was put back"
            yield Repair(exercise, f"The {what} is missing; {lost}.")
        elif what == "answer cell":
            yield from _answer_repairs(exercise, cell, theirs)
        elif theirs.kind != "code":
            yield Repair(exercise, f"The {what} was turned into text; it was restored.")
        elif _was_changed(cell, theirs):
            yield Repair(exercise, f"The {what} was changed; yours ran first, then the lab's.")
        elif what == "check cell" and _beside(theirs):
            yield Repair(exercise, "There is code of yours in the check cell; it ran first.")
        elif not alike(theirs.source, cell.source):
            yield Repair(exercise, f"The {what} was changed; it was restored.")
    yield from _several(cells, places)


def _answer_repairs(exercise: str, cell: NotebookNode, theirs: StudentCell) -> Iterator[Repair]:
    if theirs.kind != "code":
        yield Repair(exercise, "The answer cell was turned into text; it was run as code.")
    recognised = theirs.id == cell.id or (theirs.role, theirs.exercise) == ("answer", exercise)
    if not recognised:
        yield Repair(exercise, "The answer cell had lost its mark; it was found by its place.")


def _several(cells: Sequence[StudentCell], places: dict[int, int]) -> Iterator[Repair]:
    taken = set(places.values())
    for place, cell in enumerate(cells):
        if place not in taken and cell.role == "answer" and is_work(cell):
            yield Repair(
                cell.exercise, "More than one cell has the mark of this answer; all of them ran."
            )


def _addresses(cells: Sequence[NotebookNode]) -> Iterator[Repair]:
    """Put right what holds on the student's computer only, its check service included."""
    for index, cell in enumerate(cells):
        if cell.cell_type == "code" and role_of(cell) in {"answer", "extra"}:
            cell.source, said = put_right(without_checks(cell.source))
            exercise = exercise_of(cell) or next(filter(None, map(exercise_of, cells[index:])), "")
            whose = "the answer cell" if role_of(cell) == "answer" else "a cell you added"
            for sentence in said:
                yield Repair(exercise, f"In {whose}: {sentence[0].lower()}{sentence[1:]}")
