"""The registry lab judges the state at each check, whatever numbers and words a learner used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from conftest import REPOSITORY

from labkit.checks import ExerciseResult, run_checks
from labkit.evidence import Evidence, ModelVersion, RegisteredModel, Run
from labkit.labs import load_lab

LAB = load_lab(REPOSITORY, "lab02_registry")
F1 = {1: 0.8308, 2: 0.8237, 3: 0.7848}


def version(name: str, number: int, stage: str, **more: Any) -> ModelVersion:
    bare = ModelVersion(name, number, f"run-{number}", f"models:/m-{number}", stage, (), {}, "")
    return replace(bare, **more)


def evidence(exercise: str, *versions: ModelVersion, **more: Any) -> Evidence:
    runs = tuple(run(number, f1) for number, f1 in F1.items())
    names = tuple(RegisteredModel(one, "", {}) for one in {two.name for two in versions})
    return Evidence(exercise, runs=runs, versions=versions, registered=names, **more)


def run(number: int, f1: float) -> Run:
    metrics: Mapping[str, float] = {"f1": f1}
    return Run(f"run-{number}", "lab02-forests", "", "FINISHED", number, None, {}, metrics, {})


def verdict(found: Evidence) -> ExerciseResult:
    return run_checks(LAB.checks, found)


def hints(result: ExerciseResult) -> set[str]:
    return {one.hint for one in result.results if one.hint}


@pytest.mark.parametrize(
    ("exercise", "name", "stages"),
    [
        ("2.2", "lab02-described", ("None", "None")),
        ("2.3", "lab02-churn", ("Production", "None")),
        ("2.4", "lab02-churn", ("Production", "Staging")),
        ("2.6", "lab02-load", ("None", "Production", "None")),
        ("2.7", "lab02-rollback", ("Archived", "Archived", "Production")),
    ],
)
def test_the_state_an_exercise_begins_with_earns_nothing(
    exercise: str, name: str, stages: tuple[str, ...]
) -> None:
    begun = [version(name, number, stage) for number, stage in enumerate(stages, start=1)]
    assert verdict(evidence(exercise, *begun)).points == 0


def test_the_aliases_an_exercise_begins_with_earn_nothing() -> None:
    old = version("lab02-aliases", 1, "None", aliases=("champion",))
    new = version("lab02-aliases", 2, "None", aliases=("challenger",))
    assert verdict(evidence("2.5", old, new)).points == 0


def test_staging_that_was_skipped_costs_points_even_if_the_end_is_right() -> None:
    old, new = version("lab02-churn", 1, "Archived"), version("lab02-churn", 2, "Production")
    validated = replace(new, tags={"validation_f1": "0.824"})
    assert verdict(evidence("2.4", old, validated)).passed
    after_staging = verdict(evidence("2.3", old, validated))
    assert after_staging.points == 1
    assert "skipped_staging" in hints(after_staging)


@pytest.mark.parametrize(
    "said", ["churn, F1 0.82", "churn: 0.8237", "82.4 % on churn", "Tabelle churn, F1 0,824"]
)
def test_an_f1_may_be_written_as_people_write_numbers(said: str) -> None:
    old, new = (version("lab02-described", number, "None") for number in (1, 2))
    tags = {"dataset": "churn", "algorithm": "random-forest"}
    assert verdict(evidence("2.2", old, replace(new, description=said, tags=tags))).passed


@pytest.mark.parametrize("said", ["churn, F1 0.831", "churn, F1 0.8", "churn, F1 nan", "churn 82"])
def test_another_f1_or_one_too_coarse_to_tell_costs_the_hidden_point(said: str) -> None:
    old, new = (version("lab02-described", number, "None") for number in (1, 2))
    result = verdict(evidence("2.2", old, replace(new, description=said)))
    assert hints(result) == {"not_its_f1", "tag_missing"}


@pytest.mark.parametrize("said", ["nan", "inf", "-0.1", "82", "82 %", ""])
def test_a_validation_that_is_no_share_earns_nothing(said: str) -> None:
    old = version("lab02-churn", 1, "Archived")
    new = version("lab02-churn", 2, "Production", tags={"validation_f1": said})
    result = verdict(evidence("2.4", old, new))
    assert result.points == 3
    assert "not_an_f1" in hints(result)


@pytest.mark.parametrize("said", [True, [1], {"version": 1}, "one", "nan"])
def test_a_declared_version_that_is_no_number_is_no_success(said: object) -> None:
    stages = ("Production", "Archived", "Archived")
    done = [version("lab02-rollback", n, stage) for n, stage in enumerate(stages, start=1)]
    assert verdict(evidence("2.7", *done, declared={"restored_version": 1})).passed
    assert verdict(evidence("2.7", *done, declared={"restored_version": said})).points == 4


def test_what_is_written_on_a_registered_model_is_kept_with_the_evidence() -> None:
    found = Evidence("2.2", registered=(RegisteredModel("lab02-described", "Ours", {"a": "b"}),))
    kept = json.loads(json.dumps(found.to_json()))
    assert Evidence.from_json(kept) == found
    del kept["registered"]
    assert Evidence.from_json(kept).registered == ()
