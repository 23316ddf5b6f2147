"""The process that others are forked from: it imports, warms up, and then only forks.

Run as ``python -m labkit.warm.zygote DESCRIPTOR [MODULE ...]``, where the descriptor is one end of
a socket pair. It speaks lines of JSON: it is told to fork, and tells which child began and how it
ended. It holds nothing worth looking at: no check, no solution, no path of another submission.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import select
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from labkit.warm import confine, keeper
from labkit.warm.namespaces import Namespaces

#: What labs use, and what MLflow imports only on first use. Not matplotlib_inline: it looks for
#: the shell to draw in when it is imported.
PRELOADED = (
    "ipykernel.kernelapp",
    "IPython.core.completer",
    "comm",
    "matplotlib.pyplot",
    "git",
    "mlflow",
    "mlflow.data",
    "mlflow.models",
    "mlflow.pyfunc",
    "mlflow.sklearn",
    "pandas",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "skops.io",
    "labkit",
    "labkit.warm.shell",
    "labkit.grading.model_process",
)

#: Work like a lab's. It is done in a fork of its own, for the sake of the modules it imports: in
#: the zygote it would leave the active experiment, cached stores and a cached Git commit to all.
WARM_UP = """
import mlflow, pandas as pd
from sklearn.ensemble import RandomForestClassifier
mlflow.set_tracking_uri({uri!r})
rows = pd.DataFrame({{"one": [0.0, 1.0, 2.0, 3.0], "two": [1.0, 0.0, 1.0, 0.0]}})
forest = RandomForestClassifier(2, random_state=0).fit(rows, [0, 1, 0, 1])
mlflow.set_experiment("warm-up")
with mlflow.start_run():
    mlflow.log_params({{"a": 1}})
    mlflow.log_metric("b", 1.0)
    mlflow.log_input(mlflow.data.from_pandas(rows, name="rows"), context="training")
    mlflow.sklearn.log_model(
        forest, name="model", input_example=rows, pip_requirements=["scikit-learn"],
        skops_trusted_types=["sklearn.tree._tree.Tree"],
    )
mlflow.search_runs(experiment_names=["warm-up"], order_by=["metrics.b DESC"])
"""


#: How much a submission gives way to the grader, which must come to a turn to stop it.
POLITE = 19
#: The first descriptor after the standard streams.
FIRST = 3


class Zygote:
    """Forks children on request and tells how they end.

    Args:
        control: the socket to the grader. When it closes, the zygote kills its children and ends.
        namespaces: what children are born into.
    """

    def __init__(self, control: socket.socket, namespaces: Namespaces) -> None:
        self._control = control
        self._namespaces = namespaces
        self._lines = b""
        self._descriptors: list[int] = []
        self._children: set[int] = set()
        self._user = confine.FREE_USERS[os.getpid() % len(confine.FREE_USERS)]
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken, False)

    def serve(self) -> None:
        """Answer until the grader is gone."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake)
        self._tell(
            {
                "ready": True,
                "network": self._namespaces.network,
                "processes": self._namespaces.processes,
            }
        )
        while True:
            readable, _, _ = select.select([self._control.fileno(), self._woken], [], [])
            if self._woken in readable:
                os.read(self._woken, 4096)
                self._reap()
            if self._control.fileno() in readable:
                for request in self._requests():
                    if request is None:
                        self._end()
                        return
                    self._fork(request)

    def _requests(self) -> Iterator[dict[str, Any] | None]:
        received, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, 8)
        self._descriptors += descriptors
        if not received:
            yield None
        *lines, self._lines = (self._lines + received).split(b"\n")
        for line in lines:
            yield json.loads(line)

    def _fork(self, request: dict[str, Any]) -> None:
        descriptors = self._descriptors[: request["descriptors"]]
        del self._descriptors[: request["descriptors"]]
        try:
            pid = self._namespaces.fork()
        except OSError as error:
            self._tell({"request": request["request"], "refused": str(error)})
            pid = -1
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            request["user"], request["alone"] = self._user, self._namespaces.network
            become(request, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        if pid > 0:
            self._children.add(pid)
            self._tell({"request": request["request"], "pid": pid})

    def _reap(self) -> None:
        while self._children:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._children.discard(pid)
            cpu = usage.ru_utime + usage.ru_stime
            self._tell(
                {
                    "ended": pid,
                    "status": os.waitstatus_to_exitcode(status),
                    "cpu_seconds": cpu,
                    "peak_kb": usage.ru_maxrss,
                }
            )

    def _tell(self, message: dict[str, Any]) -> None:
        self._control.sendall(json.dumps(message).encode() + b"\n")

    def _end(self) -> None:
        for pid in self._children:
            try:
                os.killpg(pid, signal.SIGKILL)
            except OSError:
                continue  # it has ended by itself


def become(request: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """In a fork: fork once more for what was asked for, keep that, and never come back.

    Args:
        request: what to run, where, in which environment and how confined.
        descriptors: where the keeper is asked, then what the process talks through, if anything.
    """
    status = 1
    try:
        keeper.become_keeper()
        child = os.fork()
        _close_all_but(descriptors[:1] if child else descriptors[1:])
        if child:
            keeper.keep(child, socket.socket(fileno=FIRST))
        _run(request)
        status = 0
    finally:
        os._exit(status)


def _close_all_but(descriptors: list[int]) -> None:
    """Leave only these open, as ``FIRST`` and on, and standard streams that lead nowhere."""
    safe = [os.dup2(one, 300 + place, inheritable=False) for place, one in enumerate(descriptors)]
    os.closerange(FIRST, 300)
    for place, one in enumerate(safe):
        os.dup2(one, FIRST + place, inheritable=False)
        os.close(one)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(FIRST):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _run(request: dict[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.nice(POLITE)
    _fix_randomness()
    if request["cell"] is not None:
        cell = confine.Cell(**request["cell"])
        confine.enter(cell, user=request["user"], alone=request["alone"])
    module, _, name = request["function"].partition(":")
    getattr(importlib.import_module(module), name)(*request["arguments"])


def run_kernel(connection_file: str) -> None:
    """Run an IPython kernel until it is shut down.

    Args:
        connection_file: where it is told how to be reached.
    """
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(["-f", connection_file, "--log-level=ERROR"])


def _fix_randomness() -> None:
    """Numbers drawn without a seed are the same each time a submission is graded."""
    import random

    random.seed(0)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(0)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


def warm_up(more: Sequence[str] = ()) -> None:
    """Import what labs use, and what that imports on first use; open and start nothing.

    Args:
        more: modules to import beyond the usual ones.
    """
    for name in PRELOADED:
        importlib.import_module(name)
    for name in (*_imported_by(WARM_UP), *more):
        # A part of a package that cannot be imported by its name is no loss, only slower.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    for work in [getattr(sys.modules.get(name), "WARM_UP", "") for name in more]:
        for name in _imported_by(work) if work else ():
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    importlib.import_module("sqlalchemy.orm").configure_mappers()
    _know_installed_packages()
    gc.collect()
    gc.freeze()


def _know_installed_packages() -> None:
    """Spare each fork MLflow's look at every installed file, half a second of a first log_model.

    MLflow keeps what it finds in its own module; a version that no longer does is only slower.
    """
    requirements = importlib.import_module("mlflow.utils.requirements_utils")
    look = getattr(requirements, "_init_modules_to_packages_map", None)
    if look is not None:
        look()


def _imported_by(source: str) -> list[str]:
    """The modules that running some source would import, in that order."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _say_imports(source, writer)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as told:
        names = told.read().split()
    _, status = os.waitpid(pid, 0)
    if status:
        raise RuntimeError("what labs do cannot be done here; is everything installed?")
    return names


def _say_imports(source: str, writer: int) -> NoReturn:
    status = 1
    try:
        before = set(sys.modules)
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            exec(source.format(uri=f"sqlite:///{folder}/warm-up.db"), {})  # noqa: S102 - our own
            os.chdir("/")
        names = [name for name in sys.modules if name not in before]
        os.write(writer, "\n".join(names).encode())
        status = 0
    finally:
        os._exit(status)


def main() -> None:
    """Warm up, then fork for whoever holds the other end of the socket."""
    control = socket.socket(fileno=int(sys.argv[1]))
    namespaces = Namespaces()
    if "--apart" in sys.argv:
        namespaces.enter()
    more = [name for name in sys.argv[2:] if not name.startswith("-")]
    # MLflow takes the commit of the program that runs: a kernel's is the launcher of kernels.
    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [str(launcher.origin if launcher else "ipykernel_launcher")]
    warm_up(more)
    Zygote(control, namespaces).serve()


if __name__ == "__main__":
    main()
