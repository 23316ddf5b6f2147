"""How the class did on each check: the hardest exercise first, with what was said most often."""

from __future__ import annotations

from labkit.checks import CheckResult, ExerciseResult
from labkit.grading.outcome import Graded, State
from labkit.grading.statistics import CheckStatistics, check_statistics


def result(check: str, points: float, message: str = "", hint: str | None = None) -> CheckResult:
    return CheckResult(check, check == "secret", points, 2, message, hint, None, {})


def graded(name: str, *exercises: tuple[CheckResult, ...], state: State = State.GRADED) -> Graded:
    judged = (ExerciseResult(f"1.{n}", one) for n, one in enumerate(exercises, start=1))
    return Graded(name, state, tuple(judged))


def test_the_hardest_exercise_comes_first_and_in_it_the_hardest_check() -> None:
    easy = (result("easy", 2),)
    statistics = check_statistics(
        [
            graded("anna", easy, (result("public", 2), result("secret", 1)), (result("half", 1),)),
            graded("ben", easy, (result("public", 0), result("secret", 0)), (result("half", 2),)),
        ]
    )
    assert [(one.exercise, one.check, one.passed, one.share) for one in statistics] == [
        ("1.2", "secret", 0, 0.25),
        ("1.2", "public", 0.5, 0.5),
        ("1.3", "half", 0.5, 0.75),
        ("1.1", "easy", 1, 1),
    ]
    assert [one.hidden for one in statistics] == [True, False, False, False]


def test_hint_and_message_are_those_given_most_often_to_who_did_not_pass() -> None:
    said = ["It is right."] * 3 + ["41 is wrong."] * 2 + ["0 is wrong."]
    hints = ["never"] * 3 + ["off_by_one", None, "off_by_one"]
    (only,) = check_statistics(
        graded(f"student {number}", (result("only", 2 * (number < 3), message, hint),))
        for number, (message, hint) in enumerate(zip(said, hints, strict=True))
    )
    assert (only.count, only.passed) == (6, 0.5)
    assert (only.hint, only.message) == (("off_by_one", 2), ("41 is wrong.", 2))


def test_of_what_was_said_equally_often_it_is_always_the_same() -> None:
    pair = [graded(name, (result("only", 0, f"{name}."),)) for name in ("ben", "anna")]
    assert check_statistics(pair) == check_statistics(pair[::-1])


def test_who_handed_in_nothing_does_not_count() -> None:
    nothing = (result("only", 0),)
    states = (State.EMPTY, State.UNREADABLE, State.FAULT)
    (only,) = check_statistics(
        [
            graded("anna", (result("only", 2),)),
            *(graded(state, nothing, state=state) for state in states),
        ]
    )
    assert only == CheckStatistics("1.1", "only", False, 1, 1, 1, ("", 0), ("", 0))


def test_a_check_worth_nothing_and_an_empty_class_do_no_harm() -> None:
    free = CheckResult("free", False, 0, 0, "", None, None, {})
    (only,) = check_statistics([graded("anna", (free,))])
    assert (only.passed, only.share) == (1, 1)
    assert check_statistics([]) == []
