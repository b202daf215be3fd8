"""Masks: which values they have, and the classes that these become.  May import NumPy and Pillow."""

from __future__ import annotations

import threading
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from workbench.catalog.schema import OUTSIDE
from workbench.core.errors import DataError
from workbench.engine.readers.content import Array
from workbench.engine.readers.images_pixels import COLOUR, Form, codes
from workbench.engine.readers.reader import Figure, Reading

# More values than this are no classes.
MOST_CLASSES = 256
_MOST_VALUES = 4096
_VOID = 255
# Of the pixels of a mask with soft edges so many are nearly black or nearly white.
_CLEAR = 0.9


class Masks:
    """Collects the values of masks as they are decoded, each under a small number; `finished` makes them classes.

    Of palettes the colours are the values where it is wanted `by_colour`, else the places.
    """

    def __init__(self, *, by_colour: bool = False) -> None:
        self._by_colour = by_colour
        self._numbers: dict[int, int] = {}
        self._counts: list[int] = []
        self._lock = threading.Lock()
        self._overfull = False

    @property
    def many(self) -> bool:
        """Whether there are more values than a mask has, even one with soft edges."""
        return (
            self._overfull
            or len(self._numbers) > MOST_CLASSES
            or (len(self._numbers) > 32 and not self._is_soft())
        )

    def look(self, stream: BinaryIO, form: Form, turn: int = 1) -> NDArray[np.int16]:
        """A mask's values by their small numbers."""
        return self.numbered(codes(stream, form, turn, by_colour=self._by_colour))

    def numbered(self, values: NDArray[np.int32]) -> NDArray[np.int16]:
        """Values by their small numbers.  Raises ValueError where there are too many."""
        found, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        with self._lock:
            numbers = []
            for value, count in zip(found.tolist(), counts.tolist(), strict=True):
                if value not in self._numbers and len(self._numbers) >= _MOST_VALUES:
                    self._overfull = True
                    raise ValueError(f"it brings the masks to more than {_MOST_VALUES:,} values")
                number = self._numbers.setdefault(value, len(self._numbers))
                if number == len(self._counts):
                    self._counts.append(0)
                self._counts[number] += count
                numbers.append(number)
        placed: NDArray[np.int16] = np.array(numbers, dtype=np.int16)[inverse].reshape(values.shape)
        return placed

    def finished(self, mask: Array, reading: Reading) -> tuple[str, ...]:
        """Turns the numbers in `mask` into classes 0 … K - 1, and gives their names."""
        coloured = any(value >= COLOUR for value in self._numbers)
        order = sorted(self._numbers, key=_rgb if coloured else int)
        classes = {value: i for i, value in enumerate(order)}
        names = tuple(f"#{_rgb(value):06x}" if coloured else str(value) for value in order)
        if len(order) > 32 and self._is_soft():
            reading.say("The masks have soft edges: what is darker than 128 is class 0, the rest class 1.")
            classes, names = {value: int(value >= 128) for value in order}, ("0", "255")
        elif len(order) > MOST_CLASSES:
            raise DataError(
                f"The masks have {len(order):,} different values; classes are at most {MOST_CLASSES}. Where they "
                'are pictures, choose "pairs" for the option "kind".'
            )
        elif (
            not coloured
            and _VOID in order
            and len(order) > 3
            and order[-2] == len(order) - 2
            and order[-1] == _VOID
        ):
            # As in Pascal VOC: 0, 1, 2, … and a border that belongs to nobody.
            reading.say("The value 255 in the masks is taken for pixels without a class; they do not count.")
            classes[_VOID], names = OUTSIDE, names[:-1]
        if len(names) < 2:
            raise DataError(
                f"All masks have one value only ({''.join(names)}): there is nothing to tell apart."
            )
        table = np.array([classes[value] for value in self._numbers], dtype=np.int16)
        for start in range(len(mask)):
            mask[start] = table[mask[start]]
        totals = np.zeros(len(names), dtype=np.int64)
        for value, number in self._numbers.items():
            if classes[value] >= 0:
                totals[classes[value]] += self._counts[number]
        reading.figures.append(
            Figure("Pixels of each class", "bars", names[:60], tuple(totals.tolist()[:60]))
        )
        return names

    def _is_soft(self) -> bool:
        """Grey masks of two classes whose edges were blurred, as JPEG does it."""
        if max(self._numbers) > 255:
            return False
        clear = sum(self._counts[n] for value, n in self._numbers.items() if value < 32 or value > 223)
        return clear >= _CLEAR * sum(self._counts)


def _rgb(value: int) -> int:
    """The colour as 0xRRGGBB; what is no colour is a level of grey."""
    return value - COLOUR if value >= COLOUR else value * 0x010101
