"""Asks a submission's models for predictions, each in a process of its own.

Loading a model can run any code its author put into it, so the grader never does it: a process
forked from a warm one (or a new one where there is none) loads the model, writes its answer as
JSON into a file, and ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from labkit.checks import Probe
from labkit.evidence import Evidence, Model
from labkit.grading.environment import grading_environment
from labkit.grading.model_process import ENVIRONMENT
from labkit.grading.removal import passing_folder
from labkit.paths import Course
from labkit.warm import family
from labkit.warm.confine import Cell
from labkit.warm.pool import Forked, WarmProcess

Rows = Mapping[str, list[Any]]

#: Wall time one model may take to load and answer.
SECONDS = 60
MOST_BYTES = 5_000_000


class Predictor:
    """Answers a lab's probes.

    Args:
        probes: which models to ask, and what.
        course: where the grader's own copy of the data is.
        warm: what to fork from; a new process is started for each model where there is none.
        confined: whether a forked process may write only its answer and read only its model.
        seconds: how long one model may take.
    """

    def __init__(
        self,
        probes: Sequence[Probe],
        course: Course,
        *,
        warm: WarmProcess | None = None,
        confined: bool = False,
        seconds: float = SECONDS,
    ) -> None:
        self._probes = tuple(probes)
        self._course = course
        self._warm = warm
        self._confined = confined
        self._seconds = seconds

    def ask(self, workspace: Course, evidence: Evidence) -> Evidence:
        """Add what the models of an exercise predict to its evidence.

        Args:
            workspace: where the models' files are.
            evidence: what was collected for one exercise.

        Returns:
            The evidence, with ``predictions`` where the exercise has a probe and a model for it.
        """
        answers = dict(evidence.predictions)
        for probe in self._probes:
            model = probe.choose(evidence) if probe.exercise == evidence.exercise else None
            if model is not None:
                rows, truth = probe.rows(self._course.data)
                answers[model.model_id] = self._compare(workspace, model, rows, truth)
        return replace(evidence, predictions=answers)

    def _compare(
        self, workspace: Course, model: Model, rows: Rows, truth: list[Any]
    ) -> Mapping[str, Any]:
        if not model.path:
            return {"error": "The files of the model are not where the store says."}
        answer = self._answer(workspace.root / model.path, rows)
        if isinstance(answer, dict) and isinstance(answer.get("error"), str):
            return {"error": answer["error"]}
        if not isinstance(answer, list) or len(answer) != len(truth):
            return {"error": f"The model did not give one answer for each of {len(truth)} rows."}
        return {"predicted": answer, "truth": truth}

    def _answer(self, model: Path, rows: Rows) -> Any:
        with passing_folder() as folder:
            question, reply = folder / "rows.json", folder / "answer.json"
            question.write_text(json.dumps(rows), encoding="utf-8")
            process = self._start([str(model), str(question), str(reply)], str(folder))
            in_time = True
            try:
                process.wait(self._seconds)
            except subprocess.TimeoutExpired:
                in_time = False
            if isinstance(process, Forked):
                process.kill()
            else:
                family.end(process.pid)
            status = process.wait()
            if not in_time:
                return {"error": f"The model did not answer within {self._seconds:g} s."}
            return _read(reply, status)

    def _start(self, arguments: Sequence[str], folder: str) -> Forked | subprocess.Popen[bytes]:
        environment = {**grading_environment(), **ENVIRONMENT, "HOME": folder, "TMPDIR": folder}
        if self._warm is not None:
            function = "labkit.grading.model_process:ask_model"
            cell = Cell((folder,), readable=(arguments[0],)) if self._confined else None
            return self._warm.fork(
                function, arguments, folder=folder, environment=environment, cell=cell
            )
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "labkit.grading.model_process", *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _read(reply: Path, status: int | None) -> Any:
    if not reply.is_file() or reply.is_symlink():
        return {"error": f"The model ended the process that loaded it (exit code {status})."}
    if reply.stat().st_size > MOST_BYTES:
        return {"error": "The model answered with more than was asked for."}
    try:
        return json.loads(reply.read_bytes())
    except (ValueError, RecursionError):
        return {"error": "The model's answer is not readable."}
