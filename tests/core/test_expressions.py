"""Arithmetic in fields: what it gives, what it refuses, and that no text whatever runs code or takes long."""

import contextlib
import math
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.core.errors import ExpressionError
from workbench.core.expressions import LONGEST, Value, evaluate, is_expression, names_in, resolve_variables

NAMES: dict[str, Value] = {"width": 64, "depth": 3, "rate": 0.5, "word": "same", "zero": 0, "flag": True}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("= width * 2", 128),
        ("=width//depth", 21),
        ("= width / 2", 32.0),
        ("= (depth + 1) ** 2 - -1", 17),
        ("= width % 10", 4),
        ("= 2 * rate", 1),
        ("= max(depth, 7, width // 10)", 7),
        ("= ceil(width / 10) + floor(2.5) + round(2.6)", 12),
        ("= round(rate / 3, 2)", 0.17),
        ("= sqrt(width) + log2(width) + abs(-1)", 15),
        ("= word", "same"),
        ("= flag", True),
        ("= +depth", 3),
        ("plain", "plain"),
        (5, 5),
        (None, None),
        (("= depth", 2, "x"), (3, 2, "x")),
    ],
)
def test_values(text: Any, wanted: Any) -> None:
    found = evaluate(text, NAMES)
    assert found == wanted and type(found) is type(wanted)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("= hight * 2", "“hight” is not known here (known: depth, flag, rate, width, word, zero)"),
        ("= width / zero", "division by zero"),
        ("= word * 2", "'same', not a number"),
        ("= flag + 1", "not a number"),
        ("= True + 1", "not numbers"),
        ("= width *", "is not arithmetic"),
        ("=", "is not arithmetic"),
        ("= 9**9**9", "too large"),
        ("= 10 ** 60", "too large"),
        ("= 1e999", "not a finite number"),
        ("= 1e14 * 1e14", "too large"),
        ("= (-8) ** 0.5", "not a real number"),
        ("= sqrt(-1)", "cannot be worked out"),
        ("= log2(0)", "cannot be worked out"),
        ("= width if depth else 2", "is not allowed here"),
        ("= __import__('os').system('true')", "is not allowed here"),
        ("= width.__class__", "is not allowed here"),
        ("= [1][0]", "is not allowed here"),
        ("= max(*[1, 2])", "is not allowed here"),
        ("= max()", "is not allowed here"),
        ("= min(1)", "cannot be worked out"),
        ("= 1 << 99", "is not allowed here"),
        ("= 1j", "is not allowed here"),
        ("= 'a' * 3", "is not allowed here"),
        ("= (x := 3)", "is not allowed here"),
        ("= " + "1+" * LONGEST + "1", f"may have {LONGEST} characters"),
        ("= round(5, -10 ** 12)", "cannot be worked out"),
        ("= round(5.5, 10 ** 12)", "cannot be worked out"),
        ("= 1; 2", "is not arithmetic"),
        ("= \x00", "is not arithmetic"),
        ("= \ud800", "is not arithmetic"),
        ("= " + "(" * 240 + "1" + ")" * 240, "is not arithmetic"),
    ],
)
def test_refusals_quote_the_expression_and_say_why(text: str, said: str) -> None:
    start = time.process_time()
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, NAMES)
    assert said in str(caught.value)
    assert time.process_time() - start < 1


def test_a_list_cannot_stand_in_a_list() -> None:
    with pytest.raises(ExpressionError, match="inside a list"):
        evaluate(("= pair",), {"pair": (1, 2)})


PARTS = st.sampled_from(
    r"1 2.5 1e300 99999999999999999999 0 width zero word nothing ( ) + - * / // % ** , max min round sqrt abs ceil "
    r"log2 . _ __class__ lambda ' [ ] { } : = == ! @ \ # if else for in not and 0x".split(" ")
) | st.sampled_from([" ", "\n", "\t"])


@given(st.lists(PARTS, max_size=40).map("".join) | st.text(max_size=80))
@example("round(9,-999999999999999)")
@example("-" * 498 + "1")
@example("(" * 99 + "1" + ")**2" * 99)
@example("max(" * 90 + "1,2" + ")" * 90)
def test_no_text_does_anything_but_give_a_number_or_say_why_not(text: str) -> None:
    start = time.process_time()
    try:
        found = evaluate("=" + text, NAMES)
    except ExpressionError:
        found = "refused"
    assert isinstance(found, int | float | str)
    assert isinstance(found, str) or math.isfinite(found)
    with contextlib.suppress(ExpressionError):
        assert all(isinstance(name, str) for name in names_in("=" + text))
    assert time.process_time() - start < 2


@given(
    st.recursive(
        st.integers(-9, 9), lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner), max_leaves=12
    )
)
def test_whole_numbers_as_python_computes_them(tree: Any) -> None:
    def text(node: Any) -> str:
        return str(node) if isinstance(node, int) else f"({text(node[0])} {node[1]} {text(node[2])})"

    def value(node: Any) -> int:
        if isinstance(node, int):
            return node
        left, right = value(node[0]), value(node[2])
        return {"+": left + right, "-": left - right, "*": left * right}[node[1]]

    assert evaluate("=" + text(tree), {}) == value(tree)


def test_names_in() -> None:
    assert names_in("= max(width, 2) * depth") == {"width", "depth"}
    assert names_in(("= a", 3, "b")) == {"a"}
    assert names_in("width") == frozenset()
    assert is_expression("= 1") and not is_expression("1") and not is_expression(1)


def test_variables_may_use_each_other_and_facts() -> None:
    found = resolve_variables(
        {"double": "= single * 2", "single": "= classes + 1", "text": "x"}, {"classes": 10}
    )
    assert found == {"classes": 10, "single": 11, "double": 22, "text": "x"}


def test_a_variable_may_change_the_fact_of_its_name() -> None:
    assert resolve_variables({"classes": "= classes * 2"}, {"classes": 10}) == {"classes": 20}


def test_variables_in_a_circle_are_named() -> None:
    with pytest.raises(ExpressionError, match="“a” depends on itself: a → b → c → a"):
        resolve_variables({"a": "= b", "b": "= c + 1", "c": "= a"}, {})
    with pytest.raises(ExpressionError, match="depends on itself"):
        resolve_variables({"a": "= a + 1"}, {})


def test_a_very_long_chain_of_variables_is_refused_not_a_crash() -> None:
    chain = {f"v{index}": f"= v{index + 1} + 1" for index in range(5000)}
    with pytest.raises(ExpressionError, match="more than"):
        resolve_variables({**chain, "v5000": 1}, {})
    short = {f"v{index}": f"= v{index + 1} + 1" for index in range(40)}
    assert resolve_variables({**short, "v40": 1}, {})["v0"] == 41


def test_pick_takes_one_of_several_values() -> None:
    assert [evaluate("= pick(i, 3, 8, 36, 3)", {"i": i}) for i in range(4)] == [3, 8, 36, 3]
    for wrong in ("= pick(4, 1, 2)", "= pick(-1, 1)", "= pick(0.5, 1)", "= pick(0)"):
        with pytest.raises(ExpressionError, match="pick"):
            evaluate(wrong, {})
