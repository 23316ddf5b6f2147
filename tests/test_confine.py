"""A confined submission is graded like any other, and nothing it tries reaches beyond its cell."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from labkit.grading.bench import Bench, Confine, Engine, Order, open_bench
from labkit.grading.grade import grade_one
from labkit.grading.load import read_submission
from labkit.grading.outcome import Graded, State
from labkit.paths import Course
from labkit.warm.confine import can_confine

pytestmark = pytest.mark.skipif(
    not can_confine(), reason="this kernel has no Landlock that keeps signals in (Linux 6.12)"
)

TRY = """
import ctypes, json, os, signal, socket, subprocess, sys
from pathlib import Path
found = {{}}
def attempt(name, action):
    try:
        action()
        found[name] = "done"
    except BaseException as error:
        found[name] = type(error).__name__
parent = os.getppid()
class Handle(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint), ("kind", ctypes.c_int), ("bytes", ctypes.c_ubyte * 128)]
def by_handle(path):  # what containers were once broken out of
    libc, handle, mount = ctypes.CDLL(None, use_errno=True), Handle(128), ctypes.c_int()
    libc.name_to_handle_at(-100, path.encode(), ctypes.byref(handle), ctypes.byref(mount), 0)
    found = libc.open_by_handle_at(os.open(".", os.O_RDONLY), ctypes.byref(handle), os.O_RDONLY)
    if found < 0:
        raise OSError(ctypes.get_errno(), "refused")
attempt("write beside", lambda: Path({outside!r}, "left").write_text("x"))
attempt("read the hidden checks", lambda: Path({hidden!r}).read_text())
attempt("read through a link", lambda: (Path("link").symlink_to({hidden!r}),
                                       Path("link").read_text()))
attempt("read past the path", lambda: by_handle({hidden!r}))
attempt("list the grader's folder", lambda: os.listdir({outside!r}))
attempt("read the parent's environment", lambda: Path(f"/proc/{{parent}}/environ").read_bytes())
attempt("stop the parent", lambda: os.kill(parent, signal.SIGSTOP))
attempt("kill its parent", lambda: os.kill(parent, signal.SIGKILL))
attempt("tcp", lambda: socket.create_connection(("127.0.0.1", {port}), timeout=3))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(
    b"x", ("127.0.0.1", {port})))
attempt("much memory", lambda: bytearray(100 << 30))
attempt("a large file", lambda: Path("large").open("wb").write(bytes(400 << 20)))
attempt("the same from a child", lambda: subprocess.run(
    [sys.executable, "-c", "open({hidden!r}).read()"], check=True, capture_output=True))
attempt("write in its own folder", lambda: Path("mine").write_text("x"))
labkit.declare("1.3", best_run_id=json.dumps(found))
"""


@pytest.fixture(scope="module")
def bench(course: Course) -> Iterator[Bench]:
    order = Order(course.root, "lab01_tracking", Engine.AUTO, Confine.REQUIRE)
    with pytest.MonkeyPatch.context() as instructor:
        instructor.setenv("SECRET_TOKEN", "hunter2")
        with open_bench(order) as made:
            yield made


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def grade(bench: Bench, folder: Path, answer: str) -> Graded:
    path = folder / "submission.ipynb"
    nbformat.write(bench.lab.with_answers({"1.3": answer}), path)
    return grade_one(read_submission("submission", path, bench.lab.name), bench)


def test_nothing_it_tries_reaches_beyond_its_cell(
    bench: Bench, tmp_path: Path, listener: socket.socket
) -> None:
    hidden = bench.lab.folder / "hidden.py"
    port = listener.getsockname()[1]
    source = TRY.format(outside=str(tmp_path), hidden=str(hidden), port=port)
    graded = grade(bench, tmp_path, source)
    assert graded.state is State.GRADED, graded.reason
    said = json.loads(graded.evidence["1.3"].declared["best_run_id"])
    assert said.pop("write in its own folder") == "done"
    assert "done" not in said.values(), said
    assert not (tmp_path / "left").exists()
    assert len(said) == 13


def test_confinement_costs_an_honest_submission_no_point(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "solution.ipynb"
    nbformat.write(bench.lab.solution_notebook(), path)
    graded = grade_one(read_submission("solution", path, bench.lab.name), bench)
    assert graded.points == graded.max_points
    assert graded.errors == ()


def test_the_environment_of_the_instructor_is_not_passed_on(bench: Bench, tmp_path: Path) -> None:
    source = 'import os; labkit.declare("1.3", best_run_id=sorted(os.environ))'
    names = grade(bench, tmp_path, source).evidence["1.3"].declared["best_run_id"]
    assert "LABKIT_ROOT" in names
    assert "SECRET_TOKEN" not in names


def test_a_thread_that_outlives_its_cell_changes_nothing_after_the_end(
    bench: Bench, tmp_path: Path
) -> None:
    left = threading.active_count()
    source = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600.25)'],"
        " start_new_session=True)\n"
        "labkit.declare('1.3', best_run_id='x')"
    )
    graded = grade(bench, tmp_path, source)
    assert graded.state is State.GRADED
    assert threading.active_count() <= left + 1
    assert not [
        one.name for one in Path("/proc").glob("[0-9]*") if b"time.sleep(600.25)" in command(one)
    ]


def command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""
