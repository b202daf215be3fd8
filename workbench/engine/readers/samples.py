"""The samples that need no download: scikit-learn's small sets, Python's text, a karate club; made-up ones.

May import NumPy; networkx when its sample is asked for; of scikit-learn only the files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from workbench.catalog.samples import CHARACTERS, SAMPLES
from workbench.core.errors import DataError
from workbench.engine.readers.content import Content
from workbench.engine.readers.graphs import undirected
from workbench.engine.readers.made_samples import MADE
from workbench.engine.readers.numbers import Floats, standard, table_set
from workbench.engine.readers.split import labelled_few, random_split, stratified_split
from workbench.engine.readers.text import token_stream

# Members of each club whose side is known in training.
_KNOWN_MEMBERS = 4


def sample(name: str) -> Content:
    """The embedded sample of that id.  Raises DataError when there is none."""
    if name not in SAMPLES:
        raise DataError(f'There is no dataset "{name}". The embedded samples are {", ".join(SAMPLES)}.')
    found = _READERS[name]()
    schema = replace(found.schema, title=SAMPLES[name].title, description=SAMPLES[name].description)
    return replace(found, schema=schema)


def _bundled(name: str, *, skip: int = 0, separator: str | None = ",") -> Floats:
    """A table of numbers among scikit-learn's files.  Importing its reader would take two seconds."""
    found = find_spec("sklearn")
    places = found.submodule_search_locations if found else None
    if not places:
        raise DataError("This sample comes with scikit-learn, which is not installed.")
    file = Path(places[0]) / "datasets" / "data" / name
    if not file.is_file():
        raise DataError(f"This sample comes with scikit-learn, which lacks its file {file}.")
    table: Floats = np.loadtxt(file, delimiter=separator, skiprows=skip)
    return table


def _digits() -> Content:
    table = _bundled("digits.csv.gz")
    labels = table[:, -1].astype(np.int64)
    splits = stratified_split(labels)
    images = table[:, :-1].astype(np.uint8).reshape(-1, 1, 8, 8)
    return Content(SAMPLES["digits"], {"image": images, "label": labels}, splits, divisors={"image": 16})


def _iris() -> Content:
    table = _bundled("iris.csv", skip=1)
    labels = table[:, -1].astype(np.int64)
    splits = stratified_split(labels)
    features = _standardised(table[:, :-1], splits["train"])
    return table_set("iris", "", features, labels, SAMPLES["iris"].labels, splits)


def _diabetes() -> Content:
    features = _bundled("diabetes_data_raw.csv.gz", separator=None)
    target = _bundled("diabetes_target.csv.gz")
    splits = random_split(len(target))
    return table_set("diabetes", "", _standardised(features, splits["train"]), target, (), splits)


def _standardised(features: Floats, train: np.ndarray) -> Floats:
    means, deviations = zip(*(standard(column) for column in features[train].T), strict=True)
    scaled: Floats = (features - np.array(means)) / np.array(deviations)
    return scaled


def _reference_text() -> Content:
    """The topics in order; what is no printable ASCII becomes a question mark, in every Python version."""
    topics = import_module("pydoc_data.topics").topics
    whole = "\n\n".join(topics[name] for name in sorted(topics))
    known = set(CHARACTERS)
    text = "".join(character if character in known else "?" for character in whole)
    return token_stream("reference-text", "", text[: SAMPLES["reference-text"].items], CHARACTERS)


def _karate() -> Content:
    import networkx

    club = networkx.karate_club_graph()
    schema = SAMPLES["karate"]
    sides = np.array([schema.labels.index(club.nodes[node]["club"]) for node in range(34)], dtype=np.int64)
    edges = undirected(np.array(list(club.edges), dtype=np.int64).T, 34)
    nodes = labelled_few(sides, _KNOWN_MEMBERS)
    x = np.eye(34, dtype=np.float32)
    return Content(schema, {"x": x, "edges": edges, "label": sides}, nodes, "graph")


_READERS: dict[str, Callable[[], Content]] = {
    "digits": _digits,
    "iris": _iris,
    "diabetes": _diabetes,
    "reference-text": _reference_text,
    "karate": _karate,
    **MADE,
}
