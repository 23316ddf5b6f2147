"""Training: stages, seeds, budgets, interruptions, and what cannot be learned from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from support_moe_training import QUICK, SEED, few_data, few_parts, trained

from moe_ids.boosting import Boosted
from moe_ids.data import Dataset
from moe_ids.errors import CaseStudyError
from moe_ids.job import divide, run_job
from moe_ids.model import MIXTURE, NEURAL, Model
from moe_ids.training import Settings, settings_from
from moe_ids.training.checkpoints import FILE

#: With the stage that is left out unless asked for.
TUNED = replace(QUICK, tune_epochs=3, tune_rate=1e-3)


def test_every_expert_has_an_opinion_and_the_gate_weighs_them() -> None:
    found = trained()
    assert found.judgements is not None
    assert set(found.judgements.of) == {MIXTURE, NEURAL, "mlp", "temporal", "xgboost"}
    for one in found.judgements.of.values():
        np.testing.assert_allclose(one.probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(found.judgements.gate.sum(axis=1), 1, atol=1e-5)


def test_the_mixture_lies_between_its_experts() -> None:
    said = trained().judgements
    assert said is not None
    each = np.stack([said.of[name].attack for name in trained().trained.model.experts])
    mixed = said.of[MIXTURE].attack
    assert (mixed <= each.max(axis=0) + 1e-3).all()
    assert (mixed >= each.min(axis=0) - 1e-3).all()


def test_a_label_is_an_attack_where_an_attack_is_likelier_than_not() -> None:
    said = trained().judgements
    assert said is not None
    for one in said.of.values():
        np.testing.assert_array_equal(one.label > 0, one.attack >= 0.5)


def test_every_stage_learns() -> None:
    for name, stage in trained().trained.progress.items():
        losses = [told["loss"] for told in stage.history]
        assert losses[-1] < losses[0], name


@pytest.mark.parametrize("name", [MIXTURE, "xgboost"])
def test_what_was_learned_beats_a_guess(name: str) -> None:
    area = trained().figures[name].values["roc_auc"]
    assert area is not None
    assert area.low > 0.6


def test_the_baseline_is_xgboost_on_all_rows_that_may_be_learned_from() -> None:
    model = trained().trained.model
    data, parts = few_data(), few_parts()
    inputs, rows = model.preparation.apply(data), np.concatenate([parts.train, parts.valid])
    labels = data.class_codes()
    again = Boosted.fit(inputs.flat()[rows], labels[rows], 7, QUICK.boost, SEED)
    assert model.boosted is not None
    np.testing.assert_array_equal(
        again.log_probabilities(inputs.flat()), model.boosted.log_probabilities(inputs.flat())
    )


def test_the_test_rows_change_nothing_that_is_learned() -> None:
    data, parts = few_data(), few_parts()
    frame = data.frame.copy()
    frame.loc[parts.test, list(data.numeric)] = 7.0
    other = run_job(replace(data, frame=frame), parts, QUICK, SEED).trained.model
    first = trained().trained.model
    assert other.preparation == first.preparation
    assert _same(first, other)


def test_the_same_seed_gives_the_same_model_and_another_seed_another() -> None:
    model = trained().trained.model
    assert _same(model, run_job(few_data(), few_parts(), QUICK, SEED).trained.model)
    assert not _same(model, run_job(few_data(), few_parts(), QUICK, SEED + 1).trained.model)


def test_fine_tuning_changes_the_experts_where_that_helps_their_mixture() -> None:
    untuned = trained().trained
    found = run_job(few_data(), few_parts(), TUNED, SEED).trained
    tuned = found.progress["tune"]
    assert tuned.history[tuned.best_epoch - 1]["valid_loss"] == tuned.best_loss
    assert not _same(untuned.model, found.model)
    for one, other in zip(
        untuned.model.mixture.gate.parameters(), found.model.mixture.gate.parameters(), strict=True
    ):
        torch.testing.assert_close(one, other)


def test_fine_tuning_that_does_harm_is_undone() -> None:
    found = run_job(few_data(), few_parts(), replace(TUNED, tune_rate=1.0), SEED).trained
    assert _same(trained().trained.model, found.model)


@pytest.mark.parametrize(
    ("stage", "settings"), [("temporal", QUICK), ("gate", QUICK), ("tune", TUNED)]
)
def test_an_interrupted_training_goes_on_to_the_same_model(
    stage: str, settings: Settings, tmp_path: Path
) -> None:
    def interrupt(name: str, told: dict[str, float]) -> None:
        if (name, told["epoch"]) == (stage, 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_job(few_data(), few_parts(), settings, SEED, tmp_path, report=interrupt)
    assert (tmp_path / FILE).exists()
    seen: list[tuple[str, float]] = []
    found = run_job(
        few_data(), few_parts(), settings, SEED, tmp_path,
        report=lambda name, told: seen.append((name, told["epoch"])),
    )  # fmt: skip
    assert seen[0] == (stage, 2)
    at_once = run_job(few_data(), few_parts(), settings, SEED)
    assert _same(at_once.trained.model, found.trained.model)
    assert not (tmp_path / FILE).exists()


def test_a_checkpoint_serves_no_other_training(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_job(few_data(), few_parts(), QUICK, SEED, tmp_path, report=_interrupt_later())
    other = replace(QUICK, rate=1e-3)
    with pytest.raises(CaseStudyError, match=r"another value of: rate(.|\n)*--restart"):
        run_job(few_data(), few_parts(), other, SEED, tmp_path)
    (tmp_path / FILE).write_bytes(b"half a file")
    with pytest.raises(CaseStudyError, match="cannot be read"):
        run_job(few_data(), few_parts(), QUICK, SEED, tmp_path)


def test_a_spent_budget_ends_each_stage_and_still_gives_a_model() -> None:
    found = run_job(few_data(), few_parts(), replace(QUICK, budget_cpu_s=0.01), SEED)
    assert {one.ended for one in found.trained.progress.values()} == {"budget"}
    assert set(found.figures) >= {MIXTURE, "xgboost"}


def test_where_there_is_no_past_the_columns_are_the_sequence() -> None:
    data = few_data("flows-unsw")
    without = replace(data, frame=data.frame.drop(columns=["host", "time", "start", "session"]))
    parts = divide(without, test=0.3, valid=0.2, seed=0, method=None)
    assert parts.method == "groups"
    found = run_job(without, parts, replace(QUICK, experts=("auto",), epochs=1), SEED)
    assert found.trained.model.experts == ("ft", "features", "mlp", "xgboost")


def test_a_mixture_of_neural_experts_needs_no_xgboost(tmp_path: Path) -> None:
    settings = replace(QUICK, experts=("mlp", "temporal"), epochs=1)
    found = run_job(few_data(), few_parts(), settings, SEED, tmp_path)
    assert set(found.figures) == {MIXTURE, "mlp", "temporal"}
    assert Model.load(tmp_path).experts == ("mlp", "temporal")


@pytest.mark.parametrize(
    ("experts", "message"),
    [
        (("tabular",), "no expert called 'tabular'"),
        (("xgboost",), "is no mixture"),
        (("mlp", "mlp"), "is no mixture"),
    ],
)
def test_experts_that_cannot_be_are_refused(experts: tuple[str, ...], message: str) -> None:
    with pytest.raises(CaseStudyError, match=message):
        replace(QUICK, experts=experts).experts_for(window=True)


def test_the_temporal_expert_needs_a_past() -> None:
    with pytest.raises(CaseStudyError, match="cannot be trained on these data"):
        replace(QUICK, experts=("temporal",)).experts_for(window=False)


@pytest.mark.parametrize("label", ["BENIGN", "DoS"])
def test_one_class_is_nothing_to_learn_from(label: str) -> None:
    data = few_data()
    attack = int(label != "BENIGN")
    frame = data.frame.assign(label=label, attack=attack)
    one_sided = Dataset("flows", frame, data.numeric, data.categorical, data.classes)
    with pytest.raises(CaseStudyError, match=r"all benign|only attacks"):
        run_job(one_sided, few_parts(), QUICK, SEED)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"epoch": 3}, "there is no option 'epoch'"),
        ({"epochs": "many"}, "'many' is not of type int"),
        ({"epochs": 0}, "is not above 0"),
        ({"boost": {"leaves": 3}}, "there is no option 'leaves'"),
    ],
)
def test_options_that_cannot_be_are_named(given: dict[str, object], message: str) -> None:
    with pytest.raises(CaseStudyError, match=message):
        settings_from(given)


def test_options_that_are_not_given_are_the_usual_ones() -> None:
    assert settings_from(None) == Settings()
    assert settings_from({"experts": "auto", "budget_cpu_s": 5}).budget_cpu_s == 5


def _interrupt_later() -> Callable[[str, dict[str, float]], None]:
    def report(name: str, told: dict[str, float]) -> None:
        if told["epoch"] == 2:
            raise KeyboardInterrupt

    return report


def _same(one: Model, other: Model) -> bool:
    states = one.mixture.state_dict(), other.mixture.state_dict()
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0])
