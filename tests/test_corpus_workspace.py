"""Submissions that spoil their workspace: they lose what they spoiled, and the grader nothing."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support_corpus import ALL, LIMITS, Case, also, cases, check, check_honest

from labkit.grading.bench import Bench

pytest_plugins = ["support_corpus_benches"]

#: Root reads what others closed; anybody else is told that nothing is there.
AS_ROOT = sys.platform != "win32" and os.geteuid() == 0
STATE = "reaches into `.course`"
PLACES = """
import os, shutil, sqlite3, stat
from pathlib import Path
root = Path(os.environ["LABKIT_ROOT"])
state = root / ".course"
store = state / "mlflow.db"
answer = state / "declared" / "1.2.json"
"""
NO_STORE = "Exercise 1.2: There is no tracking store yet."
NOT_READ = "Exercise 1.2: The tracking store cannot be read."
LOST = (3, 0, 0)
NEVER_MIND = "try:\n    {}\nexcept OSError:\n    pass"
DEEP = """
import os
for _ in range(1500):
    os.mkdir("d")
    os.chdir("d")
"""
FORGED_JOURNAL = """
import struct
victim = root.parent.parent / "victim.csv"
name = str(victim).encode()
page = int.from_bytes(store.read_bytes()[16:18], "big")
head = bytes.fromhex("d9d505f920a163d7") + struct.pack(">IIIII", 0, 0, 1, 512, page)
start = head + bytes(512 - len(head)) + struct.pack(">I", 0x40000000 // page + 1)
end = struct.pack(">II", len(name), sum(name)) + bytes.fromhex("d9d505f920a163d7")
Path(f"{store}-journal").write_bytes(start + name + end)
"""


def spoiled(action: str, *, after: str = "") -> str:
    """The right answer, and then something done to the workspace."""
    return f'labkit.declare("1.2", value=54)\n{PLACES}\n{action}\n{after}'


@pytest.mark.parametrize(
    "case",
    cases(
        Case(
            16,
            "a sparse terabyte",
            also(NEVER_MIND.format("open('huge', 'wb').truncate(1 << 40)")),
            ALL,
        ),
        Case(
            16,
            "a thousand small files",
            also("for n in range(1000): open(f'{n}', 'w').close()"),
            ALL,
        ),
        Case(16, "fifteen hundred folders in each other", also(DEEP), ALL),
        Case(
            16,
            "odd names",
            also(
                "import os\nfor name in (b'\\xff.txt', b'new\\nline', b'-rf', '👩‍🔬'.encode()):\n"
                "    open(name, 'w').close()"
            ),
            ALL,
        ),
        Case(
            19,
            "a link to the password file",
            spoiled("answer.unlink(); answer.symlink_to('/etc/passwd')"),
            flags=(STATE,),
        ),
        Case(
            19,
            "a hard link to the password file",
            also("import os\n" + NEVER_MIND.format("os.link('/etc/passwd', 'mine')")),
            ALL,
        ),
        Case(
            19,
            "writes above its workspace",
            also(NEVER_MIND.format("open('../../../outside', 'w').close()")),
            ALL,
        ),
        Case(
            19,
            "a link in place of the workspace",
            spoiled("root.rename(root.with_name('moved')); root.symlink_to('moved')"),
            LOST,
            says=NO_STORE,
            flags=(STATE,),
        ),
        Case(31, "goes elsewhere", also("import os; os.chdir('/')"), ALL),
        Case(
            31,
            "says the course is elsewhere",
            also("import os; os.environ['LABKIT_ROOT'] = '/nowhere'"),
            LOST,
            says="Cell 4 (exercise 1.2) stopped with",
        ),
        Case(
            31,
            "empties its environment",
            also("import os; os.environ.clear()"),
            LOST,
            says="Cell 4 (exercise 1.2) stopped with CourseError",
        ),
        Case(
            31,
            "deletes everything",
            spoiled("shutil.rmtree(root)"),
            LOST,
            says=NO_STORE,
            flags=(STATE,),
        ),
        Case(31, "!rm -rf ~", "%%bash\nrm -rf ~ ../.course", LOST, says=NO_STORE),
        Case(
            31,
            "renames the store",
            spoiled("store.rename(f'{store}.bak')"),
            LOST,
            says=NO_STORE,
            flags=(STATE,),
        ),
        Case(
            31,
            "a pipe in place of the store",
            spoiled("store.unlink(); os.mkfifo(store)"),
            LOST,
            says=NO_STORE,
            flags=(STATE,),
        ),
        Case(
            31,
            "a folder in place of the store",
            spoiled("store.unlink(); store.mkdir()"),
            LOST,
            says=NO_STORE,
            flags=(STATE,),
        ),
        Case(
            31,
            "a gigabyte in place of the store",
            spoiled("open(store, 'ab').truncate(255 << 20)"),
            (3, 1, 1),
            flags=(STATE,),
        ),
        Case(
            31,
            "nonsense in place of the store",
            spoiled("store.write_text('x' * 9999)"),
            LOST,
            says=NOT_READ,
            flags=(STATE,),
        ),
        Case(
            31,
            "a pipe beside the store",
            spoiled("os.mkfifo(f'{store}-journal')"),
            ALL,
            flags=(STATE,),
        ),
        Case(
            31,
            "a journal that names a file of the grader",
            spoiled(FORGED_JOURNAL),
            ALL,
            flags=(STATE,),
        ),
        Case(
            31,
            "never lets the store go",
            spoiled(
                "kept = sqlite3.connect(store, isolation_level=None)\n"
                "kept.execute('BEGIN EXCLUSIVE')"
            ),
            ALL,
            flags=(STATE,),
        ),
        Case(
            31,
            "a pipe in place of an answer",
            spoiled("answer.unlink(); os.mkfifo(answer)"),
            flags=(STATE,),
        ),
        Case(
            31,
            "a folder in place of an answer",
            spoiled("answer.unlink(); answer.mkdir()"),
            flags=(STATE,),
        ),
        Case(
            31,
            "an answer of 200 MB",
            spoiled("answer.write_text('{\"value\": 54' + ' ' * 200_000_000 + '}')"),
            flags=(STATE,),
            limits=replace(LIMITS, disk=1 << 30),
        ),
        Case(
            31,
            "an answer nested without end",
            spoiled("answer.write_text('{\"value\":' + '[' * 300_000)"),
            flags=(STATE,),
        ),
        Case(
            31,
            "a state that nobody may read",
            spoiled("answer.chmod(0); state.chmod(0)"),
            ALL if AS_ROOT else LOST,
            flags=(STATE,),
        ),
        Case(31, "no repository", spoiled("shutil.rmtree(root / '.git')"), ALL, flags=(STATE,)),
        Case(
            31,
            "a repository elsewhere",
            spoiled("shutil.rmtree(root / '.git'); (root / '.git').symlink_to('/usr')"),
            ALL,
            flags=(STATE,),
        ),
        Case(
            31,
            "a pipe in its repository",
            spoiled("(root / '.git' / 'HEAD').unlink(); os.mkfifo(root / '.git' / 'HEAD')"),
            ALL,
            flags=(STATE,),
        ),
    ),
)
def test_it_loses_what_it_spoiled(
    case: Case, tiny_bench: Bench, tmp_path: Path, corpus_rooms: Path
) -> None:
    victim = corpus_rooms / "victim.csv"
    victim.write_text("every grade of the class", encoding="utf-8")
    check(case, tiny_bench, tmp_path)
    assert victim.read_text(encoding="utf-8") == "every grade of the class"
    victim.unlink()
    assert list(corpus_rooms.iterdir()) == []


def test_after_all_that_an_honest_submission_is_graded_in_full(
    tiny_bench: Bench, tmp_path: Path
) -> None:
    check_honest(tiny_bench, tmp_path)
