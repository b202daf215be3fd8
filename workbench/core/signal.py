"""A signal: plain functions called in order when something has happened. Knows no Qt."""

from collections.abc import Callable
from typing import Generic, TypeVarTuple

Args = TypeVarTuple("Args")


class Signal(Generic[*Args]):
    """Calls every connected slot; a failing slot does not keep the others from being told."""

    def __init__(self) -> None:
        self._slots: list[Callable[[*Args], object]] = []

    def connect(self, slot: Callable[[*Args], object]) -> None:
        self._slots.append(slot)

    def disconnect(self, slot: Callable[[*Args], object]) -> None:
        self._slots.remove(slot)

    def emit(self, *args: *Args) -> None:
        """Raises the first slot's exception after all slots were called."""
        failure: Exception | None = None
        for slot in tuple(self._slots):
            try:
                slot(*args)
            except Exception as error:
                failure = failure or error
        if failure is not None:
            raise failure
