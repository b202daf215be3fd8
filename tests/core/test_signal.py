"""Signals: everybody is told, in order, whatever one of the listeners does."""

import pytest

from workbench.core.signal import Signal


def test_slots_are_called_in_the_order_in_which_they_were_connected() -> None:
    signal: Signal[int, str] = Signal()
    heard: list[tuple[str, int, str]] = []
    signal.connect(lambda number, text: heard.append(("first", number, text)))
    signal.connect(lambda number, text: heard.append(("second", number, text)))
    signal.emit(3, "x")
    assert heard == [("first", 3, "x"), ("second", 3, "x")]


def test_a_disconnected_slot_hears_nothing() -> None:
    signal: Signal[int] = Signal()
    heard: list[int] = []
    signal.connect(heard.append)
    signal.emit(1)
    signal.disconnect(heard.append)
    signal.emit(2)
    assert heard == [1]


def test_a_failing_slot_does_not_keep_the_others_from_being_told() -> None:
    signal: Signal[int] = Signal()
    heard: list[int] = []

    def fails(number: int) -> None:
        raise ValueError(f"first of {number}")

    def fails_too(number: int) -> None:
        raise KeyError(number)

    for slot in (fails, heard.append, fails_too, heard.append):
        signal.connect(slot)
    with pytest.raises(ValueError, match="first of 7"):
        signal.emit(7)
    assert heard == [7, 7]


def test_a_slot_may_disconnect_itself_while_it_is_called() -> None:
    signal: Signal[int] = Signal()
    heard: list[int] = []

    def once(number: int) -> None:
        heard.append(number)
        signal.disconnect(once)

    signal.connect(once)
    signal.connect(heard.append)
    signal.emit(1)
    signal.emit(2)
    assert heard == [1, 1, 2]
