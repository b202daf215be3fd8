"""Values of fields as people type and read them: "64", "= width * 2", "3 × 5".  Standard library, core and catalog."""

import re
from collections.abc import Mapping

from workbench.catalog.spec import Field, convert
from workbench.core.errors import FieldError, WorkbenchError
from workbench.core.expressions import Value, evaluate, is_expression, names_in

_SEPARATORS = re.compile(r"\s*[,;×x]\s*|\s+")


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
    if text.startswith("="):
        names_in(text)
        return f"= {text[1:].strip()}"
    if not text and entry.optional:
        return None
    match entry.kind:
        case "int" | "float":
            return convert(entry, _number(entry, text))
        case "pair" | "ints":
            parts = [part for part in _SEPARATORS.split(text.strip("()[] ")) if part]
            numbers = tuple(_number(entry, part) for part in parts)
            return convert(entry, numbers[0] if entry.kind == "pair" and len(numbers) == 1 else numbers)
    return convert(entry, text)


def meant(entry: Field, value: Value, names: Mapping[str, Value]) -> tuple[str, str]:
    """What an expression comes to ("= 128") and why it does not fit; both "" for a plain value."""
    if not is_expression(value):
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
        names_in(text)
        return f"= {text[1:].strip()}"
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


def _number(entry: Field, text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        number = number_of(text)
    if number is None or number != number or number in (float("inf"), float("-inf")):
        what = "a whole number" if entry.kind != "float" else "a number"
        raise FieldError(entry.name, f"{entry.label} must be {what} or start with “=”, not “{text[:40]}”.")
    return number
