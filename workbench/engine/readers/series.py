"""The reader of series: rows that follow one another in time, of which the next ones are to be foretold.

Imports the description of readers; what reads the rows is imported when it is needed.
"""

from __future__ import annotations

from pathlib import Path

from workbench.core.errors import DataError
from workbench.engine.readers.content import Content
from workbench.engine.readers.files import members, only, suffix_of
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.tables import FILE_OPTIONS, SUFFIXES, TEXTS

_OPTIONS = (
    Option("window", "Window", "How many rows the model sees.", "number", None, min=1, max=100_000),
    Option("horizon", "Horizon", "How many rows after them it foretells.", "number", None, min=1, max=10_000),
    Option("targets", "Targets", "The columns to foretell; all numbers unless named.", "columns", None),
    Option(
        "inputs",
        "Inputs",
        "The columns that the model sees; all numbers unless named. One that is no target only helps.",
        "columns",
        None,
    ),
    Option("time", "Time column", "The column of dates. It gives the order and is no input.", "column"),
    Option(
        "time_features",
        "Time as input",
        "Month, weekday and time of day as inputs, too.",
        "switch",
        False,
        advanced=True,
    ),
    Option(
        "stride",
        "Step in rows",
        "How many rows after one training window the next one begins. 1 takes every window there is; more makes "
        "fewer of them, which are less alike.",
        "number",
        1,
        min=1,
        max=10_000,
    ),
    Option(
        "validation",
        "Validation share",
        "Share of the rows, after those that train.",
        "share",
        None,
        min=0,
        max=0.9,
    ),
    Option("test", "Test share", "Share of the rows, the last ones.", "share", None, min=0, max=0.9),
    Option(
        "rows",
        "Rows of each part",
        "Instead of shares: how many rows train, validate and test, such as 8640, 2880, 2880.",
        advanced=True,
    ),
    Option(
        "standardise", "Standardise", "Every column with mean 0 and deviation 1 in training.", "switch", True
    ),
    Option(
        "missing",
        "Missing values",
        "What stands in for a value that is not there.",
        "choice",
        "",
        (("", "The last one before it"), ("line", "A line between its neighbours, of which one comes later")),
    ),
    *FILE_OPTIONS,
)


def suits(path: Path) -> str:
    """The reason why a path looks like a series: a column of dates in even steps beside numbers."""
    if path.is_dir():
        files = members(path, SUFFIXES)
        path = files[0] if len(files) == 1 else path
    if suffix_of(path) not in TEXTS or not path.is_file():
        return ""
    from workbench.engine.readers import series_sets

    try:
        return series_sets.reason(path)
    except DataError:  # the table reader says what is wrong with it
        return ""


def read(path: Path, reading: Reading) -> Content:
    """The windows of the rows in a file, or in the only table file of a folder."""
    from workbench.engine.readers import series_sets

    return series_sets.read(only(path, SUFFIXES), reading)


READER = Reader(
    "series",
    "series to foretell",
    _OPTIONS,
    suits,
    lambda path, reading: [only(path, SUFFIXES)],
    read,
)
