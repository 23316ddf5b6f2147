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
EMPTY, A_NEW_LINE = "d41d8cd98f00b204e9800998ecf8427e", "68b329da9893e34099c7d8ad5cb9c940"
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


def messages(result: ExerciseResult) -> str:
    return " ".join(one.message for one in result.results)


def broken(letter: str, here: str | None = None, **more: Any) -> Repository:
    """A colleague's clone of exercise 3.6: served, unless it is told otherwise."""
    folder = f"practice/lab03/broken/{letter}"
    files = {"data.csv": here} if here else {}
    store, cache = more.pop("store", Store("", (FIRST,))), more.pop("cache", Store("", (FIRST,)))
    clone = team("broken", commit("a", tracking()), files=files, cache=cache)
    stores = {"store": replace(store, folder=f"{folder}/store")}
    return replace(clone, path=f"{folder}/colleague", stores=stores)


NOTHING, INTACT, DAMAGED = Store(), Store("", (FIRST,)), Store("", (), (FIRST,))


@pytest.mark.parametrize(
    ("c", "hint"),
    [
        (broken("c", store=DAMAGED, cache=NOTHING), "not_mended_c"),
        (broken("c", SECOND, store=DAMAGED, cache=DAMAGED), "damaged_c"),
        (broken("c", FIRST, store=DAMAGED, cache=NOTHING), "damaged_c"),
        (broken("c", store=DAMAGED, cache=DAMAGED), "damaged_c"),
        (broken("c", SECOND, store=NOTHING, cache=DAMAGED), "emptied_c"),
        (broken("c", store=NOTHING, cache=NOTHING), "emptied_c"),
        (broken("c", SECOND, cache=DAMAGED), "cached_c"),
        (broken("c", cache=DAMAGED), "cached_c"),
        (broken("c", cache=NOTHING), "not_mended_c"),
        (broken("c", SECOND, cache=INTACT), "wrong_rows_c"),
        (broken("c", FIRST, cache=NOTHING), "by_hand_c"),
    ],
)
def test_each_step_of_mending_the_damaged_store_has_a_hint_of_its_own(
    c: Repository, hint: str
) -> None:
    found = verdict("3.6", broken("a", FIRST), broken("b", FIRST), c)
    assert hints(found) >= {hint}
    assert "2 of the 3 colleagues have the table through DVC; still without: c." in messages(found)


@pytest.mark.parametrize("letter", "abc")
def test_every_hint_on_a_broken_remote_names_its_letter(letter: str) -> None:
    (served,) = (one for one in LAB.checks if one.id == "colleagues_served")
    told = {name: one for name, one in served.hints.items() if name.endswith(f"_{letter}")}
    assert len(told) >= 3
    for hint in told.values():
        assert (hint.first[:3], hint.second[:3]) == (f"{letter}: ", f"{letter}: ")


def test_a_cause_that_is_misspelt_or_missing_is_named() -> None:
    found = verdict("3.6", a="not pushed", b="adress")
    assert "1 of the 3 causes are right. b: 'adress' is none of the five." in messages(found)
    assert "c is not declared." in messages(found)


@pytest.mark.parametrize(
    ("local", "hint"),
    [(EMPTY, "changed_since"), (A_NEW_LINE, "changed_since"), (FIRST, "local_only")],
)
def test_a_remote_renamed_since_its_commit_is_no_setting_that_git_ignores(
    local: str, hint: str
) -> None:
    renamed = replace(tracking(), remotes={"myremote": "../../store"}, default_remote="")
    files = {"data.csv": FIRST, ".dvc/config.local": local}
    now = team("share", commit("a", renamed), files=files, tracking=tracking())
    assert hints(verdict("3.2", now)) >= {hint}


def test_bytes_written_rightly_over_wrong_ones_need_only_be_added() -> None:
    other = "0" * 32
    stores = {"store": Store("practice/lab03/change/store", (FIRST, other))}
    wrong, first = commit("b", tracking(other)), commit("a", tracking())
    found = verdict("3.3", team("change", wrong, first, files={"data.csv": SECOND}, stores=stores))
    assert hints(found) - {"first_lost"} == {"added_before", "pushed_others"}


def begun(**more: Any) -> ExerciseResult:
    """The verdict on a repository of exercise 3.1 in which nothing is committed."""
    bare = Repository("practice/lab03/track", files={".dvc/config": EMPTY, "data.csv": FIRST})
    return verdict("3.1", replace(bare, **more))


def test_what_dvc_stages_by_itself_is_not_a_choice_of_the_students() -> None:
    assert "nothing_committed" in hints(begun(staged=(".dvc/config",), tracking=tracking()))
    assert "staged_only" in hints(begun(staged=("data.csv.dvc",), tracking=tracking()))


def test_a_table_that_git_has_already_is_not_one_that_nobody_was_told_of() -> None:
    assert "in_git" in hints(begun(staged=("data.csv",)))
    assert "not_added" in hints(begun())


def test_a_card_without_a_repository_says_each_thing_once() -> None:
    found = verdict("3.1")
    public = [one.message for one in found.results if not one.hidden]
    assert hints(found) == {"no_git"}
    assert len({*public}) == len(public)


@pytest.mark.parametrize(
    ("files", "staged", "hint"),
    [
        ({}, ("data.csv",), "gone"),
        ({}, (), "gone"),
        ({"data.csv": FIRST}, ("data.csv",), "not_added"),
        ({"data.csv": SECOND}, ("data.csv",), "not_tracked"),
        ({"data.csv": FIRST}, (), "not_tracked"),
    ],
)
def test_what_is_to_be_done_next_depends_on_where_the_table_is(
    files: dict[str, str], staged: tuple[str, ...], hint: str
) -> None:
    commits = (commit("a", Tracking(), ("data.csv",)),)
    mistake = Repository("practice/lab03/mistake/team", "main", "a", commits, {}, staged, files)
    assert hints(verdict("3.7", mistake)) >= {hint}


def test_a_number_in_quotes_is_told_to_lose_them() -> None:
    assert "write 137 without quotes" in messages(verdict("3.4", first_faulty="v3", twice="137"))
    assert "other_number" in hints(verdict("3.4", first_faulty="v3", twice=3137))


@pytest.mark.parametrize(
    ("exercise", "said"),
    [("3.4", "first_faulty is not declared (declared: faulty)."), ("3.5", "(declared: faulty).")],
)
def test_a_name_that_is_none_of_the_tasks_is_told_back(exercise: str, said: str) -> None:
    assert said in messages(verdict(exercise, faulty="v3"))


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
