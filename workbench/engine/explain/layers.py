"""The layers of a program by their nodes in the drawing, and what comes out of them. Imports torch and the scopes."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from workbench.catalog.scope import NodeInfo, Scope
from workbench.core.errors import JobError
from workbench.core.shapes import Dim, TensorSpec

Kind = Literal["convolution", "block", "layer"]
_APART = ("data", "augmentation", "loss", "metric", "probe")
_CONVOLUTIONS = (nn.modules.conv._ConvNd,)


@dataclass(frozen=True, slots=True)
class Layer:
    """A node of the drawing that has a module of its own, or a block."""

    path: str
    """Where it stands in the drawing; a repetition has a number: "layers#2/attention"."""
    label: str
    """The same as people read it, with the titles that they gave: layers 2/attention."""
    name: str
    """The module's name in the program."""
    info: NodeInfo
    module: nn.Module

    @property
    def kind(self) -> Kind:
        if self.info.kind is None:
            return "block"
        return "convolution" if isinstance(self.module, _CONVOLUTIONS) else "layer"

    @property
    def type(self) -> str:
        return self.info.type

    @property
    def spec(self) -> TensorSpec | None:
        """What comes out of it first; None where the check does not know."""
        return next(iter(self.info.outputs.values()), None)

    @property
    def shape(self) -> tuple[Dim, ...]:
        return self.spec.shape if self.spec is not None else ()

    @property
    def is_map(self) -> bool:
        """Whether its output has places of which a picture can be made: N×C×H×W, of volumes N×C×D×H×W."""
        return len(self.shape) in (4, 5) or (len(self.shape) == 3 and self.kind == "convolution")


def layers_of(program: nn.Module, root: Scope) -> list[Layer]:
    """All layers that something can be asked about, in the order of the data flow.

    Linked copies share the module of the node that they are copies of and are no layers of their own.
    """
    return list(_inside(program, root, (), (), ""))


def head_of(root: Scope, node: str) -> str:
    """The node that makes an answer: the nearest one with weights in front of it, if what is between them only
    arranges its numbers anew.
    """
    while True:
        info = root.infos[node]
        family = info.kind.family if info.kind is not None else ""
        if info.parameters or len(info.ports) != 1 or family in ("", "data", "pooling"):
            return node
        node = root.sources[node][info.ports[0]].node


def layer_at(program: nn.Module, root: Scope, path: str) -> Layer:
    """The layer of that path. Raises JobError with what there is."""
    known = layers_of(program, root)
    for each in known:
        if each.path == path:
            return each
    named = ", ".join(each.path for each in known[:12])
    raise JobError(f"The model has no layer “{path}”; it has {named}{' …' if len(known) > 12 else ''}.")


def _inside(
    module: nn.Module, scope: Scope, path: tuple[str, ...], label: tuple[str, ...], name: str
) -> Iterator[Layer]:
    for id in scope.order:
        info = scope.infos.get(id)
        if info is None or info.node.linked_to or (info.kind is not None and info.kind.family in _APART):
            continue
        inner: object = getattr(module, id, None)
        if not isinstance(inner, nn.Module):
            continue
        title = info.node.title or id
        if info.kind is not None:
            yield _layer((*path, id), (*label, title), f"{name}{id}", info, inner)
            continue
        several = len(info.copies) > 1
        parts: list[Any] = list(inner.children()) if several else [inner]
        for number, (copy, part) in enumerate(zip(info.copies, parts, strict=True)):
            here = (*path, f"{id}#{number + 1}" if several else id)
            told = (*label, f"{title} {number + 1}" if several else title)
            named = f"{name}{id}.{number}" if several else f"{name}{id}"
            specs = copy.outputs()
            own = NodeInfo(info.node, outputs=specs, parameters=copy.parameters, copies=(copy,))
            yield _layer(here, told, named, own, part)
            yield from _inside(part, copy, here, told, f"{named}.")


def _layer(
    path: tuple[str, ...], label: tuple[str, ...], name: str, info: NodeInfo, module: nn.Module
) -> Layer:
    return Layer("/".join(path), "/".join(label), name, info, module)


@contextmanager
def watched(modules: Sequence[nn.Module]) -> Iterator[list[list[Tensor]]]:
    """Inside, what each module puts out is noted, once for each time that it is used.

    The rest of the program goes on with a copy, so that what changes its input in place changes nothing here, and
    gradients arrive at what was noted. Of several results the first one counts.
    """
    seen: list[list[Tensor]] = [[] for _ in modules]

    def note(place: int) -> Any:
        def after(module: nn.Module, inputs: object, result: Any) -> Any:
            first, rest = (result[0], result[1:]) if isinstance(result, tuple) else (result, None)
            if not isinstance(first, Tensor):
                return result
            if torch.is_grad_enabled() and first.is_floating_point() and not first.requires_grad:
                first = first.detach().requires_grad_()  # nothing that is learned is in front of it
            seen[place].append(first)
            return first.clone() if rest is None else (first.clone(), *rest)

        return after

    with ExitStack() as hooks:
        for place, module in enumerate(modules):
            hooks.callback(module.register_forward_hook(note(place)).remove)
        yield seen


def use_of(found: Sequence[Tensor], layer: Layer, use: int) -> Tensor:
    """What a layer put out at one of its uses, counted from 0; -1 is the last one. Raises JobError."""
    if not found:
        raise JobError(f"“{layer.label}” is not used to compute this output; choose a layer in front of it.")
    if not -len(found) <= use < len(found):
        raise JobError(f"“{layer.label}” is used {len(found)} times, so there is no use number {use + 1}.")
    return found[use]


def numbers_only(value: Tensor, layer: Layer) -> Tensor:
    """Raises JobError where something is no number: then nothing can be said about it."""
    if not bool(torch.isfinite(value).all()):
        raise JobError(
            f"“{layer.label}” puts out values that are no numbers (NaN or infinite), so there is nothing to show."
        )
    return value
