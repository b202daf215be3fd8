"""What a dataset offers: named outputs with shape and dtype, and facts such as the number of classes.

Imports the standard library and core only; the samples stand in catalog/samples, the readers in engine/readers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from workbench.core.errors import DataError
from workbench.core.shapes import DType, TensorSpec

# Kinds of data, and what their items are called.
UNITS: Mapping[str, str] = MappingProxyType(
    {
        "image": "images",
        "table": "rows",
        "text": "characters",
        "graph": "nodes",
        "series": "series",
        "audio": "sounds",
        "volume": "volumes",
        "video": "videos",
        "sentences": "texts",
    }
)
KINDS = tuple(UNITS)

# How decoded copies are written; one of another number is left alone, and the source is read anew.
COPY_FORMAT = 5

# The dtype names of TensorSpec.
_DTYPES: tuple[DType, ...] = ("float", "index", "bool")

# Label of the nodes of a graph that do not belong to the split at hand (torch's ignore_index).
OUTSIDE = -100


@dataclass(frozen=True)
class Schema:
    """The description of one dataset, as the canvas and the shape check need it.

    `outputs` maps a port name to its shape and dtype; the batch comes first ("N").
    `facts` are the numbers a field may use (`= classes`); `items` counts images, rows, characters or
    nodes. `labels` names the classes; for a text of characters it is the vocabulary, one character an entry.
    `scales` are the mean and the deviation of each column to be foretold, by its name: numbers of the output `y`
    times the deviation plus the mean are in the units of the data.
    """

    id: str
    title: str
    outputs: Mapping[str, TensorSpec]
    facts: Mapping[str, float | int] = field(default_factory=dict)
    kind: str = "table"
    items: int = 0
    labels: tuple[str, ...] = ()
    description: str = ""
    scales: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """The schema as plain dicts, lists, strings and numbers."""
        return {
            "id": self.id,
            "title": self.title,
            "outputs": {
                name: {"shape": list(spec.shape), "dtype": spec.dtype, "bound": spec.bound}
                for name, spec in self.outputs.items()
            },
            "facts": dict(self.facts),
            "kind": self.kind,
            "items": self.items,
            "labels": list(self.labels),
            "description": self.description,
            "scales": {name: list(scale) for name, scale in self.scales.items()},
        }

    @property
    def counted(self) -> str:
        """The number of items in words: 1,797 images; of many graphs those, and of a series its rows."""
        unit = UNITS[self.kind]
        if "graph" in self.outputs:
            unit = "graphs"
        elif self.kind == "series" and "y" in self.outputs:
            unit = "rows"
        return f"{self.items:,} {unit}"

    @property
    def is_expected(self) -> bool:
        """Whether it only says what is expected: there is nothing to train on yet."""
        return self == expected(self.id)

    @staticmethod
    def from_json(data: Mapping[str, object]) -> Schema:
        """The schema that `to_json` wrote.  Raises DataError naming the entry that is wrong."""
        kind = _text(data, "kind")
        if kind not in KINDS:
            raise DataError(
                f'A dataset description has the unknown kind "{kind}"; known are {", ".join(KINDS)}.'
            )
        outputs = {name: _spec(name, value) for name, value in _mapping(data, "outputs").items()}
        facts: dict[str, float | int] = {}
        for name, value in _mapping(data, "facts").items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise DataError(f'The fact "{name}" of a dataset description is not a number: {value!r}.')
            facts[name] = value
        items = data.get("items", 0)
        if isinstance(items, bool) or not isinstance(items, int):
            raise DataError(f'"items" of a dataset description is not a whole number: {items!r}.')
        labels = data.get("labels", [])
        if not isinstance(labels, list | tuple):
            raise DataError('"labels" of a dataset description is not a list.')
        return Schema(
            id=_text(data, "id"),
            title=_text(data, "title"),
            outputs=outputs,
            facts=facts,
            kind=kind,
            items=items,
            labels=tuple(str(label) for label in labels),
            description=str(data.get("description", "")),
            scales={name: _scale(name, value) for name, value in _mapping(data, "scales").items()},
        )


# What can be expected: the kind of data, the name of its output, and what its sizes are called.
_FORMS: Mapping[str, tuple[str, str, tuple[str, ...]]] = MappingProxyType(
    {
        "row": ("table", "features", ("features",)),
        "wave": ("audio", "wave", ("channels", "samples")),
        "image": ("image", "image", ("channels", "height", "width")),
        "volume": ("volume", "volume", ("channels", "depth", "height", "width")),
        "clip": ("video", "video", ("channels", "frames", "height", "width")),
    }
)
_EXPECTED = re.compile(
    rf"any (?:({'|'.join(_FORMS)}) )?(\d{{1,9}}(?:[x×]\d{{1,9}})*)"
    r"(?: (in|with a mask of) (\d{1,9}) classes)?"
)
_SEQUENCES = re.compile(r"any (?:(text) of (\d{1,9}) tokens|pairs of sequences of (\d{1,9}) features)")


def find_schema(schemas: Mapping[str, Schema], id: str) -> Schema | None:
    """The dataset of that name; “any 3×224×224 in 1000 classes” stands for one that is not chosen yet."""
    return schemas[id] if id in schemas else expected(id)


@lru_cache(maxsize=256)  # while someone types one, each letter makes another
def expected(text: str) -> Schema | None:
    """What “any 3×224×224 in 1000 classes” stands for; None where the text does not say what is expected.

    “any F” is a table, “any C×H×W” are images; “any wave C×T”, “any volume C×D×H×W” and “any clip C×T×H×W” are said
    by name. “in K classes” gives labels, “with a mask of K classes” a class for each pixel, neither of them a number
    to predict for a table, and nothing for everything else. “any text of V tokens” is a running text, “any pairs of
    sequences of F features” are vectors step by step, of which the one sequence becomes the other.
    """
    found = _EXPECTED.fullmatch(text) if len(text) < 100 else None
    if found is None:
        return _expected_sequences(text)
    word, numbers, how, count = found.groups()
    sizes = [int(size) for size in re.split("[x×]", numbers)]
    classes = int(count or 0)
    kind, name, names = _FORMS[word or ("row" if len(sizes) == 1 else "image")]
    masked = how == "with a mask of"
    if len(sizes) != len(names) or 0 in sizes or (how and not classes):
        return None
    if masked and kind not in ("image", "volume"):
        return None
    facts: dict[str, float | int] = {"classes": classes} if classes else {}
    facts |= dict(zip(names, sizes, strict=True))
    if kind == "table":
        outputs = table_outputs(sizes[0], classes=classes)
    else:
        outputs = {name: TensorSpec(("N", *sizes), "float")}
        if masked:
            outputs["mask"] = TensorSpec(("N", *sizes[1:]), "index", classes)
        elif classes:
            outputs["label"] = TensorSpec(("N",), "index", classes)
    return _awaited(text, outputs, facts, kind)


def _expected_sequences(text: str) -> Schema | None:
    found = _SEQUENCES.fullmatch(text) if len(text) < 100 else None
    size = int(found[2] or found[3]) if found else 0
    if found is None or not size:
        return None
    if found[1]:
        return _awaited(text, text_outputs(size), {"vocabulary": size}, "text")
    outputs = {
        "source": TensorSpec(("N", "S", size), "float"),
        "source_length": TensorSpec(("N",), "index"),
        "target": TensorSpec(("N", "L", size), "float"),
        "next": TensorSpec(("N", "L", size), "float"),
    }
    return _awaited(text, outputs, {"features": size}, "series")


def _awaited(
    text: str, outputs: Mapping[str, TensorSpec], facts: Mapping[str, float | int], kind: str
) -> Schema:
    return Schema(
        text, text.capitalize(), outputs, facts, kind, description="Stands for a dataset to be chosen."
    )


def _text(data: Mapping[str, object], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise DataError(f'A dataset description lacks the text "{name}".')
    return value


def _mapping(data: Mapping[str, object], name: str) -> dict[str, object]:
    value = data.get(name, {})
    if not isinstance(value, Mapping):
        raise DataError(f'"{name}" of a dataset description is not a table of names and values.')
    return {str(key): entry for key, entry in value.items()}


def _spec(name: str, value: object) -> TensorSpec:
    wrong = DataError(f'The output "{name}" of a dataset description has no proper shape and dtype.')
    if not isinstance(value, Mapping):
        raise wrong
    shape, dtype, bound = value.get("shape"), value.get("dtype"), value.get("bound", 0)
    if not isinstance(shape, list | tuple) or dtype not in _DTYPES or not isinstance(bound, int):
        raise wrong
    if any(isinstance(size, bool) or not isinstance(size, int | str) for size in shape):
        raise wrong
    return TensorSpec(tuple(shape), dtype, bound)


def _scale(name: str, value: object) -> tuple[float, float]:
    numbers = list(value) if isinstance(value, list | tuple) else []
    if len(numbers) != 2 or any(
        isinstance(each, bool) or not isinstance(each, int | float) for each in numbers
    ):
        raise DataError(f'The scale "{name}" of a dataset description has no mean and deviation.')
    return float(numbers[0]), float(numbers[1])


def image_outputs(channels: int, height: int, width: int, *, classes: int) -> dict[str, TensorSpec]:
    """Outputs of a set of images: pixels in [0, 1] and the class; classes = 0 means without labels."""
    image = TensorSpec(("N", channels, height, width), "float")
    return {"image": image, "label": TensorSpec(("N",), "index", classes)} if classes else {"image": image}


def table_outputs(features: int, *, classes: int) -> dict[str, TensorSpec]:
    """Outputs of a table: standardised features and a class; classes = 0 means a standardised target."""
    target = TensorSpec(("N",), "index", classes) if classes else TensorSpec(("N", 1), "float")
    return {"features": TensorSpec(("N", features), "float"), "label" if classes else "target": target}


def text_outputs(vocabulary: int) -> dict[str, TensorSpec]:
    """Outputs of a text: windows of L tokens, and the same windows one token later."""
    tokens = TensorSpec(("N", "L"), "index", vocabulary)
    return {"tokens": tokens, "next": tokens}


def graph_outputs(features: int, *, classes: int) -> dict[str, TensorSpec]:
    """Outputs of one graph: node features, directed edges, and the class of the nodes of the split."""
    return {
        "x": TensorSpec(("V", features), "float"),
        "edges": TensorSpec((2, "E"), "index"),
        "label": TensorSpec(("V",), "index", classes),
    }


def graphs_outputs(features: int, *, classes: int) -> dict[str, TensorSpec]:
    """Outputs of many graphs side by side: node features, edges, whose each node is, and a class of each graph.

    classes = 0 means a standardised target.
    """
    target = TensorSpec(("N",), "index", classes) if classes else TensorSpec(("N", 1), "float")
    return {
        "x": TensorSpec(("V", features), "float"),
        "edges": TensorSpec((2, "E"), "index"),
        "graph": TensorSpec(("V",), "index"),
        "label" if classes else "target": target,
    }
