"""A migrated, empty tracking store, made once and copied ever after.

Migrating a fresh store takes seconds, and several processes that open a fresh SQLite file at
once ruin it for good; a copy of a finished one is instant and safe.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

from labkit.errors import CourseError
from labkit.paths import Course
from labkit.servers.environment import course_environment, sqlite_uri, tool

_MIGRATE = """
import sys
from mlflow import MlflowClient
MlflowClient(tracking_uri=sys.argv[1]).search_experiments()
"""


def template_database(cache_dir: Path) -> Path:
    """The template for the installed MLflow, made now unless it is there.

    Args:
        cache_dir: folder that keeps templates, one per MLflow version; made if missing. Any
            number of processes may ask for the same one at once.

    Returns:
        Path of an SQLite file to copy from (see ``new_database``), not to open with MLflow.

    Raises:
        CourseError: MLflow could not make it.
    """
    cache_dir.mkdir(parents=True, exist_ok=True)
    target = cache_dir / f"mlflow-{importlib.metadata.version('mlflow')}.db"
    if not target.exists():
        with FileLock(cache_dir / "template.lock"):
            if not target.exists():
                _migrate(target)
    return target


def new_database(template: Path, target: Path, artifact_root: str) -> None:
    """Make a store from a template.

    Args:
        template: what ``template_database`` returned.
        target: the SQLite file to make; its folder is made if missing. A file that is there is
            replaced.
        artifact_root: where experiments keep artifacts, without a slash at the end;
            ``mlflow-artifacts:`` for a store behind a server.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    half_made = target.with_suffix(".new")
    shutil.copyfile(template, half_made)
    with contextlib.closing(sqlite3.connect(half_made)) as store, store:
        store.execute(
            "UPDATE experiments SET artifact_location = ? WHERE experiment_id = 0",
            (f"{artifact_root}/0",),
        )
    half_made.replace(target)


def schema_of(database: Path) -> str:
    """The schema revision an SQLite store is at; empty if it is no MLflow store."""
    address = f"{database.absolute().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True)) as store:
        try:
            row = store.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.DatabaseError:
            return ""
    return str(row[0]) if row else ""


def require_schema(course: Course, template: Path) -> None:
    """Refuse a store that another MLflow made.

    Raises:
        CourseError: the course's store has another schema than the template.
    """
    found, wanted = schema_of(course.database), schema_of(template)
    if found != wanted:
        raise CourseError(
            f"The tracking store {course.database} does not fit this MLflow.",
            why=f"Its schema is at {found or 'no revision'}, MLflow needs {wanted}: "
            "another version of MLflow made it.",
            next_step="Keep a copy of the file, then run: "
            f'{tool(course, "mlflow")} db upgrade "{sqlite_uri(course.database)}"',
        )


def _migrate(target: Path) -> None:
    # Its own process: importing MLflow here would cost every command that only copies.
    with tempfile.TemporaryDirectory(dir=target.parent, ignore_cleanup_errors=True) as room:
        half_made = Path(room) / "template.db"
        made = subprocess.run(
            [sys.executable, "-P", "-c", _MIGRATE, sqlite_uri(half_made)],
            cwd=room,
            env=course_environment(Course(Path(room)), sqlite_uri(half_made)),
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise CourseError(
                "MLflow could not make an empty tracking store.",
                why=(made.stderr.strip().splitlines() or ["it gave no reason"])[-1],
                next_step="Run `python course.py doctor`.",
            )
        half_made.replace(target)
