"""What a model answers with: found in its drawing by what its losses, metrics, outputs and data are.

Imports torch, the analysis, the catalog and codegen.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast

import torch
from torch import Tensor, nn

from workbench.catalog import expect
from workbench.catalog.check import Analysis
from workbench.catalog.goals import goal_of
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.nodes.losses_classes import BCELoss, BCEWithLogitsLoss, Classes, NLLLoss
from workbench.catalog.nodes.losses_hard import MultiMarginLoss
from workbench.catalog.nodes.probes import Images
from workbench.catalog.nodes.sources import FREE
from workbench.catalog.schema import Schema
from workbench.catalog.scope import Scope
from workbench.codegen.methods import given
from workbench.core.document import OUTPUT, Document, Node, Port
from workbench.core.names import unique_id
from workbench.core.shapes import TensorSpec

Kind = Literal["classes", "numbers", "series", "picture", "mask", "tokens", "vector"]
Scale = Literal["softmax", "exp", "sigmoid", "share", ""]
"""How scores become probabilities; a share is one already, and "" has none."""

_APART = ("loss", "metric", "probe", "data")
_PICTURE_RANKS = (4, 5)
_TARGETS = ("target", "y")
"""The outputs of datasets that are standardised by what the facts tell of their target."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that a model computes. `source` is where it stands in the drawing, `target` where what is right does
    (None where the drawing says nothing of it), `origin` the output of a dataset that this comes from.
    """

    name: str
    kind: Kind
    source: Port
    spec: TensorSpec
    target: Port | None = None
    origin: Port | None = None
    scale: Scale = ""
    axis: int | None = None
    """Where the classes stand; None where one number says yes or no, or where there are none."""
    classes: tuple[str, ...] = ()
    """Their names; of numbers what each of them is, where that is known."""
    column: bool = False
    """Whether the number that says yes or no stands in a dimension of its own."""
    several: bool = False
    """Whether several classes may be true at once."""
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    """Numbers times `std` plus `mean` are in the units of the data; where these are several, each for its column."""
    shape: tuple[int, ...] = ()
    """Of a picture that is computed as a row of numbers: channels, height and width."""
    method: str = ""
    target_method: str = ""
    given: tuple[Port, ...] = ()
    """The data and noise that it depends on, in the order of the method's arguments."""
    target_given: tuple[Port, ...] = ()
    noise: frozenset[str] = frozenset()
    """The nodes among those that are no data."""

    @property
    def data(self) -> tuple[str, ...]:
        """The dataset nodes that it depends on; none where it is made of noise."""
        return tuple(dict.fromkeys(port.node for port in self.given if port.node not in self.noise))

    def scores(self, program: nn.Module, batch: Mapping[str, Tensor], *, gradients: bool = False) -> Tensor:
        """What the program computes for a batch, whose entries are named NODE.PORT; noise is among them."""
        return _called(program, self.method, self.given, batch, gradients)

    def right(self, program: nn.Module, batch: Mapping[str, Tensor]) -> Tensor | None:
        """What would have been right for a batch; None where nothing says so."""
        if self.target is None:
            return None
        if not self.target_method:
            return batch[str(self.target)]
        return _called(program, self.target_method, self.target_given, batch, False)

    def probabilities(self, scores: Tensor) -> Tensor:
        """Scores as shares with the classes last; of a yes or no that of no comes first.

        Where the loss knows no probabilities the softmax only keeps their order.
        """
        scores = scores.float()
        if self.axis is None:
            yes = self.flat(scores)
            yes = yes if self.scale == "share" else yes.sigmoid()
            return yes if self.several else torch.stack([1 - yes, yes], dim=-1)
        moved = scores.movedim(self.axis, -1)
        return moved.exp() if self.scale == "exp" else moved.softmax(-1)

    def flat(self, scores: Tensor) -> Tensor:
        """One number for each yes or no."""
        return scores.squeeze(-1) if self.column else scores

    def computed(self, scores: Tensor) -> Tensor:
        """What was computed, comparable with what is right: of pictures that a loss takes as scores the brightness."""
        return scores.sigmoid() if self.kind == "picture" and self.scale == "sigmoid" else scores

    def in_units(self, values: Tensor) -> Tensor:
        """Numbers in the units of the data."""
        mean, std = (values.new_tensor(each, dtype=torch.float64) for each in (self.mean, self.std))
        return values.double() * std + mean


def _called(
    program: nn.Module, name: str, given: Iterable[Port], batch: Mapping[str, Tensor], gradients: bool
) -> Tensor:
    method = getattr(type(program), name)
    inner = method.__wrapped__ if gradients else method  # without what turns gradients off
    return cast(Tensor, inner(program, *(batch[str(port)] for port in given)))


def answers_of(analysis: Analysis) -> tuple[Answer, ...]:
    """All answers of a drawing, first the one by which its best epoch is chosen."""
    root = analysis.root
    found: dict[Port, Answer] = {}
    for family in ("loss", "metric"):
        for id in (id for id in root.infos if _family(root, id) == family):
            port = _base(root, root.sources.get(id, {}).get("input"), found)
            target = root.sources.get(id, {}).get("target")
            if port is None or target is None or not _learned(root, port) or port in found:
                continue
            if (answer := _answer(root, id, port, target)) is not None:
                found[port] = answer
    for id, info in root.infos.items():
        looked = root.sources.get(id, {}).get("x" if info.node.type == OUTPUT else "input")
        if looked is None or not (info.node.type == OUTPUT or isinstance(info.kind, Images)):
            continue
        port = _base(root, looked, found)
        if port in found:
            found[port] = replace(found[port], name=id) if info.node.type == OUTPUT else found[port]
        elif info.node.type == OUTPUT or (port is not None and not _datasets(root, port)):
            found[looked] = _unjudged(root, id if info.node.type == OUTPUT else looked.node, looked)
    first = _base(root, root.sources.get(goal_of(analysis).metric, {}).get("input"), found)
    ordered = sorted(found.values(), key=lambda answer: answer.source != first)
    return tuple(_named(root, ordered))


def with_methods(document: Document, answers: Iterable[Answer]) -> tuple[Document, tuple[Answer, ...]]:
    """The drawing with an output for each answer and for what is right, which changes no weights."""
    nodes, links = dict(document.graph.nodes), dict(document.graph.links)

    def end(port: Port, stem: str) -> str:
        id = unique_id(replace(document.graph, nodes=nodes), stem)
        nodes[id] = Node(id, OUTPUT)
        links[Port(id, "x")] = port
        return id

    done = []
    for answer in answers:
        right = None if answer.target == answer.origin else answer.target
        target = end(right, "right") if right is not None else ""
        done.append(replace(answer, method=end(answer.source, "answer"), target_method=target))
    return replace(document, graph=replace(document.graph, nodes=nodes, links=links)), tuple(done)


def with_given(root: Scope, answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """The answers with what their methods take, which the drawing with these methods tells."""
    return tuple(
        replace(
            answer,
            given=tuple(given(root, answer.method)),
            target_given=tuple(given(root, answer.target_method)) if answer.target_method else (),
            noise=frozenset(id for id, info in root.infos.items() if info.node.type in FREE),
        )
        for answer in answers
    )


def _answer(root: Scope, id: str, port: Port, target: Port) -> Answer | None:
    """What is compared with a target by a loss or metric; None where neither classes nor numbers are."""
    kind = root.infos[id].kind
    spec, right = _spec(root, port), _spec(root, target)
    way = _way(root, target)
    origin, alike = _origin(root, way)
    schema = _schema(root, origin)
    answer = Answer(port.node, "vector", port, spec, target, origin if alike else None)
    labels = schema.labels if schema is not None else ()
    if right.dtype == "index" and spec.dtype == "float":
        column = spec.shape == (*right.shape, 1) and isinstance(kind, BCELoss | BCEWithLogitsLoss)
        if spec.rank == right.rank + 1 and not column:
            axis = expect.class_axis(spec)
            if spec.shape[:axis] + spec.shape[axis + 1 :] != right.shape:
                return None  # scores of steps that are not those of the target
            size = spec.shape[axis]
            names = _names(labels, size if isinstance(size, int) else 0)
            return replace(answer, kind=_classes(right), axis=axis, scale=_scale(kind), classes=names)
        if spec.rank in (right.rank, right.rank + 1):
            names = tuple(labels) if len(labels) == 2 else ("no", "yes")
            column = spec.rank > right.rank
            return replace(answer, kind=_classes(right), scale=_scale(kind), classes=names, column=column)
        return None
    if right.dtype != "float" or spec.dtype != "float" or right.rank != spec.rank:
        return None
    if isinstance(kind, Classes) and spec.rank == 2:  # shares of classes, as when labels are mixed
        names = _names(labels, cast(int, spec.shape[1]))
        return replace(answer, kind="classes", axis=1, scale=_scale(kind), classes=names)
    if (
        spec.rank == 2
        and labels
        and spec.shape[1] == len(labels)
        and isinstance(kind, BCELoss | BCEWithLogitsLoss)
    ):
        return replace(answer, kind="classes", several=True, scale=_scale(kind), classes=tuple(labels))
    return _numbers(replace(answer, scale=_scale(kind)), schema, [_spec(root, each) for each in way])


def _numbers(answer: Answer, schema: Schema | None, way: Iterable[TensorSpec]) -> Answer:
    """Numbers, series, or pictures, by their shapes and those of the data."""
    spec = answer.spec
    labels = schema.labels if schema is not None else ()
    if spec.rank in _PICTURE_RANKS:
        return replace(answer, kind="picture")
    picture = next((each for each in way if each.rank == 4 and _same_size(each, spec)), None)
    if picture is not None and spec.rank == 2:
        return replace(answer, kind="picture", shape=cast("tuple[int, ...]", picture.shape[1:]))
    kind: Kind = "series" if spec.rank > 2 else "numbers"
    answer = replace(answer, kind=kind, scale="")
    if labels and spec.rank > 1 and spec.shape[-1] == len(labels):
        answer = replace(answer, classes=tuple(labels))
    return answer if schema is None or answer.origin is None else _measured(answer, schema, answer.origin)


def _measured(answer: Answer, schema: Schema, origin: Port) -> Answer:
    """Numbers with what leads them back to the units of the data, and with their names where these are known."""
    if origin.name == "y" and answer.spec.shape[-1] == len(schema.scales):
        mean, std = zip(*schema.scales.values(), strict=True)
        return replace(answer, classes=tuple(schema.scales), mean=mean, std=std)
    if origin.name in _TARGETS and "target_std" in schema.facts:
        known = schema.facts
        return replace(answer, mean=(float(known["target_mean"]),), std=(float(known["target_std"]),))
    return answer


def _unjudged(root: Scope, name: str, port: Port) -> Answer:
    """What nothing in the drawing compares with anything."""
    spec = _spec(root, port)
    picture = spec.rank == 4 and spec.dtype == "float" and spec.shape[1] in (1, 3)
    return Answer(name, "picture" if picture else "vector", port, spec)


def _classes(target: TensorSpec) -> Kind:
    return "classes" if target.rank == 1 else "tokens" if target.rank == 2 else "mask"


def _scale(kind: object) -> Scale:
    if isinstance(kind, BCEWithLogitsLoss):
        return "sigmoid"
    if isinstance(kind, BCELoss):
        return "share"
    if isinstance(kind, MultiMarginLoss):
        return ""
    return "exp" if isinstance(kind, NLLLoss) else "softmax"


def _names(labels: tuple[str, ...], count: int) -> tuple[str, ...]:
    return tuple(labels) if len(labels) == count else tuple(str(each) for each in range(count))


def _named(root: Scope, answers: Iterable[Answer]) -> Iterable[Answer]:
    """Each under a name of its own."""
    taken: set[str] = set()
    for answer in answers:
        name, number = answer.name, 1
        if name in taken:
            name = f"{answer.source.node}_{answer.source.name}"
        while name in taken:
            number += 1
            name = f"{answer.name}_{number}"
        taken.add(name)
        yield replace(answer, name=name)


def _base(root: Scope, port: Port | None, found: Mapping[Port, Answer]) -> Port | None:
    """Where an answer that is known stands, if between it and here are only activations; else the port itself."""
    at = port
    while at is not None and at not in found:
        info = root.infos[at.node]
        if _family(root, at.node) != "activation" or info.parameters or len(info.ports) != 1:
            return port
        at = root.sources[at.node][info.ports[0]]
    return at


def _way(root: Scope, port: Port) -> list[Port]:
    """From a target back to the output of a dataset, which is the last; it ends before where none leads to it."""
    way = [port]
    while not isinstance(root.infos[port.node].kind, Dataset):
        info, fed = root.infos[port.node], root.sources.get(port.node, {})
        first = next(iter(info.outputs), "")
        if info.parameters or not info.ports or (port.name not in fed and port.name != first):
            return way  # it is computed, or made here
        port = fed[port.name if port.name in fed else info.ports[0]]
        way.append(port)
    return way


def _origin(root: Scope, way: list[Port]) -> tuple[Port | None, bool]:
    """The output of a dataset from which a target comes, and whether it is that very output at evaluation."""
    if not isinstance(root.infos[way[-1].node].kind, Dataset):
        return None, False
    return way[-1], all(_family(root, port.node) == "augmentation" for port in way[:-1])


def _schema(root: Scope, port: Port | None) -> Schema | None:
    kind = root.infos[port.node].kind if port is not None else None
    return kind.schema if isinstance(kind, Dataset) else None


def _datasets(root: Scope, port: Port) -> list[str]:
    return [
        id
        for id in root.graph.upstream([port.node])
        if id in root.infos and _family(root, id) == "data" and root.infos[id].node.type not in FREE
    ]


def _learned(root: Scope, port: Port) -> bool:
    """Whether weights have a part in it: what is only data made ready is no answer."""
    if _family(root, port.node) in _APART:
        return False
    return any(root.infos[each].parameters for each in root.graph.upstream([port.node]) if each in root.infos)


def _spec(root: Scope, port: Port) -> TensorSpec:
    return root.infos[port.node].outputs[port.name]


def _same_size(one: TensorSpec, other: TensorSpec) -> bool:
    sizes = []
    for spec in (one, other):
        size = 1
        for dim in spec.shape[1:]:
            if not isinstance(dim, int):
                return False
            size *= dim
        sizes.append(size)
    return sizes[0] == sizes[1]


def _family(root: Scope, id: str) -> str:
    kind = root.infos[id].kind if id in root.infos else None
    return kind.family if kind is not None else ""
