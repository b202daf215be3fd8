"""Ticks stand at round places and can be told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.gui.widgets.axes import Frame, linear_ticks, log_ticks, padded


@given(st.floats(-1e12, 1e12), st.floats(1e-9, 1e12), st.integers(2, 12))
def test_ticks_are_few_distinct_and_inside(low: float, span: float, most: int) -> None:
    high = low + span
    ticks = linear_ticks(low, high, most)
    if high - low < 1e-9 * max(abs(low), abs(high), 1e-300):
        return  # closer together than numbers of this size can be told apart
    assert len(ticks) <= most + 1
    slack = 1e-6 * (high - low)
    assert all(low - slack <= tick.at <= high + slack for tick in ticks)
    if abs(low) + span < 1e3 * span:
        assert len({tick.text for tick in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]), (0, 1500, ["0", "500", "1000", "1500"]),
        (0, 1e6, ["0", "200 k", "400 k", "600 k", "800 k", "1000 k"]),
        (0, 5e7, ["0", "10 M", "20 M", "30 M", "40 M", "50 M"]), (-1, 1, ["−1.0", "−0.5", "0", "0.5", "1.0"]),
    ],
)  # fmt: skip
def test_labels(low: float, high: float, texts: list[str]) -> None:
    assert [tick.text for tick in linear_ticks(low, high, 5)] == texts


def test_whole_numbers_have_no_fractions_between_them() -> None:
    assert [tick.text for tick in linear_ticks(0, 2, 8, whole=True)] == ["0", "1", "2"]


def test_logarithmic_ticks() -> None:
    assert [tick.text for tick in log_ticks(0.001, 10, 6)] == ["0.001", "0.01", "0.1", "1", "10"]
    assert [tick.text for tick in log_ticks(0.15, 0.95, 6)] == ["0.2", "0.5"]
    assert len(log_ticks(1e-30, 1e30, 5)) <= 6
    assert log_ticks(0, 1, 5) == []
    assert len(log_ticks(2.0, 2.4, 5)) >= 2


def test_a_range_of_one_value_has_room() -> None:
    assert padded(2.0, 2.0) == (1.0, 3.0)
    assert padded(0.0, 0.0) == (-0.5, 0.5)
    low, high = padded(1.0, 1.0, log=True)
    assert 0 < low < 1 < high


def test_a_frame_maps_there_and_back() -> None:
    frame = Frame(50, 20, 400, 200, 0, 100, 0.1, 10, log=True)
    assert frame.across(50) == 250
    assert frame.x_at(250) == 50
    assert frame.down(1.0) == pytest.approx(120)
    assert frame.down(-1) != frame.down(-1)  # no place: NaN


def test_ticks_of_tiny_numbers_close_together_can_be_told_apart() -> None:
    texts = [tick.text for tick in linear_ticks(1.192092896e-07, 1.192092896e-07 + 1e-9, 2)]
    assert len(texts) == len(set(texts)) >= 2
