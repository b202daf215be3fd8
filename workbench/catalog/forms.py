"""What people fill in: forms of declared fields with their limits, and values converted to what a field takes.
Node types, optimisers, schedules and the training form are such forms. Standard library only.
"""

import math
import types
import typing
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass
from typing import Any, ClassVar, Literal, Self, TypeVar, dataclass_transform

from workbench.core.errors import FieldError
from workbench.core.expressions import Value

Pair = tuple[int, int]
Triple = tuple[int, int, int]
Ints = tuple[int, ...]
Floats = tuple[float, ...]
Kind = Literal[
    "int", "float", "bool", "text", "choice", "pair", "triple", "ints", "floats", "dataset", "hidden"
]


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of a form. `required` marks a constructor argument that is written even at its default,
    `argument` is off for a field that only steers the forward pass. The `choices` of a field that is not a
    choice are words that it takes in place of a number (padding = "same"). `unset` says what the default means
    where that is 0 or "" ("no limit"): forms show the word in its place. Fields with a `section` stand together
    below the others under that heading.
    """

    name: str
    label: str
    help: str
    default: Value
    kind: Kind
    choices: tuple[str, ...]
    min: float | None
    max: float | None
    optional: bool
    required: bool
    argument: bool = True
    unset: str = ""
    section: str = ""


class Declared:
    """What `param` says of a field, before the class tells its name and its annotation."""

    __slots__ = ("default", "said")

    def __init__(self, default: Any, said: Mapping[str, Any]) -> None:
        self.default = default
        self.said = said


def param(
    default: Any,  # the field's own type, as in dataclasses.field
    help: str,
    *,
    label: str = "",
    min: float | None = None,
    max: float | None = None,
    choices: tuple[str, ...] = (),
    kind: Kind | None = None,
    required: bool = False,
    argument: bool = True,
    unset: str = "",
    section: str = "",
) -> Any:
    """A field of a form: default, help and limits. `kind` overrides what the annotation says, `argument=False`
    keeps the field out of the constructor, `unset` is the word for a default of 0 or "", `section` the heading
    under which it stands.
    """
    said = {
        "help": help,
        "label": label,
        "min": min,
        "max": max,
        "choices": choices,
        "kind": kind,
        "required": required,
        "argument": argument,
        "unset": unset,
        "section": section,
    }
    return Declared(default, said)


class Form:
    """Base of everything that people fill in: `param` fields that never change once they have their values.

    Forms are equal when they are of one type and all fields are. Type checkers see dataclasses. Made as such, each of
    the many types would get methods of its own, and the catalog would take far longer to load.
    """

    DECLARED: ClassVar[Mapping[str, Declared]] = {}
    DEFAULTS: ClassVar[Mapping[str, object]] = {}
    """Every field's value where nothing else is given, in the order of declaration."""

    def __init__(self, *given: object, **values: object) -> None:
        if given:
            if len(given) > len(self.DEFAULTS):
                raise TypeError(
                    f"{type(self).__name__} has {len(self.DEFAULTS)} fields, not {len(given)}: "
                    f"{', '.join(self.DEFAULTS) or 'none'}."
                )
            places = dict(zip(self.DEFAULTS, given, strict=False))
            if twice := places.keys() & values.keys():
                raise TypeError(f"{type(self).__name__} was given {', '.join(sorted(twice))} twice.")
            values |= places
        if values.keys() - self.DEFAULTS.keys():
            unknown = ", ".join(name for name in values if name not in self.DEFAULTS)
            raise TypeError(f"{type(self).__name__} has no field {unknown}.")
        vars(self).update(self.DEFAULTS)
        vars(self).update(values)

    def with_values(self, **values: object) -> Self:
        """The same form with other values for some fields."""
        return type(self)(**{**vars(self), **values})

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be changed.")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"


C = TypeVar("C", bound=Form)


@dataclass_transform(frozen_default=True, field_specifiers=(param,))
def form(cls: type[C]) -> type[C]:
    """Declares fields that several node types share; the class itself does not stand on the canvas."""
    own = {name: value for name, value in vars(cls).items() if isinstance(value, Declared)}
    if own or len(cls.__bases__) > 1:
        declared: dict[str, Declared] = {}
        for base in reversed(cls.__bases__):
            declared.update(getattr(base, "DECLARED", {}))
        declared.update(own)
        cls.DECLARED = declared
        cls.DEFAULTS = {name: entry.default for name, entry in cls.DECLARED.items()}
        for name, entry in own.items():
            setattr(cls, name, entry.default)
    return cls


def fields_of(cls: type[Form]) -> tuple[Field, ...]:
    """The form of a type in the order of its declaration, those of a section last; hidden fields are left out."""
    if cls not in _FIELDS:
        _FIELDS[cls] = _declared_fields(cls)
    return _FIELDS[cls]


_FIELDS: dict[type[Form], tuple[Field, ...]] = {}


def _declared_fields(cls: type[Form]) -> tuple[Field, ...]:
    hints = typing.get_type_hints(cls)
    found = []
    for name, entry in cls.DECLARED.items():
        data = entry.said
        kind = data["kind"] or ("choice" if data["choices"] else _kind(hints[name]))
        if kind == "hidden":
            continue
        found.append(
            Field(
                name=name,
                label=data["label"] or name.replace("_", " ").capitalize(),
                help=data["help"],
                default=entry.default,
                kind=kind,
                choices=data["choices"],
                min=data["min"],
                max=data["max"],
                optional=type(None) in typing.get_args(hints[name]),
                required=data["required"],
                argument=data["argument"],
                unset=data["unset"],
                section=data["section"],
            )
        )
    return tuple(sorted(found, key=lambda entry: bool(entry.section)))


F = TypeVar("F", bound=Form)


def fill(cls: type[F], values: Mapping[str, Value], **hidden: object) -> F:
    """The form filled with evaluated values. Raises FieldError naming the field and what it takes."""
    known = {entry.name: entry for entry in fields_of(cls)}
    for name in values:
        if name not in known:
            raise FieldError(name, f"There is no field “{name}” here (fields: {', '.join(known) or 'none'}).")
    return cls(**{name: convert(known[name], value) for name, value in values.items()}, **hidden)


def convert(entry: Field, value: Value) -> Value:
    """The value as the field's own type. Raises FieldError."""
    if value is None and entry.optional:
        return None
    if isinstance(value, str) and value in entry.choices:
        return value
    match entry.kind:
        case "int":
            return _bounded(entry, _int(entry, value))
        case "float":
            return _bounded(entry, _float(entry, value))
        case "bool":
            if not isinstance(value, bool):
                raise FieldError(entry.name, f"{entry.label} must be on or off, not {value!r}.")
            return value
        case "choice":
            raise FieldError(
                entry.name, f"{entry.label} must be one of {', '.join(entry.choices)}, not {value!r}."
            )
        case "pair" | "triple" | "ints" | "floats":
            return _several(entry, value)
    if not isinstance(value, str):
        raise FieldError(entry.name, f"{entry.label} must be text, not {value!r}.")
    return value


def help_text(cls: type[Form]) -> str:
    """The help page: the docstring without its indentation."""
    import inspect  # only for people who ask for help; it is slow to import

    return inspect.cleandoc(cls.__doc__ or "")


def _int(entry: Field, value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise FieldError(entry.name, f"{entry.label} must be a whole number, not {value!r}.")
    return value


def _float(entry: Field, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FieldError(entry.name, f"{entry.label} must be a number, not {value!r}.")
    if not math.isfinite(value):
        raise FieldError(entry.name, f"{entry.label} must be a finite number, not {value!r}.")
    return float(value)


_DIRECTIONS: dict[Kind, tuple[int, str]] = {
    "pair": (2, "two (height, width)"),
    "triple": (3, "three (depth, height, width)"),
}


def _several(entry: Field, value: Value) -> Value:
    if entry.kind in _DIRECTIONS and not isinstance(value, tuple):
        return _bounded(entry, _int(entry, value))
    if not isinstance(value, tuple):
        value = (value,)
    if entry.kind == "floats":
        return tuple(_bounded(entry, _float(entry, part)) for part in value)
    numbers = tuple(_bounded(entry, _int(entry, part)) for part in value)
    count, words = _DIRECTIONS.get(entry.kind, (len(numbers), ""))
    if len(numbers) != count:
        raise FieldError(entry.name, f"{entry.label} must be one number or {words}, not {len(numbers)}.")
    return numbers


N = TypeVar("N", int, float)


def _bounded(entry: Field, number: N) -> N:
    if entry.min is not None and number < entry.min:
        raise FieldError(entry.name, f"{entry.label} must be at least {entry.min:g}, not {number:g}.")
    if entry.max is not None and number > entry.max:
        raise FieldError(entry.name, f"{entry.label} must be at most {entry.max:g}, not {number:g}.")
    return number


def _kind(annotation: object) -> Kind:
    if isinstance(annotation, types.UnionType):
        parts = [part for part in typing.get_args(annotation) if part is not type(None)]
        if Triple in parts:
            return "triple"
        return "pair" if Pair in parts else _kind(parts[0])
    kinds: dict[object, Kind] = {
        int: "int",
        float: "float",
        bool: "bool",
        str: "text",
        Ints: "ints",
        Floats: "floats",
    }
    return kinds[annotation]
