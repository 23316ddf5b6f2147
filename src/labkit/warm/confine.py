"""Shuts a forked process in: what it may read, write and use, for good, its children included.

Linux's Landlock does it for files, TCP and signals, a network namespace for the rest of the
network, resource limits for memory, files and time. None of it needs privileges.

Source: https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _DEVICE_CONTROL = 1 << 14, 1 << 15
#: Every right that Landlock knows, by the first version that knows it.
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: _TRUNCATE, 5: _DEVICE_CONTROL}
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE_CONTROL
_TCP = 0b11
_SIGNALS_AND_ABSTRACT_SOCKETS = 0b11
#: The oldest Landlock that keeps signals in; what is confined must not stop the grader.
OLDEST = 6

#: What Python and the programs a lab may call (Git) need of the system.
SYSTEM = (
    "/usr",
    "/bin",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/fonts",
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
        processes: how many processes this user may have in all; not enforced for root.
        cpu_seconds: CPU time a process may use.
    """

    writable: tuple[str, ...]
    readable: tuple[str, ...] = ()
    memory: int = 8 << 30
    file_size: int = 256 << 20
    processes: int = 4_096
    cpu_seconds: int = 600


@functools.cache
def landlock_version() -> int:
    """The Landlock of this kernel; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, _syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG))


def can_confine() -> bool:
    """Whether ``enter`` will work here."""
    return landlock_version() >= OLDEST


def enter(cell: Cell) -> None:
    """Confine this process and all it will ever start. There is no way back.

    Raises:
        OSError: the kernel refused.
    """
    _leave_the_network()
    _limit(cell)
    if _libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs was refused")
    ruleset = _ruleset()
    rights = _known_rights()
    read = (_READ_FILE | _READ_DIR | _EXECUTE) & rights
    python = (sys.prefix, sys.base_prefix, *_import_places())
    _allow(ruleset, (*SYSTEM, *python, *cell.readable, f"/proc/{os.getpid()}"), read)
    _allow(ruleset, cell.writable, rights)
    _allow(ruleset, (os.devnull,), (_READ_FILE | _WRITE_FILE | _TRUNCATE) & rights)
    _must(_syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _leave_the_network() -> None:
    """A network namespace of its own has no way out; where it is not to be had, TCP still is."""
    user, group = os.getuid(), os.getgid()
    if _libc().unshare(_NEW_NETWORK) == 0:
        return
    if _libc().unshare(_NEW_USER | _NEW_NETWORK) == 0:
        with contextlib.suppress(OSError):
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _limit(cell: Cell) -> None:
    import resource  # not on Windows, where nothing is confined

    for what, most in (
        (resource.RLIMIT_AS, cell.memory),
        (resource.RLIMIT_FSIZE, cell.file_size),
        (resource.RLIMIT_NPROC, cell.processes),
        (resource.RLIMIT_CPU, cell.cpu_seconds),
        (resource.RLIMIT_CORE, 0),
    ):
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
    return _must(_syscall(_CREATE_RULESET, attributes, ctypes.sizeof(attributes), 0))


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
        _must(_syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0))
        os.close(descriptor)


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _syscall(number: int, *arguments: object) -> int:
    result: int = _libc().syscall(ctypes.c_long(number), *arguments)
    return result


def _must(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
