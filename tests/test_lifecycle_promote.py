"""Promotion by the rules: each rule broken on purpose, aliases, rollback, drift, adoption."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.models.model import ModelInfo
from support_lifecycle import TAGS, a_name, champion, registered, train, trained

import lifecycle
from lifecycle import DriftError, LifecycleError, RefusedError, Rules, TamperedError
from lifecycle.registry import get_version, snapshot
from lifecycle.settle import MLFLOW_STAGES, look, write

pytest_plugins = ["support_lifecycle_fixtures"]

#: Rules for tests of what comes after the rules.
LENIENT = Rules(requires={"staging": (), "production": ()})


@pytest.fixture
def model(project: Path, mlflow_at: str) -> ModelInfo:
    """A model with everything."""
    return trained(project)


def plain(model: ModelInfo, name: str, count: int) -> None:
    """Versions as MLflow alone registers them."""
    for _ in range(count):
        mlflow.register_model(model.model_uri, name)


def produce(name: str, version: int) -> None:
    """Through staging to production, by lenient rules."""
    for to in ("staging", "production"):
        lifecycle.promote(name, version, to=to, why="test", who="ana", rules=LENIENT)


def stages(name: str) -> dict[int, str]:
    return {number: one.stage for number, one in sorted(snapshot(name).versions.items())}


def by_hand(name: str, stages: dict[int, str]) -> None:
    """Set MLflow's stages without these commands."""
    for version, stage in stages.items():
        with pytest.warns(FutureWarning):
            MlflowClient().transition_model_version_stage(name, str(version), stage)


@pytest.fixture
def three(model: ModelInfo, mlflow_at: str) -> str:
    """A model whose third version is champion, its first two archived."""
    name = a_name()
    plain(model, name, 3)
    for version in (1, 2, 3):
        produce(name, version)
    return name


def why_refused(name: str, version: int, to: str, approver: str = "Bea") -> str:
    before = (snapshot(name).aliases, stages(name), lifecycle.history(name))
    with pytest.raises(RefusedError, match=f"version {version} was not") as told:
        lifecycle.promote(name, version, to=to, why="please", approver=approver)
    assert (snapshot(name).aliases, stages(name), lifecycle.history(name)) == before
    return told.value.why


def test_a_life_from_registered_to_production_and_back(project: Path, mlflow_at: str) -> None:
    name = a_name()
    assert champion(project, name, wrong=range(120)) == 1
    assert snapshot(name).aliases == {"champion": 1}
    version = registered(project, name, wrong=range(60)).version
    lifecycle.promote(name, version, to="staging", why="second look", who="ana")
    assert snapshot(name).aliases == {"champion": 1, "staging": 2}
    record = lifecycle.promote(
        name, version, to="production", why="better", who="ana", approver="Bea"
    )
    assert record.verdict.startswith("better by .0300 [")
    assert snapshot(name).aliases == {"champion": 2, "previous": 1}
    assert stages(name) == {1: "Archived", 2: "Production"}
    assert get_version(name, 2).tags["lifecycle.stage"] == "production"
    assert get_version(name, 2).tags["lifecycle.verdict"].startswith("better by .0300")
    lifecycle.rollback(name, why="latency", who="cem")
    assert snapshot(name).aliases == {"champion": 1}
    assert stages(name) == {1: "Production", 2: "Archived"}
    told = [(one.action, one.version, one.to, one.who, one.why) for one in lifecycle.history(name)]
    assert told[-2:] == [
        ("promoted", 2, "production", "ana", "better"),
        ("rolled back", 1, "production", "cem", "latency"),
    ]
    assert [one.seq for one in lifecycle.history(name)] == list(range(1, len(told) + 1))


def test_staging_is_never_skipped(project: Path, mlflow_at: str) -> None:
    name = a_name()
    version = registered(project, name).version
    assert why_refused(name, version, "production") == (
        "order: from none a version may go to: staging, rejected, archived"
    )


def test_production_needs_somebody_who_answers_for_it(project: Path, mlflow_at: str) -> None:
    name = a_name()
    version = registered(project, name).version
    lifecycle.promote(name, version, to="staging", why="first look")
    assert why_refused(name, version, "production", " ") == "approver: nobody approves"


def test_every_rule_that_is_broken_is_named_at_once(mlflow_at: str, project: Path) -> None:
    name = f"my_model_v2_{a_name()}"
    info = train(project, leave={"params", "signature"})
    mlflow.register_model(info.model_uri, name)
    version = max(snapshot(name).versions)
    told = why_refused(name, version, "staging").splitlines()
    assert [line.strip().partition(":")[0] for line in told] == [
        "name",
        "metadata",
        "tags",
        "files",
    ]
    assert "signature" in told[1]
    assert "parameters" in told[1]
    assert "the tag dataset, the tag architecture, a description" in told[2]


def test_a_candidate_that_loses_to_the_champion_is_refused(project: Path, mlflow_at: str) -> None:
    name = a_name()
    champion(project, name, wrong=range(60))
    version = registered(project, name, wrong=range(120)).version
    lifecycle.promote(name, version, to="staging", why="look")
    assert "comparison: worse by .0300 [" in why_refused(name, version, "production")
    assert get_version(name, version).tags["lifecycle.verdict"].startswith("worse by")


def test_a_candidate_that_cannot_be_told_from_the_champion_may_replace_it(
    project: Path, mlflow_at: str
) -> None:
    name = a_name()
    champion(project, name, wrong=range(100))
    version = registered(project, name, wrong=range(99, 198)).version
    lifecycle.promote(name, version, to="staging", why="look")
    record = lifecycle.promote(name, version, to="production", why="faster", approver="Bea")
    assert record.verdict.startswith("not distinguishable: .0005 [-")


def test_a_candidate_without_predictions_is_not_comparable(project: Path, mlflow_at: str) -> None:
    name = a_name()
    champion(project, name)
    info = train(project, leave={"predictions"})
    version = lifecycle.register(info, name, description="Who leaves?", tags=TAGS).version
    lifecycle.promote(name, version, to="staging", why="look")
    assert why_refused(name, version, "production") == (
        "comparison: not comparable: version 2 logged no held-out predictions "
        "(version 1, f1, 0 rows)"
    )


def test_predictions_replaced_after_registering_are_not_compared(
    project: Path, mlflow_at: str, tmp_path: Path
) -> None:
    name = a_name()
    champion(project, name, wrong=range(60))
    version = registered(project, name, wrong=range(120), fresh=True).version
    better = train(project, wrong=range(2))
    client, run_id = MlflowClient(), get_version(name, version).run_id
    path = client.download_artifacts(
        better.run_id or "", "lifecycle/predictions.parquet", str(tmp_path)
    )
    client.log_artifact(run_id, path, "lifecycle")
    lifecycle.promote(name, version, to="staging", why="look")
    assert "were replaced after registering" in why_refused(name, version, "production")


def test_tampered_weights_are_not_promoted_and_not_rolled_back_to(
    project: Path, mlflow_at: str
) -> None:
    name = a_name()
    champion(project, name, fresh=True)
    version = registered(project, name, fresh=True).version
    lifecycle.promote(name, version, to="staging", why="look")
    overwrite(mlflow_at, name, version)
    assert why_refused(name, version, "production") == "files: model.skops was replaced"
    third = registered(project, name).version
    lifecycle.promote(name, third, to="staging", why="look")
    lifecycle.promote(name, third, to="production", why="look", approver="Bea")
    overwrite(mlflow_at, name, 1)
    with pytest.raises(TamperedError):
        lifecycle.rollback(name, why="latency")
    assert snapshot(name).aliases["champion"] == third


def overwrite(server: str, name: str, version: int) -> None:
    model_id = get_version(name, version).source.rpartition("/")[2]
    place = mlflow.get_logged_model(model_id).artifact_location
    path = place.removeprefix("mlflow-artifacts:").lstrip("/")
    address = f"{server}/api/2.0/mlflow-artifacts/artifacts/{path}/model.skops"
    urllib.request.urlopen(urllib.request.Request(address, b"other", method="PUT")).close()


def test_a_team_can_have_other_rules(model: ModelInfo, mlflow_at: str) -> None:
    name = a_name()
    plain(model, name, 1)
    rules = Rules(requires={"staging": ("tags",)}, required_tags=("card",))
    with pytest.raises(RefusedError) as told:
        lifecycle.promote(name, 1, to="staging", why="look", rules=rules)
    assert told.value.why == "tags: missing: the tag card, a description"


def test_a_check_says_the_same_and_promotes_nothing(project: Path, mlflow_at: str) -> None:
    name = a_name()
    version = registered(project, name).version
    findings = lifecycle.check(name, version, to="staging")
    assert [(one.requirement, one.ok) for one in findings] == [
        ("order", True),
        ("name", True),
        ("metadata", True),
        ("tags", True),
        ("files", True),
    ]
    assert stages(name) == {1: "None"}


def test_a_move_without_a_reason_is_refused(model: ModelInfo, mlflow_at: str) -> None:
    name = a_name()
    plain(model, name, 1)
    with pytest.raises(LifecycleError, match="Nothing was changed"):
        lifecycle.promote(name, 1, to="staging", why=" ", rules=LENIENT)
    with pytest.raises(LifecycleError, match="'canary' cannot be asked for"):
        lifecycle.promote(name, 1, to="canary", why="x", rules=LENIENT)


def test_a_rejected_version_does_not_come_back(model: ModelInfo, mlflow_at: str) -> None:
    name = a_name()
    plain(model, name, 1)
    lifecycle.promote(name, 1, to="staging", why="look", rules=LENIENT)
    lifecycle.reject(name, 1, why="biased")
    assert stages(name) == {1: "Archived"}
    assert snapshot(name).aliases == {}
    assert get_version(name, 1).tags["lifecycle.stage"] == "rejected"
    with pytest.raises(RefusedError, match="not promoted") as told:
        lifecycle.promote(name, 1, to="staging", why="again", rules=LENIENT)
    assert told.value.why == "order: from rejected a version may go to: nowhere"


def test_an_archived_version_comes_back_through_staging(three: str) -> None:
    with pytest.raises(RefusedError):
        lifecycle.promote(three, 1, to="production", why="back", rules=LENIENT)
    produce(three, 1)
    assert snapshot(three).aliases == {"champion": 1, "previous": 3}


def test_the_champion_cannot_be_archived_or_rejected(three: str) -> None:
    for leave in (lifecycle.archive, lifecycle.reject):
        with pytest.raises(RefusedError) as told:
            leave(three, "champion", why="old")
        assert "from production a version may go to: nowhere" in told.value.why


def test_each_rollback_goes_one_further_until_there_is_no_other(three: str) -> None:
    assert lifecycle.rollback(three, why="slow").version == 2
    assert lifecycle.rollback(three, why="slow").version == 1
    with pytest.raises(RefusedError, match="cannot be rolled back"):
        lifecycle.rollback(three, why="slow")
    assert stages(three) == {1: "Production", 2: "Archived", 3: "Archived"}


def test_current_tells_since_when_by_whom_and_why(three: str) -> None:
    found = lifecycle.current(three)
    assert found.champion == 3
    slot = found.slots["champion"]
    assert slot is not None
    assert slot.since is not None
    assert (slot.since.who, slot.since.why) == ("ana", "test")
    assert found.slots["staging"] is None
    assert found.problems == ()


def test_unknown_names_and_versions_are_told(model: ModelInfo, mlflow_at: str) -> None:
    name = a_name()
    with pytest.raises(LifecycleError, match=f"no registered model '{name}'"):
        lifecycle.current(name)
    plain(model, name, 1)
    with pytest.raises(LifecycleError, match="has no version 7"):
        lifecycle.promote(name, 7, to="staging", why="x")
    with pytest.raises(LifecycleError, match="has no alias champion"):
        lifecycle.verify(name)


def test_an_alias_moved_by_hand_is_reported_and_nothing_is_undone(
    three: str, project: Path
) -> None:
    MlflowClient().set_registered_model_alias(three, "champion", "1")
    # Nor by what is recorded and moves nothing.
    registered(project, three, wrong=range(60))
    found = lifecycle.current(three)
    assert found.champion == 1
    assert found.problems == ("the alias champion is on version 1, in the ledger on version 3",)
    with pytest.raises(DriftError) as told:
        lifecycle.rollback(three, why="x")
    assert f"repair {three} --keep registry" in told.value.next_step
    assert snapshot(three).aliases["champion"] == 1


def test_what_was_moved_by_hand_can_be_accepted(three: str) -> None:
    MlflowClient().set_registered_model_alias(three, "champion", "2")
    record = lifecycle.repair(three, keep="registry", why="night shift went back", who="cem")
    assert record is not None
    assert (record.action, record.version, record.why) == ("adopted", 2, "night shift went back")
    assert lifecycle.current(three).problems == ()
    assert snapshot(three).aliases == {"champion": 2, "previous": 1}
    assert stages(three) == {1: "Archived", 2: "Production", 3: "Archived"}


def test_what_was_moved_by_hand_can_be_put_back(three: str) -> None:
    MlflowClient().set_registered_model_alias(three, "champion", "1")
    by_hand(three, {2: "Production"})
    lifecycle.repair(three, keep="ledger", why="a mistake")
    assert lifecycle.current(three).problems == ()
    assert snapshot(three).aliases == {"champion": 3, "previous": 2}
    assert stages(three) == {1: "Archived", 2: "Archived", 3: "Production"}
    assert lifecycle.repair(three, keep="ledger", why="again") is None


def test_a_champion_that_was_deleted_is_reported_and_can_be_rolled_back(three: str) -> None:
    MlflowClient().delete_model_version(three, "3")
    assert "version 3 was deleted" in lifecycle.current(three).problems
    with pytest.raises(DriftError, match="does not say"):
        lifecycle.rollback(three, why="it is gone")
    lifecycle.repair(three, keep="registry", why="it is gone")
    assert lifecycle.current(three).champion is None
    assert lifecycle.rollback(three, why="it is gone").version == 2
    assert snapshot(three).aliases == {"champion": 2, "previous": 1}


def test_a_slow_command_that_writes_an_old_state_is_overruled_by_the_next(
    model: ModelInfo, mlflow_at: str
) -> None:
    name = a_name()
    plain(model, name, 2)
    produce(name, 1)
    slow = look(name)
    produce(name, 2)
    write(slow)
    assert snapshot(name).aliases["champion"] == 1
    assert lifecycle.current(name).champion == 2
    assert stages(name) == {1: "Archived", 2: "Production"}


def test_a_model_in_use_is_taken_over_as_it_is(model: ModelInfo, mlflow_at: str) -> None:
    name = a_name()
    plain(model, name, 4)
    by_hand(name, {1: "Archived", 2: "Production", 3: "Staging"})
    assert lifecycle.current(name).problems == ()
    lifecycle.promote(name, 3, to="production", why="first by rules", rules=LENIENT)
    assert [one.action for one in lifecycle.history(name)] == ["adopted", "promoted"]
    assert snapshot(name).aliases == {"champion": 3, "previous": 2}
    assert stages(name) == {1: "Archived", 2: "Archived", 3: "Production", 4: "None"}


def test_a_model_that_only_has_aliases_is_taken_over_too(model: ModelInfo, mlflow_at: str) -> None:
    name, client = a_name(), MlflowClient()
    plain(model, name, 2)
    client.set_registered_model_alias(name, "champion", "1")
    client.set_registered_model_alias(name, "staging", "2")
    lifecycle.promote(name, 2, to="production", why="first by rules", rules=LENIENT)
    assert snapshot(name).aliases == {"champion": 2, "previous": 1}


def test_two_versions_in_production_must_be_told_apart_first(
    model: ModelInfo, mlflow_at: str
) -> None:
    name, client = a_name(), MlflowClient()
    plain(model, name, 3)
    by_hand(name, {1: "Production", 2: "Production"})
    with pytest.raises(RefusedError, match="not clear which version") as told:
        lifecycle.promote(name, 3, to="staging", why="x", rules=LENIENT)
    assert "versions 1, 2 are in" in told.value.why
    client.set_registered_model_alias(name, "champion", "2")
    lifecycle.promote(name, 3, to="staging", why="x", rules=LENIENT)
    assert stages(name) == {1: "Archived", 2: "Production", 3: "Staging"}


def test_without_stages_in_mlflow_aliases_still_follow(
    model: ModelInfo, mlflow_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = a_name()
    plain(model, name, 2)
    monkeypatch.delattr(MlflowClient, "transition_model_version_stage")
    monkeypatch.setattr("lifecycle.registry._stage_of", lambda found: "")
    for version in (1, 2):
        produce(name, version)
    assert snapshot(name).aliases == {"champion": 2, "previous": 1}
    assert lifecycle.current(name).problems == ()
    assert get_version(name, 1).tags["lifecycle.stage"] == "archived"


def test_a_ledger_that_was_deleted_is_told_and_not_begun_anew(three: str) -> None:
    client = MlflowClient()
    experiment = client.get_experiment_by_name(f"lifecycle/{three}")
    assert experiment is not None
    client.delete_experiment(experiment.experiment_id)
    with pytest.raises(LifecycleError, match="is gone") as told:
        lifecycle.rollback(three, why="x")
    assert "mlflow experiments restore" in told.value.next_step
    client.restore_experiment(experiment.experiment_id)
    assert lifecycle.current(three).champion == 3


def test_every_stage_has_a_name_in_mlflow() -> None:
    assert set(MLFLOW_STAGES) == set(Rules().transitions)
