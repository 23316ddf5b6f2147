"""Digests of a model's files: taken when it is registered, compared before it is used.

A plain MLflow server lets anybody who reaches it replace the files of a registered version, and
shows no sign of it. The digests are kept in the ledger, where they are written once. That finds
accidents and careless overwriting. Who may write everything on a server can also make another
ledger and point to it: against an intruder, give the server authentication.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import mlflow

from lifecycle.artifacts import sha256
from lifecycle.code import code_version
from lifecycle.data import DataVersion, state_of
from lifecycle.errors import LifecycleError, TamperedError
from lifecycle.ledger import Record
from lifecycle.registry import Version, get_version, model_files
from lifecycle.settle import View, look
from lifecycle.tracking import Provenance, provenance_in


@dataclass(frozen=True, slots=True)
class Registration:
    """What was kept in the ledger when a version was registered.

    ``files`` maps each file of the model to its SHA-256; ``provenance`` is None for a run made
    without ``lifecycle.run``.
    """

    record: Record
    files: Mapping[str, str]
    provenance: Provenance | None

    @property
    def artifacts(self) -> Mapping[str, str]:
        """Artifacts of the run that matter later, and the SHA-256 of each."""
        return self.record.kept


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a version is what was registered.

    ``problems`` are sentences about the model's files; ``data`` says for each data set of the
    run whether the workspace still holds it: ``unchanged``, or another word and why.
    """

    version: int
    files: int
    problems: tuple[str, ...]
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing was found to differ."""
        return not self.problems and not any(
            one.startswith("changed") for one in self.data.values()
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "problems": list(self.problems), "ok": self.ok}


def verify(
    name: str, version: int | str = "champion", *, repository: str | Path | None = None
) -> Verification:
    """Compare the files of a version with the digests taken when it was registered.

    Args:
        name: of the registered model.
        version: its number or an alias.
        repository: a folder in the Git and DVC repository whose data are to be compared, too,
            row by row to the last, with those of the run; no data are looked at without it.

    Raises:
        LifecycleError: there is no such version, its files cannot be read, or no digests were
            taken.
    """
    found = get_version(name, version)
    kept = registered(look(name), found)
    with model_files(found.source) as folder:
        problems = file_problems(kept.files, digests_of(folder))
    data = _data(kept, Path(repository)) if repository is not None else {}
    return Verification(found.number, len(kept.files), problems, data)


def load(
    name: str,
    version: int | str = "champion",
    *,
    loader: Callable[[str], Any] | None = None,
) -> Any:
    """Load a version, if its files are those that were registered.

    Args:
        name: of the registered model.
        version: its number or an alias.
        loader: makes a model of the path of a folder, for example
            ``mlflow.sklearn.load_model``; ``mlflow.pyfunc.load_model`` unless given.

    Returns:
        What ``loader`` returns. It reads the very files that were verified.

    Raises:
        TamperedError: a file was replaced, added or taken away.
        LifecycleError: as ``verify``.
    """
    found = get_version(name, version)
    kept = registered(look(name), found)
    with model_files(found.source) as folder:
        require_unchanged(found, file_problems(kept.files, digests_of(folder)))
        return (loader or mlflow.pyfunc.load_model)(str(folder))


def require_unchanged(version: Version, problems: tuple[str, ...]) -> None:
    """Refuse a version whose files differ.

    Raises:
        TamperedError: ``problems`` is not empty.
    """
    if problems:
        raise TamperedError(
            f"{version.title} is not what was registered.",
            why="; ".join(problems) + ".",
            next_step="Do not use it. Restore its files from a backup, or register the model "
            "anew from its run and roll back meanwhile: python -m lifecycle rollback "
            f"{version.name}",
        )


def registration_of(view: View, number: int) -> Registration | None:
    """What was kept when a version was registered; None if that was done by other means."""
    found = [one for one in view.records if (one.action, one.version) == ("registered", number)]
    if view.ledger is None or not found:
        return None
    provenance = view.ledger.kept(provenance_key(number))
    return Registration(
        found[0],
        json.loads(view.ledger.kept(files_key(number))),
        provenance_in(provenance) if provenance else None,
    )


def registered(view: View, version: Version) -> Registration:
    """What was kept when a version was registered.

    Raises:
        LifecycleError: it was registered by other means.
    """
    found = registration_of(view, version.number)
    if found is None:
        raise LifecycleError(
            f"Nobody knows whether {version.title} is what was registered.",
            why="It was registered by other means, and no digest of its files was taken.",
            next_step=f"Take them now: python -m lifecycle register {version.source} "
            f"{version.name}",
        )
    return found


def digests_of(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file in a folder, by its path from there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def file_problems(registered: Mapping[str, str], found: Mapping[str, str]) -> tuple[str, ...]:
    """How files differ from those registered, a sentence each."""
    replaced = [
        path for path in registered if found.get(path, registered[path]) != registered[path]
    ]
    words = (
        ("was replaced", replaced),
        ("is missing", sorted(registered.keys() - found.keys())),
        ("was added", sorted(found.keys() - registered.keys())),
    )
    return tuple(f"{path} {word}" for word, paths in words for path in paths)


def files_key(number: int) -> str:
    """Where the ledger keeps the digests of a version's files."""
    return f"version {number} files"


def provenance_key(number: int) -> str:
    """Where the ledger keeps the provenance of a version."""
    return f"version {number} provenance"


def _data(kept: Registration, repository: Path) -> dict[str, str]:
    recorded: tuple[DataVersion, ...] = kept.provenance.data if kept.provenance else ()
    root = code_version(repository).root
    return {one.path: state_of(one, root) for one in recorded}
