"""Shuts a forked process in: what it may read, write and use, for good, its children included.

Linux's Landlock does it for files, TCP and signals, resource limits for memory, files and time,
another user for what root may do; namespaces do the rest (``labkit.warm.namespaces``). None of it
needs privileges.

Source: https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.warm import linux
from labkit.warm.linux import must, syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _DEVICE_CONTROL = 1 << 14, 1 << 15
#: Every right that Landlock knows, by the first version that knows it.
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: _TRUNCATE, 5: _DEVICE_CONTROL}
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE_CONTROL
_TCP = 0b11
_SIGNALS_AND_ABSTRACT_SOCKETS = 0b11
#: The oldest Landlock that keeps signals in; what is confined must not stop the grader.
OLDEST = 6
#: Users that no account has by convention; root gives its place to one of them.
#: Source: https://systemd.io/UIDS-GIDS/
FREE_USERS = range(60_578, 61_184)

#: What Python and the programs a lab may call (Git, DVC) need of the system. The library that DVC
#: reads repositories with opens Git's settings of the whole machine, and gives up if it may not.
SYSTEM = (
    "/usr",
    "/bin",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/fonts",
    "/etc/gitconfig",
    "/etc/passwd",
    "/etc/group",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys",
    "/sys/devices/system/cpu",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a confined process may do.

    Args:
        writable: folders it may read and write.
        readable: files and folders it may read and execute, beyond Python and the system.
        memory: bytes of address space a process may have.
        file_size: bytes a file may have.
        processes: how many processes and threads there may be, where they can be told from others
            of the same user.
    """

    writable: tuple[str, ...]
    readable: tuple[str, ...] = ()
    memory: int = 8 << 30
    file_size: int = 256 << 20
    processes: int = 256


@functools.cache
def landlock_version() -> int:
    """The Landlock of this kernel; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG))


def can_confine() -> bool:
    """Whether ``enter`` will work here."""
    return landlock_version() >= OLDEST


def enter(cell: Cell, *, user: int, alone: bool) -> None:
    """Confine this process and all it will ever start. There is no way back.

    Args:
        cell: what it may do.
        user: whom root gives its place to, one of ``FREE_USERS``.
        alone: whether it is in a user namespace of its own.

    Raises:
        OSError: the kernel refused.
    """
    root = os.geteuid() == 0
    if root:
        _drop_root(user, cell.writable)
    else:
        linux.limit_capabilities()
    _limit(cell, alone=alone or root)
    linux.never_gain_privileges()
    ruleset = _ruleset()
    rights = _known_rights()
    read = (_READ_FILE | _READ_DIR | _EXECUTE) & rights
    python = (sys.prefix, sys.base_prefix, *_import_places())
    _allow(ruleset, (*SYSTEM, *python, *cell.readable, "/proc/self"), read)
    _allow(ruleset, cell.writable, rights)
    _allow(ruleset, (os.devnull,), (_READ_FILE | _WRITE_FILE | _TRUNCATE) & rights)
    must(syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _drop_root(user: int, writable: Iterable[str]) -> None:
    """Become a user that owns nothing but these folders; it can read, as Landlock allows it to.

    A course in root's home, or a Python, could not be read otherwise.
    """
    for folder in writable:
        for here, folders, files in os.walk(folder):
            for name in (".", *folders, *files):
                os.chown(Path(here, name), user, user, follow_symlinks=False)
    linux.keep_capabilities()
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    linux.limit_capabilities(linux.READ_ANYTHING)
    linux.stay_readable()


def _limit(cell: Cell, *, alone: bool) -> None:
    import resource  # not on Windows, where nothing is confined

    limits = [
        (resource.RLIMIT_AS, cell.memory),
        (resource.RLIMIT_FSIZE, cell.file_size),
        (resource.RLIMIT_CORE, 0),
    ]
    if alone:  # else it would count what the instructor has running
        limits.append((resource.RLIMIT_NPROC, cell.processes))
    for what, most in limits:
        _, hard = resource.getrlimit(what)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, limit))


def _import_places() -> Sequence[str]:
    """Where this process imports from: an editable install lies outside its environment."""
    return [place for place in sys.path if place and Path(place).is_dir()]


def _known_rights() -> int:
    version = landlock_version()
    return sum(rights for first, rights in _FILE_RIGHTS.items() if first <= version)


def _ruleset() -> int:
    words = [_known_rights(), _TCP, _SIGNALS_AND_ABSTRACT_SOCKETS]
    attributes = (ctypes.c_uint64 * len(words))(*words)
    return must(syscall(_CREATE_RULESET, attributes, ctypes.sizeof(attributes), 0))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def _allow(ruleset: int, places: Iterable[str], rights: int) -> None:
    for place in places:
        try:
            descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # what is not there needs no rule
        allowed = rights if Path(place).is_dir() else rights & _OF_FILES
        rule = _PathBeneath(allowed, descriptor)
        must(syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0))
        os.close(descriptor)
