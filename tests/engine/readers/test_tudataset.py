"""The text files of the TUDataset collection: many graphs."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.readings import detected, loaded
from workbench.core.errors import DataError
from workbench.engine.data import assembled
from workbench.engine.readers import tudataset
from workbench.engine.readers.content import opened, write
from workbench.engine.readers.reader import Reading

# Three graphs: a path of 2 nodes, a single node, a triangle; nodes of the last come first in the file.
INDICATOR = [3, 3, 3, 1, 1, 2]
EDGES = [(4, 5), (5, 4), (1, 2), (2, 1), (2, 3), (3, 2), (3, 1), (1, 3)]
TARGETS = [1, -1, 1]


def save(folder: Path, part: str, lines: list[object]) -> None:
    (folder / f"TOY_{part}.txt").write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path, "A", [f"{a}, {b}" for a, b in EDGES])
    save(tmp_path, "graph_indicator", [*INDICATOR])
    save(tmp_path, "graph_labels", [*TARGETS])
    save(tmp_path, "node_labels", [2, 0, 0, 0, 2, 5])
    return tmp_path


def refused(folder: Path, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        loaded(tudataset.read, folder, options)
    assert str(folder) in str(caught.value)
    return str(caught.value)


def test_graphs_follow_one_another_whatever_the_order_in_the_files(folder: Path) -> None:
    found = detected(folder)
    assert found.reader == "tudataset" and found.schema.kind == "graph" and found.schema.items == 3
    assert dict(found.schema.facts) == {"classes": 2, "features": 3, "graphs": 3, "nodes": 6, "edges": 8}
    assert found.schema.labels == ("-1", "1") and found.tensors["label"].tolist() == [1, 0, 1]
    assert found.tensors["nodes"].tolist() == [0, 2, 3, 6] and found.tensors["links"].tolist() == [0, 2, 2, 8]
    assert found.tensors["x"].argmax(1).tolist() == [0, 1, 2, 1, 0, 0]
    assert found.tensors["edges"][:, :2].tolist() == [[1, 0], [0, 1]]
    assert sorted(found.tensors["edges"][:, 2:].T.tolist()) == [
        [0, 1],
        [0, 2],
        [1, 0],
        [1, 2],
        [2, 0],
        [2, 1],
    ]
    assert not found.problems


def test_a_batch_of_them_is_one_graph(folder: Path, tmp_path: Path) -> None:
    content = tudataset.read(folder, Reading({"validation": 0, "test": 0}))
    (copy := tmp_path / "copy").mkdir()
    write(content, copy)
    data = assembled(opened(copy))
    (batch,) = data.batches("train", 8, shuffle=False)
    assert batch["graph"].tolist() == [0, 0, 1, 2, 2, 2] and batch["label"].tolist() == [1, 0, 1]
    assert batch["edges"][:, 2:].min() == 3


def test_wrong_edges_are_left_out_and_named(folder: Path) -> None:
    save(folder, "A", [*(f"{a}, {b}" for a, b in EDGES), "0, 1", "-3, 2", "7, 1", "1, 4", "2, 2", "1, 2"])
    found = loaded(tudataset.read, folder)
    assert found.tensors["edges"].shape == (2, 8)
    assert [problem.split(":")[0] for problem in found.problems] == [
        *(f"TOY_A.txt, line {line}" for line in (9, 10, 11, 12)),
        "TOY_A.txt",
        "TOY_A.txt",
    ]
    assert "the nodes are 1 to 6" in found.problems[0] and "different graphs" in found.problems[3]
    assert "from a node to itself" in found.problems[4] and "more than once" in found.problems[5]


def test_many_wrong_edges_are_told_shortly(folder: Path) -> None:
    save(folder, "A", [*(f"{a}, {b}" for a, b in EDGES), *(f"{n}, 99" for n in range(400))])
    found = loaded(tudataset.read, folder)
    assert len(found.problems) == 21 and found.problems[-1] == "TOY_A.txt: and 380 more such rows."


@pytest.mark.parametrize(
    ("part", "lines", "message"),
    [
        ("A", ["1, 2", "x, 3"], 'line 2: "x" is not a number'),
        ("A", ["1, 2", "3"], "line 2 has 1 numbers"),
        ("A", ["1, 2, 3"], "3 numbers in a line where 2"),
        ("A", ["1.5, 2"], "line 1: 1.5, 2 where whole numbers"),
        ("graph_indicator", [1, 0, 1, 1, 1, 1], "line 2: graphs are numbered from 1"),
        ("graph_indicator", [1, 1, 1, 1, 1, 9], "3 lines for 9 graphs"),
        ("graph_labels", [1, 1, 1], "at least two classes"),
        ("graph_labels", [1, "nan", 2], "line 2: there is no number"),
        ("node_labels", [1, 2], "2 lines for 6 nodes"),
        ("graph_labels", [], "is empty"),
    ],
)
def test_damaged_files_are_named(folder: Path, part: str, lines: list[object], message: str) -> None:
    save(folder, part, lines)
    text = refused(folder)
    assert message in text and (f"TOY_{part}.txt" in text or "9 graphs" in text)


def test_without_features_the_number_of_neighbours_stands_for_a_node(folder: Path) -> None:
    (folder / "TOY_node_labels.txt").unlink()
    found = loaded(tudataset.read, folder)
    assert found.tensors["x"].argmax(1).tolist() == [1, 1, 0, 2, 2, 2] and "neighbours" in found.problems[0]
    constant = loaded(tudataset.read, folder, {"features": "constant"})
    assert constant.tensors["x"].tolist() == [[1.0]] * 6
    with pytest.raises(DataError, match='"features" is degree or constant'):
        loaded(tudataset.read, folder, {"features": "colour"})


def test_attributes_stand_before_kinds_and_are_standardised(folder: Path) -> None:
    save(folder, "node_attributes", ["1, nan", "3, 5", "1, 5", "3, 5", "1, 5", "3, 5"])
    save(folder, "edge_labels", [0] * 8)
    found = loaded(tudataset.read, folder, {"validation": 0, "test": 0})
    assert found.tensors["x"].shape == (6, 5)
    assert np.allclose(found.tensors["x"][:, 0].numpy(), [1, -1, 1, -1, 1, -1])
    assert found.tensors["x"][:, 1].tolist() == [0] * 6
    assert found.problems == ("TOY_edge_labels.txt is not used: models here take no features of edges.",)


def test_numbers_are_predicted_where_the_files_have_them(folder: Path) -> None:
    save(folder, "graph_attributes", ["1, 10", "2, 30", "3, 20"])
    found = loaded(tudataset.read, folder, {"task": "numbers", "target": "2", "validation": 0, "test": 0})
    assert found.schema.facts["target_mean"] == 20 and found.schema.outputs["target"].shape == ("N", 1)
    assert found.tensors["target"].argmax() == 1
    assert "no column" in refused(folder, task="numbers", target="3")


def test_a_few_are_enough_to_look_at(folder: Path) -> None:
    reading = Reading({}, limit=2)
    content = tudataset.read(folder, reading)
    assert content.schema.items == 2 and content.arrays["x"].shape[0] == 3 and not reading.problems


def test_several_sets_in_a_folder_are_named(folder: Path) -> None:
    for part in ("A", "graph_indicator", "graph_labels"):
        (folder / f"OTHER_{part}.txt").write_bytes((folder / f"TOY_{part}.txt").read_bytes())
    assert "OTHER, TOY" in refused(folder)
    assert loaded(tudataset.read, folder, {"name": "TOY"}).schema.facts["features"] == 3
    assert loaded(tudataset.read, folder / "TOY_A.txt").schema.facts["features"] == 3


def test_mutag_equals_the_reading_of_torch_geometric(shared_data: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch_geometric.io import read_tu_data

        theirs, slices, _ = read_tu_data(str(shared_data / "mutag"), "MUTAG")
    found = detected(shared_data / "mutag")
    assert dict(found.schema.facts) == {
        "classes": 2,
        "features": 7,
        "graphs": 188,
        "nodes": 3371,
        "edges": 7442,
    }
    assert sum(found.sizes.values()) == 188
    assert torch.equal(found.tensors["x"], theirs.x)
    assert torch.equal(found.tensors["label"], theirs.y)
    assert torch.equal(found.tensors["nodes"], slices["x"])
    assert torch.equal(found.tensors["links"], slices["edge_index"])
    for graph in range(188):
        first, end = slices["edge_index"][graph], slices["edge_index"][graph + 1]
        ours, others = found.tensors["edges"][:, first:end], theirs.edge_index[:, first:end]
        assert sorted(ours.T.tolist()) == sorted(others.T.tolist())
