"""Exercise 3.2: a default remote, committed, with the bytes in it."""

import hashlib
from collections.abc import Mapping

from labkit.checks import Hint, Verdict, check, failed, passed
from labkit.evidence import Commit, Evidence, Repository

from .common import FIRST, NO_REPOSITORY, PRACTICE, holds, no_repository, place_of

TEAM, STORE = f"{PRACTICE}/share/team", f"{PRACTICE}/share/store"
CONFIG = ".dvc/config"
#: DVC leaves a config.local without a setting behind when it changes the shared ones.
WITHOUT_SETTING = frozenset(
    hashlib.md5(text, usedforsecurity=False).hexdigest() for text in (b"", b"\n", b"\r\n")
)


def leads_to_store(repository: Repository, state: Repository | Commit) -> bool:
    """Whether the default remote is the folder store, however its address is written."""
    now = repository.stores.get(state.tracking.default_remote)
    return place_of(repository, state) == STORE or (now is not None and now.folder == STORE)


@check(
    "3.2",
    points=1,
    hints={
        **NO_REPOSITORY,
        "no_remote": Hint(
            "A remote gets a name and an address, by a command that begins with dvc remote.",
            'run("dvc remote add -d store ../store", share)',
        ),
        "not_default": Hint(
            "Push and pull use the default remote. Adding one does not make it that by itself.",
            'run("dvc remote default store", share), or -d when you add it.',
        ),
        "other_folder": Hint(
            "The remote is another folder. From where is its address seen?",
            "store lies beside the repository, not in it: run("
            '"dvc remote modify store url ../store", share).',
        ),
        "other_name": Hint(
            "Names are compared letter by letter, and a remote can be renamed.",
            'run("dvc remote rename OLD store", share), with its present name for OLD.',
        ),
    },
)
def default_remote(evidence: Evidence) -> Verdict:
    """The default remote is the folder store."""
    found = evidence.repository(TEAM)
    if found is None:
        return no_repository(TEAM)
    if not found.tracking.remotes:
        return failed("There is no remote.", "no_remote")
    if place_of(found, found) is None:
        names = ", ".join(found.tracking.remotes)
        return failed(f"None of the remotes is the default: {names}.", "not_default")
    if not leads_to_store(found, found):
        return failed(f"The default remote is {place_of(found, found)}.", "other_folder")
    if found.tracking.default_remote != "store":
        return failed(f"It is called {found.tracking.default_remote}.", "other_name")
    return passed("The default remote is the store.")


@check(
    "3.2",
    points=1,
    hints={
        **NO_REPOSITORY,
        "local_only": Hint(
            "It is in .dvc/config.local, which Git ignores. Which word in your command chose that?",
            "Add the remote without --local: it belongs to the project, not to you.",
        ),
        "changed_since": Hint(
            "A clone gets .dvc/config as it was when you committed it: commit it again.",
            "run('git commit -a -m \"The store, by its name\"', share)",
        ),
        "staged_only": Hint(
            "The setting is chosen for a commit that is missing.",
            "run('git commit -m \"Share the data\"', share)",
        ),
        "not_committed": Hint(
            "Who clones the repository now gets no remote. In which file does DVC write it down?",
            "The remote stands in .dvc/config: git add .dvc/config, and commit.",
        ),
    },
)
def setting_committed(evidence: Evidence) -> Verdict:
    """The newest commit has a default remote that is the store."""
    found = evidence.repository(TEAM)
    if found is None:
        return no_repository(TEAM)
    newest = found.newest
    if newest and place_of(found, newest) and leads_to_store(found, newest):
        return passed("The newest commit has the setting.")
    if not found.tracking.remotes:
        return failed("There is no setting to commit.")
    if found.files.get(f"{CONFIG}.local", "") not in WITHOUT_SETTING | {""}:
        return failed("The setting is not shared.", "local_only")
    if CONFIG in found.staged:
        return failed("The setting is staged, not committed.", "staged_only")
    if newest and newest.tracking.remotes and _settings(newest) != _settings(found):
        return failed(f"{CONFIG} has changed since the commit: commit it.", "changed_since")
    return failed("The newest commit names no such default remote.", "not_committed")


def _settings(state: Repository | Commit) -> tuple[Mapping[str, str], str]:
    return state.tracking.remotes, state.tracking.default_remote


@check(
    "3.2",
    points=2,
    hints={
        **NO_REPOSITORY,
        "nothing_pushed": Hint(
            "Settings alone move nothing, and a copy under its own name is nothing DVC finds.",
            'run("dvc push", share). Copying data.csv by hand is no push: DVC finds files in a '
            "remote by their md5.",
        ),
        "pushed_elsewhere": Hint(
            "Look where the bytes went: the address was another one when you pushed.",
            "Correct the address, ../store as seen from the repository, and push again.",
        ),
        "damaged": Hint(
            "A file in the store is named by its md5, and this one's bytes have another.",
            "Delete the folder store and push again.",
        ),
    },
)
def bytes_pushed(evidence: Evidence) -> Verdict:
    """The store has the bytes of the table."""
    found = evidence.repository(TEAM)
    if found is None:
        return no_repository(TEAM)
    if holds(found, STORE, FIRST):
        return passed("The store has the table.")
    stores = found.stores.values()
    if any(FIRST in one.intact for one in stores):
        return failed("The table is in another folder.", "pushed_elsewhere")
    if any(FIRST in one.damaged for one in stores):
        return failed("The table in the store is damaged.", "damaged")
    return failed("The store does not have the table.", "nothing_pushed")
