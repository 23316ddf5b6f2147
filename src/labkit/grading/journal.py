"""The journal of a batch: every graded submission is on disk before the next one begins.

One line of JSON each. A line that was being written when the machine went down is dropped, and
that submission graded again; nothing else is.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.checks import CheckResult, ExerciseResult
from labkit.errors import CourseError
from labkit.grading.files import json_line, writing
from labkit.grading.outcome import CellError, Graded, Repair, State
from labkit.labs import Lab


def lab_digest(lab: Lab) -> str:
    """SHA-256 of the files that decide a lab's grades: its text and its checks."""
    digest = hashlib.sha256()
    for path in sorted(lab.folder.rglob("*.py")):
        name = path.relative_to(lab.folder).as_posix()
        if not name.startswith("answers/"):
            content = path.read_bytes()
            digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def text_digest(lab: Lab) -> str:
    """SHA-256 of a lab's text, which decides what is executed."""
    return hashlib.sha256(lab.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """An outcome in the journal, with the digest of what was handed in and its time limit."""

    digest: str
    graded: Graded
    cell_seconds: int


class Journal:
    """What has been graded so far.

    Args:
        path: the file; made if missing.
        digest: of the lab (``lab_digest``): what was graded with other checks does not count.

    Raises:
        CourseError: the file cannot be read.
    """

    def __init__(self, path: Path, digest: str) -> None:
        self._path = path
        self._digest = digest
        self._known: dict[str, Kept] = {}
        self._newest: dict[str, Kept] = {}
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = path.read_bytes().split(b"\n") if path.is_file() else [b""]
            if lines[-1]:
                os.truncate(path, sum(len(line) + 1 for line in lines[:-1]))
        for number, line in enumerate(lines[:-1], start=1):
            self._remember(line, number)

    def find(self, name: str, digest: str, cell_seconds: int) -> Graded | None:
        """What a submission got, unless it was changed since.

        Args:
            name: what it is called.
            digest: of what was handed in.
            cell_seconds: how long its cells may take now; one that timed out under a shorter
                limit is worth another try.
        """
        kept = self._known.get(self._key(name, digest))
        if kept is None:
            return None
        hasty = kept.graded.state is State.TIMED_OUT and kept.cell_seconds < cell_seconds
        return None if hasty else kept.graded

    def newest(self) -> list[Kept]:
        """The last outcome of every submission, by whatever checks it was judged."""
        return list(self._newest.values())

    def add(self, digest: str, graded: Graded, cell_seconds: int) -> None:
        """Keep an outcome; when this returns it is on disk.

        Args:
            digest: of what was handed in.
            graded: the outcome.
            cell_seconds: how long its cells were given.

        Raises:
            CourseError: the journal cannot be written.
        """
        key = self._key(graded.name, digest)
        line = json_line(
            {
                "key": key,
                "digest": digest,
                "cell_seconds": cell_seconds,
                "graded": to_json(graded),
            }
        )
        with writing(self._path), self._path.open("ab") as file:
            file.write(f"{line}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        self._known[key] = self._newest[graded.name] = Kept(digest, graded, cell_seconds)

    def _key(self, name: str, digest: str) -> str:
        text = "\0".join((name, digest, self._digest))
        return hashlib.sha256(text.encode(errors="replace")).hexdigest()

    def _remember(self, line: bytes, number: int) -> None:
        try:
            entry = json.loads(line)
            kept = Kept(entry["digest"], from_json(entry["graded"]), entry["cell_seconds"])
            self._known[entry["key"]] = self._newest[kept.graded.name] = kept
        except (ValueError, KeyError, TypeError) as error:
            raise CourseError(
                f"{self._path} is damaged.",
                why=f"Line {number} is not what the grader writes ({error!r}).",
                next_step="Delete that line to have one submission graded again, or the file to "
                "have all.",
            ) from error


def to_json(graded: Graded) -> dict[str, Any]:
    """An outcome as JSON values, without the notebook and the evidence, which have own files."""
    return {
        "name": graded.name,
        "state": str(graded.state),
        "cell": graded.cell,
        "reason": graded.reason,
        "seconds": graded.seconds,
        "repairs": [[one.exercise, one.message] for one in graded.repairs],
        "errors": [[one.cell, one.exercise, one.name, one.value] for one in graded.errors],
        "exercises": [
            {"exercise": one.exercise, "results": [_values(result) for result in one.results]}
            for one in graded.exercises
        ],
    }


def from_json(kept: Mapping[str, Any]) -> Graded:
    """The outcome that ``to_json`` wrote.

    Raises:
        KeyError, TypeError, ValueError: it is not what ``to_json`` writes.
    """
    return Graded(
        name=kept["name"],
        state=State(kept["state"]),
        exercises=tuple(_exercise(one) for one in kept["exercises"]),
        reason=kept["reason"],
        cell=kept["cell"],
        repairs=tuple(Repair(*one) for one in kept["repairs"]),
        errors=tuple(CellError(*one) for one in kept["errors"]),
        seconds=kept["seconds"],
    )


def _values(result: CheckResult) -> dict[str, Any]:
    return {name: getattr(result, name) for name in CheckResult.__slots__}


def _exercise(kept: Mapping[str, Any]) -> ExerciseResult:
    results = []
    for one in kept["results"]:
        texts = tuple(one["hint_texts"]) if one["hint_texts"] else None
        results.append(CheckResult(**{**one, "hint_texts": texts}))
    return ExerciseResult(kept["exercise"], tuple(results))
