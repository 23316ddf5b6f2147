"""Where the cells of one submission run, and how that may end early."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from labkit.grading.watch import Cause, Limits
from labkit.paths import ROOT_VARIABLE
from labkit.warm.confine import Cell
from labkit.warm.pool import WarmProcess


@dataclass(frozen=True, slots=True)
class Room:
    """Where and how cells run.

    Args:
        folder: the working directory.
        environment: the whole environment.
        connection_file: where a kernel is told how to be reached.
        warm: what processes are forked from; a kernel is started anew if None.
        shell: whether cells run in a forked shell instead of a kernel.
        confined: whether a forked process is shut in (``labkit.warm.confine``).
        limits: what a cell may use.
        at_check: called at each check cell with its exercise, while everything stands still.
    """

    folder: Path
    environment: Mapping[str, str]
    connection_file: Path
    warm: WarmProcess | None
    shell: bool
    confined: bool
    limits: Limits
    at_check: Callable[[str], None]

    @property
    def workspace(self) -> Path:
        """The folder that holds all of the student's work."""
        return Path(self.environment[ROOT_VARIABLE]).parent

    @property
    def cell(self) -> Cell | None:
        """What a forked process is confined to, if it is."""
        # The sockets by which a kernel is reached lie beside the workspace.
        return Cell(writable=(str(self.workspace),)) if self.confined else None


class Stopped(Exception):  # noqa: N818 - it names the outcome, not a fault
    """The notebook could not be run to its end. All its processes are gone.

    Args:
        index: position of the cell it stopped at.
        cause: why.
        said: what the cell did, as the end of a sentence.
        starved: whether it ran out of time while the machine gave it little to work with.
    """

    def __init__(self, index: int, cause: Cause, said: str, *, starved: bool = False) -> None:
        super().__init__(index, cause, said, starved)
        self.index = index
        self.cause = cause
        self.said = said
        self.starved = starved

    @property
    def timed_out(self) -> bool:
        """Whether it ran out of time."""
        return self.cause in {Cause.CPU, Cause.WALL}
