"""The Planetoid files of one graph: Cora, Citeseer, PubMed.

May import NumPy.
Source of the files: Yang et al. 2016, https://arxiv.org/abs/1603.08861.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers.content import Content, Index
from workbench.engine.readers.files import MEGABYTE, read_text
from workbench.engine.readers.graphs import Floats, one_graph, undirected
from workbench.engine.readers.pickles import MAX_ARRAY, read_numbers, read_pickle
from workbench.engine.readers.reader import Option, Reader, Reading

_PARTS = ("x", "y", "tx", "ty", "allx", "ally", "graph", "test.index")
_VALIDATION = 500
_MAX_EDGES = 100_000_000
_DIGITS = 12
"""More than any number of a node has."""


def names_in(folder: Path) -> tuple[str, ...]:
    """Names of the Planetoid sets in a folder: "cora" where there is an ind.cora.graph."""
    matches = (re.fullmatch(r"ind\.(.+)\.graph", file.name) for file in sorted(folder.glob("ind.*.graph")))
    return tuple(match[1] for match in matches if match)


def parts(path: Path, name: str = "") -> dict[str, Path]:
    """The eight files of the set that a folder, or one of its files, stands for."""
    folder = path if path.is_dir() else path.parent
    found = names_in(folder)
    if not name and path.is_file() and (match := re.fullmatch(r"ind\.(.+?)\.(\w+|test\.index)", path.name)):
        name = match[1]
    if not name and len(found) > 1:
        raise DataError(
            f'{folder} holds several graphs: {", ".join(found)}. Choose one in the option "name".'
        )
    if not found or (name and name not in found):
        raise DataError(
            f"{folder} holds no Planetoid graph {name}".rstrip() + " (files such as ind.cora.graph)."
        )
    files = {part: folder / f"ind.{name or found[0]}.{part}" for part in _PARTS}
    missing = [file.name for file in files.values() if not file.is_file()]
    if missing:
        raise DataError(f"{folder} lacks {', '.join(missing)} of the graph {name or found[0]}.")
    return files


def read(path: Path, reading: Reading) -> Content:
    """A Planetoid set with its public split; features of a node sum to one.  Options: name."""
    files = parts(path, reading.text("name"))
    test = _test_index(files["test.index"])
    x, one_hot = _nodes(files, test)
    labels = one_hot.argmax(axis=1).astype(np.int64)
    train = len(_matrix(files["y"]))
    edges = undirected(_neighbours(files["graph"], len(x)), len(x))
    sums = x.sum(axis=1, keepdims=True)
    nodes: dict[str, Index] = {
        "train": np.arange(train),
        "validation": np.arange(train, min(train + _VALIDATION, int(test.min()))),
        "test": np.sort(test),
    }
    classes = [str(label) for label in range(one_hot.shape[1])]
    return one_graph(path, reading, x / np.maximum(sums, 1.0), edges, labels, classes, nodes)


def _matrix(file: Path) -> Floats:
    array = read_numbers(file)
    if array.ndim != 2:
        raise DataError(f"{file} holds an array of {array.ndim} dimensions where a matrix was expected.")
    return array.astype(np.float32)


def _test_index(file: Path) -> Index:
    lines = read_text(file, 64 * MEGABYTE).split()
    for number, line in enumerate(lines, start=1):
        if not line.isdecimal() or len(line) > _DIGITS:
            raise DataError(f'{file}, line {number:,}: "{line}" is not the number of a node.')
    index = np.array([int(line) for line in lines], dtype=np.int64)
    if len(np.unique(index)) < len(index):
        raise DataError(f"{file} names a node twice.")
    return index


def _nodes(files: Mapping[str, Path], test: Index) -> tuple[Floats, Floats]:
    """Features and one-hot classes of all nodes, by node number."""
    arrays = []
    for known, held_back in (("allx", "tx"), ("ally", "ty")):
        first, second = _matrix(files[known]), _matrix(files[held_back])
        if first.shape[1] != second.shape[1]:
            raise DataError(
                f"{files[known]} has {first.shape[1]:,} columns, {files[held_back]} {second.shape[1]:,}."
            )
        if len(second) != len(test):
            raise DataError(f"{files[held_back]} has {len(second):,} rows for {len(test):,} nodes to test.")
        last = int(test.max())
        if test.min() < len(first) or (last + 1) * first.shape[1] * 4 > MAX_ARRAY:
            raise DataError(f"{files['test.index']} does not fit the {len(first):,} rows of {files[known]}.")
        # Citeseer's test nodes have gaps: isolated nodes without features and class.
        whole = np.zeros((last + 1, first.shape[1]), dtype=np.float32)
        whole[: len(first)] = first
        whole[test] = second
        arrays.append(whole)
    if len(arrays[0]) != len(arrays[1]):
        raise DataError(f"{files['allx']} and {files['ally']} have different numbers of rows.")
    return arrays[0], arrays[1]


def _told(node: object) -> str:
    """What stands for a node, unless it might be too long to be told, as even a number can be."""
    if (isinstance(node, str) and len(node) < 40) or (type(node) is int and abs(node) < 2**63):
        return repr(node)
    return f"of the kind {type(node).__name__}"


def _neighbours(file: Path, nodes: int) -> Index:
    """Pairs of nodes from the lists of neighbours."""
    graph = read_pickle(file)
    if not isinstance(graph, dict) or not all(isinstance(near, list) for near in graph.values()):
        raise DataError(f"{file} holds no lists of neighbours.")
    # The numbers are looked at below.
    lists = cast(dict[int, list[int]], graph)
    total = sum(len(near) for near in lists.values())
    if total > _MAX_EDGES:
        raise DataError(f"{file} has {total:,} edges, more than {_MAX_EDGES:,}.")
    pairs = np.empty((2, total), dtype=np.int64)
    start = 0
    for node, near in lists.items():
        for other in (node, *near):
            if type(other) is not int or not 0 <= other < nodes:
                raise DataError(f"{file} names the node {_told(other)}; the nodes are 0 to {nodes - 1:,}.")
        pairs[0, start : start + len(near)] = node
        pairs[1, start : start + len(near)] = near
        start += len(near)
    return pairs


def _suits(path: Path) -> str:
    folder = path if path.is_dir() else path.parent
    if path.is_file() and not path.name.startswith("ind."):
        return ""
    names = names_in(folder)
    return f"it has the files ind.{names[0]}.*" if names else ""


READER = Reader(
    "planetoid",
    "Planetoid graph",
    (Option("name", "Graph", "Which one, where a folder holds several."),),
    _suits,
    lambda path, reading: list(parts(path, reading.text("name")).values()),
    read,
)
