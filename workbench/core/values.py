"""What a document may hold: plain numbers, texts and lists that every file and database can keep.

Edits and the file reader ask the same questions, so whatever an edit lets in can be saved and read again.
"""

import math
import re

from workbench.core.errors import EditError
from workbench.core.expressions import Scalar, Value

LONGEST_TEXT = 100_000
LONGEST_LIST = 10_000
MOST_BLOCKS = 10_000
LARGEST_NUMBER = 2**63
FARTHEST = 1e12
_PORT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# Control characters and halves of characters: no program, database or screen takes them.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def check_text(text: str) -> str:
    """The text itself. Raises EditError when it is too long or holds what is no character."""
    if len(text) > LONGEST_TEXT:
        raise EditError(f"the text has {len(text):,} characters; {LONGEST_TEXT:,} are allowed.")
    found = _NO_TEXT.search(text)
    if found:
        raise EditError(
            f"the text holds U+{ord(found[0]):04X} at place {found.start() + 1}, which is no character."
        )
    return text


def check_value(value: Value) -> Value:
    """The value itself. Raises EditError unless it is a finite number, text, true, false, nothing, or a list."""
    if isinstance(value, tuple):
        if len(value) > LONGEST_LIST:
            raise EditError(f"the list has {len(value):,} entries; {LONGEST_LIST:,} are allowed.")
        return tuple(_scalar(part) for part in value)
    return _scalar(value)


def check_place(x: float, y: float) -> tuple[float, float]:
    """A position as two floats. Raises EditError unless both are finite and on this side of the moon."""
    if not (abs(x) < FARTHEST and abs(y) < FARTHEST):  # also false for what is not a number
        raise EditError(f"({x}, {y}) is not a position.")
    return float(x), float(y)


def check_port_name(name: str) -> str:
    """The name itself. Raises EditError unless it can name an input or output."""
    if not _PORT.fullmatch(name):
        raise EditError(f"“{shown(name)}” is not the name of an input or output.")
    return name


def shown(value: object) -> str:
    """Something that was not expected, short and printable, to be quoted in a message."""
    text = value if isinstance(value, str) else repr(value)
    return "".join(c if c.isprintable() else "?" for c in text[:64])


def _scalar(value: Scalar) -> Scalar:
    if isinstance(value, str):
        return check_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise EditError(f"{value} is not a number that a model may hold.")
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        raise EditError("the number is too large.")
    return value
