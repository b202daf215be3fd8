"""The language of filters: trees, their text, and errors at their place."""

import math
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.core.amounts import moment, number, seconds
from workbench.core.errors import FilterError
from workbench.core.filters import FUNCTIONS, OPERATORS, And, Comparison, Filter, Not, Or, Word, parse, tokens


def one(name: str, operator: str, value: str, function: str = "") -> Comparison:
    known = next(each for each in OPERATORS if each == operator)
    return Comparison(name, known, value, function)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("  \n ", None),
        ("resnet", Word("resnet")),
        ("resnet Digits", And((Word("resnet"), Word("Digits")))),
        ('"two words"', Word("two words", quoted=True)),
        (r'"say \"hi\" \\"', Word(r"say \"hi\" \\".replace("\\\\", "\\").replace('\\"', '"'), quoted=True)),
        ("accuracy>0.9", one("accuracy", ">", "0.9")),
        ("accuracy == 90%", one("accuracy", "=", "90%")),
        ('"my metric" != 3', one("my metric", "!=", "3")),
        ("LAST(train/loss) <= .5", one("train/loss", "<=", ".5", "last")),
        ("a = 1 or b = 2 and c = 3", Or((one("a", "=", "1"), And((one("b", "=", "2"), one("c", "=", "3")))))),
        ("(a or b) c", And((Or((Word("a"), Word("b"))), Word("c")))),
        ("not not star", Not(Not(Word("star")))),
        ("not(a b)", Not(And((Word("a"), Word("b"))))),
        ("started > 7d ago", one("started", ">", "7d ago")),
        ("started > 7 days ago and x", And((one("started", ">", "7 days ago"), Word("x")))),
        ("duration > 1 h 30 min", one("duration", ">", "1 h 30 min")),
        ("duration > 1h 30min gan", And((one("duration", ">", "1h 30min"), Word("gan")))),
        ("a > 5 min(loss) < 3", And((one("a", ">", "5"), one("loss", "<", "3", "min")))),
        ("a > 5 s = 3", And((one("a", ">", "5"), one("s", "=", "3")))),
        ("a = 5 resnet", And((one("a", "=", "5"), Word("resnet")))),
        ('tag = "and"', one("tag", "=", "and")),
    ],
)
def test_a_text_becomes_a_tree(text: str, tree: Filter | None) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "message", "marked"),
    [
        ("accuracy >", "A value is missing", ""),
        ("accuracy > and x", "A value is missing", "and"),
        ("> 3", "A name is missing before “>”", ">"),
        ("(a or b", "not closed", "("),
        ("a)", "no opening one", ")"),
        ("()", "between the parentheses", ")"),
        ('x "abc', "quotation mark is not closed", '"abc'),
        ("a and", "missing at the end", ""),
        ("or a", "missing before “or”", "or"),
        ("lst(loss) > 3", "Did you mean “last”", "lst"),
        ("last(loss) 3", "With what is it compared", "3"),
        ("last(loss > 3", "closing parenthesis is missing", ">"),
        ("a ! b", "means nothing here", "!"),
        ("0.1 < accuracy < 3", "one thing at a time", "<"),
        ("(" * 60 + "a", "go deeper than", "("),
        ("not " * 60 + "a", "So many", "not"),
        ("x" * 10_001, "at most 10,000", "x"),
    ],
)
def test_an_error_says_what_and_where(text: str, message: str, marked: str) -> None:
    with pytest.raises(FilterError, match=message.replace("(", r"\(")) as caught:
        parse(text)
    assert text[caught.value.at : caught.value.end] == marked
    assert caught.value.at < caught.value.end


TEXTS = st.text(
    st.sampled_from(string.ascii_letters + string.digits + ' "\\()=<>~!.,/%é🎨\n-'), min_size=1, max_size=12
) | st.sampled_from(["and", "or", "not", "star", "7d ago", "5", "min", "last"])
NAMES = TEXTS
LEAVES: st.SearchStrategy[Filter] = st.builds(Word, TEXTS, st.just(True)) | st.builds(
    Comparison, NAMES, st.sampled_from(OPERATORS), TEXTS, st.sampled_from(["", *FUNCTIONS])
)
BARE = st.text(string.ascii_letters + string.digits + "._/-#", min_size=1, max_size=8)
PLAIN: st.SearchStrategy[Filter] = st.builds(
    Word, BARE.filter(lambda word: word.lower() not in ("and", "or", "not")), st.just(False)
)


def _joined(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return st.builds(Not, parts) | st.builds(And, several) | st.builds(Or, several)


@given(st.recursive(LEAVES | PLAIN, _joined, max_leaves=12))
def test_a_tree_is_read_from_its_text_as_it_was(tree: Filter) -> None:
    assert parse(str(tree)) == tree


@given(st.text(max_size=60) | st.text('ab and or not()"\\<>=!~ 5min ago 1e9%', max_size=60))
@example("\x00(\ud800")
@example("1" * 400 + "a" * 3 + " ago")
@example("a > " + "1a" * 2000 + "!")
def test_whatever_is_typed_is_a_filter_or_an_error_with_a_place(text: str) -> None:
    trouble = None
    try:
        tree = parse(text)
    except FilterError as error:
        trouble = error
    if trouble is not None:
        assert 0 <= trouble.at < trouble.end <= len(text) + 1
    else:
        assert tree is None or parse(str(tree)) == tree
        assert [token.kind for token in tokens(text)][-1] == "end"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.9", 0.9), ("90%", 0.9), ("-1e-3", -0.001), ("61k", 61_000), ("1.5M", 1.5e6), ("2G", 2e9), (".5", 0.5),
        ("1_000", 1000), ("+3", 3), ("inf", math.inf), ("-Inf", -math.inf), ("x", None), ("3x", None), ("", None),
        ("5min", None), ("0x10", None),
    ],
)  # fmt: skip
def test_numbers(text: str, value: float | None) -> None:
    assert number(text) == (pytest.approx(value) if value is not None else None)


def test_nan_is_a_number() -> None:
    assert math.isnan(number("NaN") or 0.0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("90", 90), ("5min", 300), ("5 min", 300), ("1h 30min", 5400), ("1h30min", 5400), ("2 days", 172_800),
        ("1.5h", 5400), ("0.5w", 302_400), ("5 parsecs", None), ("", None), ("min", None), ("5%", None),
    ],
)  # fmt: skip
def test_stretches_of_time(text: str, value: float | None) -> None:
    assert seconds(text) == value


def test_points_in_time() -> None:
    now = 1_790_000_000.5
    day = moment("today", now)
    assert day is not None and day[0] <= now < day[1] and 82_000 < day[1] - day[0] < 91_000
    before = moment("yesterday", now)
    assert before is not None and before[1] == day[0]
    assert moment("7d ago", now) == (now - 604_800, now - 604_800)
    assert moment("now", now) == (now, now)
    date = moment("2026-11-21")
    assert date is not None and date[1] - date[0] == 86_400
    minute = moment("2026-11-21T14:05")
    assert minute is not None and minute == (date[0] + 14 * 3600 + 300, date[0] + 14 * 3600 + 360)
    assert moment("2026-11-21 14:05") == minute
    for nothing in ("7d", "soon", "ago", "2026-13-01", "", "9999-12-31", "9" * 400 + "d ago"):
        assert moment(nothing) is None
