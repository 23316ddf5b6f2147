"""``labkit progress``: what a learner has earned so far, and where points are left."""

from __future__ import annotations

from collections.abc import Iterator

import click

from labkit.labs import Lab, all_labs
from labkit.paths import find_course
from labkit.service.progress import Earned, read_progress


@click.command("progress")
def command() -> None:
    """Show what you have earned in each exercise, as its check has seen it."""
    course = find_course()
    earned = read_progress(course.progress)
    for lab in all_labs(course):
        for line in _lines(lab, earned):
            click.echo(line)
    click.echo("Points of hidden checks are not among these: they come when a lab is graded.")


def _lines(lab: Lab, earned: dict[str, Earned]) -> Iterator[str]:
    yield lab.title
    for exercise in lab.exercises:
        most = sum(one.points for one in lab.public_checks if one.exercise == exercise.id)
        points = min(earned[exercise.id].points, most) if exercise.id in earned else None
        word = "point" if most == 1 else "points"
        if points is None:
            said = f"not checked yet, {most:g} {word}"
        elif points < most:
            said = f"{points:g} of {most:g} {word}, {round(most - points, 2):g} left"
        else:
            said = f"{points:g} of {most:g} {word}, done"
        yield f"  {exercise.id} {exercise.title}: {said}"
