"""A model as a graph of operators: which outputs, from which inputs, tried with which examples.

Errors name the node of the drawing. Imports torch, codegen and the data.
"""

import linecache
import logging
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType, TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from workbench.catalog.check import Analysis
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.scope import Scope
from workbench.codegen.methods import argument, given
from workbench.codegen.program import refuse_errors
from workbench.core.document import OUTPUT, Document, Graph, Node, Port
from workbench.core.errors import CodeError, DataError
from workbench.core.shapes import TensorSpec
from workbench.engine.carrying import apart
from workbench.engine.data import load
from workbench.engine.feeds import TRAIN, VALIDATION, Feeds, of_size
from workbench.engine.trained import Model
from workbench.store.store import Store

TRACED, TRIED = 3, (2, 5)
"""How many examples the graph is made with, and with how many it is tried."""
_APART = ("loss", "metric", "probe", "data")
_ADDED = "exported_"
_CALLED, _NAMED = re.compile(r"\bself\.(\w+)"), re.compile(r"\s*(\w+(?:, \w+)*) = ")


@dataclass(frozen=True, slots=True)
class Interface:
    """What goes in and comes out. Names are those of the program: NODE_PORT for inputs, NODE for outputs."""

    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, str]
    """The name of an output, and the method of the program that computes it."""
    arguments: Mapping[str, tuple[str, ...]]
    """The inputs that each of these methods takes."""
    ports: Mapping[str, str]
    """Where an input stands in the drawing: "digits.image"."""

    @classmethod
    def of(cls, analysis: Analysis, outputs: Mapping[str, str]) -> "Interface":
        inputs: dict[str, TensorSpec] = {}
        arguments: dict[str, tuple[str, ...]] = {}
        ports: dict[str, str] = {}
        for method in outputs.values():
            needed = given(analysis.root, method)
            arguments[method] = tuple(argument(port) for port in needed)
            for port in needed:
                inputs[argument(port)] = analysis.root.infos[port.node].outputs[port.name]
                ports[argument(port)] = str(port)
        return cls(inputs, outputs, arguments, ports)


class Outputs(nn.Module):
    """A program that gives its named outputs, all at once."""

    def __init__(self, program: nn.Module, interface: Interface) -> None:
        super().__init__()
        self.program = program
        names = list(interface.inputs)
        self._calls = [
            (method, [names.index(name) for name in interface.arguments[method]])
            for method in interface.outputs.values()
        ]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        found = []
        for method, places in self._calls:
            inner = getattr(type(self.program), method).__wrapped__  # without what turns gradients off
            found.append(inner(self.program, *(inputs[place] for place in places)))
        return tuple(found)


def with_outputs(document: Document, analysis: Analysis, wanted: str = "") -> tuple[Document, dict[str, str]]:
    """The drawing with the outputs that are to be exported, and for the name of each the method that computes it.

    Those of the drawing count; where it has none, what enters its losses. `wanted` is NODE or NODE.PORT instead.
    Raises CodeError.
    """
    refuse_errors(analysis)
    root = analysis.root
    named = {id: id for id, info in root.infos.items() if info.node.type == OUTPUT}
    if named and not wanted:
        return document, named
    if wanted in named:
        return document, {wanted: wanted}
    if wanted:
        ports = [_port(root, wanted)]
    else:
        losses = [id for id in root.infos if _family(root, id) == "loss"]
        fed = dict.fromkeys(source for id in losses for source in root.sources.get(id, {}).values())
        ports = [port for port in fed if _family(root, port.node) not in _APART and _learned(root, port.node)]
    if not ports:
        raise CodeError(
            "Nothing in the drawing says what it computes. Put an Output node behind what shall be exported."
        )
    nodes, links, found = dict(document.graph.nodes), dict(document.graph.links), {}
    for number, port in enumerate(ports):
        id = f"{_ADDED}{number}"
        nodes[id] = Node(id, OUTPUT)
        links[Port(id, "x")] = port
        several = len(root.infos[port.node].outputs) > 1
        found[f"{port.node}_{port.name}" if several else port.node] = id
    graph: Graph = replace(document.graph, nodes=nodes, links=links)
    return replace(document, graph=graph), found


def examples(store: Store, model: Model, interface: Interface, size: int) -> tuple[Tensor, ...]:
    """Inputs of so many examples: of the data where it is at hand, else made up. Raises DataError."""
    batch: Mapping[str, Tensor] = {}
    reason: DataError | None = None
    if any(_is_data(model.analysis.root, port) for port in interface.ports.values()):
        try:
            batch = _batch(store, model.analysis, size)
        except DataError as error:
            reason = error
    generator = torch.Generator().manual_seed(size)
    return tuple(
        batch[interface.ports[name]]
        if interface.ports[name] in batch
        else _made_up(name, spec, size, generator, reason)
        for name, spec in interface.inputs.items()
    )


def traced(model: Model, interface: Interface, inputs: Sequence[Tensor]) -> ExportedProgram:
    """The graph, for any number of examples. Raises CodeError that names the node that does not let it be made."""
    wrapped = Outputs(model.program, interface).eval()
    shapes = [
        {
            place: Dim.DYNAMIC if dim == "N" else Dim.AUTO
            for place, dim in enumerate(spec.shape)
            if isinstance(dim, str)
        }
        for spec in interface.inputs.values()
    ]
    try:
        with torch.no_grad(), alone(model.program), _any_length(model.program), quiet():
            return torch.export.export(wrapped, tuple(inputs), dynamic_shapes=(tuple(shapes),), strict=False)
    except Exception as error:
        raise refusal(model, error, "The model cannot be exported") from error


def computed(model: Model, interface: Interface, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """What the program itself gives. Raises CodeError that names the node where that fails."""
    wrapped = Outputs(model.program, interface).eval()
    try:
        with torch.no_grad(), alone(model.program):
            return tuple(wrapped(*inputs))
    except Exception as error:
        raise refusal(model, error, "The model cannot be computed") from error


def refusal(model: Model, error: BaseException, what: str) -> CodeError:
    """A sentence with the node of the drawing in which an error arose, and what else can be done."""
    place = _place(model, error)
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    at = f"{what}: “{place}” does something that has no counterpart there" if place else what
    padded = "length" in model.analysis.root.sources.get(place, {})
    hint = " Without its “length” input it could be." if padded else ""
    return CodeError(
        f"{at} ({type(error).__name__}: {first[:200].rstrip('.')}).{hint} Export to python or safetensors, or choose "
        "an output in front of that node with --output."
    )


@contextmanager
def alone(program: nn.Module) -> Iterator[None]:
    """Each pass begins and leaves without a state of the pass before."""
    with apart(program):
        yield
        for module in program.modules():
            if hasattr(module, "carried"):
                setattr(module, "carried", None)  # noqa: B010 - only some modules have it


@contextmanager
def _any_length(program: nn.Module) -> Iterator[None]:
    """In the program's text `len` of a tensor is no fixed number meanwhile, as Python's own would make it."""
    names = vars(sys.modules[type(program).__module__])
    names["len"] = lambda each: each.shape[0] if isinstance(each, Tensor) else len(each)
    try:
        yield
    finally:
        del names["len"]


@contextmanager
def quiet() -> Iterator[None]:
    """Without what libraries say to developers about their own inner workings."""
    logger = logging.getLogger("torch")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def _place(model: Model, error: BaseException) -> str:
    """The path of the node in whose line an error arose, or whose operator a converter could not take."""
    chain: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in chain:
        chain.append(found)
        found = found.__cause__ or found.__context__
    for each in reversed(chain):
        for frame, _ in reversed(list(_frames(each.__traceback__))):
            meta = _meta(frame)
            if meta and (place := _by_text(model, str(meta.get("stack_trace", "")), meta)):
                return place
    for each in reversed(chain):
        for frame, line in reversed(list(_frames(each.__traceback__))):
            if frame.f_code.co_filename == str(model.file):
                owner = frame.f_locals.get("self")
                names = {module: name for name, module in model.program.named_modules()}
                inside = names.get(owner, "") if isinstance(owner, nn.Module) else ""
                return _joined(inside, _line(model, line))
    return ""


def _line(model: Model, number: int) -> str:
    """A line of the program; of what a node only makes ready for itself the one that calls the node."""
    line = linecache.getline(str(model.file), number)
    while line.lstrip().startswith("_") and not _CALLED.search(line):
        number += 1
        line = linecache.getline(str(model.file), number)
    return line


def _frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _meta(frame: FrameType) -> Mapping[str, Any]:
    """What is known of the operator that a converter was at, if this is a frame of one."""
    node = frame.f_locals.get("node")
    return node.meta if isinstance(node, torch.fx.Node) else {}


def _by_text(model: Model, trace: str, meta: Mapping[str, Any]) -> str:
    """The node whose line is the last one of the program in a written trace."""
    lines = re.findall(rf'File "{re.escape(str(model.file))}", line (\d+)', trace)
    if not lines:
        return ""
    stack = [name for name, _ in meta.get("nn_module_stack", {}).values()]
    parts = [name for name in stack if name not in ("", "program")]
    line = _line(model, int(lines[-1]))
    if parts and f"self.{parts[-1].rpartition('.')[2]}(" in line:
        parts = parts[:-1]  # the line is of the one around it
    return _joined(parts[-1].removeprefix("program.") if parts else "", line)


def _joined(inside: str, line: str) -> str:
    """A node's path from the module that it is in, and its line: `conv1 = self.conv1(x)`."""
    match = _CALLED.search(line) or _NAMED.match(line)
    name = match.group(1).split(", ")[0].rstrip("_") if match else ""
    parts = [part for part in inside.split(".") if part and not part.isdecimal()]
    return "/".join([*parts, name] if name else parts)


def _batch(store: Store, analysis: Analysis, size: int) -> Mapping[str, Tensor]:
    kinds = [info.kind for info in analysis.root.infos.values() if isinstance(info.kind, Dataset)]
    loaded = {kind.dataset: load(store, kind.dataset) for kind in kinds}
    feeds = Feeds.of(analysis, loaded, size, torch.device("cpu"))
    batch = next(feeds.split(VALIDATION if feeds.has(VALIDATION) else TRAIN), None)
    if batch is None:
        raise DataError("The dataset has no examples to try the export with.")
    if any(feed.is_graph for feed in feeds.feeds):  # of any number of nodes
        return batch
    return of_size(batch, size)  # a single example would become a fixed number of the graph


def _made_up(
    name: str, spec: TensorSpec, size: int, generator: torch.Generator, reason: DataError | None
) -> Tensor:
    shape = [size if dim == "N" else dim for dim in spec.shape]
    known = [dim for dim in shape if isinstance(dim, int)]
    if len(known) < len(shape) or (spec.dtype == "index" and not spec.bound):
        why = f" ({reason})" if reason else ""
        raise DataError(f"The export cannot be tried without data: nothing can be made up for {name}{why}.")
    if spec.dtype == "index":
        return torch.randint(spec.bound, known, generator=generator)
    made = torch.randn(known, generator=generator)
    return made > 0 if spec.dtype == "bool" else made


def _is_data(root: Scope, port: str) -> bool:
    return root.infos[port.partition(".")[0]].node.type == "Dataset"


def _family(root: Scope, id: str) -> str:
    kind = root.infos[id].kind
    return kind.family if kind is not None else ""


def _learned(root: Scope, id: str) -> bool:
    """Whether weights have a part in it: what is only data made ready is no result."""
    return any(root.infos[each].parameters for each in root.graph.upstream([id]) if each in root.infos)


def _port(root: Scope, text: str) -> Port:
    """The output that NODE or NODE.PORT means. Raises CodeError with what there is."""
    id, _, name = text.partition(".")
    layers = [each for each in root.infos if _family(root, each) not in _APART]
    if id not in layers or root.infos[id].node.type == OUTPUT:
        raise CodeError(f"The drawing has no layer “{id}” to export; it has {', '.join(layers[:12])}.")
    ports = list(root.infos[id].outputs)
    if name and name not in ports:
        raise CodeError(f"“{id}” has no output “{name}”; it has {', '.join(ports)}.")
    if not name and len(ports) > 1:
        raise CodeError(
            f"“{id}” has several outputs; name one: {', '.join(f'{id}.{port}' for port in ports)}."
        )
    return Port(id, name or ports[0])
