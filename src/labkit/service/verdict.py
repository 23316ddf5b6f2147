"""From a question to a card: collect evidence, run the public checks, note the progress."""

from __future__ import annotations

from typing import Any

from labkit.card import Card, lines_of, make_card
from labkit.checks import ExerciseResult, run_checks
from labkit.errors import CourseError
from labkit.evidence.collect import collect
from labkit.labs import lab_of
from labkit.paths import Course
from labkit.service.progress import Earned, record


def answer(course: Course, exercise: str, tracking_uri: str | None) -> dict[str, Any]:
    """The answer to one question, as JSON values.

    Args:
        course: whose work to look at, and where the lab's checks are.
        exercise: the exercise's id.
        tracking_uri: where the asking notebook logs to, as far as it knows.

    Returns:
        ``html``, ``text``, ``points`` and ``max_points``, or ``error`` with what, why, next_step.
    """
    try:
        lab = lab_of(course, exercise)
        result = run_checks(lab.public_checks, collect(course, exercise))
    except CourseError as error:
        return {
            "error": {"what": error.what, "why": error.why, "next_step": error.next_step},
        }
    earned = record(course.progress, result)
    later = lab.exercise(exercise).points - result.max_points
    card = _card(result, earned, [*_elsewhere(tracking_uri), *_hidden(later)])
    return {
        "html": card.html,
        "text": card.text,
        "points": result.points,
        "max_points": result.max_points,
    }


def _card(result: ExerciseResult, earned: Earned, notes: list[str]) -> Card:
    second = frozenset(key for key, times in earned.hints.items() if times > 1)
    if earned.points > result.points:
        notes.append(
            f"You have earned {earned.points:g} of {earned.max_points:g} points here before and "
            "keep them; what is stored has changed since."
        )
    return make_card(result, lines_of(result, second_hints=second), notes=notes)


def _hidden(points: float) -> list[str]:
    """A note on what is not decided here: the text of an exercise promises it."""
    if points <= 0:
        return []
    are = "point is" if points == 1 else "points are"
    return [f"{points:g} more {are} decided when the lab is graded; the task says for what."]


def _elsewhere(tracking_uri: str | None) -> list[str]:
    """A note for a notebook that logs into some other store than a server."""
    if tracking_uri is None or tracking_uri.startswith(("http://", "https://")):
        return []
    return [
        f"This notebook logs to {tracking_uri}, not to the course's server. Run "
        "labkit.connect(), then the cells that log, again."
    ]
