"""Texts with a class: folders of files, lines “class<tab>text”, or columns of tables.  May import NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from workbench.catalog.schema import Schema
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.core.text import plural
from workbench.engine.readers.archives import is_archive, names_in, tree
from workbench.engine.readers.arrangement import SPLITS, arranged, several
from workbench.engine.readers.content import Content
from workbench.engine.readers.files import MEGABYTE, decoded, members, opened, slug, suffix_of, title
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS, SPLIT_NAMES, divided, parts_of, said_parts
from workbench.engine.readers.text_items import (
    ENCODING,
    LENGTH,
    SUFFIXES,
    TOKENS,
    enough,
    rows_of,
    text_of,
    vocabulary_of,
)
from workbench.engine.readers.tokens import PAD, UNKNOWN
from workbench.engine.readers.trees import Folder, ends, glanced, hidden

TABLES = (".csv", ".tsv", ".tab", ".parquet", ".xlsx")
_TEXTS = frozenset(SUFFIXES)

_MAX_FILE = 16 * MEGABYTE
_MAX_TOTAL = 512 * MEGABYTE
_MAX_CLASSES = 1_000
# Lines are labelled where so few of their first fields differ.
_FEW_LABELS, _SHARE = 50, 0.2

# Names of columns, the likeliest first.
_LABEL_NAMES = ("label", "class", "category", "sentiment", "target", "y", "v1", "intent", "topic")
_TEXT_NAMES = (
    "text",
    "sentence",
    "message",
    "review",
    "comment",
    "content",
    "description",
    "title",
    "tweet",
    "v2",
)


def read(path: Path, reading: Reading) -> Content:
    """Texts and their classes, from whatever `path` is."""
    source = _source(path)
    if source.is_dir() and (tables := _tables(source)):
        texts, labels, parts = _from_tables(tables, reading)
    elif source.is_dir() or is_archive(source):
        texts, labels, parts = _from_files(source, reading)
    elif suffix_of(source) in TABLES and not _labelled_lines(source):
        texts, labels, parts = _from_table(source, reading)
    else:
        texts, labels = _from_lines(source, reading)
        parts = []
    return _content(path, texts, labels, parts, reading)


def _content(
    path: Path, texts: Sequence[str], labels: Sequence[str], parts: Sequence[str], reading: Reading
) -> Content:
    names = sorted(set(labels))
    if len(names) < 2:
        found = f"are all of the class “{names[0]}”" if names else "could not be read"
        raise DataError(f"The {len(texts):,} texts of {path} {found}: there is nothing to tell apart.")
    if len(names) > _MAX_CLASSES or (len(texts) > 20 and len(names) == len(texts)):
        raise DataError(
            f"{path} has {len(names):,} classes for {len(texts):,} texts, such as “{names[0][:40]}”: up to "
            f"{_MAX_CLASSES:,} can be told apart. Is another column the class?"
        )
    number = {name: place for place, name in enumerate(names)}
    label = np.array([number[name] for name in labels], dtype=np.int64)
    splits = divided(reading, label, parts_of(parts))
    vocabulary = vocabulary_of(reading, [texts[i] for i in splits["train"]], "words", (PAD, UNKNOWN))
    rows = rows_of(reading, vocabulary, texts)
    width = rows.tokens.shape[1]
    schema = Schema(
        id=slug(path),
        title=title(path),
        outputs={
            "tokens": TensorSpec(("N", width), "index", len(vocabulary)),
            "length": TensorSpec(("N",), "index", width + 1),
            "label": TensorSpec(("N",), "index", len(names)),
        },
        facts={"classes": len(names), "vocabulary": len(vocabulary), "length": width},
        kind="sentences",
        items=len(texts),
        labels=tuple(names),
    )
    arrays = {"tokens": rows.tokens, "length": rows.lengths, "label": label}
    return Content(schema, arrays, splits, vocabularies={"tokens": vocabulary})


def _from_files(path: Path, reading: Reading) -> tuple[list[str], list[str], list[str]]:
    """A folder for each class, perhaps below train and test."""
    texts: list[str] = []
    labels: list[str] = []
    parts: list[str] = []
    problems: list[str] = []
    total = 0
    with tree(path, reading) as files:
        names = [name for name in files.names() if ends(name, _TEXTS) and "/" in name]
        if not names:
            raise DataError(f"{path} holds no folders of texts ({', '.join(sorted(_TEXTS))}).")
        found = arranged(names, "classes", path, "texts")
        entries = found.entries
        for problem in found.problems:
            reading.say(problem)
        if reading.limit:
            entries = entries[:: max(1, len(entries) // enough(reading, len(entries)))]
        for done, entry in enumerate(entries):
            reading.progress("Texts", done, len(entries))
            shown = files.shown(entry.file)
            try:
                with files.open(entry.file) as stream:
                    data = stream.read(_MAX_FILE + 1)
                if len(data) > _MAX_FILE:
                    raise DataError(f"{shown} has more than 16 MB.")
                text = decoded(Path(shown), data, reading.text("encoding")).strip()
            except (DataError, OSError) as error:
                problems.append(f"{error} It is left out.")
                continue
            if not text:
                problems.append(f"{shown} has no text and is left out.")
                continue
            total += len(text)
            if total > _MAX_TOTAL:
                raise DataError(f"The texts of {path} have more than 512 MB, too much to read into memory.")
            texts.append(text)
            labels.append(entry.label)
            parts.append(entry.split)
    for problem in several(problems, "texts are left out"):
        reading.say(problem)
    return texts, labels, parts


def _from_lines(path: Path, reading: Reading) -> tuple[list[str], list[str]]:
    """Lines “class<tab>text”; quotation marks belong to the text."""
    texts: list[str] = []
    labels: list[str] = []
    problems: list[str] = []
    for number, line in enumerate(text_of(path, reading).split("\n"), 1):
        label, tab, text = line.partition("\t")
        if label.strip() and text.strip():
            labels.append(label.strip())
            texts.append(text.strip())
        elif line.strip():
            what = "has no text" if tab and label.strip() else "has no class" if tab else "has no tab"
            problems.append(f"Line {number:,} of {path} {what} and is left out.")
    if not texts:
        raise DataError(f"{path} has no line with a class, a tab and a text.")
    for problem in several(problems, "lines are left out"):
        reading.say(problem)
    if labels[0].lower() in _LABEL_NAMES and labels.count(labels[0]) == 1 and len(labels) > 3:
        del labels[0], texts[0]  # the names of the columns
    return texts, labels


def _tables(folder: Path) -> dict[str, Path]:
    """The tables of a folder that are called train and test, as parts of one set."""
    files = members(folder, TABLES)
    parts = {SPLITS[stem]: file for file in files if (stem := slug(file)) in SPLITS}
    if "train" not in parts or not len(parts) == len(files) > 1:
        return {}
    return {part: parts[part] for part in dict.fromkeys(SPLITS.values()) if part in parts}


def _from_tables(tables: Mapping[str, Path], reading: Reading) -> tuple[list[str], list[str], list[str]]:
    texts: list[str] = []
    labels: list[str] = []
    parts: list[str] = []
    for part, file in tables.items():
        more, names, _ = _from_table(file, reading)
        texts += more
        labels += names
        parts += [part] * len(more)
    return texts, labels, parts


def _from_table(path: Path, reading: Reading) -> tuple[list[str], list[str], list[str]]:
    """The texts of one or several columns of a table, the classes of another one, and perhaps their parts."""
    from workbench.engine.readers.table_files import read_table

    table = read_table(path, reading)
    columns = {column.name: column.texts.to_pylist() for column in table.columns}
    unknown = {column.name: column.told_unknown() for column in table.columns}
    wanted = reading.text("text")
    text = [wanted] if wanted in columns else reading.names("text") or [_text_column(columns)]
    for option, name in (*(("text", name) for name in text), ("label", reading.text("label"))):
        if name and name not in columns:
            raise DataError(
                f'The option "{option}" names the column "{name}"; {path} has {", ".join(columns)}.'
            )
    rest = {name: cells for name, cells in columns.items() if name not in text}
    if not rest:
        raise DataError(f"{path} has one column only; a text needs another one with its class.")
    joined = [
        " ".join(cell.strip() for cell in cells if cell and cell.strip())
        for cells in zip(*(columns[each] for each in text), strict=True)
    ]
    split, said = _split_column(path, rest, joined, reading)
    rest = {name: cells for name, cells in rest.items() if name != split}
    if not rest:
        raise DataError(f"{path} has no column with the classes of its texts.")
    label = reading.text("label") or _label_column(rest)
    if label in text:
        raise DataError(f"Text and class are both the column “{label}”: choose two.")
    reading.understood |= {"text": ", ".join(text), "label": label}
    texts: list[str] = []
    labels: list[str] = []
    parts: list[str] = []
    missing = 0
    for one, name, part in zip(joined, columns[label], said, strict=True):
        if name is None or not one:
            missing += 1
            continue
        texts.append(one)
        labels.append(name)
        parts.append(part)
    if missing:
        rows = plural(missing, "row is", "rows are")
        reading.say(f"{rows} left out, without a {' and '.join(text)} or without a {label}.{unknown[label]}")
    return texts, labels, parts if split else []


def _split_column(
    path: Path, columns: Mapping[str, list[str | None]], texts: Sequence[str], reading: Reading
) -> tuple[str, list[str]]:
    """The column that says which texts train, if there is one, and the part of each text."""
    places = [place for place, text in enumerate(texts) if text]
    for name, cells in columns.items():
        if name.strip().lower() in SPLIT_NAMES and name != reading.text("label"):
            parts = said_parts([cells[i] or "" for i in places], f"“{name}” of {path}", reading)
            if parts is not None:
                of_text = dict(zip(places, parts, strict=True))
                return name, [of_text.get(place, "") for place in range(len(texts))]
    return "", [""] * len(texts)


def _text_column(columns: dict[str, list[str | None]]) -> str:
    """The column with the longest texts, or the one that is called so."""
    lower = {name.lower(): name for name in reversed(columns)}
    named = next((lower[name] for name in _TEXT_NAMES if name in lower), None)
    return named or max(columns, key=lambda name: sum(len(cell or "") for cell in columns[name]))


def _label_column(columns: dict[str, list[str | None]]) -> str:
    """The column that is called so, or the one with the fewest different values but one."""
    lower = {name.lower(): name for name in reversed(columns)}
    named = next((lower[name] for name in _LABEL_NAMES if name in lower), None)
    values = {name: len(set(cells)) for name, cells in columns.items()}
    return named or min(columns, key=lambda name: (values[name] < 2, values[name]))


def _source(path: Path) -> Path:
    """The file of a folder that has one only; else the path."""
    if path.is_dir() and (alone := _alone(path)):
        return alone
    return path


def _alone(folder: Path) -> Path | None:
    """The only file with lines of class and text."""
    files = [file for file in members(folder, ("", *SUFFIXES, *TABLES)) if not hidden(file.name)]
    fitting = [file for file in files[:20] if _labelled_lines(file)]
    return fitting[0] if len(fitting) == 1 else None


def _labelled_lines(path: Path) -> bool:
    with opened(path) as stream:
        head = stream.read(2**16)
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    lines = head.decode("utf-16" if wide else "utf-8", errors="replace").removesuffix("\n").split("\n")
    if len(head) == 2**16:
        del lines[-1]
    rows = [line.split("\t") for line in lines if line.strip()]
    fitting = [row for row in rows if len(row) == 2 and row[0].strip() and len(row[0]) <= 100]
    if len(rows) < 4 or len(fitting) < 0.95 * len(rows):
        return False
    different = len({label for label, _ in fitting})
    words = sum(len(text.split()) for _, text in fitting) / len(fitting)
    return 2 <= different <= max(2, min(_FEW_LABELS, _SHARE * len(fitting))) and words >= 2


def suits(path: Path) -> str:
    """Lines of class and text, or folders of texts."""
    if is_archive(path):
        names = names_in(path, 2_000)
        texts = [name for name in names if ends(name, _TEXTS) and "/" in name]
        return f"it has texts in folders, such as {texts[0]}" if len(texts) > 0.5 * len(names) > 0 else ""
    if path.is_file():
        return "its lines are a class, a tab and a text" if _labelled_lines(path) else ""
    if alone := _alone(path):
        return f"the lines of {alone.name} are a class, a tab and a text"
    count, all_files, first = glanced(path, _TEXTS)
    if first is None or "/" not in first or count < 0.8 * all_files:
        return ""
    return f"it has texts in folders, such as {first}"


def _files(path: Path, reading: Reading) -> list[Path]:
    source = _source(path)
    if not source.is_dir():
        return [source]
    if tables := _tables(source):
        return list(tables.values())
    return [source / name for name in Folder(source).names() if ends(name, _TEXTS) and "/" in name]


READER = Reader(
    "texts",
    "texts with classes",
    (
        Option(
            "text",
            "Text",
            "For a table: the column with the texts; several are joined where they stand with commas.",
            "column",
        ),
        Option("label", "Class", "For a table: the column with their classes.", "column"),
        *TOKENS,
        LENGTH,
        ENCODING,
        *OPTIONS,
    ),
    suits,
    _files,
    read,
)
