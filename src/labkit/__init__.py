"""The lab kit: what a notebook of the course uses, and behind it the checks, grader and build.

In a notebook::

    import labkit

    labkit.connect()                            # find the course's MLflow server
    labkit.declare("1.3", best_run_id=run_id)   # hand in an answer that is a value
    labkit.check("1.3")                         # ask for a verdict
"""

from labkit.errors import CourseError
from labkit.student import check, connect, declare

__all__ = ["CourseError", "check", "connect", "declare"]
