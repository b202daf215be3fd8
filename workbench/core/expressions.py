"""Safe arithmetic in fields: "= width * 2". Parsed with ast and walked here; never evaluated as Python."""

import ast
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, TypeVar

from workbench.core.errors import ExpressionError

T = TypeVar("T")
Number = int | float
Scalar = bool | int | float | str | None
Value = Scalar | tuple[Scalar, ...]

LONGEST = 500
_LARGEST = 10**15
_DEEPEST = 100

NO_VALUE: Final = math.nan
"""Stands for the value of a variable that cannot be worked out: an expression that needs it says so."""

_OPERATORS: dict[type[ast.operator], tuple[str, Callable[[Number, Number], Number]]] = {
    ast.Add: ("+", lambda a, b: a + b),
    ast.Sub: ("-", lambda a, b: a - b),
    ast.Mult: ("*", lambda a, b: a * b),
    ast.Div: ("/", lambda a, b: a / b),
    ast.FloorDiv: ("//", lambda a, b: a // b),
    ast.Mod: ("%", lambda a, b: a % b),
    ast.Pow: ("**", lambda a, b: _power(a, b)),
}
_FUNCTIONS: dict[str, Callable[..., Number]] = {
    "min": min,
    "max": max,
    "round": lambda number, digits=0: _round(number, digits),
    "ceil": math.ceil,
    "floor": math.floor,
    "sqrt": math.sqrt,
    "log2": math.log2,
    "abs": abs,
    "pick": lambda number, *values: _pick(number, values),
}


FUNCTIONS = frozenset(_FUNCTIONS)
"""What an expression may call; nothing else is called by such a name."""


def is_expression(value: object) -> bool:
    """Whether a field holds arithmetic rather than a plain value."""
    return isinstance(value, str) and value.startswith("=")


def evaluate(value: Value, names: Mapping[str, Value]) -> Value:
    """The number that a field means: text starting with "=" is arithmetic over `names`, all else is itself.

    Raises ExpressionError that quotes the expression and says what is wrong with it.
    """
    if isinstance(value, tuple):
        return tuple(_scalar(evaluate(part, names)) for part in value)
    if not (isinstance(value, str) and value.startswith("=")):
        return value
    text = value[1:].strip()
    if text.isidentifier() and names.get(text, NO_VALUE) is not NO_VALUE:
        return names[text]
    try:
        result = _walk(_parse(text), names)
    except (ArithmeticError, ValueError, TypeError, RecursionError) as error:
        raise ExpressionError(f"“{value}” cannot be worked out: {error}.") from error
    return int(result) if isinstance(result, float) and result.is_integer() and "/" not in text else result


def names_in(value: Value) -> frozenset[str]:
    """Names that an expression refers to; none for a plain value."""
    if isinstance(value, tuple):
        return frozenset().union(*(names_in(part) for part in value))
    if not (isinstance(value, str) and value.startswith("=")):
        return frozenset()
    tree = _parse(value[1:].strip())
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)) - _FUNCTIONS.keys()


def resolve_variables(variables: Mapping[str, Value], facts: Mapping[str, Value]) -> dict[str, Value]:
    """All names a field may use: data facts overlaid by the model's variables, which may refer to each other.

    Raises ExpressionError that names the variable, such as one that depends on itself.
    """
    done: dict[str, Value] = dict(facts)
    for name in variables:
        done.pop(name, None)
    open_names: list[str] = []

    def resolve(name: str) -> None:
        if name in done or name not in variables:
            return
        if name in open_names:
            circle = " → ".join([*open_names[open_names.index(name) :], name])
            raise ExpressionError(f"Variable “{name}” depends on itself: {circle}.")
        if len(open_names) >= _DEEPEST:
            raise ExpressionError(
                f"Variable “{open_names[0]}” needs more than {_DEEPEST} others, one behind the other."
            )
        open_names.append(name)
        for needed in sorted(told(name, lambda: names_in(variables[name]))):
            if needed != name or name not in facts:
                resolve(needed)
        done[name] = told(name, lambda: evaluate(variables[name], {**facts, **done}))
        open_names.pop()

    def told(name: str, work: Callable[[], T]) -> T:
        try:
            return work()
        except ExpressionError as error:
            raise ExpressionError(f"Variable “{name}”: {error}") from error

    for name in variables:
        resolve(name)
    return done


def _scalar(value: Value) -> Scalar:
    if isinstance(value, tuple):
        raise ExpressionError("A list cannot stand inside a list.")
    return value


def _power(a: Number, b: Number) -> Number:
    if abs(b) > 64 or abs(a) > 10**6:
        raise ValueError("the power is too large")
    result: Number = a**b
    if isinstance(result, complex):
        raise ValueError("the power is not a real number")
    return result


def _round(number: Number, digits: Number) -> Number:
    if isinstance(digits, float) or abs(digits) > 15:  # Python works out 10 to that power, however large
        raise ValueError("round takes up to 15 digits")
    return round(number, digits) if digits else round(number)


def _pick(number: Number, values: tuple[Number, ...]) -> Number:
    """The value of that number, counted from 0: what differs between repetitions by no formula."""
    if isinstance(number, float) or not 0 <= number < len(values):
        raise ValueError(f"pick counts {len(values)} values from 0, so there is no {number}")
    return values[number]


@lru_cache(maxsize=4096)
def _parse(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise ExpressionError(f"An expression may have {LONGEST} characters; this one has {len(text)}.")
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(
            f"“= {text}” is not arithmetic. Write numbers, names, + - * / // % ** and ( )."
        ) from error


def _walk(node: ast.expr, names: Mapping[str, Value]) -> Number:
    match node:
        case ast.Constant(value=bool()):
            raise ValueError("true and false are not numbers")
        case ast.Constant(value=int() | float() as number):
            return _bounded(number)
        case ast.Name(id=name):
            return _named(name, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _bounded(_OPERATORS[type(op)][1](_walk(left, names), _walk(right, names)))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_walk(operand, names)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _walk(operand, names)
        case ast.Call(func=ast.Name(id=function), args=[_, *_] as args, keywords=[]) if (
            function in _FUNCTIONS
        ):
            return _bounded(_FUNCTIONS[function](*(_walk(arg, names) for arg in args)))
    raise ValueError(f"“{ast.unparse(node)}” is not allowed here; use numbers, names and + - * / // % **")


def _named(name: str, names: Mapping[str, Value]) -> Number:
    if name not in names:
        known = ", ".join(sorted(names)) or "none"
        raise ValueError(f"“{name}” is not known here (known: {known})")
    value = names[name]
    if value is NO_VALUE:
        raise ValueError(f"“{name}” has no value, see Variables")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"“{name}” is {value!r}, not a number")
    return value


def _bounded(number: Number) -> Number:
    if isinstance(number, float) and not math.isfinite(number):
        raise ValueError("the result is not a finite number")
    if abs(number) > _LARGEST:
        raise ValueError("the result is too large")
    return number
