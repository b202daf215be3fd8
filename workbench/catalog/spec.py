"""What a node type is: a frozen dataclass whose fields are the form, whose docstring is the help page and whose
`infer` is the shape rule. Everything else (palette, check, code, docs) follows from it. Standard library only.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

from workbench.catalog.forms import Form, Pair, fields_of, form, param
from workbench.core.expressions import Value
from workbench.core.shapes import Dim, Shape, TensorSpec

FAMILIES = (
    "data", "augmentation", "layer", "normalisation", "activation", "pooling", "merge", "structure", "loss", "metric",
    "probe",
)  # fmt: skip


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


S = TypeVar("S")


@form
class NodeType(Form):
    """Base of all node types. Subclasses are declared with `@node`.

    Methods get one spec for each linked input in port order; unlinked `optional` inputs are left out, and where any
    may be left out (not only the last ones) `Open` says which are there.
    """

    title: ClassVar[str] = ""
    torch: ClassVar[str] = ""
    inputs: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[frozenset[str]] = frozenset()
    weight_outputs: ClassVar[frozenset[str]] = (
        frozenset()
    )  # those that are its own weights, for others to use
    family: ClassVar[str] = "layer"
    aliases: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = ""
    examples: ClassVar[tuple[Example, ...]] = ()
    goal: ClassVar[str] = ""  # of losses and metrics: "min" or "max" is better
    figure: ClassVar[str] = ""  # of probes: what the figure is called that they record

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

    def module(self) -> tuple[str, str]:
        """The class that the program constructs, and its text where it is neither torch's nor torch_geometric's."""
        return self.torch, self.source

    def initialise(self, module: str, *specs: TensorSpec) -> list[str]:
        """Lines of the constructor after the module is made, such as other first weights."""
        return []

    def forward(self, call: Call) -> list[str]:
        """Lines of the forward pass. The default calls the module."""
        return [f"{', '.join(call.outputs)} = {call.module}({', '.join(call.inputs)})"]

    def counted(self, call: Call) -> str:
        """Of a loss: the text for how many entries its mean is over; "" where those are the examples."""
        return ""

    def summary(self) -> str:
        """A few words for the node's face: the fields that matter most."""
        shown = [getattr(self, entry.name) for entry in fields_of(type(self)) if entry.required]
        return " · ".join(_brief(value) for value in shown)


@form
class Open(NodeType):
    """Base of node types of whose `optional` inputs any may be left unlinked: `linked` names those that are linked,
    which the check fills in; () stands for as many as there are, from the first on.
    """

    linked: tuple[str, ...] = param((), "", kind="hidden", argument=False)

    def with_linked(self, names: tuple[str, ...]) -> Self:
        return self.with_values(linked=names)

    def named(self, values: Sequence[S]) -> dict[str, S]:
        """What was given for the linked inputs (specs, or names in the program) by the name of the input."""
        return dict(zip(self.linked or self.input_ports(), values, strict=False))


REGISTRY: dict[str, type[NodeType]] = {}
T = TypeVar("T", bound=NodeType)


@dataclass_transform(frozen_default=True, field_specifiers=(param,))
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
        assert cls.__name__ not in REGISTRY, cls
        REGISTRY[cls.__name__] = made
        return made

    return declare


@cache
def node_types() -> Mapping[str, type[NodeType]]:
    """All node types by name, in the order in which the palette shows them."""
    import workbench.catalog.nodes  # noqa: F401 - declares them; imported here because it imports this file

    order = {family: index for index, family in enumerate(FAMILIES)}
    return dict(sorted(REGISTRY.items(), key=lambda item: order[item[1].family]))


def pair(value: int | Pair) -> Pair:
    """One number for both directions, or height and width."""
    return value if isinstance(value, tuple) else (value, value)


def several(value: int | tuple[int, ...], count: int) -> tuple[int, ...]:
    """One number for all of so many directions, or one for each."""
    return value if isinstance(value, tuple) else (value,) * count


def known(dim: Dim, default: int = 1) -> int:
    """A size as a number; named unknowns (N, L, V) count `default` times."""
    return dim if isinstance(dim, int) else default


def _brief(value: object) -> str:
    if isinstance(value, tuple):
        return " × ".join(_brief(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else re.sub(r"\s+", " ", str(value))
