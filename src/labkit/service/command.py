"""``labkit check``: a verdict on the command line, without the service."""

from __future__ import annotations

import json
import sys

import click

from labkit.errors import CourseError
from labkit.paths import find_course
from labkit.service.verdict import answer


@click.command("check")
@click.argument("exercise")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def command(exercise: str, as_json: bool) -> None:
    """Check your work on EXERCISE (for instance 1.1) in this course folder."""
    found = answer(find_course(), exercise, None)
    if as_json:
        # ASCII, so that no console's encoding can break it.
        click.echo(json.dumps(found))
        return
    if "error" in found:
        error = found["error"]
        raise CourseError(error["what"], why=error["why"], next_step=error["next_step"])
    click.echo(found["text"])
    sys.exit(0 if found["points"] == found["max_points"] else 1)
