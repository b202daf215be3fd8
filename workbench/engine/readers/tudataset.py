"""Many graphs in the text files of the TUDataset collection (MUTAG, PROTEINS, ENZYMES …).

May import NumPy.
Source of the files: Morris et al. 2020, https://arxiv.org/abs/2007.08663, https://chrsmrrs.github.io/datasets.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.core.text import plural
from workbench.engine.readers import graphs
from workbench.engine.readers.content import Array, Content, Index
from workbench.engine.readers.files import MEGABYTE, read_text
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS, divided

MAX_FILE = 1024 * MEGABYTE

_NEEDED = ("A", "graph_indicator")
_PARTS = (
    *_NEEDED,
    "graph_labels",
    "graph_attributes",
    "node_labels",
    "node_attributes",
    "edge_labels",
    "edge_attributes",
)
_TARGETS = {"": "As the files say", "classes": "The class of a graph", "numbers": "A number of a graph"}
_MOST_KINDS = 2_000

Doubles = NDArray[np.float64]


def names_in(folder: Path) -> tuple[str, ...]:
    """Names of the sets in a folder: "MUTAG" where there are MUTAG_A.txt and MUTAG_graph_indicator.txt."""
    names = (file.name.removesuffix("_A.txt") for file in sorted(folder.glob("*_A.txt")))
    return tuple(name for name in names if (folder / f"{name}_graph_indicator.txt").is_file())


def parts(path: Path, name: str = "") -> dict[str, Path]:
    """The files, by what they hold, of the set that a folder, or one of its files, stands for."""
    folder = path if path.is_dir() else path.parent
    found = names_in(folder)
    if not name and path.is_file():
        name = next((each for each in found if path.name.startswith(f"{each}_")), "")
    if not name and len(found) > 1:
        raise DataError(f'{folder} holds several sets: {", ".join(found)}. Choose one in the option "name".')
    if not found or (name and name not in found):
        raise DataError(
            f"{folder} holds no set of graphs {name}".rstrip()
            + " (files such as MUTAG_A.txt and MUTAG_graph_indicator.txt)."
        )
    files = {part: folder / f"{name or found[0]}_{part}.txt" for part in _PARTS}
    return {part: file for part, file in files.items() if file.is_file()}


@dataclass(frozen=True)
class _Nodes:
    """Which graph each node belongs to, in the order in which graphs follow one another.

    `order` names the row in the files of each node, `place` the other way round; `numbers` are those of the
    graphs in the files, from 1.
    """

    order: Index
    place: Index
    numbers: Index
    starts: Index

    @property
    def graph(self) -> Index:
        return np.repeat(np.arange(len(self.numbers)), np.diff(self.starts))


@dataclass(frozen=True)
class Measures:
    """By what the nodes of a set are described: mean and deviation of each attribute, and the kinds there are."""

    scales: list[tuple[float, float]] | None
    kinds: list[Doubles] | None
    """Of each column of labels all that occur."""


def read(path: Path, reading: Reading) -> Content:
    """Graphs with the class or the number of each.  Options: name, target, features, and those of splits."""
    files, nodes, target, classes, splits, measures = _opened(path, reading)
    reading.progress("Edges", 0, 0)
    edges = _edges(files["A"], nodes, reading)
    given, kinds = _features(files, nodes, measures)
    x = graphs.features_of(given, edges, len(nodes.order), reading)
    for part in ("edge_labels", "edge_attributes"):
        if part in files:
            reading.say(f"{files[part].name} is not used: models here take no features of edges.")
    inside, links = _inside(edges, nodes)
    shown = {"_kinds": kinds} if kinds is not None else {}
    return graphs.many_graphs(path, reading, x, inside, (nodes.starts, links), target, classes, splits, shown)


def measures_of(path: Path, reading: Reading) -> Measures:
    """By what the graphs that a model was trained on are measured."""
    return _opened(path, reading)[-1]


def alike(path: Path, by: Measures, width: int, reading: Reading) -> tuple[dict[str, Array], Index]:
    """Other graphs as those that a model was trained on, with nodes of `width` features, and their numbers.

    Raises DataError where they lack what their nodes were described by.
    """
    files = parts(path)
    nodes = _nodes(files["graph_indicator"], reading)
    edges = _edges(files["A"], nodes, reading)
    how = reading.choice("features", ("degree", "constant"))
    shown: dict[str, Array] = {}
    if how == "degree":
        x = graphs.degrees(edges, len(nodes.order), width)
    elif how == "constant":
        x = np.ones((len(nodes.order), 1), dtype=np.float32)
    else:
        for part, wanted in (("node_attributes", by.scales), ("node_labels", by.kinds)):
            if wanted is not None and part not in files:
                name = files["A"].name.removesuffix("A.txt")
                raise DataError(
                    f"{files['A'].parent} has no {name}{part}.txt, by which the model knows nodes."
                )
        found, kinds = _features(files, nodes, by)
        assert found is not None, "else the number of neighbours stands for a node"
        x, shown = found, {"_kinds": kinds} if kinds is not None else {}
        if kinds is not None and (strange := int((kinds < 0).sum())):
            reading.say(f"{plural(strange, 'node is', 'nodes are')} of a kind that the training had not.")
    inside, links = _inside(edges, nodes)
    return {"x": x, "edges": inside, "nodes": nodes.starts, "links": links, **shown}, nodes.numbers


def set_file(path: Path) -> Path | None:
    """Of any file of a set the one with its edges, which stands for the set; None where it belongs to none."""
    for name in names_in(path.parent):
        if path.name in {f"{name}_{part}.txt" for part in _PARTS}:
            return path.with_name(f"{name}_A.txt")
    return None


def _opened(
    path: Path, reading: Reading
) -> tuple[dict[str, Path], _Nodes, NDArray[np.generic], tuple[str, ...], dict[str, Index], Measures]:
    """The files of a set, its nodes, what is to be predicted, the parts, and by what nodes are described."""
    files = parts(path, reading.text("name"))
    reading.progress("Nodes", 0, 0)
    nodes = _nodes(files["graph_indicator"], reading)
    target, classes = _target(files, nodes, reading)
    splits = divided(reading, target if classes else len(target))
    train = np.zeros(len(target), dtype=np.bool_)
    train[splits["train"]] = True
    return files, nodes, target, classes, splits, _measures(files, nodes, train[nodes.graph])


def _inside(edges: Index, nodes: _Nodes) -> tuple[Index, Index]:
    """Edges numbered inside each graph, and where those of each begin."""
    counts = np.bincount(nodes.graph[edges[1]], minlength=len(nodes.numbers))
    links = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return edges - nodes.starts[nodes.graph[edges[1]]], links


def _table(file: Path, *, columns: int = 0) -> Doubles:
    """Numbers separated by commas or blanks, a row a line.  Raises DataError naming the line."""
    text = read_text(file, MAX_FILE).replace(",", " ")
    try:
        table = np.loadtxt(io.StringIO(text), ndmin=2, comments=None, dtype=np.float64)
    except ValueError as error:
        raise DataError(_wrong_line(file, text) or f"{file} holds no table of numbers ({error}).") from error
    if not table.size:
        raise DataError(f"{file} is empty.")
    if columns and table.shape[1] != columns:
        raise DataError(f"{file} has {table.shape[1]} numbers in a line where {columns} are expected.")
    return table


def _wrong_line(file: Path, text: str) -> str:
    width = 0
    for number, line in enumerate(text.split("\n"), start=1):
        cells = line.split()
        width = width or len(cells)
        if cells and len(cells) != width:
            return f"{file}, line {number:,} has {len(cells)} numbers, the lines before have {width}."
        for cell in cells:
            try:
                float(cell)
            except ValueError:
                return f'{file}, line {number:,}: "{cell[:40]}" is not a number.'
    return ""


def _whole(file: Path, table: Doubles) -> Index:
    wrong = np.flatnonzero((table != np.round(table)).any(axis=1) | ~(np.abs(table) < 2**53).all(axis=1))
    if len(wrong):
        row = int(wrong[0])
        shown = ", ".join(f"{value:g}" for value in table[row])
        raise DataError(f"{file}, line {row + 1:,}: {shown} where whole numbers are expected.")
    return table.astype(np.int64)


def _nodes(file: Path, reading: Reading) -> _Nodes:
    indicator = _whole(file, _table(file, columns=1))[:, 0]
    if (low := int(indicator.min())) < 1:
        raise DataError(
            f"{file}, line {int(indicator.argmin()) + 1:,}: graphs are numbered from 1, there is {low}."
        )
    order = np.argsort(indicator, kind="stable")
    numbers, first = np.unique(indicator[order], return_index=True)
    if reading.limit and len(numbers) > reading.limit:
        order = order[: first[reading.limit]]
        numbers, first = numbers[: reading.limit], first[: reading.limit]
    place = np.full(len(indicator), -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    starts = np.concatenate([first, [len(order)]]).astype(np.int64)
    return _Nodes(order, place, numbers, starts)


def _edges(file: Path, nodes: _Nodes, reading: Reading) -> Index:
    """Edges between places of nodes, in the order of the graphs."""
    pairs = _whole(file, _table(file, columns=2))
    outside = ((pairs < 1) | (pairs > len(nodes.place))).any(axis=1)
    wrong = [
        f"{file.name}, line {row + 1:,}: the edge {pairs[row, 0]}, {pairs[row, 1]} is left out; "
        f"the nodes are 1 to {len(nodes.place):,}."
        for row in np.flatnonzero(outside).tolist()
    ]
    lines = np.flatnonzero(~outside)
    ends = nodes.place[pairs[lines].T - 1]
    # Beyond the items asked for.
    kept = (ends >= 0).all(axis=0)
    lines, ends = lines[kept], ends[:, kept]
    across = nodes.graph[ends[0]] != nodes.graph[ends[1]]
    wrong += [
        f"{file.name}, line {line + 1:,}: the edge {pairs[line, 0]}, {pairs[line, 1]} is left out; "
        "its nodes belong to different graphs."
        for line in lines[across].tolist()
    ]
    graphs.tell(reading, wrong, file.name)
    return graphs.edges_of(ends[:, ~across], len(nodes.order), reading, file.name, directed=True)


def _measures(files: dict[str, Path], nodes: _Nodes, train: NDArray[np.bool_]) -> Measures:
    """Attributes are measured by those of the part to train on, kinds are all that occur."""
    scales: list[tuple[float, float]] | None = None
    kinds: list[Doubles] | None = None
    if "node_attributes" in files:
        scales = graphs.scales_of(_rows(files["node_attributes"], nodes), train)
    if "node_labels" in files:
        kinds = [np.unique(column) for column in _rows(files["node_labels"], nodes).T]
        if (most := max(map(len, kinds))) > _MOST_KINDS:
            raise DataError(
                f"{files['node_labels']} names {most:,} kinds of nodes, more than {_MOST_KINDS:,}."
            )
    return Measures(scales, kinds)


def _features(
    files: dict[str, Path], nodes: _Nodes, by: Measures
) -> tuple[graphs.Floats | None, Index | None]:
    """Attributes of nodes, standardised, and then one feature for each kind; and the kinds of the first column.

    A node of a kind that is not known has none of these features, and the kind −1.
    """
    blocks: list[graphs.Floats] = []
    shown: Index | None = None
    if by.scales is not None:
        table = _rows(files["node_attributes"], nodes, len(by.scales))
        blocks.append(graphs.scaled_by(table, by.scales))
    if by.kinds is not None:
        labels = _rows(files["node_labels"], nodes, len(by.kinds))
        for column, values in zip(labels.T, by.kinds, strict=True):
            place = np.searchsorted(values, column).clip(max=len(values) - 1)
            known = values[place] == column
            blocks.append(graphs.one_hot(place, len(values)) * known[:, None])
            shown = np.where(known, place, -1).astype(np.int64) if shown is None else shown
    return (np.concatenate(blocks, axis=1).astype(np.float32) if blocks else None), shown


def _rows(file: Path, nodes: _Nodes, columns: int = 0) -> Doubles:
    rows = _table(file, columns=columns)
    if len(rows) != len(nodes.place):
        raise DataError(f"{file} has {len(rows):,} lines for {len(nodes.place):,} nodes.")
    return rows[nodes.order]


def _target(
    files: dict[str, Path], nodes: _Nodes, reading: Reading
) -> tuple[NDArray[np.generic], tuple[str, ...]]:
    """What is to be predicted of each graph, and the names of classes."""
    how = reading.choice("task", [key for key in _TARGETS if key])
    how = how or ("classes" if "graph_labels" in files else "numbers")
    part = "graph_labels" if how == "classes" else "graph_attributes"
    if how == "numbers" and part not in files:
        part = "graph_labels"
    if part not in files:
        raise DataError(
            f"{files['A']} comes without classes: there is no file {files['A'].name[:-5]}graph_labels.txt."
        )
    file = files[part]
    table = _table(file)
    if len(table) < int(nodes.numbers[-1]):
        raise DataError(f"{file} has {len(table):,} lines for {int(nodes.numbers[-1]):,} graphs.")
    empty = len(table) - len(nodes.numbers)
    if empty and not reading.limit:
        reading.say(f"{empty:,} graphs of {file.name} are left out: no node belongs to them.")
    columns = [str(number) for number in range(1, table.shape[1] + 1)]
    reading.choices["columns"] = tuple(columns)
    chosen = reading.text("target", columns[0])
    if chosen not in columns:
        raise DataError(f'{file} has the columns {", ".join(columns)}, no column "{chosen}".')
    values = table[nodes.numbers - 1, columns.index(chosen)]
    reading.understood |= {"task": how, "target": chosen}
    if not np.isfinite(values).all():
        row = int(nodes.numbers[np.flatnonzero(~np.isfinite(values))[0]])
        raise DataError(f"{file}, line {row:,}: there is no number.")
    if how == "numbers":
        return values, ()
    return graphs.classes_of(file, [f"{value:.15g}" for value in values], "graphs")


def _suits(path: Path) -> str:
    folder = path if path.is_dir() else path.parent
    names = names_in(folder)
    if path.is_file() and not any(path.name.startswith(f"{name}_") for name in names):
        return ""
    return f"it has the files {names[0]}_A.txt and {names[0]}_graph_indicator.txt" if names else ""


READER = Reader(
    "tudataset",
    "TUDataset graphs",
    (
        Option(
            "task", "Task", "Whether a graph has a class or a number.", "choice", "", tuple(_TARGETS.items())
        ),
        Option("target", "Target", "Which column, where a graph has several numbers.", "column"),
        graphs.FEATURES,
        Option("name", "Set", "Which one, where a folder holds several.", advanced=True),
        *OPTIONS,
    ),
    _suits,
    lambda path, reading: list(parts(path, reading.text("name")).values()),
    read,
)
