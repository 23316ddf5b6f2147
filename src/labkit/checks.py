"""What a check is: a typed function over evidence that decides part of an exercise's points.

A lab's ``checks.py`` (public) and ``hidden.py`` (batch only) hold its checks::

    @check("1.1", points=1, hints={"as_param": Hint("A metric is a number ...", "Use ...")})
    def one_metric(evidence: Evidence) -> Verdict:
        ...

Checks run in the check service or in the grader, never in a student's kernel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from labkit.evidence import Evidence, Model, Run

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Hint:
    """Two sentences for one misconception: the first nudges, the second says it outright."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check decided.

    Args:
        share: how much of the check's points were earned, 0 to 1.
        message: a sentence on what was found.
        hint: id of the check's hint that names the probable mistake, or None.
        looked_at: the evidence the verdict rests on, plain JSON values.
    """

    share: float
    message: str
    hint: str | None = None
    looked_at: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.share) and 0 <= self.share <= 1):
            raise ValueError(f"a verdict's share is a number from 0 to 1, not {self.share!r}")


def passed(message: str, **looked_at: Any) -> Verdict:
    """The verdict that gives all of a check's points."""
    return Verdict(1.0, message, None, looked_at)


def failed(message: str, hint: str | None = None, **looked_at: Any) -> Verdict:
    """The verdict that gives none, with the hint that names the probable mistake."""
    return Verdict(0.0, message, hint, looked_at)


def partly(share: float, message: str, hint: str | None = None, **looked_at: Any) -> Verdict:
    """The verdict that gives a share of the points."""
    return Verdict(share, message, hint, looked_at)


@dataclass(frozen=True, slots=True)
class Check:
    """A check as its lab declares it. ``id`` is the name of the function."""

    exercise: str
    id: str
    points: float
    decide: Callable[[Evidence], Verdict]
    hidden: bool
    hints: Mapping[str, Hint]


def check(
    exercise: str,
    *,
    points: float,
    hints: Mapping[str, Hint] | None = None,
    hidden: bool = False,
) -> Callable[[Callable[[Evidence], Verdict]], Check]:
    """Declare the decorated function as a check of an exercise.

    Args:
        exercise: the exercise's id, e.g. ``"1.1"``.
        points: what passing it is worth.
        hints: hint by id, for every id its verdicts can name.
        hidden: True for a check that runs only when submissions are graded.
    """

    def declare(decide: Callable[[Evidence], Verdict]) -> Check:
        return Check(exercise, decide.__name__, points, decide, hidden, dict(hints or {}))

    return declare


@dataclass(frozen=True, slots=True)
class Probe:
    """Rows a logged model is asked to predict, before the checks of an exercise run.

    The model is loaded in a process of its own. What it answers is kept under the model's id in
    ``Evidence.predictions``: ``{"predicted": [...], "truth": [...]}``, or ``{"error": message}``.

    Args:
        exercise: the exercise's id.
        choose: the model to ask, or None where there is none worth asking.
        rows: makes the rows and their true labels from the grader's own copy of the course data:
            lists by column name, and a list, all of one length.
    """

    exercise: str
    choose: Callable[[Evidence], Model | None]
    rows: Callable[[Path], tuple[Mapping[str, list[Any]], list[Any]]]


def probe(
    exercise: str, *, rows: Callable[[Path], tuple[Mapping[str, list[Any]], list[Any]]]
) -> Callable[[Callable[[Evidence], Model | None]], Probe]:
    """Declare the decorated function as the one that chooses the model to ask; see ``Probe``.

    Args:
        exercise: the exercise's id.
        rows: see ``Probe``; it is given the folder with the course data.
    """
    return lambda choose: Probe(exercise, choose, rows)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check's outcome: points earned, what was found, and both sentences of its hint."""

    check: str
    hidden: bool
    points: float
    max_points: float
    message: str
    hint: str | None
    hint_texts: tuple[str, str] | None
    looked_at: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExerciseResult:
    """All outcomes of one exercise."""

    exercise: str
    results: tuple[CheckResult, ...]

    @property
    def points(self) -> float:
        """Points earned, to two decimals."""
        return round(sum(result.points for result in self.results), 2)

    @property
    def max_points(self) -> float:
        """Points that can be earned by the checks that ran."""
        return round(sum(result.max_points for result in self.results), 2)

    @property
    def passed(self) -> bool:
        """Whether every check gave all its points."""
        return self.points == self.max_points


def run_checks(checks: Iterable[Check], evidence: Evidence) -> ExerciseResult:
    """Run the checks of ``evidence.exercise`` on it.

    A check that breaks down gives no points and says so: the fault is ours, and the other
    checks still count.

    Args:
        checks: checks of any exercises; those of others are passed over.
        evidence: what the student's work left.

    Returns:
        One result per check, in the order given.
    """
    return ExerciseResult(
        evidence.exercise,
        tuple(_run_one(one, evidence) for one in checks if one.exercise == evidence.exercise),
    )


def _run_one(one: Check, evidence: Evidence) -> CheckResult:
    try:
        verdict = one.decide(evidence)
    except Exception as fault:  # any fault of a check must leave the other checks standing
        verdict = failed(
            f"The check {one.id} could not decide ({type(fault).__name__}: {fault}). "
            "This is a fault of the check, not of your work: please report it.",
            fault=f"{type(fault).__name__}: {fault}",
        )
    hint = one.hints.get(verdict.hint) if verdict.hint else None
    return CheckResult(
        check=one.id,
        hidden=one.hidden,
        points=round(one.points * verdict.share, 4),
        max_points=one.points,
        message=verdict.message,
        hint=verdict.hint,
        hint_texts=(hint.first, hint.second) if hint else None,
        looked_at=verdict.looked_at,
    )


def best_match(candidates: Iterable[Item], *wishes: Callable[[Item], bool]) -> Item | None:
    """The candidate that fulfils most wishes, the first of equals; None if there is none.

    Learners re-run cells, so the run that proves a task is seldom the only one: candidates come
    newest first and the newest of the best is judged.
    """
    return max(candidates, key=lambda one: sum(wish(one) for wish in wishes), default=None)


def finished(run: Run) -> bool:
    """Whether a run ended well."""
    return run.status == "FINISHED"
