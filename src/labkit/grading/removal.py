"""Removes what submissions leave, however deep they nested it and whatever they closed.

``shutil.rmtree`` climbs on Python's stack before Python 3.13, and a thousand folders in each other
break it; a path that is long enough breaks everything that works with paths.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def passing_folder(inside: Path | None = None) -> Iterator[Path]:
    """A new folder that is gone after the ``with`` block, whatever was done in it.

    Args:
        inside: where it is made; the system's folder for temporary files if None.
    """
    folder = Path(tempfile.mkdtemp(prefix="labkit-", dir=inside))
    try:
        yield folder
    finally:
        remove_all(folder)


def remove_all(folder: Path) -> None:
    """Remove a folder and all that is in it; what cannot be removed is left.

    Args:
        folder: a folder in which nobody works any more; it need not exist.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:
        _flatten(folder)
    if os.path.lexists(folder):  # closed folders, most likely
        with contextlib.suppress(OSError):
            _flatten(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _flatten(folder: Path) -> None:
    """Empty a folder by moving what lies deeper up to it, one level at a time."""
    names = (f"moved-{number}-{os.getpid()}" for number in itertools.count())
    folder.chmod(stat.S_IRWXU)
    found = True
    while found:
        found = False
        for one in list(os.scandir(folder)):
            if not one.is_dir(follow_symlinks=False):
                Path(one.path).unlink()
                continue
            found = True
            Path(one.path).chmod(stat.S_IRWXU)
            for deeper in list(os.scandir(one.path)):
                if deeper.is_dir(follow_symlinks=False):
                    Path(deeper.path).chmod(stat.S_IRWXU)
                    Path(deeper.path).rename(folder / next(names))
                else:
                    Path(deeper.path).unlink()
            Path(one.path).rmdir()
