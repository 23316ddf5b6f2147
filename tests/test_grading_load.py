"""Reading what was handed in: every kind of file ends in cells or in a sentence."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from labkit.grading import load
from labkit.grading.load import read_submission

NOTEBOOK: dict[str, Any] = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"id": "answer-1-1", "cell_type": "code", "source": ["x = 1\n", "y"], "metadata": {}},
        {"cell_type": "markdown", "source": "Text", "metadata": {"labkit": {"role": 3}}},
    ],
}


def problem(path: Path, data: bytes | None = None) -> str | None:
    if data is not None:
        path.write_bytes(data)
    return read_submission("anna", path, "lab90_tiny").problem


def test_a_notebook_is_read_as_cells(tmp_path: Path) -> None:
    path = tmp_path / "anna.ipynb"
    path.write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    submission = read_submission("anna", path, "lab90_tiny")
    assert submission.problem is None
    code, text = submission.cells
    assert (code.kind, code.source, code.id, code.role) == ("code", "x = 1\ny", "answer-1-1", "")
    assert (text.kind, text.source, text.role) == ("markdown", "Text", "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_any_unicode_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "anna.ipynb"
    assert problem(path, json.dumps(NOTEBOOK).encode(encoding)) is None


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty."),
        (b"  \n", "The file is empty."),
        (json.dumps(NOTEBOOK).encode()[:-30], "The file is cut off"),
        (b'{"cells": [{"source": "abc', "The file is cut off"),
        (b"print(1)\nprint(2)", "It is not JSON (line 1"),
        (b"\xff\xfe\x00", "It is not text in UTF-8 or UTF-16."),
        (b"\x89PNG\r\n\xe4\xf6", "It is not text in UTF-8 or UTF-16."),
        (b"[1, 2]", "It is JSON, but not a notebook."),
        (b'{"nbformat": "4"}', "It is JSON, but not a notebook."),
        (b'{"nbformat": 4}', "It is not a notebook: it has no list of cells."),
        (b'{"nbformat": 4, "cells": [1]}', "It is not a notebook: it has no list of cells."),
        (b'{"nbformat": 4, "cells": []}', "The notebook has no cells."),
        (b'{"nbformat": 2}', "It is a notebook of version 2 that cannot be upgraded."),
        (b'{"nbformat": -7}', "It is a notebook of version -7 that cannot be upgraded."),
        (b"[" * 200_000, "It is not JSON that can be read (RecursionError)."),
        (b'{"nbformat": 4, "x": 9' + b"9" * 5_000 + b"}", "It is not JSON that can be read"),
        (b'{"cells": [\n<<<<<<< HEAD\n{}', "Git left a merge conflict in it (line 2)."),
        (b'{"nbformat": 4, "cells": [' + b"{}," * 3_000 + b"{}]}", "The notebook has 3,001 cells"),
        (b'{"nbformat": 1e999, "cells": []}', "It is JSON, but not a notebook."),
    ],
)
def test_what_is_no_notebook_says_why(tmp_path: Path, data: bytes, says: str) -> None:
    found = problem(tmp_path / "anna.ipynb", data)
    assert found is not None
    assert found.startswith(says)


def test_text_that_an_editor_saved_in_the_code_page_of_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "anna.ipynb"
    path.write_bytes(json.dumps(NOTEBOOK, ensure_ascii=False).replace("y", "ü").encode("cp1252"))
    assert read_submission("anna", path, "lab90_tiny").cells[0].source == "x = 1\nü"


def test_a_later_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    path = tmp_path / "anna.ipynb"
    path.write_text(json.dumps({**NOTEBOOK, "nbformat": 5, "new": [1]}), encoding="utf-8")
    assert len(read_submission("anna", path, "lab90_tiny").cells) == 2


def test_a_notebook_of_version_3_is_upgraded(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Exercise 1.1: X", "metadata": {}},
        {
            "cell_type": "code",
            "input": ["x = 1"],
            "outputs": [],
            "language": "python",
            "metadata": {},
        },
    ]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    path = tmp_path / "anna.ipynb"
    path.write_text(json.dumps(old), encoding="utf-8")
    submission = read_submission("anna", path, "lab90_tiny")
    assert submission.problem is None
    assert [cell.source for cell in submission.cells] == ["## Exercise 1.1: X", "x = 1"]


def test_half_a_surrogate_pair_becomes_text_that_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "anna.ipynb"
    path.write_text(json.dumps(NOTEBOOK).replace("x = 1", "\\ud800"), encoding="utf-8")
    assert read_submission("anna", path, "lab90_tiny").cells[0].source == "?\ny"


def test_a_notebook_larger_than_the_limit_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "MOST_BYTES", 2_000_000)
    assert problem(tmp_path / "anna.ipynb", b" " * 2_100_000) == (
        "The notebook is too large: 2 MB, at most 2 MB."
    )


def test_a_folder_is_searched_for_its_only_notebook(tmp_path: Path) -> None:
    deep = tmp_path / "anna" / "week 1"
    for folder in (deep, deep / ".ipynb_checkpoints", tmp_path / "anna" / "__MACOSX"):
        folder.mkdir(parents=True)
        (folder / "work.ipynb").write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    assert problem(tmp_path / "anna") is None


def test_of_several_notebooks_the_one_named_like_the_lab_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "anna"
    folder.mkdir()
    (folder / "notes.ipynb").write_bytes(b"")
    (folder / "other.ipynb").write_bytes(b"")
    assert problem(folder) == "There is more than one notebook in it: notes.ipynb, other.ipynb."
    (folder / "lab90_tiny (1).ipynb").write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    assert problem(folder) is None
    (folder / "lab90_tiny.ipynb").write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    assert problem(folder) is None


def test_a_folder_without_a_notebook_says_so(tmp_path: Path) -> None:
    (tmp_path / "anna").mkdir()
    assert problem(tmp_path / "anna") == "There is no notebook in it."


def test_a_zip_is_read_without_unpacking_it(tmp_path: Path) -> None:
    path = tmp_path / "anna.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../outside.ipynb", json.dumps(NOTEBOOK))
        archive.writestr("__MACOSX/._outside.ipynb", b"\x00")
        link = zipfile.ZipInfo("link.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert problem(path) is None
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["anna.zip"]


def test_a_damaged_a_huge_and_an_empty_zip_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "anna.zip"
    found = problem(path, b"PK\x03\x04 nothing")
    assert found is not None
    assert found.startswith("The zip is damaged or of an unknown kind")
    with zipfile.ZipFile(path, "w"):
        pass
    assert problem(path) == "There is no notebook in it."
    monkeypatch.setattr(load, "MOST_BYTES", 1_000_000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.ipynb", b" " * 3_000_000)
    assert problem(path) == "The notebook is too large: 3 MB, at most 1 MB."


def test_a_folder_with_nothing_but_a_zip_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "Anna_1234_assignsubmission_file"
    folder.mkdir()
    with zipfile.ZipFile(folder / "lab.zip", "w") as archive:
        archive.writestr("work/lab.ipynb", json.dumps(NOTEBOOK))
    assert problem(folder) is None
    (folder / "other.zip").write_bytes(b"")
    assert problem(folder) == "There is no notebook in it."


@pytest.mark.parametrize("name", ["lab.ipynb.txt", "lab.ipynb.json", "LAB.IPYNB"])
def test_a_suffix_that_a_browser_added_does_no_harm(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    assert problem(tmp_path / name) is None
    assert problem(tmp_path) is None


def test_a_zip_that_is_called_a_notebook_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "anna.ipynb", "w") as archive:
        archive.writestr("anna.ipynb", json.dumps(NOTEBOOK))
    assert problem(tmp_path / "anna.ipynb") is None


def test_a_folder_nested_without_end_is_searched(tmp_path: Path) -> None:
    (tmp_path / "anna").mkdir()
    deep = "/".join("d" * 1_500)
    subprocess.run(["mkdir", "-p", deep], cwd=tmp_path / "anna", check=True)
    assert problem(tmp_path / "anna") == "There is no notebook in it."
    subprocess.run(["rm", "-rf", "anna"], cwd=tmp_path, check=True)  # Python's own way fails on it


def test_a_folder_of_more_files_than_anybody_has_is_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "MOST_ENTRIES", 100)
    for number in range(101):
        (tmp_path / f"{number}.txt").touch()
    assert problem(tmp_path) == "The folder holds more than 100 files."


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes in folders there")
@pytest.mark.parametrize("name", ["anna.ipynb", "anna.zip"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert problem(tmp_path / name) == f"It is no plain file, though it is called {name}."
    assert problem(tmp_path) == "There is no notebook in it."


def test_other_files_are_no_submissions_but_are_named(tmp_path: Path) -> None:
    assert problem(tmp_path / "anna.pdf", b"%PDF") == "A .pdf is no notebook, folder or zip."


@pytest.mark.skipif(sys.platform == "win32", reason="making links needs a privilege there")
def test_links_are_not_followed(tmp_path: Path) -> None:
    real = tmp_path / "real.ipynb"
    real.write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    (tmp_path / "anna").mkdir()
    (tmp_path / "anna" / "work.ipynb").symlink_to(real)
    (tmp_path / "ben.ipynb").symlink_to(real)
    assert problem(tmp_path / "anna") == "work.ipynb is a link to another place."
    assert problem(tmp_path / "ben.ipynb") == "It is a link to another place, not a notebook."
