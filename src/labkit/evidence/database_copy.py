"""Copies a SQLite database to a place of our own before anything opens it.

SQLite trusts the files beside a database. A forged journal can make it wait at a pipe, or delete
any file its reader may delete (the super-journal named at the journal's end); a link or a pipe in
place of the database is followed or waited for. A copy has only what we put beside it.

Source: https://www.sqlite.org/fileformat2.html, https://www.sqlite.org/atomiccommit.html
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from labkit.evidence.reading import Reader

#: Bytes a tracking store may have; a learner's has a few million.
MOST_BYTES = 256 << 20
#: How the name of a super-journal ends, which only a transaction over several databases has.
_SUPER_JOURNAL = bytes.fromhex("d9d505f920a163d7")
#: Which bytes of a database SQLite locks while it is read.
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
#: Seconds to wait for who writes just now.
_SECONDS = 2.0


@contextlib.contextmanager
def private_copy(database: Path, reader: Reader) -> Iterator[Path]:
    """A copy of a database, with what is needed to undo an unfinished transaction.

    Args:
        database: the database's file.
        reader: reads files of the workspace it lies in.

    Raises:
        ValueError: there is no such plain file, or it is too large.
        OSError: it could not be copied.
    """
    with tempfile.TemporaryDirectory(prefix="labkit-store-") as folder:
        copy = Path(folder) / database.name
        _copy(database, reader, copy)
        yield copy


def _copy(database: Path, reader: Reader, copy: Path) -> None:
    source = reader.open(database, MOST_BYTES)
    if source is None:
        raise ValueError(f"It has more than {MOST_BYTES >> 20} MB.")
    with source, _nobody_writes(source), copy.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
        for suffix in ("-journal", "-wal"):
            beside = reader.read(database.with_name(database.name + suffix), MOST_BYTES)
            if beside and not beside.endswith(_SUPER_JOURNAL):
                copy.with_name(copy.name + suffix).write_bytes(beside)


@contextlib.contextmanager
def _nobody_writes(database: BinaryIO) -> Iterator[None]:
    """Keep other processes from writing, as SQLite itself does while it reads.

    Where somebody never lets go, the copy is made all the same: it may not be readable then.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            fcntl.lockf(database, fcntl.LOCK_SH | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
            break
        except OSError:
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
    yield
