"""Runs cells in an IPython shell of this process, without a kernel and its sockets.

The grader sends a cell and waits for its outputs (``labkit.warm.frames``). What a cell finds is
what a notebook gives it: magics, rich outputs, plots, ``await`` at the top level; input is refused,
as it is where nobody sits at the keyboard.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from labkit.warm import frames
from labkit.warm.outputs import MOST_TEXT, Output, Outputs

#: Bytes a cell's source may have; a whole notebook has fewer.
MOST_BYTES = 64_000_000
#: Where the socket to the grader is found.
TALK = 3


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of the shell.

    Args:
        shown: where what is printed goes.
        name: ``stdout`` or ``stderr``.
        descriptor: what ``fileno`` says, for programs that want one.
    """

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, shown: Shown, name: str, descriptor: int) -> None:
        super().__init__()
        self._shown, self._name, self._descriptor = shown, name, descriptor

    def write(self, text: str) -> int:
        """Print."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._shown.now.text(self._name, text)
        return len(text)

    def writable(self) -> bool:
        """Yes."""
        return True

    def fileno(self) -> int:
        """Where programs started from here print."""
        return self._descriptor


class Shown:
    """The outputs of the cell that runs now."""

    def __init__(self) -> None:
        self.now = Outputs()


class Publisher(DisplayPublisher):
    """Keeps what is displayed."""

    shown: Shown

    def publish(  # type: ignore[override]  # IPython's own subclasses differ here too
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Show something, or something else in its place."""
        place = (transient or {}).get("display_id")
        if update and place:
            self.shown.now.update(place, data, metadata or {})
            return
        output = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
        self.shown.now.add({**output, "display_id": place} if place else output)

    def clear_output(self, wait: bool = False) -> None:
        """Forget what this cell has shown."""
        self.shown.now.clear(wait=wait)


class Hook(DisplayHook):
    """Keeps what the last line of a cell is worth."""

    shown: Shown

    def write_output_prompt(self) -> None:
        """A notebook shows the number itself."""

    def write_format_data(
        self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None
    ) -> None:
        """Keep a result in all its forms."""
        self.shown.now.add(
            {
                "output_type": "execute_result",
                "execution_count": self.prompt_count,
                "data": format_dict,
                "metadata": md_dict or {},
            }
        )

    def finish_displayhook(self) -> None:
        """Nothing was printed, so nothing is to be ended."""
        self._is_active = False


class Shell(InteractiveShell):
    """The shell of one submission."""

    shown: Shown
    display_pub: Publisher
    displayhook: Hook
    display_pub_class = Type(Publisher)
    displayhook_class = Type(Hook)

    def _showtraceback(self, etype: type, evalue: object, stb: list[str]) -> None:
        self.shown.now.add(
            {
                "output_type": "error",
                "ename": str(getattr(etype, "__name__", etype)),
                "evalue": _text_of(evalue)[:MOST_TEXT],
                "traceback": [str(line)[:MOST_TEXT] for line in stb],
            }
        )

    def system(self, cmd: str) -> None:
        """Run a program, as ``!`` does, and show what it prints; it needs no terminal."""
        command = self.var_expand(cmd, depth=1)
        done = subprocess.run(command, shell=True, stdin=subprocess.DEVNULL, check=False)  # noqa: S602 - it is what the student asked for
        self.user_ns["_exit_code"] = done.returncode

    def enable_gui(self, gui: str | None = None) -> None:
        """There is no window to draw in."""

    def ask_exit(self) -> None:
        """``exit`` and ``quit`` end the process, as they end a kernel."""
        os._exit(0)


def run(talk: int = TALK) -> None:
    """Run the cells the grader sends until it sends no more.

    Args:
        talk: descriptor of the socket to the grader.
    """
    printed = os.memfd_create("printed", os.MFD_CLOEXEC)
    os.set_blocking(printed, True)
    appending = os.open(f"/proc/self/fd/{printed}", os.O_RDWR | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(appending, stream)
    shell = make_shell(printed)
    with socket.socket(fileno=talk) as grader:
        for cell in _cells(grader):
            outputs = _run_cell(shell, cell["source"], printed)
            count = shell.execution_count - 1
            frames.send(grader, {"cell": cell["cell"], "count": count, "outputs": outputs})


def make_shell(printed: int) -> Shell:
    """A shell that keeps its outputs.

    Args:
        printed: descriptor of the file that programs started from here print to.
    """
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.xmode = "Plain"  # the usual one parses every file of a traceback
    config.InteractiveShell.colors = "nocolor"
    shell = Shell.instance(config=config)
    shell.shown = shell.display_pub.shown = shell.displayhook.shown = Shown()
    sys.stdout = Stream(shell.shown, "stdout", 1)
    sys.stderr = Stream(shell.shown, "stderr", 2)
    builtins.input = _no_input
    os.ftruncate(printed, 0)
    return shell


def _run_cell(shell: Shell, source: str, printed: int) -> list[Output]:
    shown = shell.shown.now = Outputs()
    with _interruptible():
        try:
            shell.run_cell(source, store_history=True)
        except KeyboardInterrupt:  # it came between two steps of the shell
            shell.showtraceback()
    _take_printed(shown, printed)
    return shown.result()


def _take_printed(shown: Outputs, printed: int) -> None:
    """Add what programs printed, and what was written past Python."""
    size = os.fstat(printed).st_size
    if size:
        head = os.pread(printed, MOST_TEXT, 0)
        tail = os.pread(printed, MOST_TEXT, max(len(head), size - MOST_TEXT))
        shown.text("stdout", head.decode(errors="replace"))
        if size > len(head) + len(tail):
            shown.text("stdout", f"\n… {size - len(head) - len(tail):,} bytes left out …\n")
        shown.text("stdout", tail.decode(errors="replace"))
        os.ftruncate(printed, 0)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends what a cell does, and never the wait for the next."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _no_input(prompt: object = "") -> str:
    raise StdinNotImplementedError("nobody is here to answer: input() cannot be used in a lab")


def _text_of(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # an exception may fail to say what it is
        return f"<{type(error).__name__} while it was shown>"


def _cells(grader: socket.socket) -> Iterator[dict[str, Any]]:
    with contextlib.suppress(EOFError, OSError):
        while True:
            yield frames.receive(grader, MOST_BYTES)
