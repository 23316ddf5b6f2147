"""In place of a tracking store there may lie anything: reading it ends, and breaks nothing."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from support_hostile import Spoil, add_run, alter, nobody_waits_for_ever, replace, sparse

from labkit.errors import CourseError
from labkit.evidence.collect import collect
from labkit.paths import Course

__all__ = ["nobody_waits_for_ever"]

pytestmark = [
    pytest.mark.skipif(
        sys.platform == "win32", reason="pipes and links in folders are not to be had there"
    ),
    pytest.mark.usefixtures("nobody_waits_for_ever"),
]


def link_to_a_store_elsewhere(workspace: Course) -> None:
    elsewhere = workspace.root.parent / "elsewhere.db"
    workspace.database.rename(elsewhere)
    workspace.database.symlink_to(elsewhere)


def exchange_the_workspace_for_a_link(workspace: Course) -> None:
    elsewhere = workspace.root.with_name("elsewhere")
    workspace.root.rename(elsewhere)
    workspace.root.symlink_to(elsewhere, target_is_directory=True)


def texts_without_end(workspace: Course) -> None:
    alter(
        workspace,
        "DROP TABLE params",
        "CREATE VIEW params AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i AS key, printf('%.*c', 4000000, 'x') AS value, 'r' AS run_uuid FROM n",
    )


def blobs_without_end(workspace: Course) -> None:
    alter(
        workspace,
        "DROP TABLE params",
        "CREATE VIEW params AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i AS key, zeroblob(4000000) AS value, 'r' AS run_uuid FROM n",
    )


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda w: replace(w.database, os.mkfifo), "There is no tracking store yet."),
        (lambda w: replace(w.database, Path.mkdir), "There is no tracking store yet."),
        (link_to_a_store_elsewhere, "There is no tracking store yet."),
        (exchange_the_workspace_for_a_link, "There is no tracking store yet."),
        (lambda w: w.root.rename(w.root.with_name("gone")), "There is no tracking store yet."),
        (lambda w: sparse(w.database, 1 << 30), "It has more than 256 MB."),
        (lambda w: sparse(w.database, 1 << 20), "The tracking store cannot be read."),
        (lambda w: alter(w, "DROP TABLE tags"), "no such table: tags"),
        (texts_without_end, "It holds more than 20 MB of text."),
        (blobs_without_end, "too large to be looked at"),
    ],
    ids=[
        "a pipe",
        "a folder",
        "a link",
        "a link in place of the workspace",
        "nothing",
        "a gigabyte of zeros",
        "a megabyte of zeros",
        "a table less",
        "a view that gives texts without end",
        "a view that gives bytes without end",
    ],
)
def test_in_place_of_the_store(workspace: Course, spoil: Spoil, says: str) -> None:
    spoil(workspace)
    with pytest.raises(CourseError) as caught:
        collect(workspace, "1.1")
    assert says in str(caught.value)


def test_a_pipe_beside_the_store_is_not_waited_for(workspace: Course) -> None:
    for suffix in ("-journal", "-wal", "-shm"):
        os.mkfifo(f"{workspace.database}{suffix}")
    assert collect(workspace, "1.1").experiments == ("Default",)


def test_a_forged_journal_cannot_have_a_file_of_the_reader_deleted(workspace: Course) -> None:
    """SQLite deletes the super-journal that a journal names at its end, when it undoes one."""
    source = """
import os, signal, sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("PRAGMA cache_size = 1")
store.execute("BEGIN IMMEDIATE")
for number in range(2000):
    store.execute("INSERT INTO experiments (name, lifecycle_stage) VALUES (?, 'active')",
                  (f"{number} {'x' * 200}",))
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", source, str(workspace.database)], check=False)
    victim = workspace.root.parent / "gradebook.csv"
    victim.write_text("every grade of the class", encoding="utf-8")
    journal = workspace.database.with_name("mlflow.db-journal")
    name = str(victim).encode()
    (page_size,) = struct.unpack(">H", workspace.database.read_bytes()[16:18])
    lock_page = 0x40000000 // page_size + 1
    data = journal.read_bytes()
    end = struct.pack(">II", len(name), sum(name)) + bytes.fromhex("d9d505f920a163d7")
    journal.write_bytes(data + bytes(-len(data) % 512) + struct.pack(">I", lock_page) + name + end)
    with contextlib.suppress(CourseError):  # without its journal the store may not be readable
        collect(workspace, "1.1")
    assert victim.exists()


def test_a_store_that_somebody_never_lets_go_is_read_all_the_same(workspace: Course) -> None:
    with contextlib.closing(sqlite3.connect(workspace.database, isolation_level=None)) as student:
        student.execute("BEGIN EXCLUSIVE")
        student.execute("UPDATE experiments SET name = 'half-made'")
        assert collect(workspace, "1.1").experiments == ("Default",)


def test_a_store_that_logs_ahead_is_read_with_its_log(workspace: Course) -> None:
    with contextlib.closing(sqlite3.connect(workspace.database)) as student:
        student.execute("PRAGMA journal_mode = WAL")
        student.execute("UPDATE experiments SET name = 'ahead'")
        student.commit()
        assert collect(workspace, "1.1").experiments == ("ahead",)


def test_triggers_in_a_store_are_not_set_off(workspace: Course) -> None:
    alter(
        workspace,
        "CREATE TRIGGER t AFTER UPDATE ON experiments BEGIN DELETE FROM experiments; END",
        "CREATE TEMP VIEW runs AS SELECT 1",
    )
    assert collect(workspace, "1.1").experiments == ("Default",)


@pytest.mark.parametrize("start", ["'soon'", "x'ff'", "9e999", "-9e999", "NULL", "1.5e3"])
def test_a_forged_time_breaks_nothing(workspace: Course, start: str) -> None:
    add_run(workspace, "x", start)
    (run,) = collect(workspace, "1.1").runs
    assert run.start_time in {0, 1500}
