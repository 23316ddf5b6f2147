"""Grades many submissions: one after the other, or from several threads or processes at a time."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import connection, util
from pathlib import Path

from labkit.errors import CourseError
from labkit.grading.bench import Bench, Engine, Order, open_bench
from labkit.grading.gate import require_golden
from labkit.grading.grade import fault, grade_one
from labkit.grading.gradebook import write_notebook
from labkit.grading.load import read_submission
from labkit.grading.outcome import Graded

#: The digest of a submission and what came of it.
Outcome = tuple[str, Graded]


@dataclass(frozen=True, slots=True)
class Task:
    """One submission to grade.

    Args:
        name: what it is called.
        path: where it is.
        out: where its notebook and evidence are written.
        file_name: what they are called, without suffix.
    """

    name: str
    path: Path
    out: Path
    file_name: str


def grade_tasks(tasks: Sequence[Task], order: Order, jobs: int) -> Generator[Outcome, None, None]:
    """Grade submissions and write their notebooks.

    One that ran out of time while the machine was busy is tried once more when all others are
    done, alone.

    Args:
        tasks: the submissions.
        order: what to grade with.
        jobs: how many to grade at a time. Shells are all forked from one warm process, and asked
            from threads; kernels have an event loop each, and get processes.

    Yields:
        The digest of a submission and its outcome without the notebook, in the order they are
        finished.

    Raises:
        CourseError: the grader does not prove itself (``labkit.grading.gate``), or the results
            cannot be written.
    """
    if not tasks:
        return
    jobs = min(jobs, len(tasks))
    if jobs == 1 or order.engine_used is Engine.SHELL:
        yield from _grade_here(tasks, order, jobs)
    else:
        yield from _grade_in_processes(tasks, order, jobs)


def _grade_here(tasks: Sequence[Task], order: Order, jobs: int) -> Iterator[Outcome]:
    # The threads come first, to end last: what they wait for ends with the bench.
    with ThreadPoolExecutor(jobs) as threads, open_bench(order) as bench:
        _prove(bench)
        grade = partial(_grade, bench=bench)
        if jobs == 1:
            yield from with_second_tries(tasks, partial(map, grade))
        else:
            yield from with_second_tries(tasks, partial(_grade_all, threads, grade))


def _grade_in_processes(tasks: Sequence[Task], order: Order, jobs: int) -> Iterator[Outcome]:
    executor = ProcessPoolExecutor(
        jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(order,),
    )
    try:
        yield from with_second_tries(tasks, partial(_grade_all, executor, _grade))
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _grade_all(
    executor: Executor, grade: Callable[[Task], Outcome], tasks: Sequence[Task]
) -> Iterator[Outcome]:
    waiting = [executor.submit(grade, task) for task in tasks]
    try:
        for done in as_completed(waiting):
            yield done.result()
    finally:
        for one in waiting:
            one.cancel()


def with_second_tries(
    tasks: Sequence[Task], grade_all: Callable[[Sequence[Task]], Iterator[Outcome]]
) -> Iterator[Outcome]:
    """Grade all, then once more, one at a time, those the machine kept waiting.

    Args:
        tasks: the submissions.
        grade_all: grades some of them.

    Yields:
        An outcome for each.
    """
    starved = set()
    for digest, graded in grade_all(tasks):
        if graded.starved:
            starved.add(graded.name)
        else:
            yield digest, graded
    for task in tasks:
        if task.name in starved:
            yield from grade_all([task])


def _grade(task: Task, bench: Bench | None = None) -> Outcome:
    bench = bench or _bench_of_this_worker()
    submission = read_submission(task.name, task.path, bench.lab.name)
    try:
        graded = grade_one(submission, bench)
    except Exception as error:  # a fault of ours must leave the other submissions standing
        graded = fault(submission, bench, error)
    write_notebook(task.out, task.file_name, graded)
    return submission.digest, replace(graded, notebook=None, evidence={})


_bench: Bench | CourseError | None = None
_held = contextlib.ExitStack()


def _begin(order: Order) -> None:
    """Make ready a worker: its own bench, closed when the worker ends, however the grader ends."""
    global _bench
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the grader, which tells us
    threading.Thread(target=_end_with_the_grader, daemon=True).start()
    util.Finalize(None, _held.close, exitpriority=10)
    try:
        bench = _held.enter_context(open_bench(order))
        _prove(bench)
        _bench = bench
    except CourseError as error:  # told by the first submission: an initializer cannot
        _bench = error


def _prove(bench: Bench) -> None:
    if bench.warm:  # cold kernels have proved themselves before the batch
        require_golden(bench)


def _bench_of_this_worker() -> Bench:
    if isinstance(_bench, Bench):
        return _bench
    raise _bench or RuntimeError("a worker begins with _begin")


def _end_with_the_grader() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)  # the sockets close, and with them what was forked ends
