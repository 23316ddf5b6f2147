"""The answer bank: right answers in different style and named wrong ones, each with its score.

``answers/1_1.py`` in a lab's folder is a jupytext percent file for exercise 1.1, one code cell per
answer; text cells between them explain::

    # %% name="fluent_api" kind="right" points=4
    ...
    # %% name="accuracy_as_param" kind="wrong" points=2 hints=["metric_as_param"]
    ...

``points`` and ``hints`` are what all checks of the exercise, public and hidden, must give together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.checks import ExerciseResult
from labkit.errors import CourseError
from labkit.labs import Lab

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: How many answers an exercise needs before its checks can be trusted.
FEWEST_RIGHT, FEWEST_WRONG = 3, 5


@dataclass(frozen=True, slots=True)
class BankAnswer:
    """One way to answer an exercise.

    Args:
        exercise: the exercise's id.
        name: what sets it apart: the style, or the misconception.
        kind: ``right`` or ``wrong``.
        points: what it must earn.
        hints: ids of the hints it must get, no more and no fewer.
        source: the code.
    """

    exercise: str
    name: str
    kind: str
    points: float
    hints: frozenset[str]
    source: str


def load_bank(lab: Lab) -> tuple[BankAnswer, ...]:
    """All answers to a lab, in order of exercise.

    Raises:
        CourseError: an answer does not say its name, its kind or its points.
    """
    return tuple(answer for exercise in lab.exercises for answer in _answers(lab, exercise.id))


def bank_notebooks(lab: Lab) -> list[tuple[str, NotebookNode, dict[str, BankAnswer]]]:
    """Notebooks that together hold every answer: the first of each exercise, the second, ...

    Returns:
        A name, the notebook, and which answer it gives to which exercise. An exercise that has
        no more answers stays unanswered.
    """
    by_exercise = [_answers(lab, exercise.id) for exercise in lab.exercises]
    notebooks = []
    for turn in range(max(map(len, by_exercise), default=0)):
        given = {answers[turn].exercise: answers[turn] for answers in by_exercise if answers[turn:]}
        sources = {exercise: answer.source for exercise, answer in given.items()}
        notebooks.append((f"bank-{turn + 1:02}", lab.with_answers(sources), given))
    return notebooks


def bank_mismatches(
    results: Sequence[ExerciseResult], answers: Mapping[str, BankAnswer]
) -> list[str]:
    """Where the checks did not decide as the bank says they must.

    Args:
        results: the outcome of every exercise of one notebook from ``bank_notebooks``.
        answers: what that notebook gave for answers, by exercise.

    Returns:
        A sentence per difference; none if all is well.
    """
    by_exercise = {result.exercise: result for result in results}
    return [
        difference
        for exercise, answer in answers.items()
        for difference in _differences(by_exercise[exercise], answer)
    ]


def lint_bank(lab: Lab) -> list[str]:
    """What is wrong with a lab's bank itself, without running anything.

    Returns:
        A sentence per fault; none if the bank is complete.
    """
    bank = load_bank(lab)
    return [
        fault
        for exercise in lab.exercises
        for fault in _faults(lab, exercise.id, [one for one in bank if one.exercise == exercise.id])
    ]


def _answers(lab: Lab, exercise: str) -> list[BankAnswer]:
    path = lab.folder / "answers" / f"{exercise.replace('.', '_')}.py"
    if not path.is_file():
        return []
    import jupytext  # takes a second, so only those pay who read a bank

    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [_answer(lab, exercise, cell.metadata, cell.source) for cell in cells]


def _answer(lab: Lab, exercise: str, said: Mapping[str, Any], source: str) -> BankAnswer:
    kind, points, hints = said.get("kind"), said.get("points"), said.get("hints", [])
    if not (
        isinstance(said.get("name"), str)
        and kind in {"right", "wrong"}
        and isinstance(points, (int, float))
        and isinstance(hints, list)
    ):
        raise CourseError(
            f"An answer to exercise {exercise} of {lab.name} does not say what it is.",
            why=f"Its first line of code is: {source.strip().splitlines()[:1]}; it says {said}.",
            next_step='Write: # %% name="..." kind="right" or "wrong" points=N hints=["..."]',
        )
    return BankAnswer(exercise, said["name"], str(kind), points, frozenset(hints), source)


def _differences(result: ExerciseResult, answer: BankAnswer) -> Iterator[str]:
    what = f"{answer.exercise} {answer.name}"
    found = "; ".join(f"{one.check}: {one.points:g}, {one.message}" for one in result.results)
    if result.points != answer.points:
        yield f"{what} got {result.points:g} points, not {answer.points:g} ({found})"
    hints = {one.hint for one in result.results if one.hint is not None}
    if hints != answer.hints:
        yield f"{what} got the hints {sorted(hints)}, not {sorted(answer.hints)} ({found})"


def _faults(lab: Lab, exercise: str, bank: Sequence[BankAnswer]) -> Iterator[str]:
    checks = [check for check in lab.checks if check.exercise == exercise]
    most = round(sum(check.points for check in checks), 2)
    known = {hint for check in checks for hint in check.hints}
    kinds = Counter(answer.kind for answer in bank)
    for kind, fewest in (("right", FEWEST_RIGHT), ("wrong", FEWEST_WRONG)):
        if kinds[kind] < fewest:
            yield f"{exercise} has {kinds[kind]} {kind} answers; it needs {fewest}"
    for name, count in Counter(answer.name for answer in bank).items():
        if count > 1:
            yield f"{exercise} has {count} answers called {name}"
    for answer in bank:
        if answer.kind == "right" and (answer.points != most or answer.hints):
            yield f"{exercise} {answer.name} is right: it must get {most:g} points and no hint"
        if answer.kind == "wrong" and answer.points >= most:
            yield f"{exercise} {answer.name} is wrong: it must get less than {most:g} points"
        for hint in sorted(answer.hints - known):
            yield f"{exercise} {answer.name} expects the hint {hint}, which no check gives"
