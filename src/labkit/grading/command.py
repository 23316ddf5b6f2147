"""``labkit grade``: from a folder of submissions to a gradebook."""

from __future__ import annotations

import contextlib
import signal
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import click


@click.command("grade")
@click.argument("lab")
@click.argument("submissions", type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="Folder for the results."
)
@click.option(
    "--timeout",
    default=120,
    show_default=True,
    type=click.IntRange(min=1),
    help="Seconds a cell may take.",
)
@click.option(
    "--jobs",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="Submissions to grade at a time.",
)
@click.option(
    "--engine",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "shell", "warm", "cold"]),
    help="Run cells in a shell or kernel forked from a warm process, or in a new kernel.",
)
@click.option(
    "--confine",
    default="auto",
    show_default=True,
    type=click.Choice(["require", "auto", "none"]),
    help="Shut student code in: files, network, memory, time.",
)
def command(
    lab: str, submissions: Path, out: Path, timeout: int, jobs: int, engine: str, confine: str
) -> None:
    """Grade the notebooks handed in for LAB.

    SUBMISSIONS is a folder with one notebook, folder or zip per student. Run the same command
    again to continue a batch that was stopped.
    """
    from labkit.grading.batch import grade_batch, summary
    from labkit.grading.bench import Confine, Engine, Order
    from labkit.paths import find_course

    order = Order(find_course().root, lab, Engine(engine), Confine(confine), timeout)
    with _asked_to_end() as stop_if_asked:
        batch = grade_batch(submissions, out, order, jobs=jobs, stop_if_asked=stop_if_asked)
    click.echo(summary(batch, order, out))
    if any(one.state == "not graded" for one in batch.graded):
        sys.exit(1)


@contextlib.contextmanager
def _asked_to_end() -> Iterator[Callable[[], None]]:
    """Being asked to end is taken like Ctrl-C: kernels are stopped and what is done is told.

    Yields:
        What raises KeyboardInterrupt once that was asked: the first may come where Python drops
        it, in a callback of a kernel's sockets for instance.
    """
    asked = False

    def note(number: int, frame: types.FrameType | None) -> None:
        nonlocal asked
        asked = True
        raise KeyboardInterrupt

    def stop_if_asked() -> None:
        if asked:
            raise KeyboardInterrupt

    before = {one: signal.signal(one, note) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop_if_asked
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
