"""Reads a tracking store by SQL, from outside, without importing MLflow.

MLflow's own client would check, migrate and write to a store while opening it, and takes two
seconds to import; a student's database deserves neither that trust nor that time. The tables are
those of the pinned MLflow; a test compares what is read here with what ``MlflowClient`` says.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool

from labkit.errors import CourseError
from labkit.evidence.database_copy import private_copy
from labkit.evidence.model import Dataset, ModelVersion, RegisteredModel
from labkit.evidence.reading import Reader

#: More than any honest learner has; a store with more is read up to here, newest first.
MOST_RUNS = 2_000
MOST_ROWS = 200_000
#: Characters in all texts that are read together, and bytes in one.
MOST_TEXT, LONGEST_TEXT = 20_000_000, 5_000_000
#: A query on a forged store (an endless view, say) is cut off after this many seconds.
MOST_SECONDS = 10.0
#: MLflow stores infinities as the largest double (``mlflow.store.tracking.sqlalchemy_store``).
LARGEST_DOUBLE = 1.7976931348623157e308

EXPERIMENTS = "SELECT name FROM experiments WHERE lifecycle_stage = 'active' LIMIT :most_runs"
PARAMS = "SELECT run_uuid AS owner, key, value FROM params LIMIT :most_rows"
TAGS = "SELECT run_uuid AS owner, key, value FROM tags LIMIT :most_rows"
METRICS = "SELECT run_uuid AS owner, key, value, is_nan FROM latest_metrics LIMIT :most_rows"
ALIASES = "SELECT name, version, alias FROM registered_model_aliases LIMIT :most_rows"
VERSION_TAGS = "SELECT name, version, key, value FROM model_version_tags LIMIT :most_rows"
NAMES = "SELECT name, description FROM registered_models ORDER BY name LIMIT :most_runs"
NAME_TAGS = "SELECT name AS owner, key, value FROM registered_model_tags LIMIT :most_rows"
RUNS = """
    SELECT r.run_uuid, e.name AS experiment, r.name, r.status, r.start_time, r.end_time,
           r.artifact_uri
    FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id
    WHERE r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'
    ORDER BY r.start_time DESC, r.run_uuid LIMIT :most_runs"""
MODELS = """
    SELECT m.model_id, m.name, e.name AS experiment, m.source_run_id, m.status,
           m.creation_timestamp_ms, m.artifact_location
    FROM logged_models m JOIN experiments e ON e.experiment_id = m.experiment_id
    WHERE m.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'
    ORDER BY m.creation_timestamp_ms DESC, m.model_id LIMIT :most_runs"""
DATASETS = """
    SELECT i.destination_id, d.name, d.digest, d.dataset_source_type, d.dataset_source,
           d.dataset_profile, t.value AS context
    FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
    LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
    WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' LIMIT :most_rows"""
VERSIONS = """
    SELECT name, version, run_id, source, current_stage, description
    FROM model_versions WHERE current_stage != 'Deleted_Internal'
    ORDER BY name, version LIMIT :most_runs"""


class StoreRows:
    """What the tables hold, as plain rows; the collector makes evidence of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.experiments = [_word(row["name"]) for row in self._rows(EXPERIMENTS)]
        self.runs = self._rows(RUNS)
        self.models = self._rows(MODELS)
        self.params = self._by_owner(PARAMS)
        self.tags = self._by_owner(TAGS)
        self.metrics = self._metrics(METRICS)
        self.datasets = self._datasets()
        self.versions = self._versions()
        self.registered = self._registered()

    def _rows(self, query: str) -> list[Mapping[str, Any]]:
        limits = {"most_runs": MOST_RUNS, "most_rows": MOST_ROWS}
        known = {name: value for name, value in limits.items() if f":{name}" in query}
        return [dict(row) for row in self._connection.execute(text(query), known).mappings()]

    def _by_owner(self, query: str) -> Mapping[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for row in self._rows(query):
            found[row["owner"]][_word(row["key"])] = _word(row["value"])
        return found

    def _metrics(self, query: str) -> Mapping[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for row in self._rows(query):
            found[row["owner"]][_word(row["key"])] = _metric(row["value"], row["is_nan"])
        return found

    def _datasets(self) -> Mapping[str, list[Dataset]]:
        found: dict[str, list[Dataset]] = defaultdict(list)
        for owner, *values in (row.values() for row in self._rows(DATASETS)):
            found[owner].append(Dataset(*(_word(value) for value in values)))
        return found

    def _versions(self) -> list[ModelVersion]:
        aliases: dict[tuple[str, int], list[str]] = defaultdict(list)
        for row in self._rows(ALIASES):
            aliases[row["name"], whole(row["version"])].append(_word(row["alias"]))
        tags: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
        for row in self._rows(VERSION_TAGS):
            tags[row["name"], whole(row["version"])][_word(row["key"])] = _word(row["value"])
        return [
            ModelVersion(
                name=_word(row["name"]),
                version=whole(row["version"]),
                run_id=_word(row["run_id"]),
                source=_word(row["source"]),
                stage=_word(row["current_stage"]),
                aliases=tuple(sorted(aliases[row["name"], whole(row["version"])])),
                tags=tags[row["name"], whole(row["version"])],
                description=_word(row["description"]),
            )
            for row in self._rows(VERSIONS)
        ]

    def _registered(self) -> list[RegisteredModel]:
        tags = self._by_owner(NAME_TAGS)
        names = [(_word(row["name"]), _word(row["description"])) for row in self._rows(NAMES)]
        return [RegisteredModel(name, said, tags.get(name, {})) for name, said in names]


def read_store(database: Path, reader: Reader) -> StoreRows:
    """Read a tracking store in a SQLite file; the file is not written to.

    Args:
        database: the file.
        reader: reads files of the workspace it lies in.

    Returns:
        The rows that are not deleted, newest first, up to the limits above.

    Raises:
        CourseError: there is no such file, or it is not a tracking store of the pinned MLflow.
    """
    if not reader.has(database):
        raise CourseError(
            "There is no tracking store yet.",
            why=f"There is no file {database.name} in {database.parent.name}.",
            next_step="Start the course with: python course.py start",
        )
    try:
        with _connect(database, reader) as connection:
            return StoreRows(connection)
    except (DatabaseError, sqlite3.Error, ValueError, TypeError, OSError) as error:
        raise CourseError(
            "The tracking store cannot be read.",
            why=str(getattr(error, "orig", error)),
            next_step="Run `python course.py doctor`; it says whether the store is damaged or old.",
        ) from error


def whole(value: object) -> int:
    """A whole number, whatever type a forged row holds; 0 for what is none."""
    if isinstance(value, float) and math.isfinite(value):
        return int(value)
    return value if isinstance(value, int) else 0


@contextmanager
def _connect(database: Path, reader: Reader) -> Iterator[Connection]:
    """A connection to a private copy, limited as SQLite advises for files from strangers.

    Source: https://www.sqlite.org/security.html
    """
    with (
        private_copy(database, reader) as copy,
        closing(sqlite3.connect(f"{copy.as_uri()}?mode=rw", uri=True)) as raw,
    ):
        raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_TEXT)
        raw.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        for setting in ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"):
            raw.execute(f"PRAGMA {setting}")
        raw.text_factory = _Text().decode
        deadline = time.monotonic() + MOST_SECONDS
        raw.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
        with engine.connect() as connection:
            yield connection
        engine.dispose()


class _Text:
    """Makes text of bytes, up to ``MOST_TEXT`` of all together."""

    def __init__(self) -> None:
        self._left = MOST_TEXT

    def decode(self, raw: bytes) -> str:
        self._left -= len(raw)
        if self._left < 0:
            raise ValueError(f"It holds more than {MOST_TEXT / 1e6:g} MB of text.")
        return raw.decode("utf-8", errors="replace")


def _word(value: object) -> str:
    """Text, whatever type a forged row holds."""
    return "" if value is None else str(value)


def _metric(value: object, is_nan: object) -> float:
    """A metric as MLflow means it; NaN where a forged row holds something else."""
    if is_nan or isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    return math.copysign(math.inf, value) if abs(value) >= LARGEST_DOUBLE else float(value)
