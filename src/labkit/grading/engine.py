"""The papermill engine that grades: check cells are places to look from, not code to run.

Its kernels are the reference the quicker shell (``labkit.grading.shell``) must agree with.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import signal
import subprocess
import sys
from collections import Counter
from typing import Any

import psutil
import zmq
import zmq.asyncio
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from labkit.grading.repair import exercise_of, is_check
from labkit.grading.room import Room
from labkit.grading.shell import stopped
from labkit.grading.watch import Watch
from labkit.warm import family, outputs, provisioner
from labkit.warm.pool import Forked

ENGINE = "labkit"
#: The kernel that runs everything, whatever a notebook names: this interpreter's ipykernel.
KERNEL = "python3"
#: Seconds a kernel may take to start on a machine that is busy.
START_SECONDS = 120
#: A socket's path may have about 100 bytes (104 on macOS), the number at its end included.
LONGEST_SOCKET = 96

# nbclient reports every dead kernel here; the gradebook says it better.
_log = logging.getLogger("labkit.grading.engine")
_log.addHandler(logging.NullHandler())
_log.propagate = False


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
            config = {"warm": self._room.warm, "cell": self._room.cell}
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
            Stopped: a cell could not be run to its end.
        """
        self.reset_execution_trackers()
        self._shown: Counter[int] = Counter()
        with self.setup_kernel(**start):
            self._kernel = Kernel(self.km.provisioner.process)
            self._watch = Watch(
                self._kernel.pid,
                self.room.workspace,
                self.room.limits,
                self._kernel.interrupt,
                self._kernel.end,
            )
            with self._watch:
                try:
                    self.papermill_execute_cells()
                finally:
                    self._kernel.end()
        return self.nb

    def papermill_execute_cells(self) -> None:
        """Run what the student wrote; have evidence read at check cells."""
        for index, cell in enumerate(self.nb.cells):
            if is_check(cell):
                self._kernel.freeze()
                self.room.at_check(exercise_of(cell))
                self._kernel.thaw()
            elif cell.cell_type == "code":
                self._run(cell, index)

    def output(self, outs: list[NotebookNode], msg: Any, display_id: str, cell_index: int) -> Any:
        """Keep an output, if the cell has not shown too much already."""
        self._shown[cell_index] += 1
        if self._shown[cell_index] <= outputs.MOST_OUTPUTS * 10:
            return super().output(outs, msg, display_id, cell_index)
        if self._shown[cell_index] == outputs.MOST_OUTPUTS * 10 + 1:
            outs.append(new_output("stream", name="stderr", text="More outputs were left out.\n"))
        return None

    def _run(self, cell: NotebookNode, index: int) -> None:
        self.nb_man.cell_start(cell, index)
        self._watch.cell_begins()
        try:
            self.execute_cell(cell, index)
        except DeadKernelError as error:
            raise stopped(index, self._watch, self.room) from error
        finally:
            self._watch.cell_ends()
            self.nb_man.cell_complete(cell, cell_index=index)
        if self._watch.cause:
            raise stopped(index, self._watch, self.room)


class Kernel:
    """The processes of a kernel, forked or started anew.

    Args:
        process: what the provisioner made.
    """

    def __init__(self, process: Forked | subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid

    def freeze(self) -> None:
        """Hold it and everything it started still."""
        if isinstance(self._process, Forked):
            self._process.freeze()
        else:
            with contextlib.suppress(psutil.Error):
                psutil.Process(self.pid).suspend()
            family.freeze(self.pid)

    def thaw(self) -> None:
        """Let it go on."""
        if isinstance(self._process, Forked):
            self._process.thaw()
        else:
            family.thaw(self.pid)
            with contextlib.suppress(psutil.Error):
                psutil.Process(self.pid).resume()

    def interrupt(self) -> None:
        """Send what Ctrl-C sends, where there is a way to."""
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGINT)

    def end(self) -> None:
        """Kill it and everything it started."""
        if isinstance(self._process, Forked):
            self._process.kill()
        else:
            family.end(self.pid)


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
            timeout=None,  # cells are watched
            startup_timeout=START_SECONDS,
            iopub_timeout=START_SECONDS,
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
