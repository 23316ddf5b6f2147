"""Repositories as an exercise hands them out: a team's, with its data, and three broken ones."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from labkit.errors import CourseError
from labkit.practice.folder import call

TABLE = "data.csv"
#: Rows of each delivery, and how many of them the faulty ones hold twice, from which row on.
DELIVERED = (1_000, 2_000, 3_000, 4_000)
FIRST_FAULTY, TWICE, TWICE_FROM = 2, 137, 1_200


def make_team(folder: Path, tables: Sequence[bytes] = (), *, store: bool = True) -> Path:
    """Make a repository that keeps versions of one table with DVC.

    Each version is a commit with a tag: ``v1``, ``v2``, and so on.

    Args:
        folder: where to make it, as its folder ``team``.
        tables: the versions of ``data.csv``, the oldest first; none for a repository without.
        store: whether the folder ``store`` beside it is its default remote, and holds them all.

    Returns:
        The folder of the repository.

    Raises:
        CourseError: a command failed.
    """
    team = folder / "team"
    team.mkdir()
    type_in(team, "git init -q", "dvc init")
    if store:
        (folder / "store").mkdir()
        type_in(team, "dvc remote add -d store ../store")
    type_in(team, "git add --all", "git commit -q -m Begin")
    for number, table in enumerate(tables, start=1):
        (team / TABLE).write_bytes(table)
        type_in(
            team,
            f"dvc add {TABLE}",
            "git add --all",
            f"git commit -q -m Delivery-{number}",
            f"git tag v{number}",
        )
        if store:
            type_in(team, "dvc push")
    return team


def deliveries(table: bytes) -> list[bytes]:
    """A table as it grew, in four deliveries: from one of them on, some rows are in it twice.

    Args:
        table: all rows, with a first line that names the columns.
    """
    names, *rows = table.splitlines(keepends=True)
    again = rows[TWICE_FROM : TWICE_FROM + TWICE]
    return [
        b"".join([names, *rows[:count], *(again if place >= FIRST_FAULTY else [])])
        for place, count in enumerate(DELIVERED)
    ]


def broken_teams(folder: Path, table: bytes) -> list[Path]:
    """Make three teams, ``a``, ``b`` and ``c``, whose colleagues cannot get the table.

    Each has the folders ``team``, ``store`` and ``colleague``, the last a fresh clone of the first.

    Args:
        folder: where to make their folders.
        table: what ``data.csv`` is in the repositories of the teams.

    Returns:
        The three folders.
    """
    places = [folder / name for name in "abc"]
    first, *others = places
    first.mkdir()
    make_team(first, [table])
    for place in others:
        shutil.copytree(first, place)
    for place in places:
        kept = next(path for path in (place / "store").rglob("*") if path.is_file())
        if place.name == "a":
            kept.unlink()
        elif place.name == "b":
            type_in(place / "team", "dvc remote modify store url ../stores")
            type_in(place / "team", "git commit -q -a -m Settings")
        else:
            kept.unlink()  # it may be write-protected, or be one with the team's own
            kept.write_bytes(table[: len(table) // 2])
            kept.chmod(0o444)  # DVC takes what is write-protected for checked
        type_in(place, "git clone -q team colleague")
    return places


def type_in(folder: Path, *commands: str) -> None:
    """Run commands without a word, as long as they go well.

    Args:
        folder: where.
        commands: of Git or DVC, in words without spaces.

    Raises:
        CourseError: one failed.
    """
    for command in commands:
        status, said = call(command.split(), folder)
        if status:
            raise CourseError(
                f"The exercise cannot be begun: {command} failed.",
                why=" ".join(said.split()) or "It gave no reason.",
                next_step="Run the cell again; if it fails again, run: python course.py doctor",
            )
