"""The lab on DVC judges repositories by their commits, their stores, and the rows in them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import nbformat
import pytest
from conftest import REPOSITORY

from labkit.checks import ExerciseResult, run_checks
from labkit.evidence import Commit, Evidence, Repository, Store, Tracking
from labkit.labs import load_lab
from labkit.paths import Course
from labkit.practice import deliveries

LAB = load_lab(REPOSITORY, "lab03_dvc")
FIRST = "4fe44c2f0c930fb312813d3d56afba01"
SECOND = "3b67446b1df75cbcc2bb1bfb8d7f1b83"
KEPT = (".dvc/config", ".gitignore", "data.csv.dvc")


def tracking(md5: str = FIRST, address: str = "../../store") -> Tracking:
    return Tracking({"data.csv": md5}, {"store": address}, "store")


def commit(name: str, told: Tracking, files: tuple[str, ...] = KEPT) -> Commit:
    return Commit(name, name, (), files, told)


def team(exercise: str, *commits: Commit, **more: Any) -> Repository:
    """A repository after these commits, the newest first, with all bytes where they belong."""
    folder = f"practice/lab03/{exercise}"
    kept = tuple({one.tracking.pointers["data.csv"] for one in commits})
    bare = Repository(
        f"{folder}/team",
        branch="main",
        head=commits[0].id,
        commits=commits,
        files={"data.csv": commits[0].tracking.pointers["data.csv"]},
        tracking=commits[0].tracking,
        cache=Store(f"{folder}/team/.dvc/cache", kept),
        stores={"store": Store(f"{folder}/store", kept)},
    )
    return replace(bare, **more)


def verdict(exercise: str, *repositories: Repository, **declared: object) -> ExerciseResult:
    found = Evidence(exercise, declared=declared, repositories=repositories)
    return run_checks(LAB.checks, found)


def hints(result: ExerciseResult) -> set[str]:
    return {one.hint for one in result.results if one.hint}


def test_the_deliveries_have_the_md5_that_the_checks_know(course: Course) -> None:
    made = deliveries((course.data / "churn.csv").read_bytes())
    names = [hashlib.md5(one, usedforsecurity=False).hexdigest() for one in made]
    from_checks = LAB.public_checks[0].decide.__globals__["FIRST"]
    assert names[:2] == [FIRST, SECOND]
    assert from_checks == FIRST
    lines = [one.splitlines() for one in made]
    assert [len(one) - len(set(one)) for one in lines] == [0, 0, 137, 137]
    fourth = verdict("3.4", team("back", commit("d", tracking(names[3]))))
    assert "nothing_done" in hints(fourth)


@pytest.mark.parametrize(
    ("address", "lost"),
    [
        ("../../store", set()),
        ("../../../share/store/", set()),
        (r"..\..\store", set()),
        ("/home/ana/share/store", {"absolute_address"}),
        (r"C:\course\share\store", {"absolute_address"}),
        ("file:///home/ana/store", {"absolute_address"}),
        ("s3://bucket/store", {"absolute_address"}),
    ],
)
def test_an_address_counts_by_where_it_leads_and_travels_if_it_is_relative(
    address: str, lost: set[str]
) -> None:
    result = verdict("3.2", team("share", commit("a", tracking(address=address))))
    assert hints(result) == lost
    assert result.points == 5 - len(lost)


def test_more_versions_after_the_second_commit_of_it_are_no_harm() -> None:
    first, second = commit("a", tracking()), commit("b", tracking(SECOND))
    later = commit("c", tracking(SECOND), (*KEPT, "README.md"))
    assert verdict("3.3", team("change", second, first)).passed
    assert verdict("3.3", team("change", later, second, first)).passed


def test_a_second_version_whose_bytes_are_damaged_in_the_remote_was_not_pushed() -> None:
    first, second = commit("a", tracking()), commit("b", tracking(SECOND))
    stores = {"store": Store("practice/lab03/change/store", (FIRST,), (SECOND,))}
    result = verdict("3.3", team("change", second, first, stores=stores))
    assert hints(result) == {"not_pushed"}


def test_a_remote_of_another_exercise_proves_nothing() -> None:
    elsewhere = {"store": Store("practice/lab03/get/store", (FIRST,))}
    result = verdict("3.2", team("share", commit("a", tracking()), stores=elsewhere))
    assert "pushed_elsewhere" in hints(result)


@pytest.mark.parametrize("said", [True, [137], "137", "many", float("inf"), None])
def test_a_number_of_customers_that_is_none_earns_nothing(said: object) -> None:
    result = verdict("3.4", first_faulty="v3", twice=said)
    assert result.points == 1


@pytest.mark.parametrize("said", [{"tag": "v3"}, True, "v33", "", 3.5])
def test_a_tag_that_is_none_is_told_so(said: object) -> None:
    assert "no_tag" in hints(verdict("3.4", first_faulty=said, twice=137))


@pytest.mark.parametrize("said", [7, ["not pushed"], None, {"cause": "damaged"}])
def test_a_cause_that_is_no_word_counts_as_wrong(said: object) -> None:
    result = verdict("3.6", a=said, b="wrong address", c="damaged")
    assert result.points == 2
    assert "unknown" in hints(result)


def test_one_cause_for_all_three_earns_one_point() -> None:
    assert verdict("3.6", a="damaged", b="damaged", c="damaged").points == 1


def test_a_clone_of_another_repository_is_no_clone_of_the_teams() -> None:
    there = team("get", commit("a", tracking()))
    stranger = replace(there, path="practice/lab03/get/colleague", origin="practice/07_08")
    result = verdict("3.5", there, stranger, md5=FIRST)
    assert result.points == 1
    assert hints(result) == {"copied"}
    clone = replace(stranger, origin=there.path)
    assert verdict("3.5", there, clone, md5=FIRST).passed


@pytest.mark.parametrize("exercise", ["3.2", "3.3", "3.4", "3.5", "3.6", "3.7"])
def test_where_an_exercise_was_never_begun_the_hint_says_so(exercise: str) -> None:
    result = verdict(exercise)
    assert result.points == 0
    assert hints(result) - {"not_declared"} == {"no_repository"}


def test_repositories_are_kept_with_the_evidence() -> None:
    found = Evidence("3.1", repositories=(team("share", commit("a", tracking())),))
    kept = json.loads(json.dumps(found.to_json()))
    assert Evidence.from_json(kept) == found
    del kept["repositories"]
    assert Evidence.from_json(kept).repositories == ()


def test_what_commands_say_is_text_in_its_place_in_a_notebook_too() -> None:
    solved = nbformat.read(REPOSITORY.solutions / f"{LAB.name}.ipynb", as_version=4)
    cells = [cell for cell in solved.cells if cell.cell_type == "code"]
    shown = [cell for cell in cells if any(one.output_type != "stream" for one in cell.outputs)]
    assert [cell.source for cell in shown] == [f'labkit.check("3.{n}")' for n in range(1, 8)]
    printed = "".join(one.text for cell in cells for one in cell.outputs if "text" in one)
    assert "\x1b" not in printed
    assert "A       data.csv\n1 file fetched and 1 file added" in printed
