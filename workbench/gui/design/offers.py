"""What can be added to a drawing: every node type, and the model's own blocks.  Imports core, catalog and fuzzy."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from workbench.catalog.pages import page_of
from workbench.catalog.spec import FAMILIES, node_types
from workbench.core.document import INPUT, Document, Graph, Node
from workbench.core.names import unique_id
from workbench.core.nesting import below
from workbench.gui.design.naming import free_id, id_for_type
from workbench.gui.fuzzy import score

OFTEN, BLOCKS, KEPT = "often", "block", "kept"
# Among names that fit about as well, these are what is meant most often.
_COMMON = (
    "Dataset Conv2d BatchNorm2d ReLU MaxPool2d Linear Dropout Flatten Embedding LSTM MultiheadAttention LayerNorm "
    "GCNConv Add Concatenate CrossEntropyLoss MSELoss Accuracy Images Output".split()
)
_LIFT = 12.0
_HABIT = 24.0


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to add. `key` is "type:Conv2d", "block:Generator", or "kept:7" for a block of the library.

    `inputs` and `outputs` are the ports of a block.
    """

    key: str
    title: str
    family: str
    words: tuple[str, ...]
    help: str
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        return self.key.startswith("kept:")

    @property
    def name(self) -> str:
        return self.key.partition(":")[2]


def offers(document: Document, where: str = "") -> list[Offer]:
    """All offers for one graph of a model, by family; blocks last. A block is not offered inside itself."""
    found = [_of_type(name) for name in node_types() if name != INPUT or where]
    for name in document.blocks:
        if where not in _inside(document, name):
            about = f"The block {name} of this model."
            block = document.blocks[name]
            found.append(Offer(f"block:{name}", name, BLOCKS, ("block",), about, block.inputs, block.outputs))
    return found


@cache  # asked for with every edit
def _of_type(name: str) -> Offer:
    cls = node_types()[name]
    return Offer(f"type:{name}", cls.title, cls.family, (name, cls.torch, *cls.aliases), page_of(cls).about)


def ranked(
    found: Iterable[Offer], query: str, habit: Callable[[str], float] = lambda key: 0.0
) -> list[Offer]:
    """Offers that fit what was typed, the best first; a fitting title beats a fitting alias.

    `habit` says by key how much the person uses it, 0 to 1: such come first while nothing is typed, and among
    names that fit about as well.
    """
    if not query.strip():
        return sorted(found, key=lambda offer: -habit(offer.key))
    rated = []
    for index, offer in enumerate(found):
        fit = _fit(offer, query)
        if fit > 0:
            rated.append((fit + _HABIT * habit(offer.key), index, offer))
    return [offer for _, _, offer in sorted(rated, key=lambda entry: (-entry[0], entry[1]))]


def _fit(offer: Offer, query: str) -> float:
    title = score(query, offer.title)
    best = max(
        title * 1.1, score(query, offer.name) * 1.1, *(score(query, word) * 0.8 for word in offer.words)
    )
    return best + 0.01 * title + (_LIFT if best > 0 and offer.name in _COMMON else 0)


def grouped(found: Iterable[Offer]) -> dict[str, list[Offer]]:
    """Offers by family in the palette's order, and before them those that are needed most often once more."""
    found = tuple(found)
    groups: dict[str, list[Offer]] = {family: [] for family in (OFTEN, *FAMILIES, BLOCKS, KEPT)}
    for offer in found:
        groups[KEPT if offer.kept else offer.family].append(offer)
    types = {offer.key: offer for offer in found}
    groups[OFTEN] = [types[f"type:{name}"] for name in _COMMON if f"type:{name}" in types]
    return {family: group for family, group in groups.items() if group}


def new_node(offer: Offer, graph: Graph, at: tuple[float, float]) -> Node:
    """A node of what is offered, with a free name."""
    if offer.family == BLOCKS:
        return Node(free_id(graph, unique_id(Graph(), offer.title)), block=offer.title, at=at)
    return Node(id_for_type(graph, offer.name), offer.name, at=at)


def ports_of(offer: Offer, *, output: bool) -> tuple[str, ...]:
    """Ports that a new node of this kind has."""
    if offer.family == BLOCKS:
        return offer.outputs if output else offer.inputs
    kind = node_types()[offer.name]()
    return kind.output_ports() if output else kind.input_ports()


def _inside(document: Document, name: str) -> set[str]:
    """A block and all blocks that stand inside it."""
    block = document.blocks.get(name)
    return {name} | below(block.graph, document.blocks) if block else set()
