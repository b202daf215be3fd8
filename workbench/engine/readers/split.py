"""Which items train, which validate, which test: the same in every run, whatever the run's seed.

May import NumPy and core.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.core.text import plural
from workbench.engine.readers.arrangement import SPLITS
from workbench.engine.readers.content import Index
from workbench.engine.readers.reader import Option, Reading

# NumPy promises never to change the stream of RandomState, so a split outlives NumPy's versions.
SEED = 20_240_229

# Shares of the items held back when the files name no split of their own.
VALIDATION = 0.2
TEST = 0.2

# What a column is called that says which rows train, and its words.
SPLIT_NAMES = ("split", "subset", "partition", "set", "part", "fold")
_WORDS = {**SPLITS, "te": "test", "holdout": "test"}
_EVALUATION = ("eval", "evaluation")

_HOW = {
    "": "As the files say, or random",
    "random": "At random",
    "stratified": "At random, by class",
    "time": "By time: the last ones test",
    "folds": "k folds: one of them tests",
}
OPTIONS = (
    Option(
        "split",
        "Split",
        "How examples are dealt out to train, validate and test; by class: every class in proportion.",
        "choice",
        "",
        tuple(_HOW.items()),
    ),
    Option(
        "validation",
        "Validation share",
        "Share of the examples that choose the best epoch.",
        "share",
        None,
        min=0,
        max=0.9,
    ),
    Option(
        "test",
        "Test share",
        "Share of the examples held back to the very end.",
        "share",
        None,
        min=0,
        max=0.9,
    ),
    Option(
        "folds",
        "Folds",
        "Into how many folds the examples are dealt.",
        "number",
        5,
        min=2,
        max=100,
        advanced=True,
    ),
    Option(
        "fold",
        "Test fold",
        "Which fold tests; the others train and validate.",
        "number",
        1,
        min=1,
        max=100,
        advanced=True,
    ),
)


def divided(
    reading: Reading,
    items: int | NDArray[np.generic],
    given: Mapping[str, Index] | None = None,
    *,
    ordered: bool = False,
) -> dict[str, Index]:
    """Positions of the items of each split, as the person wants it, else as the files say in `given`.

    `items` are the classes of the items, dealt in proportion, or their number.  `ordered` items follow one
    another in time and are split so unless something else is wanted.  What is `given` counts where it names
    a part to train on and another one.
    """
    labels = np.zeros(items, dtype=np.int64) if isinstance(items, int) else items
    how = reading.choice("split", [key for key in _HOW if key])
    chosen = {name: reading.number(name, -1, 0, 0.9) for name in ("validation", "test") if reading.text(name)}
    validation, test = chosen.get("validation", VALIDATION), chosen.get("test", TEST)
    if validation + test >= 1:
        raise DataError(f"Validation ({validation:g}) and test ({test:g}) leave nothing to train on.")
    if not how and given and "train" in given and len(given) > 1:
        reading.understood["split"] = ""
        return held_back(labels, given, chosen)
    if not how and not chosen:
        how = "time" if ordered else "random" if isinstance(items, int) else "stratified"
        reading.understood["split"] = how
        if ordered:
            return _by_time(len(labels), VALIDATION, TEST)
        return held_back(labels, {"train": np.arange(len(labels))})
    how = how or ("time" if ordered else "stratified")
    reading.understood |= {"split": how, "validation": validation, "test": test}
    if how == "time":
        return _by_time(len(labels), validation, test)
    if how == "folds":
        return _folds(reading, labels, validation)
    return stratified_split(labels if how == "stratified" else np.zeros(len(labels)), validation, test)


def part_words(words: Iterable[str]) -> dict[str, str]:
    """The part that each word of a column means, of those that mean one: eval the one that no other word means."""
    plain = {word: word.strip().lower() for word in words}
    validates = any(_WORDS.get(word) == "validation" for word in plain.values())
    known = _WORDS | dict.fromkeys(_EVALUATION, "test" if validates else "validation")
    return {word: known[name] for word, name in plain.items() if name in known}


def said_parts(words: Sequence[str], column: str, reading: Reading) -> list[str] | None:
    """The part of every row as a column says it; None where the column is about something else.

    Raises DataError where only some rows say where they belong, unless the person divides them in another way.
    """
    known = part_words(set(words))
    odd = [word for word in words if word not in known]
    if not odd:
        return [known[word] for word in words]
    if "train" not in known.values():
        return None
    if reading.text("split"):
        return ["train"] * len(words)
    blank = sum(not word.strip() for word in odd)
    what = f"is empty in {plural(blank, 'row')}" if blank else f"says “{odd[0]}”, which is none of them"
    raise DataError(
        f"The column {column} divides by the words train, validation and test, but {what}. Correct it, or "
        'choose how to divide in the option "split".'
    )


def parts_of(names: Sequence[str]) -> dict[str, Index]:
    """Positions of the items that each part has, by the name of its part that every item goes with."""
    places = np.array(names)
    return {name: np.flatnonzero(places == name) for name in dict.fromkeys(names)}


def _by_time(items: int, validation: float, test: float) -> dict[str, Index]:
    """The first items train, then come those that validate, and the last ones test."""
    held_test, held_validation = int(items * test + 0.5), int(items * validation + 0.5)
    train = max(1, items - held_test - held_validation)
    return {
        "train": np.arange(train),
        "validation": np.arange(train, max(train, items - held_test)),
        "test": np.arange(max(train, items - held_test), items),
    }


def _folds(reading: Reading, labels: NDArray[np.generic], validation: float) -> dict[str, Index]:
    """One of k folds tests; every class is dealt in proportion, and always in the same way."""
    folds = reading.whole("folds", 5, 2, 100)
    fold = reading.whole("fold", 1, 1, folds)
    if folds > len(labels):
        raise DataError(f"{len(labels):,} examples cannot be dealt into {folds} folds.")
    generator = np.random.RandomState(SEED)
    shuffled = generator.permutation(len(labels))
    # Sorted by class, then dealt like cards, each fold gets its share of every class.
    order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    test = order[fold - 1 :: folds]
    rest = np.setdiff1d(order, test)
    parts = stratified_split(labels[rest], validation, 0.0)
    return {"train": rest[parts["train"]], "validation": rest[parts["validation"]], "test": np.sort(test)}


def random_split(items: int, validation: float = VALIDATION, test: float = TEST) -> dict[str, Index]:
    """Positions 0 … items - 1 dealt at random into train, validation and test, each in rising order."""
    return stratified_split(np.zeros(items, dtype=np.int64), validation, test)


def stratified_split(
    labels: NDArray[np.generic], validation: float = VALIDATION, test: float = TEST
) -> dict[str, Index]:
    """Like `random_split`, but every class is dealt in the same proportions; one item stays to train."""
    generator = np.random.RandomState(SEED)
    parts: dict[str, list[Index]] = {"train": [], "validation": [], "test": []}
    for value in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == value)).astype(np.int64)
        held_test = min(int(len(members) * test + 0.5), len(members) - 1)
        held_validation = min(int(len(members) * validation + 0.5), len(members) - 1 - held_test)
        parts["test"].append(members[:held_test])
        parts["validation"].append(members[held_test : held_test + held_validation])
        parts["train"].append(members[held_test + held_validation :])
    return _joined(parts)


def held_back(
    labels: NDArray[np.generic], given: Mapping[str, Index], chosen: Mapping[str, float] | None = None
) -> dict[str, Index]:
    """All three splits, of which the files may name some: what is missing is taken from "train".

    Without any split of their own, 20 % (of more than 10,000 items 10 %) each validate and test. With
    some, 10 % but at most 5,000 items are taken from the training items for each missing one, or the share
    that is `chosen` for it.
    """
    train = given["train"]
    missing = [name for name in ("validation", "test") if name not in given]
    if len(missing) == 2:
        share = VALIDATION if len(train) <= 10_000 else VALIDATION / 2
    else:
        share = min(0.1, 5_000 / max(1, len(train)))
    wanted = {"validation": share, "test": share, **(chosen or {})}
    shares = {name: size if name in missing else 0.0 for name, size in wanted.items()}
    parts = stratified_split(labels[train], **shares)
    return {
        name: given.get(name, train[part]) if name != "train" else train[part] for name, part in parts.items()
    }


def labelled_few(labels: NDArray[np.generic], per_class: int) -> dict[str, Index]:
    """A graph's split: a few labelled nodes of each class train, the rest is halved to validate and test."""
    generator = np.random.RandomState(SEED)
    train: list[Index] = []
    rest: list[Index] = []
    for value in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == value)).astype(np.int64)
        train.append(members[:per_class])
        rest.append(members[per_class:])
    others = generator.permutation(np.concatenate(rest))
    half = len(others) // 2
    return _joined({"train": train, "validation": [others[:half]], "test": [others[half:]]})


def _joined(parts: Mapping[str, list[Index]]) -> dict[str, Index]:
    empty = np.zeros(0, dtype=np.int64)
    return {name: np.sort(np.concatenate([empty, *pieces])) for name, pieces in parts.items()}
