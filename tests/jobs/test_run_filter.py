"""What the names of the filter language say of a run."""

import math
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import FilterError
from workbench.core.filters import parse
from workbench.jobs.run_filter import FACTS, Names, RunFacts, find, judge_of, mentions, needs_params
from workbench.store.records import Marks, Point, RunRecord, Summary
from workbench.store.store import Store

NOW = time.time()
PLAIN = RunRecord(
    1, "lenet5", "lenet5", "completed", "", "auto", "cpu", 0, NOW - 7200, NOW - 7200, NOW - 7126, 30, 30, 1350, 1350,
    61_706, "digits", "", 0, 0.0, 0.0, "", 0,
)  # fmt: skip


def curve(metric: str, last: float, low: float, high: float, type: str = "") -> Summary:
    return Summary(metric, last, 9, low, 3, high, 5, 9, type)


RUNS = [
    RunFacts(
        PLAIN,
        {
            "train/loss": curve("train/loss", 0.1, 0.1, 2.0),
            "validation/loss": curve("validation/loss", 0.4, 0.3, 2.0),
            "validation/accuracy": curve("validation/accuracy", 0.9, 0.1, 0.95, "Accuracy"),
        },
        Marks(True, ("Paper", "best of all"), "Trained with the *new* data.\nIt shall be cited."),
        {"training.epochs": 30, "adam.lr": 0.001, "conv1.kernel_size": [3, 5], "fc.bias": True, "x.y": None},
        "Handwritten digits",
    ),
    RunFacts(
        replace(PLAIN, id=2, name="ResNet 20", model="resnet20", state="failed", cause="out of memory", seed=7,
                used_device="cuda:0", created=NOW - 9 * 86_400, started=0.0, ended=0.0, parameters=272_474),
        {"train/loss": curve("train/loss", math.nan, 0.5, 2.0)},
        Marks(False, ("draft",), "", 5.0),
        {"training.epochs": 5, "adam.lr": "auto", "fc.bias": False},
    ),
    RunFacts(replace(PLAIN, id=3, name="gan", model="gan", dataset="moons", started=NOW - 86_400 * 8)),
]  # fmt: skip
NAMES = Names.of([facts.summaries for facts in RUNS], [facts.params for facts in RUNS])


def found(text: str) -> list[int]:
    judge = judge_of(parse(text), NAMES, NOW)
    return [facts.run.id for facts in RUNS if judge(facts)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [1, 2, 3]),
        ("accuracy > 0.9", [1]),  # the best of it, not the last
        ("last(accuracy) > 90%", []),
        ("min(accuracy) = 0.1", [1]),
        ("max(train/loss) >= 2", [1, 2]),
        ("loss < 0.35", [1]),  # validation
        ("train/loss < 0.35", [1]),
        ("last(loss) = nan", [2, 3]),  # what was never recorded is no number either
        ("last(loss) < 1 or last(loss) >= 1", [1]),
        ("last(loss) != 0.4", [2, 3]),
        ("model ~ RES", [2]),
        ('name = "resnet 20"', [2]),
        ("resnet", [2]),
        ("#3", [3]),
        ("cited", [1]),
        ("handwritten lenet5", [1]),
        ("data = digits", [1, 2]),
        ('data ~ "handwritten dig"', [1]),
        ("tag = paper", [1]),
        ("tag != paper", [2, 3]),
        ("tags ~ of", [1]),
        ("star", [1]),
        ("not starred", [2, 3]),
        ("star = no", [2, 3]),
        ('"star"', []),
        ("archived", [2]),
        ("state = Failed", [2]),
        ("not state = failed", [1, 3]),
        ("cause ~ memory", [2]),
        ("training.epochs >= 10", [1]),
        ("training.epochs != 30", [2, 3]),
        ("adam.lr < 1", [1]),
        ("adam.lr = 1e-3", [1]),
        ("adam.lr = AUTO", [2]),
        ("adam.lr ~ 001", [1]),
        ("conv1.kernel_size = 3x5", [1]),
        ('conv1.kernel_size = "3 x 5"', [1]),
        ("fc.bias = yes", [1]),
        ("fc.bias = false", [2]),
        ("x.y = none", [1]),
        ("parameters > 100k", [2]),
        ("duration > 1min and duration < 1 min 20 s", [1]),
        ("duration < 1min", []),  # one that never began has none
        ("started > 7d ago", [1]),
        ("started < 7 days ago", [3]),
        ("created <= now", [1, 2, 3]),
        ("created < 7d ago", [2]),
        ("device = cuda:0", [2]),
        ("seed = 7", [2]),
        ("run = 2 or id = 3", [2, 3]),
        ("epoch = epochs", None),
        ("accuracy > 0.9 and model ~ lenet and tag = paper and not state = failed and star", [1]),
    ],
)
def test_a_filter_finds_runs(text: str, ids: list[int] | None) -> None:
    if ids is None:
        with pytest.raises(FilterError, match="is a number, and “epochs” is none"):
            found(text)
    else:
        assert found(text) == ids


def test_days_are_stretches() -> None:
    day = time.strftime("%Y-%m-%d", time.localtime(NOW - 7200))
    first = replace(PLAIN, started=time.mktime(time.strptime(day, "%Y-%m-%d")))
    last = replace(first, id=2, started=first.started + 86_399)
    next = replace(first, id=3, started=first.started + 90_100)
    for sign, ids in (("=", [1, 2]), ("!=", [3]), (">", [3]), (">=", [1, 2, 3]), ("<", []), ("<=", [1, 2])):
        judge = judge_of(parse(f"started {sign} {day}"), NAMES)
        assert [run.id for run in (first, last, next) if judge(RunFacts(run))] == ids, sign


@pytest.mark.parametrize(
    ("text", "message", "marked"),
    [
        ("accurcy > 0.9", "No run has anything called “accurcy”. Did you mean “accuracy”", "accurcy"),
        ("x and Training.epochs = 3", "Did you mean “training.epochs”", "Training.epochs"),
        ("last(acuracy) > 0.9", "No run has recorded a metric “acuracy”. Did you mean “accuracy”", "acuracy"),
        ("last(seed) > 0.9", "No run has recorded a metric “seed”", "seed"),
        ("accuracy > high", "“accuracy” is a number, and “high” is none", "high"),
        ("accuracy ~ 9", "“accuracy” is a number: compare", "9"),
        ("duration > long", "a stretch of time", "long"),
        ("parameters > many", "for instance parameters > 1M", "many"),
        ("state = runing", "There is no state “runing”; .* Did you mean “running”", "runing"),
        ("model < a", "“model” is a text", "a"),
        ("adam.lr > auto", "“auto” is no number", "auto"),
        ("started > 7d", "Write “7d ago”", "7d"),
        ("started > soon", "is no point in time. Write 7d ago", "soon"),
        ("started = 7d ago", "with a day", "7d ago"),
        ("star = maybe", "yes or no", "maybe"),
    ],
)
def test_what_cannot_be_is_said_where_it_stands(text: str, message: str, marked: str) -> None:
    with pytest.raises(FilterError, match=message) as caught:
        found(text)
    assert text[caught.value.at : caught.value.end] == marked


@given(
    st.sampled_from([*FACTS, "accuracy", "train/loss", "adam.lr", "fc.bias", "last(loss)"]),
    st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "~"]),
    st.text('abc019.-+%kMnaif x:T"', min_size=1, max_size=14),
)
def test_a_comparison_is_judged_or_refused_at_its_place(name: str, sign: str, value: str) -> None:
    text = f"{name} {sign} {value}"
    place = (0, 1)
    try:
        found(text)
    except FilterError as error:
        place = error.at, error.end
    assert 0 <= place[0] < place[1] <= len(text) + 1


def test_runs_of_a_workspace_are_found(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "experiments.db")) as store:
        assert find(store, "accuracy > 0.9") == []  # nothing is known by any name yet
        for lr in (0.1, 0.01, 0.001):
            store.add_run(
                "net", "net", "{}", "", device="cpu", seed=0, epochs=1, parameters=1, dataset="digits",
                params={"adam.lr": lr},
            )  # fmt: skip
        store.log_points(2, [Point("train/loss", 1, 1, 0.5, 0.0)])
        store.change_tags(add=[(1, "paper"), (3, "paper")])
        store.archive([3])

        def ids(text: str) -> list[int]:
            return [facts.run.id for facts in find(store, text)]

        assert ids("") == [2, 1]
        assert ids("adam.lr <= 0.01") == [2]
        assert ids("loss = 0.5") == [2]
        assert ids("tag = paper") == [1]
        assert ids("archived") == [3]
        assert ids("tag = paper and (archived or not archived)") == [3, 1]
        assert ids("handwritten") == [2, 1]
        with pytest.raises(FilterError, match=r"Did you mean “adam\.lr”"):
            ids("adam.lrr > 1")


def test_it_says_what_it_needs() -> None:
    assert not needs_params(parse("accuracy > 0.9 resnet started > today"), NAMES)
    assert not needs_params(parse("last(nothing) > 1"), NAMES)
    assert needs_params(parse("a or not (training.epochs = 3)"), NAMES)
    assert mentions(parse("x or not archived"), "archived") and mentions(parse("archived = no"), "archived")
    assert not mentions(parse('"archived" model = archived'), "archived")
