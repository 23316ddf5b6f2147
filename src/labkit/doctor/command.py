"""``labkit doctor``: one line per examination, and what to do about each problem."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator

import click

from labkit.doctor import data, machine, servers, store
from labkit.doctor.finding import Finding
from labkit.errors import CourseError
from labkit.paths import Course, find_course
from labkit.servers.start import PORT


@click.command()
def command() -> None:
    """Say what is wrong with this course folder and machine, and what to do."""
    problems = 0
    for finding in examine(find_course()):
        click.echo(finding)
        problems += not finding.ok
    click.echo(f"\n{problems or 'No'} problem{'s' if problems != 1 else ''} found.")
    sys.exit(1 if problems else 0)


def examine(course: Course) -> Iterator[Finding]:
    """Everything the doctor looks at, in order; a breakdown is a finding like any other."""
    examinations: Iterable[tuple[str, Callable[[], Finding]]] = (
        ("Python", lambda: machine.python_version(sys.version_info[:3])),
        ("Git", machine.git),
        ("DVC", machine.dvc),
        ("disk space", lambda: machine.disk(course)),
        ("data", lambda: data.data(course)),
        ("servers", lambda: servers.servers(course)),
        ("port", lambda: servers.port(course, PORT)),
        ("server name", lambda: servers.host_header(course, os.environ)),
        ("store", lambda: store.schema(course)),
        ("tracking URI", lambda: store.tracking_uri(os.environ)),
        ("old runs", lambda: store.old_runs(course)),
    )
    for subject, look in examinations:
        try:
            yield look()
        except CourseError as error:
            yield Finding(subject, error.what, error.why, error.next_step)
