"""What every submission of a batch is graded with, set up once and closed in the end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from labkit.errors import CourseError
from labkit.grading.environment import grading_environment
from labkit.grading.predict import Predictor
from labkit.grading.watch import Limits
from labkit.labs import Lab, load_lab
from labkit.paths import Course
from labkit.servers.template import template_database
from labkit.warm.confine import can_confine
from labkit.warm.pool import WarmProcess, can_fork

#: Seconds a cell may take unless told otherwise.
CELL_SECONDS = 120


class Engine(StrEnum):
    """What runs the cells.

    ``SHELL``: a shell forked from a process that has imported what labs use; Linux only.
    ``WARM``: a kernel forked likewise.
    ``COLD``: a new kernel each; the reference the others must agree with.
    ``AUTO``: the shell where forking is safe, else cold kernels.
    """

    AUTO = "auto"
    SHELL = "shell"
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
    def engine_used(self) -> Engine:
        """What runs the cells here, ``AUTO`` decided.

        Raises:
            CourseError: it shall be forked, and nothing can be.
        """
        if self.engine is Engine.AUTO:
            return Engine.SHELL if can_fork() else Engine.COLD
        if self.engine is not Engine.COLD and not can_fork():
            raise CourseError(
                f"The {self.engine} engine cannot be used here.",
                why="Forking a process with numerical libraries is safe on Linux only.",
                next_step="Grade with --engine cold, or leave --engine out.",
            )
        return self.engine

    @property
    def confined(self) -> bool:
        """Whether student code is shut in.

        Raises:
            CourseError: it must be, and cannot.
        """
        can = self.engine_used is not Engine.COLD and can_confine()
        if self.confine is Confine.REQUIRE and not can:
            raise CourseError(
                "Submissions cannot be confined here.",
                why="It takes an engine that forks, and Linux 6.12 or newer with Landlock.",
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
        engine: what runs the cells.
        warm: what it is forked from; kernels are started anew if None.
        confined: whether what is forked is shut in.
        limits: what a cell may use.
        rooms: where workspaces are made; the system's folder for temporary files if None.
    """

    lab: Lab
    course: Course
    template: Path
    predictor: Predictor
    engine: Engine = Engine.COLD
    warm: WarmProcess | None = None
    confined: bool = False
    limits: Limits = field(default_factory=lambda: Limits(CELL_SECONDS))
    rooms: Path | None = None

    @property
    def confinement(self) -> str:
        """What submissions are confined by, in words for the gradebook."""
        if not self.confined or self.warm is None:
            return "no"
        kinds = {"network": self.warm.network, "process": self.warm.processes}
        namespaces = " and ".join(kind for kind, there in kinds.items() if there)
        return f"Landlock, {namespaces} namespaces" if namespaces else "Landlock"


@contextlib.contextmanager
def open_bench(order: Order) -> Iterator[Bench]:
    """Set up a bench for as long as the ``with`` block lasts.

    Raises:
        CourseError: there is no such lab, MLflow could not make the template store, or what the
            order asks for cannot be had here.
    """
    lab = load_lab(Course(order.root), order.lab)
    with _warm(order, lab) as warm:
        yield make_bench(order, warm)


def make_bench(order: Order, warm: WarmProcess | None) -> Bench:
    """A bench on a warm process that is there already, or on none.

    Args:
        order: what the bench is made from.
        warm: what to fork from; None for cold kernels.

    Raises:
        CourseError: there is no such lab, or MLflow could not make the template store.
    """
    course = Course(order.root)
    lab = load_lab(course, order.lab)
    return Bench(
        lab=lab,
        course=course,
        template=template_database(course.state / "template"),
        predictor=Predictor(lab.probes, course, warm=warm, confined=order.confined),
        engine=order.engine_used,
        warm=warm,
        confined=order.confined,
        limits=Limits(order.cell_seconds),
        rooms=order.rooms,
    )


@contextlib.contextmanager
def _warm(order: Order, lab: Lab) -> Iterator[WarmProcess | None]:
    if order.engine_used is Engine.COLD:
        yield None
        return
    warm = WarmProcess(grading_environment(), lab.imports, apart=order.confined)
    try:
        warm.wait_until_warm()
        yield warm
    finally:
        warm.close()
