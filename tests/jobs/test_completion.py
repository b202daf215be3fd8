"""What may come next in a filter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.jobs.completion import completions
from workbench.jobs.run_filter import Names

NAMES = Names(
    frozenset({"train/loss", "validation/accuracy", "validation/my score"}),
    frozenset({"training.epochs", "adam.lr"}),
)
VALUES = {"tag": ["paper", "two words"], "model": ["lenet5", "resnet20"], "adam.lr": ["0.001"]}


def offered(text: str, cursor: int | None = None) -> list[str]:
    found = completions(
        text, len(text) if cursor is None else cursor, NAMES, lambda name: VALUES.get(name, [])
    )
    return [one.text for one in found]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("acc", ["accuracy", "validation/accuracy"]),
        ("sta", ["state", "star", "started"]),
        ("x and train", ["train/loss", "training.epochs"]),
        ("(my", ['"my score"', '"validation/my score"']),
        ("la", ["last("]),
        ("accuracy ", [">", ">=", "<", "<=", "=", "!=", "and ", "or "]),
        ("model ", ["=", "!=", "~", "and ", "or "]),
        ("adam.lr ", [">", ">=", "<", "<=", "=", "!=", "~", "and ", "or "]),
        ("star ", ["and ", "or "]),
        ("resnet ", ["and ", "or "]),
        ("last(", ["accuracy", "loss", '"my score"', "train/loss", "validation/accuracy", '"validation/my score"']),
        ("last(lo", ["loss", "train/loss"]),
        ("last(loss) ", [">", ">=", "<", "<=", "=", "!=", "and ", "or "]),
        ("tag = ", ["paper", '"two words"']),
        ("tags = wo", ['"two words"']),
        ("model ~ re", ["resnet20"]),
        ("adam.lr = ", ["0.001"]),
        ("state = fa", ["failed"]),
        ("archived = ", ["yes", "no"]),
        ("started > ", ["today", "yesterday", '"1d ago"', '"7d ago"', '"30d ago"']),
        ("accuracy > 3 ", ["and ", "or "]),
        ("(a) ", ["and ", "or "]),
        ("", []),
        ("state", []),
        ('"open', []),
    ],
)  # fmt: skip
def test_what_is_offered(text: str, first: list[str]) -> None:
    assert offered(text)[: max(len(first), 1)] == first


def test_the_word_at_the_cursor_is_replaced() -> None:
    text = "acc > 3 and x"
    found = completions(text, 3, NAMES, lambda _: [])
    assert next((one.text, one.start, one.end) for one in found) == ("accuracy", 0, 3)


@given(st.text('ab accuracy and or not()"<>=!~ tag', max_size=30), st.integers(0, 30))
def test_anything_may_be_typed(text: str, cursor: int) -> None:
    at = min(cursor, len(text))
    for one in completions(text, at, NAMES, lambda name: VALUES.get(name, [])):
        assert 0 <= one.start <= one.end == at
