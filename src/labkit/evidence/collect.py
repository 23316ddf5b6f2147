"""Collects the evidence of one exercise from a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.evidence import files
from labkit.evidence.model import Evidence, Model, Run
from labkit.evidence.store import StoreRows, read_store
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
    rows = read_store(workspace.database)
    return Evidence(
        exercise=exercise,
        experiments=tuple(rows.experiments),
        runs=tuple(_run(row, rows, workspace) for row in rows.runs),
        models=tuple(_model(row, rows, workspace) for row in rows.models),
        versions=tuple(rows.versions),
        declared=files.read_declared(workspace, exercise),
        git=files.read_git(workspace.root),
        stray_stores=_stray_stores(workspace),
    )


def _run(row: Mapping[str, Any], rows: StoreRows, workspace: Course) -> Run:
    run_id = str(row["run_uuid"])
    folder = files.resolve_artifacts(str(row["artifact_uri"]), workspace)
    return Run(
        run_id=run_id,
        experiment=str(row["experiment"]),
        name=str(row["name"] or ""),
        status=str(row["status"]),
        start_time=int(row["start_time"] or 0),
        end_time=int(row["end_time"]) if row["end_time"] else None,
        params=rows.params.get(run_id, {}),
        metrics=rows.metrics.get(run_id, {}),
        tags=rows.tags.get(run_id, {}),
        datasets=tuple(rows.datasets.get(run_id, ())),
        artifacts=files.list_artifacts(folder),
    )


def _model(row: Mapping[str, Any], rows: StoreRows, workspace: Course) -> Model:
    model_id = str(row["model_id"])
    folder = files.resolve_artifacts(str(row["artifact_location"]), workspace)
    mlmodel = files.read_mlmodel(folder)
    flavors = mlmodel.get("flavors")
    return Model(
        model_id=model_id,
        name=str(row["name"] or ""),
        experiment=str(row["experiment"]),
        run_id=str(row["source_run_id"] or ""),
        status=MODEL_STATUS.get(row["status"], "UNKNOWN"),
        created=int(row["creation_timestamp_ms"] or 0),
        flavors=tuple(map(str, flavors)) if isinstance(flavors, dict) else (),
        signature=files.read_signature(mlmodel),
        input_example=bool(mlmodel.get("saved_input_example_info")),
        path=folder.relative_to(workspace.root.resolve()).as_posix() if folder else "",
    )


def _stray_stores(workspace: Course) -> tuple[str, ...]:
    """Stores MLflow makes on its own where a notebook does not know the course's server."""
    places = (workspace.root, workspace.labs, workspace.notebooks)
    found = (place / "mlflow.db" for place in places)
    return tuple(path.relative_to(workspace.root).as_posix() for path in found if path.is_file())
