"""Molecules as the reader made graphs of them in training. Imports the reader of molecules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers import molecules
from workbench.engine.readers.content import Array
from workbench.engine.service.preparing.given import Given, Prepared, Trained, file_of, side_by_side

_SENTENCES = 5
"""So many rows are told that could not be used."""


def graphs(trained: Trained, given: Given) -> Prepared:
    """A molecule that was typed as SMILES, or all of a table."""
    reading = trained.reading()
    elements = reading.names("elements")
    if given.text is not None:
        return Prepared(_one(given.text.strip(), elements), (given.name,))
    made, names, wrong = [], [], []
    for row, written in enumerate(molecules.smiles_of(file_of(given, "molecules"), reading), 1):
        try:
            made.append(_one(written, elements))
        except DataError as error:
            wrong.append(f"Row {row:,} is left out: {error}")
            continue
        names.append(f"{given.name} row {row}")
    if not made:
        raise DataError(wrong[0] if wrong else f"{given.name} has no molecule, written as SMILES.")
    if len(wrong) > _SENTENCES:
        wrong[_SENTENCES:] = [f"{len(wrong) - _SENTENCES:,} more rows are left out."]
    return Prepared(side_by_side(made), tuple(names), said=tuple(wrong))


def _one(written: str, elements: Sequence[str]) -> dict[str, Array]:
    """One molecule, with where its nodes and links begin and end."""
    made = molecules.one(written, elements)
    sizes = {"nodes": len(made["x"]), "links": made["edges"].shape[1]}
    return {**made, **{name: np.array([0, size]) for name, size in sizes.items()}}
