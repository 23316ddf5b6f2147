"""The one kind of error that reaches a person: what happened, why, and what to do next."""


class CourseError(Exception):
    """Something a person can cause or mend, told in three sentences.

    Args:
        what: what happened, as the person sees it.
        why: the cause, as far as we know it.
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
        # It must reach the grader whole from the process that graded.
        return _remade, (self.what, self.why, self.next_step)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        return [str(self)]


def _remade(what: str, why: str, next_step: str) -> CourseError:
    return CourseError(what, why=why, next_step=next_step)
