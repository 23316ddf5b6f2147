"""``labkit build``: from ``content/`` to ``notebooks/``, ``labs/`` and ``solutions/``."""

from __future__ import annotations

import sys
import time

import click
import nbformat

from labkit.build.execute import executed
from labkit.build.targets import Target, all_targets, leaks, stale_files
from labkit.errors import CourseError
from labkit.labs import load_lab
from labkit.paths import Course, find_course


@click.command("build")
@click.argument("names", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; fail where a notebook is not current.")
@click.option(
    "--force", is_flag=True, help="Build what is current too, for instance after new data."
)
def command(names: tuple[str, ...], check: bool, force: bool) -> None:
    """Build the notebooks whose sources changed, or those whose NAMES are given."""
    course = find_course()
    targets = all_targets(course)
    chosen = [one for one in targets if not names or one.path.stem in names]
    if names and not chosen:
        raise CourseError(
            f"Nothing is called {' or '.join(names)}.",
            why=f"There are: {', '.join(sorted({one.path.stem for one in targets}))}.",
            next_step="Give one of these names, or none for all.",
        )
    if check:
        sys.exit(_check(course, targets))
    for target in chosen:
        if force or target.problems():
            _build(course, target)
        else:
            click.echo(f"{target.name} is current")
    for path in stale_files(course, targets):
        path.unlink()
        click.echo(f"removed {path.parent.name}/{path.name}: it has no source any more")


def _check(course: Course, targets: list[Target]) -> int:
    problems = [problem for target in targets for problem in target.problems()]
    problems += [
        f"{path.parent.name}/{path.name} has no source" for path in stale_files(course, targets)
    ]
    for problem in problems:
        click.echo(problem)
    click.echo("Run: labkit build" if problems else f"All {len(targets)} notebooks are current.")
    return 1 if problems else 0


def _build(course: Course, target: Target) -> None:
    began = time.monotonic()
    notebook = target.source
    if target.path.parent == course.labs:
        _require_no_leak(course, target)
    if target.executed:
        notebook = executed(course, notebook, target.path.parent.name)
    target.path.parent.mkdir(exist_ok=True)
    target.path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    click.echo(f"{target.name} built in {time.monotonic() - began:.1f} s")


def _require_no_leak(course: Course, target: Target) -> None:
    found = leaks(load_lab(course, target.path.stem), target.source)
    if found:
        raise CourseError(
            f"{target.name} would hold a line of the solution: {found[0]}",
            why="It stands outside the solution markers too, or a marker is misspelt.",
            next_step="Mend lab.py: every line of a solution belongs between its markers.",
        )
