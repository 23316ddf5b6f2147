"""Where work is recorded: the tracking store, and settings that would send work elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from labkit.doctor.finding import Finding
from labkit.paths import Course
from labkit.servers.environment import sqlite_uri, tool
from labkit.servers.template import require_schema, template_database


def schema(course: Course) -> Finding:
    """Whether the tracking store fits the installed MLflow.

    Raises:
        CourseError: it does not.
    """
    if not course.database.exists():
        return Finding("store", "none yet; the first start makes it")
    require_schema(course, template_database(course.state / "template"))
    return Finding("store", "fits the installed MLflow")


def tracking_uri(environment: Mapping[str, str]) -> Finding:
    """Whether MLFLOW_TRACKING_URI names a folder, which MLflow refuses since 3.13."""
    uri = environment.get("MLFLOW_TRACKING_URI", "")
    scheme = urlsplit(uri).scheme
    folder = uri and (scheme in {"", "file"} or len(scheme) == 1)  # C: is a drive, no scheme
    if not folder or uri in {"databricks", "uc"}:
        return Finding("tracking URI", uri or "not set; notebooks find the server by themselves")
    return Finding(
        "tracking URI",
        f"MLFLOW_TRACKING_URI is {uri}, a folder.",
        "MLflow 3.13 and later refuse to keep runs in a folder of files.",
        "remove it from your environment: "
        + ("set MLFLOW_TRACKING_URI=" if os.name == "nt" else "unset MLFLOW_TRACKING_URI"),
    )


def old_runs(course: Course) -> Finding:
    """Whether a folder in which work is done holds an old file store, which stops MLflow there."""
    places = (course.root, course.notebooks, course.labs, course.solutions)
    for store in (place / "mlruns" for place in places):
        if any(store.glob("*/meta.yaml")):
            return _old_store(course, store)
    return Finding("old runs", "none in the way")


def _old_store(course: Course, store: Path) -> Finding:
    rescued = sqlite_uri(store.parent / "rescued.db")
    return Finding(
        "old runs",
        f"{store} is a file store of an older MLflow.",
        "MLflow 3.13 and later refuse to work in a folder that holds one.",
        f"to keep its runs, copy them to a database: {tool(course, 'mlflow')} "
        f'migrate-filestore --source "{store.parent}" --target "{rescued}"; then delete it.',
    )
