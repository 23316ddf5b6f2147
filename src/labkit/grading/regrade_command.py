"""``labkit regrade``: kept evidence through today's checks."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("regrade")
@click.argument("grades", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
def command(grades: Path, dry_run: bool) -> None:
    """Judge the batch in GRADES by the lab's checks as they are now, executing nothing."""
    from labkit.grading.regrade import regrade
    from labkit.paths import find_course

    done = regrade(grades, find_course(), write=not dry_run)
    for change in done.changes:
        click.echo(change)
    for name, (before, after) in done.points.items():
        click.echo(f"{name}  points  {before} -> {after}")
    people = len({change.submission for change in done.changes})
    verb = "would change" if dry_run else "changed"
    click.echo(
        f"{len(done.changes)} verdicts of {people} submissions {verb}, "
        f"and the points of {len(done.points)}."
    )
    if done.waiting:
        click.echo(f"Not graded yet, and without points: {', '.join(done.waiting)}.")
