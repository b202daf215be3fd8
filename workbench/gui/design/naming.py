"""Names of new nodes: short words with a number, as people write them in programs.  Imports core and catalog."""

import re

from workbench.catalog.spec import node_types
from workbench.core.document import Graph
from workbench.core.names import unique_id

_NUMBERED = ("layer", "activation", "normalisation", "pooling", "augmentation", "merge")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")


def id_for_type(graph: Graph, type: str) -> str:
    """A free name for a node of a type: Conv2d gives conv1, conv2 …, Dataset gives dataset, dataset2 …

    The only loss is “loss” in every model, so that runs of different models have it in one column.
    """
    family = node_types()[type].family
    stem = "loss" if family == "loss" else _WORDS.sub("_", re.sub(r"[123]d$", "", type)).lower()
    if family in _NUMBERED:
        return next_id(graph, stem, 1)
    return free_id(graph, unique_id(Graph(), stem))


def free_id(graph: Graph, id: str) -> str:
    """The name itself where it is free, else with the next number: conv1 gives conv2, judge gives judge2."""
    if id not in graph.nodes:
        return id
    return next_id(graph, *numbered(id))


def numbered(id: str) -> tuple[str, int]:
    """The word of a name and the number that comes next: conv1 gives conv and 2, judge gives judge and 2."""
    found = re.fullmatch(r"(.*?[a-z_])_?(\d+)", id)
    return (found[1].rstrip("_"), int(found[2]) + 1) if found else (id, 2)


def next_id(graph: Graph, stem: str, number: int) -> str:
    """The first free name of a word and a number, counting from `number`."""
    while f"{stem}{number}" in graph.nodes:
        number += 1
    return unique_id(graph, f"{stem}{number}")
