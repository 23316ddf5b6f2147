"""What needs no server: names, rules, the state a ledger describes, comparisons of rows."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics

from lifecycle import LifecycleError, RefusedError, Rules, load_rules
from lifecycle.bootstrap import Verdict, judge
from lifecycle.ledger import Record
from lifecycle.metrics import NAMES, metric_from, metric_named
from lifecycle.naming import naming_problems
from lifecycle.rules import FILE, STAGES
from lifecycle.state import GONE, replay


@pytest.mark.parametrize(
    "name",
    [
        "moe-cybersecurity-cicids",
        "ft-transformer-unsw",
        "xgboost-baseline-cicids",
        "resnet-50-imagenet",
        "forest-churn-telco",
    ],
)
def test_a_name_that_says_what_the_model_is_is_good(name: str) -> None:
    assert naming_problems(name) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("model1", "'model1' says nothing"),
        ("my_model_final_v2", "single hyphens"),
        ("my_model_final_v2", "version number"),
        ("test_model", "at least 3 words"),
        ("Forest-Churn-Telco", "capital letters"),
        ("forest--churn-telco", "single hyphens"),
        ("forest-churn-telco-", "single hyphens"),
        ("forest-churn-telco-2", "version number"),
        ("forest-churn-v2", "version number"),
        ("forest-churn-latest", "'latest' says nothing"),
        ("churn", "1 of at least 3 words"),
        ("", "0 of at least 3 words"),
        ("wald-abwanderung-größe", "letters and digits"),
    ],
)
def test_a_bad_name_is_refused_with_the_reason(name: str, reason: str) -> None:
    assert any(reason in problem for problem in naming_problems(name))


def test_rules_a_team_wrote_down_replace_only_what_they_mention(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        'metric = "f1_macro"\nrequired_tags = ["dataset"]\n\n[requires]\nstaging = ["name"]\n'
    )
    rules = load_rules(tmp_path / FILE)
    assert rules.metric == "f1_macro"
    assert rules.required_tags == ("dataset",)
    assert rules.requires["staging"] == ("name",)
    assert rules.requires["production"] == Rules().requires["production"]
    assert rules.next_stages("none") == Rules().next_stages("none")


def test_rules_are_found_in_a_folder_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE).write_text("name_words = 2\n")
    (tmp_path / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "down")
    assert load_rules().name_words == 2


def test_printed_rules_can_be_read_again(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(Rules(seed=3).as_toml())
    assert load_rules(tmp_path / FILE) == Rules(seed=3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("colour = 'red'", "no rule 'colour'"),
        ("[transitions]\nnone = ['canary']", "no stage 'canary'"),
        ("[requires]\nlive = ['name']", "no stage 'live'"),
        ("[requires]\nstaging = ['luck']", "no requirement 'luck'"),
        ("acceptable = ['good enough']", "no verdict 'good enough'"),
        ("confidence = 95", "confidence = 95 is not between 0 and 1"),
        ("resamples = 0", "resamples = 0 is not a positive number"),
        ("seed = 'seven'", "seed = 'seven' is not of type int"),
        ("required_tags = 'dataset'", "must be a list of words"),
        ("seed = ", "Invalid value"),
    ],
)
def test_rules_that_are_none_are_refused_by_name(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(LifecycleError, match=FILE) as told:
        load_rules(tmp_path / FILE)
    assert reason in told.value.why


def test_a_team_can_allow_a_word() -> None:
    assert Rules().name_problems("forest-taxi-new-york")
    assert not Rules(vague_words=("model",)).name_problems("forest-taxi-new-york")


def test_an_error_comes_whole_out_of_another_process_and_is_no_traceback_in_a_notebook() -> None:
    error = RefusedError("What", why="why", next_step="next")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is RefusedError
    assert str(again) == str(error) == "What\n  Why:  why\n  Next: next"
    assert error._render_traceback_() == [str(error)]


def test_no_rule_leads_past_staging() -> None:
    assert [stage for stage in STAGES if "production" in Rules().next_stages(stage)] == ["staging"]


def promoted(version: int, to: str, replaced: int | None = None) -> Record:
    return Record(action="promoted", version=version, to=to, replaced=replaced)


def rolled_back(version: int, replaced: int) -> Record:
    return Record(action="rolled back", version=version, to="production", replaced=replaced)


THREE = [
    promoted(1, "staging"),
    promoted(1, "production"),
    promoted(2, "staging"),
    promoted(2, "production", 1),
    promoted(3, "staging"),
    promoted(3, "production", 2),
]


def test_each_rollback_goes_back_one_further() -> None:
    assert replay(THREE).aliases == {"champion": 3, "previous": 2}
    once = replay([*THREE, rolled_back(2, 3)])
    assert once.aliases == {"champion": 2, "previous": 1}
    twice = replay([*THREE, rolled_back(2, 3), rolled_back(1, 2)])
    assert twice.aliases == {"champion": 1}
    assert [twice.stage(version) for version in (1, 2, 3)] == ["production", *["archived"] * 2]


def test_a_version_that_was_rolled_back_is_not_the_previous_one() -> None:
    records = [*THREE, rolled_back(2, 3), promoted(4, "staging"), promoted(4, "production", 2)]
    assert replay(records).aliases == {"champion": 4, "previous": 2}


def test_staging_is_the_version_that_entered_it_last_and_is_still_there() -> None:
    records = [promoted(1, "staging"), promoted(2, "staging")]
    assert replay(records).aliases == {"staging": 2}
    rejected = Record(action="rejected", version=2, to="rejected")
    assert replay([*records, rejected]).aliases == {"staging": 1}


def test_a_champion_found_among_the_earlier_ones_was_rolled_back_to() -> None:
    found = Record(action="adopted", version=1, stages={"production": [1], "archived": [2, 3]})
    assert replay([*THREE, found]).aliases == {"champion": 1}


def test_a_version_deleted_from_the_registry_is_never_rolled_back_to() -> None:
    found = Record(action="adopted", version=3, stages={"production": [3], GONE: [2]})
    assert replay([*THREE, found]).aliases == {"champion": 3, "previous": 1}


def test_production_that_was_emptied_can_be_rolled_back() -> None:
    found = Record(action="adopted", version=0, stages={"archived": [1, 2, 3]})
    assert replay([*THREE, found]).aliases == {"previous": 3}
    assert replay([*THREE, found, rolled_back(3, 0)]).champion == 3


def rows(truth: Any, prediction: Any, score: Any = None) -> pd.DataFrame:
    columns = {"row": [f"{n:06d}" for n in range(len(truth))], "truth": truth}
    scores = {} if score is None else {"score": score}
    return pd.DataFrame({**columns, "prediction": prediction, **scores})


def sample(count: int, accuracy: float, seed: int) -> pd.DataFrame:
    """Half of the rows positive; a share ``accuracy`` of them, drawn at random, right."""
    truth = np.arange(count) % 2
    said = truth.copy()
    said[np.random.default_rng(seed).permutation(count)[: round(count * (1 - accuracy))]] ^= 1
    return rows(truth, said)


def compared(candidate: pd.DataFrame, champion: pd.DataFrame, name: str = "f1") -> Verdict:
    metric = metric_named(name, champion["truth"].to_numpy())
    return judge(candidate, champion, metric, Rules())


SKLEARN = {
    "accuracy": lambda t, p, s: sklearn.metrics.accuracy_score(t, p),
    "f1": lambda t, p, s: sklearn.metrics.f1_score(t, p),
    "precision": lambda t, p, s: sklearn.metrics.precision_score(t, p),
    "recall": lambda t, p, s: sklearn.metrics.recall_score(t, p),
    "f1_macro": lambda t, p, s: sklearn.metrics.f1_score(t, p, average="macro"),
    "roc_auc": lambda t, p, s: sklearn.metrics.roc_auc_score(t, s),
    "log_loss": lambda t, p, s: sklearn.metrics.log_loss(t, s),
    "brier": lambda t, p, s: sklearn.metrics.brier_score_loss(t, s),
    "mae": lambda t, p, s: sklearn.metrics.mean_absolute_error(t, p),
    "mse": lambda t, p, s: sklearn.metrics.mean_squared_error(t, p),
}


@pytest.mark.parametrize("name", NAMES)
def test_each_metric_is_what_scikit_learn_makes_of_the_same_rows(name: str) -> None:
    generator = np.random.default_rng(5)
    truth = generator.integers(0, 2, 400)
    # Rounded, so that scores are tied.
    score = np.round(np.clip(truth * 0.3 + generator.random(400) * 0.7, 0.01, 0.99), 1)
    one, other = rows(truth, (score > 0.5) * 1, score), rows(truth, (score > 0.4) * 1, 1 - score)
    verdict = compared(one, other, name)
    assert verdict.candidate is not None
    assert verdict.champion is not None
    for found, frame in ((verdict.candidate, one), (verdict.champion, other)):
        wanted = SKLEARN[name](truth, frame["prediction"], frame["score"])
        assert found.value == pytest.approx(wanted)
        assert found.low < wanted < found.high


def test_any_function_in_the_manner_of_scikit_learn_can_be_compared_by() -> None:
    metric = metric_from(sklearn.metrics.matthews_corrcoef)
    verdict = judge(sample(600, 0.95, 1), sample(600, 0.8, 2), metric, Rules(resamples=50))
    assert verdict.metric == "matthews_corrcoef"
    assert verdict.kind == "better"


def test_a_candidate_that_is_better_on_the_same_rows_is_better_by_an_interval() -> None:
    truth, said = np.arange(4000) % 2, np.arange(4000) % 2
    champion = said.copy()
    champion[:60] ^= 1
    candidate = said.copy()
    candidate[:40] ^= 1
    better = compared(rows(truth, candidate), rows(truth, champion))
    worse = compared(rows(truth, champion), rows(truth, candidate))
    assert str(better) == "better by .0050 [.0030, .0072]"
    assert str(worse) == "worse by .0050 [.0030, .0072]"


def test_the_interval_is_that_of_drawing_rows_one_by_one() -> None:
    one, other = sample(500, 0.9, 1), sample(500, 0.86, 2)
    right = [(frame["truth"] == frame["prediction"]).to_numpy() for frame in (one, other)]
    drawn = np.random.default_rng(3).integers(0, 500, (4000, 500))
    differences = right[0][drawn].mean(axis=1) - right[1][drawn].mean(axis=1)
    found = compared(one, other, "accuracy").difference
    assert found is not None
    low, high = np.quantile(differences, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.004)
    assert found.high == pytest.approx(high, abs=0.004)


def test_lower_is_better_for_a_loss() -> None:
    truth = np.linspace(0, 1, 300)
    near, far = rows(truth, truth + 0.01), rows(truth, truth + 0.2)
    assert compared(near, far, "mae").kind == "better"
    assert compared(far, near, "mae").kind == "worse"


@pytest.mark.parametrize(
    ("count", "doubt"),
    [
        (17_286, "the intervals of the two values of f1 overlap"),
        (12_000, "the difference lies inside the interval of one f1 alone"),
    ],
)
def test_f1_of_983_and_985_on_thousands_of_rows_is_no_difference(count: int, doubt: str) -> None:
    verdict = compared(sample(count, 0.985, 12), sample(count, 0.983, 11))
    assert verdict.candidate is not None
    assert verdict.candidate.value == pytest.approx(0.985, abs=0.0002)
    assert verdict.champion is not None
    assert verdict.champion.value == pytest.approx(0.983, abs=0.0002)
    assert verdict.kind == "not distinguishable"
    assert verdict.doubt == doubt


def test_labels_may_be_words() -> None:
    truth = np.array(["attack", "benign"] * 200)
    said = np.where(np.arange(400) < 20, "benign", truth)
    metric = metric_named("f1", truth, "attack")
    assert judge(rows(truth, said), rows(truth, truth), metric, Rules()).kind == "worse"
    with pytest.raises(LifecycleError, match="not clear which label is positive"):
        metric_named("f1", truth)


def test_a_metric_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(LifecycleError) as told:
        metric_named("beauty", np.array([0, 1]))
    assert "f1_macro" in told.value.why


def test_other_rows_are_not_comparable() -> None:
    candidate, champion = sample(300, 0.9, 1), sample(400, 0.9, 1)
    said = str(compared(candidate, champion))
    assert said == "not comparable: other rows (300 and 400, of which 300 in common)"


def test_the_same_rows_with_another_truth_are_not_comparable() -> None:
    candidate, champion = sample(300, 0.9, 1), sample(300, 0.9, 1)
    champion.loc[:4, "truth"] ^= 1
    assert "other truth (5 rows" in str(compared(candidate, champion))


def test_a_metric_of_scores_needs_scores() -> None:
    verdict = compared(sample(300, 0.9, 1), sample(300, 0.9, 1), "roc_auc")
    assert str(verdict) == ("not comparable: the candidate logged no score, which roc_auc needs")


def test_a_prediction_that_is_no_number_decides_nothing() -> None:
    truth = np.linspace(0, 1, 300)
    verdict = compared(
        rows(truth, np.where(truth > 0.99, np.inf, truth)), rows(truth, truth), "mse"
    )
    assert verdict.kind == "not comparable"
