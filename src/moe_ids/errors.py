"""The errors of this package: what happened, why, and what to do next."""

from __future__ import annotations


class CaseStudyError(Exception):
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
