"""The journal of a batch: every graded submission is on disk before the next one begins.

One line of JSON each. A line that was being written when the machine went down is dropped, and
that submission graded again; nothing else is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.checks import CheckResult, ExerciseResult
from labkit.errors import CourseError
from labkit.grading.files import append, json_line, writing
from labkit.grading.outcome import CellError, Graded, Repair, State
from labkit.labs import Lab

#: What older lines do not say.
LATER = ("content", "file_name", "evidence", "text")


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
    """An outcome in the journal, and what it belongs to.

    Args:
        graded: the outcome, without notebook and evidence.
        digest: of what was handed in.
        cell_seconds: how long a cell was given.
        content: of the cells, see ``labkit.grading.similar``; empty where it is not known.
        file_name: what its notebook and its evidence are called, without suffix.
        evidence: SHA-256 of the evidence file; empty where it is not known.
        text: of the lab when the cells were run (``text_digest``); empty where it is not known.
    """

    graded: Graded
    digest: str
    cell_seconds: int
    content: str = ""
    file_name: str = ""
    evidence: str = ""
    text: str = ""


class Journal:
    """What has been graded so far.

    Args:
        path: the file; made when the first outcome is kept.
        digest: of the lab (``lab_digest``): what was graded with other checks does not count.

    Raises:
        CourseError: the file cannot be read.
    """

    def __init__(self, path: Path, digest: str) -> None:
        self._path = path
        self._digest = digest
        self._known: dict[str, Kept] = {}
        self._newest: dict[str, Kept] = {}
        self._size = 0
        with writing(path):
            if path.is_file():
                with path.open("rb") as lines:
                    for number, line in enumerate(lines, start=1):
                        if line.endswith(b"\n"):  # else it was being written when all ended
                            self._remember(line, number)
                            self._size += len(line)

    def find(self, name: str, digest: str, cell_seconds: int) -> Kept | None:
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
        return None if hasty else kept

    def newest(self) -> dict[str, Kept]:
        """The last outcome of every submission by its name, by whatever checks it was judged."""
        return dict(self._newest)

    def add(self, *outcomes: Kept) -> None:
        """Keep outcomes; when this returns they are on disk.

        Args:
            outcomes: what to keep; what is kept already is passed over.

        Raises:
            CourseError: the journal cannot be written; it is as it was.
        """
        new = {self._key(one.graded.name, one.digest): one for one in outcomes}
        lines = {key: _line(key, one) for key, one in new.items() if not self._holds(key, one)}
        if lines:
            self._size = append(self._path, "".join(lines.values()), after=self._size)
        for key in lines:
            self._known[key] = self._newest[new[key].graded.name] = new[key]

    def _holds(self, key: str, outcome: Kept) -> bool:
        """Whether it is the last word on its submission already."""
        last = self._newest.get(outcome.graded.name)
        same = last is not None and last is self._known.get(key)
        return last is not None and same and _line(key, last) == _line(key, outcome)

    def _key(self, name: str, digest: str) -> str:
        text = "\0".join((name, digest, self._digest))
        return hashlib.sha256(text.encode(errors="replace")).hexdigest()

    def _remember(self, line: bytes, number: int) -> None:
        try:
            entry = json.loads(line)
            kept = Kept(
                graded=from_json(entry["graded"]),
                digest=entry["digest"],
                cell_seconds=entry["cell_seconds"],
                **{name: entry.get(name, "") for name in LATER},
            )
            self._known[entry["key"]] = self._newest[kept.graded.name] = kept
        except (ValueError, KeyError, TypeError) as error:
            raise CourseError(
                f"{self._path} is damaged.",
                why=f"Line {number} is not what the grader writes ({error!r}).",
                next_step="Delete that line to have one submission graded again, or the file to "
                "have all.",
            ) from error


def _line(key: str, kept: Kept) -> str:
    entry = {
        "key": key,
        "digest": kept.digest,
        "cell_seconds": kept.cell_seconds,
        **{name: getattr(kept, name) for name in LATER},
        "graded": to_json(kept.graded),
    }
    return f"{json_line(entry)}\n"


def to_json(graded: Graded) -> dict[str, Any]:
    """An outcome as JSON values, without the notebook and the evidence, which have own files."""
    return {
        "name": graded.name,
        "state": str(graded.state),
        "cell": graded.cell,
        "reason": graded.reason,
        "seconds": graded.seconds,
        "confined": graded.confined,
        "flags": graded.flags,
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
        confined=kept.get("confined", ""),
        flags=tuple(kept.get("flags", ())),
    )


def _values(result: CheckResult) -> dict[str, Any]:
    return {name: getattr(result, name) for name in CheckResult.__slots__}


def _exercise(kept: Mapping[str, Any]) -> ExerciseResult:
    results = []
    for one in kept["results"]:
        texts = tuple(one["hint_texts"]) if one["hint_texts"] else None
        results.append(CheckResult(**{**one, "hint_texts": texts}))
    return ExerciseResult(kept["exercise"], tuple(results))
