"""`python -m lifecycle`: every command, as text and as JSON, and how errors are told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from mlflow import MlflowClient
from support_lifecycle import a_name, champion, registered, trained

from lifecycle import __all__ as public
from lifecycle.cli import LazyGroup, cli

pytest_plugins = ["support_lifecycle_fixtures"]

Command = Callable[..., Result]


@pytest.fixture
def command(mlflow_at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command in a folder of its own; arguments are words."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_LOGGING_LEVEL", "WARNING")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")

    def run(*words: str, ok: bool = True) -> Result:
        found = CliRunner().invoke(cli, list(words), catch_exceptions=False)
        assert found.exit_code == (0 if ok else 1), found.output
        return found

    return run


def value(found: Result) -> Any:
    """The one JSON value that a command printed."""
    return json.loads(found.stdout)


def test_a_life_by_commands(command: Command, project: Path) -> None:
    name, model = a_name(), trained(project)
    said = command("register", model.model_uri, name, "--owner", "Bea", "--by", "ana")
    assert said.stdout.endswith(f"{name} version 1 is registered.\n")
    told = command("check", name, "1", "--to", "staging", ok=False).stdout
    assert "NO     tags      missing: the tag dataset, the tag architecture" in told
    tags = ["--tag", "dataset=telco", "--tag", "architecture=linear", "--description", "Churn"]
    command("register", model.model_uri, name, *tags)
    command("check", name, "1", "--to", "staging")
    said = command("promote", name, "1", "--to", "staging", "--why", "smoke test", "--by", "ana")
    assert said.stdout == "Version 1 was promoted to staging. (record 2)\n"
    refused = command("promote", name, "1", "--to", "production", "--why", "good", ok=False)
    assert "Why:  approver: nobody approves" in refused.stderr
    assert refused.stdout == ""
    good = ["--to", "production", "--why", "good", "--approver", "Bea", "--by", "ana"]
    command("promote", name, "1", *good)
    table = command("current", name).stdout.splitlines()
    assert table[2].split()[:2] == ["champion", "1"]
    assert table[2].endswith("  ana  good")
    assert len(command("history", name).stdout.splitlines()) == 2 + 3
    assert command("verify", name).stdout == "7 files are those that were registered\n"


def test_every_command_says_it_in_json(command: Command, project: Path) -> None:
    name = a_name()
    champion(project, name, wrong=range(120))
    registered(project, name, wrong=range(60))
    repository = ("--repository", str(project))
    assert value(command("check", name, "2", "--to", "staging", "--json"))[0]["ok"]
    moved = value(command("promote", name, "2", "--to", "staging", "--why", "look", "--json"))
    assert (moved["version"], moved["origin"], moved["to"]) == (2, "none", "staging")
    assert value(command("current", name, "--json"))["champion"]["version"] == 1
    assert value(command("history", name, "--json"))[-1]["why"] == "look"
    compared = value(command("compare", name, "1", "2", "--json"))
    assert compared["versions"][1]["verdict"]["text"].startswith("better by .0300 [")
    assert value(command("verify", name, *repository, "--json"))["data"] == {"data": "unchanged"}
    assert value(command("lineage", name, *repository, "--json"))["ok"]
    assert value(command("archive", name, "2", "--why", "old", "--json"))["to"] == "archived"
    assert value(command("repair", name, "--keep", "ledger", "--why", "x", "--json")) is None
    assert value(command("rules", "--json"))["metric"] == "f1"
    why = value(command("rollback", name, "--why", "x", "--json", ok=False))["error"]["why"]
    assert why == "No version was champion before the present one."
    rejected = value(command("reject", name, "2", "--why", "bad", "--json", ok=False))
    assert rejected["error"]["kind"] == "RefusedError"


def test_versions_are_shown_side_by_side(command: Command, project: Path) -> None:
    name = a_name()
    champion(project, name, wrong=range(100))
    registered(project, name, wrong=range(99, 198))
    table = command("compare", name, "1", "2").stdout.splitlines()
    assert table[2].endswith("all are compared with version 1")
    assert "not distinguishable: .0005 [-" in table[3]
    assert table[4].startswith("Version 2: the difference lies inside the interval of one f1")


def test_pictures_are_written_where_asked(command: Command, project: Path, tmp_path: Path) -> None:
    name = a_name()
    registered(project, name)
    repository = ("--repository", str(project))
    graph = command("lineage", name, "1", *repository, "--mermaid", "--html", "chain.html").stdout
    assert graph.startswith("flowchart LR")
    command("history", name, "--html", "history.html")
    for file in ("chain.html", "history.html"):
        assert name in (tmp_path / file).read_text(encoding="utf-8")


def test_a_version_is_reproduced_by_command(command: Command, project: Path) -> None:
    name = a_name()
    registered(project, name)
    found = command("reproduce", name, "1", "--repository", str(project), "--json")
    assert value(found)["outcome"] == "reproduced"
    assert "... running python quick.py" in found.stderr


def test_an_alias_moved_by_hand_makes_current_fail_and_can_be_repaired(
    command: Command, project: Path
) -> None:
    name = a_name()
    champion(project, name)
    registered(project, name, wrong=range(60))
    MlflowClient().set_registered_model_alias(name, "champion", "2")
    told = command("current", name, ok=False).stdout
    assert "Changed by other means: the alias champion is on version 2" in told
    said = command("repair", name, "--keep", "ledger", "--why", "a mistake").stdout
    assert said.startswith("The registry was put back as the ledger has it.")
    command("current", name)


def test_rules_in_a_file_are_obeyed(command: Command, project: Path, tmp_path: Path) -> None:
    name = a_name()
    registered(project, name)
    (tmp_path / "lifecycle.toml").write_text('required_tags = ["card"]\n')
    assert "the tag card" in command("check", name, "1", "--to", "staging", ok=False).stdout
    (tmp_path / "other.toml").write_text("[requires]\nstaging = []\n")
    command("check", name, "1", "--to", "staging", "--rules", "other.toml")
    told = command("check", name, "1", "--to", "staging", "--rules", "none.toml", ok=False)
    assert "none.toml cannot be used" in told.stderr


def test_errors_are_told_and_not_traced(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no registered model 'nobody'" in command("current", "nobody", ok=False).stderr
    nowhere = ["--tracking-uri", "http://127.0.0.1:9"]
    assert "MLflow did not do what was asked" in command("current", "x", *nowhere, ok=False).stderr
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    told = command("current", "x", ok=False).stderr
    assert "not known which MLflow server" in told
    assert "--tracking-uri" in told


def test_a_tag_that_is_no_pair_is_a_mistake_in_the_command(command: Command) -> None:
    found = CliRunner().invoke(cli, ["register", "models:/x", "a-b-c", "--tag", "dataset"])
    assert found.exit_code == 2
    assert "'dataset' is not KEY=VALUE" in found.output


@pytest.mark.parametrize("name", LazyGroup.places)
def test_each_command_explains_itself(name: str) -> None:
    found = CliRunner().invoke(cli, [name, "--help"])
    assert found.exit_code == 0
    assert "--json" in found.output
    options = found.output.partition("Options:")[2].splitlines()
    assert all(line.strip() for line in options[1:])


def test_every_function_has_a_command() -> None:
    from_python_only = {"load", "log_predictions", "run", "load_rules"}
    functions = {name for name in public if name.islower()} - from_python_only
    assert functions | {"rules"} == set(LazyGroup.places)


def test_help_and_the_package_itself_load_nothing_heavy() -> None:
    look = (
        "import sys, lifecycle, lifecycle.cli, lifecycle.commands_look, lifecycle.commands_change;"
        "print({'mlflow', 'dvc', 'pandas', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_package_knows_nothing_of_the_course() -> None:
    look = "import sys, lifecycle;[getattr(lifecycle, one) for one in lifecycle.__all__];"
    look += "print([one for one in sys.modules if one.startswith(('labkit', 'moe_ids'))])"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_it_is_run_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lifecycle", "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Usage: python -m lifecycle [OPTIONS] COMMAND")
