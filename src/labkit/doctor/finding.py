"""What one examination found: all is well, or a problem with its cause and remedy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report; ``why`` and ``next_step`` are empty where all is well."""

    subject: str
    text: str
    why: str = ""
    next_step: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing needs to be done."""
        return not self.next_step

    def __str__(self) -> str:
        line = f"{'ok' if self.ok else 'PROBLEM':<8} {self.subject:<13} {self.text}"
        return line if self.ok else f"{line}\n  Why:  {self.why}\n  Next: {self.next_step}"
