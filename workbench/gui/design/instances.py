"""What the card of a block's instance tells: how often the block is used, its size, and the problems inside.

No Qt here.  May import core and catalog.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from workbench.catalog.problems import Problem
from workbench.catalog.scope import NodeInfo
from workbench.core.document import Document
from workbench.core.text import count

_counted: list[tuple[Document, Counter[str]]] = []


def uses(document: Document, block: str) -> int:
    """How many nodes of the whole model stand for a block; counted once for each version of the document."""
    if not _counted or _counted[0][0] is not document:
        graphs = (document.graph, *(other.graph for other in document.blocks.values()))
        found = Counter(node.block for graph in graphs for node in graph.nodes.values() if node.block)
        _counted[:] = [(document, found)]
    return _counted[0][1][block]


def facts(document: Document, block: str, info: NodeInfo | None) -> list[str]:
    """Parameters with all repetitions, and uses, as far as there is something to tell."""
    times = uses(document, block)
    size = [count(info.parameters)] if info is not None and info.parameters else []
    return size + ([f"{times} uses"] if times > 1 else [])


def summed_up(first: Problem, inside: Sequence[Problem], depth: int) -> Problem:
    """The problem that stands at an instance for all inside it: the first one and at which node it is, then, for those
    who read on, the blocks that lead there and how many more problems there are.

    `depth` is how deep the graph is in which the instance stands.
    """
    *way, node = first.path.split("/")[depth + 1 :]
    rest = [f"inside {'/'.join(way)}"] if way else []
    rest += [f"and {len(inside) - 1} more inside"] if len(inside) > 1 else []
    more = f" ({', '.join(rest)})" if rest else ""
    return replace(first, message=f"{node}: {first.message}{more}")
