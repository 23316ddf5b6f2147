"""The code version of a run: commit, branch, and what was changed but not committed."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lifecycle.errors import LifecycleError


@dataclass(frozen=True, slots=True)
class CodeVersion:
    """The state of a Git repository.

    ``changed`` are tracked files that differ from the commit, ``untracked`` files Git was never
    told of; both are paths from ``root``. ``origin`` is where others clone it from, without
    passwords; empty where there is no remote.
    """

    root: Path
    commit: str
    branch: str
    origin: str
    changed: tuple[str, ...]
    untracked: tuple[str, ...]

    @property
    def dirty(self) -> bool:
        """Whether the commit alone does not say which code ran."""
        return bool(self.changed or self.untracked)


def code_version(folder: Path) -> CodeVersion:
    """The state of the repository that holds ``folder``.

    Raises:
        LifecycleError: there is no repository, or no commit in it.
    """
    try:
        root = Path(git(folder, "rev-parse", "--show-toplevel").strip())
        commit = git(root, "rev-parse", "--verify", "HEAD").strip()
    except subprocess.CalledProcessError as error:
        raise LifecycleError(
            f"The code in {folder} has no version.",
            why=(error.stderr or "").strip().splitlines()[-1],
            next_step="Begin with `git init`, `git add` and `git commit`.",
        ) from error
    changed, untracked = _status(root)
    return CodeVersion(root, commit, _branch(root), _origin(root), changed, untracked)


def write_uncommitted(root: Path, patch: Path) -> None:
    """Write what tracked files differ by from the commit, as a patch for ``git apply``."""
    # To a file, byte by byte: sources need not be UTF-8.
    git(root, "diff", "--binary", "--no-color", "--no-ext-diff", f"--output={patch}", "HEAD")


def git(folder: Path, *arguments: str) -> str:
    """Run Git in a folder and return what it printed.

    Raises:
        LifecycleError: Git is not installed.
        subprocess.CalledProcessError: Git says no; ``stderr`` holds why.
    """
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=folder,
            # Looking must not write: another command may hold the index.
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            capture_output=True,
            check=True,
            encoding="utf-8",
            errors="surrogateescape",
        ).stdout
    except FileNotFoundError as error:
        raise LifecycleError(
            f"Git cannot be run in {folder}.", why=str(error), next_step="Install Git."
        ) from error


def has_commit(folder: Path, commit: str) -> bool:
    """Whether the repository at ``folder`` holds a commit."""
    return _succeeds(folder, "cat-file", "-e", f"{commit}^{{commit}}")


def branches_with(folder: Path, commit: str) -> tuple[str, ...]:
    """Branches and tags, remote ones too, from which a commit can be reached."""
    listed = git(folder, "for-each-ref", "--contains", commit, "--format=%(refname:short)")
    return tuple(listed.split())


def file_at(folder: Path, commit: str, path: str) -> str | None:
    """What a file, named from the root of the repository, holds in a commit; None if absent."""
    try:
        return git(folder, "show", f"{commit}:{path}")
    except subprocess.CalledProcessError:
        return None


def _succeeds(folder: Path, *arguments: str) -> bool:
    try:
        git(folder, *arguments)
    except subprocess.CalledProcessError:
        return False
    return True


def _status(root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    listed = git(root, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
    entries = [(line[:2], line[3:]) for line in listed.split("\0") if line]
    untracked = tuple(path for kind, path in entries if kind == "??")
    return tuple(path for kind, path in entries if kind != "??"), untracked


def _branch(root: Path) -> str:
    name = git(root, "rev-parse", "--abbrev-ref", "HEAD").strip()
    return "" if name == "HEAD" else name


def _origin(root: Path) -> str:
    try:
        url = git(root, "remote", "get-url", "origin").strip()
    except subprocess.CalledProcessError:
        return ""
    return re.sub(r"(?<=://)[^/@]*@", "", url)
