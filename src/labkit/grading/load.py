"""Finds the submissions in a folder and reads the notebook of each.

Nothing is unpacked to disk and no link is followed. What cannot be read becomes a submission with
a problem instead of cells, so that every entry of the folder ends as a row of the gradebook.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from labkit.errors import CourseError
from labkit.grading.cells import StudentCell, Unreadable, read_cells

Found = TypeVar("Found")

#: A notebook with many plots has 2 MB; what is larger is not opened.
MOST_BYTES = 20_000_000
#: A folder or zip with more entries than this is not searched for a notebook.
MOST_ENTRIES = 10_000
#: Folders that are no one's work.
IGNORED_FOLDERS = {"__MACOSX", ".ipynb_checkpoints"}


@dataclass(frozen=True, slots=True)
class Submission:
    """What one student handed in.

    Args:
        name: the entry's name without its suffix; with it where two entries would share a name.
        digest: SHA-256 of the notebook's bytes, or of the problem.
        cells: the notebook's cells; empty where there is a problem.
        problem: why it cannot be read, a sentence; None if it can.
    """

    name: str
    digest: str
    cells: tuple[StudentCell, ...] = ()
    problem: str | None = None


def find_entries(folder: Path, *, leave_out: Path | None = None) -> dict[str, Path]:
    """The entries of a folder that are submissions, by the name each goes under.

    Args:
        folder: what the instructor collected; a single notebook or zip will do.
        leave_out: a folder that is no submission although it may lie there (the output).

    Returns:
        Paths by name, in order of name. Hidden entries are left out.

    Raises:
        CourseError: there is no such folder, or nothing in it.
    """
    if not folder.exists():
        raise CourseError(
            f"There is no folder {folder}.",
            why="Submissions are read from a folder with one entry per student.",
            next_step="Give the folder that holds the notebooks, folders or zips.",
        )
    here = [folder] if folder.is_file() else _entries(folder, leave_out)
    if not here:
        raise CourseError(
            f"{folder} holds no submissions.",
            why="It is empty, or everything in it is hidden.",
            next_step="Put one notebook, folder or zip per student into it.",
        )
    stems = [path.stem if path.is_file() else path.name for path in here]
    names = (
        path.name if stems.count(stem) > 1 else stem for path, stem in zip(here, stems, strict=True)
    )
    return dict(sorted((_printable(name), path) for name, path in zip(names, here, strict=True)))


def read_submission(name: str, path: Path, lab: str) -> Submission:
    """Read one entry.

    Args:
        name: what it is called.
        path: the entry: a notebook, a folder or zip with one.
        lab: the lab's name, which tells the notebook where there are several.

    Returns:
        The submission, with its cells or with the problem that keeps them from being read.
    """
    try:
        data = _notebook_bytes(path, lab)
        return Submission(name, hashlib.sha256(data).hexdigest(), read_cells(data))
    except Unreadable as problem:
        return Submission(
            name, hashlib.sha256(str(problem).encode()).hexdigest(), problem=str(problem)
        )
    except OSError as error:
        problem_text = f"It cannot be opened: {error.strerror or error}."
        return Submission(
            name, hashlib.sha256(problem_text.encode()).hexdigest(), problem=problem_text
        )


def _entries(folder: Path, leave_out: Path | None) -> list[Path]:
    hidden = IGNORED_FOLDERS | {"Thumbs.db", "desktop.ini"}
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".")
        and path.name not in hidden
        and (leave_out is None or path.resolve() != leave_out.resolve())
    )


def _printable(name: str) -> str:
    """A file name as text that can be written anywhere, whatever bytes it was made of."""
    return os.fsencode(name).decode("utf-8", errors="replace")


def _notebook_bytes(path: Path, lab: str) -> bytes:
    if path.is_symlink():
        raise Unreadable("It is a link to another place, not a notebook.")
    if path.is_dir():
        found = _choose({one.relative_to(path).as_posix(): one for one in _walk(path)}, lab)
        return _read(found)
    if path.suffix.lower() == ".zip":
        return _from_zip(path, lab)
    if path.suffix.lower() == ".ipynb":
        return _read(path)
    raise Unreadable(f"A {path.suffix or 'file without suffix'} is no notebook, folder or zip.")


def _walk(folder: Path) -> Iterable[Path]:
    seen = 0
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _passed_over(name)]
        seen += len(folders) + len(files)
        if seen > MOST_ENTRIES:
            raise Unreadable(f"The folder holds more than {MOST_ENTRIES} files.")
        for name in files:
            path = Path(here, name)
            if name.lower().endswith(".ipynb") and not _passed_over(name) and path.is_file():
                if path.is_symlink():
                    raise Unreadable(f"{_printable(name)} is a link to another place.")
                yield path


def _from_zip(path: Path, lab: str) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > MOST_ENTRIES:
                raise Unreadable(f"The zip holds more than {MOST_ENTRIES} files.")
            members = {one.filename: one for one in archive.infolist() if _is_notebook(one)}
            chosen = _choose(members, lab)
            if chosen.file_size > MOST_BYTES:
                raise Unreadable(_too_large(chosen.file_size))
            with archive.open(chosen) as member:
                return _limited(member.read(MOST_BYTES + 1))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise Unreadable(f"The zip is damaged or of an unknown kind ({error}).") from error
    except RuntimeError as error:  # how zipfile says that a password is needed
        raise Unreadable("The zip is protected by a password.") from error


def _is_notebook(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    link = stat.S_ISLNK(member.external_attr >> 16)
    named = member.filename.lower().endswith(".ipynb")
    return named and not link and not member.is_dir() and not any(map(_passed_over, parts))


def _passed_over(name: str) -> bool:
    return name in IGNORED_FOLDERS or (name.startswith(".") and name not in {".", ".."})


def _choose(found: dict[str, Found], lab: str) -> Found:
    """The only notebook; of several the one named like the lab."""
    if not found:
        raise Unreadable("There is no notebook in it.")
    stems = {name: PurePosixPath(name.replace("\\", "/")).stem for name in found}
    for fits in (lambda stem: True, lambda stem: stem == lab, lambda stem: lab in stem):
        chosen = [name for name, stem in stems.items() if fits(stem)]
        if len(chosen) == 1:
            return found[chosen[0]]
    names = ", ".join(_printable(name) for name in sorted(found)[:5])
    raise Unreadable(f"There is more than one notebook in it: {names}.")


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > MOST_BYTES:
            raise Unreadable(_too_large(size))
        return _limited(file.read(MOST_BYTES + 1))


def _limited(data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        raise Unreadable(_too_large(len(data)))
    return data


def _too_large(size: int) -> str:
    return f"The notebook is too large: {size / 1e6:.0f} MB, at most {MOST_BYTES / 1e6:.0f} MB."
