"""Which class a sound is of, and which part it belongs to: by its folder, its name, or a table beside it.

May import NumPy and the readers' own modules.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers import images_labels
from workbench.engine.readers.arrangement import Entry, arranged, several
from workbench.engine.readers.content import Array
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.trees import Tree, ends, last, stem

SOURCES = {
    "": "As it looks like",
    "folder": "The folder",
    "name": "The file's name",
    "table": "A table",
    "none": "There are no classes",
}
# Lists of files that some sets have (Speech Commands).
_LISTS = {"validation_list.txt": "validation", "testing_list.txt": "test"}
_LABEL_NAMES = ("label", "class", "category", "word", "target", "emotion", "genre")
_FIELD = re.compile(r"\{(\*|[A-Za-z]\w*)\}|(\*)")
_SEPARATORS = ("_", "-", ".", " ")
_MOST_CLASSES = 200
_CONDITION = re.compile(r"\s*([A-Za-z]\w*)\s*(<=|>=|==|!=|<|>|=)\s*(.+?)\s*")
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}


def labelled(tree: Tree, names: Sequence[str], sounds: Sequence[str], reading: Reading) -> tuple[Entry, ...]:
    """The sounds that have a class, or all of them where none has.  Tells what is left out.

    Options: label_from, pattern, labels, target, test_when.
    """
    source = reading.choice("label_from", [key for key in SOURCES if key])
    pattern, table = reading.text("pattern"), reading.text("labels")
    source = source or ("name" if pattern else "table" if table else "")
    if source in ("", "table"):
        found = _table(tree, names, sounds, table)
        if found is not None and (source or not _in_folders(tree, sounds)):
            reading.understood["label_from"] = "table"
            return _by_table(found, sounds, reading, tree)
        if source:
            raise DataError(f"{tree.path} has no table in which most of its sounds are named.")
    if source == "folder" or (not source and _in_folders(tree, sounds)):
        reading.understood["label_from"] = "folder"
        return _by_folder(tree, names, sounds, reading)
    if source == "none":
        reading.understood["label_from"] = "none"
        return tuple(Entry(name) for name in sounds)
    understood = pattern or pattern_of(sounds)
    if not understood:
        if source:
            raise DataError(
                f"No part of the names in {tree.path}, such as {last(sounds[0])}, looks like a class. Say "
                'where it is in the option "pattern", such as {label}_{*}_{index}.'
            )
        reading.understood["label_from"] = "none"
        return tuple(Entry(name) for name in sounds)
    reading.understood |= {"label_from": "name", "pattern": understood}
    return _by_name(tree, sounds, understood, reading)


def pattern_of(sounds: Sequence[str]) -> str:
    """The pattern of names in which one part has few different values: 7_george_12 → {label}_{part2}_{index}."""
    stems = [stem(name) for name in sounds]
    for separator in _SEPARATORS:
        rows = [name.split(separator) for name in stems]
        width = len(rows[0])
        if width < 2 or any(len(row) != width for row in rows):
            continue
        columns = list(zip(*rows, strict=True))
        most = min(_MOST_CLASSES, len(rows) // 2)
        label = next((i for i, cells in enumerate(columns) if 2 <= len(set(cells)) <= most), None)
        if label is None:
            continue
        parts = [f"{{part{i + 1}}}" for i in range(width)]
        parts[label] = "{label}"
        if label != width - 1 and all(cell.isdecimal() for cell in columns[-1]):
            parts[-1] = "{index}"
        return separator.join(parts)
    return ""


def matcher(pattern: str) -> re.Pattern[str]:
    """The pattern of names as a regular expression.  Raises DataError where it cannot be one."""
    names = [name for name, _ in _FIELD.findall(pattern) if name not in ("", "*")]
    if "label" not in names:
        raise DataError(
            f'The pattern "{pattern}" does not say where the class is: write {{label}} there, '
            "such as {label}_{*}_{index}."
        )
    if len(set(names)) < len(names):
        raise DataError(f'The pattern "{pattern}" uses a name twice.')
    parts, end = [], 0
    for match in _FIELD.finditer(pattern):
        parts.append(re.escape(pattern[end : match.start()]))
        named = match[1] not in (None, "*")
        parts.append(f"(?P<{match[1]}>.+?)" if named else ".+?")
        end = match.end()
    return re.compile("".join(parts) + re.escape(pattern[end:]))


def condition(text: str) -> Callable[[Mapping[str, str]], bool]:
    """“index<5 and speaker=george” as a test of a name's parts.  Raises DataError where it is none."""
    tests = []
    for part in re.split(r"\s+and\s+", text.strip()):
        match = _CONDITION.fullmatch(part)
        if match is None:
            raise DataError(
                f'The option "test_when" is a condition on parts of the name, such as index<5 or speaker=theo, '
                f'not "{part}".'
            )
        tests.append((match[1], _TESTS[match[2]], match[3].strip("\"'")))

    def holds(parts: Mapping[str, str]) -> bool:
        for name, test, value in tests:
            if name not in parts:
                raise DataError(
                    f'The option "test_when" asks for "{name}"; the parts of the names are {", ".join(parts)}.'
                )
            here, there = _number(parts[name]), _number(value)
            numbers = here is not None and there is not None
            if not (test(here, there) if numbers else test(parts[name], value)):
                return False
        return True

    return holds


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _by_name(tree: Tree, sounds: Sequence[str], pattern: str, reading: Reading) -> tuple[Entry, ...]:
    expression = matcher(pattern)
    wanted = reading.text("test_when")
    tests = condition(wanted) if wanted else None
    entries, strays = [], []
    for name in sounds:
        match = expression.fullmatch(stem(name))
        if match is None:
            strays.append(f"{tree.shown(name)} is not called like {pattern} and is left out.")
            continue
        parts = match.groupdict()
        part = "test" if tests is not None and tests(parts) else "train"
        entries.append(Entry(name, part, parts["label"]))
    for problem in several(strays, "sounds are left out"):
        reading.say(problem)
    if not entries:
        raise DataError(f"No sound in {tree.path} is called like {pattern}; {last(sounds[0])} is not.")
    if wanted and len({entry.split for entry in entries}) < 2:
        which = "every" if entries[0].split == "test" else "no"
        raise DataError(f'The condition "{wanted}" holds for {which} sound in {tree.path}.')
    return tuple(entries)


def _by_folder(
    tree: Tree, names: Sequence[str], sounds: Sequence[str], reading: Reading
) -> tuple[Entry, ...]:
    found = arranged(sounds, "classes", tree.path, "sounds")
    entries = found.entries
    for problem in found.problems:
        reading.say(problem)
    noise = [entry for entry in entries if entry.label.startswith("_")]
    if noise and len({entry.label for entry in entries} - {entry.label for entry in noise}) > 1:
        reading.say(f"{len(noise):,} sounds in the folder {noise[0].label} are left out: it is no class.")
        entries = tuple(entry for entry in entries if not entry.label.startswith("_"))
    parts: dict[str, str] = {}
    for name in names:
        if part := _LISTS.get(last(name)):
            with tree.open(name) as stream:
                for line in stream.read(2**26).decode("utf-8", errors="replace").splitlines():
                    parts[name.removesuffix(last(name)) + line.strip()] = part
    return tuple(replace(entry, split=parts.get(entry.file, entry.split)) for entry in entries)


def _in_folders(tree: Tree, sounds: Sequence[str]) -> bool:
    try:
        return arranged(sounds, "", tree.path, "sounds").kind == "classes"
    except DataError:
        return False


def _table(
    tree: Tree, names: Sequence[str], sounds: Sequence[str], wanted: str
) -> images_labels.Labels | None:
    tables = [name for name in names if ends(name, images_labels.TABLES) and last(name) not in _LISTS]
    if not wanted:
        return images_labels.found(tree, tables, sounds, "")
    match = [name for name in tables if wanted in (last(name), name)]
    if not match:
        raise DataError(f'There is no file "{wanted}" for the classes in {tree.path}.')
    return images_labels.found(tree, match, sounds, "")


def _by_table(
    table: images_labels.Labels, sounds: Sequence[str], reading: Reading, tree: Tree
) -> tuple[Entry, ...]:
    others = [i for i in range(len(table.header)) if i != table.file_column]
    header = [table.header[i] for i in others]
    reading.choices["columns"] = tuple(header)
    known = [name for name in sounds if name in table.rows]
    split, parts = images_labels.dealt(table, known, reading)
    column = _column(table, [i for i in others if i != split], reading.text("target"))
    reading.understood |= {"labels": table.name, "target": table.header[column]}
    part_of = dict(zip(known, parts, strict=True))
    columns = [column] if split is None else [column, split]
    unsure = images_labels.told_differing(table, columns, known, reading, tree)
    entries, missing = [], []
    for name in sounds:
        if name in unsure:
            continue
        row = table.rows.get(name)
        label = row[column].strip() if row is not None and len(row) > column else ""
        if label:
            entries.append(Entry(name, part_of[name], label))
        else:
            missing.append(f"{tree.shown(name)} has no class in {table.name} and is left out.")
    for problem in several([*table.problems, *missing], "such problems"):
        reading.say(problem)
    return tuple(entries)


def _column(table: images_labels.Labels, others: Sequence[int], wanted: str) -> int:
    """The column with the classes: the wanted one, one that is called so, or the one with fewest values."""
    header = [name.strip().lower() for name in table.header]
    if wanted:
        if wanted not in table.header:
            raise DataError(f'{table.name} has no column "{wanted}"; it has {", ".join(table.header)}.')
        return table.header.index(wanted)
    if not others:
        raise DataError(f"{table.name} names the sounds and nothing else: it needs a column with classes.")
    named = [header.index(name) for name in _LABEL_NAMES if name in header]
    values = {i: len({row[i] for row in table.rows.values() if len(row) > i}) for i in others}
    return named[0] if named else min(others, key=lambda i: (values[i] < 2, values[i]))


def numbered(entries: Sequence[Entry]) -> tuple[tuple[str, ...], Array]:
    """The names of the classes, numbers in their order, and the class of each sound."""
    names = sorted(
        {entry.label for entry in entries}, key=lambda name: (_number(name) is None, _number(name) or 0, name)
    )
    place = {name: i for i, name in enumerate(names)}
    return tuple(names), np.array([place[entry.label] for entry in entries], dtype=np.int64)
