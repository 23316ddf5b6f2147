"""Executes a notebook as a reader's would run: a fresh workspace, real servers, a real kernel."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from labkit.errors import CourseError
from labkit.paths import Course
from labkit.servers.environment import course_environment
from labkit.servers.run import running_servers
from labkit.servers.template import template_database
from labkit.workspace import make_workspace

#: Seconds one cell of a chapter may take.
CELL_SECONDS = 300
#: The same numbers and texts on every machine: threads, locale, time zone, hash order, no links
#: to a server that is gone.
FIXED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
#: What must not be in a committed output: it would differ in the next build.
VARYING = {
    "an id": re.compile(r"\b(m-)?[0-9a-f]{32}\b|\b[0-9a-f]{40}\b"),
    "a time of day": re.compile(r"\b\d{2}:\d{2}:\d{2}\b"),
    "an address": re.compile(r"(127\.0\.0\.1|localhost):\d+"),
    "a path of this machine": re.compile(r"(/tmp/|/home/|/root/|/Users/|[A-Z]:\\\\)\S+"),
    "a warning with its place": re.compile(r"site-packages|\.py:\d+: "),
}


def executed(course: Course, notebook: NotebookNode, folder: str) -> NotebookNode:
    """A copy of a notebook with its outputs.

    Args:
        course: where data, sources and the template database come from.
        notebook: what to execute.
        folder: the folder of the workspace it runs in: ``notebooks`` or ``solutions``.

    Raises:
        CourseError: a cell failed, or an output holds something that varies.
    """
    template = template_database(course.state / "template")
    with tempfile.TemporaryDirectory(prefix="labkit-build-") as room:
        workspace = make_workspace(
            Path(room) / "course",
            course=course,
            template=template,
            artifact_root="mlflow-artifacts:",
            content=True,
        )
        with running_servers(workspace, jupyter=False) as servers:
            environment = {**course_environment(workspace, servers.tracking_uri), **FIXED}
            return run_notebook(notebook, workspace.root / folder, environment)


def run_notebook(notebook: NotebookNode, folder: Path, environment: dict[str, str]) -> NotebookNode:
    """A copy of a notebook with its outputs, run in a folder with an environment.

    Raises:
        CourseError: a cell failed, or an output holds something that varies.
    """
    client = NotebookClient(
        notebook.copy(),
        timeout=CELL_SECONDS,
        kernel_name="python3",
        record_timing=False,
        # Where a stream's pieces end would differ from build to build.
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        done = client.execute(env=environment)
    except CellExecutionError as error:
        raise CourseError(
            "A cell failed while the notebook was executed.",
            why=str(error),
            next_step="Mend the cell in content/ and run labkit build again.",
        ) from error
    done.metadata.pop("language_info", None)  # holds the version of this machine's Python
    _require_stable(done)
    return done


def _require_stable(notebook: NotebookNode) -> None:
    for number, cell in enumerate(notebook.cells, start=1):
        text = "\n".join(_words(output) for output in cell.get("outputs", ()))
        for what, pattern in VARYING.items():
            if found := pattern.search(text):
                raise CourseError(
                    f"The output of cell {number} holds {what}: {found[0]}",
                    why="It would be another in the next build, and says nothing to a reader.",
                    next_step="Do not print it in content/, then run labkit build again.",
                )


def _words(output: Any) -> str:
    data = output.get("data", {})
    kept = [output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")]
    return "\n".join([*kept, *output.get("traceback", ())])
