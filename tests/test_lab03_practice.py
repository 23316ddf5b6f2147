"""Repositories to practise on: made with real Git and DVC, and read from outside."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import InWorkspace

import labkit
from labkit.errors import CourseError
from labkit.evidence import Repository
from labkit.evidence.practice import read_practice
from labkit.paths import ROOT_VARIABLE, Course
from labkit.practice import begin, run
from labkit.workspace import make_workspace

TEAMS = """
from labkit.practice import begin, broken_teams, make_team, run
make_team(begin("two"), [b"one", b"two"])
broken = begin("broken")
broken_teams(broken, b"rows\\n" * 9)
for letter in "abc":
    run("dvc pull", broken / letter / "colleague")
run("git init -q", begin("empty"))
run("dvc init -q", begin("without"))
run("dvc status", broken.parent / "without")
run("dvc nonsense", broken / "a" / "team")
run("dvc --version", broken / "a" / "team")
run("git add .", broken.parent / "without")
"""
ONE, TWO = "f97c5d29941bfb1b2fdab0874906ab82", "b8a9f715dbb64fd5c56e7783c6820a61"


@pytest.fixture(scope="module")
def practised(
    tmp_path_factory: pytest.TempPathFactory, course: Course, template: Path, run_in: InWorkspace
) -> tuple[Course, str]:
    """A workspace with repositories, and what was printed while they were made."""
    root = tmp_path_factory.mktemp("practised") / "course"
    workspace = make_workspace(root, course=course, template=template)
    return workspace, run_in(workspace, TEAMS)


@pytest.fixture
def repositories(practised: tuple[Course, str]) -> Mapping[str, Repository]:
    return {one.path.removeprefix("practice/"): one for one in read_practice(practised[0])}


@pytest.fixture
def copy(practised: tuple[Course, str], tmp_path: Path) -> Course:
    """A workspace of one's own to spoil."""
    shutil.copytree(practised[0].practice / "two", tmp_path / "course" / "practice" / "two")
    return Course(tmp_path / "course")


def test_a_team_has_a_commit_and_a_tag_for_each_version_and_their_bytes_in_its_store(
    repositories: Mapping[str, Repository],
) -> None:
    team = repositories["two/team"]
    assert [one.tracking.pointers.get("data.csv") for one in team.commits] == [TWO, ONE, None]
    assert team.tags == {"v1": team.commits[1].id, "v2": team.commits[0].id}
    assert team.stores["store"].intact == (TWO, ONE)
    assert team.stores["store"].folder == "practice/two/store"
    assert team.cache.intact == (TWO, ONE)
    assert team.files["data.csv"] == TWO
    assert team.branch == "main"
    assert team.staged == ()
    assert "data.csv" not in team.commits[0].files


def test_of_the_broken_teams_two_pulls_fail_alike_and_one_brings_wrong_rows(
    practised: tuple[Course, str], repositories: Mapping[str, Repository]
) -> None:
    a, b, c = (repositories[f"broken/{letter}/colleague"] for letter in "abc")
    assert practised[1].count("failed to pull data") == 2
    assert "data.csv" not in a.files.keys() | b.files.keys()
    (wanted,) = {one.tracking.pointers["data.csv"] for one in (a, b, c)}
    assert c.files["data.csv"] != wanted
    assert c.cache.damaged == c.stores["store"].damaged == (wanted,)
    assert (a.stores["store"].intact, a.stores["store"].damaged) == ((), ())
    assert b.stores["store"].folder == "practice/broken/b/stores"
    for letter, clone in zip("abc", (a, b, c), strict=True):
        team = repositories[f"broken/{letter}/team"]
        assert clone.origin == team.path
        assert wanted in team.cache.intact


def test_a_repository_without_a_commit_is_there_and_has_none(
    repositories: Mapping[str, Repository],
) -> None:
    assert repositories["empty"].commits == ()
    assert "without" not in repositories


def test_a_forgotten_init_never_reaches_the_courses_own_repository(
    practised: tuple[Course, str],
) -> None:
    workspace, said = practised
    after = said.partition("$ dvc status")[2]
    assert "not inside of a DVC repository" in after.partition("$")[0]
    assert "not a git repository" in after.partition("$ git add .")[2]
    assert not (workspace.root / ".dvc" / "tmp").exists()


def test_a_command_that_fails_says_so_and_the_next_one_runs(practised: tuple[Course, str]) -> None:
    after = practised[1].partition("$ dvc nonsense")[2]
    assert "invalid choice" in after.partition("$")[0]
    assert "(failed with status 254)" in after.partition("$")[0]
    assert after.partition("$ dvc --version\n")[2].startswith("3.")


@pytest.mark.parametrize("name", ["", ".", "..", "../data", "/etc", "lab/../../data"])
def test_no_other_folder_is_begun_anew(
    name: str, copy: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(copy.root))
    with pytest.raises(CourseError, match="no folder to practise in"):
        begin(name)
    assert (copy.practice / "two" / "team" / "data.csv").is_file()


@pytest.mark.parametrize(
    ("command", "told"),
    [("rm -r team", "git or dvc"), ("", "git or dvc"), ("git status", "There is no folder")],
)
def test_run_says_what_it_cannot_do(command: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=told):
        run(command, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("git status --short && git log", "&& joins two"),
        ("git init; dvc init", "; joins two"),
        ("git log --oneline | head", "| joins two"),
        ("git log > log.txt", "> joins two"),
        ("git init\ndvc init", "a new line joins two"),
        ('git commit -m "Why', "No closing quotation"),
        ("git add \\", "No escaped character"),
    ],
)
def test_run_takes_one_whole_command_at_a_time(command: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(CourseError) as raised:
        run(command, tmp_path)
    assert why in raised.value.why


def test_signs_of_a_shell_between_quotes_are_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("git check-ref-format 'a && b; c | d\n\ne # f'", tmp_path)
    assert "(failed with status 1)" in capsys.readouterr().out


@pytest.mark.parametrize("given", [(Path("track"), "git init"), ("git init", "track")])
def test_run_says_in_which_order_command_and_folder_come(given: tuple[Any, Any]) -> None:
    with pytest.raises(CourseError, match="first the command, as text, then the folder"):
        run(*given)


@pytest.mark.parametrize(
    ("value", "call"),
    [
        ("mlflow", 'labkit.declare("4.1", a="mlflow")'),
        ({"a": "mlflow"}, 'labkit.declare("4.1", **answers)'),
    ],
)
def test_an_answer_declared_without_a_name_is_told_how_to_name_it(value: Any, call: str) -> None:
    with pytest.raises(CourseError) as raised:
        labkit.declare("4.1", value)
    assert call in raised.value.next_step


def out_of(place: Path) -> Path:
    """Move something out of the workspace, to be linked to."""
    practice = next(one for one in place.parents if one.name == "practice")
    elsewhere = practice.parents[1] / "elsewhere"
    place.rename(elsewhere)
    return elsewhere


@pytest.mark.skipif(sys.platform == "win32", reason="links in folders are not to be had there")
@pytest.mark.parametrize(
    ("spoil", "left"),
    [
        (lambda two: (two / "team" / ".git").symlink_to(out_of(two / "team" / ".git")), 0),
        (lambda two: (two / "team").symlink_to(out_of(two / "team")), 0),
        (lambda two: (two / "team" / ".git" / "HEAD").write_text("nonsense"), 0),
        (lambda two: os.mkfifo(two / "team" / ".git" / "pipe"), 0),
        (lambda two: (two / "team" / ".dvc" / "config").write_text("[core\nnonsense"), 1),
        (lambda two: os.mkfifo(two / "team" / "pipe"), 1),
        (lambda two: (two / "team" / "data.csv.dvc").write_text("outs: [1, {path: [x]}]"), 1),
    ],
)
def test_what_is_no_plain_file_inside_the_workspace_is_not_read(
    spoil: Callable[[Path], object], left: int, copy: Course
) -> None:
    spoil(copy.practice / "two")
    found = read_practice(copy)
    assert len(found) == left
    assert not any("elsewhere" in str(one) for one in found)


@pytest.mark.skipif(sys.platform == "win32", reason="links in folders are not to be had there")
def test_a_store_behind_a_link_holds_nothing(copy: Course) -> None:
    store = copy.practice / "two" / "store"
    store.symlink_to(out_of(store))
    (found,) = read_practice(copy)
    assert (found.stores["store"].intact, found.stores["store"].damaged) == ((), ())


def test_bytes_that_were_changed_are_damaged_and_too_many_are_not_read(copy: Course) -> None:
    kept = next(path for path in (copy.practice / "two" / "store").rglob("*") if path.is_file())
    kept.unlink()
    kept.write_bytes(b"others")
    (found,) = read_practice(copy)
    assert len(found.stores["store"].damaged) == 1
    assert len(found.stores["store"].intact) == 1
    with (copy.practice / "two" / "team" / "data.csv").open("r+b") as file:
        file.truncate(1 << 40)
    (found,) = read_practice(copy)
    assert "data.csv" not in found.files
