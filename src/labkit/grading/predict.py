"""Asks a submission's models for predictions, each in a process of its own.

Loading a model can run any code its author put into it, so the grader never does it: a process
forked from one that has imported MLflow (or a new one where forking is not safe) loads the model,
writes its answer as JSON into a file, and ends.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from typing import Any

import psutil

from labkit.checks import Probe
from labkit.evidence import Evidence, Model
from labkit.grading.engine import end_processes
from labkit.grading.model_process import ENVIRONMENT, PRELOADED, ask_model
from labkit.paths import Course

Rows = Mapping[str, list[Any]]

#: Wall time one model may take to load and answer.
SECONDS = 60
MOST_BYTES = 5_000_000


class Predictor:
    """Answers a lab's probes.

    Args:
        probes: which models to ask, and what.
        course: where the grader's own copy of the data is.
        seconds: how long one model may take.
    """

    def __init__(
        self, probes: Sequence[Probe], course: Course, *, seconds: float = SECONDS
    ) -> None:
        self._probes = tuple(probes)
        self._course = course
        self._seconds = seconds
        self._context: ForkServerContext | SpawnContext | None = None

    def get_ready(self) -> None:
        """Have MLflow imported in a process beside this one, if there will be a use for it."""
        if self._probes and self._context is None:
            self._context = _context()

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
        answer = self._answer(workspace, model.path, rows)
        if isinstance(answer, dict) and isinstance(answer.get("error"), str):
            return {"error": answer["error"]}
        if not isinstance(answer, list) or len(answer) != len(truth):
            return {"error": f"The model did not give one answer for each of {len(truth)} rows."}
        return {"predicted": answer, "truth": truth}

    def _answer(self, workspace: Course, model: str, rows: Rows) -> Any:
        context = self._context or _context()
        with tempfile.TemporaryDirectory(
            dir=workspace.root.parent, ignore_cleanup_errors=True
        ) as folder:
            reply = Path(folder) / "answer.json"
            process = context.Process(
                target=ask_model, args=(str(workspace.root / model), dict(rows), str(reply))
            )
            process.start()
            known = _process(process.pid)
            process.join(self._seconds)
            in_time = process.exitcode is not None
            if known:
                end_processes(known)
            process.join()
            if not in_time:
                return {"error": f"The model did not answer within {self._seconds:g} s."}
            return _read(reply, process.exitcode)


def _process(pid: int | None) -> psutil.Process | None:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid)
    return None


def _context() -> ForkServerContext | SpawnContext:
    if sys.platform != "linux":  # forking is not to be had on Windows and not safe on macOS
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with _environment():
        forkserver.ensure_running()
    return context


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """Thread counts are read when NumPy is imported, so they must stand before that."""
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _read(reply: Path, exit_code: int | None) -> Any:
    if not reply.is_file() or reply.is_symlink():
        return {"error": f"The model ended the process that loaded it (exit code {exit_code})."}
    if reply.stat().st_size > MOST_BYTES:
        return {"error": "The model answered with more than was asked for."}
    try:
        return json.loads(reply.read_bytes())
    except (ValueError, RecursionError):
        return {"error": "The model's answer is not readable."}
