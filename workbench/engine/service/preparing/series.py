"""The last rows of a series as a window of training. Imports the reader of series."""

from __future__ import annotations

from workbench.core.errors import DataError
from workbench.engine.readers.files import only
from workbench.engine.readers.series_sets import Rows, last_window, rows_of
from workbench.engine.readers.tables import SUFFIXES
from workbench.engine.readers.trees import ends
from workbench.engine.service.preparing.given import Given, Prepared, Trained, file_of


def source_of(trained: Trained) -> Rows:
    """Reads the source again, by whose rows those of other files are measured. Raises DataError where it is gone."""
    assert trained.source is not None, "only series of a workspace are made ready"
    if not trained.source.exists():
        raise DataError(
            f"The series {trained.source} is gone, by whose rows others are measured. Bring it back to go on."
        )
    return rows_of(only(trained.source, SUFFIXES), trained.reading())


def window(trained: Trained, source: Rows, given: Given) -> Prepared:
    """What the model sees to foretell how a file goes on: its last rows."""
    file = file_of(given, "series")
    if not ends(file.name, frozenset(SUFFIXES)):
        raise DataError(
            f"{file} is no table; the model was trained on the rows of one ({', '.join(SUFFIXES)})."
        )
    names = [bytes(each).decode() for each in trained.content.arrays["_inputs"]]
    reading = trained.reading(anew=True)
    found = last_window(file, source, names, trained.content.window, reading)
    return Prepared({"x": found[None]}, (given.name,), said=tuple(reading.problems))
