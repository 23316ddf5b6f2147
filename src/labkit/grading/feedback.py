"""Puts the verdicts where the student looks for them: below the check cells."""

from __future__ import annotations

from collections.abc import Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_output

from labkit.card import lines_of, make_card
from labkit.checks import ExerciseResult
from labkit.grading.outcome import CellError, Repair
from labkit.grading.repair import exercise_of, is_check


def add_cards(
    notebook: NotebookNode,
    results: Sequence[ExerciseResult],
    repairs: Sequence[Repair],
    errors: Sequence[CellError],
) -> None:
    """Show each exercise's card as the output of its check cell.

    Hidden checks are summed up in a line: what they look for stays hidden.

    Args:
        notebook: the executed notebook; changed in place.
        results: the outcome of every exercise.
        repairs: what was restored, shown with the exercise it belongs to.
        errors: what cells raised, shown likewise.
    """
    by_exercise = {one.exercise: one for one in results}
    for cell in notebook.cells:
        if is_check(cell) and exercise_of(cell) in by_exercise:
            exercise = exercise_of(cell)
            notes = [one.message for one in repairs if one.exercise == exercise]
            notes += [f"{one}." for one in errors if one.exercise == exercise]
            cell.outputs = [_output(by_exercise[exercise], notes)]


def _output(result: ExerciseResult, notes: Sequence[str]) -> NotebookNode:
    plainest = frozenset(f"{one.check}/{one.hint}" for one in result.results)
    card = make_card(result, lines_of(result, second_hints=plainest), notes=notes)
    return new_output("display_data", data={"text/html": card.html, "text/plain": card.text})
