import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import sparse

from tests.readings import loaded
from workbench.catalog.schema import OUTSIDE
from workbench.core.errors import DataError
from workbench.engine.data import assembled
from workbench.engine.readers import planetoid
from workbench.engine.readers.reader import Reading

NODES, FEATURES, CLASSES = 12, 5, 3


def save(folder: Path, part: str, value: object) -> None:
    (folder / f"ind.toy.{part}").write_bytes(pickle.dumps(value, 2))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve nodes: 3 train, 9 and 11 test, in another order in the file; 10 is isolated and unknown."""
    features = np.random.default_rng(0).integers(0, 2, (NODES, FEATURES)).astype(np.float32)
    features[0] = 0
    one_hot = np.eye(CLASSES, dtype=np.int32)[np.arange(NODES) % CLASSES]
    test = [11, 9]
    for name, all_of in (("x", features), ("y", one_hot)):
        matrix = sparse.csr_matrix if name == "x" else np.array
        save(tmp_path, name, matrix(all_of[:3]))
        save(tmp_path, f"all{name}", matrix(all_of[:9]))
        save(tmp_path, f"t{name}", matrix(all_of[test]))
    # A self loop, a repetition, and an edge that is given in one direction only.
    save(tmp_path, "graph", {0: [1, 1, 0], 1: [0], 2: [11], 9: [3]})
    (tmp_path / "ind.toy.test.index").write_text("11\n9\n")
    np.save(tmp_path / "features.npy", features)
    return tmp_path


def test_nodes_edges_and_public_split(folder: Path) -> None:
    data = loaded(planetoid.read, folder, {})
    features = np.load(folder / "features.npy")
    features[10] = 0
    expected = features / np.maximum(features.sum(1, keepdims=True), 1)
    assert np.allclose(data.tensors["x"].numpy(), expected)
    assert data.tensors["edges"].T.tolist() == [[1, 0], [0, 1], [11, 2], [9, 3], [3, 9], [2, 11]]
    assert {split: index.tolist() for split, index in data.splits.items()} == {
        "train": [0, 1, 2],
        "validation": [3, 4, 5, 6, 7, 8],
        "test": [9, 11],
    }
    (batch,) = assembled(planetoid.read(folder, Reading())).batches("test", 1)
    assert batch["label"].tolist() == [OUTSIDE] * 9 + [0, OUTSIDE, 2]
    assert dict(data.schema.facts) == {"classes": 3, "features": 5, "nodes": 12, "edges": 6}


def test_a_file_of_the_set_stands_for_the_set(folder: Path) -> None:
    assert loaded(planetoid.read, folder / "ind.toy.allx", {}).schema.items == NODES
    assert loaded(planetoid.read, folder / "ind.toy.test.index", {}).schema.items == NODES


def test_one_of_several_sets_is_chosen(folder: Path) -> None:
    for file in list(folder.glob("ind.toy.*")):
        (folder / file.name.replace("toy", "other")).write_bytes(file.read_bytes())
    assert "holds several graphs: other, toy" in refused(folder)
    assert loaded(planetoid.read, folder, {"name": "toy"}).schema.items == NODES
    assert loaded(planetoid.read, folder / "ind.other.x", {}).schema.items == NODES


def refused(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        loaded(planetoid.read, folder, {})
    assert str(folder) in str(caught.value)
    return str(caught.value)


def test_missing_files_are_named(folder: Path) -> None:
    (folder / "ind.toy.ty").unlink()
    assert refused(folder).endswith("lacks ind.toy.ty of the graph toy.")
    (folder / "ind.toy.graph").unlink()
    assert "holds no Planetoid graph" in refused(folder)


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("graph", [1, 2], "holds no lists of neighbours"),
        ("graph", {0: "12"}, "holds no lists of neighbours"),
        ("graph", {0: [12]}, "names the node 12; the nodes are 0 to 11"),
        ("graph", {-1: [0]}, "names the node -1"),
        ("graph", {0: ["1"]}, "names the node '1'"),
        ("graph", {0: [10**5_000]}, "names the node of the kind int"),
        ("x", np.zeros(3), None),
        ("allx", np.zeros(3), "an array of 1 dimensions"),
        ("tx", np.zeros((2, 4)), "ind.toy.tx 4"),
        ("tx", np.zeros((3, FEATURES)), "has 3 rows for 2 nodes to test"),
        ("ally", {"a": 1}, "holds a dict where an array was expected"),
        ("allx", np.zeros((10, FEATURES)), "does not fit the 10 rows"),
    ],
)
def test_a_part_that_does_not_fit_is_named(
    folder: Path, part: str, value: object, message: str | None
) -> None:
    save(folder, part, value)
    if message is None:  # the training features are also in allx, and not read
        assert loaded(planetoid.read, folder, {}).schema.items == NODES
        return
    assert message in refused(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9\n9\n", "names a node twice"),
        ("9\nx\n", 'line 2: "x"'),
        ("9\n99999999999\n", "does not fit"),
        ("", "empty"),
    ],
)
def test_a_damaged_test_index_is_named(folder: Path, text: str, message: str) -> None:
    (folder / "ind.toy.test.index").write_text(text)
    assert message in refused(folder)


def test_cora_equals_the_reading_of_torch_geometric(shared_data: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch_geometric.io import read_planetoid_data
        from torch_geometric.transforms import NormalizeFeatures

        theirs = NormalizeFeatures()(read_planetoid_data(str(shared_data / "cora"), "cora"))
    data = loaded(planetoid.read, shared_data / "cora", {})
    assert dict(data.schema.facts) == {"classes": 7, "features": 1433, "nodes": 2708, "edges": 10556}
    assert torch.equal(data.tensors["x"], theirs.x)
    assert torch.equal(data.tensors["label"], theirs.y)
    assert torch.equal(data.tensors["edges"], theirs.edge_index)
    for split, mask in (
        ("train", theirs.train_mask),
        ("validation", theirs.val_mask),
        ("test", theirs.test_mask),
    ):
        assert torch.equal(data.splits[split], mask.nonzero()[:, 0])
    assert data.sizes == {"train": 140, "validation": 500, "test": 1000}
