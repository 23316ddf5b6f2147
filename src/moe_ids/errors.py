"""The errors of this package: what happened, why, and what to do next."""

from __future__ import annotations

from lifecycle.errors import LifecycleError


class CaseStudyError(LifecycleError):
    """The data, the options or the server do not allow what was asked for."""
