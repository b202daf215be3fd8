"""Sentences and their translations, line by line in two files: train.en and train.de.  May import NumPy."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from workbench.catalog.schema import OUTSIDE, Schema
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.engine.readers.arrangement import SPLITS, several
from workbench.engine.readers.content import Content, Index
from workbench.engine.readers.files import slug, title
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS, divided
from workbench.engine.readers.text_items import (
    ENCODING,
    LENGTH,
    TOKENS,
    enough,
    following,
    rows_of,
    text_of,
    vocabulary_of,
)
from workbench.engine.readers.text_lines import SPECIALS
from workbench.engine.readers.tokens import END, START

_NAME = re.compile(r"(.+)\.([a-z]{2,3})")
# Endings of other things than languages.
_NO_LANGUAGES = frozenset(
    "txt csv tsv tab md rst py sh png jpg gif bmp wav ogg mp npy npz pt gz zip tar xml htm ini cfg log pdf doc ppm pgm "
    "pbm tif svg".split()
)

# Stem of the files → language → file.
Sets = Mapping[str, Mapping[str, Path]]


def read(path: Path, reading: Reading) -> Content:
    """A folder of texts in two or more languages.  Options: source, target, those of tokens and splits."""
    sets = sets_in(path)
    if not sets:
        raise DataError(
            f"{path} holds no two files with the same name in two languages (train.en, train.de)."
        )
    source, target = _languages(path, sets, reading)
    names = [name for name, files in sets.items() if source in files and target in files]
    if not names:
        raise DataError(f"{path} has no file both in {source} and in {target}.")
    lines: tuple[list[str], list[str]] = ([], [])
    places: dict[str, list[Index]] = defaultdict(list)
    problems: list[str] = []
    for done, name in enumerate(names):
        reading.progress("Files", done, len(names))
        first = len(lines[0])
        _add(sets[name][source], sets[name][target], reading, lines, problems)
        places[_split(name)].append(np.arange(first, len(lines[0])))
    for problem in several(problems, "pairs are left out"):
        reading.say(problem)
    if len(lines[0]) < 3:
        raise DataError(f"{path} has {len(lines[0])} pairs of sentences, too few to learn from.")
    given = {part: np.concatenate(pieces) for part, pieces in places.items()}
    splits = divided(reading, len(lines[0]), given)
    return _content(path, (source, target), lines, splits, reading)


def sets_in(path: Path) -> Sets:
    """Files of the same name in at least two languages."""
    found: dict[str, dict[str, Path]] = defaultdict(dict)
    for file in sorted((path if path.is_dir() else path.parent).iterdir()):
        match = _NAME.fullmatch(file.name.removesuffix(".gz"))
        if match and match[2] not in _NO_LANGUAGES and not file.name.startswith(".") and file.is_file():
            found[match[1]][match[2]] = file
    return {stem: files for stem, files in found.items() if len(files) > 1}


def _languages(path: Path, sets: Sets, reading: Reading) -> tuple[str, str]:
    known = sorted({language for files in sets.values() for language in files})
    reading.choices["columns"] = tuple(known)
    source, target = reading.text("source"), reading.text("target")
    for option, wanted in (("source", source), ("target", target)):
        if wanted and wanted not in known:
            raise DataError(
                f'The option "{option}" names the language "{wanted}"; {path} has {", ".join(known)}.'
            )
    source = source or next(language for language in known if language != target)
    target = target or next(language for language in known if language != source)
    if source == target:
        raise DataError(f"Source and target are both {source}: choose two languages of {', '.join(known)}.")
    reading.understood |= {"source": source, "target": target}
    return source, target


def _add(
    source: Path, target: Path, reading: Reading, lines: tuple[list[str], list[str]], problems: list[str]
) -> None:
    ours, theirs = (
        [line.strip() for line in text_of(file, reading).removesuffix("\n").split("\n")]
        for file in (source, target)
    )
    if reading.limit:
        least = enough(reading, min(len(ours), len(theirs)))
        ours, theirs = ours[:least], theirs[:least]
    if len(ours) != len(theirs):
        longer = source if len(ours) > len(theirs) else target
        least = min(len(ours), len(theirs))
        raise DataError(
            f"{source} has {len(ours):,} lines and {target.name} {len(theirs):,}: from line {least + 1:,} on, the "
            f"lines of {longer.name} have no counterpart. Both need the same number."
        )
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True), 1):
        if one and other:
            lines[0].append(one)
            lines[1].append(other)
        else:
            empty = target if one else source
            problems.append(f"Line {number:,} of {empty} is empty; the pair is left out.")


def _split(name: str) -> str:
    words = re.split(r"[^a-z]+", name.lower())
    return next((SPLITS[word] for word in words if word in SPLITS), "train")


def _content(
    path: Path,
    languages: tuple[str, str],
    lines: tuple[list[str], list[str]],
    splits: Mapping[str, Index],
    reading: Reading,
) -> Content:
    source_lines, target_lines = lines
    theirs, ours = (
        vocabulary_of(reading, [texts[i] for i in splits["train"]], "words", SPECIALS) for texts in lines
    )
    sources = rows_of(reading, theirs, source_lines, "source", what="source sentences")
    targets = rows_of(
        reading,
        ours,
        target_lines,
        "target",
        before=[ours.special(START) or 0],
        after=[ours.special(END) or 0],
        what="target sentences",
    )
    target, next_tokens, _ = following(targets, OUTSIDE)
    width, target_width = sources.tokens.shape[1], target.shape[1]
    answer = TensorSpec(("N", target_width), "index", len(ours))
    folder = path if path.is_dir() else path.parent
    schema = Schema(
        id=slug(folder),
        title=title(folder),
        outputs={
            "source": TensorSpec(("N", width), "index", len(theirs)),
            "source_length": TensorSpec(("N",), "index", width + 1),
            "target": answer,
            "next": answer,
        },
        facts={
            "vocabulary": len(ours),
            "source_vocabulary": len(theirs),
            "source_length": width,
            "target_length": target_width,
        },
        kind="sentences",
        items=len(source_lines),
        description=f"Sentences in {languages[0]} with their translation to {languages[1]}.",
    )
    arrays = {
        "source": sources.tokens,
        "source_length": sources.lengths,
        "target": target,
        "next": next_tokens,
    }
    return Content(schema, arrays, splits, vocabularies={"source": theirs, "target": ours})


def suits(path: Path) -> str:
    """Two files that differ in the language only."""
    if path.is_file() and not _NAME.fullmatch(path.name.removesuffix(".gz")):
        return ""
    sets = sets_in(path)
    known = sorted({language for files in sets.values() for language in files})
    if not sets or (path.is_file() and not any(path in files.values() for files in sets.values())):
        return ""
    first = next(iter(sets))
    return f"it has {first} in the languages {', '.join(known)}"


def _files(path: Path, reading: Reading) -> list[Path]:
    """Those of the two languages; all where they are not named."""
    wanted = {reading.text("source"), reading.text("target")} - {""}
    return [
        file
        for files in sets_in(path).values()
        for language, file in files.items()
        if len(wanted) < 2 or language in wanted
    ]


READER = Reader(
    "pairs",
    "sentence pairs",
    (
        Option("source", "From", "The language that is read.", "column"),
        Option("target", "To", "The language that is written.", "column"),
        *TOKENS,
        LENGTH,
        ENCODING,
        *OPTIONS,
    ),
    suits,
    _files,
    read,
)
