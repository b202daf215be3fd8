"""The table reader: CSV, TSV, Parquet and Excel.  What reads them is imported when a table is read.

Imports the description of readers and the splits.
"""

from __future__ import annotations

from pathlib import Path

from workbench.engine.readers.content import Content
from workbench.engine.readers.files import members, only, opened, suffix_of
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS

TEXTS = (".csv", ".tsv", ".tab")
WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
SUFFIXES = (*TEXTS, ".parquet", ".pq", *WORKBOOKS)

_AUTO = ("", "As detected")
ENCODING = Option("encoding", "Encoding", "Of the text, such as utf-8 or latin-1.", advanced=True)
FILE_OPTIONS = (
    Option(
        "separator",
        "Separator",
        "What stands between two cells.",
        "choice",
        "",
        (_AUTO, ("comma", "Comma"), ("semicolon", "Semicolon"), ("tab", "Tab"), ("bar", "Bar")),
    ),
    Option(
        "header",
        "Header",
        "Whether the first row names the columns.",
        "choice",
        "",
        (_AUTO, ("yes", "Yes"), ("no", "No")),
    ),
    Option("sheet", "Sheet", "Of a workbook: the name or number of the sheet.", advanced=True),
    ENCODING,
)
_COLUMN_OPTIONS = (
    Option("target", "Target", "The column to predict.", "column"),
    Option(
        "task",
        "Task",
        "Whether the target is a class or a number.",
        "choice",
        "",
        (_AUTO, ("classification", "A class"), ("regression", "A number")),
    ),
    Option("drop", "Left out", "Columns that must not be used.", "columns", None),
    Option(
        "categorical", "Categories", "Columns whose numbers are names: one feature a value.", "columns", None
    ),
    Option(
        "embed",
        "Learned vectors",
        "Columns of many categories, such as users or products, for which a model learns a vector each (an "
        "embedding) instead of one feature a value. Each becomes an output of its own.",
        "columns",
        None,
    ),
    Option(
        "missing",
        "Missing values",
        "What stands in for a value that is not there: of a category none of its values, or another.",
        "choice",
        "",
        (
            ("", "The mean, or no category"),
            ("frequent", "The most frequent value"),
            ("indicator", "The mean, and where it is"),
            ("rows", "Leave their rows out"),
        ),
    ),
    Option("standardise", "Standardise", "Numbers with mean 0 and deviation 1 in training.", "switch", True),
    Option(
        "split_column",
        "Split column",
        "A column that says train, validation or test.",
        "column",
        advanced=True,
    ),
    Option(
        "time", "Time column", "A column that orders the rows for a split by time.", "column", advanced=True
    ),
)


def suits(path: Path) -> str:
    """The reason why a path looks like a table."""
    if path.is_dir():
        files = members(path, SUFFIXES)
        return f"{files[0].name} is its only table" if len(files) == 1 else ""
    if suffix_of(path) in SUFFIXES:
        return f"its name ends in {suffix_of(path)}"
    with opened(path) as stream:
        return "it begins as a Parquet file does" if stream.read(4) == b"PAR1" else ""


def read(path: Path, reading: Reading) -> Content:
    """The table in a file, or in the only table file of a folder."""
    from workbench.engine.readers import table_sets

    return table_sets.read(only(path, SUFFIXES), reading)


READER = Reader(
    "table",
    "table (CSV, Parquet, Excel)",
    (*_COLUMN_OPTIONS, *FILE_OPTIONS, *OPTIONS),
    suits,
    lambda path, reading: [only(path, SUFFIXES)],
    read,
)
