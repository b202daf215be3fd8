"""One graph in a GraphML file (as Gephi, yEd, NetworkX write it).  May import NumPy.

Documents with a DTD or entities are refused before anything in them is looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from workbench.core.errors import DataError
from workbench.engine.readers import edge_lists, graphs
from workbench.engine.readers.content import Content
from workbench.engine.readers.files import MEGABYTE, opened, read_bytes
from workbench.engine.readers.graph_tables import Table
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS

MAX_FILE = 512 * MEGABYTE


class _UnsafeError(Exception):
    """What a harmless document does not have."""


@dataclass
class _Document:
    """What was found so far in one document."""

    names: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    directed: bool = False
    graphs: int = 0
    nodes: dict[str, dict[str, str]] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    node: dict[str, str] | None = None
    key: str = ""
    text: list[str] = field(default_factory=list)


class _Parser:
    """Fills a document while the file is parsed."""

    def __init__(self) -> None:
        self.document = _Document()
        self.expat = expat.ParserCreate(namespace_separator=" ")
        self.expat.buffer_text = True
        self.expat.StartDoctypeDeclHandler = self._refuse
        self.expat.EntityDeclHandler = self._refuse
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.CharacterDataHandler = self._characters

    def _refuse(self, *_: object) -> NoReturn:
        raise _UnsafeError("it declares a document type or entities, which no graph needs")

    def _start(self, element: str, given: Mapping[str, str]) -> None:
        document, name = self.document, element.rpartition(" ")[2]
        if name == "key" and given.get("for", "all") in ("node", "all"):
            document.names[given.get("id", "")] = given.get("attr.name") or given.get("id", "")
            document.key = f"default {given.get('id', '')}"
        elif name == "graph":
            document.graphs += 1
            if document.graphs == 1:
                document.directed = given.get("edgedefault") == "directed"
        elif document.graphs > 1:
            return
        elif name == "node":
            self._node(given.get("id", ""))
        elif name == "edge":
            document.edges.append((given.get("source", ""), given.get("target", "")))
            document.rows.append(self.expat.CurrentLineNumber)
            document.node = None
        elif name == "data":
            document.key, document.text = given.get("key", ""), []
        elif name == "default":
            document.text = []

    def _node(self, id: str) -> None:
        document = self.document
        line = self.expat.CurrentLineNumber
        document.node = {}
        if not id or id in document.nodes:
            document.problems.append(f"line {line:,}: a node is left out, its id “{id}” is not its own.")
        else:
            document.nodes[id] = document.node

    def _characters(self, text: str) -> None:
        self.document.text.append(text)

    def _end(self, element: str) -> None:
        document, name = self.document, element.rpartition(" ")[2]
        text = "".join(document.text).strip()
        if name == "data" and document.node is not None and document.key in document.names:
            document.node[document.names[document.key]] = text
        elif name == "default" and document.key.startswith("default "):
            document.defaults[document.names[document.key.removeprefix("default ")]] = text
        elif name == "node":
            document.node = None


def parsed(path: Path) -> _Document:
    """The first graph of a file.  Raises DataError where it is no GraphML, or could be an attack."""
    data = read_bytes(path, MAX_FILE)
    parser = _Parser()
    try:
        parser.expat.Parse(data, True)
    except (expat.ExpatError, LookupError) as error:  # the latter for an encoding that nobody knows
        raise DataError(f"{path} is no proper GraphML: {error}.") from error
    except _UnsafeError as error:
        raise DataError(f"{path} is not read: {error}.") from error
    if not parser.document.nodes:
        raise DataError(f"{path} has no nodes.")
    return parser.document


def read(path: Path, reading: Reading) -> Content:
    """One graph whose nodes have classes.  Options: target, directed, features, per_class, those of splits."""
    file = _file(path)
    document = parsed(file)
    if document.graphs > 1:
        reading.say(f"{file.name} holds {document.graphs} graphs; the first one is read.")
    graphs.tell(reading, [f"{file.name}, {problem}" for problem in document.problems], file.name)
    names = dict.fromkeys(document.names.values())
    columns: dict[str, list[str]] = {"node": list(document.nodes)}
    for name in names:
        default = document.defaults.get(name, "")
        column = name if name != "node" else "node 2"
        columns[column] = [node.get(name, default) for node in document.nodes.values()]
    table = Table(file, columns, list(range(1, len(document.nodes) + 1)))
    place = {name: row for row, name in enumerate(document.nodes)}
    pairs = edge_lists.pairs_of(
        [one for one, _ in document.edges],
        [other for _, other in document.edges],
        place,
        Table(file, {}, document.rows),
        reading,
    )
    return edge_lists.of_table(file, reading, table, pairs, document.directed, file.name)


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    files = _files(path)
    if len(files) != 1:
        names = ", ".join(file.name for file in files[:10]) or "none"
        raise DataError(f"{path} should hold one GraphML file, it holds {names}. Name one of them.")
    return files[0]


def _files(folder: Path) -> list[Path]:
    return sorted(
        file for file in folder.iterdir() if file.name.lower().endswith((".graphml", ".graphml.gz"))
    )


def _suits(path: Path) -> str:
    if path.is_dir():
        files = _files(path)
        return f"{files[0].name} is its only graph" if len(files) == 1 else ""
    if path.name.lower().endswith((".graphml", ".graphml.gz")):
        return "its name ends in .graphml"
    if path.suffix.lower() != ".xml":
        return ""
    with opened(path) as stream:
        return "it begins as a GraphML file does" if b"<graphml" in stream.read(4096) else ""


READER = Reader(
    "graphml",
    "GraphML graph",
    (
        Option("target", "Class", "The attribute with the class of a node.", "column"),
        edge_lists.DIRECTED,
        graphs.FEATURES,
        edge_lists.PER_CLASS,
        *OPTIONS,
    ),
    _suits,
    lambda path, reading: [_file(path)],
    read,
)
