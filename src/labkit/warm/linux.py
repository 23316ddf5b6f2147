"""The few calls of the Linux kernel that Python's library has no function for.

Source: https://man7.org/linux/man-pages/ (unshare, setns, prctl, capset, landlock).
"""

from __future__ import annotations

import ctypes
import functools
import os

NEW_USER, NEW_PROCESSES, NEW_NETWORK, NEW_IPC = 0x10000000, 0x20000000, 0x40000000, 0x08000000

_PARENT_DEATH_SIGNAL, _DUMPABLE, _KEEP_CAPABILITIES, _CHILD_SUBREAPER = 1, 4, 8, 36
_NO_NEW_PRIVILEGES, _AMBIENT, _RAISE = 38, 47, 2
_CAPABILITY_VERSION_3 = 0x20080522
#: Read and search where permission bits forbid it; nothing else.
READ_ANYTHING = 2


def unshare(what: int) -> None:
    """Leave namespaces for new ones.

    Raises:
        OSError: the kernel refused.
    """
    must(_libc().unshare(what))


def enter_namespace(descriptor: int, kind: int) -> None:
    """Have children born into the namespace of a kind that a descriptor stands for.

    Raises:
        OSError: the kernel refused.
    """
    must(_libc().setns(descriptor, kind))


def end_with_parent(number: int) -> None:
    """Be sent a signal when the process this one was forked from ends."""
    _prctl(_PARENT_DEATH_SIGNAL, number)


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own."""
    _prctl(_CHILD_SUBREAPER, 1)


def never_gain_privileges() -> None:
    """No program started from here can have more rights than this process."""
    _prctl(_NO_NEW_PRIVILEGES, 1)


def keep_capabilities() -> None:
    """Keep them over the next change of user, until ``limit_capabilities``."""
    _prctl(_KEEP_CAPABILITIES, 1)


def stay_readable() -> None:
    """Let this process read what ``/proc`` says of it, also after it has changed its user."""
    _prctl(_DUMPABLE, 1)


def limit_capabilities(*kept: int) -> None:
    """Give up every capability but some, which programs started from here have too.

    Args:
        kept: numbers of capabilities this process has.
    """
    bits = sum(1 << one for one in kept)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(bits, bits, bits, 0, 0, 0)
    must(_libc().capset(ctypes.byref(header), ctypes.byref(data)))
    for one in kept:
        _prctl(_AMBIENT, _RAISE, one)


def syscall(number: int, *arguments: object) -> int:
    """A call by its number: what it returns, negative for an error."""
    result: int = _libc().syscall(ctypes.c_long(number), *arguments)
    return result


def must(result: int) -> int:
    """A call's result.

    Raises:
        OSError: the kernel refused.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _prctl(option: int, *arguments: int) -> None:
    values = [ctypes.c_ulong(one) for one in (*arguments, 0, 0, 0, 0)[:4]]
    must(_libc().prctl(option, *values))


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
