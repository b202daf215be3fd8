"""Molecules written as SMILES; without RDKit a sentence that says how to get it."""

import sys
from pathlib import Path

import pytest

from tests.readings import detected, loaded
from workbench.core.errors import DataError
from workbench.engine.readers import molecules
from workbench.engine.readers.detect import detect

TABLE = "smiles,solubility\nCCO,0.5\nc1ccccc1,-2.1\n[NH4+],3\nnot a molecule,1\nCC(=O)O,\nC,0.1\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (file := tmp_path / "esol.csv").write_text(TABLE)
    return file


def test_without_rdkit_it_is_told_how_to_get_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rdkit", *(name for name in sys.modules if name.startswith("rdkit."))):
        monkeypatch.setitem(sys.modules, name, None)
    assert detect(file)[0] == ("molecules", "it has a column “smiles”")
    with pytest.raises(DataError, match=r'pip install "workbench\[chem\]"'):
        loaded(molecules.read, file)


def test_atoms_are_nodes_and_bonds_edges(file: Path) -> None:
    pytest.importorskip("rdkit")
    found = detected(file, options={"validation": 0, "test": 0})
    assert found.reader == "molecules" and found.schema.items == 4
    # Three elements, 0 to 5 neighbours, charges from -2 to 2, aromatic or not.
    elements = ["C", "N"]
    assert found.tensors["nodes"].tolist() == [0, 3, 9, 10, 11] and found.schema.facts["edges"] == 16
    x = found.tensors["x"]
    assert x.shape == (11, 3 + 6 + 5 + 1) and x[3:9, -1].tolist() == [1] * 6 and x[:3, -1].sum() == 0
    assert x[:3, :3].argmax(1).tolist() == [elements.index("C"), 0, 2] and x[9, :3].argmax() == 1
    assert x[9, 9:14].argmax() == 3 and x[0, 9:14].argmax() == 2
    assert found.tensors["edges"][:, :4].tolist() == [[0, 1, 1, 2], [1, 0, 2, 1]]
    assert found.schema.outputs["target"].shape == ("N", 1)
    assert found.problems == (
        "esol.csv, row 5 is left out: “not a molecule” is no molecule.",
        "esol.csv, row 6 is left out: it has no target.",
    )


def test_a_class_is_told_from_a_number(tmp_path: Path) -> None:
    pytest.importorskip("rdkit")
    (file := tmp_path / "toxic.csv").write_text("id,SMILES,label\n1,CO,0\n2,CC,1\n3,C,1\n4,N,0\n")
    assert loaded(molecules.read, file).schema.labels == ("0", "1")
    assert "target" in loaded(molecules.read, file, {"task": "numbers"}).schema.outputs
    assert loaded(molecules.read, file, {"target": "id", "task": "numbers"}).schema.facts["target_mean"] > 0


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("smiles,a,b\nC,1,2\n", {}, "which column is to be predicted"),
        ("smiles,a\nx,1\ny,2\nz,3\n", {}, "at least 3 are needed"),
        ("molecules,a\nx,1\ny,2\nz,3\n", {}, 'no column "smiles"'),
        ("smiles,a\nC,u\nCC,v\nCCC,w\n", {"task": "numbers"}, "“u” is not a number"),
        ("smiles,a\nC,1\nCC,1\nCCC,1\n", {}, "at least two classes"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, options: dict[str, object], message: str) -> None:
    pytest.importorskip("rdkit")
    (file := tmp_path / "m.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        loaded(molecules.read, file, options)
    assert message in str(caught.value)
