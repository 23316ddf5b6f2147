"""Reads artifacts of a run that may not be there."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

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
    client = MlflowClient()
    try:
        there = {one.path for one in client.list_artifacts(run_id, path.rpartition("/")[0])}
        return Path(client.download_artifacts(run_id, path, room)) if path in there else None
    except MlflowException as error:
        if is_missing(error):
            return None
        raise
