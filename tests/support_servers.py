"""What tests of servers share: course folders in temporary places, and real starts of them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from labkit.paths import ROOT_VARIABLE, Course

#: Seconds after which something that should happen counts as not happening.
PATIENCE = 120


def course_in(folder: Path, template: Path) -> Course:
    """A course folder with nothing in it but the template database, which takes long to make."""
    course = Course(folder.resolve())
    kept = course.state / "template"
    kept.mkdir(parents=True)
    shutil.copy(template, kept)
    return course


def give_data(course: Course) -> None:
    """Put course data, a DVC remote with it, and a Git repository into a course folder."""
    course.data.mkdir()
    (course.data / "churn.csv").write_text("age,churned\n41,0\n")
    (course.data / "incoming").mkdir()
    (course.data / "incoming" / "june.csv").write_text("age,churned\n52,1\n")
    (course.root / ".gitignore").write_text("/.course\n/data\n")
    for command in (
        ["git", "init", "-q"],
        [sys.executable, "-m", "dvc", "init", "-q"],
        [sys.executable, "-m", "dvc", "remote", "add", "-q", "-d", "course", "remote"],
        [sys.executable, "-m", "dvc", "add", "-q", "data"],
        [sys.executable, "-m", "dvc", "push", "-q"],
    ):
        subprocess.run(command, cwd=course.root, check=True, env=quiet_environment({}))


def forget_data(course: Course) -> None:
    """Make a course folder as it is right after ``git clone``."""
    shutil.rmtree(course.data)
    shutil.rmtree(course.root / ".dvc" / "cache", ignore_errors=True)


def quiet_environment(more: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without what a running course set in it."""
    foreign = (ROOT_VARIABLE, "MLFLOW_TRACKING_URI")
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return {**kept, "DVC_NO_ANALYTICS": "1", "PYTHONUNBUFFERED": "1", **more}


def labkit(
    course: Course, *arguments: str, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command of the lab kit on ``course`` to its end."""
    return subprocess.run(
        _command(arguments),
        env=quiet_environment({ROOT_VARIABLE: str(course.root), **(more or {})}),
        capture_output=True,
        text=True,
        check=False,
    )


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "labkit", *arguments]


@dataclass
class Start:
    """A real ``labkit start`` in a process of its own; a context manager that ends it."""

    course: Course
    port: int
    lines: list[str] = field(default_factory=list)

    def __enter__(self) -> Start:
        self.process = subprocess.Popen(
            _command(["start", "--no-browser", "--port", str(self.port)]),
            env=quiet_environment({ROOT_VARIABLE: str(self.course.root)}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("Ready"):
                break
        else:
            self.process.wait()
            raise AssertionError(f"labkit start ended: {self.said}")
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.interrupt()
        if self.process.stdout is not None:
            self.process.stdout.close()

    @property
    def said(self) -> str:
        """All it printed until it was ready."""
        return "".join(self.lines)

    def address(self, server: str) -> str:
        """Where it said that a server is."""
        found = re.search(rf"{server}\s+(http\S+)", self.said)
        assert found, self.said
        return found[1]

    def processes(self) -> list[psutil.Process]:
        """Every process it has started that runs now."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def interrupt(self) -> str:
        """Press Ctrl-C; what it said after that."""
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=PATIENCE)
        return said


def all_gone(processes: Sequence[psutil.Process], patience: float = PATIENCE) -> bool:
    """Whether none of the processes runs, at the latest after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while any(_runs(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
