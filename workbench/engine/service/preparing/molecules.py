"""Molecules as the reader made graphs of them in training. Imports the reader of molecules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers import molecules
from workbench.engine.readers.content import Array
from workbench.engine.service.preparing.given import Given, Prepared, Trained, file_of

_SENTENCES = 5
"""So many rows are told that could not be used."""


def graphs(trained: Trained, given: Given) -> Prepared:
    """A molecule that was typed as SMILES, or all of a table."""
    reading = trained.reading()
    elements = reading.names("elements")
    if given.text is not None:
        return _side_by_side([molecules.one(given.text.strip(), elements)], [given.name], ())
    made, names, wrong = [], [], []
    for row, written in enumerate(molecules.smiles_of(file_of(given, "molecules"), reading), 1):
        try:
            made.append(molecules.one(written, elements))
        except DataError as error:
            wrong.append(f"Row {row:,} is left out: {error}")
            continue
        names.append(f"{given.name} row {row}")
    if not made:
        raise DataError(wrong[0] if wrong else f"{given.name} has no molecule, written as SMILES.")
    if len(wrong) > _SENTENCES:
        wrong[_SENTENCES:] = [f"{len(wrong) - _SENTENCES:,} more rows are left out."]
    return _side_by_side(made, names, wrong)


def _side_by_side(made: Sequence[Mapping[str, Array]], names: Sequence[str], said: Sequence[str]) -> Prepared:
    arrays: dict[str, Array] = {
        name: np.concatenate([each[name] for each in made], axis=1 if name == "edges" else 0)
        for name in made[0]
    }
    nodes = np.cumsum([0, *(len(each["x"]) for each in made)])
    links = np.cumsum([0, *(each["edges"].shape[1] for each in made)])
    return Prepared({**arrays, "nodes": nodes, "links": links}, tuple(names), said=tuple(said))
