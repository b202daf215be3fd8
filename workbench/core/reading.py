"""The text of a model file becomes a document: every part is checked on its way in, every refusal names the place.

Reading never imports or runs anything. Core only.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, TypeVar

from workbench.core.document import Block, Document, Graph, Node, Place, Port, Remark, Training, Update
from workbench.core.errors import DocumentError, EditError
from workbench.core.expressions import Value
from workbench.core.looks import check_bends, check_look, check_remark
from workbench.core.names import check_id, check_name, check_update
from workbench.core.values import FARTHEST, MOST_BLOCKS, check_port_name, check_text, check_value, shown

FORMAT = 3
T = TypeVar("T")
R = TypeVar("R")
_NODE_KEYS = ("id", "type", "block", "params", "at", "linked_to", "repeat", "title", "mode", "look")
Json = Any  # what json.loads gives; every use below checks before it believes

# From a format number to the function that turns such a file's data into the next format's.
UPGRADES: dict[int, Callable[[dict[str, Json]], dict[str, Json]]] = {
    1: lambda data: {**data, "format": 2},  # has no modes, looks, bends and remarks; else the same
    2: lambda data: {**data, "format": 3},  # has no rates of parts in updates; else the same
}


class Reader:
    """Checks data on its way in. `name`, that of the file, starts every message."""

    def __init__(self, name: str) -> None:
        self.name = name

    def fail(self, place: str, problem: str) -> NoReturn:
        raise DocumentError(f"{self.name}: {place}: {problem}" if place else f"{self.name} {problem}")

    def document(self, text: str) -> Document:
        try:
            data = json.loads(text, parse_constant=self._constant, object_pairs_hook=self._pairs)
        except json.JSONDecodeError as error:
            self.fail(f"line {error.lineno}, column {error.colno}", f"not valid JSON ({error.msg}).")
        except RecursionError:
            self.fail("", "is not a model file: it is nested too deeply.")
        except ValueError:  # Python reads no integer beyond some thousand digits
            self.fail("", "is not a model file: it holds a number with thousands of digits.")
        if not isinstance(data, dict) or "format" not in data:
            self.fail("", "is not a model file: it has no “format” number.")
        data = self._upgraded(data)
        self._keys(
            data, "the file", ("format", "name", "description", "variables", "graph", "blocks", "training")
        )
        drawn = self._object(data.get("blocks", {}), "blocks")
        if len(drawn) > MOST_BLOCKS:
            self.fail("blocks", f"there are {len(drawn):,}; a model has {MOST_BLOCKS:,} at most.")
        blocks = {
            self._named(block_name, "blocks"): self._block(block, f"block {shown(block_name)}")
            for block_name, block in drawn.items()
        }
        return Document(
            name=self._string(data.get("name", "model"), "name") or "model",
            description=self._string(data.get("description", ""), "description"),
            variables=self._named_values(data.get("variables", {}), "variables"),
            graph=self._graph(data.get("graph", {}), ""),
            blocks=blocks,
            training=self._training(self._object(data.get("training", {}), "training")),
        )

    def _pairs(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        data = dict(pairs)
        if len(data) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            self.fail("", f"is not a model file: it has “{shown(twice)}” twice in one place.")
        return data

    def _constant(self, text: str) -> NoReturn:
        self.fail("", f"is not a model file: {text} is not a number that a model may hold.")

    def _upgraded(self, data: dict[str, Json]) -> dict[str, Json]:
        version = data["format"]
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            self.fail("format", f"{shown(version)} is not a format number.")
        if version > FORMAT:
            self.fail(
                "format",
                f"the file has format {shown(version)}, this Workbench reads up to {FORMAT}. "
                "Open it with a newer Workbench; nothing was changed.",
            )
        while version < FORMAT:
            data = UPGRADES[version](data)
            version = data["format"]
        return data

    def _graph(self, data: Json, place: str) -> Graph:
        prefix = f"{place}, " if place else ""
        data = self._object(data, place or "graph")
        self._keys(data, place or "graph", ("nodes", "links", "bends", "remarks"))
        nodes: dict[str, Node] = {}
        for index, item in enumerate(self._list(data.get("nodes", []), f"{prefix}nodes")):
            node = self._node(item, f"{prefix}node {index + 1}")
            if node.id in nodes:
                self.fail(f"{prefix}node {index + 1}", f"there are two nodes “{node.id}”.")
            nodes[node.id] = node
        links: dict[Port, Port] = {}
        for index, item in enumerate(self._list(data.get("links", []), f"{prefix}links")):
            where = f"{prefix}link {index + 1}"
            if not (
                isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) for part in item)
            ):
                self.fail(where, "a link is a pair of ports, such as ['conv1.y', 'relu1.x'].")
            source, target = (self._asked(where, Port.parse, self._string(part, where)) for part in item)
            for port in (source, target):
                self._asked(where, check_port_name, port.name)
                if port.node not in nodes:
                    self.fail(where, f"it names node “{shown(port.node)}”, which does not exist.")
            if target in links:
                self.fail(
                    where, f"input {target} already has a link from {links[target]}; an input takes one."
                )
            links[target] = source
        bends = self._bends(data.get("bends", []), prefix, links)
        return Graph(nodes, links, bends, self._remarks(data.get("remarks", []), prefix))

    def _bends(self, data: Json, prefix: str, links: Mapping[Port, Port]) -> dict[Port, tuple[Place, ...]]:
        bends: dict[Port, tuple[Place, ...]] = {}
        for index, item in enumerate(self._list(data, f"{prefix}bends")):
            where = f"{prefix}bend {index + 1}"
            if not (isinstance(item, list) and len(item) == 2 and isinstance(item[0], str)):
                self.fail(where, "a bend is an input and a list of places.")
            target = self._asked(where, Port.parse, self._string(item[0], where))
            places = tuple(self._place(place, where) for place in self._list(item[1], where))
            if target not in links:
                self.fail(where, f"nothing is linked to {shown(item[0])}.")
            if target in bends:
                self.fail(where, f"the link to {target} is bent twice.")
            bends[target] = self._asked(where, check_bends, places)
        return bends

    def _remarks(self, data: Json, prefix: str) -> dict[str, Remark]:
        remarks: dict[str, Remark] = {}
        for index, item in enumerate(self._list(data, f"{prefix}remarks")):
            where = f"{prefix}remark {index + 1}"
            item = self._object(item, where)
            self._keys(item, where, ("id", "kind", "text", "color", "at", "size"))
            texts = {key: self._string(item.get(key, ""), where) for key in ("id", "kind", "text", "color")}
            at, size = (self._place(item.get(key, [0, 0]), f"{where}, {key}") for key in ("at", "size"))
            remark = self._asked(where, check_remark, Remark(**texts, at=at, size=size))
            if remark.id in remarks:
                self.fail(where, f"there are two remarks “{shown(remark.id)}”.")
            remarks[remark.id] = remark
        return remarks

    def _place(self, data: Json, place: str) -> Place:
        if not (isinstance(data, list) and len(data) == 2 and all(_finite(value) for value in data)):
            self.fail(place, "a position is two numbers.")
        return float(data[0]), float(data[1])

    def _node(self, data: Json, place: str) -> Node:
        data = self._object(data, place)
        id = self._string(data.get("id"), f"{place}, id")
        place = f"node “{shown(id)}”" if id else place
        self._asked(place, check_id, id)
        self._keys(data, place, _NODE_KEYS)
        type, block = (self._string(data.get(key, ""), f"{place}, {key}") for key in ("type", "block"))
        if bool(type) == bool(block):
            self.fail(place, "it needs either a “type” or a “block”.")
        mode = self._string(data.get("mode", ""), f"{place}, mode")
        words = self._list(data.get("look", []), f"{place}, look")
        look = tuple(self._string(word, f"{place}, look") for word in words)
        self._asked(place, lambda _: check_look(mode, look), look)
        return Node(
            id=id,
            type=type,
            block=block,
            params=self._values(data.get("params", {}), f"{place}, params"),
            at=self._place(data.get("at", [0, 0]), f"{place}, at"),
            linked_to=self._string(data.get("linked_to", ""), f"{place}, linked_to"),
            repeat=self._value(data.get("repeat", 1), f"{place}, repeat"),
            title=self._string(data.get("title", ""), f"{place}, title"),
            mode=mode,
            look=look,
        )

    def _block(self, data: Json, place: str) -> Block:
        data = self._object(data, place)
        self._keys(data, place, ("params", "graph"))
        params = self._named_values(data.get("params", {}), f"{place}, params")
        return Block(params=params, graph=self._graph(data.get("graph", {}), place))

    def _training(self, data: dict[str, Json]) -> Training:
        self._keys(data, "training", ("settings", "updates"))
        updates = tuple(
            self._update(item, f"update {index + 1}")
            for index, item in enumerate(self._list(data.get("updates", []), "updates"))
        )
        names: set[str] = set()
        for update in updates:
            if update.name in names:
                self.fail("updates", f"two updates are named “{update.name}”.")
            names.add(update.name)
        return Training(
            settings=self._values(data.get("settings", {}), "training, settings"), updates=updates
        )

    def _update(self, data: Json, place: str) -> Update:
        data = self._object(data, place)
        keys = ("name", "minimise", "train", "optimizer", "schedule", "every", "clip", "rates")
        self._keys(data, place, keys)
        name = self._string(data.get("name", "train"), f"{place}, name")
        self._asked(f"{place}, name", check_update, name)
        train = self._list(data.get("train", []), f"{place}, train")
        every, clip = data.get("every", 1), data.get("clip", 0.0)
        if not isinstance(every, int) or isinstance(every, bool) or every < 1:
            self.fail(f"{place}, every", f"{shown(every)} is not a whole number of at least 1.")
        if not _finite(clip) or clip < 0:
            self.fail(f"{place}, clip", f"{shown(clip)} is not a number of at least 0.")
        return Update(
            name=name,
            minimise=self._values(data.get("minimise", {}), f"{place}, minimise"),
            train=tuple(self._string(item, f"{place}, train") for item in train),
            optimizer=self._values(data.get("optimizer", {}), f"{place}, optimizer"),
            schedule=self._values(data.get("schedule", {}), f"{place}, schedule"),
            every=every,
            clip=float(clip),
            rates=self._values(data.get("rates", {}), f"{place}, rates"),
        )

    def _object(self, data: Json, place: str) -> dict[str, Json]:
        if not isinstance(data, dict):
            self.fail(place, "an object {…} is expected here.")
        return data

    def _list(self, data: Json, place: str) -> list[Json]:
        if not isinstance(data, list):
            self.fail(place, "a list […] is expected here.")
        return data

    def _string(self, data: Json, place: str) -> str:
        if not isinstance(data, str):
            self.fail(place, "a text is expected here.")
        self._asked(place, check_text, data)
        return data

    def _named(self, name: str, place: str) -> str:
        self._asked(place, check_name, name)
        return name

    def _named_values(self, data: Json, place: str) -> Mapping[str, Value]:
        """Values whose names become names of the program."""
        values = self._values(data, place)
        for name in values:
            self._named(name, place)
        return values

    def _values(self, data: Json, place: str) -> Mapping[str, Value]:
        return {
            self._string(key, f"{place}, a name"): self._value(value, f"{place}, {shown(key)}")
            for key, value in self._object(data, place).items()
        }

    def _value(self, data: Json, place: str) -> Value:
        if isinstance(data, list):
            if not all(part is None or isinstance(part, bool | int | float | str) for part in data):
                self.fail(place, "a list holds numbers or texts only.")
            data = tuple(data)
        elif data is not None and not isinstance(data, bool | int | float | str):
            self.fail(place, "a number, text or list is expected here.")
        value: Value = data
        self._asked(place, check_value, value)
        return value

    def _asked(self, place: str, check: Callable[[T], R], value: T) -> R:
        try:
            return check(value)
        except EditError as error:
            self.fail(place, str(error))

    def _keys(self, data: dict[str, Json], place: str, known: Iterable[str]) -> None:
        unknown = sorted(set(data) - set(known))
        if unknown:
            self.fail(place, f"“{shown(unknown[0])}” is not known here (known: {', '.join(known)}).")


def _finite(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < FARTHEST
