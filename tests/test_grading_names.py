"""What submissions are called: every entry of a folder under a name of its own, fit to be shown."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from labkit.errors import CourseError
from labkit.grading.load import find_entries


def test_entries_are_named_by_stem_and_kept_apart(tmp_path: Path) -> None:
    for name in ("ben.ipynb", "anna.ipynb", "anna.zip", ".DS_Store", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "carla v1.2").mkdir()
    (tmp_path / "GRADES").mkdir()
    found = find_entries(tmp_path, leave_out=tmp_path / "GRADES")
    assert list(found) == ["anna.ipynb", "anna.zip", "ben", "carla v1.2"]


def test_a_single_notebook_is_a_batch_of_one(tmp_path: Path) -> None:
    path = tmp_path / "anna.ipynb"
    path.write_bytes(b"")
    assert find_entries(path) == {"anna": path}


def test_nothing_to_grade_is_an_error_an_instructor_can_mend(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="There is no folder"):
        find_entries(tmp_path / "nowhere")
    (tmp_path / ".hidden").write_bytes(b"")
    with pytest.raises(CourseError, match="holds no submissions"):
        find_entries(tmp_path)


def test_no_two_entries_go_under_one_name(tmp_path: Path) -> None:
    for name in ("a.ipynb", "a.zip", "a.zip.ipynb", "b.ipynb", "b"):
        (tmp_path / name).write_bytes(b"")
    found = find_entries(tmp_path)
    assert list(found) == ["a.ipynb", "a.zip", "a.zip (2)", "b", "b.ipynb"]
    assert len(set(found.values())) == 5


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode elsewhere")
def test_a_name_that_is_no_utf_8_can_still_be_written(tmp_path: Path) -> None:
    for name in (b"m\xfcller.ipynb", b"m\xe4ller.ipynb"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"")
    assert list(find_entries(tmp_path)) == ["m\ufffdller.ipynb", "m\ufffdller.ipynb (2)"]


@pytest.mark.skipif(sys.platform == "win32", reason="such names cannot be given there")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\x1b[2Jb", "a\ufffd[2Jb"),
        ("a\nb", "a\ufffdb"),
        ("abc\u202etxt", "abc\ufffdtxt"),
        ("يوسف", "يوسف"),
        ("نمی\u200cدانم", "نمی\u200cدانم"),
        ("👩‍🔬 Zoë", "👩‍🔬 Zoë"),
        ("'; DROP TABLE", "'; DROP TABLE"),
    ],
)
def test_a_name_plays_no_tricks_and_keeps_its_letters(
    tmp_path: Path, name: str, shown: str
) -> None:
    (tmp_path / f"{name}.ipynb").write_bytes(b"")
    assert list(find_entries(tmp_path)) == [shown]
