"""What readers of graphs share: edges in order, features of nodes, the finished set, what is worth knowing of it.

May import NumPy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.catalog.schema import Schema, graph_outputs, graphs_outputs
from workbench.core.errors import DataError
from workbench.engine.readers.content import Array, Content, Index
from workbench.engine.readers.figures import whole_histogram
from workbench.engine.readers.files import size_text, slug, title
from workbench.engine.readers.numbers import standard, standardised
from workbench.engine.readers.pickles import MAX_ARRAY
from workbench.engine.readers.reader import Figure, Option, Reading
from workbench.engine.readers.split import divided

Floats = NDArray[np.float32]

# Nodes with more neighbours than this share one feature, "that many and more".
MOST_DEGREES = 64
# Sentences about single rows; how many more there are is told in one.
_SENTENCES = 20
_BARS = 30
_FEATURES = {
    "": "As the files say, else the number of neighbours",
    "degree": "The number of neighbours, one feature for each",
    "constant": "The same number for every node",
}
FEATURES = Option(
    "features", "Features of nodes", "What a node is described by.", "choice", "", tuple(_FEATURES.items())
)


def undirected(pairs: Index, nodes: int) -> Index:
    """Edges (2 × pairs) in both directions, without self loops and repetitions, in order of their target."""
    source, target = np.concatenate([pairs, pairs[::-1]], axis=1)
    numbers = np.unique((target * nodes + source)[source != target])
    return np.stack([numbers % nodes, numbers // nodes])


def edges_of(pairs: Index, nodes: int, reading: Reading, where: str, *, directed: bool) -> Index:
    """Pairs of known nodes as edges: each once, without self loops, both ways unless `directed`."""
    loops = int((pairs[0] == pairs[1]).sum())
    if loops:
        reading.say(f"{where}: {loops:,} edges from a node to itself are left out.")
    source, target = pairs[:, pairs[0] != pairs[1]]
    numbers = np.unique(target * nodes + source)
    if twice := len(source) - len(numbers):
        reading.say(f"{where}: {twice:,} edges are given more than once and count once.")
    edges = np.stack([numbers % nodes, numbers // nodes])
    return edges if directed else undirected(edges, nodes)


def tell(reading: Reading, sentences: Sequence[str], where: str) -> None:
    """Says what is wrong with single rows: the first ones, and how many more there are."""
    for sentence in sentences[:_SENTENCES]:
        reading.say(sentence)
    if len(sentences) > _SENTENCES:
        reading.say(f"{where}: and {len(sentences) - _SENTENCES:,} more such rows.")


def features_of(given: Floats | None, edges: Index, nodes: int, reading: Reading) -> Floats:
    """Features of all nodes: those of the files, or what the person or the lack of any asks for."""
    how = reading.choice("features", [key for key in _FEATURES if key])
    if not how and given is not None:
        reading.understood["features"] = ""
        return given
    how = how or "degree"
    reading.understood["features"] = how
    if how == "constant":
        return np.ones((nodes, 1), dtype=np.float32)
    if given is None:
        reading.say("The files describe no nodes: the number of its neighbours stands for each.")
    most = int(np.bincount(edges[1]).max(initial=0))
    return degrees(edges, nodes, min(most, MOST_DEGREES) + 1)


def degrees(edges: Index, nodes: int, width: int) -> Floats:
    """The number of neighbours of each node, one feature for each number; the last one is “that many and more”."""
    return one_hot(np.minimum(np.bincount(edges[1], minlength=nodes), width - 1), width)


def one_hot(numbers: NDArray[np.generic], values: int) -> Floats:
    """One feature for each of so many values.  Raises DataError where that is too much for the memory."""
    if len(numbers) * values * 4 > MAX_ARRAY:
        raise DataError(
            f"{len(numbers):,} nodes of {values:,} kinds would take {size_text(len(numbers) * values * 4)}, "
            f"more than {size_text(MAX_ARRAY)}."
        )
    hot = np.zeros((len(numbers), values), dtype=np.float32)
    hot[np.arange(len(numbers)), numbers.astype(np.int64)] = 1
    return hot


def scaled(attributes: NDArray[np.float64], train: NDArray[np.bool_]) -> Floats:
    """Columns of numbers with the mean 0 and the deviation 1 over the rows to train on; gaps become 0."""
    return scaled_by(attributes, scales_of(attributes, train))


def scales_of(attributes: NDArray[np.float64], train: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Mean and deviation of each column over the rows to train on."""
    seen = (column[train & np.isfinite(column)] for column in attributes.T)
    return [standard(known) if len(known) else (0.0, 1.0) for known in seen]


def scaled_by(attributes: NDArray[np.float64], scales: Sequence[tuple[float, float]]) -> Floats:
    """Columns of numbers in units of these means and deviations; gaps become 0."""
    result = np.zeros(attributes.shape, dtype=np.float32)
    for place, (mean, deviation) in enumerate(scales):
        column = attributes[:, place]
        result[:, place] = np.where(np.isfinite(column), (column - mean) / deviation, 0)
    return result


def one_graph(
    path: Path,
    reading: Reading,
    x: Floats,
    edges: Index,
    label: Index,
    classes: Sequence[str],
    splits: Mapping[str, Index],
) -> Content:
    """One graph whose nodes have classes, negative where none is known."""
    reading.figures += known_of(edges, len(x), label)
    schema = Schema(
        id=slug(path),
        title=title(path),
        outputs=graph_outputs(x.shape[1], classes=len(classes)),
        facts={"classes": len(classes), "features": x.shape[1], "nodes": len(x), "edges": edges.shape[1]},
        kind="graph",
        items=len(x),
        labels=tuple(classes),
    )
    return Content(schema, {"x": x, "edges": edges, "label": label}, splits, "graph")


def many_graphs(
    path: Path,
    reading: Reading,
    x: Floats,
    edges: Index,
    starts: tuple[Index, Index],
    target: NDArray[np.generic],
    classes: Sequence[str],
    splits: Mapping[str, Index],
    shown: Mapping[str, Array],
) -> Content:
    """Graphs one after the other; `edges` are numbered inside each, `starts` say where each begins.

    `target` is a class each (named in `classes`) or a number, standardised here.  `shown` is only looked at.
    """
    nodes, links = starts
    facts: dict[str, float | int] = {"features": x.shape[1], "graphs": len(target)}
    facts |= {"nodes": len(x), "edges": edges.shape[1]}
    arrays: dict[str, Array] = {"x": x, "edges": edges, "nodes": nodes, "links": links, **shown}
    if classes:
        facts = {"classes": len(classes), **facts}
        arrays["label"] = target.astype(np.int64)
    else:
        arrays["target"], known = standardised(target, splits["train"])
        facts |= known
    whole = edges + np.repeat(nodes[:-1], np.diff(links))
    reading.figures += known_of(whole, len(x), None, np.diff(nodes))
    schema = Schema(
        id=slug(path),
        title=title(path),
        outputs=graphs_outputs(x.shape[1], classes=len(classes)),
        facts=facts,
        kind="graph",
        items=len(target),
        labels=tuple(classes),
    )
    return Content(schema, arrays, splits, "graphs")


def known_of(edges: Index, nodes: int, label: Index | None, sizes: Index | None = None) -> list[Figure]:
    """Statistics of a graph, or of many (`sizes` are their numbers of nodes)."""
    degree = np.bincount(edges[1], minlength=nodes)
    alone = int((np.bincount(edges[0], minlength=nodes) + degree == 0).sum())
    facts = {"nodes": f"{nodes:,}", "directed edges": f"{edges.shape[1]:,}"}
    facts["neighbours of a node"] = f"{degree.mean():.3g}" if nodes else "0"
    facts["isolated nodes"] = f"{alone:,}"
    if sizes is not None:
        facts = {"graphs": f"{len(sizes):,}", "nodes of a graph": f"{sizes.mean():.3g}", **facts}
    if label is not None:
        both = (label[edges[0]] >= 0) & (label[edges[1]] >= 0)
        if both.any():
            alike = float((label[edges[0]] == label[edges[1]])[both].mean())
            facts["edges inside a class"] = f"{alike:.1%}"
    figures = [Figure("Graph" if sizes is None else "Graphs", "numbers", tuple(facts), tuple(facts.values()))]
    figures.append(_counted("Neighbours of a node", degree))
    if sizes is not None:
        figures.append(_counted("Nodes of a graph", sizes))
    return figures


def _counted(heading: str, numbers: NDArray[np.generic]) -> Figure:
    """How often each number occurs, or ranges of them where there are many."""
    most = int(numbers.max(initial=0))
    if most >= _BARS:
        return whole_histogram(heading, numbers, _BARS)
    edges = np.arange(most + 2) - 0.5
    counts, limits = np.histogram(numbers, edges)
    return Figure(
        heading, "histogram", (), tuple(int(c) for c in counts), tuple(float(f"{e:.6g}") for e in limits)
    )


def classes_of(path: Path, texts: Sequence[str], what: str) -> tuple[Index, tuple[str, ...]]:
    """Numbers and names of classes, in the order of numbers or of the alphabet; an empty text is -1."""
    names = sorted({text for text in texts if text}, key=_order)
    if len(names) < 2:
        one = f', "{names[0]}"' if names else ""
        raise DataError(f"{path}: {what} need at least two classes; there is {len(names) or 'none'}{one}.")
    if len(names) > 1_000:
        common = ", ".join(name for name, _ in Counter(texts).most_common(3))
        raise DataError(f"{path}: {len(names):,} different classes of {what} are too many ({common} …).")
    number = {name: place for place, name in enumerate(names)}
    return np.array([number.get(text, -1) for text in texts], dtype=np.int64), tuple(names)


def _order(text: str) -> tuple[int, float, str]:
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)


def split_of_known(
    reading: Reading, label: Index, given: Mapping[str, Index] | None = None
) -> dict[str, Index]:
    """A split of the items whose class is known (not negative)."""
    known = np.flatnonzero(label >= 0)
    if len(known) == len(label):
        return divided(reading, label, given)
    place = np.full(len(label), -1, dtype=np.int64)
    place[known] = np.arange(len(known))
    inside = {name: place[index][place[index] >= 0] for name, index in given.items()} if given else None
    return {name: known[index] for name, index in divided(reading, label[known], inside).items()}
