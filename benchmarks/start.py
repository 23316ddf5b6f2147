"""Seconds from ``start`` until every server answers, against the plain way in the same run.

The plain way: ``mlflow server`` as it comes, then, once it answers, ``jupyter lab``. Both begin
with an installed environment and an existing store. Run it on a quiet machine:

    .venv/bin/python benchmarks/start.py [REPEATS]
"""

from __future__ import annotations

import http.client
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from labkit.paths import Course
from labkit.servers.environment import course_environment, sqlite_uri
from labkit.servers.ports import HOST, free_port
from labkit.servers.processes import identity, spawn, stop
from labkit.servers.run import running_servers
from labkit.servers.template import new_database, template_database


def course_way(course: Course) -> float:
    """Seconds until MLflow, JupyterLab and the check service answer."""
    began = time.perf_counter()
    with running_servers(course, jupyter=True):
        return time.perf_counter() - began


def plain_way(course: Course) -> float:
    """Seconds until both answer when they are started by hand, one after the other."""
    store = ["--backend-store-uri", sqlite_uri(course.database)]
    mlflow_port, jupyter_port = free_port(), free_port()
    began = time.perf_counter()
    started = []
    try:
        started.append(_run(course, "mlflow", "server", *store, "--port", str(mlflow_port)))
        _wait(mlflow_port, "/health")
        lab = ["--no-browser", "--allow-root", f"--ServerApp.port={jupyter_port}"]
        started.append(_run(course, "jupyterlab", *lab))
        _wait(jupyter_port, "/api")
        return time.perf_counter() - began
    finally:
        stop(identity(child.pid) for child in started)
        for child in started:
            child.wait()


def _run(course: Course, module: str, *arguments: str) -> subprocess.Popen[bytes]:
    return spawn(
        [sys.executable, "-m", module, *arguments],
        folder=course.state,
        environment=course_environment(course, sqlite_uri(course.database)),
        log=course.logs / f"plain-{module}.log",
    )


def _wait(port: int, path: str) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(HOST, port, timeout=2)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise TimeoutError(f"nothing answers on port {port}")


def main() -> None:
    """Print the median of each way and their ratio."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as room:
        course = Course(Path(room).resolve())
        template = template_database(course.state / "template")
        new_database(template, course.database, "mlflow-artifacts:")
        pairs = [(course_way(course), plain_way(course)) for _ in range(repeats)]
    ours, plain = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    for number, (one, other) in enumerate(pairs, 1):
        print(f"run {number}: start {one:5.1f} s   plain {other:5.1f} s")
    print(f"median: start {ours:5.1f} s   plain {plain:5.1f} s   ratio {plain / ours:.1f}")


if __name__ == "__main__":
    main()
