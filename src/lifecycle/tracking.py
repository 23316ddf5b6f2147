"""One context manager over ``mlflow.start_run`` that records where a run came from."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
from mlflow.utils.mlflow_tags import MLFLOW_GIT_BRANCH, MLFLOW_GIT_COMMIT, MLFLOW_GIT_REPO_URL

from lifecycle.code import CodeVersion, code_version, write_uncommitted
from lifecycle.data import DataVersion, data_versions
from lifecycle.environment import environment
from lifecycle.errors import LifecycleError

#: The folder among a run's artifacts that this package writes.
FOLDER = "lifecycle"
PROVENANCE = f"{FOLDER}/provenance.json"
ENVIRONMENT = f"{FOLDER}/environment.txt"
PATCH = f"{FOLDER}/uncommitted.patch"
#: Tags of a run, to search by.
DIRTY, DATA = "lifecycle.git.dirty", "lifecycle.data"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a run came from.

    ``command`` is what a shell would be given in ``folder`` (from the root of the repository),
    empty where it is not known. ``changed`` and ``untracked`` are files that were not as
    committed; what was changed is in the artifact ``lifecycle/uncommitted.patch``.
    """

    commit: str
    branch: str
    origin: str
    changed: tuple[str, ...]
    untracked: tuple[str, ...]
    data: tuple[DataVersion, ...]
    command: tuple[str, ...]
    folder: str

    @property
    def dirty(self) -> bool:
        """Whether the commit alone does not say which code ran."""
        return bool(self.changed or self.untracked)

    def as_text(self) -> str:
        """The provenance as JSON, the same text for the same provenance."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        found["data"] = [one.as_dict() for one in self.data]
        return json.dumps(found, indent=1, sort_keys=True)


def provenance_in(text: str) -> Provenance:
    """Read what ``Provenance.as_text`` wrote.

    Raises:
        LifecycleError: it is something else.
    """
    try:
        found = json.loads(text)
        lists = {name: tuple(found[name]) for name in ("changed", "untracked", "command")}
        data = tuple(DataVersion(**one) for one in found["data"])
        return Provenance(**{**found, **lists, "data": data})
    except (ValueError, TypeError, KeyError) as error:
        raise LifecycleError(
            f"The artifact {PROVENANCE} of the run cannot be read.",
            why=f"{type(error).__name__}: {error}. It was replaced, or a newer version wrote it.",
            next_step="Train again, or restore the artifact from a backup.",
        ) from error


@contextmanager
def run(
    *,
    data: str | Path | Iterable[str | Path] = (),
    repository: str | Path | None = None,
    command: Sequence[str] | None = None,
    **start_run: Any,
) -> Iterator[mlflow.ActiveRun]:
    """Start an MLflow run that knows its commit, its data version and its environment.

    It works the same in a script and in a notebook. Changes that are not committed are kept as a
    patch; files Git does not track are kept by name only, as they may hold secrets. The command
    line is recorded as it is: secrets belong into the environment.

    Args:
        data: what the run reads and DVC tracks: files, folders, or their ``.dvc`` files.
        repository: a folder in the Git repository; the current folder unless given.
        command: what repeats this run, as a list; how this process was started unless given.
            In a notebook give one, for example
            ``["jupyter", "nbconvert", "--execute", "train.ipynb"]``.
        **start_run: passed on to ``mlflow.start_run``.

    Yields:
        MLflow's run.

    Raises:
        LifecycleError: there is no commit, or DVC does not track the data.
    """
    code = code_version(Path(repository or Path.cwd()).absolute())
    found = _provenance(code, data, command)
    tags = {
        MLFLOW_GIT_COMMIT: code.commit,
        MLFLOW_GIT_BRANCH: code.branch,
        MLFLOW_GIT_REPO_URL: code.origin,
        DIRTY: str(code.dirty).lower(),
        DATA: " ".join(f"{one.path}@{one.md5}" for one in found.data),
    }
    known = {name: value for name, value in tags.items() if value}
    with mlflow.start_run(
        **{**start_run, "tags": {**known, **start_run.get("tags", {})}}
    ) as active:
        mlflow.log_text(found.as_text(), PROVENANCE)
        mlflow.log_text(environment(), ENVIRONMENT)
        if code.changed:
            _log_patch(code.root)
        yield active


def _log_patch(root: Path) -> None:
    with tempfile.TemporaryDirectory() as room:
        patch = Path(room) / Path(PATCH).name
        write_uncommitted(root, patch)
        mlflow.log_artifact(str(patch), FOLDER)


def _provenance(
    code: CodeVersion, data: str | Path | Iterable[str | Path], command: Sequence[str] | None
) -> Provenance:
    paths = [data] if isinstance(data, str | Path) else list(data)
    here = Path.cwd().resolve()
    root = code.root.resolve()
    return Provenance(
        commit=code.commit,
        branch=code.branch,
        origin=code.origin,
        changed=code.changed,
        untracked=code.untracked,
        data=data_versions(paths, code.root),
        command=tuple(_own_command(here, root) if command is None else command),
        folder=here.relative_to(root).as_posix() if here.is_relative_to(root) else ".",
    )


def _own_command(here: Path, root: Path) -> list[str]:
    started = sys.orig_argv[1:]
    if not started or "ipykernel" in " ".join(started[:2]):
        return []
    # A path into this working copy must lead into a clone when the command is repeated.
    base = here if here.is_relative_to(root) else root
    return ["python", *(_portable(word, here, root, base) for word in started)]


def _portable(word: str, here: Path, root: Path, base: Path) -> str:
    path = (here / word).resolve()
    moves = Path(word).is_absolute() or base != here
    if moves and path.is_relative_to(root) and path.exists():
        return Path(os.path.relpath(path, base)).as_posix()
    return word
