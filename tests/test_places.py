"""Where a batch works, and that nothing of it is left."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from labkit.grading import places
from labkit.grading.places import rooms_for


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that counts as memory, with plenty of room, and nobody's wish for another."""
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = tmp_path / "memory"
    folder.mkdir()
    monkeypatch.setattr(places, "MEMORY", folder)
    monkeypatch.setattr(places, "MEMORY_FREE", 0)
    monkeypatch.setattr(places, "MEMORY_AVAILABLE", 0)
    return folder


def test_work_is_done_in_memory_where_there_is_plenty(memory: Path, tmp_path: Path) -> None:
    with rooms_for(tmp_path / "out") as rooms:
        assert rooms.parent == memory
    assert list(memory.iterdir()) == []


def test_work_is_done_on_disk_where_memory_is_short(
    memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MEMORY_AVAILABLE", psutil.virtual_memory().total + 1)
    with rooms_for(tmp_path / "out") as rooms:
        assert rooms.parent == tmp_path
    assert list(memory.iterdir()) == []


def test_a_user_who_names_a_folder_gets_it(
    memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wished = tmp_path / "wished"
    wished.mkdir()
    monkeypatch.setenv("TMPDIR", str(wished))
    monkeypatch.setattr("tempfile.tempdir", str(wished))
    with rooms_for(tmp_path / "out") as rooms:
        assert rooms.parent == wished
    assert list(memory.iterdir()) == []


def test_rooms_of_a_killed_grader_are_removed_wherever_they_were(
    memory: Path, tmp_path: Path
) -> None:
    with rooms_for(tmp_path / "out") as rooms:
        name = rooms.name
    left = [tmp_path / name, memory / name]
    for folder in left:
        folder.mkdir()
    with rooms_for(tmp_path / "out"):
        assert not any(folder.exists() for folder in left)


def test_rooms_of_other_results_are_let_be(memory: Path, tmp_path: Path) -> None:
    with rooms_for(tmp_path / "one") as one, rooms_for(tmp_path / "other"):
        assert one.is_dir()
