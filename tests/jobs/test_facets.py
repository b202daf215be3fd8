"""Facets: values of runs with their counts, and filters that choose among them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.filters import parse
from workbench.jobs.facets import chosen, facets, toggled
from workbench.jobs.run_filter import Names, RunFacts
from workbench.store.records import Marks, RunRecord

PLAIN = RunRecord(
    1, "a", "lenet5", "completed", "", "cpu", "cpu", 0, 1.0, 1.0, 2.0, 3, 3, 9, 9, 61_706, "digits", "",
    0, 0.0, 0.0, "", 0,
)  # fmt: skip
RUNS = [
    RunFacts(PLAIN, marks=Marks(tags=("paper", "small")), title="Digits"),
    RunFacts(replace(PLAIN, id=2, state="failed"), marks=Marks(tags=("paper",)), title="Digits"),
    RunFacts(replace(PLAIN, id=3, model='re"s\nnet', dataset="moons", used_device="cuda:0")),
    RunFacts(replace(PLAIN, id=4, model="x" * 100_000), marks=Marks(archived=5.0)),
]


def counted(text: str, fact: str) -> list[tuple[str, int, bool]]:
    return [(v.text, v.count, v.chosen) for v in facets(RUNS, parse(text), Names())[fact]]


def test_values_are_counted_among_the_runs_that_the_filter_lets_through() -> None:
    assert counted("", "state") == [("completed", 2, False), ("failed", 1, False)]
    assert counted("", "tag") == [("paper", 2, False), ("small", 1, False)]
    assert counted("", "data") == [("Digits", 2, False), ("moons", 1, False)]
    assert counted("state = failed", "tag") == [("paper", 1, False)]
    assert counted("archived", "model") == []  # too long to stand in a filter


def test_a_chosen_value_leaves_the_others_of_its_fact_to_choose() -> None:
    assert counted("state = failed", "state") == [("completed", 2, False), ("failed", 1, True)]
    assert counted("digits state = running", "state")[-1] == ("running", 0, True)


@pytest.mark.parametrize(
    ("before", "fact", "value", "after"),
    [
        ("", "tag", "paper", "tag = paper"),
        ("tag = paper", "tag", "small", "tag = paper or tag = small"),
        ("tag = paper or tags = small", "tag", "Paper", "tag = small"),
        ("tag = paper", "tag", "paper", ""),
        ("accuracy>0.9 resnet", "state", "failed", "accuracy > 0.9 and resnet and state = failed"),
        ("(tag = a or tag = b) star", "tag", "c", "star and (tag = a or tag = b or tag = c)"),
        ("tag = a or star", "tag", "c", "(tag = a or star) and tag = c"),
        ("", "model", 're"s\nnet', 'model = "re\\"s\nnet"'),
    ],
)
def test_a_value_is_chosen_and_left_out_again(before: str, fact: str, value: str, after: str) -> None:
    wanted = toggled(parse(before), fact, value)
    assert (str(wanted) if wanted is not None else "") == after
    assert parse(after) == wanted


@given(
    st.sampled_from(["", "resnet", "star or last(loss) < 3", "not tag = a", "tag = a"]), st.text(min_size=1)
)
def test_choosing_any_text_twice_is_as_before(before: str, value: str) -> None:
    once = toggled(parse(before), "model", value)
    assert chosen(parse(str(once)), "model") == (value,)
    assert toggled(once, "model", value) == parse(before)
