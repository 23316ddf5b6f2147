"""What a notebook calls: find the server, declare an answer, ask for a verdict.

Nothing here decides anything: ``check`` asks the check service and shows what it answers.
"""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from labkit.card import Card
from labkit.errors import CourseError
from labkit.paths import ROOT_VARIABLE, Course, find_course

#: A check takes a tenth of a second; one that takes this long has hung.
SECONDS_TO_WAIT = 30.0
_EXERCISE = re.compile(r"[0-9]+\.[0-9]+")
#: A school's proxy must not be asked for addresses of this machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def connect() -> None:
    """Point MLflow at the course's server, wherever this notebook was opened.

    Raises:
        CourseError: the course is not running.
    """
    import mlflow  # takes two seconds, so only those pay who connect

    # A cell that logs to a server that was stopped should say so in seconds, not in minutes.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    mlflow.set_tracking_uri(_tracking_uri(find_course()))
    print("Connected to the course's MLflow server.")


def declare(exercise: str = "", /, *unnamed: Any, **values: Any) -> None:
    """Hand in an answer that is a value, for instance the id of a run.

    Declaring again replaces what was declared for that exercise before.

    Args:
        exercise: the exercise's id, e.g. ``"1.3"``.
        unnamed: nothing; an answer without its name is refused.
        values: the answers by name: text, numbers, booleans, None, lists and dicts of these.
            NumPy and pandas numbers are taken as the plain numbers they stand for.

    Raises:
        CourseError: the exercise is not named; a value has no name, is of another kind, or not a
            finite number.
    """
    if not isinstance(exercise, str) or not _EXERCISE.fullmatch(exercise):
        raise CourseError(
            "declare takes the number of the exercise first.",
            why=f"{exercise!r} is none." if exercise else "It was called without one.",
            next_step='Write it as in the heading, in quotes: labkit.declare("1.3", ...)',
        )
    if unnamed:
        raise CourseError(
            "declare takes each answer by its name.",
            why=f"{unnamed[0]!r} has none, so nobody could tell which answer it is.",
            next_step=f"Write the name the task gives it: {_named(exercise, unnamed[0])}",
        )
    plain = {name: _plain(name, value) for name, value in values.items()}
    path = find_course().declared / f"{exercise}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(plain, indent=1), encoding="utf-8")
    print(f"Declared for exercise {exercise}: {', '.join(plain) or 'nothing'}.")


def check(exercise: str) -> None:
    """Show the verdict on an exercise: points, what was found, and a hint where it helps.

    Args:
        exercise: the exercise's id, as in its heading.

    Raises:
        CourseError: there is no such exercise, or no store to look at yet.
    """
    from IPython.display import display

    course = find_course()
    question = {"exercise": exercise, "tracking_uri": _current_tracking_uri()}
    answer = _ask_service(course, question) or _ask_subprocess(course, question)
    if "error" in answer:
        error = answer["error"]
        raise CourseError(error["what"], why=error["why"], next_step=error["next_step"])
    display(Card(answer["html"], answer["text"]))


def _tracking_uri(course: Course) -> str:
    named = os.environ.get("MLFLOW_TRACKING_URI")
    if named and os.environ.get(ROOT_VARIABLE):
        return named
    url = str(_running(course).get("mlflow", {}).get("url", ""))
    try:
        with _DIRECT.open(f"{url}/health", timeout=SECONDS_TO_WAIT):
            return url
    except (OSError, ValueError) as error:
        raise CourseError(
            "The course's MLflow server is not running.",
            why="This notebook was opened without it, or it has been stopped.",
            next_step="In the course folder run: python course.py start",
        ) from error


def _running(course: Course) -> Mapping[str, Any]:
    """What ``labkit start`` wrote about the servers; empty where nothing was started."""
    try:
        servers = json.loads(course.servers.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return servers if isinstance(servers, dict) else {}


def _current_tracking_uri() -> str | None:
    """Where this notebook logs to, if it uses MLflow; a hint for the verdict, never proof."""
    mlflow = sys.modules.get("mlflow")
    return str(mlflow.get_tracking_uri()) if mlflow else None


def _ask_service(course: Course, question: Mapping[str, Any]) -> dict[str, Any] | None:
    """The service's answer; None where it does not run."""
    service = _running(course).get("checks") or {}
    if not service.get("url"):
        return None
    request = urllib.request.Request(  # noqa: S310 - the address is our own, on loopback
        f"{service['url']}/check",
        data=json.dumps(question).encode(),
        headers={"X-Labkit-Token": str(service.get("token")), "Content-Type": "application/json"},
    )
    try:
        with _DIRECT.open(request, timeout=SECONDS_TO_WAIT) as response:
            answer: dict[str, Any] = json.load(response)
    except (urllib.error.URLError, OSError, ValueError):
        return None
    return answer


def _ask_subprocess(course: Course, question: Mapping[str, Any]) -> dict[str, Any]:
    """The same verdict from a process of its own, where no service runs."""
    command = [sys.executable, "-m", "labkit", "check", str(question["exercise"]), "--json"]
    try:
        done = subprocess.run(
            command,
            cwd=course.root,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS_TO_WAIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _could_not(f"It gave no answer within {SECONDS_TO_WAIT:g} s.") from error
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        last = (done.stderr.strip().splitlines() or ["It gave no answer."])[-1]
        raise _could_not(last) from error
    return answer


def _could_not(why: str) -> CourseError:
    return CourseError(
        "The check could not run.",
        why=why,
        next_step="In the course folder run: python course.py doctor",
    )


def _named(exercise: str, value: Any) -> str:
    """A call as it should have been written."""
    given = "**answers" if isinstance(value, dict) else f"a={json.dumps(value, default=repr)}"
    return f'labkit.declare("{exercise}", {given})'


def _plain(name: str, value: Any) -> Any:
    """A value as JSON has it."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)) and math.isfinite(value):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(name, one) for one in value]
    if isinstance(value, dict):
        return {str(key): _plain(name, one) for key, one in value.items()}
    raise CourseError(
        f"{name} cannot be declared.",
        why=f"It is {value!r}, a {type(value).__name__}; a declared answer is text, a finite "
        "number, true or false, or a list or dict of these.",
        next_step="Declare the value itself, for example run.info.run_id instead of run.",
    )
