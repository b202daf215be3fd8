"""What a node type is: a frozen dataclass whose fields are the form, whose docstring is the help page and whose
`infer` is the shape rule. Everything else (palette, check, code, docs) follows from it. Standard library only.
"""

import dataclasses
import math
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, Literal, TypeVar, dataclass_transform

from workbench.core.errors import FieldError
from workbench.core.expressions import Value
from workbench.core.shapes import Dim, Shape, TensorSpec

Pair = tuple[int, int]
Ints = tuple[int, ...]
Floats = tuple[float, ...]
Kind = Literal["int", "float", "bool", "text", "choice", "pair", "ints", "floats", "dataset", "hidden"]
FAMILIES = (
    "data", "augmentation", "layer", "normalisation", "activation", "pooling", "merge", "structure", "loss", "metric",
    "probe",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of a form. `required` marks a constructor argument that is written even at its default,
    `argument` is off for a field that only steers the forward pass. The `choices` of a field that is not a
    choice are words that it takes in place of a number (padding = "same"). `unset` says what the default means
    where that is 0 or "" ("no limit"): forms show the word in its place.
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


@dataclass(frozen=True, slots=True)
class Example:
    """Inputs that a node type takes and the fields for it: what the tests build, and what the help page shows."""

    inputs: tuple[TensorSpec, ...]
    params: Mapping[str, Any]


def example(*inputs: Shape | TensorSpec, **params: Any) -> Example:
    """An example in one line: shapes of numbers as tuples, everything else as TensorSpec."""
    specs = tuple(x if isinstance(x, TensorSpec) else TensorSpec(x) for x in inputs)
    return Example(specs, params)


@dataclass(frozen=True, slots=True)
class Call:
    """What a node type needs to write its line of the forward pass: names in the program, and the input specs.

    `module` is the attribute ("self.conv1"), `outputs` holds "_" for an output that nobody uses, `like` is a
    tensor that has the batch size and device.
    """

    module: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    specs: tuple[TensorSpec, ...]
    like: str = "like"


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
) -> Any:
    """A field of a form: default, help and limits. `kind` overrides what the annotation says, `argument=False`
    keeps the field out of the constructor, `unset` is the word for a default of 0 or "".
    """
    metadata = {
        "help": help,
        "label": label,
        "min": min,
        "max": max,
        "choices": choices,
        "kind": kind,
        "required": required,
        "argument": argument,
        "unset": unset,
    }
    return field(default=default, metadata=metadata)


class Form:
    """Base of everything that people fill in: a frozen dataclass of `param` fields.

    Forms are equal when they are of one type and all fields are. Written once here: generated for each of the many
    types, these methods would be half of the time that the catalog takes to load.
    """

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


@dataclass_transform(frozen_default=True, field_specifiers=(param, field))
def form(cls: type[C]) -> type[C]:
    """Declares fields that several node types share; the class itself does not stand on the canvas."""
    own = any(isinstance(value, dataclasses.Field) for value in vars(cls).values())
    if not own and hasattr(cls, "__dataclass_fields__"):
        return cls  # no fields of its own
    made = dataclass(init=False, eq=False, repr=False, match_args=False)(cls)
    made.DEFAULTS = {entry.name: entry.default for entry in fields(made)}  # type: ignore[arg-type]
    assert MISSING not in made.DEFAULTS.values(), cls
    return made


@form
class NodeType(Form):
    """Base of all node types. Subclasses are declared with `@node`.

    Methods get one spec for each linked input in port order; unlinked `optional` inputs are left out.
    """

    title: ClassVar[str] = ""
    torch: ClassVar[str] = ""
    inputs: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[frozenset[str]] = frozenset()
    family: ClassVar[str] = "layer"
    aliases: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = ""
    examples: ClassVar[tuple[Example, ...]] = ()
    goal: ClassVar[str] = ""  # of losses and metrics: "min" or "max" is better

    def input_ports(self) -> tuple[str, ...]:
        """Names of the inputs; a type whose fields decide them overrides this."""
        return self.inputs

    def output_ports(self) -> tuple[str, ...]:
        return self.outputs

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        """Output specs from input specs, in port order. Raises ShapeError."""
        raise NotImplementedError(type(self).__name__)

    def parameters(self, *specs: TensorSpec) -> int:
        """Number of learnable values."""
        return 0

    def operations(self, *specs: TensorSpec) -> int:
        """Multiply-adds for one item of the batch."""
        return 0

    def given(self, *specs: TensorSpec) -> Mapping[str, Value]:
        """Constructor arguments that the inputs decide."""
        return {}

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        """All constructor arguments as they are written: given ones, and fields that are required or not default."""
        own = {
            entry.name: getattr(self, entry.name)
            for entry in fields_of(type(self))
            if entry.argument and (entry.required or getattr(self, entry.name) != entry.default)
        }
        return {**self.given(*specs), **own}

    def forward(self, call: Call) -> list[str]:
        """Lines of the forward pass. The default calls the module."""
        return [f"{', '.join(call.outputs)} = {call.module}({', '.join(call.inputs)})"]

    def summary(self) -> str:
        """A few words for the node's face: the fields that matter most."""
        shown = [getattr(self, entry.name) for entry in fields_of(type(self)) if entry.required]
        return " · ".join(_brief(value) for value in shown)


REGISTRY: dict[str, type[NodeType]] = {}
T = TypeVar("T", bound=NodeType)


@dataclass_transform(frozen_default=True, field_specifiers=(param, field))
def node(
    title: str,
    torch: str = "",
    *,
    family: str,
    inputs: tuple[str, ...] = ("x",),
    outputs: tuple[str, ...] = ("y",),
    optional: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    source: str = "",
    examples: tuple[Example, ...] = (),
) -> Callable[[type[T]], type[T]]:
    """Declares a node type. `torch` is the class that the program constructs ("nn.Conv2d"; "" for a plain
    expression), `source` the text of that class when it is neither torch's nor torch_geometric's; `examples` are
    held against the real module by the tests.
    """
    assert family in FAMILIES, family

    def declare(cls: type[T]) -> type[T]:
        made = form(cls)
        made.title, made.torch, made.inputs, made.outputs = title, torch, inputs, outputs
        made.optional, made.family, made.aliases, made.source = frozenset(optional), family, aliases, source
        made.examples = examples
        REGISTRY[cls.__name__] = made
        return made

    return declare


@cache
def node_types() -> Mapping[str, type[NodeType]]:
    """All node types by name, in the order in which the palette shows them."""
    import workbench.catalog.nodes  # noqa: F401 - declares them; imported here because it imports this file

    order = {family: index for index, family in enumerate(FAMILIES)}
    return dict(sorted(REGISTRY.items(), key=lambda item: order[item[1].family]))


def fields_of(cls: type[Form]) -> tuple[Field, ...]:
    """The form of a type, in the order of its declaration; hidden fields are left out."""
    if cls not in _FIELDS:
        _FIELDS[cls] = _declared_fields(cls)
    return _FIELDS[cls]


_FIELDS: dict[type[Form], tuple[Field, ...]] = {}


def _declared_fields(cls: type[Form]) -> tuple[Field, ...]:
    hints = typing.get_type_hints(cls)
    found = []
    for entry in fields(cls):  # type: ignore[arg-type]  # every Form is a dataclass, which the stubs cannot say
        data = entry.metadata
        kind = data["kind"] or ("choice" if data["choices"] else _kind(hints[entry.name]))
        if kind == "hidden":
            continue
        assert entry.default is not MISSING, entry.name
        found.append(
            Field(
                name=entry.name,
                label=data["label"] or entry.name.replace("_", " ").capitalize(),
                help=data["help"],
                default=entry.default,
                kind=kind,
                choices=data["choices"],
                min=data["min"],
                max=data["max"],
                optional=type(None) in typing.get_args(hints[entry.name]),
                required=data["required"],
                argument=data["argument"],
                unset=data["unset"],
            )
        )
    return tuple(found)


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
        case "pair" | "ints" | "floats":
            return _several(entry, value)
    if not isinstance(value, str):
        raise FieldError(entry.name, f"{entry.label} must be text, not {value!r}.")
    return value


def help_text(cls: type[Form]) -> str:
    """The help page: the docstring without its indentation."""
    import inspect  # only for people who ask for help; it is slow to import

    return inspect.cleandoc(cls.__doc__ or "")


def pair(value: int | Pair) -> Pair:
    """One number for both directions, or height and width."""
    return value if isinstance(value, tuple) else (value, value)


def known(dim: Dim, default: int = 1) -> int:
    """A size as a number; named unknowns (N, L, V) count `default` times."""
    return dim if isinstance(dim, int) else default


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


def _several(entry: Field, value: Value) -> Value:
    if entry.kind == "pair" and not isinstance(value, tuple):
        return _bounded(entry, _int(entry, value))
    if not isinstance(value, tuple):
        value = (value,)
    if entry.kind == "floats":
        return tuple(_bounded(entry, _float(entry, part)) for part in value)
    numbers = tuple(_bounded(entry, _int(entry, part)) for part in value)
    if entry.kind == "pair" and len(numbers) != 2:
        raise FieldError(
            entry.name, f"{entry.label} must be one number or two (height, width), not {len(numbers)}."
        )
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


def _brief(value: object) -> str:
    if isinstance(value, tuple):
        return " × ".join(_brief(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else re.sub(r"\s+", " ", str(value))
