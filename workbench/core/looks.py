"""How a drawing looks: edits of modes of nodes, of bends of links, of frames, notes and bookmarks.

Edits and the file reader ask the same questions of them.
"""

from dataclasses import dataclass, replace

from workbench.core.document import (
    BYPASS,
    COLLAPSED,
    INPUT,
    LOOKS,
    MODES,
    MUTE,
    OUTPUT,
    PINNED,
    REMARKS,
    WIRELESS,
    Document,
    Place,
    Port,
    Remark,
)
from workbench.core.errors import EditError
from workbench.core.names import check_id
from workbench.core.values import check_place, check_text, shown

MOST_BENDS = 64


def check_bends(places: tuple[Place, ...]) -> tuple[Place, ...]:
    """The places themselves. Raises EditError for too many of them or one that is no position."""
    if len(places) > MOST_BENDS:
        raise EditError(f"A link runs through {MOST_BENDS} dots at most, not {len(places)}.")
    return tuple(check_place(x, y) for x, y in places)


def check_look(mode: str, look: tuple[str, ...]) -> None:
    """Raises EditError for a mode or a look that is none."""
    if mode not in MODES:
        raise EditError(f"“{shown(mode)}” is not a way for a node to work.")
    if look != tuple(word for word in LOOKS if word in look):
        raise EditError(f"a look is made of {', '.join(LOOKS)}, in this order and once each.")


def check_remark(remark: Remark) -> Remark:
    """The remark itself. Raises EditError for a kind, text, place or size that none can have."""
    check_id(remark.id)
    if remark.kind not in REMARKS:
        raise EditError(f"“{shown(remark.kind)}” is not a kind of remark.")
    check_text(remark.text)
    check_text(remark.color)
    check_place(*remark.at)
    if min(check_place(*remark.size)) <= 0:
        raise EditError(f"{remark.size} is not the size of a remark.")
    return remark


@dataclass(frozen=True, slots=True)
class SetBends:
    """Sets the dots through which the link to an input runs; none makes it direct again."""

    target: Port
    places: tuple[Place, ...]
    where: str = ""

    @property
    def label(self) -> str:
        return f"Bend the link to {self.target}"

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.where)
        if self.target not in graph.links:
            raise EditError(f"Nothing is linked to {self.target}.")
        bends = {target: places for target, places in graph.bends.items() if target != self.target}
        if self.places:
            bends[self.target] = check_bends(self.places)
        return document.with_graph(self.where, replace(graph, bends=bends))


@dataclass(frozen=True, slots=True)
class SetMode:
    """Bypasses or mutes nodes, or with "" lets them work again."""

    nodes: tuple[str, ...]
    mode: str
    where: str = ""

    @property
    def label(self) -> str:
        what = {BYPASS: "Bypass", MUTE: "Mute"}.get(self.mode, "Use")
        return f"{what} {self.nodes[0]}" if len(self.nodes) == 1 else f"{what} {len(self.nodes)} nodes"

    def apply(self, document: Document) -> Document:
        if self.mode not in MODES:
            raise EditError(f"“{shown(self.mode)}” is not a way for a node to work.")
        graph = document.graph_of(self.where)
        changed = {id: replace(graph.node(id), mode=self.mode) for id in self.nodes}
        if self.mode and self.where and any(node.type in (INPUT, OUTPUT) for node in changed.values()):
            raise EditError("An input or output of a block is always there; delete it instead.")
        return document.with_graph(self.where, replace(graph, nodes={**graph.nodes, **changed}))


@dataclass(frozen=True, slots=True)
class SetLook:
    """Pins, collapses or hides the links of nodes (a word of LOOKS), or no longer."""

    nodes: tuple[str, ...]
    word: str
    on: bool
    where: str = ""

    @property
    def label(self) -> str:
        names = {PINNED: ("Pin", "Unpin"), COLLAPSED: ("Collapse", "Expand"), WIRELESS: ("Hide", "Show")}
        what = names.get(self.word, ("", ""))[not self.on] + (" links of" if self.word == WIRELESS else "")
        return f"{what} {self.nodes[0]}" if len(self.nodes) == 1 else f"{what} {len(self.nodes)} nodes"

    def apply(self, document: Document) -> Document:
        if self.word not in LOOKS:
            raise EditError(f"“{shown(self.word)}” is not a look of a node.")
        graph = document.graph_of(self.where)
        changed = {}
        for id in self.nodes:
            words = {*graph.node(id).look} - {self.word} | ({self.word} if self.on else set())
            changed[id] = replace(graph.node(id), look=tuple(word for word in LOOKS if word in words))
        return document.with_graph(self.where, replace(graph, nodes={**graph.nodes, **changed}))


@dataclass(frozen=True, slots=True)
class PutRemarks:
    """Adds remarks or replaces those of the same ids."""

    remarks: tuple[Remark, ...]
    label: str
    where: str = ""

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.where)
        new = {remark.id: check_remark(remark) for remark in self.remarks}
        return document.with_graph(self.where, replace(graph, remarks={**graph.remarks, **new}))


@dataclass(frozen=True, slots=True)
class RemoveRemarks:
    """Removes frames, notes or bookmarks; nodes in a frame stay."""

    ids: tuple[str, ...]
    where: str = ""

    @property
    def label(self) -> str:
        return "Delete remark" if len(self.ids) == 1 else f"Delete {len(self.ids)} remarks"

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.where)
        for id in self.ids:
            if id not in graph.remarks:
                raise EditError(f"There is no remark “{shown(id)}” here.")
        kept = {id: remark for id, remark in graph.remarks.items() if id not in self.ids}
        return document.with_graph(self.where, replace(graph, remarks=kept))
