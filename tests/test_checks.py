"""A check decides over evidence; whatever it does, its exercise keeps standing."""

from __future__ import annotations

import math

import pytest

from labkit.card import card_html, lines_of, make_card
from labkit.checks import Hint, Verdict, best_match, check, failed, partly, passed, run_checks
from labkit.evidence import Evidence

NOTHING = Evidence("9.1")
HINTS = {"why": Hint("Look at the name.", 'Call it "right".')}


@check("9.1", points=2, hints=HINTS)
def wrong(_: Evidence) -> Verdict:
    return failed("It is called <b>left</b>.", "why", name="left")


@check("9.1", points=2)
def half(_: Evidence) -> Verdict:
    return partly(0.5, "One of two.")


@check("9.1", points=1)
def broken(evidence: Evidence) -> Verdict:
    return passed(evidence.declared["missing"])


@check("9.1", points=3, hidden=True)
def secret(_: Evidence) -> Verdict:
    return passed("The answer is forty-two.")


@check("9.2", points=1)
def elsewhere(_: Evidence) -> Verdict:
    return passed("Not asked.")


CHECKS = (wrong, half, broken, secret, elsewhere)


def test_points_add_up_over_the_checks_of_the_exercise_alone() -> None:
    result = run_checks(CHECKS, NOTHING)
    assert [one.points for one in result.results] == [0, 1, 0, 3]
    assert (result.points, result.max_points) == (4, 8)
    assert not result.passed


def test_a_check_that_breaks_down_blames_itself_and_leaves_the_others_standing() -> None:
    fault = run_checks(CHECKS, NOTHING).results[2]
    assert fault.points == 0
    assert "fault of the check, not of your work" in fault.message
    assert fault.looked_at == {"fault": "KeyError: 'missing'"}


@pytest.mark.parametrize("share", [math.nan, math.inf, -0.1, 1.1])
def test_a_share_that_is_no_share_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        partly(share, "Too good.")


def test_a_card_says_what_was_found_and_hides_what_is_hidden() -> None:
    html = card_html(run_checks(CHECKS, NOTHING))
    assert "4 of 8 points" in html
    assert "One of two." in html
    assert "forty-two" not in html
    assert "Hidden checks: 3 of 3 points." in html


def test_nothing_a_student_named_becomes_markup() -> None:
    html = card_html(run_checks(CHECKS, NOTHING))
    assert "<b>left</b>" not in html
    assert "&lt;b&gt;left&lt;/b&gt;" in html


def test_the_second_sentence_of_a_hint_is_shown_only_when_it_is_due() -> None:
    result = run_checks(CHECKS, NOTHING)
    first = make_card(result, lines_of(result)).text
    second = make_card(result, lines_of(result, second_hints=frozenset({"wrong/why"}))).text
    assert "Look at the name." in first
    assert 'Call it "right".' not in first
    assert 'Call it "right".' in second


def test_one_mistake_that_fails_two_checks_is_explained_once() -> None:
    result = run_checks([wrong, wrong], NOTHING)
    text = make_card(result, lines_of(result)).text
    assert text.count("It is called") == 2
    assert text.count("Look at the name.") == 1


def test_the_newest_of_the_best_candidates_is_judged() -> None:
    newest_first = [{"a"}, {"a", "b"}, {"b", "a"}, set[str]()]
    best = best_match(newest_first, lambda one: "a" in one, lambda one: "b" in one)
    assert best is newest_first[1]
    assert best_match([], bool) is None
