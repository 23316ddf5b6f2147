"""Makes a workspace: a folder laid out like a course, in which one person's work runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from dulwich import porcelain

from labkit.paths import Course
from labkit.servers.template import new_database

#: Who made the first commit of a workspace, and when: fixed, so that it is the same every time.
COMMITTER = b"Model Registry Lab <course@example.org>"
COMMITTED_AT = 1_767_225_600  # 2026-01-01 00:00 UTC, in seconds since 1970
IGNORED = ".course/\n/data\n/practice/\nmlruns/\nmlflow.db\n.ipynb_checkpoints/\n"


def make_workspace(
    root: Path,
    *,
    course: Course,
    template: Path,
    artifact_root: str | None = None,
    content: bool = False,
) -> Course:
    """Make a fresh workspace: data, an empty tracking store and a Git repository of one commit.

    Args:
        root: the folder to make; it must not exist or be empty.
        course: where the data and the pointer to it come from.
        template: the migrated, empty database to copy (``template_database``).
        artifact_root: where the store puts artifacts of the Default experiment: the folder
            ``.course/artifacts`` unless given; ``"mlflow-artifacts:"`` behind a server.
        content: whether to copy the lab sources too, for a check service that reads them there.

    Returns:
        The workspace.
    """
    workspace = Course(root.resolve())
    for folder in (workspace.labs, workspace.notebooks, workspace.solutions, workspace.state):
        folder.mkdir(parents=True, exist_ok=True)
    if course.data.is_dir():
        shutil.copytree(course.data, workspace.data)
    if content:
        shutil.copytree(course.content, workspace.content)
    new_database(
        template, workspace.database, artifact_root or workspace.artifacts.resolve().as_uri()
    )
    _commit(workspace, course)
    return workspace


def _commit(workspace: Course, course: Course) -> None:
    (workspace.root / ".gitignore").write_text(IGNORED, encoding="utf-8", newline="\n")
    names = [".gitignore"]
    for name in ("data.dvc", ".dvc/config"):
        if (course.root / name).is_file():
            (workspace.root / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(course.root / name, workspace.root / name)
            names.append(name)
    with porcelain.init(str(workspace.root)) as repository:
        repository.get_worktree().stage(names)
        repository.get_worktree().commit(
            message=b"Start of the workspace",
            author=COMMITTER,
            committer=COMMITTER,
            author_timestamp=COMMITTED_AT,
            commit_timestamp=COMMITTED_AT,
            author_timezone=0,
            commit_timezone=0,
        )
