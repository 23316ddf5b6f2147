"""The grader's end of a zygote: asks for processes and knows how they end."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from labkit.errors import CourseError
from labkit.warm.confine import Cell
from labkit.warm.keeper import FREEZE, THAW

#: Seconds a zygote may take to import everything on a busy machine.
SECONDS_TO_WARM_UP = 180.0
#: Seconds a keeper may take to do what it is asked, on a busy machine.
SECONDS_TO_END = 10.0


def can_fork() -> bool:
    """Whether forking a process that has imported numerical libraries is safe here."""
    return sys.platform == "linux"


@dataclass(slots=True)
class Forked:
    """A process forked by the zygote, with what ``jupyter_client`` asks of a ``Popen``.

    ``pid`` is its keeper's, who leads its process group and ends with it.
    """

    pid: int
    control: socket.socket
    returncode: int | None = None
    cpu_seconds: float = 0.0
    peak_kb: int = 0
    stdin: None = None
    stdout: None = None
    stderr: None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit status, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not within ``timeout`` seconds.
        """
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired("forked process", timeout or 0.0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def interrupt(self) -> None:
        """Send what Ctrl-C sends to it and its children, unless it has ended."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGINT)

    def freeze(self) -> None:
        """Hold it and everything it started still, to look at what it left."""
        self._ask(FREEZE)

    def thaw(self) -> None:
        """Let it go on."""
        self._ask(THAW)

    def kill(self) -> None:
        """End it and everything it started, and wait until that is done."""
        self.control.close()
        if not self._ended.wait(SECONDS_TO_END):
            self.send_signal(signal.SIGKILL)
            self._ended.wait(SECONDS_TO_END)

    def _ask(self, what: bytes) -> None:
        with contextlib.suppress(OSError):  # it has ended
            self.control.settimeout(SECONDS_TO_END)
            self.control.sendall(what)
            self.control.recv(1)

    def has_ended(self, status: int, cpu_seconds: float, peak_kb: int) -> None:
        """Note how it ended."""
        self.cpu_seconds, self.peak_kb = cpu_seconds, peak_kb
        self.returncode = status
        self._ended.set()


class WarmProcess:
    """A running zygote; any thread may ask it for processes.

    Args:
        environment: its environment, which no forked process sees.
        more: modules to import beyond the usual ones, ``torch`` for instance.
        apart: whether forked processes get namespaces of their own, where the kernel gives them.
    """

    def __init__(
        self, environment: Mapping[str, str], more: Sequence[str] = (), *, apart: bool = False
    ) -> None:
        self._environment = dict(environment)
        self._wishes = [*more, *(["--apart"] if apart else [])]
        #: Which namespaces forked processes have; known once it is warm.
        self.network = self.processes = False
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._asking = threading.Lock()
        self._closed = False
        self._start()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        self._control = ours
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "labkit.warm.zygote",
                str(theirs.fileno()),
                *self._wishes,
            ],
            env=self._environment,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,
        )
        theirs.close()
        self._forked: dict[int, Forked] = {}
        self._answers: dict[int, Forked | str] = {}
        self._controls: dict[int, socket.socket] = {}
        self._ready = self._gone = False
        threading.Thread(target=self._listen, args=(ours, self._forked), daemon=True).start()

    def wait_until_warm(self) -> None:
        """Wait until processes can be had.

        Raises:
            CourseError: it ended instead.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._gone, SECONDS_TO_WARM_UP)
        if not self._ready:
            said = self._last_line()
            self._end()
            raise CourseError(
                "The warm process did not start.",
                why=said,
                next_step="Grade with --engine cold, and report this.",
            )

    def fork(
        self,
        function: str,
        arguments: Sequence[str],
        *,
        folder: str,
        environment: Mapping[str, str],
        cell: Cell | None = None,
        talk: socket.socket | None = None,
    ) -> Forked:
        """Run a function in a process forked now.

        Args:
            function: ``module:name`` of what to run.
            arguments: what it is called with.
            folder: its working directory.
            environment: its whole environment.
            cell: what it is confined to; not confined if None.
            talk: what it finds as its first descriptor after the standard streams, if anything.

        Raises:
            CourseError: the zygote ended meanwhile, or does not start again.
        """
        request = {
            "function": function,
            "arguments": list(arguments),
            "folder": folder,
            "environment": dict(environment),
            "cell": None if cell is None else asdict(cell),
        }
        with self._asking:
            number, ours = self._ask(request, talk)
            asked = self._control
        with self._changed:
            self._changed.wait_for(
                lambda: number in self._answers or self._gone or self._control is not asked
            )
            answer = self._answers.pop(number, "It was killed, for want of memory perhaps.")
        if isinstance(answer, Forked):
            return answer
        ours.close()
        raise CourseError(
            "The warm process could not fork.",
            why=answer,
            next_step="Run the same command again: it goes on with the next submission.",
        )

    def _ask(
        self, request: Mapping[str, Any], talk: socket.socket | None
    ) -> tuple[int, socket.socket]:
        """Ask for a process; the number of the answer to come, and the line to its keeper."""
        if self._gone and not self._closed:
            # A kernel can kill the process it was forked from; the next has another.
            self._end()
            self._start()
            self.wait_until_warm()
        number = next(self._numbers)
        ours, theirs = socket.socketpair()
        passed = [theirs, *([talk] if talk else [])]
        self._controls[number] = ours
        try:
            whole = {**request, "request": number, "descriptors": len(passed)}
            line = json.dumps(whole).encode() + b"\n"
            sent = socket.send_fds(self._control, [line], [one.fileno() for one in passed])
            self._control.sendall(line[sent:])
        except OSError:
            self._gone = True
        theirs.close()
        return number, ours

    def close(self) -> None:
        """End the zygote and every process it forked; no other will be had."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def _last_line(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "It said nothing."

    def _listen(self, control: socket.socket, forked: Mapping[int, Forked]) -> None:
        for message in _messages(control):
            with self._changed:
                self._take(message)
                self._changed.notify_all()
        with self._changed:
            for one in forked.values():
                one.has_ended(-signal.SIGKILL, 0.0, 0)
            if self._control is control:  # another has not taken its place meanwhile
                self._gone = True
            self._changed.notify_all()

    def _take(self, message: Mapping[str, Any]) -> None:
        if "ready" in message:
            self.network, self.processes = message["network"], message["processes"]
            self._ready = True
        elif "ended" in message:
            forked = self._forked.pop(message["ended"])
            forked.has_ended(message["status"], message["cpu_seconds"], message["peak_kb"])
        elif "refused" in message:
            self._answers[message["request"]] = str(message["refused"])
        else:
            forked = Forked(message["pid"], self._controls.pop(message["request"]))
            self._forked[forked.pid] = self._answers[message["request"]] = forked


def _messages(control: socket.socket) -> Iterator[Mapping[str, Any]]:
    with contextlib.suppress(OSError), control.makefile("rb") as lines:
        for line in lines:
            yield json.loads(line)
