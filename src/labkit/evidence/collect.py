"""Collects the evidence of one exercise from a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labkit.errors import CourseError
from labkit.evidence import files
from labkit.evidence.model import Evidence, Model, Run
from labkit.evidence.practice import read_practice
from labkit.evidence.reading import Reader, little_memory
from labkit.evidence.store import StoreRows, read_store, whole
from labkit.paths import Course

#: How the store writes ``mlflow.entities.LoggedModelStatus``.
MODEL_STATUS = {1: "PENDING", 2: "READY", 3: "UPLOAD_FAILED"}


def collect(workspace: Course, exercise: str) -> Evidence:
    """Read what work in a workspace left behind, as far as checks may look at it.

    Args:
        workspace: the course folder of a learner, or the workspace of a submission.
        exercise: the exercise whose declared answers to read.

    Returns:
        The evidence, without predictions.

    Raises:
        CourseError: the tracking store is missing or cannot be read.
    """
    # A link in place of the workspace itself must not be followed, those that lead to it may.
    workspace = Course(workspace.root.parent.resolve() / workspace.root.name)
    try:
        with little_memory():
            return _collect(workspace, exercise)
    except MemoryError as error:
        raise CourseError(
            "What the work left behind is too large to be looked at.",
            why="Reading it took more memory than any exercise needs.",
            next_step="Delete what is not needed, or begin with a fresh workspace.",
        ) from error


def _collect(workspace: Course, exercise: str) -> Evidence:
    reader = Reader(workspace.root)
    rows = read_store(workspace.database, reader)
    return Evidence(
        exercise=exercise,
        experiments=tuple(rows.experiments),
        runs=tuple(_run(row, rows, reader) for row in rows.runs),
        models=_models(rows, reader),
        versions=tuple(rows.versions),
        registered=tuple(rows.registered),
        declared=files.read_declared(workspace, exercise, reader),
        git=files.read_git(workspace.root),
        stray_stores=_stray_stores(workspace, reader),
        repositories=read_practice(workspace),
    )


def _run(row: Mapping[str, Any], rows: StoreRows, reader: Reader) -> Run:
    run_id = str(row["run_uuid"])
    folder = files.resolve_artifacts(str(row["artifact_uri"]), Course(reader.root))
    return Run(
        run_id=run_id,
        experiment=str(row["experiment"]),
        name=str(row["name"] or ""),
        status=str(row["status"]),
        start_time=whole(row["start_time"]),
        end_time=whole(row["end_time"]) or None,
        params=rows.params.get(run_id, {}),
        metrics=rows.metrics.get(run_id, {}),
        tags=rows.tags.get(run_id, {}),
        datasets=tuple(rows.datasets.get(run_id, ())),
        artifacts=files.list_artifacts(folder, reader),
    )


def _models(rows: StoreRows, reader: Reader) -> tuple[Model, ...]:
    """The logged models, newest first; when too much is to be read, the oldest say no more."""
    descriptions = files.Descriptions(reader)
    return tuple(_model(row, descriptions, reader.root) for row in rows.models)


def _model(row: Mapping[str, Any], descriptions: files.Descriptions, root: Path) -> Model:
    folder = files.resolve_artifacts(str(row["artifact_location"]), Course(root))
    mlmodel = descriptions.read(folder)
    flavors = mlmodel.get("flavors")
    return Model(
        model_id=str(row["model_id"]),
        name=str(row["name"] or ""),
        experiment=str(row["experiment"]),
        run_id=str(row["source_run_id"] or ""),
        status=MODEL_STATUS.get(row["status"], "UNKNOWN"),
        created=whole(row["creation_timestamp_ms"]),
        flavors=tuple(map(str, flavors)) if isinstance(flavors, dict) else (),
        signature=files.read_signature(mlmodel),
        input_example=isinstance(mlmodel.get("saved_input_example_info"), dict),
        path=folder.relative_to(root).as_posix() if folder else "",
    )


def _stray_stores(workspace: Course, reader: Reader) -> tuple[str, ...]:
    """Stores MLflow makes on its own where a notebook does not know the course's server."""
    places = (workspace.root, workspace.labs, workspace.notebooks)
    found = (place / "mlflow.db" for place in places)
    return tuple(path.relative_to(workspace.root).as_posix() for path in found if reader.has(path))
