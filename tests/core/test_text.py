"""Numbers and times as people read them."""

import math
import time

import pytest

from workbench.core import text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.9924123, "0.9924"), (12.3456, "12.35"), (0.0, "0"), (1.0, "1.000"), (-0.5, "−0.5000"), (3.2e-5, "3.2e-5"),
        (999.96, "1000"), (9999.7, "10,000"), (61706.4, "61,706"), (1_234_567.0, "1.235e6"), (math.nan, "NaN"),
        (math.inf, "∞"), (-math.inf, "−∞"), (0.00012345, "0.0001234"),
    ],
)  # fmt: skip
def test_numbers_have_four_digits(value: float, shown: str) -> None:
    assert text.number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (640, "640"), (61706, "61.7 k"), (652_824, "653 k"), (1_240_000, "1.24 M")]
)
def test_counts_have_a_unit(value: int, shown: str) -> None:
    assert text.count(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "–"), (math.nan, "–"), (0, "0.0 s"), (0.03, "< 0.1 s"), (0.8, "0.8 s"), (12.4, "12 s"),
        (72, "1 min 12 s"), (3600, "1 h"), (11_100, "3 h 5 min"), (187_200, "2 d 4 h"),
    ],
)  # fmt: skip
def test_durations(seconds: float, shown: str) -> None:
    assert text.duration(seconds) == shown


def test_when_something_was() -> None:
    now = time.mktime((2026, 3, 12, 15, 0, 0, 0, 0, -1))
    assert text.ago(0, now) == "–"
    assert text.ago(now - 5, now) == "just now"
    assert text.ago(now + 99, now) == "just now"  # a clock that was put back
    assert text.ago(now - 300, now) == "5 min ago"
    assert text.ago(now - 3 * 3600, now) == "3 h ago"
    assert text.ago(now - 20 * 3600, now) == "yesterday"
    assert text.ago(now - 3 * 86400, now) == "3 days ago"
    assert text.ago(now - 40 * 86400, now) == "31 Jan"
    assert text.ago(now - 400 * 86400, now) == "5 Feb 2025"


def test_a_name_from_anywhere_is_one_line() -> None:
    assert text.one_line("a\nb\t c\x00d") == "a b c d"
    assert text.one_line("gan 🎨") == "gan 🎨"
    assert len(text.one_line("x" * 100_000)) == 300


def test_a_cell_is_no_formula() -> None:
    for words in ("=1+2", "+1", "-x", "@SUM(A1)", "\t=1", "\uff1d1", '=HYPERLINK("x")'):
        assert text.cell(words) == f"'{words}"
    for given in ("lenet5", "a=b", "", "'=1", -1.5, None, 3):
        assert text.cell(given) is given


def test_settings() -> None:
    assert [text.value(given) for given in (None, "", True, 0.001, 1e-5, 3, [5, 5], "Adam")] == [
        "–", "–", "yes", "0.001", "1e-5", "3", "5 × 5", "Adam",
    ]  # fmt: skip


def test_plurals_and_sizes() -> None:
    assert text.plural(1, "run") == "1 run"
    assert text.plural(12_345, "run") == "12,345 runs"
    assert text.size(640) == "640 B"
    assert text.size(248_000) == "248 kB"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\nb\r\n\tc\x00", "a b c"),
        ("👩\u200d💻 train 🎨", "👩\u200d💻 train 🎨"),
        ("\u202eevil", "evil"),  # it would turn around all that follows
        ("\u05e9\u05dd", "\u2068\u05e9\u05dd\u2069"),
        ("\u0645\u0628 7", "\u2068\u0645\u0628 7\u2069"),
        ("x" * 100_000, "x" * 299 + "…"),
    ],
)
def test_a_name_from_anywhere_is_one_line_that_leaves_its_neighbours_alone(given: str, shown: str) -> None:
    assert text.one_line(given) == shown


def test_a_time_that_no_calendar_knows_is_never() -> None:
    assert [text.ago(-1e300), text.moment(1e300), text.clock(math.inf)] == [text.NONE] * 3
