"""Graphs in files that belong together, as the reader made them in training. Imports the reader of such sets."""

from __future__ import annotations

from workbench.core.errors import DataError
from workbench.engine.readers import tudataset
from workbench.engine.readers.tudataset import Measures
from workbench.engine.service.preparing.given import Given, Prepared, Trained, file_of


def source_of(trained: Trained) -> Measures:
    """Reads the source again, by whose nodes those of other graphs are measured. Raises DataError where it is gone."""
    assert trained.source is not None, "only graphs of a workspace are made ready"
    if not trained.source.exists():
        raise DataError(
            f"The graphs in {trained.source} are gone, by whose nodes others are measured. Bring them back to go on."
        )
    return tudataset.measures_of(trained.source, trained.reading())


def graphs(trained: Trained, source: Measures, given: Given) -> Prepared:
    """All graphs of the set that a file belongs to; the file with its classes is not needed."""
    file = file_of(given, "graphs in files that belong together")
    if tudataset.set_file(file) is None:
        raise DataError(
            f"{file} belongs to no set of graphs: it takes files such as MUTAG_A.txt and MUTAG_graph_indicator.txt."
        )
    reading = trained.reading()
    arrays, numbers = tudataset.alike(file, source, trained.content.arrays["x"].shape[1], reading)
    name = given.name.removesuffix("_A.txt")
    return Prepared(
        arrays, tuple(f"{name} graph {number}" for number in numbers), said=tuple(reading.problems)
    )
