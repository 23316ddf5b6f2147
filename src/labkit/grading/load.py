"""Finds the submissions in a folder and reads the notebook of each.

Nothing is unpacked to disk and no link is followed. What cannot be read becomes a submission with
a problem instead of cells, so that every entry of the folder ends as a row of the gradebook.
"""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from labkit.errors import CourseError
from labkit.evidence.reading import Reader, little_memory
from labkit.grading.cells import StudentCell, Unreadable, read_cells

Found = TypeVar("Found")

#: A notebook with many plots has 2 MB; what is larger is not opened.
MOST_BYTES = 20_000_000
#: A folder or zip with more entries than this is not searched for a notebook.
MOST_ENTRIES = 10_000
#: Folders that are no one's work.
IGNORED_FOLDERS = {"__MACOSX", ".ipynb_checkpoints"}
#: Kinds of characters that write nothing, and those that turn the direction of what follows: a
#: file's name must not play tricks on a terminal. Marks that join letters are part of writing.
_UNWRITTEN = {"Cc", "Cn", "Co", "Cs", "Zl", "Zp"}
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


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
    return dict(sorted(zip(_names(here), here, strict=True)))


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
        with little_memory():
            data = _notebook_bytes(path, lab)
            return Submission(name, hashlib.sha256(data).hexdigest(), read_cells(data))
    except Unreadable as error:
        problem = str(error)
    except OSError as error:
        problem = f"It cannot be opened: {error.strerror or error}."
    except Exception as error:  # whatever a file does to its reader, the others must be graded
        problem = f"It cannot be read ({type(error).__name__})."
    return Submission(name, hashlib.sha256(problem.encode()).hexdigest(), problem=problem)


def _entries(folder: Path, leave_out: Path | None) -> list[Path]:
    hidden = IGNORED_FOLDERS | {"Thumbs.db", "desktop.ini"}
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".")
        and path.name not in hidden
        and (leave_out is None or path.resolve() != leave_out.resolve())
    )


def _names(entries: list[Path]) -> Iterator[str]:
    """A name for each entry, no two the same: the stem, else the whole name, else with a number."""
    stems = [_printable(path.stem if path.is_file() else path.name) for path in entries]
    known = Counter(stems)
    given = set[str]()
    for path, stem in zip(entries, stems, strict=True):
        name = wanted = stem if known[stem] == 1 else _printable(path.name)
        count = 1
        while name in given or (name != stem and name in known):
            count += 1
            name = f"{wanted} ({count})"
        given.add(name)
        yield name


def _printable(name: str) -> str:
    """A file name as text that can be written anywhere, whatever bytes it was made of."""
    text = os.fsencode(name).decode("utf-8", errors="replace")
    return "".join(
        "\ufffd" if unicodedata.category(one) in _UNWRITTEN or one in _TURNING else one
        for one in text
    )


def _notebook_bytes(path: Path, lab: str) -> bytes:
    if path.is_symlink():
        raise Unreadable("It is a link to another place, not a notebook.")
    if path.is_dir():
        return _from_folder(path, lab)
    kind = path.suffix or "file without suffix"
    if not path.is_file():
        raise Unreadable(f"It is no plain file, though it is called {_printable(path.name)}.")
    if kind.lower() == ".zip" or (_is_notebook(path.name) and zipfile.is_zipfile(path)):
        return _from_zip(path, lab)
    if _is_notebook(path.name):
        return _read(path)
    raise Unreadable(f"A {_printable(kind)} is no notebook, folder or zip.")


def _from_folder(folder: Path, lab: str) -> bytes:
    """The notebook in a folder, or in the only zip in it: learning platforms make such folders."""
    reader = Reader(folder, MOST_ENTRIES)
    notebooks, zips = dict[str, Path](), list[Path]()
    for entry in reader.entries(folder, _passed_over):
        path = Path(entry.path)
        notebook = _is_notebook(entry.name)
        if notebook and entry.is_symlink():
            raise Unreadable(f"{_printable(entry.name)} is a link to another place.")
        if entry.is_file(follow_symlinks=False):
            if notebook:
                notebooks[path.relative_to(folder).as_posix()] = path
            elif path.suffix.lower() == ".zip":
                zips.append(path)
    if reader.gave_up:
        raise Unreadable(f"The folder holds more than {MOST_ENTRIES} files.")
    if not notebooks and len(zips) == 1:
        return _from_zip(zips[0], lab)
    return _read(_choose(notebooks, lab))


def _from_zip(path: Path, lab: str) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > MOST_ENTRIES:
                raise Unreadable(f"The zip holds more than {MOST_ENTRIES} files.")
            members = {one.filename: one for one in archive.infolist() if _may_be_it(one)}
            chosen = _choose(members, lab)
            if chosen.file_size > MOST_BYTES:
                raise Unreadable(_too_large(chosen.file_size))
            with archive.open(chosen) as member:
                return _limited(member.read(MOST_BYTES + 1))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise Unreadable(f"The zip is damaged or of an unknown kind ({error}).") from error
    except RuntimeError as error:  # how zipfile says that a password is needed
        raise Unreadable("The zip is protected by a password.") from error


def _may_be_it(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    link = stat.S_ISLNK(member.external_attr >> 16)
    named = _is_notebook(member.filename)
    return named and not link and not member.is_dir() and not any(map(_passed_over, parts))


def _is_notebook(name: str) -> bool:
    """Whether a name is a notebook's; some browsers add another suffix to it."""
    return name.lower().endswith((".ipynb", ".ipynb.txt", ".ipynb.json"))


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
    size = path.lstat().st_size
    if size > MOST_BYTES:
        raise Unreadable(_too_large(size))
    with path.open("rb") as file:
        return _limited(file.read(MOST_BYTES + 1))


def _limited(data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        raise Unreadable(_too_large(len(data)))
    return data


def _too_large(size: int) -> str:
    return f"The notebook is too large: {size / 1e6:.0f} MB, at most {MOST_BYTES / 1e6:.0f} MB."
