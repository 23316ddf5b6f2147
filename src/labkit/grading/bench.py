"""What every submission of a batch is graded with, set up once and closed in the end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from labkit.errors import CourseError
from labkit.grading.environment import grading_environment
from labkit.grading.predict import Predictor
from labkit.labs import Lab, load_lab
from labkit.paths import Course
from labkit.servers.template import template_database
from labkit.warm import provisioner
from labkit.warm.pool import WarmProcess, can_fork

#: Seconds a cell may take unless told otherwise.
CELL_SECONDS = 120


class Engine(StrEnum):
    """Where kernels come from.

    ``WARM``: forked from a process that has imported what labs use; Linux only.
    ``COLD``: a new Python each; the reference the warm engine must agree with.
    ``AUTO``: warm where forking is safe, else cold.
    """

    AUTO = "auto"
    WARM = "warm"
    COLD = "cold"


@dataclass(frozen=True, slots=True)
class Order:
    """What a bench is made from; plain values, so that it can be sent to another process.

    Args:
        root: the course folder.
        lab: name of the lab.
        engine: where kernels come from.
        cell_seconds: how long a cell may take.
        rooms: where workspaces are made; the system's folder for temporary files if None.
    """

    root: Path
    lab: str
    engine: Engine = Engine.AUTO
    cell_seconds: int = CELL_SECONDS
    rooms: Path | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """What a submission is graded with.

    Args:
        lab: the lab.
        course: where the data come from.
        template: the tracking store each workspace starts with.
        predictor: answers the lab's probes.
        warm: whether kernels are forked from a warm process.
        cell_seconds: how long a cell may take.
        rooms: where workspaces are made; the system's folder for temporary files if None.
    """

    lab: Lab
    course: Course
    template: Path
    predictor: Predictor
    warm: bool = False
    cell_seconds: int = CELL_SECONDS
    rooms: Path | None = None


@contextlib.contextmanager
def open_bench(order: Order) -> Iterator[Bench]:
    """Set up a bench for as long as the ``with`` block lasts.

    Raises:
        CourseError: there is no such lab, MLflow could not make the template store, or the warm
            engine is asked for where forking is not safe.
    """
    course = Course(order.root)
    lab = load_lab(course, order.lab)
    template = template_database(course.state / "template")
    with _warm(order.engine) as warm:
        predictor = Predictor(lab.probes, course, warm=warm)
        yield Bench(
            lab, course, template, predictor, warm is not None, order.cell_seconds, order.rooms
        )


@contextlib.contextmanager
def _warm(engine: Engine) -> Iterator[WarmProcess | None]:
    if engine is Engine.COLD or (engine is Engine.AUTO and not can_fork()):
        yield None
        return
    if not can_fork():
        raise CourseError(
            "The warm engine cannot be used here.",
            why="Forking a process with numerical libraries is safe on Linux only.",
            next_step="Grade with --engine cold, or leave --engine out.",
        )
    warm = WarmProcess(grading_environment())
    try:
        warm.wait_until_warm()
        provisioner.use(warm)
        yield warm
    finally:
        provisioner.use(None)
        warm.close()
