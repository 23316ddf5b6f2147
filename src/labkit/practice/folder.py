"""Where Git and DVC are practised, and how their commands are typed there."""

from __future__ import annotations

import contextlib
import functools
import io
import itertools
import logging
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from labkit.errors import CourseError
from labkit.paths import find_course

#: What Git takes from a learner's own settings must not change what an exercise does: a name for
#: the first branch, line ends, a signature that asks for a password.
SETTINGS = {"init.defaultBranch": "main", "core.autocrlf": "false", "commit.gpgsign": "false"}
#: Who commits where Git knows nobody.
NOBODY = {"user.name": "Student", "user.email": "student@example.org"}
#: The exit status of DVC where there is no repository of its own.
NO_DVC_REPOSITORY = 253
#: What joins commands, or leads what they say elsewhere, where a shell reads them.
_JOINTS = ";|&<>\n"
#: What moves or colours the text of a terminal (ECMA-48, control sequences).
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def begin(name: str) -> Path:
    """Make a folder below the course's ``practice/`` anew: what was in it is gone.

    Git does not look above it from then on, so that a forgotten ``git init`` commits nothing to
    the course's own repository.

    Args:
        name: its name, with ``/`` between a folder and one in it.

    Returns:
        Its path.

    Raises:
        CourseError: the name leads elsewhere, or the folder cannot be made anew.
    """
    practice = find_course().practice
    folder = practice / name
    if practice not in folder.parents or ".." in folder.parts or folder.is_symlink():
        raise CourseError(
            f"{name} is no folder to practise in.",
            why=f"It would be {folder}, which is not below {practice}.",
            next_step="Give a name such as first or lab03/first.",
        )
    try:
        _remove(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise CourseError(
            f"The folder {folder} cannot be begun anew.",
            why=f"{error.strerror or error}.",
            next_step="Close what has a file of it open, then run the cell again.",
        ) from error
    _prepare_git(practice)
    return folder


def run(command: str, folder: Path) -> None:
    """Type a command of Git or DVC in a folder, and print what it says.

    Like a terminal it goes on after a command that failed, and says so. DVC runs in this process,
    which spares the seconds that starting it takes.

    Args:
        command: as in a terminal: ``dvc add data.csv``. Paths are written with ``/``.
        folder: where.

    Raises:
        CourseError: what was given is not a command and a folder, the command is neither Git's
            nor DVC's, or more than one, or there is no such folder.
    """
    if not (isinstance(command, str) and isinstance(folder, Path)):
        raise CourseError(
            f"run cannot work with {command!r} and {folder!r}.",
            why="It takes first the command, as text, then the folder, as begin(...) returns it.",
            next_step='Write run("git status", folder), without quotes around the folder.',
        )
    words = _words(command)
    if not folder.is_dir():
        raise CourseError(
            f"There is no folder {folder}.",
            why="The command would have to be typed there.",
            next_step="Run the cell that makes it, or look at its name.",
        )
    status, said = call(words, folder)
    print(f"$ {command}", *said.strip().splitlines(), sep="\n")
    if status:
        print(f"(failed with status {status})")


def _words(command: str) -> list[str]:
    """The words of one command of Git or DVC."""
    # What is quoted stays one word with its quotes gone, so only bare signs are words of their own.
    signs = shlex.shlex(command.strip(), posix=True, punctuation_chars=_JOINTS)
    signs.whitespace_split, signs.whitespace, signs.commenters = True, " \t\r", ""
    try:
        words = shlex.split(command)
        joined = [one for one in signs if one and not one.strip(_JOINTS)]
    except ValueError as error:
        raise CourseError(
            f"run cannot read this: {command}",
            why=f"A quote is opened and not closed, or the end is missing: {error}.",
            next_step="Put one kind of quotes in the other: run('git commit -m \"Why\"', folder)",
        ) from error
    if words[:1] not in (["git"], ["dvc"]):
        raise CourseError(
            f"run cannot do this: {command}",
            why="It knows one command of git or dvc at a time.",
            next_step="Begin with git or dvc; for files use Python, for anything else a terminal.",
        )
    if joined:
        raise CourseError(
            f"run cannot do this: {command}",
            why=f"It types one command, and here {joined[0].strip() or 'a new line'} joins two.",
            next_step="Write one command per run; a text with such signs goes between quotes.",
        )
    return words


def call(words: Sequence[str], folder: Path) -> tuple[int, str]:
    """Run a command of Git or DVC.

    DVC does not look above ``practice/`` for its repository, as Git does not: a forgotten
    ``dvc init`` must not change the course's own data.

    Args:
        words: the command, in words.
        folder: where.

    Returns:
        Its exit status, and what it said.
    """
    if words[0] == "git":
        return _call_git(words, folder)
    if words[1:2] != ["init"] and not _has_dvc(folder):
        return NO_DVC_REPOSITORY, "ERROR: you are not inside of a DVC repository"
    return _call_dvc(words[1:], folder)


def _has_dvc(folder: Path) -> bool:
    practice, folder = find_course().practice.resolve(), folder.resolve()
    if practice not in folder.parents:
        return True  # somewhere else, where it is not ours to say
    places = itertools.takewhile(lambda one: one != practice, (folder, *folder.parents))
    return any((one / ".dvc").is_dir() for one in places)


def _call_git(words: Sequence[str], folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        words,
        cwd=folder,
        # A notebook has nobody at an editor: a commit without a message fails instead of waiting.
        env={**os.environ, "GIT_EDITOR": "true", "GIT_PAGER": "cat", "GIT_TERMINAL_PROMPT": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout


def _call_dvc(words: Sequence[str], folder: Path) -> tuple[int, str]:
    said = io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_streams_kept())
        stack.enter_context(contextlib.chdir(folder))
        stack.enter_context(contextlib.redirect_stdout(said))
        stack.enter_context(contextlib.redirect_stderr(said))
        # It takes a second or two to import, so only those pay who type a command of it.
        from dvc.cli import main
        from dvc.ui import ui

        # In a notebook they would show HTML, past what is printed and before it.
        ui.rich_console.is_jupyter = ui.error_console.is_jupyter = False
        for handler in logging.getLogger("dvc").handlers:
            if isinstance(handler, logging.StreamHandler):
                stack.callback(handler.setStream, handler.stream)
                handler.setStream(said)
        try:
            status = int(main(list(words)) or 0)
        except SystemExit as ended:  # --help and --version
            status = ended.code if isinstance(ended.code, int) else 1
    return status, _CONTROL.sub("", said.getvalue())


@contextlib.contextmanager
def _streams_kept() -> Iterator[None]:
    """DVC wraps or replaces the standard streams when it is imported, and in some commands."""
    kept = sys.stdout, sys.stderr
    try:
        yield
    finally:
        sys.stdout, sys.stderr = kept


def _prepare_git(practice: Path) -> None:
    """Settle for this process what Git must not leave to chance."""
    settings = {**SETTINGS, **({} if _knows_who_commits() else NOBODY)}
    for number, (name, value) in enumerate(settings.items()):
        os.environ[f"GIT_CONFIG_KEY_{number}"] = name
        os.environ[f"GIT_CONFIG_VALUE_{number}"] = value
    os.environ["GIT_CONFIG_COUNT"] = str(len(settings))
    os.environ["GIT_CEILING_DIRECTORIES"] = str(practice)


@functools.cache  # the settings above would answer for the learner the next time
def _knows_who_commits() -> bool:
    asked = subprocess.run(["git", "config", "user.email"], capture_output=True, check=False)
    return asked.returncode == 0


def _remove(folder: Path) -> None:
    # Git and DVC write-protect what they keep, and Windows removes no such file.
    for here, _, names in os.walk(folder):
        for path in (Path(here, name) for name in names):
            if not path.is_symlink():
                path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    if folder.is_dir():
        shutil.rmtree(folder)
