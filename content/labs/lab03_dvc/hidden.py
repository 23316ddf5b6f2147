"""The hidden checks of lab 3: they run only when submissions are graded."""

from labkit.checks import Hint, Verdict, check, failed, passed
from labkit.evidence import Evidence, Repository

from .checks import ex_3_2, ex_3_3, ex_3_4, ex_3_7
from .checks.common import (
    DELIVERIES,
    FIRST,
    SECOND,
    TABLE,
    holds,
    is_absolute,
    newest_pointed,
    place_of,
    pointed,
)
from .checks.ex_3_1 import track
from .checks.ex_3_5 import TEAM, colleague
from .checks.ex_3_6 import BROKEN, clones


@check(
    "3.1",
    points=1,
    hidden=True,
    hints={
        "table_in_git": Hint(
            "A commit holds a table itself, where only its pointer belongs.",
            "Begin anew, and run dvc add before git add: DVC's .gitignore keeps the table out.",
        ),
        "no_bytes": Hint(
            "There is a pointer, but DVC does not have the bytes it names.",
            "dvc add without --no-commit puts them into the cache.",
        ),
    },
)
def kept_apart(evidence: Evidence) -> Verdict:
    """No commit holds the table, and DVC's cache has its bytes."""
    found = track(evidence)
    if found is None or not found.commits:
        return failed("There is no commit to look into.")
    if any(name.lower().endswith(".csv") for one in found.commits for name in one.files):
        return failed("A commit holds a table itself.", "table_in_git")
    if pointed(found) is None:
        return failed("There is no pointer.")
    if pointed(found) not in found.cache.intact:
        return failed("The cache does not have the bytes.", "no_bytes")
    return passed("Git has the pointer, DVC has the bytes.")


@check(
    "3.2",
    points=1,
    hidden=True,
    hints={
        "absolute_address": Hint(
            "The address in the commit holds on this machine only.",
            "Write it relative to the repository: dvc remote modify store url ../store, and commit.",
        ),
    },
)
def address_travels(evidence: Evidence) -> Verdict:
    """The committed address of the remote is relative."""
    found = evidence.repository(ex_3_2.TEAM)
    place = place_of(found, found.newest) if found and found.newest else None
    if place is None:
        return failed("No commit names a default remote.")
    if is_absolute(place):
        return failed("The address is absolute.", "absolute_address")
    if place != ex_3_2.STORE:
        return failed("The address leads elsewhere.")
    return passed("The address holds on every machine.")


@check(
    "3.3",
    points=1,
    hidden=True,
    hints={
        "first_lost": Hint(
            "The first delivery cannot be had any more.",
            "Its commit, and its bytes in the remote, must stay: no --amend, no dvc gc --cloud.",
        ),
    },
)
def first_kept(evidence: Evidence) -> Verdict:
    """A second version was made, and the first can still be had."""
    found = evidence.repository(ex_3_3.TEAM)
    if found is None or SECOND not in found.tracking.pointers.values():
        return failed("There is no second version.")
    committed = any(pointed(one) == FIRST for one in found.commits)
    if committed and holds(found, ex_3_3.STORE, FIRST):
        return passed("The first delivery can still be had.")
    return failed("The first delivery is lost.", "first_lost")


@check(
    "3.4",
    points=1,
    hidden=True,
    hints={
        "old_rows": Hint(
            "data.csv in the folder is not the good version. Git changed the pointer only.",
            'run("dvc checkout", back) puts there what the pointer names.',
        ),
        "versions_lost": Hint(
            "One of the four versions cannot be had any more.",
            "Begin anew; going back deletes nothing: neither tags nor files in the store.",
        ),
    },
)
def good_rows_here(evidence: Evidence) -> Verdict:
    """data.csv is the good version, and all versions are there."""
    found = evidence.repository(ex_3_4.TEAM)
    if found is None:
        return failed("There is no repository.")
    if found.files.get(TABLE) != SECOND:
        gone_back = SECOND in {pointed(found), newest_pointed(found)}
        return failed("data.csv is not the good version.", "old_rows" if gone_back else None)
    tags = {f"v{number}" for number in range(1, len(DELIVERIES) + 1)}
    there = all(holds(found, ex_3_4.STORE, md5) for md5 in DELIVERIES)
    if not there or not tags <= found.tags.keys():
        return failed("Not all versions are there.", "versions_lost")
    return passed("data.csv is the good version, and all versions are there.")


@check(
    "3.5",
    points=1,
    hidden=True,
    hints={
        "not_through_dvc": Hint(
            "The clone has the table, but its cache does not: DVC did not bring it.",
            "Delete data.csv in the clone, and run dvc pull there.",
        ),
        "team_changed": Hint(
            "The team's repository, or the clone's pointer, is not what it was.",
            "A colleague who only needs the table changes nothing: begin anew.",
        ),
    },
)
def fetched_by_dvc(evidence: Evidence) -> Verdict:
    """The clone's cache has the table, and both pointers are as they were."""
    found, team = colleague(evidence), evidence.repository(TEAM)
    if found is None or team is None or TABLE not in found.files:
        return failed("There is no clone with a table.")
    if {newest_pointed(found), newest_pointed(team)} != {FIRST}:
        return failed("A pointer was changed.", "team_changed")
    if FIRST not in found.cache.intact:
        return failed("The clone's cache does not have the table.", "not_through_dvc")
    return passed("The table came through DVC.")


@check(
    "3.6",
    points=1,
    hidden=True,
    hints={
        "address_not_shared": Hint(
            "The right address is in no commit of the colleague's of b.",
            "A setting that is not committed, or is --local, helps one folder only: commit it in "
            "the team's repository, and git pull in the clone.",
        ),
        "store_not_right": Hint(
            "A store lacks the table, or holds a damaged one still.",
            "Delete what is damaged from the store, and dvc push in the team's repository.",
        ),
        "pointer_changed": Hint(
            "A pointer was changed, so another table counts as right now.",
            "Begin anew, and mend the remotes only: no dvc add, no dvc commit.",
        ),
    },
)
def mended_for_all(evidence: Evidence) -> Verdict:
    """The stores are right, the address is committed, and no pointer was changed."""
    found = clones(evidence)
    if not any(FIRST in one.cache.intact for one in found.values()):
        return failed("No colleague has the table through DVC.")
    for letter, clone in found.items():
        team = evidence.repository(f"{BROKEN}/{letter}/team")
        hint = _not_mended(clone, team, f"{BROKEN}/{letter}/store")
        if hint:
            return failed(f"{letter} is not mended for everybody.", hint)
    return passed("All three are mended for everybody.")


def _not_mended(clone: Repository, team: Repository | None, store: str) -> str | None:
    """Which hint says what is not right for everybody; None for nothing."""
    if team is None or {newest_pointed(clone), newest_pointed(team)} != {FIRST}:
        return "pointer_changed"
    if clone.newest is None or place_of(clone, clone.newest) != store:
        return "address_not_shared"
    damaged = any(one.damaged for one in clone.stores.values() if one.folder == store)
    return "store_not_right" if damaged or not holds(clone, store, FIRST) else None


@check(
    "3.7",
    points=1,
    hidden=True,
    hints={
        "file_not_kept": Hint(
            "data.csv in the folder is gone, or has other bytes than before.",
            "git rm without --cached deletes the file. Begin anew, with --cached.",
        ),
        "history_rewritten": Hint(
            "The commit that held the table is gone, and others have it already.",
            "Begin anew, and add a commit instead of --amend, reset or rebase.",
        ),
    },
)
def file_and_history_kept(evidence: Evidence) -> Verdict:
    """The file has the same bytes, and the old commits are there."""
    found = evidence.repository(ex_3_7.TEAM)
    if found is None or found.newest is None or TABLE in found.newest.files:
        return failed("The table is not out of Git yet.")
    if found.files.get(TABLE) != FIRST:
        return failed("data.csv is not as it was.", "file_not_kept")
    if not any(TABLE in one.files for one in found.commits):
        return failed("The commit that held the table is gone.", "history_rewritten")
    return passed("The file and the history are as they were.")
