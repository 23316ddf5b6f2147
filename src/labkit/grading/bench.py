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
from labkit.warm.confine import can_confine
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


class Confine(StrEnum):
    """Whether student code is shut in (``labkit.warm.confine``).

    ``REQUIRE``: no batch starts where it cannot be. ``AUTO``: where it can be. ``NONE``: never.
    """

    REQUIRE = "require"
    AUTO = "auto"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Order:
    """What a bench is made from; plain values, so that it can be sent to another process.

    Args:
        root: the course folder.
        lab: name of the lab.
        engine: where kernels come from.
        confine: whether student code is shut in.
        cell_seconds: how long a cell may take.
        rooms: where workspaces are made; the system's folder for temporary files if None.
    """

    root: Path
    lab: str
    engine: Engine = Engine.AUTO
    confine: Confine = Confine.AUTO
    cell_seconds: int = CELL_SECONDS
    rooms: Path | None = None

    @property
    def warm(self) -> bool:
        """Whether kernels are forked from a warm process.

        Raises:
            CourseError: they shall be, and cannot.
        """
        if self.engine is Engine.WARM and not can_fork():
            raise CourseError(
                "The warm engine cannot be used here.",
                why="Forking a process with numerical libraries is safe on Linux only.",
                next_step="Grade with --engine cold, or leave --engine out.",
            )
        return self.engine is not Engine.COLD and can_fork()

    @property
    def confined(self) -> bool:
        """Whether student code is shut in.

        Raises:
            CourseError: it must be, and cannot.
        """
        can = self.warm and can_confine()
        if self.confine is Confine.REQUIRE and not can:
            raise CourseError(
                "Submissions cannot be confined here.",
                why="It takes the warm engine and Linux 6.12 or newer with Landlock.",
                next_step="Grade in a container or virtual machine with --confine auto, or on "
                "another machine.",
            )
        return can and self.confine is not Confine.NONE


@dataclass(frozen=True, slots=True)
class Bench:
    """What a submission is graded with.

    Args:
        lab: the lab.
        course: where the data come from.
        template: the tracking store each workspace starts with.
        predictor: answers the lab's probes.
        warm: what kernels are forked from; they are started anew if None.
        confined: whether forked ones are shut in.
        cell_seconds: how long a cell may take.
        rooms: where workspaces are made; the system's folder for temporary files if None.
    """

    lab: Lab
    course: Course
    template: Path
    predictor: Predictor
    warm: WarmProcess | None = None
    confined: bool = False
    cell_seconds: int = CELL_SECONDS
    rooms: Path | None = None


@contextlib.contextmanager
def open_bench(order: Order) -> Iterator[Bench]:
    """Set up a bench for as long as the ``with`` block lasts.

    Raises:
        CourseError: there is no such lab, MLflow could not make the template store, or what the
            order asks for cannot be had here.
    """
    course = Course(order.root)
    lab = load_lab(course, order.lab)
    template = template_database(course.state / "template")
    with _warm(order) as warm:
        predictor = Predictor(lab.probes, course, warm=warm, confined=order.confined)
        yield Bench(
            lab=lab,
            course=course,
            template=template,
            predictor=predictor,
            warm=warm,
            confined=order.confined,
            cell_seconds=order.cell_seconds,
            rooms=order.rooms,
        )


@contextlib.contextmanager
def _warm(order: Order) -> Iterator[WarmProcess | None]:
    if not order.warm:
        yield None
        return
    warm = WarmProcess(grading_environment())
    try:
        warm.wait_until_warm()
        yield warm
    finally:
        warm.close()
