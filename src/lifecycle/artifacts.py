"""Reads artifacts of a run that may not be there."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import mlflow.artifacts
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from lifecycle.registry import is_missing


def artifact_text(run_id: str, path: str) -> str | None:
    """A text artifact of a run; None if it has none of that name."""
    with tempfile.TemporaryDirectory() as room:
        found = downloaded(run_id, path, room)
        return None if found is None else found.read_text(encoding="utf-8", errors="replace")


def artifact_digest(run_id: str, path: str) -> str:
    """The SHA-256 of an artifact of a run, in hexadecimal; empty if there is none."""
    with tempfile.TemporaryDirectory() as room:
        found = downloaded(run_id, path, room)
        return "" if found is None else sha256(found)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def downloaded(run_id: str, path: str, room: str) -> Path | None:
    """Download an artifact of a run into the folder ``room``; None if there is none."""
    try:
        # From the place itself: by the run's id, MLflow looks through its models each time, too.
        place = MlflowClient().get_run(run_id).info.artifact_uri
        folder, _, file = path.rpartition("/")
        found = mlflow.artifacts.list_artifacts(artifact_uri=f"{place}/{folder}".rstrip("/"))
        if file not in {one.path.rpartition("/")[2] for one in found}:
            return None
        address = f"{place}/{path}"
        return Path(mlflow.artifacts.download_artifacts(artifact_uri=address, dst_path=room))
    except MlflowException as error:
        if is_missing(error):
            return None
        raise
