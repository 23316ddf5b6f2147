"""Whatever files lie in a workspace, reading them ends soon and stays inside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from support_hostile import (
    Spoil,
    add_model,
    add_run,
    alter,
    nobody_waits_for_ever,
    replace,
    sparse,
)

from labkit.evidence import Evidence
from labkit.evidence.collect import collect
from labkit.paths import Course

__all__ = ["nobody_waits_for_ever"]

pytestmark = [
    pytest.mark.skipif(
        sys.platform == "win32", reason="pipes and links in folders are not to be had there"
    ),
    pytest.mark.usefixtures("nobody_waits_for_ever"),
]


@pytest.mark.parametrize(
    "uri",
    ["http://[", "file://[", "a" * 5000, "file:///%00", "mlflow-artifacts:/%00", "//[x", "C:\\x"],
)
def test_an_artifact_address_that_is_none_names_nothing(workspace: Course, uri: str) -> None:
    add_run(workspace, uri)
    assert collect(workspace, "1.1").runs[0].artifacts == ()


def test_links_in_a_circle_lead_nowhere(workspace: Course) -> None:
    circle = workspace.root / "circle"
    circle.symlink_to(circle)
    add_run(workspace, (circle / "x").as_uri())
    assert collect(workspace, "1.1").runs[0].artifacts == ()


def test_of_artifacts_only_plain_files_are_named_and_not_too_many(workspace: Course) -> None:
    folder = workspace.artifacts / "r"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("/etc", target_is_directory=True)
    Path(os.fsdecode(os.fsencode(folder) + b"/m\xfcller.txt")).touch()
    add_run(workspace, folder.as_uri())
    (name,) = collect(workspace, "1.1").runs[0].artifacts
    assert name.encode()  # it can be written
    for number in range(300):
        (folder / f"{number}.txt").touch()
    assert len(collect(workspace, "1.1").runs[0].artifacts) == 200


def test_folders_nested_deeper_than_pythons_stack_are_searched(workspace: Course) -> None:
    folder = workspace.artifacts / "r"
    folder.mkdir(parents=True)
    subprocess.run(["mkdir", "-p", "/".join("d" * 1_500)], cwd=folder, check=True)
    add_run(workspace, folder.as_uri())
    assert collect(workspace, "1.1").runs[0].artifacts == ()
    subprocess.run(["rm", "-rf", "d"], cwd=folder, check=True)  # Python's own way fails on it


def billion(operator: str) -> str:
    """YAML in which each line holds the one before nine times."""
    lines = [f"{operator}a: &a {{x: y}}" if operator else "a: &a [x, x]"]
    for before, name in zip("abcdefghi", "bcdefghij", strict=True):
        nine = ", ".join([f"*{before}"] * 9)
        lines.append(f"{name}: &{name} " + (f"{{<<: [{nine}]}}" if operator else f"[{nine}]"))
    return "\n".join(lines)


@pytest.mark.parametrize(
    "fill",
    [
        lambda path: os.mkfifo(path),
        lambda path: path.mkdir(),
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: sparse(path, 100_000_000),
        lambda path: path.write_text("[" * 100_000),
        lambda path: path.write_text("flavors: 3\nsignature: [1]"),
        lambda path: path.write_text(billion("")),
        lambda path: path.write_text(billion("<<: ")),
        lambda path: path.write_text("flavors: &a [*a]"),
        lambda path: path.write_text("x: " + "9" * 9_000),
        lambda path: path.write_text("x: 2001-99-99"),
        lambda path: path.write_text("x: !!timestamp y"),
        lambda path: path.write_text("!!python/object/apply:os._exit [1]"),
        lambda path: path.write_text('signature: {inputs: "' + "[" * 90_000 + '"}'),
    ],
    ids=[
        "a pipe",
        "a folder",
        "a link",
        "100 MB",
        "nesting",
        "other types",
        "a billion aliases",
        "a billion merges",
        "a circle",
        "a number of any length",
        "a day that is none",
        "a time that is none",
        "code",
        "a nested signature",
    ],
)
def test_a_model_that_is_described_by(workspace: Course, fill: Callable[[Path], object]) -> None:
    folder = add_model(workspace)
    fill(folder / "MLmodel")
    (model,) = collect(workspace, "1.1").models
    assert (model.flavors, model.signature, model.input_example) == ((), None, False) or (
        model.signature is not None and model.signature.inputs == ()
    )


def test_a_thousand_large_descriptions_take_no_longer_than_a_few(workspace: Course) -> None:
    folder = add_model(workspace)
    (folder / "MLmodel").write_text("flavors: {sklearn: {}}\n" + "x: y\n" * 25_000)
    alter(
        workspace,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) "
        "INSERT INTO logged_models SELECT 'm' || i, experiment_id, name, artifact_location, "
        "creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage, model_type, "
        "source_run_id, status_message FROM logged_models, n",
    )
    flavors = [model.flavors for model in collect(workspace, "1.1").models]
    assert len(flavors) == 1001
    assert 1 <= flavors.count(("sklearn",)) < 10


def declared(workspace: Course) -> Path:
    """Where an answer is declared, its folder made."""
    workspace.declared.mkdir(exist_ok=True)
    return workspace.declared / "1.1.json"


def declare(workspace: Course, text: str) -> Evidence:
    declared(workspace).write_text(text, encoding="utf-8")
    return collect(workspace, "1.1")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("1e999", "inf"),
        ("1" * 400, "1" * 400),
        ('"\\ud800"', "?"),
        ("[1, [2.5, null, true]]", [1, [2.5, None, True]]),
    ],
    ids=["NaN", "infinity", "too large", "too long", "half a character", "plain"],
)
def test_a_declared_value_is_one_that_json_has(workspace: Course, text: str, value: object) -> None:
    evidence = declare(workspace, f'{{"value": {text}}}')
    assert evidence.declared == {"value": value}
    json.dumps(evidence.to_json(), allow_nan=False).encode()


@pytest.mark.parametrize(
    "text", ['{"value": ' + "[" * 500 + "]" * 500 + "}", '{"value": ' + "9" * 5_000 + "}"]
)
def test_what_no_check_can_do_with_is_not_declared(workspace: Course, text: str) -> None:
    assert declare(workspace, text).declared == {}


def lead_out(workspace: Course, *, folder: bool) -> None:
    elsewhere = workspace.root.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "1.1.json").write_text('{"value": 42}', encoding="utf-8")
    if folder:
        workspace.declared.symlink_to(elsewhere, target_is_directory=True)
    else:
        declared(workspace).symlink_to(elsewhere / "1.1.json")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda w: lead_out(w, folder=False),
        lambda w: lead_out(w, folder=True),
        lambda w: os.mkfifo(declared(w)),
        lambda w: declared(w).mkdir(),
        lambda w: sparse(declared(w), 1 << 40),
        lambda w: w.declared.write_text("x"),
    ],
    ids=["a link", "a link to its folder", "a pipe", "a folder", "a terabyte", "no folder"],
)
def test_in_place_of_a_declared_answer(workspace: Course, spoil: Spoil) -> None:
    spoil(workspace)
    assert collect(workspace, "1.1").declared == {}


def commit_a_bomb(workspace: Course) -> None:
    """A commit of four gigabytes that takes four megabytes on disk."""
    size, name = 4 << 30, "b" * 40
    packer = zlib.compressobj(1)
    head = packer.compress(b"commit %d\0" % size) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 24)) + packer.flush(zlib.Z_FULL_FLUSH)
    place = git(workspace, "objects", name[:2])
    place.mkdir()
    (place / name[2:]).write_bytes(head + block * (size >> 24))
    git(workspace, "HEAD").write_text(name, encoding="ascii")


def move_git_out(workspace: Course) -> Path:
    elsewhere = workspace.root.parent / "elsewhere.git"
    (workspace.root / ".git").rename(elsewhere)
    return elsewhere


def git(workspace: Course, *parts: str) -> Path:
    return workspace.root.joinpath(".git", *parts)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda w: git(w).symlink_to(move_git_out(w), target_is_directory=True),
        lambda w: git(w).write_text(f"gitdir: {move_git_out(w)}"),
        lambda w: replace(git(w, "HEAD"), os.mkfifo),
        lambda w: os.mkfifo(git(w, "packed-refs")),
        lambda w: os.mkfifo(git(w, "objects", "pipe")),
        lambda w: git(w, "objects", "info", "alternates").write_text("/somewhere"),
        lambda w: git(w, "commondir").write_text("/somewhere"),
        lambda w: git(w, "config").write_text("[include]\n  path = /dev/zero"),
        lambda w: sparse(git(w, "HEAD"), 1 << 40),
        lambda w: git(w, "HEAD").write_text("ref: " + "../" * 20 + "etc/passwd"),
        lambda w: git(w, "HEAD").write_text("0" * 40),
        commit_a_bomb,
    ],
    ids=[
        "a link out",
        "a file that names another",
        "a pipe for its head",
        "a pipe for its refs",
        "a pipe among its objects",
        "objects elsewhere",
        "a part elsewhere",
        "settings elsewhere",
        "a terabyte",
        "a head outside",
        "no commit",
        "a commit of four gigabytes",
    ],
)
def test_a_repository_with(workspace: Course, spoil: Spoil) -> None:
    spoil(workspace)
    assert collect(workspace, "1.1").git.commits == ()
