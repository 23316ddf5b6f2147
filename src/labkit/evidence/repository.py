"""The shape of evidence on a repository in which somebody practised: Git's view, and DVC's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Tracking:
    """What DVC is told in one state of a repository.

    ``pointers`` maps the path of each tracked file to the md5 that its ``.dvc`` file names;
    ``remotes`` the name of each remote to its address, as written; ``default_remote`` is the name
    of the one that push and pull use, or empty.
    """

    pointers: Mapping[str, str] = field(default_factory=dict)
    remotes: Mapping[str, str] = field(default_factory=dict)
    default_remote: str = ""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: its first line, its parents, the paths of its files, and what DVC is told."""

    id: str
    message: str
    parents: tuple[str, ...]
    files: tuple[str, ...]
    tracking: Tracking


@dataclass(frozen=True, slots=True)
class Store:
    """A folder in which DVC keeps objects by md5: a cache, or a remote.

    ``folder`` is relative to the workspace, or empty where it lies outside; it need not exist. An
    object is ``intact`` if its bytes have the md5 it is kept under, else ``damaged``.
    """

    folder: str = ""
    intact: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repository:
    """A Git repository below ``practice/``. Paths in it are relative to it.

    ``branch`` is empty where HEAD names a commit itself. ``commits`` are those that HEAD leads to,
    newest first; ``tags`` maps names to ids of commits. ``staged`` are the paths that the next
    commit would change. ``files`` maps what lies in the working tree to its md5, of the folder
    ``.dvc`` its settings only. ``tracking`` and ``cache`` are what DVC would use now; ``stores``
    maps the name of each remote to what it holds. ``origin`` is the folder it was cloned from,
    relative to the workspace, or empty.
    """

    path: str
    branch: str = ""
    head: str = ""
    commits: tuple[Commit, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    staged: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    tracking: Tracking = field(default_factory=Tracking)
    cache: Store = field(default_factory=Store)
    stores: Mapping[str, Store] = field(default_factory=dict)
    origin: str = ""

    @property
    def newest(self) -> Commit | None:
        """The commit HEAD names; None before the first."""
        return self.commits[0] if self.commits else None

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Repository:
        """The repository that ``dataclasses.asdict`` wrote.

        Raises:
            KeyError, TypeError: ``kept`` is something else.
        """
        made = {
            **kept,
            "commits": tuple(_commit(one) for one in kept["commits"]),
            "staged": tuple(kept["staged"]),
            "tracking": Tracking(**kept["tracking"]),
            "cache": _store(kept["cache"]),
            "stores": {name: _store(one) for name, one in kept["stores"].items()},
        }
        return cls(**made)


def _commit(kept: Mapping[str, Any]) -> Commit:
    made = {
        **kept,
        "parents": tuple(kept["parents"]),
        "files": tuple(kept["files"]),
        "tracking": Tracking(**kept["tracking"]),
    }
    return Commit(**made)


def _store(kept: Mapping[str, Any]) -> Store:
    return Store(kept["folder"], tuple(kept["intact"]), tuple(kept["damaged"]))
