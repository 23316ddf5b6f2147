"""The papermill engine that grades: check cells are places to look from, not code to run."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import queue
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import zmq
import zmq.asyncio
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbclient.util import ensure_async, run_sync
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from labkit.grading.repair import exercise_of, is_check
from labkit.warm import provisioner
from labkit.warm.pool import WarmProcess

ENGINE = "labkit"
#: The kernel that runs everything, whatever a notebook names: this interpreter's ipykernel.
KERNEL = "python3"
#: Seconds a kernel may take to start on a machine that is busy.
START_SECONDS = 120
#: A socket's path may have about 100 bytes (104 on macOS), the number at its end included.
LONGEST_SOCKET = 96
#: Seconds a cell has to end after it was interrupted, before its kernel is killed.
GRACE_SECONDS = 2

# nbclient reports every dead kernel here; the gradebook says it better.
_log = logging.getLogger("labkit.grading.engine")
_log.addHandler(logging.NullHandler())
_log.propagate = False


class Stopped(Exception):  # noqa: N818 - it names the outcome, not a fault
    """The notebook could not be run to its end. The kernel and its processes are gone.

    Args:
        index: position of the cell it stopped at.
        timed_out: True for a cell that took too long, False for a kernel that died.
    """

    def __init__(self, index: int, *, timed_out: bool) -> None:
        super().__init__(index, timed_out)
        self.index = index
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True)
class Room:
    """Where and how a kernel works.

    Args:
        folder: its working directory.
        environment: its whole environment.
        connection_file: where it is told how to be reached.
        warm: what it is forked from; it is started anew if None.
        confined: whether a forked one is shut in (``labkit.warm.confine``).
        cell_seconds: how long a cell may take.
        at_check: called at each check cell with its exercise, while the kernel waits.
    """

    folder: Path
    environment: Mapping[str, str]
    connection_file: Path
    warm: WarmProcess | None
    confined: bool
    cell_seconds: int
    at_check: Callable[[str], None]


@functools.cache
def _context() -> zmq.asyncio.Context:
    """One for all kernels: a kernel's own would wait, on being closed, for one that has died."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.LINGER, 0)
    return context


class OwnKernel(KernelSpecManager):
    """Knows this interpreter's kernel only, not those installed elsewhere.

    Args:
        room: says whether it is forked, and from what.
    """

    def __init__(self, room: Room) -> None:
        super().__init__(kernel_dirs=[], ensure_native_kernel=True)
        self._room = room

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel that runs everything."""
        spec: KernelSpec = super().get_kernel_spec(KERNEL)
        if self._room.warm is not None:
            config = {"warm": self._room.warm, "confined": self._room.confined}
            spec.metadata = {
                "kernel_provisioner": {"provisioner_name": provisioner.NAME, "config": config}
            }
        return spec


class GradingClient(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """Runs the cells of one submission, goes on after errors, stops where there is no going on."""

    room: Room
    km: Any

    def create_kernel_manager(self) -> AsyncKernelManager:
        """A manager that knows this interpreter's kernel only, not those installed elsewhere."""
        file = self.room.connection_file
        # Files instead of ports: no two kernels can take the same one, and no network is needed.
        place = str(file.with_suffix(""))
        short = os.name != "nt" and len(place.encode()) < LONGEST_SOCKET
        files = {"transport": "ipc", "ip": place} if short else {}
        self.km = AsyncKernelManager(
            kernel_name=KERNEL,
            kernel_spec_manager=OwnKernel(self.room),
            connection_file=str(file),
            context=_context(),
            **files,
        )
        return self.km

    def execute(self, **start: Any) -> NotebookNode:
        """Run the notebook in a kernel of its own; no process of it is left afterwards.

        Args:
            start: what the kernel is started with: ``cwd`` and ``env``.

        Raises:
            Stopped: a cell took too long or the kernel died.
        """
        self.reset_execution_trackers()
        with self.setup_kernel(**start):
            kernel = psutil.Process(self.km.provisioner.pid)
            try:
                self.papermill_execute_cells()
            finally:
                end_processes(kernel)
        return self.nb

    def papermill_execute_cells(self) -> None:
        """Run what the student wrote; have evidence read at check cells."""
        for index, cell in enumerate(self.nb.cells):
            if is_check(cell):
                self.room.at_check(exercise_of(cell))
            elif cell.cell_type == "code":
                self._run(cell, index)

    def _run(self, cell: NotebookNode, index: int) -> None:
        self.nb_man.cell_start(cell, index)
        try:
            self.execute_cell(cell, index)
        except CellTimeoutError as error:
            self._interrupt()
            raise Stopped(index, timed_out=True) from error
        except DeadKernelError as error:
            raise Stopped(index, timed_out=False) from error
        finally:
            self.nb_man.cell_complete(cell, cell_index=index)

    async def _async_interrupt(self) -> None:
        """Let the cell's own ``with`` and ``finally`` blocks end what it began, a run say."""
        with contextlib.suppress(queue.Empty, RuntimeError):
            await ensure_async(self.km.interrupt_kernel())
            await ensure_async(self.kc.shell_channel.get_msg(timeout=GRACE_SECONDS))

    _interrupt = run_sync(_async_interrupt)


def end_processes(kernel: psutil.Process) -> None:
    """Kill a kernel, what it started, and what is left of its process group if it is gone."""
    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        family = kernel.children(recursive=True)
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(kernel.pid, signal.SIGKILL)  # kernels are started as leaders of a group
    for process in [*family, kernel]:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(family, timeout=START_SECONDS)


class GradingEngine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    """Papermill's engine with ``GradingClient`` for a client."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, *, room: Room, **_: Any
    ) -> None:
        """Run a notebook in a room.

        Raises:
            Stopped: see ``GradingClient``.
        """
        client = GradingClient(
            nb_man,
            kernel_name=kernel_name,
            timeout=room.cell_seconds,
            startup_timeout=START_SECONDS,
            iopub_timeout=room.cell_seconds,
            allow_errors=True,
            record_timing=False,
            coalesce_streams=True,
            shutdown_kernel="immediate",
            log=_log,
        )
        client.room = room
        client.execute(
            cwd=str(room.folder),
            env=dict(room.environment),
            stdout=subprocess.DEVNULL,  # what a kernel prints past Jupyter is for no terminal
            stderr=subprocess.DEVNULL,
        )


papermill_engines.register(ENGINE, GradingEngine)
