"""A full disk, or a folder that cannot be written: told in words, and nothing is lost."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from support_grading import NAME, hand_in, make_course, tiny_lab

from labkit.errors import CourseError
from labkit.grading.batch import Batch, grade_batch
from labkit.grading.bench import Engine, Order
from labkit.grading.files import append, write_whole

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
#: A small disk: the results of a batch of six take about 20 pages.
PAGES = 48
RESULTS = ("gradebook.csv", "details.jsonl", "checks.csv", "similar.csv")


@contextlib.contextmanager
def disk(place: Path) -> Iterator[Path]:
    """A disk of its own, a very small one."""
    place.mkdir()
    size = f"size={PAGES * PAGE}"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("a disk that can be filled takes the right to mount one")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    if sys.platform != "linux":
        pytest.skip("a disk that can be filled is made with Linux' tmpfs")
    with disk(tmp_path / "small") as place:
        yield place


def fill(place: Path, free_pages: int) -> None:
    """Take all room but some pages, each of which goes to one file."""
    with (place / "filler").open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while file.write(b"\0" * PAGE):
                pass
        file.truncate(max(0, file.tell() // PAGE - free_pages) * PAGE)


def make_room(place: Path) -> None:
    (place / "filler").unlink()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Path:
    """A course, and six submissions that take no time: they cannot be read."""
    folder = tmp_path_factory.mktemp("full")
    course = make_course(folder / "course")
    (course.state / "template").mkdir(parents=True)
    shutil.copy(template, course.state / "template")
    (folder / "unreadable").mkdir()
    for number in range(6):
        text = "{" * (number + 1)
        (folder / "unreadable" / f"student {number}.ipynb").write_text(text, encoding="utf-8")
    hand_in(folder / "readable" / "anna.ipynb", tiny_lab(course), {})
    return folder


def grade(folder: Path, submissions: str, out: Path) -> Batch:
    return grade_batch(folder / submissions, out, Order(folder / "course", NAME, Engine.COLD))


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> Path:
    grade(folder, "unreadable", folder / "undisturbed")
    return folder / "undisturbed"


def journal(out: Path) -> list[str]:
    path = out / "journal.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [json.loads(line)["graded"]["name"] for line in lines]


def refused(write: Callable[[], object]) -> str | None:
    """What a person is told; None if it worked."""
    try:
        write()
    except CourseError as error:
        return str(error)
    return None


def test_however_little_room_there_is_nothing_is_lost(
    folder: Path, small: Path, undisturbed: Path
) -> None:
    """The disk is full at every place in turn: the journal, the evidence, the gradebook."""
    told = list[str]()
    for pages in range(PAGES):
        out = small / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        fill(small, pages)
        said = refused(partial(grade, folder, "unreadable", out))
        kept = journal(out)
        make_room(small)
        if said is not None:
            told.append(said)
            assert "cannot be written" in said
            assert "No space left on device" in said
            assert "run the same command again" in said
        grade(folder, "unreadable", out)
        assert journal(out)[: len(kept)] == kept
        assert sorted(journal(out)) == sorted(journal(undisturbed))
        for name in RESULTS:
            assert (out / name).read_bytes() == (undisturbed / name).read_bytes()
        if said is None:
            break
    files = {line.split(" cannot be written")[0].removeprefix(str(out)) for line in told}
    everywhere = {"/journal.jsonl", "/batch.json", "/details.jsonl", "/gradebook.csv"}
    assert everywhere <= files
    assert any(one.startswith("/evidence/") for one in files)


def test_a_disk_too_full_for_the_notebook_is_told_and_it_is_graded_later(
    folder: Path, small: Path
) -> None:
    out = small / "out"
    grade(folder, "unreadable", out)
    fill(small, 1)
    before = (out / "gradebook.csv").read_bytes()
    said = refused(lambda: grade(folder, "readable", out))
    assert said is not None
    assert "executed/anna.ipynb cannot be written" in said
    assert (out / "gradebook.csv").read_bytes() == before
    make_room(small)
    assert [one.points for one in grade(folder, "readable", out).graded] == [5]


def test_half_a_line_is_taken_back_when_the_disk_is_full(small: Path) -> None:
    path = small / "journal.jsonl"
    size = append(path, "first\n", after=0)
    fill(small, 0)
    with pytest.raises(CourseError, match="No space left"):
        append(path, "x" * 2 * PAGE + "\n", after=size)
    assert path.read_bytes() == b"first\n"
    make_room(small)
    append(path, "second\n", after=size)
    assert path.read_bytes() == b"first\nsecond\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of a file there")
def test_half_a_line_is_taken_back_when_a_file_grows_too_large(tmp_path: Path) -> None:
    import resource

    path, most = tmp_path / "journal.jsonl", resource.getrlimit(resource.RLIMIT_FSIZE)
    size = append(path, "first\n", after=0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, most[1]))
    try:
        said = refused(lambda: append(path, "x" * 100 + "\n", after=size))
        other = refused(lambda: write_whole(tmp_path / "gradebook.csv", "x" * 100))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert said is not None
    assert other is not None
    assert "File too large" in said
    assert {one.name for one in tmp_path.iterdir()} == {"journal.jsonl"}
    assert path.read_bytes() == b"first\n"


def test_a_folder_that_cannot_be_written_is_told(folder: Path, small: Path) -> None:
    out = small / "out"
    out.mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    said = refused(lambda: grade(folder, "unreadable", out))
    assert said is not None
    assert "Read-only file system" in said
    new = refused(lambda: grade(folder, "unreadable", small / "new"))
    assert new is not None
    assert "cannot be written" in new


def test_a_full_disk_for_workspaces_is_no_ones_mistake(
    folder: Path, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(small))
    monkeypatch.setattr("tempfile.tempdir", None)
    said = refused(lambda: grade(folder, "readable", tmp_path / "out"))
    assert said is not None
    assert "The disk that holds" in said
    assert "TMPDIR" in said
    assert journal(tmp_path / "out") == []
    assert list(small.iterdir()) == []
