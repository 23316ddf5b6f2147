"""``labkit goto``: the course as it is at the start of a chapter."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click

from labkit.errors import CourseError
from labkit.paths import Course, find_course
from labkit.servers.data import needs_pull, pull
from labkit.servers.run import supervised


@click.command("goto")
@click.argument("chapter")
def command(chapter: str) -> None:
    """Make the course what it is at the start of CHAPTER (for instance 07_05).

    A chapter needs no other: it begins with an empty store, the course's own data, no practice
    folders and its notebook as it was shipped. What is in the way is kept, and said where.
    Progress and declared answers stay.
    """
    course = find_course()
    notebook = find_chapter(course, chapter)
    kept = go_to(course, notebook)
    click.echo(f"Ready for {notebook.stem}. Now: python course.py start")
    if kept:
        click.echo(f"What was there before is in {kept.relative_to(course.root).as_posix()}.")
        click.echo("To have it back, stop the course and move it to where it was.")


def find_chapter(course: Course, name: str) -> Path:
    """The notebook of the only chapter whose name begins so.

    Raises:
        CourseError: there is none, or more than one.
    """
    every = sorted(course.notebooks.glob("*.ipynb"))
    found = [path for path in every if path.stem == name] or [
        path for path in every if path.stem.startswith(name)
    ]
    if len(found) != 1:
        names = ", ".join(path.stem for path in found or every)
        raise CourseError(
            f"{name} is {'more than one chapter' if found else 'no chapter'}.",
            why=f"There {'are' if len(found or every) != 1 else 'is'}: {names or 'no chapters'}.",
            next_step="Give the beginning of one of these names.",
        )
    return found[0]


def go_to(course: Course, notebook: Path) -> Path | None:
    """Put aside what a chapter does not begin with, and bring back what it does.

    Args:
        course: which must not be running.
        notebook: of the chapter.

    Returns:
        The folder with what was put aside; None if there was nothing.

    Raises:
        CourseError: the course is running, or its data cannot be pulled.
    """
    if supervised(course):
        raise CourseError(
            "The course is running.",
            why="Its store cannot be exchanged under it.",
            next_step="Stop it with Ctrl-C where it was started, then run this again.",
        )
    kept = _free(course.state / "kept" / notebook.stem)
    database = course.database
    store = [database, *database.parent.glob(f"{database.name}-*"), course.artifacts]
    shipped = _shipped(course, notebook)
    aside = [*store, course.practice]
    if shipped is not None and notebook.read_bytes() != shipped:
        aside.append(notebook)
    if needs_pull(course):
        aside.append(course.data)
    for path in aside:
        if path.exists():
            target = kept / path.relative_to(course.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)
    if shipped is not None:
        notebook.write_bytes(shipped)
    if needs_pull(course):
        pull(course)
    return kept if kept.exists() else None


def _free(folder: Path) -> Path:
    """The folder, or the first of its name with a number that is not there."""
    number, found = 1, folder
    while found.exists():
        number += 1
        found = folder.with_name(f"{folder.name}-{number}")
    return found


def _shipped(course: Course, notebook: Path) -> bytes | None:
    """The notebook as Git has it; None where it does not."""
    name = notebook.relative_to(course.root).as_posix()
    found = subprocess.run(
        ["git", "show", f"HEAD:./{name}"], cwd=course.root, capture_output=True, check=False
    )
    return found.stdout if found.returncode == 0 else None
