"""How far a batch is: a bar in a terminal, now and then a line in a log."""

from __future__ import annotations

import sys
import threading
from typing import NoReturn, TextIO

from tqdm import tqdm

# Processes do not share a bar here; tqdm's own lock would start a process to look after it.
tqdm.set_lock(threading.RLock())

#: Between two lines where nobody watches.
SECONDS_BETWEEN_LINES = 20.0
LINE = "{desc}: {n_fmt} of {total_fmt} submissions, {elapsed} passed, {remaining} left"


class Lines:
    """Has a log receive lines where a terminal gets a bar drawn over and over.

    Args:
        stream: the log.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ""

    def write(self, text: str) -> None:
        """Write what tqdm says as a line, unless it was said before."""
        line = text.strip()
        if line and line != self._last:
            self._stream.write(f"{line}\n")
            self._last = line

    def flush(self) -> None:
        """Have it seen."""
        self._stream.flush()


def progress(what: str, total: int, done: int = 0, *, quiet: float = 0.0) -> tqdm[NoReturn]:
    """A bar, or lines where standard error is no terminal.

    Args:
        what: what is being done.
        total: how many submissions there are.
        done: how many of them are done already.
        quiet: seconds during which it says nothing.
    """
    if sys.stderr.isatty():
        return tqdm(total=total, initial=done, unit="submission", desc=what, delay=quiet)
    return tqdm(
        total=total,
        initial=done,
        desc=what,
        file=Lines(sys.stderr),
        bar_format=LINE,
        mininterval=SECONDS_BETWEEN_LINES,
        maxinterval=SECONDS_BETWEEN_LINES,
        miniters=1,
        delay=quiet,
    )
