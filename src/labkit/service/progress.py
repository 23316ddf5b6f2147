"""What a learner has earned, and which hints were given; a small JSON file in the state folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from labkit.checks import ExerciseResult


@dataclass(slots=True)
class Earned:
    """The progress of one exercise: the best verdict so far, and how often each hint was due."""

    points: float = 0.0
    max_points: float = 0.0
    hints: dict[str, int] = field(default_factory=dict)


def read_progress(path: Path) -> dict[str, Earned]:
    """The progress by exercise; empty where nothing was checked yet or the file is damaged."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {exercise: Earned(**values) for exercise, values in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def record(path: Path, result: ExerciseResult) -> Earned:
    """Add a verdict to the progress: points once earned stay, a hint given again counts up.

    Args:
        path: the progress file; made where it is missing.
        result: the verdict.

    Returns:
        The progress of this exercise, this verdict included.
    """
    progress = read_progress(path)
    earned = progress.setdefault(result.exercise, Earned())
    if result.points >= earned.points or earned.max_points != result.max_points:
        earned.points, earned.max_points = result.points, result.max_points
    for one in result.results:
        if one.hint is not None:
            key = f"{one.check}/{one.hint}"
            earned.hints[key] = earned.hints.get(key, 0) + 1
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(
        json.dumps({exercise: asdict(one) for exercise, one in progress.items()}, indent=1),
        encoding="utf-8",
    )
    fresh.replace(path)
    return earned
