"""The errors of this package: what happened, why, and what to do next."""

from __future__ import annotations

from typing import Any


class LifecycleError(Exception):
    """Something a person can cause or mend, told in three sentences.

    Args:
        what: what happened, as the person sees it.
        why: the cause, as far as it is known.
        next_step: what to do now, a command where there is one.
    """

    def __init__(self, what: str, *, why: str, next_step: str) -> None:
        super().__init__(what, why, next_step)
        self.what = what
        self.why = why
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what}\n  Why:  {self.why}\n  Next: {self.next_step}"

    def __reduce__(self) -> tuple[object, ...]:
        # It must come whole out of another process.
        return _remade, (type(self), self.what, self.why, self.next_step)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        return [str(self)]

    def as_dict(self) -> dict[str, Any]:
        """The error as plain JSON values; ``kind`` is the name of its class."""
        return {
            "kind": type(self).__name__,
            "what": self.what,
            "why": self.why,
            "next_step": self.next_step,
        }


class RefusedError(LifecycleError):
    """A rule of the team forbids it."""


class LostRaceError(LifecycleError):
    """Somebody else's change came first, and this one was not made."""


class DriftError(LifecycleError):
    """The registry was changed behind the ledger's back."""


class TamperedError(LifecycleError):
    """Files of a registered version are not those that were registered."""


def _remade(kind: type[LifecycleError], what: str, why: str, next_step: str) -> LifecycleError:
    return kind(what, why=why, next_step=next_step)
