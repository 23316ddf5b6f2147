"""Writes the grader's files: whole or not at all, valid JSON, names that exist everywhere."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from labkit.errors import CourseError

#: Longest file name made from a submission's name, in characters, before any suffix.
MOST_CHARACTERS = 60
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
            next_step="Make room, or give another --out; then run the same command again.",
        ) from error


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there in full or as it was before.

    Raises:
        CourseError: it cannot be written.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        half_made = path.with_name(f".{path.name}.new")
        with half_made.open("wb") as file:
            file.write(text.encode("utf-8", errors="replace"))
            file.flush()
            os.fsync(file.fileno())
        half_made.replace(path)


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
