"""What is true on a student's computer only is put right, or named by its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labkit.grading.addresses import put_right
from labkit.grading.load import read_submission

STORE = '__import__("os").environ["MLFLOW_TRACKING_URI"]'


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('mlflow.set_tracking_uri("http://localhost:5000")', 1),
        ("# é\nmlflow.set_tracking_uri('http://127.0.0.1:5000/')", 2),
        ('MlflowClient(tracking_uri="http://0.0.0.0:8080")', 1),
        ('x = "é"; client = mlflow.MlflowClient("http://localhost")', 1),
        ('mlflow.set_registry_uri("http://[::1]:5000")', 1),
        ('os.environ["MLFLOW_TRACKING_URI"] = "http://localhost:5000"', 1),
        ('os.environ.setdefault("MLFLOW_TRACKING_URI", "http://localhost:5000")', 1),
        ('%matplotlib inline\nuri = "http://localhost:5000"\nmlflow.set_tracking_uri(uri)', 2),
        ('TRACKING_URI = "http://localhost:5000"', 1),
        ('evaluate(model, tracking_url="http://localhost:5000")', 1),
    ],
)
def test_the_address_of_a_students_server_becomes_that_of_the_store(source: str, line: int) -> None:
    mended, (said,) = put_right(source)
    assert STORE in mended
    assert "://" not in mended
    assert len(mended.split("\n")) == len(source.split("\n"))
    assert said.startswith(f"Line {line} names a server on one computer (http://")
    assert put_right(mended) == (mended, ())


@pytest.mark.parametrize(
    "source",
    [
        'requests.get("http://localhost:8000/predict")',
        'API = "http://localhost:8000"',
        'mlflow.set_tracking_uri("https://mlflow.example.org")',
        'mlflow.set_tracking_uri("sqlite:///mlflow.db")',
        'print("see http://localhost:5000")',
        '"""/home/anna/notes"""',
        'f"/home/{user}/data/churn.csv"',
        'pd.read_csv("../data/churn.csv")',
        'mlflow.set_experiment("lab01-first-run")',
    ],
)
def test_other_addresses_are_left_alone(source: str) -> None:
    assert put_right(source) == (source, ())


@pytest.mark.parametrize(
    "path",
    [
        '"/home/anna/course/data/churn.csv"',
        '"/Users/anna/my course/data/churn.csv"',
        'r"C:\\Users\\anna\\course\\data\\churn.csv"',
        '"C:/course/data/churn.csv"',
        '"~/course/data/churn.csv"',
        '"..\\\\data\\\\churn.csv"',
        '"/content/drive/MyDrive/data/churn.csv"',
    ],
)
def test_a_path_to_the_courses_data_becomes_one_that_holds_here(path: str) -> None:
    mended, (said,) = put_right(f"churn = pd.read_csv({path})")
    assert mended == "churn = pd.read_csv('../data/churn.csv')"
    assert said.endswith("; ../data/churn.csv was used.")


def test_a_path_to_something_else_is_named_and_left() -> None:
    source = 'x = 1\nopen("/home/anna/notes.txt")'
    assert put_right(source) == (
        source,
        ("Line 2 names a place on one computer (/home/anna/notes.txt); it was left as it is.",),
    )


def test_several_on_one_line_are_all_put_right() -> None:
    mended, said = put_right('a, b = "~/é/data/a", "~/data/b"')
    assert mended == "a, b = '../data/a', '../data/b'"
    assert len(said) == 2


def test_an_old_line_end_is_one_to_python_and_to_us(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "metadata": {}, "source": "x = 1\ry = 2\rz = '~/data/a'"}
    path = tmp_path / "anna.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": [cell]}), encoding="utf-8")
    (read,) = read_submission("anna", path, "lab").cells
    assert put_right(read.source)[0] == "x = 1\ny = 2\nz = '../data/a'"
