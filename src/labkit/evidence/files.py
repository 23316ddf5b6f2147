"""Reads the files a student's work left: model descriptions, declared answers, Git history."""

from __future__ import annotations

import itertools
import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse
from urllib.request import url2pathname

import yaml
from dulwich.repo import Repo

from labkit.evidence.model import Git, Signature
from labkit.evidence.reading import Reader
from labkit.paths import Course

#: A declared answer is a few kB; what is larger is not read, nor what is nested deeper.
MOST_BYTES, MOST_DEPTH = 1_000_000, 20
#: Bytes of one MLmodel file, and of all together; MLflow writes one or two thousand.
MOST_DESCRIPTION, MOST_DESCRIPTIONS = 150_000, 500_000
#: Other loaders build what a file asks for: numbers of any length, merges that grow without end.
_YAML = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
#: Bytes of one file of a repository, and the seconds that reading its history may take.
MOST_PACK, GIT_SECONDS = 1 << 30, 5.0
MOST_COMMITS = 200
MOST_ARTIFACTS = 200
#: Larger whole numbers are read as text: they cannot be compared with a measured number.
LARGEST_WHOLE = 2**63


def resolve_artifacts(uri: str, workspace: Course) -> Path | None:
    """The folder an artifact address names, if it lies in the workspace.

    Args:
        uri: as the store holds it: ``mlflow-artifacts:/0/...``, ``file:///...`` or a path.
        workspace: whose artifacts may be read; its root has no link in it.

    Returns:
        The real path; None for an address outside the workspace or of another kind.
    """
    try:
        real = _path_of(uri, workspace)
        real = real.resolve() if real else None
    except (ValueError, OSError, RuntimeError):  # no address, no path, or links in a circle
        return None
    return real if real and real.is_relative_to(workspace.root) else None


def _path_of(uri: str, workspace: Course) -> Path | None:
    parts = urlparse(uri)
    if parts.scheme == "mlflow-artifacts":
        return workspace.artifacts / unquote(parts.path).lstrip("/")
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    # No scheme, or the drive letter of a Windows path.
    return Path(uri) if len(parts.scheme) <= 1 else None


class Descriptions:
    """Reads the MLmodel files of logged models, up to a limit for all of them.

    Args:
        reader: reads files of the workspace they lie in.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._left = MOST_DESCRIPTIONS

    def read(self, folder: Path | None) -> Mapping[str, Any]:
        """What the file in a model's folder says, all values as text.

        Returns:
            Empty where it is missing, not readable, or beyond the limit.
        """
        most = min(MOST_DESCRIPTION, self._left)
        data = self._reader.read(folder / "MLmodel", most) if folder else None
        if data is None:
            return {}
        self._left -= len(data)
        return parse_yaml(data.decode(errors="replace"))


def parse_yaml(text: str) -> Mapping[str, Any]:
    """What a file in YAML says, all values as text; empty where it is not to be read."""
    depth = 0
    try:
        for event in yaml.parse(text, _YAML):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MOST_DEPTH:  # the loader in C ends the process on deep nesting
                return {}
        content = yaml.load(text, _YAML)  # noqa: S506 - it makes texts, lists and dicts only
    except yaml.YAMLError:
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
    except (ValueError, RecursionError):
        return []
    if not isinstance(columns, list):
        return []
    return [
        (readable(str(column.get("name", position))), readable(str(column.get("type", ""))))
        for position, column in enumerate(columns)
        if isinstance(column, dict)
    ]


def list_artifacts(folder: Path | None, reader: Reader) -> tuple[str, ...]:
    """The files of a run's artifact folder, relative to it, up to a limit."""
    if folder is None:
        return ()
    found = itertools.islice(reader.files(folder), MOST_ARTIFACTS)
    return tuple(sorted(readable(file.relative_to(folder).as_posix()) for file in found))


def read_declared(workspace: Course, exercise: str, reader: Reader) -> Mapping[str, Any]:
    """The values declared for an exercise; empty where none were, or not as a JSON object.

    NaN and infinities are no JSON values: they are read as the text they are written as, so
    that no comparison of numbers can take them for a result.
    """
    data = reader.read(workspace.declared / f"{exercise}.json", MOST_BYTES)
    try:
        values = json.loads(data.decode(errors="replace"), parse_constant=str) if data else {}
        return _plain(values, MOST_DEPTH) if isinstance(values, dict) else {}
    except (ValueError, RecursionError):
        return {}


def _plain(value: Any, depth: int) -> Any:
    """A JSON value that every reader of JSON, and every check, can do with."""
    if not depth:
        raise ValueError("no declared answer is nested so deeply")
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, list):
        return [_plain(one, depth - 1) for one in value]
    if isinstance(value, dict):
        return {readable(name): _plain(one, depth - 1) for name, one in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return str(value) if isinstance(value, int) and abs(value) > LARGEST_WHOLE else value


def readable(text: str) -> str:
    """Text that can be written as UTF-8: names of files and JSON may hold what cannot."""
    return text.encode(errors="replace").decode()


def read_git(root: Path) -> Git:
    """HEAD and the newest commits of a repository, read without running Git or its hooks.

    A repository with anything in it that leads elsewhere (links, alternates, included
    settings), or with what is no plain file, is not read.
    """
    try:
        if not leads_nowhere(root / ".git"):
            return Git()
        deadline = time.monotonic() + GIT_SECONDS
        commits = []
        with Repo(str(root)) as repository:
            for entry in repository.get_walker(max_entries=MOST_COMMITS):
                commits.append(entry.commit.id.decode())
                if time.monotonic() > deadline:
                    break
    except Exception:  # a forged repository can break its reader in any way
        return Git()  # none, no commit yet, or a damaged one: no commit can be named
    return Git(head=commits[0] if commits else "", commits=tuple(commits))


def leads_nowhere(folder: Path) -> bool:
    """Whether a ``.git`` folder is all there is of its repository, and made of plain files."""
    reader = Reader(folder.parent)
    names = ("commondir", "config.worktree", "objects/info/alternates")
    settings = reader.read(folder / "config", MOST_BYTES)
    return (
        settings is not None
        and b"include" not in settings.lower()
        and not any(reader.has(folder / name) for name in names)
        and reader.is_plain(folder, MOST_PACK)
    )
