"""Reads the files a student's work left: model descriptions, declared answers, Git history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse
from urllib.request import url2pathname

import yaml
from dulwich.errors import NotGitRepository
from dulwich.repo import Repo

from labkit.evidence.model import Git, Signature
from labkit.paths import Course

#: An MLmodel file or a declared answer is a few kB; what is larger is not read.
MOST_BYTES = 1_000_000
MOST_COMMITS = 200
MOST_ARTIFACTS = 200


def resolve_artifacts(uri: str, workspace: Course) -> Path | None:
    """The folder an artifact address names, if it lies in the workspace.

    Args:
        uri: as the store holds it: ``mlflow-artifacts:/0/...``, ``file:///...`` or a path.
        workspace: whose artifacts may be read.

    Returns:
        The real path; None for an address outside the workspace or of another kind.
    """
    parts = urlparse(uri)
    if parts.scheme == "mlflow-artifacts":
        path = workspace.artifacts / unquote(parts.path).lstrip("/")
    elif parts.scheme == "file":
        path = Path(url2pathname(parts.path))
    elif len(parts.scheme) <= 1:  # no scheme, or the drive letter of a Windows path
        path = Path(uri)
    else:
        return None
    real = path.resolve()
    return real if real.is_relative_to(workspace.root.resolve()) else None


def read_mlmodel(folder: Path | None) -> Mapping[str, Any]:
    """The MLmodel file of a logged model; empty where it is missing or not readable."""
    text = _read_small(folder / "MLmodel") if folder else None
    if text is None:
        return {}
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def read_signature(mlmodel: Mapping[str, Any]) -> Signature | None:
    """The signature in an MLmodel file; unnamed columns and tensors are named by position."""
    kept = mlmodel.get("signature")
    if not isinstance(kept, dict):
        return None
    inputs, outputs = _columns(kept.get("inputs")), _columns(kept.get("outputs"))
    return Signature(
        inputs=tuple(name for name, _ in inputs),
        outputs=tuple(name for name, _ in outputs),
        input_types=tuple(kind for _, kind in inputs),
    )


def _columns(text: object) -> list[tuple[str, str]]:
    try:
        columns = json.loads(text) if isinstance(text, str) else []
    except ValueError:
        return []
    if not isinstance(columns, list):
        return []
    return [
        (str(column.get("name", position)), str(column.get("type", "")))
        for position, column in enumerate(columns)
        if isinstance(column, dict)
    ]


def list_artifacts(folder: Path | None) -> tuple[str, ...]:
    """The files of a run's artifact folder, relative to it, up to a limit."""
    if folder is None or not folder.is_dir():
        return ()
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    names = [
        file.relative_to(folder).as_posix()
        for file, _ in zip(files, range(MOST_ARTIFACTS), strict=False)
    ]
    return tuple(sorted(names))


def read_declared(workspace: Course, exercise: str) -> Mapping[str, Any]:
    """The values declared for an exercise; empty where none were, or not as a JSON object."""
    text = _read_small(workspace.declared / f"{exercise}.json")
    try:
        values = json.loads(text) if text is not None else {}
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def read_git(root: Path) -> Git:
    """HEAD and the newest commits of a repository, read without running Git or its hooks."""
    try:
        with Repo(str(root)) as repository:
            commits = tuple(
                entry.commit.id.decode()
                for entry in repository.get_walker(max_entries=MOST_COMMITS)
            )
    except (NotGitRepository, KeyError, OSError, ValueError, AssertionError):
        return Git()  # no repository, no commit yet, or one that is damaged: no commit can be named
    return Git(head=commits[0] if commits else "", commits=commits)


def _read_small(path: Path) -> str | None:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
            return None
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
