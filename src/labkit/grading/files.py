"""Writes the grader's files: whole or not at all, valid JSON, names that exist everywhere."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import math
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from labkit.errors import CourseError

#: Longest file name made from a submission's name, in characters, before any suffix.
MOST_CHARACTERS = 60
#: What a spreadsheet would take for the start of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: How a file ends that is still being written.
HALF_MADE = ".new"
#: Names that Windows keeps for devices.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tell an instructor what is wrong with the output folder.

    Raises:
        CourseError: writing ``path`` failed in the block.
    """
    try:
        yield
    except OSError as error:
        raise CourseError(
            f"{path} cannot be written.",
            why=f"{error.strerror or error}.",
            next_step="Mend that, by making room for instance; then run the same command again: "
            "what is graded is kept.",
        ) from error


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that it is there in full or as it was before.

    Args:
        path: the file; its folder is made if missing.
        content: what it holds; text is written as UTF-8.

    Raises:
        CourseError: it cannot be written.
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8", errors="replace")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # A name of its own, and a short one: a grader that was killed may be writing still.
        half_made = path.parent / f".{secrets.token_hex(6)}{HALF_MADE}"
        try:
            with half_made.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            half_made.replace(path)
        except BaseException:
            # On a full disk what is half made would take the room that is missing.
            half_made.unlink(missing_ok=True)
            raise


def remove_half_made(folder: Path) -> None:
    """Remove what a killed grader was writing in a folder; files that are whole stay."""
    for path in folder.glob(f".*{HALF_MADE}"):
        with contextlib.suppress(OSError):
            path.unlink()


def append(path: Path, text: str, *, after: int) -> int:
    """Add text to a file, all of it or nothing, and have it on disk.

    Args:
        path: the file; made if missing.
        text: what to add.
        after: how many bytes of the file count; what a killed grader left behind them is cut off.

    Returns:
        How many bytes count now.

    Raises:
        CourseError: it cannot be written; the file is as it was.
    """
    data = memoryview(text.encode("utf-8", errors="replace"))
    with writing(path), path.open("ab", buffering=0) as file:
        file.truncate(after)
        try:
            rest = data
            while rest:  # a disk that fills up takes a part first
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except BaseException:
            file.truncate(after)
            raise
    return after + len(data)


def write_table(path: Path, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table that spreadsheets open and do not run.

    Args:
        path: the file.
        head: the names of the columns.
        rows: their texts.

    Raises:
        CourseError: it cannot be written.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(head)
    for row in rows:
        writer.writerow([f"'{one}" if one.startswith(FORMULA) else one for one in row])
    # The mark at the start is what makes Excel read names that are not English.
    write_whole(path, f"\ufeff{table.getvalue()}")


def json_line(value: object) -> str:
    """A value as one line of strict JSON: NaN and infinities become their names as text."""
    return json.dumps(_finite(value), allow_nan=False, default=str)


def _finite(value: object) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if isinstance(value, Mapping):
        return {str(name): _finite(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_finite(one) for one in value]
    return value


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A file name, without suffix, for every submission; no two are the same on any system.

    Args:
        names: what the submissions are called; any text.

    Returns:
        The name itself where it will do, else one with what sets it apart at its end.
    """
    known = list(names)
    folded = [name.casefold() for name in known]
    return {name: _file_name(name, alone=folded.count(name.casefold()) == 1) for name in known}


def _file_name(name: str, *, alone: bool) -> str:
    safe = re.sub(r"[^\w.\- ]", "_", name)[:MOST_CHARACTERS].strip(" .")
    if safe == name and alone and not _DEVICES.match(safe):
        return safe
    return f"{safe}-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:8]}".lstrip("-")
