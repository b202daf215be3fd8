"""Values of fields as people type and read them: "64", "= width * 2", "3 × 5".  Standard library, core and catalog."""

import re
from collections.abc import Mapping

from workbench.catalog.forms import Field, convert
from workbench.core.errors import FieldError, WorkbenchError
from workbench.core.expressions import Scalar, Value, evaluate, is_expression, names_in

_PLAIN_LIST = re.compile(r"\s*[,;×x]\s*|\s+")


def shown(value: Value) -> str:
    """A value as it stands in a field."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, tuple):
        return " × ".join(shown(part) for part in value)
    return str(value)


def parsed(entry: Field, text: str) -> Value:
    """What a typed text means for a field; an expression stays one. Raises WorkbenchError that says why not."""
    text = text.strip()
    if entry.kind in ("pair", "triple", "ints", "floats"):
        return _several(entry, text)
    if text.startswith("="):
        return _expression(text)
    if not text and entry.optional:
        return None
    if not text and entry.unset:
        return entry.default
    if entry.kind in ("int", "float"):
        return convert(entry, _number(entry, text))
    if entry.kind == "bool" and text in ("on", "off"):
        return text == "on"
    return convert(entry, text)


def meant(entry: Field, value: Value, names: Mapping[str, Value]) -> tuple[str, str]:
    """What an expression comes to ("= 128") and why it does not fit; both "" for a plain value."""
    if not any(is_expression(part) for part in (value if isinstance(value, tuple) else (value,))):
        return "", ""
    try:
        result = convert(entry, evaluate(value, names))
    except WorkbenchError as error:
        return "", str(error)
    return f"= {shown(result)}", ""


def guessed(text: str) -> Value:
    """A typed text without a declared kind (a variable, a block's parameter): number, on/off, expression, text."""
    text = text.strip()
    if text.startswith("="):
        return _expression(text)
    if text in ("on", "off"):
        return text == "on"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def number_of(text: str) -> float | None:
    """The plain number in a text, if it is one."""
    try:
        return float(text)
    except ValueError:
        return None


def _expression(text: str) -> str:
    names_in(text)
    return f"= {text[1:].strip()}"


def _several(entry: Field, text: str) -> Value:
    """One value or a list: "3", "3 × 5", "1, 8, 8", "= channels × = size"."""
    parts = _split(text) if "=" in text else _PLAIN_LIST.split(text.strip("()[] "))
    values: list[Scalar] = []
    for part in parts:
        if part.startswith("="):
            values.append(_expression(part))
        elif part:
            values.append(_number(entry, part))
    if not values:
        if entry.optional:
            return None
        raise FieldError(entry.name, f"{entry.label} needs at least one number.")
    if len(values) == 1 and (entry.kind in ("pair", "triple") or isinstance(values[0], str)):
        return values[0] if isinstance(values[0], str) else convert(entry, values[0])
    if any(isinstance(value, str) for value in values):
        return tuple(values)
    return convert(entry, tuple(values))


def _split(text: str) -> list[str]:
    """The parts between separators, not cutting the arguments of a function."""
    parts, depth = [""], 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter in ",;×" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _number(entry: Field, text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        number = number_of(text)
    if number is None or number != number or number in (float("inf"), float("-inf")):
        what = "a whole number" if entry.kind not in ("float", "floats") else "a number"
        raise FieldError(entry.name, f"{entry.label} must be {what} or start with “=”, not “{text[:40]}”.")
    return number
