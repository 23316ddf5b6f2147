"""What a submission leaves is removed, whatever it left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.grading.removal import remove_all

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders are not so deep there")


def test_folders_nested_deeper_than_any_path_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "room"
    folder.mkdir()
    source = (
        "import os\n"
        "for n in range(3000):\n"
        "    open('file', 'w').close()\n"
        "    os.symlink('/etc', 'link')\n"
        "    os.mkdir('a folder'); os.mkdir('b'); os.chdir('b')"
    )
    subprocess.run([sys.executable, "-c", source], cwd=folder, check=True)
    remove_all(folder)
    assert list(tmp_path.iterdir()) == []
    assert Path("/etc").is_dir()


def test_closed_folders_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "room"
    closed = folder / "one" / "two"
    closed.mkdir(parents=True)
    (closed / "file").touch()
    os.mkfifo(closed / "pipe")
    for one in (closed, closed.parent, folder):
        one.chmod(0)
    remove_all(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_no_matter(tmp_path: Path) -> None:
    remove_all(tmp_path / "nowhere")
