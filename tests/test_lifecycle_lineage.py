"""From a version back to its data: every link verified, every broken one named."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import chdir
from html.parser import HTMLParser
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from support_lifecycle import a_name, commit_all, registered, sh, train

import lifecycle
from lifecycle.chain import Lineage
from lifecycle.page import history_page, lineage_page
from lifecycle.registry import get_version
from lifecycle.render import lineage_mermaid, lineage_text
from lifecycle.tracking import ENVIRONMENT, PATCH

pytest_plugins = ["support_lifecycle_fixtures"]


@pytest.fixture
def own(project: Path, tmp_path: Path) -> Path:
    """A copy of the project, with its remote, that a test may change."""
    shutil.copytree(project.parent, tmp_path / "copy")
    root = tmp_path / "copy" / "project"
    config = root / ".dvc" / "config"
    config.write_text(config.read_text().replace(str(project.parent), str(root.parent)))
    sh(root, "git", "commit", "-q", "-am", "The remote beside it")
    return root


def broken(found: Lineage) -> dict[str, str]:
    """What is not verified: the link, and what was found."""
    assert found.ok == all(one.state == "verified" for one in found.links)
    return {
        f"{one.source} -> {one.target}": f"{one.state}: {one.what}"
        for one in found.links
        if one.state != "verified"
    }


def traced(project: Path, fresh: Path | None = None) -> Lineage:
    name = a_name()
    registered(fresh or project, name, fresh=fresh is not None)
    return lifecycle.lineage(name, 1, repository=project)


def remote_objects(root: Path) -> list[Path]:
    return [path for path in (root.parent / "remote").rglob("*") if path.is_file()]


def test_every_link_of_a_good_version_is_verified(project: Path, mlflow_at: str) -> None:
    found = traced(project)
    assert broken(found) == {}
    assert [(one.source, one.target) for one in found.links] == [
        ("remote", "data1"),
        ("data1", "commit"),
        ("commit", "run"),
        ("environment", "run"),
        ("run", "model"),
        ("model", "version"),
    ]
    assert set(found.labels) == {node for one in found.links for node in (one.source, one.target)}


def test_data_gone_from_the_remote_break_their_link(own: Path, mlflow_at: str) -> None:
    name = a_name()
    registered(own, name, fresh=True)
    file = next(path for path in remote_objects(own) if path.suffix != ".dir")
    file.unlink()
    (link, said), *others = broken(lifecycle.lineage(name, 1, repository=own)).items()
    assert link == "remote -> data1"
    assert said.startswith("broken: the remote store lacks 1 of 2 objects")
    assert others == []
    shutil.rmtree(own.parent / "remote")
    assert "has no object" in broken(lifecycle.lineage(name, 1, repository=own))[link]


def test_data_replaced_in_the_remote_are_found_by_looking_deep(own: Path, mlflow_at: str) -> None:
    name = a_name()
    registered(own, name, fresh=True)
    file = next(path for path in remote_objects(own) if path.suffix != ".dir")
    file.chmod(0o644)
    file.write_text("other data")
    assert broken(lifecycle.lineage(name, 1, repository=own)) == {}
    found = broken(lifecycle.lineage(name, 1, repository=own, deep=True))
    assert list(found) == ["remote -> data1"]
    assert found["remote -> data1"].endswith("has another content")
    assert file.read_text() == "other data"


def test_data_that_were_changed_or_not_recorded_break_the_chain(own: Path, mlflow_at: str) -> None:
    (own / "data" / "churn.csv").unlink()
    (own / "data" / "churn.csv").write_text("id,calls,fee,churned\n")
    assert "had been changed when the run began" in broken(traced(own, own))["data1 -> commit"]
    name = a_name()
    lifecycle.register(train(own, leave={"data"}), name)
    found = broken(lifecycle.lineage(name, 1, repository=own))
    assert found["data1 -> commit"].startswith("broken: the run recorded no data")


def test_a_pointer_that_was_never_committed_breaks_the_link(own: Path, mlflow_at: str) -> None:
    pointer = (own / "data.dvc").read_text()
    sh(own, "git", "rm", "-q", "--cached", "data.dvc")
    sh(own, "git", "commit", "-q", "-m", "Forgotten")
    found = broken(traced(own, own))
    assert found["data1 -> commit"] == "broken: data.dvc is not in the commit"
    assert "never committed: data.dvc" in found["commit -> run"]
    (own / "data.dvc").write_text(re.sub("md5: [0-9a-f]+", f"md5: {'0' * 32}", pointer))
    commit_all(own, "Another one")
    (own / "data.dvc").write_text(pointer)
    assert f"in the commit says {'0' * 32}.dir" in broken(traced(own, own))["data1 -> commit"]


def test_a_commit_no_branch_leads_to_is_named(own: Path, mlflow_at: str) -> None:
    (own / "note.txt").write_text("x")
    commit_all(own, "Soon lost")
    name = a_name()
    registered(own, name, fresh=True)
    sh(own, "git", "reset", "-q", "--hard", "HEAD~1")
    found = broken(lifecycle.lineage(name, 1, repository=own))
    assert found["commit -> run"].startswith("broken: no branch or tag leads to the commit")


def test_another_repository_does_not_hold_the_commit(
    project: Path, tmp_path: Path, mlflow_at: str
) -> None:
    name = a_name()
    registered(project, name)
    sh(tmp_path, "git", "init", "-q")
    sh(tmp_path, "git", "commit", "-q", "--allow-empty", "-m", "Elsewhere")
    found = broken(lifecycle.lineage(name, 1, repository=tmp_path))
    assert found["commit -> run"].startswith("broken: the commit is not in")
    assert found["remote -> data1"].startswith("broken: DVC cannot say")


def test_without_a_repository_links_are_unknown_not_verified(
    project: Path, tmp_path: Path, mlflow_at: str
) -> None:
    name = a_name()
    registered(project, name)
    found = broken(lifecycle.lineage(name, 1, repository=tmp_path))
    assert [said.partition(":")[0] for said in found.values()] == ["unknown"] * 3


def test_changes_that_were_kept_are_verified_until_somebody_replaces_them(
    own: Path, mlflow_at: str
) -> None:
    with (own / "train.py").open("a") as file:
        file.write("# changed\n")
    name = a_name()
    registered(own, name, fresh=True)
    found = lifecycle.lineage(name, 1, repository=own)
    assert broken(found) == {}
    assert found.labels["commit"].endswith(" and changes")
    MlflowClient().log_text(get_version(name, 1).run_id, "other", PATCH)
    said = broken(lifecycle.lineage(name, 1, repository=own))["commit -> run"]
    assert said == f"broken: {PATCH} was replaced after registering"


@pytest.fixture
def version(project: Path, mlflow_at: str) -> str:
    """A model whose only version a test may spoil."""
    name = a_name()
    registered(project, name, fresh=True)
    return name


def test_a_commit_tag_changed_afterwards_is_found(version: str, project: Path) -> None:
    run_id = get_version(version, 1).run_id
    MlflowClient().set_tag(run_id, "mlflow.source.git.commit", "f" * 40)
    found = broken(lifecycle.lineage(version, 1, repository=project))
    assert found["commit -> run"].startswith(f"broken: the run's tag names commit {'f' * 40}")


def test_an_environment_replaced_afterwards_is_found(version: str, project: Path) -> None:
    MlflowClient().log_text(get_version(version, 1).run_id, "numpy==0.1", ENVIRONMENT)
    found = broken(lifecycle.lineage(version, 1, repository=project))
    assert found == {"environment -> run": f"broken: {ENVIRONMENT} was replaced after registering"}


def test_a_deleted_run_breaks_its_links(version: str, project: Path) -> None:
    MlflowClient().delete_run(get_version(version, 1).run_id)
    found = broken(lifecycle.lineage(version, 1, repository=project))
    assert found == {
        "run -> model": "broken: the run was deleted, and will be gone for good one day"
    }


def test_a_version_that_names_another_run_is_found(
    version: str, project: Path, mlflow_at: str
) -> None:
    source, other = get_version(version, 1).source, train(project)
    model_id = source.rpartition("/")[2]
    MlflowClient().create_model_version(version, source, run_id=other.run_id, model_id=model_id)
    found = broken(lifecycle.lineage(version, 2, repository=project))
    assert found["run -> model"].startswith("broken: the model was logged by another run")
    assert found["model -> version"].startswith("unknown: registered by other means")


def test_a_run_made_without_this_package_is_unknown(project: Path, mlflow_at: str) -> None:
    from sklearn.linear_model import LogisticRegression

    name = a_name()
    with chdir(project), mlflow.start_run():
        fitted = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
        info = mlflow.sklearn.log_model(fitted, name="model", pip_requirements=["scikit-learn"])
    lifecycle.register(info, name)
    found = broken(lifecycle.lineage(name, 1, repository=project))
    assert found == {
        "data1 -> commit": "unknown: the run was made without lifecycle.run",
        "commit -> run": "unknown: the run was made without lifecycle.run",
        "environment -> run": f"broken: the run has no artifact {ENVIRONMENT}",
    }


def test_a_table_a_graph_and_json_say_the_same(version: str, project: Path) -> None:
    MlflowClient().log_text(get_version(version, 1).run_id, "numpy==0.1", ENVIRONMENT)
    found = lifecycle.lineage(version, 1, repository=project)
    assert len(lineage_text(found).splitlines()) == 2 + len(found.links)
    graph = lineage_mermaid(found)
    assert graph.splitlines()[0] == "flowchart LR"
    assert "  environment -. broken .-> run" in graph
    assert "  run -- verified --> model" in graph
    assert "  linkStyle 3 stroke:" in graph
    plain = json.loads(json.dumps(found.as_dict()))
    assert not plain["ok"]
    assert plain["links"][3]["state"] == "broken"


class Page(HTMLParser):
    """Collects the classes of items and everything a page would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.classes: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "class":
                self.classes.append(value or "")
            if name in ("src", "href"):
                self.fetched.append(value or "")


def test_the_picture_draws_each_verdict_and_fetches_nothing(version: str, project: Path) -> None:
    MlflowClient().log_text(get_version(version, 1).run_id, "numpy==0.1", ENVIRONMENT)
    found = lifecycle.lineage(version, 1, repository=project)
    page = Page(lineage_page(found))
    assert page.fetched == []
    assert sum("verified" in one for one in page.classes) == 5
    assert sum("broken" in one for one in page.classes) == 1


def test_the_timeline_shows_text_and_not_markup(version: str, project: Path) -> None:
    lifecycle.promote(version, 1, to="staging", why="<script>alert(1)</script>", who="ana")
    page = history_page(version, lifecycle.history(version))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert Page(page).classes == ["event staging", "event none"]
