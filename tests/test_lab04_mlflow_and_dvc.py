"""The lab on choosing a tool: twelve situations, and an explanation that a person reads."""

from __future__ import annotations

import re

import pytest
from conftest import REPOSITORY

from labkit.checks import ExerciseResult, run_checks
from labkit.evidence import Evidence
from labkit.labs import load_lab

LAB = load_lab(REPOSITORY, "lab04_mlflow_and_dvc")
RUBRIC = (LAB.folder / "rubric.md").read_text(encoding="utf-8")
ANSWERS = {
    level: " ".join(line.removeprefix("> ") for line in text.splitlines() if line.startswith(">"))
    for level, text in re.findall(r"^## Level (\d)\n(.+?)(?=^## |\Z)", RUBRIC, re.M | re.S)
}


def verdict(exercise: str, **declared: object) -> ExerciseResult:
    return run_checks(LAB.checks, Evidence(exercise, declared=declared))


def test_there_are_twelve_situations_and_each_is_judged_once() -> None:
    letters = re.findall(r"^# - \*\*([a-z])\*\* ", LAB.text, re.M)
    assert letters == list("abcdefghijkl")
    points = sum(one.points for one in LAB.checks if one.exercise in {"4.1", "4.2"})
    assert points == len(letters)


@pytest.mark.parametrize("exercise", ["4.1", "4.2"])
@pytest.mark.parametrize("tool", ["mlflow", "dvc", "both"])
def test_one_answer_for_everything_never_earns_more_than_half(exercise: str, tool: str) -> None:
    letters = "abcdef" if exercise == "4.1" else "ghijkl"
    result = verdict(exercise, **dict.fromkeys(letters, tool))
    assert result.points <= result.max_points / 2
    assert {one.hint for one in result.results if one.points < one.max_points} == {"undecided"}


def test_a_check_says_how_many_are_right_and_not_which() -> None:
    result = verdict("4.1", a="mlflow", b="mlflow", c="mlflow", d="dvc", e="dvc", f="dvc")
    assert result.results[0].message == "Of a, b, c, d, 3 of 4 are right."


def test_a_hidden_letter_without_an_answer_is_named_and_not_decided() -> None:
    result = verdict("4.1", a="dvc", b="mlflow", c="mlflow", d="dvc", E="mflow")
    public = result.results[0]
    assert public.points == public.max_points
    assert "e: 'mflow' is none of the three words. f is not declared." in public.message
    assert "letters, g to l" in next(
        one.hints["nothing"].first for one in LAB.public_checks if one.exercise == "4.2"
    )


def mention(text: str) -> tuple[float, str | None]:
    (found,) = (one for one in verdict("4.3", text=text).results if one.check == "names_both")
    return found.points, found.hint


@pytest.mark.parametrize(
    "text",
    [
        "MLflow keeps the parameters and the F1 of a training. DVC keeps the rows, byte for byte.",
        "MLflow has the scores, the logs and the history. DVC has the bytes and the pipelines.",
        "DVC does not track models, MLflow does not keep data.",
        "MLflow is a book. It lists trainings. DVC is a larder. It stores tables, and models too.",
        "MLflow notes a digest of the data. Its runs say more. DVC stores models as files.",
        "With MLflow and DVC we have models and data.",
    ],
)
def test_any_words_on_what_the_tools_keep_will_do(text: str) -> None:
    assert mention(text) == (1, None)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("DVC is for models and MLflow is for data.", "swapped"),
        ("MLflow versions our tables. It keeps every row. DVC logs metrics.", "swapped"),
        ("MLflow keeps runs. DVC is for something else.", "no_data"),
        ("DVC keeps data. MLflow is for something else.", "no_runs"),
        ("MLflow has metadata, DVC is for Git.", "no_object"),
        ("MLflow keeps runs and data.", "one_tool"),
    ],
)
def test_what_a_text_lacks_or_swaps_is_said_of_the_tool(text: str, hint: str) -> None:
    assert mention(text) == (0, hint)


@pytest.mark.parametrize("level", ["4", "3", "2", "1"])
def test_the_rubric_has_a_model_answer_of_each_level_that_keeps_to_the_form(level: str) -> None:
    assert verdict("4.3", text=ANSWERS[level]).passed


@pytest.mark.parametrize("said", [None, 42, ["MLflow", "DVC"], "", "   "])
def test_an_explanation_that_is_no_text_earns_nothing(said: object) -> None:
    assert verdict("4.3", text=said).points == 0
