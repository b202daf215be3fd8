"""Molecules written as SMILES in a table: each becomes a graph of atoms and bonds.  Needs RDKit (extra "chem").

May import NumPy and, when a file is read, RDKit.
Source of the notation: Weininger 1988, https://doi.org/10.1021/ci00057a005.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.engine.readers import graph_tables, graphs
from workbench.engine.readers.content import Array, Content
from workbench.engine.readers.files import opened
from workbench.engine.readers.graph_tables import Table
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS, divided

_COLUMNS = "smiles canonical_smiles smile structure molecule mol".split()
_TARGETS = "label class target y activity active outcome".split()
_TASKS = {"": "As detected", "classes": "A class", "numbers": "A number"}
_MOST_ELEMENTS = 30
_MOST_NEIGHBOURS = 5
_MOST_CHARGE = 2
# A target of whole numbers with at most this many different values is a class.
_MOST_NUMBER_CLASSES = 10
# A molecule of more atoms than this is none that a model here could learn from.
_MOST_ATOMS = 2_000


@dataclass
class _Atoms:
    """Atoms and bonds of all molecules, one after the other."""

    elements: list[str] = field(default_factory=list)
    degrees: list[int] = field(default_factory=list)
    charges: list[int] = field(default_factory=list)
    aromatic: list[bool] = field(default_factory=list)
    bonds: list[tuple[int, int]] = field(default_factory=list)
    nodes: list[int] = field(default_factory=lambda: [0])
    links: list[int] = field(default_factory=lambda: [0])

    def add(self, molecule: object) -> None:
        """An RDKit molecule."""
        for atom in molecule.GetAtoms():  # type: ignore[attr-defined]  # RDKit is optional and without types
            self.elements.append(atom.GetSymbol())
            self.degrees.append(atom.GetDegree())
            self.charges.append(atom.GetFormalCharge())
            self.aromatic.append(atom.GetIsAromatic())
        bonds = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in molecule.GetBonds()]  # type: ignore[attr-defined]
        self.bonds += sorted(bonds + [(end, begin) for begin, end in bonds])
        self.nodes.append(len(self.elements))
        self.links.append(len(self.bonds))

    def features(self, known: Sequence[str] = ()) -> tuple[graphs.Floats, NDArray[np.int64], tuple[str, ...]]:
        """One-hot element, number of neighbours and charge, and whether aromatic; and the element of each.

        The elements are the `known` ones, else those that occur most often.
        """
        common = [element for element, _ in Counter(self.elements).most_common(_MOST_ELEMENTS)]
        names = tuple(sorted(common)) + (("other",) if len(set(self.elements)) > len(common) else ())
        names = tuple(known) or names
        place = {name: number for number, name in enumerate(names)}
        element = np.array([place.get(each, len(names) - 1) for each in self.elements], dtype=np.int64)
        degree = np.minimum(np.array(self.degrees), _MOST_NEIGHBOURS)
        charge = np.clip(np.array(self.charges), -_MOST_CHARGE, _MOST_CHARGE) + _MOST_CHARGE
        blocks = [
            graphs.one_hot(element, len(names)),
            graphs.one_hot(degree, _MOST_NEIGHBOURS + 1),
            graphs.one_hot(charge, 2 * _MOST_CHARGE + 1),
            np.array(self.aromatic, dtype=np.float32)[:, None],
        ]
        return np.concatenate(blocks, axis=1), element, names


def read(path: Path, reading: Reading) -> Content:
    """Molecules with a class or a number each.  Options: smiles, target, task, and those of splits."""
    chemistry = _rdkit()
    table = graph_tables.read_table(path, reading)
    reading.choices["columns"] = tuple(table.columns)
    written = graph_tables.chosen(table, reading, "smiles", _COLUMNS)
    if not written:
        raise DataError(
            f'{path} has no column "smiles"; name it in the option "smiles" ({", ".join(list(table.columns)[:20])}).'
        )
    target = graph_tables.chosen(table, reading, "target", _TARGETS) or _only_other(table, written)
    reading.understood |= {"smiles": written, "target": target}
    atoms, kept = _molecules(chemistry, table, written, target, reading)
    values, classes = _values(path, [table.columns[target][row] for row in kept], reading)
    splits = divided(reading, values if classes else len(values))
    x, elements, names = atoms.features()
    edges = np.array(atoms.bonds, dtype=np.int64).reshape(-1, 2).T
    starts = np.array(atoms.nodes, dtype=np.int64), np.array(atoms.links, dtype=np.int64)
    reading.understood["elements"] = list(names)
    shown = {"_kinds": elements, "_smiles": np.array([table.columns[written][row] for row in kept])}
    return graphs.many_graphs(
        path, reading, x, np.ascontiguousarray(edges), starts, values, classes, splits, shown
    )


def one(text: str, elements: Sequence[str]) -> dict[str, Array]:
    """A molecule as those of training, whose elements these were. Raises DataError where it is none, or has another."""
    molecule = _rdkit().MolFromSmiles(text)
    if molecule is None or not 0 < molecule.GetNumAtoms() <= _MOST_ATOMS:
        raise DataError(f"“{text[:60]}” is no molecule of 1 to {_MOST_ATOMS:,} atoms, written as SMILES.")
    atoms = _Atoms()
    atoms.add(molecule)
    unknown = sorted(set(atoms.elements) - set(elements))
    if unknown and "other" not in elements:
        raise DataError(
            f"“{text[:60]}” has {', '.join(unknown)}, of which the model has learned nothing; "
            f"the molecules of training were made of {', '.join(elements)}."
        )
    x, kinds, _ = atoms.features(elements)
    edges = np.array(atoms.bonds, dtype=np.int64).reshape(-1, 2).T
    return {"x": x, "edges": np.ascontiguousarray(edges), "_kinds": kinds, "_smiles": np.array([text])}


def smiles_of(path: Path, reading: Reading) -> list[str]:
    """The molecules in a table, as they are written there. Raises DataError where it has no column of them."""
    table = graph_tables.read_table(path, reading)
    written = graph_tables.chosen(table, reading, "smiles", _COLUMNS)
    if not written:
        raise DataError(f"{path} has no column of molecules; it has {', '.join(list(table.columns)[:20])}.")
    return [text for text in table.columns[written] if text]


def _molecules(
    chemistry: ModuleType, table: Table, written: str, target: str, reading: Reading
) -> tuple[_Atoms, list[int]]:
    """The molecules that can be read and have a target, and their places in the table."""
    atoms = _Atoms()
    kept: list[int] = []
    wrong: list[str] = []
    texts, targets = table.columns[written], table.columns[target]
    for row, text in enumerate(texts):
        reading.progress("Molecules", row, len(texts))
        if reading.limit and len(kept) >= reading.limit:
            break
        molecule = None if graph_tables.missing(targets[row]) or not text else chemistry.MolFromSmiles(text)
        if molecule is not None and 0 < molecule.GetNumAtoms() <= _MOST_ATOMS:
            atoms.add(molecule)
            kept.append(row)
            continue
        reason = (
            "it has no target"
            if graph_tables.missing(targets[row])
            else f"“{text[:60]}” is no molecule"
            if molecule is None
            else f"a molecule has 1 to {_MOST_ATOMS:,} atoms"
        )
        wrong.append(f"{table.path.name}, row {table.rows[row]:,} is left out: {reason}.")
    graphs.tell(reading, wrong, table.path.name)
    if len(kept) < 3:
        raise DataError(
            f"{table.path} has {len(kept)} molecules with a target in “{target}”; at least 3 are needed. "
            + " ".join(wrong[:3])
        )
    return atoms, kept


def _values(
    path: Path, cells: Sequence[str], reading: Reading
) -> tuple[NDArray[np.generic], tuple[str, ...]]:
    """The targets as classes with their names, or as numbers."""
    how = reading.choice("task", [key for key in _TASKS if key])
    try:
        numbers = np.array([float(cell) for cell in cells], dtype=np.float64)
        finite = bool(np.isfinite(numbers).all())
    except ValueError:
        finite = False
    if how == "numbers" and not finite:
        wrong = next(cell for cell in cells if not _finite(cell))
        raise DataError(f'{path}: the target “{wrong[:40]}” is not a number; choose the task "classes".')
    if not how:
        few = (
            finite
            and len(np.unique(numbers)) <= _MOST_NUMBER_CLASSES
            and (numbers == np.round(numbers)).all()
        )
        how = "classes" if few or not finite else "numbers"
    reading.understood["task"] = how
    if how == "numbers":
        return numbers, ()
    return graphs.classes_of(path, cells, "molecules")


def _finite(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _only_other(table: Table, written: str) -> str:
    others = [name for name in table.columns if name != written]
    numbers = [
        name for name in others if all(_finite(c) or graph_tables.missing(c) for c in table.columns[name])
    ]
    found = others if len(others) == 1 else numbers
    if len(found) != 1:
        raise DataError(
            f"{table.path}: which column is to be predicted? Choose one of {', '.join(others[:20]) or 'none'} in the "
            'option "target".'
        )
    return found[0]


def _rdkit() -> ModuleType:
    """RDKit's reading of molecules.  Raises DataError where it is not installed."""
    try:
        chemistry, log = import_module("rdkit.Chem"), import_module("rdkit.RDLogger")
    except ImportError as error:
        raise DataError(
            'Molecules are read with RDKit, which is not installed here: pip install "workbench[chem]". '
            'As a plain table the file is read with the reader "table".'
        ) from error
    log.DisableLog("rdApp.*")  # it writes of every wrong row, which is told below
    return chemistry


def _suits(path: Path) -> str:
    if not path.is_file() or not path.name.lower().removesuffix(".gz").endswith(
        (".csv", ".tsv", ".smi", ".tab")
    ):
        return ""
    with opened(path) as stream:
        head = stream.read(65_536).decode("utf-8", "replace").replace("\r", "\n").split("\n")[0]
    separator = next((each for each in "\t;," if each in head), " ")
    names = [
        cell.strip().strip("\ufeff").lower() for cell in next(csv.reader([head], delimiter=separator), [])
    ]
    found = next((name for name in _COLUMNS[:2] if name in names), "")
    return f"it has a column “{found}”" if found else ""


READER = Reader(
    "molecules",
    "molecules (SMILES)",
    (
        Option("smiles", "Molecule", "The column with the SMILES.", "column"),
        Option("target", "Target", "The column to predict.", "column"),
        Option(
            "task", "Task", "Whether the target is a class or a number.", "choice", "", tuple(_TASKS.items())
        ),
        *OPTIONS,
    ),
    _suits,
    lambda path, reading: [path],
    read,
)
