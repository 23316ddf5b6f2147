"""Opens files that student code left, whatever it has put in their place.

A link can lead out of the workspace, a pipe can keep its reader waiting for ever, and a few bytes
can unpack into gigabytes: only plain files inside the workspace are read, up to a size.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import psutil

#: Files and folders one reader looks at, unless told otherwise.
MOST_ENTRIES = 20_000
#: Bytes this process may take beyond what it has, while it reads what may be made to fill it.
MOST_MEMORY = 1 << 30
#: Never wait for the other end of a pipe, never follow a link. Windows has neither flag.
_PLAIN = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
)
_FOLDER = _PLAIN | getattr(os, "O_DIRECTORY", 0)
_one_at_a_time = threading.RLock()


class Reader:
    """Reads plain files below one folder.

    Args:
        root: the folder; no link may stand in its place, though one may lead to it.
        most_entries: files and folders to look at, all searches together.
    """

    def __init__(self, root: Path, most_entries: int = MOST_ENTRIES) -> None:
        self.root = root
        self._entries = most_entries

    @property
    def gave_up(self) -> bool:
        """Whether there was more to look at than it may."""
        return not self._entries

    def open(self, path: Path, most: int) -> BinaryIO | None:
        """Open a file.

        Args:
            path: a path below the root.
            most: bytes it may have.

        Returns:
            The file; None where it is missing, not a plain file, outside the root, or larger.
        """
        try:
            descriptor = self._descriptor(path)
        except (OSError, ValueError):
            return None
        if _is_small(os.fstat(descriptor), most):
            return os.fdopen(descriptor, "rb")
        os.close(descriptor)
        return None

    def read(self, path: Path, most: int) -> bytes | None:
        """What a file holds; None as ``open`` says."""
        file = self.open(path, most)
        if file is None:
            return None
        with file:
            return file.read(most)

    def has(self, path: Path) -> bool:
        """Whether there is a plain file at a path, of any size."""
        file = self.open(path, sys.maxsize)
        if file is not None:
            file.close()
        return file is not None

    def files(self, folder: Path) -> Iterator[Path]:
        """The plain files below a folder, in no order; links are passed over."""
        for entry in self.entries(folder):
            if entry.is_file(follow_symlinks=False):
                yield Path(entry.path)

    def is_plain(self, folder: Path, most: int) -> bool:
        """Whether a folder holds folders and plain files only, these of so many bytes at most."""
        try:
            plain = stat.S_ISDIR(folder.lstat().st_mode) and all(
                entry.is_dir(follow_symlinks=False)
                or _is_small(entry.stat(follow_symlinks=False), most)
                for entry in self.entries(folder)
            )
        except OSError:
            return False
        return plain and not self.gave_up  # what was not looked at may be anything

    def entries(
        self, folder: Path, passed_over: Callable[[str], bool] = lambda _: False
    ) -> Iterator[os.DirEntry[str]]:
        """Everything below a folder. It may be deep, so this does not climb on Python's stack.

        Args:
            folder: where to look.
            passed_over: which names to leave out, with all below them.
        """
        folders = [str(folder)]
        while folders:
            try:
                here = os.scandir(folders.pop())
            except OSError:
                continue  # it is gone, or closed to us
            with here:
                for entry in here:
                    if not self._entries:
                        return
                    self._entries -= 1
                    if passed_over(entry.name):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    yield entry

    def _descriptor(self, path: Path) -> int:
        """Open a file with no link between the root and it.

        Raises:
            OSError: there is none, or something else is in the way.
            ValueError: the path leads out of the root.
        """
        parts = path.relative_to(self.root).parts
        if not parts or ".." in parts:
            raise ValueError("this path leads out")
        if os.open not in os.supports_dir_fd:
            if path.resolve() != self.root.resolve().joinpath(*parts):
                raise ValueError("a link is in the way")
            return os.open(path, _PLAIN)
        here = os.open(self.root, _FOLDER)
        try:
            for part in parts[:-1]:
                deeper = os.open(part, _FOLDER, dir_fd=here)
                os.close(here)
                here = deeper
            return os.open(parts[-1], _PLAIN, dir_fd=here)
        finally:
            os.close(here)


@contextlib.contextmanager
def little_memory() -> Iterator[None]:
    """Let what runs in the block fail with ``MemoryError`` before it takes all memory there is.

    On Linux only. One block runs at a time: the limit is one for the whole process.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    with _one_at_a_time:
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        limits = [psutil.Process().memory_info().vms + MOST_MEMORY, soft, hard]
        most = min(limit for limit in limits if limit != resource.RLIM_INFINITY)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _is_small(known: os.stat_result, most: int) -> bool:
    return stat.S_ISREG(known.st_mode) and known.st_size <= most
