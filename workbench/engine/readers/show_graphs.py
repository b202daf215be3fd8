"""Graphs as they are looked at: nodes in their places, edges, kinds; of one big graph a neighbourhood.

May import NumPy, and NetworkX for the places.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from workbench.engine.readers.content import Content, Index

# More nodes than this are neither placed in time nor told apart.
MOST_NODES = 300
_MOST_AROUND = 60
_MOST_EDGES = 3_000
# So many features of a node are told.
_FEATURES = 12


def parts(content: Content, position: int) -> list[dict[str, Any]]:
    """The drawing of the graph, and how a molecule is written."""
    written = content.arrays.get("_smiles")
    drawn = graph_part(content, position)
    if written is None:
        return [drawn]
    return [drawn, {"name": "smiles", "kind": "value", "text": str(written[position])}]


def graph_part(content: Content, position: int) -> dict[str, Any]:
    """The graph at a position of many, or what is around the node at a position of one.

    {"name", "kind": "graph", "nodes": how many are shown, "left_out": how many are not, "edges": two rows of
    ends, "at": x and y of each node from 0 to 1, "labels": the class, or the kind, of each
    (-1: none), "names" of them (where there are any), "x": the first features of each, "numbers": those of
    the nodes in the dataset, "centre": which node is meant, "size": nodes and edges in all}.
    """
    if content.layout == "graph":
        return _around(content, position)
    nodes, links = content.arrays["nodes"], content.arrays["links"]
    first, end = int(nodes[position]), int(nodes[position + 1])
    edges = np.asarray(content.arrays["edges"][:, int(links[position]) : int(links[position + 1])], np.int64)
    kinds = content.arrays.get("_kinds")
    shown = min(end - first, MOST_NODES)
    kept = edges[:, (edges < shown).all(axis=0)]
    labels = kinds[first : first + shown].astype(int).tolist() if kinds is not None else []
    return {
        **_drawn(kept, shown),
        "left_out": end - first - shown,
        "size": [end - first, edges.shape[1]],
        "labels": labels,
        "names": [],
        "x": _features(content, np.arange(first, first + shown)),
        "numbers": list(range(shown)),
        "centre": None,
    }


def _around(content: Content, node: int) -> dict[str, Any]:
    """The nodes nearest to one, breadth first, both ways of an edge."""
    starts, ends = _neighbours(content)
    found = {node: 0}
    ring = [node]
    while ring and len(found) < _MOST_AROUND:
        following: list[int] = []
        for each in ring:
            for other in ends[starts[each] : starts[each + 1]].tolist():
                if other not in found and len(found) < _MOST_AROUND:
                    found[other] = len(found)
                    following.append(other)
        ring = following
        # Two steps tell who is near; a chain may be followed a little further.
        if len(found) > _MOST_AROUND // 2:
            break
    numbers = list(found)
    pairs = sorted(
        {
            (min(found[one], found[other]), max(found[one], found[other]))
            for one in numbers
            for other in ends[starts[one] : starts[one + 1]].tolist()
            if other in found and other != one
        }
    )
    label = content.arrays.get("label")
    whole = content.arrays["x"].shape[0], content.arrays["edges"].shape[1]
    return {
        **_drawn(np.array(pairs, dtype=np.int64).reshape(-1, 2).T, len(numbers)),
        "left_out": whole[0] - len(numbers),
        "size": [int(size) for size in whole],
        "labels": label[numbers].astype(int).tolist() if label is not None else [],
        "names": list(content.schema.labels),
        "x": _features(content, np.array(numbers)),
        "numbers": numbers,
        "centre": 0,
    }


def _drawn(edges: Index, nodes: int) -> dict[str, Any]:
    """The edges and places of so many nodes."""
    shown = edges[:, :_MOST_EDGES]
    return {
        "name": "x",
        "kind": "graph",
        "nodes": nodes,
        "edges": shown.tolist(),
        "at": places(shown, nodes),
    }


def places(edges: Index, nodes: int) -> list[list[float]]:
    """Places from 0 to 1 in which linked nodes are near each other; always the same for the same graph."""
    import networkx  # takes a while to import

    graph = networkx.Graph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from(edges.T.tolist())
    rounds = 80 if nodes <= 60 else 40
    found = networkx.spring_layout(graph, seed=1, iterations=rounds, k=1.2 / max(1.0, nodes**0.5))
    at = np.array([found[node] for node in range(nodes)]).reshape(-1, 2)
    low, span = at.min(axis=0), np.maximum(np.ptp(at, axis=0), 1e-9)
    scaled = (at - low) / span if nodes > 1 else np.full((1, 2), 0.5)
    return [[round(float(x), 4), round(float(y), 4)] for x, y in scaled]


def _features(content: Content, rows: Index) -> list[list[float]]:
    table = np.asarray(content.arrays["x"][rows, :_FEATURES], dtype=np.float64)
    return [[float(f"{value:.4g}") for value in row] for row in table]


@lru_cache(maxsize=2)
def _neighbours(content: Content) -> tuple[Index, Index]:
    """Where the neighbours of each node begin, and the neighbours, both ways of every edge."""
    edges = np.asarray(content.arrays["edges"], dtype=np.int64)
    source, target = np.concatenate([edges, edges[::-1]], axis=1)
    order = np.argsort(source, kind="stable")
    counts = np.bincount(source, minlength=content.arrays["x"].shape[0])
    return np.concatenate([[0], np.cumsum(counts)]), target[order]
