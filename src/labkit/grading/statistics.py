"""How a class did on each check: ``checks.csv``, the hardest exercise first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from labkit.checks import CheckResult
from labkit.grading.files import write_table
from labkit.grading.outcome import Graded

#: The hint and the message are those given most often to who did not pass, with how often.
HEAD = (
    "exercise",
    "check",
    "hidden",
    "submissions",
    "passed",
    "mean share",
    "hint",
    "hint count",
    "message",
    "message count",
)


@dataclass(frozen=True, slots=True)
class CheckStatistics:
    """How a class did on one check.

    Args:
        exercise: the exercise's id.
        check: the check's id.
        hidden: whether students do not see it.
        count: how many submissions it judged.
        passed: the share of them that got all its points.
        share: the share of its points that they got on average.
        hint: the hint given most often to those who did not pass, with how often.
        message: the message given most often to them, likewise.
    """

    exercise: str
    check: str
    hidden: bool
    count: int
    passed: float
    share: float
    hint: tuple[str, int]
    message: tuple[str, int]


def check_statistics(graded: Iterable[Graded]) -> list[CheckStatistics]:
    """How a class did on each check, the exercise with the fewest points first.

    What was handed in without an answer, or could not be read, does not count.

    Args:
        graded: the outcomes.
    """
    by_check: defaultdict[tuple[str, str], list[CheckResult]] = defaultdict(list)
    for one in graded:
        if one.answered:
            for exercise in one.exercises:
                for result in exercise.results:
                    by_check[exercise.exercise, result.check].append(result)
    hardness = {name: _earned(_of_exercise(by_check, name)) for name, _ in by_check}
    made = [_statistics(*key, results) for key, results in by_check.items()]
    return sorted(made, key=lambda one: (hardness[one.exercise], one.exercise, one.share))


def write_checks(out: Path, graded: Iterable[Graded]) -> None:
    """Write ``checks.csv``.

    Args:
        out: the folder.
        graded: the outcomes.

    Raises:
        CourseError: it cannot be written.
    """
    write_table(out / "checks.csv", HEAD, map(_row, check_statistics(graded)))


def _of_exercise(
    by_check: dict[tuple[str, str], list[CheckResult]], exercise: str
) -> Iterator[CheckResult]:
    return (one for key, results in by_check.items() if key[0] == exercise for one in results)


def _statistics(exercise: str, check: str, results: Sequence[CheckResult]) -> CheckStatistics:
    missed = [one for one in results if one.points < one.max_points]
    return CheckStatistics(
        exercise,
        check,
        results[0].hidden,
        len(results),
        passed=1 - len(missed) / len(results),
        share=fmean(_earned([one]) for one in results),
        hint=_most_frequent(one.hint for one in missed if one.hint),
        message=_most_frequent(one.message for one in missed),
    )


def _earned(results: Iterable[CheckResult]) -> float:
    """The share of their points, of which there may be none at all."""
    pairs = [(one.points, one.max_points) for one in results]
    most = sum(one[1] for one in pairs)
    return sum(one[0] for one in pairs) / most if most else 1.0


def _most_frequent(texts: Iterable[str]) -> tuple[str, int]:
    # Of those that are equally frequent the first in the alphabet: the file is always the same.
    counted = Counter(sorted(texts)).most_common(1)
    return counted[0] if counted else ("", 0)


def _row(one: CheckStatistics) -> list[str]:
    hint, message = ([text, str(times) if times else ""] for text, times in (one.hint, one.message))
    shares = [f"{one.passed:.0%}", f"{one.share:.0%}"]
    hidden = "yes" if one.hidden else "no"
    return [one.exercise, one.check, hidden, str(one.count), *shares, *hint, *message]
