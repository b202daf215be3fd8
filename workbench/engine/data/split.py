"""Which items train, which validate, which test: the same in every run, whatever the run's seed.

May import NumPy only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]

# NumPy promises never to change the stream of RandomState, so a split outlives NumPy's versions.
SEED = 20_240_229

# Shares of the items held back when the files name no split of their own.
VALIDATION = 0.2
TEST = 0.2


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


def held_back(labels: NDArray[np.generic], given: Mapping[str, Index]) -> dict[str, Index]:
    """All three splits, of which the files may name some: what is missing is taken from "train".

    Without any split of their own, 20 % (of more than 10,000 items 10 %) each validate and test. With
    some, 10 % but at most 5,000 items are taken from the training items for each missing one.
    """
    train = given["train"]
    missing = [name for name in ("validation", "test") if name not in given]
    if len(missing) == 2:
        share = VALIDATION if len(train) <= 10_000 else VALIDATION / 2
    else:
        share = min(0.1, 5_000 / max(1, len(train)))
    shares = {name: share if name in missing else 0.0 for name in ("validation", "test")}
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
