"""One test for all node types: every example is built for real, run, and held against what the type declares."""

import inspect
import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from workbench.catalog.forms import fields_of, fill, help_text
from workbench.catalog.pages import SECTIONS, alternatives, page_of
from workbench.catalog.spec import FAMILIES, Call, Example, NodeType, node_types
from workbench.core.shapes import Dim, TensorSpec

TYPES = node_types()
WORDS = {"GAN", "GPU", "VAE"}  # of the field, beside the names of node types
CASES = [
    pytest.param(cls, example, id=f"{name}-{index}")
    for name, cls in TYPES.items()
    for index, example in enumerate(cls.examples)
]
# Two sizes for every unknown dimension, all different, so that a mix-up shows.
SIZES = (
    {"N": 3, "L": 7, "D": 5, "H": 9, "W": 8, "V": 6, "E": 11, "S": 5},
    {"N": 4, "L": 10, "D": 6, "H": 12, "W": 13, "V": 7, "E": 15, "S": 6},
)
DTYPES = {"float": torch.float32, "index": torch.int64, "bool": torch.bool}


def filled(cls: type[NodeType], example: Example) -> NodeType:
    names = {entry.name for entry in fields_of(cls)}
    shown = {name: value for name, value in example.params.items() if name in names}
    return fill(cls, shown, **{name: value for name, value in example.params.items() if name not in names})


def namespace(cls: type[NodeType]) -> dict[str, Any]:
    found: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "math": math}
    if cls.torch.startswith("gnn."):
        import torch_geometric.nn as gnn

        found["gnn"] = gnn
    exec(cls.source, found)  # noqa: S102 - the class that the program would contain
    return found


def built(kind: NodeType, specs: tuple[TensorSpec, ...]) -> nn.Module | None:
    """The real module, from the text that the program would contain."""
    if not kind.torch:
        return None
    arguments = ", ".join(f"{name}={value!r}" for name, value in kind.arguments(*specs).items())
    module = eval(f"{kind.torch}({arguments})", namespace(type(kind)))  # noqa: S307 - our own text
    assert isinstance(module, nn.Module)
    exec("\n".join(kind.initialise("module", *specs)), {"nn": nn, "torch": torch, "module": module})  # noqa: S102
    return module


def sized(shape: tuple[Dim, ...], sizes: dict[str, int]) -> tuple[int, ...]:
    return tuple(sizes[dim] if isinstance(dim, str) else dim for dim in shape)


def tensors(specs: tuple[TensorSpec, ...], sizes: dict[str, int]) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    found = []
    for spec in specs:
        shape = sized(spec.shape, sizes)
        if spec.dtype == "index":
            highest = spec.bound or sizes["V" if "E" in spec.shape else "N"]
            found.append((torch.arange(math.prod(shape)) % highest).reshape(shape))
        else:
            found.append(torch.rand(shape, generator=generator))
    return found


def run(
    kind: NodeType, specs: tuple[TensorSpec, ...], inputs: list[torch.Tensor]
) -> list[torch.Tensor] | None:
    """Outputs of the lines that the program would contain; None for a type that writes none."""
    ports = kind.output_ports()
    outputs = tuple(f"out_{port}" for port in ports)
    names = tuple(f"in_{index}" for index in range(len(inputs)))
    lines = kind.forward(Call("self_module", names, outputs, specs, "like"))
    if not lines:
        return None
    module = built(kind, specs)
    scope = namespace(type(kind)) | dict(zip(names, inputs, strict=True))
    scope["self"] = nn.ModuleDict({"head": nn.Linear(2, 3)})  # for a penalty on weights
    scope |= {"self_module": module, "like": inputs[0] if inputs else torch.zeros(SIZES[0]["N"])}
    exec("\n".join(lines), scope)  # noqa: S102 - our own text
    found = [scope[name] for name in outputs]
    if module is not None and hasattr(module, "value"):
        value = cast("Callable[[torch.Tensor], torch.Tensor]", module.value)
        return [value(found[0])]
    return found


def listed(found: TensorSpec | tuple[TensorSpec, ...]) -> tuple[TensorSpec, ...]:
    return found if isinstance(found, tuple) else (found,)


def symbols(dim: Dim, sizes: dict[str, int]) -> int | None:
    """What a size must be; None for a symbol that only names an unknown, such as L/2."""
    return dim if isinstance(dim, int) else sizes.get(dim)


@pytest.mark.parametrize(("cls", "example"), CASES)
def test_shapes_and_dtypes_are_those_of_the_module(cls: type[NodeType], example: Example) -> None:
    kind = filled(cls, example)
    declared = listed(kind.infer(*example.inputs))
    assert len(declared) == len(kind.output_ports())
    for sizes in SIZES:
        inputs = tensors(example.inputs, sizes)
        found = run(kind, example.inputs, inputs)
        if found is None or (not inputs and sizes is not SIZES[0]):
            continue
        for spec, tensor in zip(declared, found, strict=True):
            wanted = [symbols(dim, sizes) for dim in spec.shape]
            assert len(wanted) == tensor.dim(), (spec, tensor.shape)
            sure = [(want, have) for want, have in zip(wanted, tensor.shape, strict=True) if want is not None]
            assert all(want == have for want, have in sure), (spec, tensor.shape)
            assert tensor.dtype == DTYPES[spec.dtype]


@pytest.mark.parametrize(("cls", "example"), CASES)
def test_sizes_are_exact_when_all_are_known(cls: type[NodeType], example: Example) -> None:
    """An unknown size gives the same result as the number that it turns out to be."""
    kind = filled(cls, example)
    for sizes in SIZES:
        specs = tuple(replace(spec, shape=sized(spec.shape, sizes)) for spec in example.inputs)
        found = run(kind, specs, tensors(specs, sizes))
        if found is None or not specs:
            continue
        for spec, tensor in zip(listed(kind.infer(*specs)), found, strict=True):
            pairs = zip(spec.shape, tensor.shape, strict=True)
            assert all(symbols(dim, sizes) in (None, size) for dim, size in pairs), (spec, tensor.shape)


@pytest.mark.parametrize(("cls", "example"), CASES)
def test_learnable_values_are_those_of_the_module(cls: type[NodeType], example: Example) -> None:
    kind = filled(cls, example)
    kind.infer(*example.inputs)
    module = built(kind, example.inputs)
    learnable = sum(p.numel() for p in module.parameters() if p.requires_grad) if module else 0
    assert kind.parameters(*example.inputs) == learnable


@pytest.mark.filterwarnings("ignore:TF32 acceleration")  # about a GPU that is not there, when mkldnn is off
@pytest.mark.parametrize(("cls", "example"), CASES)
def test_operations_are_those_that_torch_counts(cls: type[NodeType], example: Example) -> None:
    """Torch counts two operations for a multiply-add, and knows matrix products, convolutions and attention."""
    kind, sizes = filled(cls, example), SIZES[0]
    inputs = tensors(example.inputs, sizes)
    specs = tuple(
        replace(spec, shape=(spec.shape[0], *sized(spec.shape[1:], sizes))) if spec.shape else spec
        for spec in example.inputs
    )
    # The CPU's fused attention and recurrence are not counted; their plain forms are.
    plain = (sdpa_kernel(SDPBackend.MATH), torch.backends.mkldnn.flags(enabled=False))
    with plain[0], plain[1], FlopCounterMode(display=False) as counter:
        run(kind, example.inputs, inputs)
    counted = counter.get_total_flops()
    assert (
        counted == 2 * len(inputs[0]) * kind.operations(*specs)
        if inputs and inputs[0].dim()
        else counted == 0
    )


@pytest.mark.parametrize("cls", TYPES.values(), ids=TYPES)
def test_defaults_are_those_of_torch(cls: type[NodeType]) -> None:
    """Fields are written only when they differ from the default, so that must be the constructor's own."""
    if not cls.torch:
        return
    made = eval(cls.torch, namespace(cls))  # noqa: S307 - our own text
    signature = dict(inspect.signature(made).parameters)
    if issubclass(made, nn.RNNBase):
        signature = dict(inspect.signature(nn.RNNBase).parameters)
        signature["nonlinearity"] = inspect.Parameter(
            "nonlinearity", inspect.Parameter.KEYWORD_ONLY, default="tanh"
        )
    given = cls().given(*cls.examples[0].inputs)
    assert given.keys() <= signature.keys()
    for entry in fields_of(cls):
        if not entry.argument:
            continue
        assert entry.name in signature, entry.name
        if not entry.required and not (entry.default is None and entry.name in given):
            assert entry.default == signature[entry.name].default, entry.name
            assert type(entry.default) is type(signature[entry.name].default) or entry.kind == "float"


@pytest.mark.parametrize("cls", TYPES.values(), ids=TYPES)
def test_help_page(cls: type[NodeType]) -> None:
    text = help_text(cls)
    first = text.split("\n\n")[0]
    assert first.endswith("."), "the help begins with a plain sentence"
    page = page_of(cls)
    assert tuple(page.sections) == SECTIONS, "all five sections, in this order"
    assert all(page.sections.values())
    assert "**" not in page.about + "".join(page.sections.values())
    assert alternatives(cls), "at least one node type to take instead"
    for word in re.findall(r"\b[A-Z]\w*[a-z][A-Z]\w*|\b[A-Z]\w*[A-Z]\w*\b", page.sections["Alternatives"]):
        assert word in TYPES or word in WORDS, f"{word} is not a node type"
    assert not any(line.startswith(" ") for line in text.splitlines())
    for entry in fields_of(cls):
        assert entry.help.endswith("."), entry.name
        assert len(entry.help) <= 110, entry.name


@pytest.mark.parametrize("cls", TYPES.values(), ids=TYPES)
def test_face_and_search(cls: type[NodeType]) -> None:
    assert len(cls.examples) >= 2
    for kind in (cls(), *(filled(cls, example) for example in cls.examples)):
        assert len(kind.summary()) <= 40, kind.summary()
    assert 2 <= len(cls.title) <= 32
    assert cls.aliases and all(alias == alias.strip() and alias for alias in cls.aliases)
    assert len(set(cls.aliases)) == len(cls.aliases)
    ports = (*cls.input_ports(cls()), *cls.output_ports(cls()))
    assert all(port.isidentifier() and port.islower() for port in ports)
    assert cls.optional <= set(cls.inputs)
    assert cls.goal in {"min", "max"} if cls.family in {"loss", "metric"} else cls.goal in {"", "max"}
    assert not cls.goal or cls.family in {"loss", "metric", "probe"}


def test_titles_are_unique() -> None:
    titles = [cls.title for cls in TYPES.values()]
    assert sorted(titles) == sorted(set(titles))


def test_the_palette_has_every_family() -> None:
    families = [cls.family for cls in TYPES.values()]
    assert len(TYPES) >= 60
    assert set(families) == set(FAMILIES)
    assert families == sorted(families, key=families.index), "a family's types stand together"


def test_source_is_written_only_where_torch_has_no_class() -> None:
    for name, cls in TYPES.items():
        own = bool(cls.torch) and not cls.torch.startswith(("nn.", "gnn."))
        assert bool(cls.source) == own, name
