"""Progress is a bar where somebody watches, and now and then a line where nobody does."""

from __future__ import annotations

import io
import sys

import pytest

from labkit.grading import progress as module
from labkit.grading.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def advance(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, steps: int, done: int) -> str:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        with progress("Grading", done + steps, done) as bar:
            for _ in range(steps):
                bar.update()
    return stream.getvalue()


def test_a_log_has_a_line_at_the_start_and_one_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    said = advance(monkeypatch, io.StringIO(), 10_000, 5)
    assert "\r" not in said
    lines = said.splitlines()
    assert lines[0] == "Grading: 5 of 10005 submissions, 00:00 passed, ? left"
    assert lines[-1].startswith("Grading: 10005 of 10005 submissions, 00:")
    assert lines[-1].endswith("passed, 00:00 left")
    assert len(lines) == 2


def test_a_log_has_lines_in_between_that_tell_the_time_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", 0)
    lines = advance(monkeypatch, io.StringIO(), 3, 0).splitlines()
    assert [line.split(" submissions")[0] for line in lines[1:]] == [
        "Grading: 1 of 3",
        "Grading: 2 of 3",
        "Grading: 3 of 3",
    ]
    assert "? left" not in lines[1]


def test_a_terminal_has_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    said = advance(monkeypatch, Terminal(), 3, 0)
    assert "\r" in said
    assert "submission" in said


def test_what_is_quick_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (io.StringIO(), Terminal()):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress("Reading", 3, quiet=60) as bar:
            bar.update(3)
        assert stream.getvalue().strip() == ""
