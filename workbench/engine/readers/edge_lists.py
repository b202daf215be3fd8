"""One graph in tables: edges, features and classes of nodes, in files such as edges.csv and nodes.csv.

Also the .content and .cites files in which Cora and CiteSeer first came.  May import NumPy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers import graph_tables, graphs
from workbench.engine.readers.content import Content, Index
from workbench.engine.readers.graph_tables import Table
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS, labelled_few

_KINDS = {
    "edges": re.compile(r"(.*[_.-])?(edges?|edge_?list|links?|cites)\.(csv|tsv|tab|txt)(\.gz)?|.+\.cites"),
    "nodes": re.compile(
        r"(.*[_.-])?(nodes?|node_?features?|features?)\.(csv|tsv|tab|txt)(\.gz)?|.+\.content"
    ),
    "labels": re.compile(r"(.*[_.-])?(labels?|node_?labels?|classes|targets?)\.(csv|tsv|tab|txt)(\.gz)?"),
}
_SOURCES = "source from src id1 node1 node_1 u head citing".split()
_TARGETS = "target to dst id2 node2 node_2 v tail cited".split()

DIRECTED = Option(
    "directed",
    "Directed",
    "Whether an edge goes one way only; else messages pass both ways.",
    "switch",
    None,
)
PER_CLASS = Option(
    "per_class",
    "Labelled nodes per class",
    "How many nodes of each class train, the others are halved; 0: as the split says.",
    "number",
    0,
    min=0,
    max=1_000_000,
)


def parts(path: Path) -> dict[str, Path]:
    """The files of edges, nodes and labels in a folder, or beside a file."""
    folder = path if path.is_dir() else path.parent
    files = sorted(file for file in folder.iterdir() if file.is_file())
    found: dict[str, Path] = {}
    for kind, pattern in _KINDS.items():
        several = [file for file in files if pattern.fullmatch(file.name.lower())]
        if len(several) > 1:
            if path not in several:
                names = ", ".join(file.name for file in several[:10])
                raise DataError(
                    f"{folder} holds several files of {kind}: {names}. Keep one graph in a folder."
                )
            several = [path]
        if several:
            found[kind] = several[0]
    if "edges" not in found:
        raise DataError(f"{folder} holds no file of edges, such as edges.csv.")
    return found


def read(path: Path, reading: Reading) -> Content:
    """One graph whose nodes have classes.  Options: target, directed, features, per_class, those of splits."""
    files = parts(path)
    reading.progress("Nodes", 0, 0)
    nodes = _nodes(files, reading)
    reading.progress("Edges", 0, 0)
    return of_table(path, reading, nodes, *_pairs(files["edges"], nodes, reading), files["edges"].name)


def of_table(path: Path, reading: Reading, nodes: Table, pairs: Index, directed: bool, where: str) -> Content:
    """The graph of a table of nodes, whose first column names them, and of pairs of its rows."""
    reading.choices["columns"] = tuple(list(nodes.columns)[1:])
    column = graph_tables.label_column(nodes, reading)
    if not column:
        raise DataError(
            f"{nodes.path} tells no class of the nodes: add a column “label”, or choose one of "
            f'{", ".join(list(nodes.columns)[1:20]) or "none"} in the option "target".'
        )
    label, classes = graph_tables.labels_of(nodes, column, reading)
    by, given = graph_tables.split_of(nodes, reading)
    splits = _split(reading, label, given)
    train = np.zeros(len(label), dtype=np.bool_)
    train[splits["train"]] = True
    first = next(iter(nodes.columns))
    found = graph_tables.features(nodes, (first, column, by), train, reading)
    directed = bool(reading.switch("directed", directed))
    reading.understood["directed"] = directed
    edges = graphs.edges_of(pairs, len(label), reading, where, directed=directed)
    x = graphs.features_of(found, edges, len(label), reading)
    return graphs.one_graph(path, reading, x, edges, label, classes, splits)


def _split(reading: Reading, label: Index, given: Mapping[str, Index] | None) -> dict[str, Index]:
    few = reading.whole("per_class", 0, 0, 1_000_000)
    reading.understood["per_class"] = few
    if not few:
        return graphs.split_of_known(reading, label, given)
    known = np.flatnonzero(label >= 0)
    return {name: known[index] for name, index in labelled_few(label[known], few).items()}


def _nodes(files: Mapping[str, Path], reading: Reading) -> Table:
    """What is known about the nodes: their names first, then features and classes."""
    if "nodes" not in files and "labels" not in files:
        raise DataError(
            f"{files['edges'].parent} tells nothing about the nodes: add a file such as nodes.csv with the "
            "columns “id”, “label” and any features."
        )
    if "nodes" not in files:
        return _unique(graph_tables.read_table(files["labels"], reading), reading)
    bare = files["nodes"].suffix == ".content"
    nodes = graph_tables.read_table(files["nodes"], reading, header=False if bare else None)
    if bare:  # the last column is the class
        *names, last = nodes.columns
        nodes = Table(
            nodes.path,
            {**{name: nodes.columns[name] for name in names}, "label": nodes.columns[last]},
            nodes.rows,
        )
    nodes = _unique(nodes, reading)
    if "labels" not in files:
        return nodes
    labels = _unique(graph_tables.read_table(files["labels"], reading), reading)
    first, *others = labels.columns
    place = {name: row for row, name in enumerate(labels.columns[first])}
    rows = [place.get(name, -1) for name in nodes.columns[next(iter(nodes.columns))]]
    joined = {
        name if name not in nodes.columns else f"{name} 2": [
            labels.columns[name][row] if row >= 0 else "" for row in rows
        ]
        for name in others
    }
    if not graph_tables.label_column(labels, Reading()) and len(others) == 1 and "label" not in nodes.columns:
        joined = {"label": joined[next(iter(joined))]}
    return Table(nodes.path, {**nodes.columns, **joined}, nodes.rows)


def _unique(table: Table, reading: Reading) -> Table:
    """The table with the column that names the nodes in front, every node once."""
    column = graph_tables.node_column(table)
    seen: dict[str, int] = {}
    wrong = []
    for place, name in enumerate(table.columns[column]):
        if name in seen or not name:
            what = f"names the node {name} once more" if name else "names no node"
            wrong.append(f"{table.path.name}, row {table.rows[place]:,} {what} and is left out.")
        else:
            seen[name] = place
    graphs.tell(reading, wrong, table.path.name)
    keep = list(seen.values())
    order = [column, *(name for name in table.columns if name != column)]
    return Table(
        table.path,
        {name: [table.columns[name][place] for place in keep] for name in order},
        [table.rows[place] for place in keep],
    )


def _pairs(file: Path, nodes: Table, reading: Reading) -> tuple[Index, bool]:
    """Pairs of rows of the nodes; edges that name others are told."""
    names = nodes.columns[next(iter(nodes.columns))]
    place = {name: row for row, name in enumerate(names)}
    table = graph_tables.read_table(file, reading, header=False if file.suffix == ".cites" else None)
    if len(table.columns) < 2:
        raise DataError(f"{file} has one column; an edge is two names of nodes.")
    cells = list(table.columns.values())
    start, end = table.named(_SOURCES), table.named(_TARGETS)
    sources, targets = (table.columns[start], table.columns[end]) if start and end else (cells[0], cells[1])
    return pairs_of(sources, targets, place, table, reading), False


def pairs_of(
    sources: Sequence[str], targets: Sequence[str], place: Mapping[str, int], table: Table, reading: Reading
) -> Index:
    """Places of the nodes that edges name; an edge of an unknown node is left out and told."""
    wrong = []
    pairs = np.empty((2, len(sources)), dtype=np.int64)
    for row, (one, other) in enumerate(zip(sources, targets, strict=True)):
        ends = place.get(one, -1), place.get(other, -1)
        pairs[:, row] = ends
        if min(ends) < 0:
            unknown = one if ends[0] < 0 else other
            wrong.append(
                f"{table.path.name}, row {table.rows[row]:,}: the edge {one}, {other} is left out; "
                f'there is no node "{unknown}".'
            )
    if wrong and len(wrong) == len(sources):
        raise DataError(
            f'{table.path}: no edge names nodes of the other file; there is no node "{sources[0]}".'
        )
    graphs.tell(reading, wrong, table.path.name)
    return pairs[:, (pairs >= 0).all(axis=0)]


def _suits(path: Path) -> str:
    if path.is_file() and not any(pattern.fullmatch(path.name.lower()) for pattern in _KINDS.values()):
        return ""
    try:
        found = parts(path)
    except DataError:  # no edges, or several: then it is none
        return ""
    if len(found) < 2:
        return ""
    return f"it has edges in {found['edges'].name} and nodes in {found.get('nodes', found.get('labels'))!s}".replace(
        f"{found['edges'].parent}/", ""
    )


READER = Reader(
    "edges",
    "edge list with nodes",
    (
        Option("target", "Class", "The column with the class of a node.", "column"),
        DIRECTED,
        graphs.FEATURES,
        PER_CLASS,
        *OPTIONS,
    ),
    _suits,
    lambda path, reading: list(parts(path).values()),
    read,
)
