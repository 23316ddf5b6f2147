"""``labkit start``: the one command a student opens the course with."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import webbrowser
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import FrameType

import click

from labkit.errors import CourseError
from labkit.paths import Course, find_course
from labkit.servers.data import needs_pull, pull
from labkit.servers.ports import holder, next_free_port
from labkit.servers.processes import alive, stop
from labkit.servers.run import (
    LIMIT,
    last_lines,
    left_running,
    log_of,
    running_servers,
    supervised,
)
from labkit.servers.state import Servers, read_servers

PORT = 5000
_GLANCE = 0.5


@click.command()
@click.option("--no-browser", is_flag=True, help="Do not open JupyterLab in a browser.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=PORT,
    show_default=True,
    help="Where MLflow listens; the next free port if that one is taken.",
)
def command(no_browser: bool, port: int) -> None:
    """Start MLflow and JupyterLab, with the course data in place. Ctrl-C stops them."""
    course = find_course()
    if supervised(course):
        servers = _await_the_other_start(course)
        _say("The course runs already:")
        _show(servers, browser=not no_browser)
        return
    with contextlib.suppress(KeyboardInterrupt), _stoppable():
        _run(course, port, browser=not no_browser)
    _say("Stopped. Nothing is left running.")


def _run(course: Course, wanted: int, *, browser: bool) -> None:
    began = time.monotonic()
    _say("Starting MLflow and JupyterLab ...")
    _stop_leftovers(course)
    port = next_free_port(wanted)
    if port != wanted:
        _say(f"Port {wanted} is taken by {holder(wanted).name}; MLflow uses {port}.")
    with (
        _data_meanwhile(course) as data,
        running_servers(course, jupyter=True, port=port) as servers,
    ):
        _say(data.result())
        _show(servers, browser=browser)
        _say(f"Ready after {time.monotonic() - began:.1f} s. Ctrl-C here stops everything.")
        try:
            _watch(course, servers)
        finally:
            _say("Stopping ...")


def _say(text: str) -> None:
    if text:
        click.echo(text)


def _show(servers: Servers, *, browser: bool) -> None:
    for name, server in servers.named().items():
        if server is not servers.checks:  # it talks to check cells, not to people
            _say(f"  {name:<11} {server.url}")
    graphical = sys.platform in {"win32", "darwin"} or {"DISPLAY", "WAYLAND_DISPLAY"} & {
        *os.environ
    }
    if browser and graphical and servers.jupyter:  # a browser in this terminal would take it over
        webbrowser.open(servers.jupyter.url)


def _await_the_other_start(course: Course) -> Servers:
    servers = read_servers(course)
    if not (servers and servers.ready):
        _say("Another start of this course is under way: waiting for it ...")
    deadline = time.monotonic() + LIMIT
    while supervised(course) and time.monotonic() < deadline:
        servers = read_servers(course)
        if servers and servers.ready:
            return servers
        time.sleep(_GLANCE)
    raise CourseError(
        "Another start of this course did not get ready.",
        why="It ended, or waits for a server that does not answer.",
        next_step="Stop it with Ctrl-C if it is still there, and start again.",
    )


def _stop_leftovers(course: Course) -> None:
    left = left_running(course)
    if left:
        names = ", ".join(f"{name} (process {one.pid})" for name, one in left.items())
        _say(f"An earlier start was killed and left {names}: stopping what is left.")
        stop(one.process for one in left.values())


@contextlib.contextmanager
def _data_meanwhile(course: Course) -> Iterator[Future[str]]:
    with ThreadPoolExecutor(1) as helper:
        yield helper.submit(_data, course)


def _data(course: Course) -> str:
    """Pull the data if need be, and say so; without data MLflow and JupyterLab still serve."""
    began = time.monotonic()
    try:
        if not needs_pull(course):
            return ""
        pull(course)
    except CourseError as error:
        return str(error)
    return f"DVC pulled the course data in {time.monotonic() - began:.1f} s."


def _watch(course: Course, servers: Servers) -> None:
    running = servers.named()
    while running:
        time.sleep(_GLANCE)
        for name, server in list(running.items()):
            if not alive(server.process):
                del running[name]
                log = log_of(course, name)
                _say(f"{name} has ended by itself. The end of its log ({log}):\n{last_lines(log)}")
                _say("To have it back: Ctrl-C here, then start again.")


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Turn every polite way to end a process into one KeyboardInterrupt, and no second one."""
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
